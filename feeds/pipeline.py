"""One feed, once: fetch, parse, match, and one transaction for everything that follows from it.

Nothing is written before it. Whatever fails on the way costs the feed a recorded failure and loses nothing: validators
and body hash are kept from the last poll that ended well.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.errors import FetchError, LeaseLost, ParseError
from core.failpoints import reach
from core.health import Condition
from core.history import FeedHistory
from core.links import host_of
from core.model import Analysis, Entry, Feed, FeedSpec, FeedState, Level, NewEntry, Outcome, PollResult
from core.ports import Hints
from core.watch import WatchHit
from feeds.aftermath import after_answer, after_document, after_failure, after_same
from feeds.breaking import BreakingNews
from feeds.fetch import Fetched, same_host
from feeds.gathering import Traffic
from feeds.health import assess, is_trouble, judge
from feeds.kit import Kit
from feeds.mirrors import other_addresses, under_own_host
from feeds.outage import OutageWatch
from feeds.parsing import Parser
from feeds.placing import Placed, Placing, poll_name, tell_ways, totals
from feeds.recording import NO_COUNTS, Counts, Recorder
from feeds.rereading import hush_read_before, look_for_reissue
from feeds.schedule import next_poll_at, next_wait, own_pace
from feeds.secondlook import choose_looks
from feeds.settling import settle, sighted_at
from feeds.sifting import COPIES, Reissue, audit_verdict, verdict, why_quiet, without_repeats
from feeds.sources import SOURCES
from feeds.watching import without_quiet
from feeds.wire import Parsed

YIELD_AFTER = 0.004  # seconds of matching after which the loop gets its turn
_NOTHING = Analysis()
_NO_NEWS = frozenset({"", Condition.NEW.value, Condition.HEALTHY.value})
_MIRRORED = frozenset({Outcome.NETWORK, Outcome.TIMEOUT, Outcome.HTTP, Outcome.REDIRECT, Outcome.BLOCKED, Outcome.GONE})


class Pipeline:
    """Polls with the parts of `kit`.

    Between polls it remembers the hints of documents, for answers that bring none (304), and which items they had, so
    that these are not parsed again; both may be forgotten without harm.
    """

    def __init__(self, kit: Kit, parser: Parser) -> None:
        self._store = kit.store
        self._judging = kit.judging
        self._fetcher = kit.fetcher
        self._parser = parser
        self._clock = kit.clock
        self._options = kit.options
        self._observe = kit.observe
        self._rng = random.Random()  # noqa: S311 - spreads polls, guards nothing
        self._hints: dict[int, Hints] = {}
        self._seen: dict[int, bytes] = {}
        self._said: set[tuple[int, str, str]] = set()
        self._traffic = Traffic()
        self._recorder = Recorder(kit.store, self._traffic)
        self._outage = OutageWatch()
        self.breaking = BreakingNews(kit.store)

    async def run(self, feed: Feed) -> PollResult | None:
        """Poll one leased feed; None when the lease was lost to another process. Raises StoreError only."""
        self._traffic.begin()
        try:
            result = await self._poll(feed)
        except LeaseLost as error:
            self._observe("poll_lost", feed=feed.spec.name, reason=str(error))
            return None
        finally:
            self._traffic.rest()
        self._observe("poll", result=result, poll=poll_name(feed))
        return result

    async def finish(self) -> None:
        """Wait until everything handed in for recording is written."""
        await self._recorder.finish()

    async def _fetch(self, feed: Feed) -> Fetched:
        """The feed's answer, or the first that another of its addresses has. Raises the FetchError of the feed."""
        spec, state = feed.spec, feed.state
        try:
            return await self._fetcher.fetch(
                SOURCES.get(spec.kind).request(spec if feed.address == spec.url else replace(spec, url=feed.address)),
                etag=state.etag,
                last_modified=state.last_modified,
                user_agent=spec.user_agent,
                proxy=spec.proxy,
            )
        except FetchError as error:
            if error.outcome not in _MIRRORED:
                raise
            for other in other_addresses(feed):
                with suppress(FetchError):
                    return await self._fetch_other(spec, other)
            raise

    async def _fetch_other(self, spec: FeedSpec, url: str) -> Fetched:
        """What another address of the feed answers; a mirror that has moved moves no feed, and one that had moved and
        answers where it was configured has moved back."""
        request = SOURCES.get(spec.kind).request(replace(spec, url=url))
        fetched = await self._fetcher.fetch(request, user_agent=spec.user_agent, proxy=spec.proxy)
        if url == spec.url:
            return replace(fetched, permanent_url=url) if fetched.url == url else fetched
        return replace(fetched, permanent_url="")

    async def _parse(self, feed: Feed, fetched: Fetched) -> tuple[str, Parsed | None]:
        """The digest of an answer, and its document; None when it is the one that was read last. Raises ParseError."""
        digest = "" if fetched.body is None else hashlib.blake2b(fetched.body, digest_size=16).hexdigest()
        if fetched.body is None or digest == feed.state.body_hash:
            return digest, None
        return digest, await self._parser.parse(
            feed.spec.kind,
            fetched.body,
            url=fetched.url,
            content_type=fetched.content_type,
            seen=self._seen.get(feed.id, b""),
        )

    async def _read(self, feed: Feed) -> tuple[Fetched, str, Parsed | None]:
        """The feed's answer, read, as by _parse. Where it is no feed, the first of its other addresses that brings one.

        Who blocks a site often puts a page of his own in its place, under 200. Raises FetchError or ParseError of the
        feed itself.
        """
        fetched = await self._fetch(feed)
        reach("poll.fetched")
        try:
            return fetched, *await self._parse(feed, fetched)
        except ParseError:
            self._fetcher.forget(feed.address)
            for other in other_addresses(feed):
                if other != fetched.url:
                    with suppress(FetchError, ParseError):
                        found = await self._fetch_other(feed.spec, other)
                        return found, *await self._parse(feed, found)
            raise

    async def _poll(self, feed: Feed) -> PollResult:
        try:
            fetched, digest, parsed = await self._read(feed)
        except FetchError as error:
            return await self.fail(feed, error.outcome, str(error), error.retry_after, error.status or 0)
        except ParseError as error:
            return await self.fail(feed, error.outcome, str(error))
        if parsed is None:
            return await self._unchanged(feed, fetched)
        reach("poll.parsed")
        result = await self._changed(feed, fetched, parsed, digest)
        self._seen[feed.id] = parsed.seen  # only now is everything in the document stored or known to be
        return result

    async def fail(
        self, feed: Feed, outcome: Outcome, message: str, retry_after: float | None = None, status: int = 0
    ) -> PollResult:
        """Record a failed poll; everything remembered of the feed stays. An outage of ours counts against no feed."""
        now = self._clock.now()
        self._note(feed, outcome, now)
        counts = self._outage.since is None
        failures = feed.state.failures + counts
        due = next_poll_at(now, feed.spec, outcome, failures=failures, retry_after=retry_after, rng=self._rng)
        state = replace(
            feed.state,
            next_poll_at=due,
            earliest_poll_at=None,
            failures=failures,
            last_outcome=outcome.value,
            last_error=message,
            history=after_failure(feed.state.history, now, status) if counts else feed.state.history,
        )
        result = await self._record(feed, outcome, state, error=message)
        if is_trouble(state) and not is_trouble(feed.state):
            self._observe("feed_failing", feed=feed.spec.name, url=feed.spec.url, reason=message, next_try=due)
        return result

    async def _unchanged(self, feed: Feed, fetched: Fetched) -> PollResult:
        """304, or the same body again. The newest validators count even then."""
        history = after_same(feed.state.history)
        state = self._succeeded(feed, fetched, Outcome.NOT_MODIFIED, self._hints.get(feed.id), history)
        return await self._record(feed, Outcome.NOT_MODIFIED, state)

    async def _changed(self, feed: Feed, fetched: Fetched, parsed: Parsed, digest: str) -> PollResult:
        self._hints[feed.id] = parsed.feed.hints
        self._tell(feed, parsed)
        outcome = Outcome.OK if parsed.total else Outcome.EMPTY
        entries = under_own_host(parsed.feed.entries, feed.spec)
        asked = entries if feed.state.last_ok_at else ()  # of a feed that was never read nothing is known
        known = await self._recorder.find_known(feed.id, asked) if asked else frozenset()
        fresh = without_repeats(entries, known)
        reissue = await self._find_reissue(feed, parsed.total, fresh)
        fresh = reissue.without_copies(fresh)
        arrived = bool(fresh) and not reissue and feed.state.first_polled_at is not None
        history = after_document(feed.state.history, self._clock.now(), total=parsed.total, arrived=arrived)
        state = self._succeeded(feed, fetched, outcome, parsed.feed.hints, history)
        state = replace(state, body_hash=digest, first_polled_at=feed.state.first_polled_at or self._clock.now())
        if not parsed.feed.whole:  # the rest must come next time, so nothing may say "not modified"
            state = replace(state, etag=None, last_modified=None, body_hash="")
            self._fetcher.forget(feed.address)
        if not fresh:
            reach("poll.matched")
            return await self._record(feed, outcome, state, Counts(entries=parsed.total))
        analysed = await self._analyse(feed, fresh, reissue)
        watched = {} if feed.spec.audit else await self._judging.find_watched(feed.spec, analysed)
        analysed = await hush_read_before(self._store, feed, analysed, watched)
        watched = without_quiet(watched, analysed)
        reach("poll.matched")
        settled = None if watched else await self._settle(feed, analysed)
        if settled is not None:
            hits = sum(item.analysis.relevant for item in analysed)
            return await self._record(feed, outcome, state, Counts(parsed.total, hits=hits), new=settled)
        return await self._store_all(feed, outcome, state, analysed, parsed.total, watched)

    async def _settle(self, feed: Feed, new: Sequence[NewEntry]) -> Sequence[NewEntry] | None:
        """See feeds.settling."""
        find_open = self._recorder.open_stories
        return await settle(
            feed, new, self._clock.now(), stories=self._judging.stories, options=self._options, find_open=find_open
        )

    async def _store_all(
        self,
        feed: Feed,
        outcome: Outcome,
        state: FeedState,
        new: Sequence[NewEntry],
        total: int,
        watched: Mapping[str, tuple[WatchHit, ...]],
    ) -> PollResult:
        """The one transaction: entries, stories, outbox and the state of the feed."""
        now = self._clock.now()
        hits = sum(item.analysis.relevant for item in new)
        async with self._store.transaction() as transaction:
            await transaction.check_lease(feed)
            ids = await transaction.add_entries(feed, new, now)
            reach("poll.stored")
            stored = [
                (entry_id, item, sighted_at(feed, item.entry, now))
                for entry_id, item in zip(ids, new, strict=True)
                if entry_id is not None
            ]
            looks = choose_looks(feed.spec, stored, self._options)
            if looks:
                await transaction.add_looks(feed, looks, now)
            placed = [
                Placed(entry_id, item, at, watched.get(item.entry.identity, ()))
                for entry_id, item, at in stored
                if item.analysis.level is not Level.NONE or item.entry.identity in watched
            ]
            placed.reverse()  # documents begin with the newest by custom
            placed.sort(key=lambda hit: hit.new.entry.published_at or hit.at)
            judging, edit_after = self._judging, self._options.edit_after
            placing = Placing(transaction, judging.stories, feed.spec, now, edit_after, watching=judging.watching)
            ways = await placing.hits(placed)
            counts = Counts(total, len(stored), hits, *totals(ways))
            state = self._judged(state)
            await transaction.finish_poll(feed, counts.record(outcome, state, now))
        reach("poll.committed")
        if counts.stories:
            self.breaking.look_again()
        tell_ways(self._observe, ways, feed=feed.spec.name, by=poll_name(feed))
        return self._ended(feed, outcome, state, counts)

    async def _record(
        self,
        feed: Feed,
        outcome: Outcome,
        state: FeedState,
        counts: Counts = NO_COUNTS,
        *,
        error: str = "",
        new: Sequence[NewEntry] = (),
    ) -> PollResult:
        state = self._judged(state)
        record = counts.record(outcome, state, self._clock.now(), error)
        added = await self._recorder.record(feed, record, new)
        if added:
            counts = replace(counts, new=added)
        reach("poll.committed")
        return self._ended(feed, outcome, state, counts, error)

    def _ended(self, feed: Feed, outcome: Outcome, state: FeedState, counts: Counts, error: str = "") -> PollResult:
        self._tell_changes(feed, state)
        if is_trouble(feed.state) and not state.failures:
            self._observe("feed_recovered", feed=feed.spec.name, url=feed.spec.url)
        return PollResult(
            url=feed.spec.url,
            name=feed.spec.name,
            outcome=outcome,
            entries=counts.entries,
            new=counts.new,
            hits=counts.hits,
            stories=counts.stories,
            alerts=counts.alerts,
            error=error,
            next_poll_at=state.next_poll_at,
        )

    def _judged(self, state: FeedState) -> FeedState:
        """The state with the condition that will be told of it."""
        condition = judge(state, self._clock.now())[0].value
        if state.history.condition == condition:
            return state
        return replace(state, history=replace(state.history, condition=condition))

    def _tell_changes(self, feed: Feed, state: FeedState) -> None:
        """Tell once what has changed and is written; that a new feed is well is no news."""
        spec, old, new = feed.spec, feed.state.history, state.history
        if new.address not in (old.address, ""):
            self._observe("feed_moved", feed=spec.name, url=spec.url, moved_to=new.address)
        if new.condition != old.condition and not {old.condition, new.condition} <= _NO_NEWS:
            told = {"reason": assess(spec, state, self._clock.now()).reason, "failing": is_trouble(state)}
            self._observe(
                "feed_state", feed=spec.name, url=spec.url, was=old.condition, condition=new.condition, **told
            )

    def _note(self, feed: Feed, outcome: Outcome, now: datetime) -> None:
        if self._outage.note(host_of(feed.spec.url), outcome, now):
            self._observe("outage_ended" if self._outage.since is None else "outage_began", feed=feed.spec.name)

    def _succeeded(
        self, feed: Feed, fetched: Fetched, outcome: Outcome, hints: Hints | None, history: FeedHistory
    ) -> FeedState:
        """The state after a good answer, with its validators when they are those of the feed's own host."""
        now = self._clock.now()
        self._note(feed, outcome, now)
        own = same_host(fetched.url, feed.address)
        history = after_answer(history, now, fetched.permanent_url, feed.spec.url)
        pace = own_pace(feed.spec, history.arrivals, feed.state.first_polled_at or now, now)
        wait = next_wait(now, feed.spec, outcome, pace, hints=hints, fresh_for=fetched.fresh_for, rng=self._rng)
        etag, last_modified = (fetched.etag, fetched.last_modified) if own else (None, None)
        if fetched.body is None:  # 304 may leave out what has not changed
            etag, last_modified = etag or feed.state.etag, last_modified or feed.state.last_modified
        return FeedState(
            next_poll_at=wait.earliest_at if self.breaking.now else wait.due_at,
            etag=etag,
            last_modified=last_modified,
            body_hash=feed.state.body_hash,
            first_polled_at=feed.state.first_polled_at,
            last_ok_at=now,
            last_outcome=outcome.value,
            earliest_poll_at=wait.earliest_at,
            history=history,
        )

    def _tell(self, feed: Feed, parsed: Parsed) -> None:
        if parsed.dropped:
            self._tell_once(feed, "entries_dropped", limit=self._options.max_entries)
        if not parsed.feed.whole:
            self._tell_once(feed, "feed_cut_off")

    def _tell_once(self, feed: Feed, event: str, **fields: Any) -> None:
        """Tell what is so at every poll one time only."""
        said = (feed.id, event, str(fields))
        if said not in self._said:
            self._said.add(said)
            self._observe(event, feed=feed.spec.name, **fields)

    async def _find_reissue(self, feed: Feed, total: int, fresh: Sequence[Entry]) -> Reissue:
        """Whether the document was published anew; the first time it is told."""
        reissue = await look_for_reissue(self._store, feed, total, fresh)
        if reissue and max(reissue.repeated.values(), default=0) < COPIES:
            spec, known = feed.spec, len(reissue.repeated)
            self._observe("feed_reissued", feed=spec.name, url=spec.url, entries=len(fresh), known=known)
        return reissue

    async def _analyse(self, feed: Feed, entries: Sequence[Entry], reissue: Reissue) -> list[NewEntry]:
        """Match entries, giving the loop its turn every few milliseconds."""
        now, backfill = self._clock.now(), self._options.backfill
        time = asyncio.get_running_loop().time
        began = time()
        result = []
        for entry in entries:
            quiet = why_quiet(feed, entry, reissue=reissue, backfill=backfill, now=now)
            result.append(NewEntry(entry, _NOTHING, *quiet) if quiet else self._judged_entry(feed, entry, now))
            if time() - began > YIELD_AFTER:
                await asyncio.sleep(0)
                began = time()
        return result

    def _judged_entry(self, feed: Feed, entry: Entry, now: datetime) -> NewEntry:
        analysis = self._judging.analyse(feed.spec, entry, entry.body, now)
        return NewEntry(entry, analysis, *(verdict(analysis) if not feed.spec.audit else audit_verdict(analysis)))
