"""The program as `main.py run` serves it, living by a shared time.

Leases, pauses and limits are as they are. Only what would happen thousands of times a day for nothing happens more
seldom: looks for what is due come every minute instead of every second, and who waits at a platform waits longer.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from core.model import Member, Placement, Story
from matching.stories import StoryBook
from tests.soak.measure import count_when_asked
from tests.soak.shared_time import SharedTime, live_by

ROUND = 60.0  # seconds


class ManyStories(StoryBook):
    """Two of three reports open a story, whatever they are about: a day of labelled news would be but a few stories.

    The third joins one, or shows that two are one, as it does anywhere.
    """

    def place(self, member: Member, open_stories: Sequence[Story]) -> Placement:
        alone = member.analysis.relevant and len(member.title) % 3
        return super().place(member, () if alone else open_stories)


def seldom() -> None:
    """Fewer looks, a day being 86,400 seconds long."""
    import app.program
    import app.rounds
    from bot.platforms import slack_socket, telegram_polling
    from core import leadership

    app.program.ROUND_SECONDS = ROUND
    app.program.CLOCK_SECONDS = 5 * ROUND
    app.rounds.LOOK_SECONDS = 5 * ROUND
    leadership.TTL = timedelta(minutes=10)
    telegram_polling.POLL_SECONDS = 300
    slack_socket.HEARTBEAT = 300.0


def forked(log: Path, folder: Path, config: Path, arguments: Sequence[str]) -> None:
    """In a forked process: be the program, with what it says in a file."""
    with log.open("a") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    import app.parts
    from app import cli
    from tests.chaos.process import say_who_calls
    from tests.chaos.warm import MATCHER

    app.parts.make_matcher = lambda _: MATCHER  # type: ignore[assignment]
    app.parts.StoryBook = ManyStories  # type: ignore[attr-defined]
    if arguments:
        from core import failpoints

        step = arguments[0]
        failpoints.hook = lambda passed: os.kill(os.getpid(), signal.SIGKILL) if passed == step else None
    count_when_asked(folder)
    live_by(SharedTime(folder))
    seldom()
    say_who_calls()
    sys.exit(cli.main(["--config", str(config), "run"]))
