"""From what a document says to an Entry: identity, language, dates and headlines, alike for every kind of source."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from core.links import clean_link, is_front_page, link_key
from core.model import Entry
from feeds.decode import drop_impossible
from feeds.headers import http_date
from feeds.items import Trace, trace
from feeds.plain import join_blanks, strip_markup

MAX_TITLE = 1_000
MAX_SUMMARY = 20_000
MAX_TEXT = 100_000
MAX_IDENTITY = 500
HEADLINE = 300  # characters; a first line up to this length is taken for a headline

_LONGEST_TAG = 30  # characters
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_SENTENCE_END = re.compile(r"[.!?…](?=\s)")


def make_entry(
    *,
    url: str,
    link: Any = "",
    guid: Any = "",
    title: str = "",
    summary: str = "",
    text: str = "",
    lang: str = "",
    published: Any = "",
) -> Entry:
    """An entry of the document at `url`; title, summary and text are plain already, the rest is as found.

    A missing title is made from the first line of what is said. `distinguish` settles the identity later.
    """
    title = title.replace("\n", " ")
    if not title:
        title, summary, text = _with_headline(summary, text)
    address = clean_link(sound_text(link), url)
    return Entry(
        identity=shorten(sound_text(guid)),
        title=title[:MAX_TITLE],
        url=address,
        link_key=link_key(address),
        summary=summary,
        text="" if text == summary else text,
        lang=lang,
        published_at=read_date(published),
    )


def distinguish(
    entries: Sequence[Entry], home: str, others: Sequence[Trace] = (), traces: Sequence[Trace] = ()
) -> tuple[Entry, ...]:
    """Give every entry an identity and a link key, from what tells the entries of this document apart.

    A link that several guids of the document share, or that leads to the front page, identifies nothing; so does a guid
    that stands beside several links. An entry without guid and link, and the link key of an entry without link, are
    made from its content. Entries that are repeated keep the same identity. `others` are entries of the document that
    were not read again; `traces` those of the entries, if they are made already.
    """
    traces = traces or [trace(b"", entry) for entry in entries]
    everything = [*traces, *others]
    guids_of_link = _beside((one.link, one.guid_or_title) for one in everything)
    links_of_guid = _beside((one.guid, one.link_or_title) for one in everything)
    result = []
    for entry, own in zip(entries, traces, strict=True):
        key, guid = entry.link_key, entry.identity
        if key == home or is_front_page(key) or len(guids_of_link[own.link]) > 1:
            key = ""
        if len(links_of_guid[own.guid]) > 1:
            guid = ""
        content = "" if guid and key else content_key(entry)
        identity, key = guid or key or content, key or content
        same = identity == entry.identity and key == entry.link_key
        result.append(entry if same else replace(entry, identity=identity, link_key=key))
    return tuple(result)


def _beside(pairs: Iterable[tuple[bytes, bytes]]) -> dict[bytes, set[bytes]]:
    """What stands beside each value of one field in another field of the entries."""
    beside: dict[bytes, set[bytes]] = {}
    for one, other in pairs:
        beside.setdefault(one, set()).add(other)
    return beside


def content_key(entry: Entry) -> str:
    """What an entry says, as a short key; the link counts, the order and date do not."""
    said = "\n".join((entry.url, entry.title, entry.summary or entry.text))
    return "text:" + hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:40]


def shorten(guid: str) -> str:
    """A guid with its blanks joined, or a hash of one that is too long to keep."""
    guid = " ".join(guid.split())
    if len(guid) > MAX_IDENTITY:
        return "guid:" + hashlib.sha256(guid.encode("utf-8", "replace")).hexdigest()[:40]
    return guid


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def sound_text(value: Any) -> str:
    """A text without the characters that no document may hold, or ""."""
    return drop_impossible(as_text(value))


def plain_text(value: Any, limit: int, *, markup: bool = True, sound: bool = False) -> str:
    """A text without markup, at most `limit` characters; four times as many are read, to allow for the markup.

    `sound` says that it holds no character that no document may hold: looking costs as much as the rest.
    """
    text = as_text(value)[: limit * 4]
    if not sound:
        text = drop_impossible(text)
    return (strip_markup(text) if markup else join_blanks(text))[:limit]


def lang_tag(value: Any) -> str:
    """A language tag in lower case, such as "be" or "sr-latn-rs"; "" for what is none."""
    text = as_text(value).strip()
    return _lang_tag(text) if len(text) <= _LONGEST_TAG else ""


@lru_cache(maxsize=256)
def _lang_tag(text: str) -> str:
    tag = text.replace("_", "-").lower()
    return tag if re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{1,8}){0,3}", tag) else ""


def read_date(value: Any) -> datetime | None:
    """An ISO 8601 or RFC 5322 date as aware UTC (without a zone it is taken for UTC); None for nonsense."""
    text = as_text(value).strip()[:80]
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        found = http_date(text) if text else None
        return believable(found) if found else None
    return believable(moment)


def believable(moment: datetime) -> datetime | None:
    """The moment, unless no news can be from then."""
    return moment if _EARLIEST <= moment < _LATEST else None


def split_headline(text: str) -> tuple[str, str]:
    """The first line as a headline, and what follows; of a long first line its first sentence or words, and all."""
    first, _, rest = text.partition("\n")
    if len(first) <= HEADLINE:
        return first, rest
    end = _SENTENCE_END.search(first, 20, HEADLINE)
    if end:
        return first[: end.end()], text
    return first[: max(first.rfind(" ", 0, HEADLINE), HEADLINE // 2)].rstrip() + "…", text


def _with_headline(short: str, full: str) -> tuple[str, str, str]:
    """Headline, summary and text of an entry that came without a title."""
    headline, rest = split_headline(short or full)
    return (headline, rest, full) if short else (headline, "", rest)
