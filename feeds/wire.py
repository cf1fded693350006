"""What passes between the program and its parser processes: frames of JSON, and bytes. No pickles: the child reads
hostile bytes, and its answers are data, never code.

A frame is two lengths of four bytes (big-endian), a JSON header and a body.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from core.model import Entry
from core.ports import Hints, ParsedFeed

LENGTHS = struct.Struct(">II")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document read. `total` counts its entries; `feed.entries` lacks those seen before and those dropped.

    `dropped` were over the limit of entries per document. `seen` is to be given back with the next version.
    """

    feed: ParsedFeed
    total: int
    dropped: int = 0
    seen: bytes = b""


def pack(header: dict[str, Any], body: bytes = b"") -> bytes:
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return LENGTHS.pack(len(text), len(body)) + text + body


def unpack(text: bytes) -> Any:
    return json.loads(text.decode("utf-8", "replace"))


def dump_parsed(parsed: Parsed) -> dict[str, Any]:
    """A Parsed as plain JSON, without `seen`; entries as rows, because there are many."""
    feed, hints = parsed.feed, parsed.feed.hints
    return {
        "title": feed.title,
        "lang": feed.lang,
        "ttl": hints.ttl.total_seconds() if hints.ttl else None,
        "skip_hours": hints.skip_hours,
        "skip_days": hints.skip_days,
        "total": parsed.total,
        "dropped": parsed.dropped,
        "whole": feed.whole,
        "entries": [
            (e.identity, e.title, e.url, e.link_key, e.summary, e.text, e.lang, _seconds(e.published_at))
            for e in feed.entries
        ],
    }


def load_parsed(tree: dict[str, Any], seen: bytes = b"") -> Parsed:
    hints = Hints(
        ttl=timedelta(seconds=tree["ttl"]) if tree["ttl"] else None,
        skip_hours=tuple(tree["skip_hours"]),
        skip_days=tuple(tree["skip_days"]),
    )
    entries = tuple(_entry(*row) for row in tree["entries"])
    feed = ParsedFeed(tree["title"], tree["lang"], entries, hints, tree["whole"])
    return Parsed(feed, tree["total"], tree["dropped"], seen)


def _entry(
    identity: str, title: str, url: str, link_key: str, summary: str, text: str, lang: str, seconds: float | None
) -> Entry:
    return Entry(identity, title, url, link_key, summary, text, lang, _moment(seconds))


def _seconds(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
