"""From what a person types to the feeds behind it: read once, with the newest entries and what matches in them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from core.errors import CommandError, FetchError, ParseError
from core.feedadmin import FoundFeed, Sample
from core.links import clean_link
from core.message import foreign
from core.model import Entry, FeedSpec
from core.ports import Clock, Matcher
from core.sentence import Sentence
from feeds import desk_texts as told
from feeds.discovery import Candidate, find_candidates, kinds_of, likely
from feeds.fetch import Fetched, Fetcher
from feeds.named import fetch_candidate
from feeds.parsing import Parser
from feeds.sources import SOURCES
from feeds.wire import Parsed

SAMPLES = 10
MOST_TRIED = 4  # addresses that a page names
PAUSE = 1.0  # seconds between two requests for one question
WITHIN = 30.0  # seconds for the whole answer
_OLDEST = datetime.min.replace(tzinfo=UTC)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class Finder:
    """Implements core.feedadmin.FeedFinder. `is_known` says which addresses are polled already."""

    def __init__(
        self,
        fetcher: Fetcher,
        parser: Parser,
        matcher: Matcher,
        clock: Clock,
        is_known: Callable[[], Awaitable[frozenset[str]]],
    ) -> None:
        self._fetcher = fetcher
        self._parser = parser
        self._matcher = matcher
        self._clock = clock
        self._is_known = is_known

    async def find(self, address: str) -> tuple[FoundFeed, ...]:
        url = read_address(address)
        try:
            async with asyncio.timeout(WITHIN):
                found = await self._find(url)
        except FetchError as error:
            raise CommandError(Sentence(told.REASON, url=url, reason=error.words)) from None
        except TimeoutError:
            raise CommandError(Sentence(told.TOOK_LONG, url=url, seconds=f"{WITHIN:g}")) from None
        if not found:
            raise CommandError(Sentence(told.NOT_FOUND, url=url), Sentence(told.NOT_FOUND_HINT))
        return found

    async def _find(self, url: str) -> tuple[FoundFeed, ...]:
        known = await self._is_known()
        first = find_candidates(b"", url)
        if first and first[0].why == "telegram":
            return await self._read_all(first, url, known)
        fetched = await self._fetcher.fetch(SOURCES.get("rss").request(FeedSpec(url, url)))
        body = fetched.body or b""
        for kind in kinds_of(body):
            read = await self._read(kind, fetched, known, url)
            if read is not None:
                return (read,)
        candidates = find_candidates(body, fetched.url, fetched.content_type)
        return await self._read_all(likely(candidates)[:MOST_TRIED], fetched.url, known)

    async def _read_all(
        self, candidates: Sequence[Candidate], page: str, known: frozenset[str]
    ) -> tuple[FoundFeed, ...]:
        """Those candidates that are feeds; when none answers, the reason of the first."""
        found: list[FoundFeed] = []
        troubles: list[FetchError] = []
        for candidate in candidates:
            await self._clock.sleep(PAUSE)
            try:
                fetched = await fetch_candidate(self._fetcher, candidate, page)
            except FetchError as error:
                troubles.append(error)
                continue
            read = await self._read(candidate.kind, fetched, known, candidate.url)
            if read is not None and read.url not in [other.url for other in found]:
                found.append(read)
        if not found and troubles and candidates[0].why in ("telegram", "declared"):
            raise troubles[0]
        return tuple(found)

    async def _read(self, kind: str, fetched: Fetched, known: frozenset[str], asked: str) -> FoundFeed | None:
        body = fetched.body or b""
        try:
            parsed = await self._parser.parse(kind, body, url=fetched.url, content_type=fetched.content_type)
        except ParseError:
            return None
        return self._describe(kind, parsed, fetched.permanent_url or asked, known)

    def _describe(self, kind: str, parsed: Parsed, url: str, known: frozenset[str]) -> FoundFeed:
        entries = sorted(parsed.feed.entries, key=lambda entry: entry.published_at or _OLDEST, reverse=True)
        dates = [entry.published_at for entry in entries if entry.published_at]
        return FoundFeed(
            url=url,
            kind=kind,
            title=parsed.feed.title,
            lang=parsed.feed.lang,
            total=parsed.total,
            newest_at=max(dates, default=None),
            samples=tuple(self._sample(entry, url, parsed.feed.lang) for entry in entries[:SAMPLES]),
            known=url in known,
        )

    def _sample(self, entry: Entry, url: str, lang: str) -> Sample:
        implies = self._matcher.implied_by(entry.url or url)
        when = entry.told_at(self._clock.now())
        analysis = self._matcher.analyse(entry.title, entry.body, lang=entry.lang or lang, implies=implies, when=when)
        return Sample(entry.title, entry.url, analysis.level, analysis.topics, entry.published_at)


def read_address(text: str) -> str:
    """The web address that a person means; raises CommandError."""
    given = text.strip().strip("<>").partition("|")[0]  # Slack wraps addresses: <https://example.org|example.org>
    url = clean_link(given if _SCHEME.match(given) and "://" in given else f"https://{given}")
    host = url.partition("://")[2].partition("/")[0]
    if not url or ("." not in host and ":" not in host):
        raise CommandError(Sentence(told.NO_ADDRESS, text=foreign(given, 100)), Sentence(told.NO_ADDRESS_HINT))
    return url
