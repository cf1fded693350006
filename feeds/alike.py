"""The quickest road: the items of most documents are made alike. Of each make feeds.quick reads one, with everything
around the items; the others are read by what was seen there, by columns (feeds.columns).

It says None to anything else: comments within items, tags written in an unusual way, items of too many makes, a text
that feeds.quick would not read. What both have read must be the same; tests/unit/test_alike.py compares them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from xml.etree.ElementTree import Element

from core.model import Entry
from feeds.columns import BETWEEN, EMPTY, Columns, Make, Markup, Unlike
from feeds.decode import BARE
from feeds.entries import lang_tag
from feeds.fields import read_entry
from feeds.plain import usual_blanks
from feeds.quick import CONTENTS, DATES, OF_RSS, TEXT_TYPES, Document, Reader, has_c1, is_page, read_tree

LEAST = 6  # items; with fewer nothing is gained
_SHARE = 4  # items of one make, at least, on average
_TAG = re.compile("<([^>]*)>")  # linear where no "<" stands behind the last ">"
_OPEN = re.compile(
    r"([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)((?: +[A-Za-z][A-Za-z_-]*=\"[^\"<>\x00-\x1f]*\")*) *(/?)", re.ASCII
)
_CLOSE = re.compile(r"/[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?", re.ASCII)
_ATTRIBUTE = re.compile(r" ([A-Za-z_-]+)=\"")
# Where links lead, in tags put together. What is within quotes is taken out of a sound tag: were something taken out
# between two values, no blank would be left there, which no form of a tag allows.
_LEADS = re.compile(r" href=\"[^\"\x00-\x1f]+\"")
# Elements whose attributes may count; those of others are as good as none, and so are the same.
_TELLING = frozenset(("content:encoded", "dc:date", "guid", "id", "link", *CONTENTS, *DATES))
_OTHER = " *"
_LONG_TAG = 200  # characters; the forms of longer ones are not remembered


def read_alike(text: str, url: str, octets: bytes = b"") -> Document | None:
    """Read prepared text (see feeds.decode.defuse) of the document at `url`; its entries are Entry values already.

    `octets` are all of it but the declaration in UTF-8, if that is at hand.
    """
    try:
        return _read(text, url, octets or text.encode("utf-8", "replace"))
    except Unlike:
        return None


def _cut(text: str) -> Markup:
    head, *sections = text.split("<![CDATA[") if "[" in text else (text,)
    halves = [section.partition("]]>") for section in sections]
    outer = BETWEEN.join((head, *[after for _, _, after in halves]))
    if outer.rfind("<") > outer.rfind(">"):
        raise Unlike
    parts = _TAG.split(outer)
    tags, texts = parts[1::2], parts[2::2]
    if "<" in "".join(tags):
        raise Unlike
    if outer.count(">") > len(tags) and "]]>" in outer:
        raise Unlike
    if "&" in outer and BARE.search(outer):
        raise Unlike
    return Markup(tags, texts, _take_sections(texts, halves))


def _take_sections(texts: list[str], halves: Sequence[tuple[str, str, str]]) -> dict[int, str]:
    """Where CDATA sections stood among the texts, where "" is left, and what they hold; each has to be a whole text."""
    quoted: dict[int, str] = {}
    if not halves:
        return quoted
    if texts.count(BETWEEN) < len(halves):
        texts[:] = [BETWEEN if BETWEEN in text and text.strip() == BETWEEN else text for text in texts]
        if texts.count(BETWEEN) < len(halves):
            raise Unlike
    at = -1
    for content, closing, _ in halves:
        if not closing:
            raise Unlike
        at = texts.index(BETWEEN, at + 1)
        quoted[at], texts[at] = content, ""
    return quoted


def _read(text: str, url: str, octets: bytes) -> Document:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")  # https://www.w3.org/TR/xml/#sec-line-ends
    if b"\x00" in octets or has_c1(text, octets):
        raise Unlike
    markup = _cut(text)
    name = "item" if "item" in markup.tags else "entry"
    spans = _spans(markup.tags, name)
    makes = _makes(markup.tags, spans)
    models = [markup.source(*spans[numbers[0]]) for numbers in makes.values()]
    read = read_tree(_with_items(text, name, models), url)
    if read is None or not len(read.items) == len(read.document.entries) == len(makes):
        raise Unlike
    lang = lang_tag(read.document.feed.get("language"))
    usual, simple = usual_blanks(octets), b"\xc2" not in octets  # what is encoded twice has U+0080 to U+00BF
    entries: dict[int, Entry] = {}
    for (shape, numbers), item, model in zip(makes.items(), read.items, read.document.entries, strict=True):
        starts = [spans[number][0] + 1 for number in numbers]
        columns = Columns(markup, starts, read.reader, usual=usual, simple=simple)
        some = columns.entries(_make(shape, item, read.reader), url, lang)
        if some[0] != read_entry(model, url, lang, True):
            raise Unlike
        entries |= zip(numbers, some, strict=True)
    read.document.entries = [entries[number] for number in range(len(spans))]
    return read.document


def _spans(tags: Sequence[str], name: str) -> Sequence[tuple[int, int]]:
    """First and last tag of the items, each of which follows upon the one before."""
    count = tags.count(name)
    if count < LEAST or tags.count(f"/{name}") != count:
        raise Unlike
    spans = []
    start = tags.index(name)
    while start < len(tags) and tags[start] == name:
        try:
            end = tags.index(f"/{name}", start)
        except ValueError:
            raise Unlike from None
        spans.append((start, end))
        start = end + 1
    if len(spans) != count:
        raise Unlike
    return spans


def _makes(tags: Sequence[str], spans: Sequence[tuple[int, int]]) -> dict[tuple[str, ...], list[int]]:
    """The forms of the tags within an item -> the numbers of the items that have these."""
    first, last = spans[0][0], spans[-1][1]
    inside = tags[first:last]
    known = _forms({*inside})
    forms = list(map(known.__getitem__, inside))
    makes: dict[tuple[str, ...], list[int]] = {}
    for number, (start, end) in enumerate(spans):
        makes.setdefault(tuple(forms[start + 1 - first : end - first]), []).append(number)
    if len(makes) * _SHARE > len(spans):
        raise Unlike
    return makes


def _with_items(text: str, name: str, items: Sequence[str]) -> str:
    """The document with other items."""
    closing = f"</{name}>"
    head, tail = text[: text.index(f"<{name}>")], text[text.rindex(closing) + len(closing) :]
    for part in (head, tail):
        if part.count("<![CDATA[") != part.count("]]>"):  # what was found stands in a section
            raise Unlike
    return "".join((head, *items, tail))


def _forms(tags: set[str]) -> dict[str, str]:
    """Tag -> what of it makes items different from one another; raises Unlike for one not written in the usual way."""
    together = BETWEEN.join(tags)
    if "href" in together:
        together = _LEADS.sub(' href=""', together)
    return {
        tag: _form(bare) if len(bare) <= _LONG_TAG else _form.__wrapped__(bare)
        for tag, bare in zip(tags, together.split(BETWEEN), strict=True)
    }


@lru_cache(maxsize=1024)
def _form(tag: str) -> str:
    """Of one tag, whose href leads nowhere any more."""
    if tag.startswith("/"):
        if not _CLOSE.fullmatch(tag):
            raise Unlike
        return tag
    match = _OPEN.fullmatch(tag)
    if match is None:
        raise Unlike
    name, attributes, empty = match.groups()
    if attributes:
        names = _ATTRIBUTE.findall(attributes)
        if len({*names}) != len(names) or any(one.startswith("xmlns") for one in names):
            raise Unlike
        if name not in _TELLING:
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


def _make(shape: Sequence[str], item: Element, reader: Reader) -> Make:
    """What feeds.quick takes of an item, which it has read."""
    make = Make()
    for at, child in zip(_children(shape), item, strict=True):
        name = reader.names[child.tag]
        place = EMPTY if shape[at].endswith("/") else at
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
            raise Unlike
    return make
