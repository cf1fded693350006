"""A quick road for well-formed RSS 2.0 and Atom: what feedparser would say of them, at a tenth of its cost.

feedparser is the parser of record. This module follows it for what nearly all feeds consist of, and says None to
anything else: a repeated or nested element, an attribute that counts, a name that feedparser gives a meaning that is
not followed here. expat, which feedparser uses too, decides what is well-formed. tests/unit/test_quick.py holds both
against each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from core.links import is_plain

ATOM = "http://www.w3.org/2005/Atom"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_DECLARED = re.compile(r"xmlns(?::([^\s=]+))?\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_C1 = re.compile("[\x80-\x9f]")

# Names in feedparser's words (prefix of its choice, lower case) that it gives a meaning which no entry of ours shows.
_UNUSED = frozenset(
    [
        "category",
        "author",
        "managingeditor",
        "webmaster",
        "contributor",
        "rights",
        "copyright",
        "generator",
        "cloud",
        "enclosure",
        "comments",
        "source",
        "dc_creator",
        "dc_author",
        "dc_publisher",
        "dc_subject",
        "dc_rights",
        "media_content",
        "media_thumbnail",
        "media_credit",
        "media_keywords",
        "media_rating",
        "itunes_author",
        "itunes_block",
        "itunes_category",
        "itunes_explicit",
        "itunes_image",
        "itunes_keywords",
        "itunes_owner",
        "itunes_name",
        "itunes_email",
        "itunes_duration",
        "subtitle",
        "tagline",
        "icon",
        "logo",
        "docs",
    ]
)
_PERSON = frozenset({"name", "uri", "url", "homepage", "email"})
_IMAGE = frozenset({"title", "url", "link", "width", "height", "description"})
_TEXT_TYPES = {"": "text/plain", "text": "text/plain", "text/plain": "text/plain", "html": "text/html",
               "text/html": "text/html"}  # fmt: skip
_LINK_ATTRIBUTES = frozenset({"href", "rel", "type", "title", "hreflang", "length"})
_DATES = {"pubdate": "published", "published": "published", "updated": "updated", "modified": "updated",
          "dc_date": "updated", "dcterms_modified": "updated", "created": "created", "dcterms_created": "created",
          "issued": "published", "dcterms_issued": "published"}  # fmt: skip


@dataclass(slots=True)
class Document:
    """As feedparser's result, with the fields that are read of it."""

    feed: dict[str, Any] = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)
    version: str = ""
    bozo: bool = False


class _Doubt(Exception):
    """feedparser has to read this document."""


def read_quickly(text: str, url: str) -> Document | None:
    """Read prepared text (see feeds.decode.defuse) of the document at `url`; None when feedparser has to."""
    body = text.encode("utf-8", "replace")
    if b"\xc2" in body and _C1.search(text):  # where all of these begin in UTF-8
        return None
    try:
        reader = _Reader(url, _namespaces(text))
        root = fromstring(body)  # noqa: S314 - without DTD there is nothing to expand
        if root.tag == "rss":
            return reader.rss(root)
        if root.tag == f"{{{ATOM}}}feed":
            return reader.atom(root)
    except (_Doubt, ParseError):
        pass
    return None


def _namespaces(text: str) -> dict[str, str]:
    """Address of each namespace -> what feedparser makes of it, "prefix_" or ""; raises _Doubt if that depends."""
    known, handled = _known_namespaces(), _handled_prefixes()
    found = {"": ""}
    for prefix, address in _declared(text):
        ours = known.get(address.lower())
        if ours is None and (not prefix or prefix.lower() in handled or "backend.userland" in address.lower()):
            raise _Doubt
        if not prefix and address != ATOM:
            raise _Doubt
        name = prefix.lower() if ours is None else ours
        name = f"{name}_" if name else ""
        if found.setdefault(address, name) != name:
            raise _Doubt
    return found


def _declared(text: str) -> Iterator[tuple[str, str]]:
    """Prefix and address of everything that looks like the declaration of a namespace."""
    place = text.find("xmlns")  # twenty times sooner than a search for the expression
    while place >= 0:
        match = _DECLARED.match(text, place) if place and text[place - 1].isspace() else None
        if match:
            yield match[1] or "", match[2] or match[3] or ""
        place = text.find("xmlns", match.end() if match else place + 1)


@cache
def _feedparser() -> Any:
    import feedparser.mixin
    import feedparser.parsers.strict

    class Strict(feedparser.parsers.strict._StrictFeedParser, feedparser.mixin._FeedParserMixin):  # type: ignore[misc]
        pass

    return Strict("", None, "utf-8")


@cache
def _known_namespaces() -> Mapping[str, str]:
    parser = _feedparser()
    return {address.lower(): prefix for address, prefix in parser.namespaces.items()} | {ATOM.lower(): ""}


@cache
def _handlers() -> frozenset[str]:
    """The names that feedparser gives a meaning, in lower case."""
    names = (name.partition("_")[2] for name in dir(_feedparser()) if name.startswith(("_start_", "_end_")))
    return frozenset(name.partition("_")[2].lower() for name in names)


@cache
def _handled_prefixes() -> frozenset[str]:
    """The prefixes that count by themselves, to whatever address they are bound."""
    return frozenset(name.partition("_")[0] for name in _handlers() if "_" in name) | {
        prefix for prefix in _known_namespaces().values() if prefix
    }


class _Reader:
    def __init__(self, url: str, namespaces: Mapping[str, str]) -> None:
        import feedparser.datetimes
        import feedparser.urls

        self._url = url
        self._namespaces = namespaces
        self._names: dict[str, str] = {}
        self._join_unusual: Callable[[str, str], str] = feedparser.urls._urljoin
        self._date: Callable[[str], Any] = feedparser.datetimes._parse_date
        self._atom = False
        self._lang: str | None = None

    def _join(self, link: str) -> str:
        return link if is_plain(link) else self._join_unusual(self._url, link)

    def rss(self, root: Element) -> Document:
        if set(root.attrib) != {"version"} or not root.attrib["version"].startswith("2."):
            raise _Doubt
        if [child.tag for child in root] != ["channel"] or root[0].attrib:
            raise _Doubt
        return self._document(root[0], "item", "rss20")

    def atom(self, root: Element) -> Document:
        if not set(root.attrib) <= {_LANG}:
            raise _Doubt
        self._atom, self._lang = True, root.attrib.get(_LANG) or None
        document = self._document(root, "entry", "atom10")
        if self._lang:
            document.feed["language"] = self._lang.replace("_", "-")
        return document

    def _document(self, parent: Element, item: str, version: str) -> Document:
        document = Document(version=version)
        head = []
        for child in parent:
            name = self._name(child.tag)
            if name == item:
                if child.attrib:
                    raise _Doubt
                document.entries.append(self._entry(child))
            else:
                head.append((name, child))
        for name, child in head:
            self._head(document.feed, name, child)
        if self._atom and "id" in document.feed:
            document.feed.setdefault("link", document.feed["id"])
        return document

    def _entry(self, item: Element) -> dict[str, Any]:
        entry: dict[str, Any] = {}
        guid_links = False
        for child in item:
            name = self._name(child.tag)
            if name in _DATES:
                key = _DATES[name]
                self._put(entry, key, self._text(child))
                entry[f"{key}_parsed"] = self._date(entry[key])
            elif name == "link":
                self._link(entry, child)
            elif name in ("guid", "id"):
                guid_links = self._guid(entry, name, child)
            elif name in ("title", "description", "summary", "content", "content_encoded"):
                self._content(entry, name, child)
            else:
                self._pass_over(name, child)
        if guid_links:
            entry.setdefault("link", entry["id"])
        if "content" in entry:
            entry.setdefault("summary", entry["content"][0]["value"])
        return entry

    def _head(self, feed: dict[str, Any], name: str, child: Element) -> None:
        """One element of the channel that is no item."""
        if name == "link":
            self._link(feed, child)
        elif name == "title":
            self._content(feed, name, child)
        elif name in ("language", "ttl", "sy_updateperiod", "sy_updatefrequency") or (self._atom and name == "id"):
            text = self._text(child)
            self._put(feed, name, self._join(text) if name == "id" and text else text)
        elif name == "image":
            if child.attrib or not {self._name(part.tag) for part in child} <= _IMAGE:
                raise _Doubt
            self._leaves(child)
        elif name not in _DATES and name not in ("lastbuilddate", "description"):
            self._pass_over(name, child)
        elif len(child) or child.attrib:
            raise _Doubt

    def _link(self, context: dict[str, Any], child: Element) -> None:
        if child.attrib:
            if len(child) or (child.text or "").strip() or not set(child.attrib) <= _LINK_ATTRIBUTES:
                raise _Doubt
            href, rel = child.attrib.get("href"), child.attrib.get("rel", "alternate").lower()
            if not href:
                raise _Doubt
            kind = child.attrib.get("type", "text/html").lower()
            if rel != "alternate":
                return
            if not self._atom:
                raise _Doubt
            if kind in ("text/html", "html", "application/xhtml+xml", "xhtml"):
                context["link"] = self._join(href)
        elif self._atom or child.tag != "link":
            raise _Doubt
        else:
            text = self._text(child)
            text = self._join(text) if text else text
            self._put(context, "link", text.replace("&amp;", "&") if "&" in text else text)
            if "&" in text and re.search("&[A-Za-z0-9_]+;", context["link"]):
                raise _Doubt

    def _guid(self, entry: dict[str, Any], name: str, child: Element) -> bool:
        """Take the identity; whether it stands for a link as well."""
        permanent = child.attrib.get("isPermaLink", "true")
        if not set(child.attrib) <= ({"isPermaLink"} if name == "guid" else set()):
            raise _Doubt
        text = self._text(child, attributes=True)
        links = permanent == "true"
        self._put(entry, "id", self._join(text) if links and text else text)
        return links

    def _content(self, context: dict[str, Any], name: str, child: Element) -> None:
        if self._atom == (name in ("description", "content_encoded")) and name not in ("title",):
            raise _Doubt
        kind = child.attrib.get("type", "").lower() if self._atom else ""
        if kind not in _TEXT_TYPES or not set(child.attrib) <= ({"type"} if self._atom else set()):
            raise _Doubt
        value = self._text(child, attributes=True)
        said = "text/html" if name in ("description", "content_encoded") else _TEXT_TYPES[kind]
        if not self._atom and said == "text/plain" and _feedparser().looks_like_html(value):
            said = "text/html"
        detail = {"type": said, "language": self._lang.replace("_", "-") if self._lang else None, "value": value}
        if name in ("content", "content_encoded"):
            self._put(context, "content", [detail])
            return
        key = "summary" if name == "description" else name
        self._put(context, key, value)
        context[f"{key}_detail"] = detail

    def _put(self, context: dict[str, Any], key: str, value: Any) -> None:
        if key in context:  # which of several counts is feedparser's to say
            raise _Doubt
        context[key] = value

    def _text(self, element: Element, *, attributes: bool = False) -> str:
        if len(element) or (element.attrib and not attributes):
            raise _Doubt
        text = (element.text or "").strip()
        if not text.isascii():
            try:  # feedparser takes this for UTF-8 that was encoded twice
                text.encode("iso-8859-1").decode("utf-8")
            except UnicodeError:
                return text
            raise _Doubt
        return text

    def _pass_over(self, name: str, element: Element) -> None:
        """Make sure that an element says nothing of what is read here."""
        if name in _UNUSED:
            if len(element):
                if name not in ("author", "contributor", "itunes_owner", "itunes_category"):
                    raise _Doubt
                if name in ("author", "contributor") and not {self._name(part.tag) for part in element} <= _PERSON:
                    raise _Doubt
                self._leaves(element)
        elif name in _handlers() or name.partition("_")[0] == "xhtml":
            raise _Doubt
        else:
            for part in element:
                self._pass_over(self._name(part.tag), part)

    def _leaves(self, elements: Iterable[Element]) -> None:
        if any(len(part) for part in elements):
            raise _Doubt

    def _name(self, tag: str) -> str:
        """The name as feedparser has it."""
        name = self._names.get(tag)
        if name is None:
            address, _, local = tag[1:].partition("}") if tag[0] == "{" else ("", "", tag)
            if address not in self._namespaces:
                raise _Doubt
            name = self._names[tag] = self._namespaces[address] + local.lower()
        return name
