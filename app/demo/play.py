"""The course of the demonstration: read the feeds silently, let news break in waves, show what the chats would see."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.demo.server import SampleFeed, SampleServer, load_days
from app.parts import Parts, make_parts
from app.program import Program
from core.clock import SystemClock
from core.sentence import counted
from core.settings import DeliverySettings, FeedSettings, FeedsSettings, Settings, StorageSettings

WAVE_PATIENCE = 30.0  # seconds until a wave is given up, on a very slow machine
STEP = 0.05
SECOND = timedelta(seconds=1)

INTRO = """Minsk Watch, demonstration: {feeds} sample feeds in {languages} languages are served on this machine and
polled every second by the real program, on a SQLite database in a temporary folder. No network, no token.
The first poll of a feed is silent; then the news of eight months breaks in half a minute (the program's clock jumps
from event to event), and this terminal shows what a chat would get.
"""
OUTRO = """
To go live: cp config.example.toml config.toml, put a bot token into it, and `make run` (README.md, "Going live")."""


class JumpingClock(SystemClock):
    """Runs like the system's clock, from where it was set last."""

    def __init__(self, at: datetime) -> None:
        self._ahead = at - super().now()

    def now(self) -> datetime:
        return super().now() + self._ahead

    def jump_to(self, at: datetime) -> None:
        """Go on from `at`, never back."""
        self._ahead += max(at - self.now(), timedelta(0))


class Tally:
    """Counts what the program tells, for the progress line."""

    def __init__(self) -> None:
        self.polls = 0
        self.alerts = 0
        self.edits = 0

    def __call__(self, event: str, /, **fields: Any) -> None:
        if event == "poll":
            self.polls += 1
        elif event == "alert":
            self.edits += bool(fields.get("edited"))
            self.alerts += not fields.get("edited")


async def play(look: Callable[[Parts], Awaitable[None]] | None = None) -> bool:
    """Run the demonstration to its end, then `look` at what it left; False when it was interrupted."""
    stop, tally = asyncio.Event(), Tally()
    clock = JumpingClock(load_days()[0])
    server = SampleServer(clock)
    await server.start()
    try:
        with tempfile.TemporaryDirectory(prefix="minskwatch-demo-") as folder, _stopping(stop):
            print(INTRO.format(feeds=len(server.feeds), languages=len({feed.lang for feed in server.feeds})))
            parts = make_parts(_settings(server, Path(folder)), clock=clock, observe=tally)
            program = asyncio.create_task(Program(parts, web=False).run(stop))
            try:
                finished = await _waves(server, parts, tally, program, stop, clock)
                if finished and look is not None:
                    await look(parts)
            finally:
                stop.set()
                await program
    finally:
        await server.stop()
    print(OUTRO if finished else "\nInterrupted.")
    return finished


@contextmanager
def _stopping(stop: asyncio.Event) -> Iterator[None]:
    """SIGINT and SIGTERM set `stop`."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _settings(server: SampleServer, folder: Path) -> Settings:
    feeds = tuple(_feed(server, feed) for feed in server.feeds)
    return Settings(
        storage=StorageSettings(url=f"sqlite+aiosqlite:///{folder / 'demo.db'}"),
        delivery=DeliverySettings(edit_after=SECOND),
        feeds=FeedsSettings(
            interval=SECOND,
            min_interval=SECOND,
            allow_private=tuple(urlsplit(feed.url).netloc for feed in feeds),
            full_text="never",
            feed=feeds,
        ),
    )


def _feed(server: SampleServer, feed: SampleFeed) -> FeedSettings:
    return FeedSettings(name=feed.name, url=server.url_of(feed), lang=feed.lang, owner=feed.owner)


async def _waves(
    server: SampleServer,
    parts: Parts,
    tally: Tally,
    program: asyncio.Task[None],
    stop: asyncio.Event,
    clock: JumpingClock,
) -> bool:
    """Publish wave after wave, each when the last one has been read and told. False when interrupted."""
    days = load_days()
    while not (program.done() or stop.is_set()):
        if not await _settled(server, parts, program, stop):
            break
        await _report(parts, tally, f"{clock.now():%d %b %Y}" + ("" if server.wave else ", read silently"))
        if server.wave == server.last_wave:
            return True
        clock.jump_to(days[server.wave + 1])
        server.publish_next()
    return False


async def _settled(server: SampleServer, parts: Parts, program: asyncio.Task[None], stop: asyncio.Event) -> bool:
    """Wait until every feed has been asked twice since the wave (so the first answer is stored) and all is told."""
    for _ in range(int(WAVE_PATIENCE / STEP)):
        if stop.is_set() or program.done():
            return False
        if server.asked_by_all(2) and (await parts.store.get_status()).outbox_waiting == 0:
            return True
        await asyncio.sleep(STEP)
    return not stop.is_set()


async def _report(parts: Parts, tally: Tally, when: str) -> None:
    status = await parts.store.get_status()
    entries, stories = counted(status.entries, "entry", "entries"), counted(status.stories, "story", "stories")
    read = f"{counted(status.feeds, 'feed')} polled {tally.polls} times, {entries} read, {counted(status.hits, 'hit')}"
    told = f"{counted(tally.alerts, 'alert')}, {counted(tally.edits, 'update')}"
    print(f"-- {when}: {read}, {stories}, {told}", flush=True)
