"""The program as `main.py run` serves it, with shorter leases, and on wish a death, a wrong clock or a full disk.

    python -m tests.chaos.process CONFIG [--die-at STEP] [--skew SECONDS] [--pages N]

A minute must show many takeovers, so leases are seconds long; and every story is an alert of its own, so that the
ledger can count. All else is the program as it is.
"""

from __future__ import annotations

import argparse
import functools
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.model import Action, Member, Placement, Story
from matching.stories import StoryBook

LANE_LEASE = timedelta(seconds=8)
SEND_WITHIN = timedelta(seconds=4)
FEED_LEASE = timedelta(seconds=8)
LEADER_TTL = timedelta(seconds=6)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("--die-at", default="")
    parser.add_argument("--skew", type=float, default=0.0)
    parser.add_argument("--pages", type=int, default=0)
    parser.add_argument("--as-is", action="store_true", help="leases as long as they are")
    args = parser.parse_args()
    if args.die_at:
        from core import failpoints

        failpoints.hook = lambda step: os.kill(os.getpid(), signal.SIGKILL) if step == args.die_at else None
    if args.skew:
        set_clock_wrong(timedelta(seconds=args.skew))
    if args.pages:
        leave_room_for(args.pages)
    if not args.as_is:
        shorten()
    from app import cli

    return cli.main(["--config", str(args.config), "run"])


class ManyStories(StoryBook):
    """Two of three reports open a story, whatever they are about; the third joins one if it fits, and edits alerts.

    None are merged: the ledger counts stories one by one.
    """

    def place(self, member: Member, open_stories: Sequence[Story]) -> Placement:
        if not member.analysis.relevant or len(member.title) % 3 == 0:
            return replace(super().place(member, open_stories), same=())
        return Placement(Action.OPEN, "every report is an event of its own here")


def shorten() -> None:
    """Seconds instead of minutes, no summaries, and many stories."""
    import app.parts
    from bot.delivery import DeliveryOptions
    from bot.pacing import Rate
    from core import leadership

    leadership.TTL = LEADER_TTL
    options: Any = functools.partial(
        DeliveryOptions, lease=LANE_LEASE, send_within=SEND_WITHIN, burst=Rate(1_000_000, 1)
    )
    app.parts.DeliveryOptions = options  # type: ignore[attr-defined]
    app.parts.StoryBook = ManyStories  # type: ignore[attr-defined]
    made = app.parts.feed_options

    def feed_options(settings: Any) -> Any:
        from dataclasses import replace

        return replace(made(settings), lease=FEED_LEASE)

    app.parts.feed_options = feed_options


def set_clock_wrong(by: timedelta) -> None:
    """What this host believes; on PostgreSQL the program must not go by it."""
    from core.clock import SystemClock
    from storage.clock import ServerClock

    def now(self: SystemClock) -> datetime:
        return datetime.now(UTC) + by

    SystemClock.now = now  # type: ignore[method-assign]
    ServerClock.__init__.__defaults__ = (lambda: datetime.now(UTC) + by, ServerClock.__init__.__defaults__[1])  # type: ignore[index]


def leave_room_for(pages: int) -> None:
    """A SQLite file that cannot grow: SQLite says "disk is full" then."""
    from sqlalchemy import event
    from sqlalchemy.pool import Pool

    @event.listens_for(Pool, "connect")
    def limit(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")


if __name__ == "__main__":
    sys.exit(main())
