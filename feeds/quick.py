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
from functools import cache, partial
from typing import Any, NamedTuple, TypeVar
from xml.etree.ElementTree import Element, ParseError, fromstring

from core.links import is_plain
from core.model import Entry
from feeds.dates import read_moment

_T = TypeVar("_T")

ATOM = "http://www.w3.org/2005/Atom"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_DECLARED = re.compile(r"xmlns(?::([^\s=]+))?\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_C1 = re.compile("[\x80-\x9f]")

# Names in feedparser's words (prefix of its choice, lower case) that it gives a meaning which no entry of ours shows.
_UNUSED = frozenset((
    "category", "author", "managingeditor", "webmaster", "contributor", "rights", "copyright", "generator",
    "cloud", "enclosure", "comments", "source", "dc_creator", "dc_author", "dc_publisher", "dc_subject",
    "dc_rights", "media_content", "media_thumbnail", "media_credit", "media_keywords", "media_rating",
    "itunes_author", "itunes_block", "itunes_category", "itunes_explicit", "itunes_image", "itunes_keywords",
    "itunes_owner", "itunes_name", "itunes_email", "itunes_duration", "subtitle", "tagline", "icon", "logo",
    "docs",
))  # fmt: skip
_PERSON = frozenset({"name", "uri", "url", "homepage", "email"})
_IMAGE = frozenset({"title", "url", "link", "width", "height", "description"})
TEXT_TYPES = {"": "text/plain", "text": "text/plain", "text/plain": "text/plain", "html": "text/html",
               "text/html": "text/html"}  # fmt: skip
CONTENTS = {"title": "title", "summary": "summary", "description": "summary", "content": "content",
             "content_encoded": "content"}  # fmt: skip
OF_RSS = frozenset({"description", "content_encoded"})
_PAGES = frozenset({"text/html", "html", "application/xhtml+xml", "xhtml"})
_LINK_ATTRIBUTES = frozenset({"href", "rel", "type", "title", "hreflang", "length"})
DATES = {"pubdate": "published", "published": "published", "updated": "updated", "modified": "updated",
          "dc_date": "updated", "dcterms_modified": "updated", "created": "created", "dcterms_created": "created",
          "issued": "published", "dcterms_issued": "published"}  # fmt: skip


@dataclass(slots=True)
class Document:
    """As feedparser's result, with the fields that are read of it."""

    feed: dict[str, Any] = field(default_factory=dict)
    entries: list[dict[str, Any] | Entry] = field(default_factory=list)  # Entry: read already, by feeds.alike
    version: str = ""
    bozo: bool = False


class _Doubt(Exception):
    """feedparser has to read this document."""


class Tree(NamedTuple):
    """A document with the elements that its entries were read from, and what read them."""

    document: Document
    items: list[Element]
    reader: Reader


def read_quickly(text: str, url: str) -> Document | None:
    """Read prepared text (see feeds.decode.defuse) of the document at `url`; None when feedparser has to."""
    read = read_tree(text, url)
    return read.document if read else None


def read_tree(text: str, url: str) -> Tree | None:
    """`read_quickly`, and its tree."""
    body = text.encode("utf-8", "replace")
    if has_c1(text, body):
        return None
    try:
        reader = Reader(url, _namespaces(text))
        root = fromstring(body)  # noqa: S314 - without DTD there is nothing to expand
        if root.tag == "rss":
            return Tree(reader.rss(root), root[0].findall("item"), reader)
        if root.tag == f"{{{ATOM}}}feed":
            return Tree(reader.atom(root), root.findall(f"{{{ATOM}}}entry"), reader)
    except (_Doubt, ParseError, RecursionError):
        pass
    return None


def has_c1(text: str, body: bytes) -> bool:
    """Whether a text, in UTF-8 `body`, holds a control character of C1."""
    return b"\xc2" in body and _C1.search(text) is not None  # where all of these begin in UTF-8


def encoded_twice(text: str) -> bool:
    """Whether feedparser takes a text for UTF-8 that was encoded twice."""
    if text.isascii() or text[0] > "\xff":
        return False
    try:
        text.encode("iso-8859-1").decode("utf-8")
    except UnicodeError:
        return False
    return True


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

    class Strict(feedparser.parsers.strict._StrictFeedParser, feedparser.mixin._FeedParserMixin):  # type: ignore[misc]  # it has no types
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


def _is_alternate(link: Element) -> bool:
    return link.get("rel", "alternate").lower() == "alternate"


def is_page(link: Element) -> bool:
    """Whether a link with attributes leads to the page of its entry."""
    return _is_alternate(link) and link.get("type", "text/html").lower() in _PAGES


class _Names(dict[str, str]):
    """The name of a tag as feedparser has it; raises _Doubt."""

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        self._namespaces = namespaces

    def __missing__(self, tag: str) -> str:
        address, _, local = tag[1:].partition("}") if tag[0] == "{" else ("", "", tag)
        if address not in self._namespaces:
            raise _Doubt
        name = self[tag] = self._namespaces[address] + local.lower()
        return name


_Take = Callable[[dict[str, Any], Element], None]  # reads an element of an entry into it


class Reader:
    def __init__(self, url: str, namespaces: Mapping[str, str]) -> None:
        import feedparser.urls

        self._url = url
        self.names = _Names(namespaces)
        self._takes: dict[str, _Take] = {}  # by tag
        self._join_unusual: Callable[[str, str], str] = feedparser.urls._urljoin
        self.looks_like_html: Callable[[str], bool] = _feedparser().looks_like_html
        self.is_atom = False
        self._guid_links = False  # of the entry that is read
        self._language: str | None = None

    def join(self, link: str) -> str:
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
        self.is_atom = True
        if lang := root.attrib.get(_LANG):
            self._language = lang.replace("_", "-")
        document = self._document(root, "entry", "atom10")
        if self._language:
            document.feed["language"] = self._language
        return document

    def _document(self, parent: Element, item: str, version: str) -> Document:
        document = Document(version=version)
        head = []
        for child in parent:
            name = self.names[child.tag]
            if name == item:
                if child.keys():
                    raise _Doubt
                document.entries.append(self._entry(child))
            else:
                head.append((name, child))
        for name, child in head:
            self._head(document.feed, name, child)
        if self.is_atom and "id" in document.feed:
            document.feed.setdefault("link", document.feed["id"])
        return document

    def _entry(self, item: Element) -> dict[str, Any]:
        entry: dict[str, Any] = {}
        self._guid_links = False
        takes = self._takes
        for child in item:
            (takes.get(child.tag) or self._choose(child.tag))(entry, child)
        if self._guid_links:
            entry.setdefault("link", entry["id"])
        if "content" in entry:
            entry.setdefault("summary", entry["content"][0]["value"])
        return entry

    def _choose(self, tag: str) -> _Take:
        """What reads elements with this tag, from now on; raises _Doubt when nothing here does."""
        name = self.names[tag]
        take: _Take
        if name in CONTENTS:
            if name != "title" and self.is_atom == (name in OF_RSS):
                raise _Doubt
            take = partial(self._content, name)
        elif name in DATES:
            take = partial(self._date, DATES[name])
        elif name == "link":
            take = self._link
        elif name in ("guid", "id"):
            take = partial(self._guid, name)
        else:
            take = partial(self._pass_over, name)
        self._takes[tag] = take
        return take

    def _date(self, key: str, entry: dict[str, Any], child: Element) -> None:
        text = self._put(entry, key, self._text(child))
        entry[f"{key}_parsed"] = read_moment(text)

    def _head(self, feed: dict[str, Any], name: str, child: Element) -> None:
        """One element of the channel that is no item."""
        if name == "link":
            self._link(feed, child)
        elif name == "title":
            self._content(name, feed, child)
        elif name in ("language", "ttl", "sy_updateperiod", "sy_updatefrequency") or (self.is_atom and name == "id"):
            text = self._text(child)
            self._put(feed, name, self.join(text) if name == "id" and text else text)
        elif name == "image":
            if child.attrib or not {self.names[part.tag] for part in child} <= _IMAGE:
                raise _Doubt
            self._leaves(child)
        elif name not in DATES and name not in ("lastbuilddate", "description"):
            self._pass_over(name, feed, child)
        elif len(child) or child.attrib:
            raise _Doubt

    def _link(self, context: dict[str, Any], child: Element) -> None:
        if child.keys():
            if len(child) or (child.text or "").strip() or not child.attrib.keys() <= _LINK_ATTRIBUTES:
                raise _Doubt
            href = child.attrib.get("href")
            if not href or (not self.is_atom and _is_alternate(child)):
                raise _Doubt
            if is_page(child):
                context["link"] = self.join(href)
        elif self.is_atom or child.tag != "link":
            raise _Doubt
        else:
            text = self._text(child)
            text = self.join(text) if text else text
            self._put(context, "link", text.replace("&amp;", "&") if "&" in text else text)
            if "&" in text and re.search("&[A-Za-z0-9_]+;", context["link"]):
                raise _Doubt

    def _guid(self, name: str, entry: dict[str, Any], child: Element) -> None:
        """Take the identity, and whether it stands for a link as well."""
        permanent = child.get("isPermaLink", "true")
        if child.keys() not in ([], ["isPermaLink"] if name == "guid" else []):
            raise _Doubt
        text = self._text(child, attributes=True)
        self._guid_links = links = permanent == "true"
        self._put(entry, "id", self.join(text) if links and text else text)

    def _content(self, name: str, context: dict[str, Any], child: Element) -> None:
        kind = ""
        if child.keys():
            if not (self.is_atom and child.keys() == ["type"]):
                raise _Doubt
            kind = child.attrib["type"].lower()
        if kind not in TEXT_TYPES:
            raise _Doubt
        value = self._text(child, attributes=True)
        said = "text/html" if name in OF_RSS else TEXT_TYPES[kind]
        if not self.is_atom and said == "text/plain" and self.looks_like_html(value):
            said = "text/html"
        detail = {"type": said, "language": self._language, "value": value}
        key = CONTENTS[name]
        if key == "content":
            self._put(context, key, [detail])
        else:
            self._put(context, key, value)
            context[f"{key}_detail"] = detail

    def _put(self, context: dict[str, Any], key: str, value: _T) -> _T:
        if key in context:  # which of several counts is feedparser's to say
            raise _Doubt
        context[key] = value
        return value

    def _text(self, element: Element, *, attributes: bool = False) -> str:
        if len(element) or (not attributes and element.keys()):
            raise _Doubt
        text = (element.text or "").strip()
        if encoded_twice(text):
            raise _Doubt
        return text

    def _pass_over(self, name: str, context: dict[str, Any], element: Element) -> None:
        """Make sure that an element says nothing of what is read here."""
        if name in _UNUSED:
            if len(element):
                if name not in ("author", "contributor", "itunes_owner", "itunes_category"):
                    raise _Doubt
                if name in ("author", "contributor") and not {self.names[part.tag] for part in element} <= _PERSON:
                    raise _Doubt
                self._leaves(element)
        elif name in _handlers() or name.partition("_")[0] == "xhtml":
            raise _Doubt
        else:
            for part in element:
                self._pass_over(self.names[part.tag], context, part)

    def _leaves(self, elements: Iterable[Element]) -> None:
        if any(len(part) for part in elements):
            raise _Doubt
