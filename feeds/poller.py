"""Claims feeds that are due and polls them side by side; a slow one delays no other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from core.errors import MinskError
from core.failpoints import reach
from core.links import host_of
from core.model import Feed, Outcome, PollResult
from core.sentence import Sentence
from feeds import fault_texts as told
from feeds.kit import Kit
from feeds.parsing import Parser
from feeds.pipeline import Pipeline
from feeds.rounds import OWN_HOST_WAITS, Round

log = logging.getLogger("minskwatch.feeds")

REFILL_SECONDS = 0.02
ALL = 5000
ALL_LEASE = timedelta(minutes=30)


class Poller:
    """Runs pipelines, at most `options.concurrency` at a time, one per host, and on own hosts one in each lane.

    Polls that hang on own hosts take nobody's place: as many again may do so as there are places.
    """

    def __init__(self, kit: Kit, parser: Parser) -> None:
        self._store = kit.store
        self._clock = kit.clock
        self._options = kit.options
        self._pipeline = Pipeline(kit, parser)
        self._fetcher = kit.fetcher
        self._running: dict[asyncio.Task[None], tuple[Feed, datetime]] = {}
        self._aside: set[asyncio.Task[None]] = set()  # their lane is another's
        self._hanging: set[asyncio.Task[None]] = set()  # and so is their place
        self._done: list[PollResult] = []
        self._draining = False
        self._more = False
        self._claiming = asyncio.Lock()
        self._refills: set[asyncio.Task[None]] = set()
        self._refill_waits = False

    @property
    def running(self) -> int:
        return len(self._running)

    async def tick(self) -> tuple[PollResult, ...]:
        """Start what is due and fits; returns the polls that have ended since the last call. Waits for none of them.

        Until the next call, places and hosts that become free are filled again, as long as something is due.
        """
        await self._let_past()
        await self._claim()
        done, self._done = tuple(self._done), []
        return done

    async def _let_past(self) -> None:
        """Polls that hang on own hosts keep their lane and their place from no other feed."""
        now = self._clock.now()
        late = [
            task
            for task, (feed, began) in self._running.items()
            if (now - began).total_seconds() >= OWN_HOST_WAITS and self._fetcher.is_own(feed.address)
        ]
        self._hanging = set(late[: self._options.concurrency])
        passing = [task for task in late if task not in self._aside][: self._options.concurrency - len(self._aside)]
        if passing:
            self._aside.update(passing)
            await self._store.step_aside([self._running[task][0] for task in passing], now)

    async def _claim(self) -> None:
        async with self._claiming:  # a tick and a refill together would fill the same places twice
            await self._fill()

    async def _fill(self) -> None:
        free = self._options.concurrency - len(self._running) + len(self._hanging)
        if free <= 0 or self._draining:
            return
        await self._pipeline.breaking.look(self._clock.now())
        feeds = await self._store.claim_due_feeds(self._clock.now(), limit=free, per_host=1, lease=self._options.lease)
        self._more = bool(feeds)
        for feed in feeds:
            reach("poll.claimed")
            task = asyncio.create_task(self._run(feed))
            self._running[task] = (feed, self._clock.now())
            task.add_done_callback(self._one_ended)

    def _one_ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._aside.discard(task)
        self._hanging.discard(task)
        if self._more and not self._draining and not self._refill_waits:
            self._refill_waits = True
            refill = asyncio.create_task(self._claim_again())
            self._refills.add(refill)
            refill.add_done_callback(self._refills.discard)

    async def _claim_again(self) -> None:
        """Claim once for several polls that end at about the same time."""
        await asyncio.sleep(REFILL_SECONDS)
        self._refill_waits = False
        try:
            await self._claim()
        except MinskError as error:
            log.error("what is due could not be claimed: %s", error)

    async def drain(self, deadline: float) -> None:
        """Start nothing more; give running polls `deadline` seconds to end, then cancel them. They lose nothing."""
        self._draining = True
        refills = tuple(self._refills)
        for refill in refills:
            refill.cancel()
        await asyncio.gather(*refills, return_exceptions=True)
        running = set(self._running)
        if running:
            _, late = await asyncio.wait(running, timeout=deadline)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._pipeline.finish()

    async def poll_once(self, urls: Sequence[str] = (), force: bool = False) -> tuple[PollResult, ...]:
        """Poll all that is due (`force`: all), or only `urls`, and wait for the results, in the order of claiming."""
        await self._pipeline.breaking.look(self._clock.now())
        feeds = await self._store.claim_due_feeds(
            self._clock.now(), limit=ALL, per_host=ALL, lease=ALL_LEASE, force=force, urls=urls
        )
        hosts: dict[tuple[str, int], list[Feed]] = {}
        for feed in feeds:
            hosts.setdefault((host_of(feed.address), feed.id % feed.spec.lanes), []).append(feed)
        results: dict[int, PollResult | None] = {}

        async def poll(feed: Feed) -> None:
            reach("poll.claimed")
            results[feed.id] = await self._poll(feed)

        is_own = self._fetcher.is_own
        await Round(hosts.values(), poll, self._options.concurrency, lambda feed: is_own(feed.address)).run()
        return tuple(result for feed in feeds if (result := results[feed.id]))

    async def _run(self, feed: Feed) -> None:
        result = await self._poll(feed)
        if result:
            self._done.append(result)

    async def _poll(self, feed: Feed) -> PollResult | None:
        """One pipeline; its own failure is logged and counts against its feed alone."""
        try:
            return await self._pipeline.run(feed)
        except Exception as error:
            log.exception("the poll of %s failed inside the program", feed.spec.name, extra={"url": feed.spec.url})
            message = Sentence(told.INSIDE, error=type(error).__name__)
        try:
            return await self._pipeline.fail(feed, Outcome.PARSE, message)
        except MinskError as error:
            log.error("the failure could not be recorded either: %s", error)
            return PollResult(feed.spec.url, feed.spec.name, Outcome.PARSE, error=message)
