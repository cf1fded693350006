"""A whole poll against the hostile server: real fetcher and pipeline, in-memory store, a clock that tests move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from core.model import FeedSpec, FeedState, PollResult
from core.watch import Watcher
from feeds.fetch import Fetcher
from feeds.gate import Lookup
from feeds.judging import Judging
from feeds.kit import Kit
from feeds.options import FeedOptions
from feeds.parsing import Parser
from feeds.poller import Poller
from tests.fake_clock import FakeClock
from tests.fakes import Events, FakeMatcher, FakeStore, FakeStories, InlineParser
from tests.feed_server import FeedServer
from tests.patience import PATIENCE


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop run until something is so."""
    for _ in range(1_000_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came about")


@dataclass
class Polling:
    server: FeedServer
    store: FakeStore
    clock: FakeClock
    events: Events
    matcher: FakeMatcher
    fetcher: Fetcher
    poller: Poller
    options: FeedOptions
    specs: list[FeedSpec] = field(default_factory=list)

    async def poll(self, url: str, **spec: Any) -> PollResult:
        """Add the feed if it is new, and poll it now, due or not."""
        if url not in [known.url for known in self.specs]:
            self.specs.append(FeedSpec(spec.pop("name", "News"), url, **spec))
            await self.store.sync_feeds(self.specs, self.clock.now())
        (result,) = await self.poller.poll_once([url], force=True)
        return result

    def state(self, url: str) -> FeedState:
        return next(feed.state for feed in self.store.feeds.values() if feed.spec.url == url)


@asynccontextmanager
async def polling(
    *,
    parser: Parser | None = None,
    lookup: Lookup | None = None,
    allow: tuple[str, ...] = (),
    watcher: Watcher | None = None,
    **options: Any,
) -> AsyncIterator[Polling]:
    """Everything wired; the server's own address is allowed, and so is what `allow` lists."""
    clock = FakeClock()
    async with FeedServer() as server:
        patience = timedelta(seconds=PATIENCE)
        options = {"timeout": patience, "connect_timeout": patience, **options}
        settings = FeedOptions(allow_private=(server.endpoint, *allow), **options)
        store, events, matcher = FakeStore(), Events(), FakeMatcher()
        async with Fetcher(settings, clock, lookup) as fetcher:
            used = parser or InlineParser(settings.max_entries)
            poller = Poller(
                Kit(store, Judging(matcher, FakeStories(), watcher), fetcher, clock, settings, events), used
            )
            yield Polling(server, store, clock, events, matcher, fetcher, poller, settings)
            await poller.drain(0)


def document(*items: str) -> bytes:
    """An RSS document of these items."""
    return f"<rss version='2.0'><channel><title>x</title>{''.join(items)}</channel></rss>".encode()
