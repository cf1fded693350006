"""What a source type is: how to ask for a feed, and what is read out of the answer. Seen through core.ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from core.model import Entry, FeedSpec


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """What to GET for a feed: the address and extra headers of the source type."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hints:
    """What a feed asks of its readers inside the document; None where it says nothing."""

    ttl: timedelta | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A document read: its entries in document order (newest first by custom, not by promise).

    `whole` is False when the document seems cut off: what is there counts, but the rest must be fetched again.
    """

    title: str
    lang: str
    entries: tuple[Entry, ...]
    hints: Hints = Hints()
    whole: bool = True


class Source(Protocol):
    """A source type. Both methods are pure; `parse` runs in a worker process and raises ParseError only."""

    kind: str

    def request(self, spec: FeedSpec) -> FetchRequest: ...
    def parse(self, body: bytes, *, url: str, content_type: str = "") -> ParsedFeed: ...
