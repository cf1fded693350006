"""RSS 0.9x, 1.0, 2.0, Atom and CDF through feedparser, which sees only what feeds.decode has made harmless.

What is plain enough takes feeds.alike or feeds.quick, which say the same.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.errors import ParseError
from core.links import clean_link, link_key
from core.model import Entry, FeedSpec, Outcome
from core.ports import FetchRequest, Hints, ParsedFeed
from core.sentence import Sentence
from feeds import fault_texts as told
from feeds.alike import read_alike
from feeds.decode import DECLARATION, check_kind, defuse, escape_bare, is_whole, no_feed, read_both
from feeds.entries import (
    as_text,
    distinguish,
    lang_tag,
)
from feeds.fields import read_entry, read_title
from feeds.items import (
    NO_LIMIT,
    Trace,
    Unseen,
    hash_items,
    hash_text,
    newest_items,
    pack_traces,
    split_items,
    trace,
    unpack_traces,
)
from feeds.quick import Document, read_quickly

ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.8"

_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_OPENING = re.compile(r"<(?:[A-Za-z][\w.-]{0,30}:)?(?:item|entry)(?=[\s/>])")
_SKIPS = re.compile(r"<(skipHours|skipDays)\s*>(.{0,3000}?)</\1\s*>", re.DOTALL)
_SKIP_ITEM = re.compile(r"<(?:hour|day)\s*>\s*([A-Za-z0-9]{1,12})\s*<", re.IGNORECASE)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class RssSource:
    """The source type "rss"."""

    kind = "rss"

    def request(self, spec: FeedSpec) -> FetchRequest:
        return FetchRequest(spec.url, {"Accept": ACCEPT})

    def parse(self, body: bytes, *, url: str, content_type: str = "") -> ParsedFeed:
        """Read a document; raises ParseError with outcome NOT_A_FEED or PARSE, whatever the bytes."""
        return self.parse_unseen(body, url=url, content_type=content_type).feed

    def parse_unseen(
        self, body: bytes, *, url: str, content_type: str = "", seen: bytes = b"", limit: int = NO_LIMIT
    ) -> Unseen:
        """Read a document without the items that `seen` (of an earlier answer) holds, when that is safe, else whole.

        Of more than `limit` items the older ones are not read.
        """
        text, octets = read_both(body, content_type)
        check_kind(text)
        try:
            return _read_unseen(text, octets, url, unpack_traces(seen), limit)
        except (MemoryError, ParseError):
            raise
        except Exception as error:  # feedparser raises anything on hostile input
            raise ParseError(Outcome.PARSE, Sentence(told.UNREADABLE, error=type(error).__name__)) from error


SOURCE = RssSource()


def read_xml(text: str, url: str, *, alike: bool = True) -> Any:
    """Read prepared text by the quick road if it is plain enough, else by feedparser: the result is the same.

    Only a text that the quick road refuses may have an "&" too many, of which feedparser makes names ("AT&T;").
    `alike`: False when its items are known not to be.
    """
    document = _read_plain(text, url) if alike else read_quickly(text, url)
    if document is None and (mended := escape_bare(text)) != text:
        text, document = mended, _read_plain(mended, url)
    return document or parse_xml(text, url)


def _read_plain(text: str, url: str) -> Document | None:
    return read_alike(text, url) or read_quickly(text, url)


def parse_xml(text: str, url: str) -> Any:
    """feedparser on prepared text. BytesIO only: it would open files and addresses given as text."""
    import feedparser  # only the parser process pays for it

    return feedparser.parse(
        io.BytesIO(text.encode("utf-8", "replace")),
        response_headers={"content-location": url, "content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _read_unseen(text: str, octets: bytes, url: str, seen: Mapping[bytes, Trace], limit: int) -> Unseen:
    if not seen and (first := _read_alike(text, octets, url, limit)):
        return first
    split = split_items(text)
    if split and len(split.items) > limit:
        chosen = newest_items(split.items, limit)
        document = read_xml(defuse(split.keep(chosen)), url)
        read = _read(document, text, url, {}, {})
        return replace(read, total=len(split.items), dropped=len(split.items) - len(chosen))
    if split is None and len(starts := [match.start() for match in _OPENING.finditer(text)]) > limit:
        read = _read(read_xml(defuse(text[: starts[limit]]), url), text, url, {}, {})
        return replace(read, total=len(starts), dropped=len(starts) - limit)
    keys = [hash_text(item) for item in split.items] if split else []
    if split and not seen.keys().isdisjoint(keys):
        unseen = [number for number, key in enumerate(keys) if key not in seen]
        document = read_xml(defuse(split.keep(unseen)), url)
        if not document.bozo and len(document.entries) == len(unseen):
            known = {number: seen[key] for number, key in enumerate(keys) if key in seen}
            return _read(
                document, text, url, dict(zip(unseen, (keys[number] for number in unseen), strict=True)), known
            )
    document = read_xml(defuse(text), url, alike=bool(seen))
    if not document.entries and not document.version and not is_whole(text):
        raise no_feed(Sentence(told.NOT_AS_ONE))
    sure = not document.bozo and len(document.entries) == len(keys)
    return _read(document, text, url, dict(enumerate(keys)) if sure else {}, {})


def _read_alike(text: str, octets: bytes, url: str, limit: int) -> Unseen | None:
    """What is read of a document, in UTF-8 `octets`, of which nothing was seen before, if its items are made alike."""
    try:
        harmless = defuse(text)
    except ParseError:
        return None
    untouched = text.endswith(harmless[len(DECLARATION) :])
    document = read_alike(harmless, url, octets if untouched else harmless.encode())
    if document is None or len(document.entries) > limit:
        return None
    keys = hash_items(octets, "item" if document.version == "rss20" else "entry", len(document.entries))
    return _read(document, text, url, dict(enumerate(keys)), {}) if keys else None


def _read(document: Any, text: str, url: str, keys: Mapping[int, bytes], known: Mapping[int, Trace]) -> Unseen:
    """Entries of a parsed document. `keys` are the hashes of the items parsed, by their number; `known` the others."""
    channel = document.feed
    lang = lang_tag(channel.get("language"))
    home = link_key(clean_link(as_text(channel.get("link")), url))
    sound = isinstance(document, Document)
    raw = [item if isinstance(item, Entry) else read_entry(item, url, lang, sound) for item in document.entries]
    own = [trace(key, entry) for key, entry in zip(keys.values() or [b""] * len(raw), raw, strict=True)]
    entries = distinguish(raw, home, tuple(known.values()), own)
    feed = ParsedFeed(read_title(channel, sound), lang, entries, _hints(channel, text), is_whole(text))
    traces = dict(known) | dict(zip(keys, own, strict=False))
    return Unseen(feed, len(raw) + len(known), pack_traces([traces[number] for number in sorted(traces)]))


def _hints(channel: Any, text: str) -> Hints:
    head = text[:30_000]
    skips = {name: _SKIP_ITEM.findall(body) for name, body in _SKIPS.findall(head)} if "<skip" in head else {}
    hours = {int(hour) % 24 for hour in skips.get("skipHours", ()) if hour.isdigit() and int(hour) <= 24}
    days = {day.lower() for day in skips.get("skipDays", ()) if day.lower() in _DAYS}
    return Hints(_ttl(channel), tuple(sorted(hours)), tuple(sorted(days, key=_DAYS.index)))


def _ttl(channel: Any) -> timedelta | None:
    """The longer of <ttl> (minutes) and sy:updatePeriod / sy:updateFrequency; None for nothing and for nonsense.

    https://www.rssboard.org/rss-specification#ltttlgtSubelementOfLtchannelgt https://web.resource.org/rss/1.0/modules/syndication/
    """
    found = []
    ttl = as_text(channel.get("ttl")).strip()
    if re.fullmatch(r"\d{1,6}", ttl) and int(ttl):
        found.append(timedelta(minutes=int(ttl)))
    period = _PERIODS.get(as_text(channel.get("sy_updateperiod")).strip().lower())
    if period:
        frequency = as_text(channel.get("sy_updatefrequency")).strip()
        found.append(period / (int(frequency) if re.fullmatch(r"[1-9]\d{0,3}", frequency) else 1))
    return max(found, default=None)
