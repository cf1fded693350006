"""From an item as feedparser has it to an Entry, before its document gives it an identity."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from core.links import clean_link, link_key
from core.model import Entry
from feeds.dates import read_moment, usual_moment
from feeds.entries import MAX_SUMMARY, MAX_TEXT, MAX_TITLE, as_text, believable, lang_tag, plain_text, shorten

_MARKUP_TYPES = frozenset({"text/html", "application/xhtml+xml"})
# Zone names that feedparser takes for UTC; hours east of Greenwich.
_ZONES = {"MSK": 3, "MSD": 4, "EET": 2, "EEST": 3, "CET": 1, "CEST": 2, "BST": 1}


def read_entry(item: Any, url: str, lang: str, sound: bool) -> Entry:
    link = clean_link(as_text(item.get("link")), url)
    contents = [read_plain(part.get("value"), part, MAX_TEXT, sound) for part in item.get("content", ())]
    detail = item.get("title_detail")
    return Entry(
        identity=shorten(as_text(item.get("id"))),
        title=read_title(item, sound),
        url=link,
        link_key=link_key(link),
        summary=read_plain(item.get("summary"), item.get("summary_detail"), MAX_SUMMARY, sound),
        text=max(contents, key=len, default=""),
        lang=(lang_tag(detail.get("language")) if detail else "") or lang,
        published_at=read_published(item),
    )


def read_title(item: Any, sound: bool) -> str:
    return read_plain(item.get("title"), item.get("title_detail"), MAX_TITLE, sound).replace("\n", " ")


def read_plain(value: Any, detail: Any, limit: int, sound: bool) -> str:
    """A text construct in plain text. `detail` says its type; `sound` as for plain_text."""
    kind = detail.get("type", "text/html") if detail else "text/html"
    return plain_text(value, limit, markup=kind in _MARKUP_TYPES, sound=sound)


def read_published(item: Any) -> datetime | None:
    for name in ("published", "updated", "created"):
        parsed = dict.get(item, f"{name}_parsed")  # feedparser's own get answers for other fields, with a warning
        if not parsed:
            continue
        try:
            year, month, day, hour, minute, second = parsed[:6]
            moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
        except (ValueError, OverflowError, TypeError):
            continue
        words = as_text(dict.get(item, name)).split()
        hours = _ZONES.get(words[-1].removeprefix("(").removesuffix(")")) if len(words) > 1 else None
        if hours:
            moment -= timedelta(hours=hours)
        if believable(moment):
            return moment
    return None


def moment_of(text: str) -> datetime | None:
    """As read_published of an item with this one date."""
    moment = usual_moment(text)
    if moment is None:
        return read_published({"published": text, "published_parsed": read_moment(text)})
    return moment if believable(moment) else None
