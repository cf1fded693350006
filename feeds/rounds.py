"""One round of polls, to its end: hosts side by side, the feeds of a host one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator

from core.model import Feed

# For how long a poll keeps the operator's own host (of `allow_private`) to itself. Other hosts are owed more.
OWN_HOST_WAITS = 3.0


class Round:
    """Polls the feeds of `hosts`, at most `concurrency` at a time, besides as many that hang on own hosts."""

    def __init__(
        self,
        hosts: Iterable[Iterable[Feed]],
        poll: Callable[[Feed], Awaitable[None]],
        concurrency: int,
        is_own: Callable[[Feed], bool],
    ) -> None:
        self._waiting = iter([iter(feeds) for feeds in hosts])
        self._poll = poll
        self._concurrency = concurrency
        self._is_own = is_own
        self._loop = asyncio.get_running_loop()
        self._hanging: set[int] = set()
        self._workers: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Raises what a poll raises, and ends the others then."""
        for _ in range(self._concurrency):
            self._begin(next(self._waiting, None))
        try:
            while self._workers:
                ended, _ = await asyncio.wait(self._workers, return_when=asyncio.FIRST_EXCEPTION)
                self._workers -= ended
                for worker in ended:
                    worker.result()
        finally:
            for worker in self._workers:
                worker.cancel()

    def _begin(self, feeds: Iterator[Feed] | None) -> None:
        if feeds is not None:
            self._workers.add(self._loop.create_task(self._work(feeds)))

    async def _work(self, feeds: Iterator[Feed] | None) -> None:
        """Poll the rest of a host, then host after host, as long as there is one that nobody has taken."""
        while feeds is not None:
            for feed in feeds:
                late = self._loop.call_later(OWN_HOST_WAITS, self._relieve, feeds, feed) if self._is_own(feed) else None
                await self._poll(feed)
                if late:
                    late.cancel()
                if feed.id in self._hanging:  # another goes on in its stead
                    self._hanging.discard(feed.id)
                    return
            feeds = next(self._waiting, None)

    def _relieve(self, feeds: Iterator[Feed], feed: Feed) -> None:
        """A poll hangs: others of its host, and other hosts, go on."""
        if len(self._hanging) < self._concurrency:
            self._hanging.add(feed.id)
            self._begin(feeds)
