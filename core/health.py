"""How feeds are, in words that people understand; and what is asked of the store for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.model import Feed, FeedSpec, FeedState


class Origin(StrEnum):
    """Where a feed comes from: only there it can be removed."""

    CONFIG = "config"
    CHAT = "chat"


class Condition(StrEnum):
    """`QUIET`: without news for longer than its own rhythm. `MOVED`: polled at a new address, and well."""

    PAUSED = "paused"
    NEW = "new"
    HEALTHY = "healthy"
    QUIET = "quiet"
    MOVED = "moved"
    FAILING = "failing"
    BLOCKED = "blocked"
    NOT_A_FEED = "not a feed"
    GONE = "gone"

    @property
    def bad(self) -> bool:
        """Whether the feed brings nothing as it is."""
        return self in (Condition.FAILING, Condition.BLOCKED, Condition.NOT_A_FEED, Condition.GONE)


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """A feed's condition with the reason in a sentence or two; `since` is when the failures began."""

    name: str
    url: str
    condition: Condition
    reason: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class FeedRecord:
    """A feed as it stands in the store; `entries` and `hits` count what it ever brought.

    `paused_at` is when it was paused by hand, None while it is polled.
    """

    id: int
    spec: FeedSpec
    state: FeedState
    polled_at: datetime | None = None
    entries: int = 0
    hits: int = 0
    origin: Origin = Origin.CONFIG
    paused_at: datetime | None = None


class FeedBook(Protocol):
    async def list_feeds(self) -> tuple[FeedRecord, ...]:
        """All feeds that are polled or paused, in the order in which they came."""
        ...

    async def find_newest_alert(self, since: datetime) -> datetime | None:
        """When the newest story worth an alert was opened; None when none was since."""
        ...

    async def step_aside(self, feeds: Sequence[Feed], now: datetime) -> None:
        """Let polls under way not count against the cap of their hosts, until a poll of theirs changes something."""
        ...

    async def hasten_feeds(self, now: datetime) -> int:
        """Let feeds that are well be polled as soon as their servers allow; the number of those that are due sooner."""
        ...
