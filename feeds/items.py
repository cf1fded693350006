"""Parse only what is new: a document is split into its items, and the parser gets those whose hash was not seen.

feedparser costs about sixty times what finding the items costs. Whatever cannot be split beyond doubt is parsed whole.
What is remembered of a document is 40 bytes an item, a Trace each, one after the other.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import NamedTuple, Protocol, runtime_checkable

from core.model import Entry
from core.ports import ParsedFeed
from feeds.headers import http_date

HASH = 8
TRACE = 5 * HASH
_PACKED = struct.Struct(f"{HASH}s" * 5)
NO_LIMIT = 1_000_000
MAX_ITEMS = 1000  # of longer documents nothing is remembered

_DATE = re.compile(r"<(?:pubDate|published|updated|dc:date)>([^<]{4,60})<")
_MARK = re.compile(r"<(?:(!\[CDATA\[|!--)|(/?)(item|entry)(?=[\s>/])([^<>]*)>)")


@dataclass(frozen=True, slots=True)
class Split:
    """A document as `between[0] + items[0] + between[1] + ... + between[-1]`."""

    between: tuple[str, ...]
    items: tuple[str, ...]

    def keep(self, chosen: Iterable[int]) -> str:
        """The document with only the chosen items in it."""
        wanted = frozenset(chosen)
        parts = [self.between[0]]
        for number, item in enumerate(self.items):
            if number in wanted:
                parts.append(item)
            parts.append(self.between[number + 1])
        return "".join(parts)


class Trace(NamedTuple):
    """What `distinguish` must know of an entry that is not parsed again: hashes of what stands in its document."""

    item: bytes
    guid: bytes
    link: bytes
    guid_or_title: bytes
    link_or_title: bytes


@dataclass(frozen=True, slots=True)
class Unseen:
    """What was read of a document: `feed` has the entries not seen before, `total` counts all of them.

    `seen` is what to give with the document's next version, so that nothing is read twice; empty: all must be.
    `dropped` entries were too many and not read at all.
    """

    feed: ParsedFeed
    total: int
    seen: bytes = b""
    dropped: int = 0


@runtime_checkable
class ItemwiseSource(Protocol):
    """A source that can leave out what was seen before, and what is over a limit; raises ParseError only."""

    def parse_unseen(
        self, body: bytes, *, url: str, content_type: str = "", seen: bytes = b"", limit: int = ...
    ) -> Unseen: ...


def split_items(text: str) -> Split | None:
    """Find the items of an RSS or Atom document; None when there is none or anything about them is unusual."""
    between: list[str] = []
    items: list[str] = []
    name, start, position, end = "", -1, 0, 0
    while match := _MARK.search(text, position):
        position = match.end()
        special, closing, found, attributes = match.groups()
        if special:
            position = text.find("]]>" if special[1] == "[" else "-->", position)
            if position < 0:
                return None
        elif found != (name or found) or attributes.endswith("/") or bool(closing) != (start >= 0):
            return None  # two kinds, an empty one, or one inside another
        elif closing:
            items.append(text[start:position])
            end, start = position, -1
        else:
            name, start = found, match.start()
            between.append(text[end:start])
    if start >= 0 or not items:
        return None
    return Split((*between, text[end:]), tuple(items))


def newest_items(items: Sequence[str], limit: int) -> range:
    """The numbers of at most `limit` items: the first, newest by custom, unless the dates run the other way."""
    first, last = (_date_of(item) for item in (items[0], items[-1]))
    if first and last and first < last:
        return range(max(0, len(items) - limit), len(items))
    return range(min(limit, len(items)))


def _date_of(item: str) -> datetime | None:
    found = _DATE.search(item)
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(found[1].strip())
    except ValueError:
        return http_date(found[1])
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def hash_text(text: str) -> bytes:
    return _digest(text.encode("utf-8", "surrogatepass"))


def _digest(octets: bytes) -> bytes:
    return hashlib.blake2b(octets, digest_size=HASH).digest()


def hash_items(octets: bytes, name: str, count: int) -> list[bytes] | None:
    """The hashes of the items, as split_items finds them, of a document in UTF-8 that is known to have this many of
    this name, one after the other with no other tag between them; None when that is not how it looks."""
    opening, closing = f"<{name}>".encode(), f"</{name}>".encode()
    parts = octets.split(opening)[1:]
    ends = [part.rfind(closing) for part in parts]
    if len(parts) != count or -1 in ends:
        return None
    ends = [end + len(closing) for end in ends]
    return [_digest(opening + part[:end]) for part, end in zip(parts, ends, strict=True)]


def trace(item: bytes, entry: Entry) -> Trace:
    """The trace of an entry as parsed, before `distinguish`."""
    guid, link = hash_text(entry.identity), hash_text(entry.link_key)
    title = hash_text(entry.title) if not (entry.identity and entry.link_key) else b""
    return Trace(item, guid, link, guid if entry.identity else title, link if entry.link_key else title)


def pack_traces(traces: Sequence[Trace]) -> bytes:
    """Traces as bytes to remember; nothing when there are too many."""
    return b"".join(chain.from_iterable(traces)) if len(traces) <= MAX_ITEMS else b""


def unpack_traces(packed: bytes) -> dict[bytes, Trace]:
    """Item hash -> trace; raises ValueError for what `pack_traces` did not write."""
    if len(packed) % TRACE:
        raise ValueError(f"{len(packed)} bytes are no traces")
    return {row[0]: Trace._make(row) for row in _PACKED.iter_unpack(packed)}
