"""Feeds changed while the program runs: found behind an address, added in a chat, paused, taken up again, removed.

FeedDesk is what commands use; FeedAdminStore is what it asks of the store. Feeds added in a chat live in the database
beside those of the configuration, which only the configuration adds and removes; both can be paused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.health import FeedBook, FeedHealth, Origin
from core.model import FeedSpec, Level


@dataclass(frozen=True, slots=True)
class Sample:
    """One of the newest entries of a feed that was looked at, and what the matcher says of it."""

    title: str
    url: str
    level: Level
    topics: tuple[str, ...] = ()
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that was read. `total` counts its entries, `samples` are the newest, newest first.

    `known` says that it is polled already (or paused). `kind` is the source type that reads it.
    """

    url: str
    kind: str
    title: str
    lang: str = ""
    total: int = 0
    newest_at: datetime | None = None
    samples: tuple[Sample, ...] = ()
    known: bool = False

    @property
    def matching(self) -> tuple[Sample, ...]:
        """The samples that would have made an alert or come into a digest."""
        return tuple(sample for sample in self.samples if sample.level in (Level.ALERT, Level.DIGEST))


@dataclass(frozen=True, slots=True)
class ManagedFeed:
    """A feed in a listing. `id` is short and stays: it is what people type to name it."""

    id: int
    name: str
    url: str
    kind: str
    lang: str
    origin: Origin
    health: FeedHealth
    next_poll_at: datetime
    polled_at: datetime | None = None
    entries: int = 0
    hits: int = 0


@dataclass(frozen=True, slots=True)
class FeedList:
    """A list of feeds that was read: names of those that are new here, how many are read already, bad addresses."""

    new: tuple[str, ...] = ()
    known: int = 0
    unusable: tuple[str, ...] = ()


class FeedFinder(Protocol):
    async def find(self, address: str) -> tuple[FoundFeed, ...]:
        """The feeds at or behind an address (a feed, a web page, t.me/NAME, with or without https://), best first.

        Takes half a minute at most and a few requests. Raises CommandError with a sentence fit to be shown when the
        address is none, is refused, does not answer, or when no feed is behind it.
        """
        ...


class FeedDesk(FeedFinder, Protocol):
    """`which` names a feed by its id, its address, or its name or a part of it that no other name has.

    All that change something raise CommandError when no feed, or more than one, is meant.
    """

    async def list(self) -> tuple[ManagedFeed, ...]:
        """All feeds that are polled or paused, those in trouble first."""
        ...

    async def get(self, which: str) -> ManagedFeed:
        """One feed, with nothing changed."""
        ...

    async def add(self, address: str, *, name: str = "") -> ManagedFeed:
        """Find the feed (see `find`; its first is taken) and poll it from now on; its first poll is silent.

        A feed that is polled already is a CommandError; one that is paused is taken up again.
        """
        ...

    async def remove(self, which: str) -> ManagedFeed:
        """Poll a feed added in a chat no more. One of the configuration is a CommandError that says what to do."""
        ...

    async def pause(self, which: str) -> ManagedFeed: ...

    async def resume(self, which: str) -> ManagedFeed:
        """Poll a paused feed again. After more than a day its first poll is silent, as that of a new feed."""
        ...

    async def write_list(self) -> bytes:
        """All feeds that are polled or paused as OPML, which read_list reads back whole."""
        ...

    async def read_list(self, body: bytes) -> FeedList:
        """What of an OPML list would be new. Raises CommandError for a file that is none."""
        ...

    async def add_list(self, body: bytes) -> int:
        """Poll what is new in an OPML list from now on; how many these were. Raises CommandError."""
        ...


class FeedAdminStore(FeedBook, Protocol):
    """Names feeds by their address. All but `list_feeds` are quiet about what is so already."""

    async def add_feed(self, spec: FeedSpec, now: datetime) -> bool:
        """Poll this feed from now on, origin CHAT. False when it is polled or paused already (nothing is changed).

        What was known of a feed polled before is still known; after more than a day its first poll is silent.
        """
        ...

    async def remove_feed(self, url: str) -> bool:
        """Poll a feed of origin CHAT no more; what it brought stays. False when there is none."""
        ...

    async def pause_feed(self, url: str, now: datetime) -> bool:
        """Let a feed rest until `resume_feed`, also over restarts. False when it is not polled."""
        ...

    async def resume_feed(self, url: str, now: datetime) -> bool:
        """Poll a paused feed again, now. False when it is not paused."""
        ...

    async def update_feeds(self, specs: Sequence[FeedSpec]) -> None:
        """Give feeds of origin CHAT new specifications, by address; others are left alone."""
        ...
