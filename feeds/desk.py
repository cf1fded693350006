"""Feeds looked after from a chat: listed with their health, found, added, paused, removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from core.errors import CommandError, ParseError
from core.feedadmin import FeedAdminStore, FeedList, FoundFeed, ManagedFeed
from core.health import Condition, FeedHealth, FeedRecord, Origin
from core.message import foreign
from core.model import FeedSpec
from core.ports import Clock, Matcher
from core.sentence import Sentence
from feeds import desk_texts as told
from feeds.fetch import Fetcher
from feeds.finding import Finder
from feeds.health import assess
from feeds.opml import Outline, read_opml, write_opml
from feeds.parsing import Parser
from feeds.sources import SOURCES

MOST_FEEDS = 2_000  # added in chats
_ORDER = (
    *(Condition.GONE, Condition.BLOCKED, Condition.NOT_A_FEED, Condition.FAILING, Condition.QUIET, Condition.MOVED),
    *(Condition.PAUSED, Condition.NEW, Condition.HEALTHY),
)


class Specify(Protocol):
    """Makes the specification of a feed added in a chat, with the defaults of the configuration."""

    def __call__(self, *, name: str, url: str, kind: str, lang: str) -> FeedSpec: ...


class Desk:
    """Implements core.feedadmin.FeedDesk."""

    def __init__(
        self,
        store: FeedAdminStore,
        fetcher: Fetcher,
        parser: Parser,
        matcher: Matcher,
        clock: Clock,
        specify: Specify,
    ) -> None:
        self._store = store
        self._clock = clock
        self._specify = specify
        self._finder = Finder(fetcher, parser, matcher, clock, self._known)

    async def _known(self) -> frozenset[str]:
        return frozenset(record.spec.url for record in await self._store.list_feeds())

    async def refresh(self) -> None:
        """Give the feeds of chats the present defaults of the configuration; for the start of the program."""
        stored = [record.spec for record in await self._store.list_feeds() if record.origin is Origin.CHAT]
        wanted = [self._renewed(spec) for spec in stored]
        changed = [new for old, new in zip(stored, wanted, strict=True) if old != new]
        if changed:
            await self._store.update_feeds(changed)

    def _renewed(self, spec: FeedSpec) -> FeedSpec:
        fresh = self._specify(name=spec.name, url=spec.url, kind=spec.kind, lang=spec.lang)
        return replace(fresh, owner=spec.owner, mirrors=spec.mirrors, implies=spec.implies)

    async def find(self, address: str) -> tuple[FoundFeed, ...]:
        return await self._finder.find(address)

    async def list(self) -> tuple[ManagedFeed, ...]:
        managed = [self._managed(record) for record in await self._store.list_feeds()]
        return tuple(sorted(managed, key=lambda feed: (_ORDER.index(feed.health.condition), feed.name.casefold())))

    def _managed(self, record: FeedRecord) -> ManagedFeed:
        return ManagedFeed(
            id=record.id,
            name=record.spec.name,
            url=record.spec.url,
            kind=record.spec.kind,
            lang=record.spec.lang,
            origin=record.origin,
            health=judge(record, self._clock),
            next_poll_at=record.state.next_poll_at,
            polled_at=record.polled_at,
            entries=record.entries,
            hits=record.hits,
        )

    async def add(self, address: str, *, name: str = "") -> ManagedFeed:
        found = (await self.find(address))[0]
        records = await self._store.list_feeds()
        for record in records:
            if record.spec.url == found.url:
                if record.paused_at is None:
                    raise CommandError(Sentence(told.READ_ALREADY, name=record.spec.name, url=found.url))
                await self._store.resume_feed(found.url, self._clock.now())
                return await self._named(found.url)
        if sum(record.origin is Origin.CHAT for record in records) >= MOST_FEEDS:
            raise CommandError(Sentence(told.ADDED_MANY, most=MOST_FEEDS))
        title = " ".join((name or found.title or found.url.split("/")[2]).split())[:100]
        spec = self._specify(name=title, url=found.url, kind=found.kind, lang=found.lang)
        await self._store.add_feed(spec, self._clock.now())
        return await self._named(found.url)

    async def get(self, which: str) -> ManagedFeed:
        return self._managed(await self._find(which))

    async def write_list(self) -> bytes:
        return write_opml([record.spec for record in await self._store.list_feeds()], "Minsk Watch").encode()

    async def read_list(self, body: bytes) -> FeedList:
        fresh, known, unusable = await self._sorted(body)
        return FeedList(tuple(one.name or one.url for one in fresh), known, tuple(one.url for one in unusable))

    async def add_list(self, body: bytes) -> int:
        fresh, _, _ = await self._sorted(body)
        there = sum(record.origin is Origin.CHAT for record in await self._store.list_feeds())
        if there + len(fresh) > MOST_FEEDS:
            raise CommandError(Sentence(told.ADDED_TOO_MANY, most=MOST_FEEDS))
        added = 0
        for one in fresh:
            name = " ".join((one.name or one.url.split("/")[2]).split())[:100]
            spec = self._specify(name=name, url=one.url, kind=one.kind, lang=one.lang)
            spec = replace(spec, owner=one.owner, mirrors=one.mirrors, implies=one.implies)
            added += await self._store.add_feed(spec, self._clock.now())
        return added

    async def _sorted(self, body: bytes) -> tuple[Sequence[Outline], int, Sequence[Outline]]:
        """What of a list is new, how many are known, what cannot be used. Raises CommandError."""
        try:
            listed = read_opml(body)
        except ParseError as error:
            raise CommandError(error.words) from None
        known = await self._known()
        usable = [one for one in listed if one.usable and one.kind in SOURCES.names]
        fresh = [one for one in usable if one.url not in known]
        return fresh, len(usable) - len(fresh), [one for one in listed if one not in usable]

    async def remove(self, which: str) -> ManagedFeed:
        record = await self._find(which)
        if record.origin is Origin.CONFIG:
            raise CommandError(Sentence(told.CONFIGURED, name=record.spec.name), Sentence(told.CONFIGURED_HINT))
        await self._store.remove_feed(record.spec.url)
        return self._managed(record)

    async def pause(self, which: str) -> ManagedFeed:
        record = await self._find(which)
        if record.paused_at is None:
            await self._store.pause_feed(record.spec.url, self._clock.now())
        return await self._named(record.spec.url)

    async def resume(self, which: str) -> ManagedFeed:
        record = await self._find(which)
        if record.paused_at is None:
            raise CommandError(Sentence(told.NOT_PAUSED, name=record.spec.name))
        await self._store.resume_feed(record.spec.url, self._clock.now())
        return await self._named(record.spec.url)

    async def _named(self, url: str) -> ManagedFeed:
        for record in await self._store.list_feeds():
            if record.spec.url == url:
                return self._managed(record)
        raise CommandError(Sentence(told.REMOVED_MEANWHILE, url=url))

    async def _find(self, which: str) -> FeedRecord:
        return choose(await self._store.list_feeds(), which)


def judge(record: FeedRecord, clock: Clock) -> FeedHealth:
    """A stored feed's health; a paused one is neither well nor ill."""
    health = assess(record.spec, record.state, clock.now())
    if record.paused_at is None:
        return health
    since = f"{record.paused_at:%Y-%m-%d %H:%M} UTC"
    return replace(health, condition=Condition.PAUSED, reason=Sentence(told.PAUSED, at=since), since=None)


def choose(records: Sequence[FeedRecord], which: str) -> FeedRecord:
    """The feed that is meant by id, address, name or part of a name; raises CommandError."""
    wanted = which.strip().strip("<>").partition("|")[0]
    plain = wanted.removeprefix("#")
    for record in records:
        if record.spec.url == wanted or (plain.isdecimal() and str(record.id) == plain):
            return record
    folded = wanted.casefold()
    exact = [record for record in records if record.spec.name.casefold() == folded]
    found = exact or [record for record in records if folded and folded in record.spec.name.casefold()]
    if len(found) == 1:
        return found[0]
    if not found:
        raise CommandError(Sentence(told.NO_FEED, name=foreign(wanted, 60)), Sentence(told.NO_FEED_HINT))
    several = ", ".join(f"{record.spec.name} ({record.id})" for record in found[:5])
    raise CommandError(Sentence(told.SEVERAL, n=len(found), names=several), Sentence(told.SEVERAL_HINT))
