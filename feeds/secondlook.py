"""Second looks: entries of which title and summary say too little are read in full, and matched again.

They have a round of their own, so that nothing waits for them. What a page says, or that it cannot be read, is no
affair of its feed's health.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from core.errors import FetchError, LeaseLost, MinskError, ParseError
from core.failpoints import reach
from core.history import REFUSALS
from core.links import host_of, site_of
from core.model import LEVELS, Analysis, Entry, FeedSpec, Level, NewEntry, Outcome
from core.ports import FetchRequest, Transaction
from core.secondlook import ALWAYS, NEVER, Look, LookResult, LookTrace, NewLook
from core.watch import WatchHit
from feeds.kit import Kit
from feeds.named import check_named, fetch_named
from feeds.options import FeedOptions
from feeds.pages import PageReader
from feeds.placing import Placed, Placing, Way, tell_ways, totals
from feeds.robots import Robots
from feeds.sifting import verdict
from feeds.watching import QUIET

log = logging.getLogger("minskwatch.feeds")

ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
FULL_ALREADY = 1_500  # characters; a feed that gives as much of an entry gives all of it
LEASE = timedelta(minutes=5)
ATTEMPTS = 3
AGAIN_AFTER = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=3)
AT_ONCE = 3
# Pages of these hosts are no articles: posts that the feed gave whole, and redirects that only a browser follows.
_NO_ARTICLES = ("t.me", "telegram.me", "news.google.com", "twitter.com", "x.com", "youtube.com", "www.youtube.com")
_REFUSALS = REFUSALS | {402}
_PASSING = frozenset({Outcome.TIMEOUT, Outcome.NETWORK, Outcome.RATE_LIMITED})


def is_wanted(spec: FeedSpec, new: NewEntry) -> bool:
    """Whether an entry is to be read in full: it is short, and half matched on a page of the feed's own site.

    With "always" every short entry without a match is, wherever its page is.
    """
    url, level = new.entry.url, new.analysis.level
    if spec.full_text == NEVER or new.outcome in QUIET or new.analysis.relevant or len(new.entry.body) >= FULL_ALREADY:
        return False
    if not url or host_of(url) in _NO_ARTICLES:
        return False
    return spec.full_text == ALWAYS or (
        level is Level.HALF and site_of(url) in {site_of(address) for address in (spec.url, *spec.mirrors)}
    )


def choose_looks(
    spec: FeedSpec, stored: Sequence[tuple[int, NewEntry, datetime]], options: FeedOptions
) -> list[NewLook]:
    """The looks that new entries (id, entry, time that counts) want, and those that the budget of a poll denies."""
    if not options.full_text_per_hour:
        return []
    looks = [NewLook(entry_id, at) for entry_id, new, at in stored if is_wanted(spec, new)]
    over = f"More than {options.full_text_per_poll} of one poll were to be read (feeds.full_text_per_poll)."
    rest = (replace(look, result=LookResult.BUDGET, detail=over) for look in looks[options.full_text_per_poll :])
    return [*looks[: options.full_text_per_poll], *rest]


class _Unread(Exception):
    """The page was not read: the result, a sentence, and after which time to try again, if ever."""

    def __init__(self, result: LookResult, detail: str, again_after: timedelta | None = None) -> None:
        self.result = result
        self.detail = detail
        self.again_after = again_after
        super().__init__(detail)


class SecondLooks:
    """Reads what waits to be read in full, some at a time, within the budget."""

    opened = 0  # stories, since the start

    def __init__(self, kit: Kit, reader: PageReader) -> None:
        self._store = kit.store
        self._judging = kit.judging
        self._fetcher = kit.fetcher
        self._reader = reader
        self._robots = Robots(kit.fetcher, kit.clock)
        self._clock = kit.clock
        self._options = kit.options
        self._observe = kit.observe
        self._running: set[asyncio.Task[None]] = set()

    async def tick(self) -> int:
        """Start what is due and fits; the number started. Waits for none of them. Raises StoreError."""
        due_at = await self._store.next_look_at()
        free = AT_ONCE - len(self._running)
        if due_at is None or due_at > self._clock.now() or free <= 0:
            return 0
        looks = await self._store.claim_looks(
            self._clock.now(), limit=free, per_hour=self._options.full_text_per_hour, lease=LEASE
        )
        for look in looks:
            task = asyncio.create_task(self._run(look))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return len(looks)

    async def run_due(self, within: float) -> int:
        """Read what is due now and within the budget, and wait for it; the number begun.

        What is not done `within` seconds is left for later.
        """
        total = 0
        deadline = asyncio.get_running_loop().time() + within
        while started := await self.tick():
            total += started
            await asyncio.wait(self._running, timeout=max(0.0, deadline - asyncio.get_running_loop().time()))
            if asyncio.get_running_loop().time() >= deadline:
                await self.drain(0)
                break
        return total

    async def drain(self, deadline: float) -> None:
        """Give running looks `deadline` seconds to end, then cancel them: they are taken up again after their lease."""
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=deadline)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _run(self, look: Look) -> None:
        try:
            trace = await self._look(look)
        except LeaseLost as error:
            log.debug("%s", error)
        except MinskError as error:
            log.error("the second look at %s is tried again: %s", look.entry.url, error)
        except Exception:
            log.exception("the second look at %s failed inside the program", look.entry.url)
            await self._give_up(look)
        else:
            self._observe("second_look", feed=look.spec.name, url=look.entry.url, result=trace.result.value)

    async def _give_up(self, look: Look) -> None:
        try:
            await self._close(look, LookResult.FAILED, "It failed inside the program; the log says more.")
        except MinskError as error:
            log.error("the failure could not be recorded either: %s", error)

    async def _look(self, look: Look) -> LookTrace:
        reach("look.claimed")
        try:
            text = await self._read(look)
        except _Unread as unread:
            return await self._settle_unread(look, unread)
        reach("look.read")
        if len(text) <= len(look.entry.body):
            return await self._close(look, LookResult.SHORT, "")
        return await self._settle(look, text)

    async def _read(self, look: Look) -> str:
        """The article of an entry; raises _Unread."""
        url, spec = look.entry.url, look.spec
        try:
            check_named(self._fetcher, url, spec.url)
        except FetchError as error:
            raise _Unread(LookResult.FAILED, str(error)) from None
        if not await self._robots.allows(url, user_agent=spec.user_agent, proxy=spec.proxy):
            raise _Unread(LookResult.REFUSED, f"{host_of(url)} asks programs not to read it (robots.txt).")
        try:
            request = FetchRequest(url, {"Accept": ACCEPT})
            fetched = await fetch_named(self._fetcher, request, spec.url, user_agent=spec.user_agent, proxy=spec.proxy)
            self._fetcher.forget(url)
            body = fetched.body or b""
            return await self._reader.read(body, url=fetched.url, content_type=fetched.content_type)
        except ParseError as error:
            refused = error.outcome is Outcome.BLOCKED
            raise _Unread(LookResult.REFUSED if refused else LookResult.FAILED, str(error)) from None
        except FetchError as error:
            if error.status in _REFUSALS:
                detail = f"{host_of(url)} answered {error.status}: it wants a login, a payment or a browser."
                raise _Unread(LookResult.REFUSED, detail) from None
            passing = error.outcome in _PASSING or (error.status or 0) >= 500
            wait = timedelta(seconds=min(error.retry_after or 0, 1e6)) if passing else None
            raise _Unread(LookResult.FAILED, str(error), wait) from None

    async def _settle_unread(self, look: Look, unread: _Unread) -> LookTrace:
        wait = None if unread.again_after is None else max(unread.again_after, AGAIN_AFTER * 2**look.attempts)
        if wait is None or wait > LONGEST_WAIT or look.attempts + 1 >= ATTEMPTS:
            return await self._close(look, unread.result, unread.detail)
        await self._store.retry_look(look, self._clock.now() + wait, unread.detail)
        return LookTrace(LookResult.WAITING, unread.detail)

    async def _close(self, look: Look, result: LookResult, detail: str) -> LookTrace:
        """Record a look that changes nothing of its entry."""
        trace = LookTrace(result, detail, self._clock.now())
        async with self._store.transaction() as transaction:
            await transaction.finish_look(look, trace)
        return trace

    async def _settle(self, look: Look, text: str) -> LookTrace:
        """One transaction: the entry as it is now known, its story, the outbox, and the look's result."""
        new = self._match(look, text)
        watched = (await self._judging.find_watched(look.spec, [new])).get(new.entry.identity, ())
        found = new.analysis.relevant
        now = self._clock.now()
        trace = LookTrace(LookResult.MATCHED if found else LookResult.ONE_SIDE, "", now)
        async with self._store.transaction() as transaction:
            await transaction.check_look(look)
            await transaction.update_entry(look.entry_id, new)
            ways = await self._place(transaction, look, new, watched, now)
            reach("look.stored")
            await transaction.finish_look(look, trace, hits=int(found))
        reach("look.committed")
        self.opened += totals(ways)[0]
        tell_ways(self._observe, ways, feed=look.spec.name, by="second look")
        return trace

    def _match(self, look: Look, text: str) -> NewEntry:
        """The entry with its text; what was found before stays if the text says less."""
        entry: Entry = replace(look.entry, text=text)
        analysis: Analysis = self._judging.analyse(look.spec, entry, text, look.at)
        if LEVELS.index(analysis.level) < LEVELS.index(look.analysis.level):
            analysis = look.analysis
        return NewEntry(entry, analysis, *verdict(analysis))

    async def _place(
        self, transaction: Transaction, look: Look, new: NewEntry, watched: tuple[WatchHit, ...], now: datetime
    ) -> tuple[Way, ...]:
        if new.analysis.level is Level.NONE and not watched:
            return ()
        hit = Placed(look.entry_id, new, look.at, watched)
        judging, edit_after = self._judging, self._options.edit_after
        placing = Placing(transaction, judging.stories, look.spec, now, edit_after, watching=judging.watching)
        again = await placing.again(hit)
        if again is not None:
            return again
        return await placing.hits([hit])
