"""One feed, once: fetch, parse, match, and one transaction for everything that follows from it.

Nothing is written before it. Whatever fails on the way costs the feed a recorded failure and loses nothing: validators
and body hash are kept from the last poll that ended well.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from core.errors import FetchError, LeaseLost, ParseError
from core.failpoints import reach
from core.links import host_of
from core.model import Analysis, Entry, Feed, FeedState, Level, NewEntry, Outcome, PollRecord, PollResult
from core.ports import Clock, Hints, Matcher, Observer, PollStore, Stories
from core.watch import Watcher
from feeds.fetch import Fetched, Fetcher, same_host
from feeds.mirrors import under_own_host
from feeds.options import FeedOptions
from feeds.outage import OutageWatch
from feeds.parsing import Parser
from feeds.placing import Placed, place_hits
from feeds.recording import Recorder
from feeds.schedule import next_poll_at
from feeds.sources import SOURCES
from feeds.watching import find_watched
from feeds.wire import Parsed

YIELD_AFTER = 0.004  # seconds of matching after which the loop gets its turn
TROUBLE_AFTER = 3  # failures in a row
_MIRRORED = frozenset({Outcome.NETWORK, Outcome.TIMEOUT, Outcome.HTTP, Outcome.REDIRECT, Outcome.BLOCKED, Outcome.GONE})
_LASTING = frozenset({Outcome.GONE, Outcome.BLOCKED, Outcome.NOT_A_FEED})
REISSUE_LEAST = 8  # entries; a document as small may well be all new


@dataclass(frozen=True, slots=True)
class Counts:
    entries: int = 0
    new: int = 0
    hits: int = 0
    stories: int = 0
    alerts: int = 0


class Pipeline:
    """The parts that a poll needs.

    Between polls it remembers the hints of documents, for answers that bring none (304), and which items they had, so
    that these are not parsed again; both may be forgotten without harm.
    """

    def __init__(
        self,
        store: PollStore,
        matcher: Matcher,
        stories: Stories,
        fetcher: Fetcher,
        parser: Parser,
        clock: Clock,
        options: FeedOptions,
        observe: Observer,
        rng: random.Random | None = None,
        watcher: Watcher | None = None,
    ) -> None:
        self._store = store
        self._matcher = matcher
        self._stories = stories
        self._fetcher = fetcher
        self._parser = parser
        self._clock = clock
        self._options = options
        self._observe = observe
        self._rng = rng or random.Random()  # noqa: S311 - spreads polls, guards nothing
        self._watcher = watcher
        self._hints: dict[int, Hints] = {}
        self._seen: dict[int, bytes] = {}
        self._said: set[tuple[int, str, str]] = set()
        self._recorder = Recorder(store)
        self._outage = OutageWatch()

    async def run(self, feed: Feed) -> PollResult | None:
        """Poll one leased feed; None when the lease was lost to another process. Raises StoreError only."""
        try:
            result = await self._poll(feed)
        except LeaseLost as error:
            self._observe("poll_lost", feed=feed.spec.name, reason=str(error))
            return None
        self._observe("poll", result=result)
        return result

    async def finish(self) -> None:
        """Wait until everything handed in for recording is written."""
        await self._recorder.finish()

    async def _fetch(self, feed: Feed) -> Fetched:
        """The feed's answer, or that of its first mirror that has one. Raises the FetchError of the feed itself."""
        spec, state = feed.spec, feed.state
        request = SOURCES.get(spec.kind).request(spec)
        try:
            return await self._fetcher.fetch(
                request, etag=state.etag, last_modified=state.last_modified, user_agent=spec.user_agent
            )
        except FetchError as error:
            if error.outcome not in _MIRRORED:
                raise
            for mirror in spec.mirrors:
                with suppress(FetchError):
                    other = SOURCES.get(spec.kind).request(replace(spec, url=mirror))
                    return await self._fetcher.fetch(other, user_agent=spec.user_agent)
            raise

    async def _poll(self, feed: Feed) -> PollResult:
        state = feed.state
        try:
            fetched = await self._fetch(feed)
        except FetchError as error:
            return await self.fail(feed, error.outcome, str(error), error.retry_after)
        reach("poll.fetched")
        if fetched.permanent_url:
            self._tell_once(feed, "feed_moved", url=feed.spec.url, moved_to=fetched.permanent_url)
        digest = hashlib.blake2b(fetched.body, digest_size=16).hexdigest() if fetched.body is not None else ""
        if fetched.body is None or digest == state.body_hash:
            return await self._unchanged(feed, fetched)
        try:
            parsed = await self._parser.parse(
                feed.spec.kind,
                fetched.body,
                url=fetched.url,
                content_type=fetched.content_type,
                seen=self._seen.get(feed.id, b""),
            )
        except ParseError as error:
            self._fetcher.forget(feed.spec.url)
            return await self.fail(feed, error.outcome, str(error))
        reach("poll.parsed")
        result = await self._changed(feed, fetched, parsed, digest)
        self._seen[feed.id] = parsed.seen  # only now is everything in the document stored or known to be
        return result

    async def fail(self, feed: Feed, outcome: Outcome, message: str, retry_after: float | None = None) -> PollResult:
        """Record a failed poll; everything remembered of the feed stays. An outage of ours counts against no feed."""
        now = self._clock.now()
        self._note(feed, outcome, now)
        failures = feed.state.failures + (self._outage.since is None)
        due = next_poll_at(now, feed.spec, outcome, failures=failures, retry_after=retry_after, rng=self._rng)
        state = replace(feed.state, next_poll_at=due, failures=failures, last_outcome=outcome.value, last_error=message)
        result = await self._record(feed, outcome, state, error=message)
        if is_trouble(state) and not is_trouble(feed.state):
            self._observe("feed_failing", feed=feed.spec.name, url=feed.spec.url, reason=message, next_try=due)
        return result

    async def _unchanged(self, feed: Feed, fetched: Fetched) -> PollResult:
        """304, or the same body again. The newest validators count even then."""
        state = self._succeeded(feed, fetched, Outcome.NOT_MODIFIED, self._hints.get(feed.id))
        if fetched.body is None:
            state = replace(
                state,
                etag=state.etag or feed.state.etag,
                last_modified=state.last_modified or feed.state.last_modified,
            )
        return await self._record(feed, Outcome.NOT_MODIFIED, state)

    async def _changed(self, feed: Feed, fetched: Fetched, parsed: Parsed, digest: str) -> PollResult:
        self._hints[feed.id] = parsed.feed.hints
        self._tell(feed, parsed)
        outcome = Outcome.OK if parsed.total else Outcome.EMPTY
        state = self._succeeded(feed, fetched, outcome, parsed.feed.hints)
        state = replace(state, body_hash=digest, first_polled_at=feed.state.first_polled_at or self._clock.now())
        if not parsed.feed.whole:  # the rest must come next time, so nothing may say "not modified"
            state = replace(state, etag=None, last_modified=None, body_hash="")
            self._fetcher.forget(feed.spec.url)
        entries = under_own_host(parsed.feed.entries, feed.spec)
        known = await self._store.find_known(feed.id, entries) if entries else frozenset()
        fresh = _without_repeats(entries, known)
        if not fresh:
            reach("poll.matched")
            return await self._record(feed, outcome, state, Counts(entries=parsed.total))
        analysed = await self._analyse(feed, fresh, reissued=_is_reissue(feed, parsed.total, fresh))
        reach("poll.matched")
        return await self._store_all(feed, outcome, state, analysed, parsed.total)

    async def _store_all(
        self, feed: Feed, outcome: Outcome, state: FeedState, new: Sequence[NewEntry], total: int
    ) -> PollResult:
        """The one transaction: entries, stories, outbox and the state of the feed."""
        now = self._clock.now()
        first = feed.state.first_polled_at is None
        hits = sum(item.analysis.relevant for item in new)
        watched = await find_watched(self._watcher, feed.spec, new)
        async with self._store.transaction() as transaction:
            await transaction.check_lease(feed)
            ids = await transaction.add_entries(feed, new, now)
            reach("poll.stored")
            placed = [
                Placed(
                    entry_id,
                    item,
                    self._moment(item.entry, now) if first else now,
                    watched.get(item.entry.identity, ()),
                )
                for entry_id, item in zip(ids, new, strict=True)
                if entry_id is not None and (item.analysis.level is not Level.NONE or item.entry.identity in watched)
            ]
            placed.reverse()  # documents begin with the newest by custom
            placed.sort(key=lambda hit: hit.new.entry.published_at or hit.at)
            stories, alerts = await place_hits(
                transaction,
                self._stories,
                feed.spec,
                placed,
                now,
                edit_after=self._options.edit_after,
                watching=self._watcher is not None,
            )
            counts = Counts(total, sum(entry_id is not None for entry_id in ids), hits, stories, alerts)
            await transaction.finish_poll(feed, _poll_record(outcome, state, now, counts))
        reach("poll.committed")
        if stories or alerts:
            self._observe("story", feed=feed.spec.name, opened=stories, alerts=alerts)
        return self._ended(feed, outcome, state, counts)

    async def _record(
        self, feed: Feed, outcome: Outcome, state: FeedState, counts: Counts | None = None, *, error: str = ""
    ) -> PollResult:
        counts = counts or Counts()
        await self._recorder.record(feed, _poll_record(outcome, state, self._clock.now(), counts, error))
        reach("poll.committed")
        return self._ended(feed, outcome, state, counts, error)

    def _ended(self, feed: Feed, outcome: Outcome, state: FeedState, counts: Counts, error: str = "") -> PollResult:
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

    def _note(self, feed: Feed, outcome: Outcome, now: datetime) -> None:
        if self._outage.note(host_of(feed.spec.url), outcome, now):
            self._observe("outage_ended" if self._outage.since is None else "outage_began", feed=feed.spec.name)

    def _succeeded(self, feed: Feed, fetched: Fetched, outcome: Outcome, hints: Hints | None) -> FeedState:
        """The state after a good answer, with its validators when they are those of the feed's own host."""
        now = self._clock.now()
        self._note(feed, outcome, now)
        own = same_host(fetched.url, feed.spec.url)
        return replace(
            feed.state,
            next_poll_at=next_poll_at(now, feed.spec, outcome, hints=hints, fresh_for=fetched.fresh_for, rng=self._rng),
            etag=fetched.etag if own else None,
            last_modified=fetched.last_modified if own else None,
            last_ok_at=now,
            failures=0,
            last_outcome=outcome.value,
            last_error="",
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

    async def _analyse(self, feed: Feed, entries: Sequence[Entry], *, reissued: bool) -> list[NewEntry]:
        """Match entries, giving the loop its turn every few milliseconds."""
        if reissued:
            self._observe("feed_reissued", feed=feed.spec.name, entries=len(entries))
        loop = asyncio.get_running_loop()
        began = loop.time()
        result = []
        for entry in entries:
            result.append(self._new_entry(feed, entry, reissued))
            if loop.time() - began > YIELD_AFTER:
                await asyncio.sleep(0)
                began = loop.time()
        return result

    def _new_entry(self, feed: Feed, entry: Entry, reissued: bool) -> NewEntry:
        quiet = self._why_quiet(feed, entry, reissued)
        if quiet:
            return NewEntry(entry, Analysis(), *quiet)
        spec = feed.spec
        implies = tuple(dict.fromkeys((*spec.implies, *self._matcher.implied_by(entry.url or spec.url))))
        analysis = self._matcher.analyse(entry.title, entry.body, lang=entry.lang or spec.lang, implies=implies)
        return NewEntry(entry, analysis, *_verdict(analysis))

    def _why_quiet(self, feed: Feed, entry: Entry, reissued: bool) -> tuple[str, str] | None:
        """Outcome and reason for an entry that must not alert, whatever it says."""
        published, last_ok = entry.published_at, feed.state.last_ok_at
        if feed.state.first_polled_at is None:
            if not self._options.backfill:
                return "baseline", "It was in the feed already when the feed was first polled."
            if published is None or published < self._clock.now() - self._options.backfill:
                return "old", "It was published before the time that the first poll looks back to (feeds.backfill)."
        elif reissued and published and last_ok and published < last_ok - timedelta(hours=1):
            return "old", "The whole feed was published anew under other addresses; this entry is from before that."
        return None

    def _moment(self, entry: Entry, now: datetime) -> datetime:
        """The time that counts for an entry of a first poll that looks back."""
        return min(entry.published_at, now) if entry.published_at else now


def is_trouble(state: FeedState) -> bool:
    """Whether a feed's failures are worth telling: several in a row, or one that will not pass by itself."""
    return state.failures >= TROUBLE_AFTER or (state.failures > 0 and state.last_outcome in _LASTING)


def _without_repeats(entries: Sequence[Entry], known: frozenset[str]) -> list[Entry]:
    """Entries not known, each once, by identity and by link."""
    seen: set[str] = set()
    fresh = []
    for entry in entries:
        if entry.identity not in known and entry.identity not in seen and entry.link_key not in seen:
            fresh.append(entry)
        seen |= {entry.identity, entry.link_key} - {""}
    return fresh


def _is_reissue(feed: Feed, total: int, fresh: Sequence[Entry]) -> bool:
    """Whether a known feed brings nothing but unknown entries, as after a redesign of its site."""
    return feed.state.first_polled_at is not None and len(fresh) == total >= REISSUE_LEAST


def _verdict(analysis: Analysis) -> tuple[str, str]:
    """Outcome and reason of an entry by its analysis alone; placing it in a story may change them."""
    if analysis.level is Level.NONE:
        return "no_match", "No topic was found in it."
    if analysis.level is Level.HALF:
        missing = "; ".join(f"{topic} lacks {', '.join(groups)}" for topic, groups in analysis.missing.items())
        return "half", f"Only one side of a topic was found: {missing}." if missing else "Only one side was found."
    return analysis.level.value, f"It speaks of {', '.join(analysis.topics)}."


def _poll_record(outcome: Outcome, state: FeedState, now: datetime, counts: Counts, error: str = "") -> PollRecord:
    return PollRecord(outcome, state, now, counts.entries, counts.new, counts.hits, error)
