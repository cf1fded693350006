"""The program as `main.py run` serves it, with shorter leases, and on wish a death, a wrong clock or a full disk.

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

from bot.away import Away
from core.model import Action, Member, Placement, Story
from core.ports import Clock, DeliveryStore
from matching.stories import StoryBook

LEASE = 8.0  # seconds, of lanes and feeds; half of it for one message, three quarters for the leader


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("--die-at", default="")
    parser.add_argument("--skew", type=float, default=0.0, help="seconds that the clock is wrong from the start")
    parser.add_argument("--jump", type=float, default=0.0, help="seconds forward on SIGUSR1, back on SIGUSR2")
    parser.add_argument("--pages", type=int, default=0)
    parser.add_argument("--lease", type=float, default=LEASE)
    parser.add_argument("--as-is", action="store_true", help="leases as long as they are")
    args = parser.parse_args(arguments)
    if args.die_at:
        from core import failpoints

        failpoints.hook = lambda step: os.kill(os.getpid(), signal.SIGKILL) if step == args.die_at else None
    let_clock_be_wrong(timedelta(seconds=args.skew), timedelta(seconds=args.jump))
    if args.pages:
        leave_room_for(args.pages)
    if not args.as_is:
        shorten(timedelta(seconds=args.lease))
    say_who_calls()
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


def shorten(lease: timedelta) -> None:
    """Seconds instead of minutes, no summaries, and many stories."""
    import app.parts
    from bot.delivery import DeliveryOptions
    from bot.pacing import Rate
    from core import leadership

    leadership.TTL = lease * 0.75
    options: Any = functools.partial(DeliveryOptions, lease=lease, send_within=lease / 2, burst=Rate(1_000_000, 1))
    app.parts.DeliveryOptions = options  # type: ignore[attr-defined]
    app.parts.StoryBook = ManyStories  # type: ignore[attr-defined]
    made = app.parts.feed_options

    def feed_options(settings: Any) -> Any:
        from dataclasses import replace

        return replace(made(settings), lease=lease)

    app.parts.feed_options = feed_options


def let_clock_be_wrong(by: timedelta, jump: timedelta) -> None:
    """What this host believes, and how it changes by signals; on PostgreSQL the program must not go by it."""
    from core.clock import SystemClock
    from storage.clock import ServerClock

    wrong = [by]

    def set_clock(number: int, _: object) -> None:
        wrong[0] += jump if number == signal.SIGUSR1 else -jump

    def local(*_: object) -> datetime:
        return datetime.now(UTC) + wrong[0]

    signal.signal(signal.SIGUSR1, set_clock)
    signal.signal(signal.SIGUSR2, set_clock)
    SystemClock.now = local  # type: ignore[method-assign, assignment]
    ServerClock.__init__.__defaults__ = (local, ServerClock.__init__.__defaults__[1])  # type: ignore[index]


def say_who_calls() -> None:
    """Name this process in every request, and let it witness what becomes of its messages."""
    import aiohttp

    import bot.delivery
    from tests.chaos.witness import Witness
    from tests.chaos.world import PROCESS

    made, insisting = aiohttp.ClientSession.__init__, bot.delivery.insisting  # type: ignore[attr-defined]

    def named(self: aiohttp.ClientSession, *args: Any, **options: Any) -> None:
        headers = {**(options.pop("headers", None) or {}), PROCESS: str(os.getpid())}
        made(self, *args, headers=headers, **options)

    def witnessed(store: DeliveryStore, clock: Clock, away: Away) -> DeliveryStore:
        witness: Any = Witness(insisting(store, clock, away))
        given: DeliveryStore = witness
        return given

    aiohttp.ClientSession.__init__ = named  # type: ignore[method-assign]
    bot.delivery.insisting = witnessed  # type: ignore[attr-defined]


def leave_room_for(pages: int) -> None:
    """A SQLite file that cannot grow: SQLite says "disk is full" then."""
    from sqlalchemy import event
    from sqlalchemy.pool import Pool

    @event.listens_for(Pool, "connect")
    def limit(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")


def forked(log: Path, arguments: Sequence[str]) -> None:
    """In a forked process: be the program, with what it says in a file."""
    with log.open("a") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    import app.parts
    from tests.chaos.warm import MATCHER

    app.parts.make_matcher = lambda _: MATCHER  # type: ignore[assignment]
    sys.exit(main(arguments))
