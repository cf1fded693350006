"""Stories for feed readers: RSS 2.0, Atom and JSON Feed 1.1. Values in, bytes out.

https://www.rssboard.org/rss-specification, https://www.rfc-editor.org/rfc/rfc4287,
https://www.jsonfeed.org/version/1.1/. An item keeps its identity while its story grows; Atom's `updated` and JSON
Feed's `date_modified` say when it did.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree import ElementTree

from core.message import foreign
from core.model import Story
from core.reports import lead, one_per_source
from web.html import Html, join, outward, tag
from web.pages import NO_HEADLINE, facts_list

ATOM = "http://www.w3.org/2005/Atom"
MOST_SOURCES = 20
# XML 1.0 has no place for these, not even escaped (https://www.w3.org/TR/xml/#charsets).
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

ElementTree.register_namespace("atom", ATOM)


@dataclass(frozen=True, slots=True)
class Channel:
    """`base` is where readers reach us, as https://host; `path` is this document's, with its query."""

    title: str
    base: str
    path: str
    topics: Mapping[str, str]

    def story(self, story: Story) -> str:
        return f"{self.base}/stories/{story.id}"


def rss(channel: Channel, stories: Sequence[Story]) -> bytes:
    root = ElementTree.Element("rss", version="2.0")
    top = ElementTree.SubElement(root, "channel")
    _add(top, "title", channel.title)
    _add(top, "link", channel.base + "/")
    _add(top, "description", "Reported releases of political prisoners in Belarus, talks and sanctions.")
    ElementTree.SubElement(
        top, f"{{{ATOM}}}link", rel="self", type="application/rss+xml", href=channel.base + channel.path
    )
    _add(top, "generator", "Minsk Watch")
    if stories:
        _add(top, "lastBuildDate", format_datetime(_updated(stories)))
    for story in stories:
        item = ElementTree.SubElement(top, "item")
        _add(item, "title", _title(story))
        _add(item, "link", channel.story(story))
        _add(item, "guid", _identity(story), isPermaLink="false")
        _add(item, "pubDate", format_datetime(story.opened_at.astimezone(UTC)))
        for topic in story.topics:
            _add(item, "category", channel.topics.get(topic, topic))
        _add(item, "description", _content(story))
    return _document(root)


def atom(channel: Channel, stories: Sequence[Story]) -> bytes:
    root = ElementTree.Element("feed", xmlns=ATOM)
    _add(root, "title", channel.title)
    _add(root, "id", channel.base + channel.path)
    ElementTree.SubElement(root, "link", rel="self", type="application/atom+xml", href=channel.base + channel.path)
    ElementTree.SubElement(root, "link", rel="alternate", type="text/html", href=channel.base + "/")
    _add(root, "updated", _updated(stories).isoformat(timespec="seconds"))
    _add(root, "generator", "Minsk Watch")
    for story in stories:
        entry = ElementTree.SubElement(root, "entry")
        _add(entry, "title", _title(story))
        _add(entry, "id", _identity(story))
        ElementTree.SubElement(entry, "link", rel="alternate", type="text/html", href=channel.story(story))
        _add(entry, "published", story.opened_at.isoformat(timespec="seconds"))
        _add(entry, "updated", story.updated_at.isoformat(timespec="seconds"))
        for source in one_per_source(story.members)[:MOST_SOURCES]:
            _add(ElementTree.SubElement(entry, "author"), "name", foreign(source.source, 80) or "unknown")
        for topic in story.topics:
            ElementTree.SubElement(entry, "category", term=topic, label=channel.topics.get(topic, topic))
        _add(entry, "content", _content(story), type="html")
    return _document(root)


def json_feed(channel: Channel, stories: Sequence[Story]) -> bytes:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "home_page_url": channel.base + "/",
        "feed_url": channel.base + channel.path,
        "items": [
            {
                "id": _identity(story),
                "url": channel.story(story),
                "title": _title(story),
                "content_html": _content(story),
                "date_published": story.opened_at.isoformat(timespec="seconds"),
                "date_modified": story.updated_at.isoformat(timespec="seconds"),
                "tags": list(story.topics),
                "authors": [
                    {"name": foreign(source.source, 80) or "unknown"}
                    for source in one_per_source(story.members)[:MOST_SOURCES]
                ],
                **({"language": lead(story).lang} if lead(story).lang else {}),
            }
            for story in stories
        ],
    }
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")


FORMATS: Mapping[str, tuple[str, Callable[[Channel, Sequence[Story]], bytes]]] = {
    "rss": ("application/rss+xml; charset=utf-8", rss),
    "atom": ("application/atom+xml; charset=utf-8", atom),
    "json": ("application/feed+json; charset=utf-8", json_feed),
}


def _title(story: Story) -> str:
    return foreign(lead(story).title) or NO_HEADLINE


def _identity(story: Story) -> str:
    """A tag (https://www.rfc-editor.org/rfc/rfc4151); without the story's day, which a report found late may change."""
    return f"tag:minsk-watch,2025:story/{story.id}"


def _updated(stories: Sequence[Story]) -> datetime:
    newest = max((story.updated_at for story in stories), default=datetime(2025, 1, 1, tzinfo=UTC))
    return newest.astimezone(UTC)


def _content(story: Story) -> Html:
    """Facts and reports as HTML."""
    sources = one_per_source(story.members)[:MOST_SOURCES]
    items = [
        tag("li", outward(one.url, foreign(one.title) or NO_HEADLINE), " (", foreign(one.source, 80), ")")
        for one in sources
    ]
    return join([facts_list(story.facts), tag("ul", items)])


def _add(parent: ElementTree.Element, name: str, text: str, **attributes: str) -> None:
    ElementTree.SubElement(parent, name, attributes).text = _NOT_XML.sub("\ufffd", text)


def _document(root: ElementTree.Element) -> bytes:
    text: str = ElementTree.tostring(root, encoding="unicode")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + text.encode("utf-8", "replace")
