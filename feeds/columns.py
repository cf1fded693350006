"""Items of one make, read by columns: all titles at once, all links at once and so on (see feeds.alike)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import NamedTuple

from core.links import clean_link, link_key, plain_keys
from core.model import Entry
from feeds.entries import MAX_IDENTITY, MAX_SUMMARY, MAX_TEXT, MAX_TITLE, plain_text, shorten
from feeds.fields import moment_of
from feeds.plain import strip_all
from feeds.quick import Reader, encoded_twice

EMPTY = -1  # the place of an element that is there and cannot hold a text
BETWEEN = "\x00"  # where a CDATA section was, and between texts put together: no sound text holds it
_HREF = re.compile(r" href=\"([^\"\x00]*)\"")
_REFERENCE = re.compile(r"&(?:#(?:x([0-9a-fA-F]+)|([0-9]+))|(lt|gt|amp|quot|apos));")
_CHARACTERS = {"lt": "<", "gt": ">", "quot": '"', "apos": "'", "amp": "&"}
_RESOLVED = re.compile("&[A-Za-z0-9_]+;")


class Unlike(Exception):
    """This document is for feeds.quick."""


class Markup(NamedTuple):
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


@dataclass(slots=True)
class Make:
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

    def places(self) -> list[int]:
        """Of what is read as text."""
        places = (self.title, self.summary, self.content, self.guid, self.link, *self.dates.values())
        return [at for at in places if at is not None and at != EMPTY]


class _Construct(NamedTuple):
    """A column of text constructs, their type and how long they may be in plain text."""

    texts: Sequence[str]
    kind: str
    limit: int


class Columns:
    """Some items of a document, of one make; their contents begin with the tags numbered `starts`.

    What is known of all texts of the document: `usual`: their blanks are (see feeds.plain.usual_blanks); `simple`: none
    of their characters was encoded twice.
    """

    def __init__(self, markup: Markup, starts: Sequence[int], reader: Reader, *, usual: bool, simple: bool) -> None:
        self._markup, self._starts, self._reader = markup, starts, reader
        self._usual, self._simple = usual, simple
        self._read: dict[int | None, list[str]] = {}

    def entries(self, make: Make, url: str, lang: str) -> list[Entry]:
        self._read_texts(make.places())
        guids = self._texts(make.guid)
        if make.guid_links and not plain_keys(guids):
            guids = [self._reader.join(guid) if guid else guid for guid in guids]
        links, keys = self._addresses(make, guids, url)
        titles, summaries, texts = self._constructs(make)
        dates = [
            map(moment_of, self._texts(make.dates[key]))
            for key in ("published", "updated", "created")
            if key in make.dates
        ]
        columns = (
            _shorten(guids),
            titles,
            links,
            keys,
            summaries,
            texts,
            repeat(lang, len(self._starts)),
            [next(filter(None, found), None) for found in zip(*dates, strict=True)] if dates else repeat(None),
        )
        return list(map(Entry, *columns))

    def _read_texts(self, places: Sequence[int]) -> None:
        """Read what the elements say that begin with these tags of their items, each in one piece."""
        tags = [start + at for at in places for start in self._starts]
        texts = self._resolve(list(map(self._markup.texts.__getitem__, tags)))
        quoted = self._markup.quoted
        if quoted:
            texts = list(map(quoted.get, tags, texts))
        texts = list(map(str.strip, texts))
        if not self._simple and any(map(encoded_twice, texts)):
            raise Unlike
        count = len(self._starts)
        self._read = {at: texts[number * count : (number + 1) * count] for number, at in enumerate(places)}

    def _texts(self, at: int | None) -> list[str]:
        return self._read.get(at) or [""] * len(self._starts)

    def _constructs(self, make: Make) -> list[list[str]]:
        """Titles, summaries and texts in plain text."""
        titles, contents = self._texts(make.title), self._texts(make.content)
        marked = False
        if not self._reader.is_atom:
            together = BETWEEN.join(titles)
            marked = "&" in together or "<" in together
        if make.summary is None and make.content is not None:
            summaries = _Construct(contents, "text/html", MAX_SUMMARY)
        else:
            summaries = _Construct(self._texts(make.summary), make.summed, MAX_SUMMARY)
        read = self._plain(
            _Construct([] if marked else titles, make.titled, MAX_TITLE),
            summaries,
            _Construct(contents, make.contained, MAX_TEXT),
        )
        if marked:
            html = self._reader.looks_like_html
            read[0] = [plain_text(title, MAX_TITLE, markup=html(title), sound=True) for title in titles]
        read[0] = [title.replace("\n", " ") for title in read[0]]
        return read

    def _plain(self, *constructs: _Construct) -> list[list[str]]:
        """As plain_text of each."""
        parts: tuple[list[str], list[str]] = ([], [])  # marked and plain
        places = []
        for texts, kind, limit in constructs:
            part = parts[kind != "text/html"]
            places.append(len(part))
            part += [text[: limit * 4] for text in texts]
        read = strip_all(*parts, usual=self._usual)
        plain = []
        for (texts, kind, limit), place in zip(constructs, places, strict=True):
            start = place + len(parts[0]) * (kind != "text/html")
            plain.append([text[:limit] for text in read[start : start + len(texts)]])
        return plain

    def _addresses(self, make: Make, guids: list[str], url: str) -> tuple[list[str], list[str]]:
        """Links and their keys."""
        links = self._links(make, guids)
        keys = plain_keys(links)
        if keys is not None:  # joining and cleaning would change nothing
            return links, keys
        if make.href is not None or make.link is not None:
            links = [self._reader.join(link) if link else link for link in links]
        if make.href is None and make.link is not None and any("&" in link for link in links):
            links = [link.replace("&amp;", "&") for link in links]
            if any(map(_RESOLVED.search, links)):
                raise Unlike
        links = [clean_link(link, url) for link in links]
        return links, list(map(link_key, links))

    def _links(self, make: Make, guids: list[str]) -> list[str]:
        """The links as they stand there."""
        found: list[str] = []
        for at in make.hrefs:
            places = [start + at for start in self._starts]
            after = "".join(map(self._markup.texts.__getitem__, places))
            if after.strip() or not self._markup.quoted.keys().isdisjoint(places):
                raise Unlike
            hrefs = self._hrefs(at)
            if not all(hrefs):
                raise Unlike
            if at == make.href:
                found = hrefs
        if make.href is not None:
            return found
        if make.link is not None:
            return self._texts(make.link)
        return guids if make.guid_links else [""] * len(guids)

    def _hrefs(self, at: int) -> list[str]:
        tags = [self._markup.tags[start + at] for start in self._starts]
        found = _HREF.findall(BETWEEN.join(tags))
        if len(found) != len(tags):
            raise Unlike
        return self._resolve(found)

    def _resolve(self, texts: list[str]) -> list[str]:
        """Texts with the characters that are referred to: https://www.w3.org/TR/xml/#sec-references"""
        together = BETWEEN.join(texts)
        if "&" not in together:
            return texts
        together = together.replace("&lt;", "<").replace("&gt;", ">")
        if "&" in together and "&#" in together:
            together = _REFERENCE.sub(_character, together)
            self._usual = self._simple = False
        elif "&" in together:
            together = together.replace("&quot;", '"').replace("&apos;", "'").replace("&amp;", "&")
        return together.split(BETWEEN)


def _shorten(guids: list[str]) -> list[str]:
    """`shorten` of each."""
    if len(BETWEEN.join(guids).split()) == 1 and max(map(len, guids)) <= MAX_IDENTITY:
        return guids
    return list(map(shorten, guids))


def _character(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    return _CHARACTERS[name] if name else chr(int(hexadecimal, 16) if hexadecimal else int(decimal))
