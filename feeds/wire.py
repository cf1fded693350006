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
_TEXTS = 7  # of an entry


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


def dump_parsed(parsed: Parsed) -> tuple[dict[str, Any], bytes]:
    """A Parsed as a header and a body: `seen`, then the texts of the entries, which as JSON would take ten times as
    long. NUL is between them; within one, where no sound document has it, it becomes U+FFFD.
    """
    feed, hints = parsed.feed, parsed.feed.hints
    texts = [text for e in feed.entries for text in (e.identity, e.title, e.url, e.link_key, e.summary, e.text, e.lang)]
    joined = "\x00".join(texts)
    if joined.count("\x00") >= max(len(texts), 1):
        joined = "\x00".join([text.replace("\x00", "\ufffd") for text in texts])
    header = {
        "title": feed.title,
        "lang": feed.lang,
        "ttl": hints.ttl.total_seconds() if hints.ttl else None,
        "skip_hours": hints.skip_hours,
        "skip_days": hints.skip_days,
        "total": parsed.total,
        "dropped": parsed.dropped,
        "whole": feed.whole,
        "published": [_seconds(entry.published_at) for entry in feed.entries],
        "seen": len(parsed.seen),
    }
    return header, parsed.seen + joined.encode("utf-8", "surrogatepass")


def load_parsed(header: dict[str, Any], body: bytes) -> Parsed:
    """What `dump_parsed` wrote; raises ValueError, KeyError or TypeError for anything else."""
    hints = Hints(
        ttl=timedelta(seconds=header["ttl"]) if header["ttl"] else None,
        skip_hours=tuple(header["skip_hours"]),
        skip_days=tuple(header["skip_days"]),
    )
    seen, published = body[: header["seen"]], header["published"]
    texts = body[header["seen"] :].decode("utf-8", "replace").split("\x00") if published else []
    columns = [texts[place::_TEXTS] for place in range(_TEXTS)]
    entries = tuple(map(Entry, *columns, map(_moment, published)))
    if len(texts) != _TEXTS * len(published):
        raise ValueError(f"{len(texts)} texts for {len(published)} entries")
    feed = ParsedFeed(header["title"], header["lang"], entries, hints, header["whole"])
    return Parsed(feed, header["total"], header["dropped"], seen)


def _seconds(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
