"""What chats watch beyond the topics: people and rules of their own. Values, and what the rooms ask of one another.

A spec says what to look for and knows no chat: a thousand chats that watch the same person share one spec, and its
`key` names it. Only storage knows who watches what.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from core.model import Analysis, Entry, FeedSpec, Target

PERSON, RULE = "person", "rule"
MOST_WATCHES = 2_000  # of one chat


@dataclass(frozen=True, slots=True)
class WatchSpec:
    """`kind` is "person" or "rule"; `label` is what people read; `body` is JSON-able and read by matching.watching."""

    kind: str
    label: str
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Equal for specs that look for the same, whatever they are called; 32 characters."""
        text = json.dumps([self.kind, self.body], ensure_ascii=False, sort_keys=True)
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class WatchItem:
    """One line of a chat's watchlist; `id` is what `unwatch` takes."""

    id: int
    spec: WatchSpec
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WatchHit:
    """A spec that an entry matches."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as it is kept, for looking back: `topics`, `alerted` and `story_id` tell of the story that took it."""

    id: int
    seen_at: datetime
    feed: FeedSpec
    entry: Entry
    analysis: Analysis
    outcome: str
    topics: tuple[str, ...] = ()
    alerted: bool = False
    story_id: int | None = None


class Watcher(Protocol):
    """Asked by every poll which specs an entry matches."""

    async def refresh(self) -> bool:
        """Learn of watchlists changed since; whether anything is watched at all."""
        ...

    def find(self, feed: FeedSpec, entry: Entry, analysis: Analysis) -> tuple[WatchHit, ...]:
        """Pure, and never raises on any text."""
        ...


class WatchSpecs(Protocol):
    """What a Watcher learns from: all specs that anybody watches, and a mark that changes whenever they do."""

    async def get_watch_version(self) -> str: ...
    async def get_watch_specs(self) -> tuple[WatchSpec, ...]: ...


class WatchStore(Protocol):
    """The watchlists of chats."""

    async def watches(self, target: Target) -> tuple[WatchItem, ...]:
        """What a chat watches, oldest first."""
        ...

    async def watch(self, target: Target, specs: Sequence[WatchSpec], now: datetime) -> int:
        """Add to a chat's watchlist, making its subscription if there is none; how many were new to it."""
        ...

    async def unwatch(self, target: Target, ids: Sequence[int]) -> int:
        """Take lines off a chat's watchlist; how many there were."""
        ...

    async def find_watched(self, target: Target, story_id: int) -> str | None:
        """For which of its watches a chat was told of a story ("" for its topics); None when it was not."""
        ...

    def entries_since(self, since: datetime, limit: int) -> AsyncIterator[StoredEntry]:
        """Stored entries seen since, newest first, `limit` at most; those that came quietly are left out."""
        ...
