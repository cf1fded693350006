"""How addresses of feeds are: fetched once, read by their source type, and the outcome put into a word and a sentence.

One request at a time to a host, with a pause between them; nothing is stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from core.errors import FetchError, ParseError
from core.history import REFUSALS
from core.links import host_of
from core.model import FeedSpec, Outcome
from core.ports import Clock
from feeds.discovery import Candidate, find_candidates, kinds_of, likely
from feeds.fetch import Fetched, Fetcher
from feeds.named import fetch_candidate
from feeds.parsing import Parser
from feeds.sources import SOURCES

PAUSE = 5.0  # seconds between two requests to a host; GDELT asks for no less
MOST_NAMED = 12  # feeds that a page names
WITHIN = timedelta(minutes=2)  # for all of them
_ABSENCES = frozenset({404, 410})


class State(StrEnum):
    ALIVE = "alive"
    EMPTY = "empty"
    MOVED = "moved"
    BLOCKED = "blocked"
    NOT_A_FEED = "not a feed"
    GONE = "gone"
    FAILED = "failed"

    @property
    def well(self) -> bool:
        return self in (State.ALIVE, State.EMPTY, State.MOVED)


@dataclass(frozen=True, slots=True)
class Probe:
    """How a feed was found. `newest_at` is the date of its newest entry; `detail` a sentence where there is more.

    `outcome` tells how it could not be read.
    """

    name: str
    url: str
    state: State
    entries: int = 0
    newest_at: datetime | None = None
    detail: str = ""
    outcome: Outcome | None = None


class _Addressed(Protocol):
    @property
    def url(self) -> str: ...


_T = TypeVar("_T", bound=_Addressed)


class Prober:
    """Probes feeds, `concurrency` at the same time."""

    def __init__(self, fetcher: Fetcher, parser: Parser, clock: Clock, *, concurrency: int = 8) -> None:
        self._fetcher = fetcher
        self._parser = parser
        self._clock = clock
        self._gate = asyncio.Semaphore(concurrency)

    async def probe_all(self, specs: Sequence[FeedSpec]) -> tuple[Probe, ...]:
        """Probe feeds; the results come in the same order."""
        return await self._visit(specs, self.probe)

    async def _visit(self, specs: Sequence[_T], probe: Callable[[_T], Awaitable[Probe]]) -> tuple[Probe, ...]:
        by_host: dict[str, list[int]] = {}
        for number, spec in enumerate(specs):
            by_host.setdefault(host_of(spec.url), []).append(number)
        found: dict[int, Probe] = {}

        async def visit(numbers: list[int]) -> None:
            for number in numbers:
                if number != numbers[0]:
                    await self._clock.sleep(PAUSE)
                async with self._gate:
                    found[number] = await probe(specs[number])

        async with asyncio.TaskGroup() as tasks:
            for numbers in by_host.values():
                tasks.create_task(visit(numbers))
        return tuple(found[number] for number in range(len(specs)))

    async def probe(self, spec: FeedSpec) -> Probe:
        """Probe a feed, and its mirrors in turn when its own address does not answer well."""
        first = await self._probe(spec)
        if first.state.well:
            return first
        for mirror in spec.mirrors:
            other = await self._probe(replace(spec, url=mirror))
            if other.state.well:
                return replace(other, url=spec.url, detail=f"By its mirror {mirror}; itself: {first.detail}")
        return first

    async def probe_page(self, url: str) -> tuple[Probe, ...]:
        """Find feeds from the address of a web page, which may be that of a feed, and probe those; raises FetchError.

        MOST_NAMED at most, and within WITHIN and one request more.
        """
        channel = find_candidates(b"", url)
        if channel and channel[0].why == "telegram":
            return (await self._probe_named(channel[0], url),)
        fetched = await self._fetcher.fetch(SOURCES.get("rss").request(FeedSpec(url, url)))
        body = fetched.body or b""
        for kind in kinds_of(body):
            itself = await self._read(FeedSpec("", url, kind), fetched)
            if itself.state.well:
                return (itself,)
        candidates = likely(find_candidates(body, fetched.url, fetched.content_type))[:MOST_NAMED]
        await self._clock.sleep(PAUSE)
        until = self._clock.now() + WITHIN
        silent: set[str] = set()

        async def probe(candidate: Candidate) -> Probe:
            host, why = host_of(candidate.url), ""
            if host in silent:
                why = "its host did not answer before"
            elif self._clock.now() >= until:
                why = f"the look at the page took over {WITHIN.total_seconds():g} s"
            if why:
                return Probe(
                    candidate.title or host, candidate.url, State.FAILED, detail=f"It was not asked for: {why}."
                )
            found = await self._probe_named(candidate, fetched.url)
            if found.outcome is Outcome.TIMEOUT:
                silent.add(host)
            return found

        return await self._visit(candidates, probe)

    async def _probe_named(self, candidate: Candidate, page: str) -> Probe:
        spec = FeedSpec(candidate.title, candidate.url, candidate.kind)
        try:
            fetched = await fetch_candidate(self._fetcher, candidate, page)
        except FetchError as error:
            return _failed(spec, error)
        return await self._read(spec, fetched)

    async def _probe(self, spec: FeedSpec) -> Probe:
        try:
            fetched = await self._fetcher.fetch(
                SOURCES.get(spec.kind).request(spec), user_agent=spec.user_agent, proxy=spec.proxy
            )
        except FetchError as error:
            return _failed(spec, error)
        return await self._read(spec, fetched)

    async def _read(self, spec: FeedSpec, fetched: Fetched) -> Probe:
        body = fetched.body or b""
        try:
            parsed = await self._parser.parse(spec.kind, body, url=fetched.url, content_type=fetched.content_type)
        except ParseError as error:
            failed = _failed(spec, error)
            return replace(failed, detail=failed.detail + _named(fetched, body))
        dates = [entry.published_at for entry in parsed.feed.entries if entry.published_at]
        state = State.ALIVE if parsed.total else State.EMPTY
        detail = ""
        if fetched.permanent_url:
            state, detail = State.MOVED, f"Now at {fetched.permanent_url}; change the address."
        name = spec.name or parsed.feed.title or host_of(spec.url)
        return Probe(name, spec.url, state, parsed.total, max(dates, default=None), detail)


def _failed(spec: FeedSpec, error: FetchError | ParseError) -> Probe:
    name = spec.name or host_of(spec.url)
    return Probe(name, spec.url, _state_of(error), detail=str(error), outcome=error.outcome)


def _state_of(error: FetchError | ParseError) -> State:
    if isinstance(error, FetchError):
        if error.status in REFUSALS:
            return State.BLOCKED
        return State.GONE if error.status in _ABSENCES else State.FAILED
    if error.outcome is Outcome.BLOCKED:
        return State.BLOCKED
    return State.NOT_A_FEED if error.outcome is Outcome.NOT_A_FEED else State.FAILED


def _named(fetched: Fetched, body: bytes) -> str:
    """The feeds that a page names which came instead of a feed, as a sentence."""
    found = find_candidates(body, fetched.url, fetched.content_type)
    named = [candidate.url for candidate in found if candidate.why == "declared"][:3]
    return f" The page names as its feeds: {', '.join(named)}." if named else ""
