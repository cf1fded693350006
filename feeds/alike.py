"""The quickest road: the items of most documents are made alike. Of each make feeds.quick reads one, with everything
around the items; the others are read by what was seen there, all titles at once, all links at once and so on.

It says None to anything else: comments within items, tags written in an unusual way, items of too many makes, a text
that feeds.quick would not read. What both have read must be the same; tests/unit/test_alike.py compares them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import NamedTuple
from xml.etree.ElementTree import Element

from core.links import clean_link, link_key
from core.model import Entry
from feeds.decode import BARE
from feeds.entries import MAX_SUMMARY, MAX_TEXT, MAX_TITLE, lang_tag, plain_text, shorten
from feeds.fields import moment_of, read_entry
from feeds.plain import join_all, strip_all
from feeds.quick import CONTENTS, DATES, OF_RSS, TEXT_TYPES, Document, Reader, encoded_twice, has_c1, is_page, read_tree

LEAST = 6  # items; with fewer nothing is gained
_SHARE = 4  # items of one make, at least, on average
_EMPTY = -1  # the place of an element that is there and cannot hold a text
_BETWEEN = "\x00"  # where a CDATA section was, and between texts put together: no sound text holds it
_TAG = re.compile("<([^<>]*)>")
_OPEN = re.compile(
    r"([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)((?: +[A-Za-z][A-Za-z_-]*=\"[^\"<>\x00-\x1f]*\")*) *(/?)", re.ASCII
)
_CLOSE = re.compile(r"/[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?", re.ASCII)
_ATTRIBUTE = re.compile(r" ([A-Za-z_-]+)=\"")
_HREF = re.compile(r" href=\"([^\"]*)\"")
# Elements whose attributes may count; those of others are as good as none, and so are the same.
_TELLING = frozenset(("content:encoded", "dc:date", "guid", "id", *CONTENTS, *DATES))
_OTHER = " *"
_REFERENCE = re.compile(r"&(?:#(?:x([0-9a-fA-F]+)|([0-9]+))|(lt|gt|amp|quot|apos));")
_CHARACTERS = {"lt": "<", "gt": ">", "quot": '"', "apos": "'", "amp": "&"}  # the last is to be read last
_RESOLVED = re.compile("&[A-Za-z0-9_]+;")


class _Unlike(Exception):
    """This document is for feeds.quick."""


def read_alike(text: str, url: str) -> Document | None:
    """Read prepared text (see feeds.decode.defuse) of the document at `url`; its entries are Entry values already."""
    try:
        return _read(text, url)
    except _Unlike:
        return None


class _Markup(NamedTuple):
    """A document as its tags (without brackets) and the text after each; `quoted` are the texts that are one CDATA
    section, which are "" among the texts.
    """

    tags: list[str]
    texts: list[str]
    quoted: dict[int, str]

    def source(self, first: int, last: int) -> str:
        """The tags with these numbers, and their texts, as they stood in the document."""
        return "".join(
            f"<{self.tags[at]}>" + (f"<![CDATA[{self.quoted[at]}]]>" if at in self.quoted else self.texts[at])
            for at in range(first, last + 1)
        )


def _cut(text: str) -> _Markup:
    head, *sections = text.split("<![CDATA[")
    halves = [section.partition("]]>") for section in sections]
    outer = _BETWEEN.join((head, *[after for _, _, after in halves]))
    parts = _TAG.split(outer)
    tags, texts = parts[1::2], parts[2::2]
    if outer.count("<") != len(tags) or "]]>" in outer or BARE.search(outer):
        raise _Unlike
    quoted: dict[int, str] = {}
    if halves:
        for at in [at for at, text in enumerate(texts) if _BETWEEN in text]:
            if texts[at].strip() != _BETWEEN or len(quoted) == len(halves):
                raise _Unlike
            quoted[at], texts[at] = halves[len(quoted)][0], ""
    if len(quoted) != len(halves) or not all([closing for _, closing, _ in halves]):
        raise _Unlike
    return _Markup(tags, texts, quoted)


@dataclass(slots=True)
class _Make:
    """How some items are made: where, counted from their tags, the texts stand that count; None for no such element."""

    title: int | None = None
    titled: str = ""  # the type of the text, such as "text/html"; of RSS it depends on each
    summary: int | None = None
    summed: str = ""
    content: int | None = None
    contained: str = ""
    guid: int | None = None
    guid_links: bool = False
    link: int | None = None
    href: int | None = None
    hrefs: list[int] = field(default_factory=list)  # none of which may be empty, and no text may follow
    dates: dict[str, int] = field(default_factory=dict)


def _read(text: str, url: str) -> Document:
    name = "item" if "<item>" in text else "entry"
    if text.count(f"</{name}>") < LEAST:
        raise _Unlike
    body = text.encode("utf-8", "replace")
    if b"\r" in body:
        text = text.replace("\r\n", "\n").replace("\r", "\n")  # https://www.w3.org/TR/xml/#sec-line-ends
    if b"\x00" in body or has_c1(text, body):
        raise _Unlike
    markup = _cut(text)
    spans = _spans(markup.tags, name)
    makes = _makes(markup.tags, spans)
    models = [markup.source(*spans[numbers[0]]) for numbers in makes.values()]
    read = read_tree(_with_items(text, name, models), url)
    if read is None or not len(read.items) == len(read.document.entries) == len(makes):
        raise _Unlike
    lang = lang_tag(read.document.feed.get("language"))
    entries: dict[int, Entry] = {}
    for (shape, numbers), item, model in zip(makes.items(), read.items, read.document.entries, strict=True):
        make = _make(shape, item, read.reader)
        some = _Columns(markup, [spans[number][0] + 1 for number in numbers], read.reader).entries(make, url, lang)
        if some[0] != read_entry(model, url, lang, True):
            raise _Unlike
        entries |= zip(numbers, some, strict=True)
    read.document.entries = [entries[number] for number in range(len(spans))]
    return read.document


def _spans(tags: Sequence[str], name: str) -> list[tuple[int, int]]:
    """First and last tag of the items, each of which follows upon the one before."""
    spans = []
    start = tags.index(name) if name in tags else len(tags)
    while start < len(tags) and tags[start] == name:
        try:
            end = tags.index(f"/{name}", start)
        except ValueError:
            raise _Unlike from None
        spans.append((start, end))
        start = end + 1
    if len(spans) < LEAST or not tags.count(name) == tags.count(f"/{name}") == len(spans):
        raise _Unlike
    return spans


def _makes(tags: Sequence[str], spans: Sequence[tuple[int, int]]) -> dict[tuple[str, ...], list[int]]:
    """The forms of the tags within an item -> the numbers of the items that have these."""
    first, last = spans[0][0], spans[-1][1]
    inside = tags[first:last]
    known = {tag: _form(tag) for tag in {*inside}}
    forms = list(map(known.__getitem__, inside))
    makes: dict[tuple[str, ...], list[int]] = {}
    for number, (start, end) in enumerate(spans):
        makes.setdefault(tuple(forms[start + 1 - first : end - first]), []).append(number)
    if len(makes) * _SHARE > len(spans):
        raise _Unlike
    return makes


def _with_items(text: str, name: str, items: Sequence[str]) -> str:
    """The document with other items."""
    closing = f"</{name}>"
    head, tail = text[: text.index(f"<{name}>")], text[text.rindex(closing) + len(closing) :]
    for part in (head, tail):
        if part.count("<![CDATA[") != part.count("]]>"):  # what was found stands in a section
            raise _Unlike
    return "".join((head, *items, tail))


def _form(tag: str) -> str:
    """What of a tag makes items different from one another; raises _Unlike for one not written in the usual way."""
    if tag.startswith("/"):
        if not _CLOSE.fullmatch(tag):
            raise _Unlike
        return tag
    match = _OPEN.fullmatch(tag)
    if match is None:
        raise _Unlike
    name, attributes, empty = match.groups()
    if attributes:
        names = _ATTRIBUTE.findall(attributes)
        if len({*names}) != len(names) or any(one.startswith("xmlns") for one in names):
            raise _Unlike
        if name == "link":
            attributes = _HREF.sub(' href=""', attributes)
        elif name not in _TELLING:
            attributes = _OTHER
    return f"{name}{attributes}{empty}"


def _children(shape: Sequence[str]) -> Iterator[int]:
    """Where the elements begin that stand in no other of an item."""
    depth = 0
    for at, form in enumerate(shape):
        if form.startswith("/"):
            depth -= 1
            continue
        if not depth:
            yield at
        depth += not form.endswith("/")


def _make(shape: Sequence[str], item: Element, reader: Reader) -> _Make:
    """What feeds.quick takes of an item, which it has read."""
    make = _Make()
    for at, child in zip(_children(shape), item, strict=True):
        name = reader.names[child.tag]
        place = _EMPTY if shape[at].endswith("/") else at
        if name in CONTENTS:
            kind = "text/html" if name in OF_RSS else TEXT_TYPES[child.get("type", "").lower()]
            if name == "title":
                make.title, make.titled = place, kind
            elif CONTENTS[name] == "summary":
                make.summary, make.summed = place, kind
            else:
                make.content, make.contained = place, kind
        elif name in DATES:
            make.dates[DATES[name]] = place
        elif name in ("guid", "id"):
            make.guid, make.guid_links = place, child.get("isPermaLink", "true") == "true"
        elif name == "link" and child.keys():
            make.hrefs.append(at)
            make.href = at if is_page(child) else make.href
        elif name == "link":
            make.link = place
        else:
            continue
        if _OTHER in shape[at]:  # a known element by a prefix of its own
            raise _Unlike
    return make


class _Columns:
    """Some items of a document, of one make; their contents begin with the tags numbered `starts`."""

    def __init__(self, markup: _Markup, starts: Sequence[int], reader: Reader) -> None:
        self._markup, self._starts, self._reader = markup, starts, reader

    def entries(self, make: _Make, url: str, lang: str) -> list[Entry]:
        guids = self._texts(make.guid)
        if make.guid_links:
            guids = [self._reader.join(guid) if guid else guid for guid in guids]
        links = self._links(make, guids)
        urls = [clean_link(link, url) for link in links]
        contents = self._texts(make.content)
        if make.summary is None and make.content is not None:
            summaries = _plain(contents, MAX_SUMMARY, "text/html")
        else:
            summaries = _plain(self._texts(make.summary), MAX_SUMMARY, make.summed)
        dates = [
            map(moment_of, self._texts(make.dates[key]))
            for key in ("published", "updated", "created")
            if key in make.dates
        ]
        columns = (
            map(shorten, guids),
            self._titles(make),
            urls,
            map(link_key, urls),
            summaries,
            _plain(contents, MAX_TEXT, make.contained),
            repeat(lang, len(self._starts)),
            [next(filter(None, found), None) for found in zip(*dates, strict=True)] if dates else repeat(None),
        )
        return list(map(Entry, *columns))

    def _titles(self, make: _Make) -> list[str]:
        titles = self._texts(make.title)
        if not self._reader.is_atom and any("&" in title or "<" in title for title in titles):
            html = self._reader.looks_like_html
            plain = [plain_text(title, MAX_TITLE, markup=html(title), sound=True) for title in titles]
        else:
            plain = _plain(titles, MAX_TITLE, make.titled)
        return [title.replace("\n", " ") for title in plain]

    def _links(self, make: _Make, guids: list[str]) -> list[str]:
        found: list[str] = []
        for at in make.hrefs:
            after = [start + at for start in self._starts]
            if any(self._markup.texts[place].strip() or place in self._markup.quoted for place in after):
                raise _Unlike
            hrefs = self._hrefs(at)
            if not all(hrefs):
                raise _Unlike
            if at == make.href:
                found = hrefs
        if make.href is not None:
            return list(map(self._reader.join, found))
        if make.link is None:
            return guids if make.guid_links else [""] * len(guids)
        links = [self._reader.join(link) if link else link for link in self._texts(make.link)]
        if any("&" in link for link in links):
            links = [link.replace("&amp;", "&") for link in links]
            if any(map(_RESOLVED.search, links)):
                raise _Unlike
        return links

    def _hrefs(self, at: int) -> list[str]:
        found = [_HREF.search(self._markup.tags[start + at]) for start in self._starts]
        return _resolve([match[1] if match else "" for match in found])

    def _texts(self, at: int | None) -> list[str]:
        """What the elements say that begin with the tag `at` of their items, each in one piece."""
        if at is None or at == _EMPTY:
            return [""] * len(self._starts)
        places = [start + at for start in self._starts]
        texts = _resolve(list(map(self._markup.texts.__getitem__, places)))
        quoted = self._markup.quoted
        if not quoted.keys().isdisjoint(places):
            texts = list(map(quoted.get, places, texts))
        texts = list(map(str.strip, texts))
        if any(map(encoded_twice, texts)):
            raise _Unlike
        return texts


def _plain(texts: Sequence[str], limit: int, kind: str) -> list[str]:
    """As plain_text of each."""
    some = [text[: limit * 4] for text in texts]
    plain = strip_all(some) if kind == "text/html" else join_all(some)
    return [text[:limit] for text in plain]


def _resolve(texts: list[str]) -> list[str]:
    """Texts with the characters that are referred to: https://www.w3.org/TR/xml/#sec-references"""
    together = _BETWEEN.join(texts)
    if "&" not in together:
        return texts
    if "&#" in together:
        together = _REFERENCE.sub(_character, together)
    else:
        for name, character in _CHARACTERS.items():
            together = together.replace(f"&{name};", character)
    return together.split(_BETWEEN)


def _character(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    return _CHARACTERS[name] if name else chr(int(hexadecimal, 16) if hexadecimal else int(decimal))
