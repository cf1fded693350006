"""Markup -> plain text, in time linear in the text, whatever it holds."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

# A tag with quoted attribute values; then the same taken loosely; then comments, declarations and instructions.
# Possessive quantifiers and bounded values keep the time linear. Never around a group that can match in several ways:
# Python 3.11.2 matches that wrongly.
_TAG = re.compile(
    r"<(?:(?P<end>/?)(?P<name>[A-Za-z][\w:.-]*+)(?:(?:[^<>\"']++|\"[^\"]{0,4000}\"|'[^']{0,4000}')*>|[^<>]*+>?)"
    r"|(?P<comment>!--)|[!?][^<>]*+>?)"
)
_HIDDEN = frozenset({"script", "style", "noscript", "template", "iframe", "object", "svg"})
# What needs no look at its surroundings: a tag without signs of others in it.
_SIMPLE_TAG = re.compile(
    r"(?P<end>/?)(?P<name>[A-Za-z][\w:.-]*+)(?:[^<>\"'\x00]++|\"[^\"<>\x00]{0,4000}\"|'[^'<>\x00]{0,4000}')*"
)
_ANY_TAG = re.compile("<([^>]*)>")  # linear where no "<" stands behind the last ">"
_BETWEEN = "\x00"  # several texts put together
_APART = f"\n{_BETWEEN}\n"  # the same, on a line of its own
# The blanks beyond ASCII in UTF-8, by their first octet.
_ODD_BLANKS = {
    first: frozenset(blank.encode()[1:] for blank in blanks)
    for first, blanks in {
        b"\xc2": "\x85\xa0",
        b"\xe1": "\u1680",
        b"\xe2": [chr(code) for code in (*range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F)],
        b"\xe3": "\u3000",
    }.items()
}
_SHORT_TAG = 40  # characters; longer ones seldom come twice
# Comments, and elements whose contents are passed over, or their like.
_PASSED_OVER = re.compile("<(?:!--|script|style|noscript|template|iframe|object|svg)", re.IGNORECASE)
_BREAKS = frozenset(
    {"p", "br", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "section"}
    | {"article", "header", "footer", "figure", "figcaption", "hr", "pre", "dd", "dt"}
)
_CELLS = frozenset({"td", "th", "img"})
_INSTEAD = dict.fromkeys(_BREAKS, "\n") | dict.fromkeys(_CELLS, " ")


def strip_markup(text: str) -> str:
    """The words of an HTML text: tags out, contents of script and style too, blocks on lines of their own."""
    if "<" in text:
        text = "".join(_simple_words(text) or _words(text))
    if "&" in text:
        text = html.unescape(text)
    return join_blanks(text)


def usual_blanks(octets: bytes) -> bool:
    """Whether a text without controls (see feeds.decode), in UTF-8, has no blanks but the blank and the line end."""
    if b"\t" in octets or b"\r" in octets:
        return False
    for first, rests in _ODD_BLANKS.items():
        if first in octets:
            width = len(next(iter(rests)))
            if not rests.isdisjoint([rest[:width] for rest in octets.split(first)[1:]]):
                return False
    return True


def strip_all(marked: Sequence[str], plain: Sequence[str] = (), *, usual: bool = False) -> list[str]:
    """`strip_markup` of many texts, then `join_blanks` of others, none of which holds a NUL, for less: each step is
    taken once for all of them together. `usual`: they have usual blanks (see usual_blanks).
    """
    together = _APART.join(marked)
    if "<" in together:
        simple = _simple_words(together)
        if simple is None:
            return [*map(strip_markup, marked), *map(join_blanks, plain)]
        together = "".join(simple)
    if "&" in together:
        together, usual = html.unescape(together), False
    together = _APART.join((together, *plain) if marked else plain)
    # The blank and the line end are the only blanks that are printable, as Unicode has it, or left out here.
    if not usual and not together.replace("\n", "").replace(_BETWEEN, "").isprintable():
        return list(map(join_blanks, together.split(_BETWEEN)))
    while "  " in together:  # each time the runs are half as long
        together = together.replace("  ", " ")
    lines = filter(None, map(str.strip, together.split("\n")))
    return [text.strip("\n") for text in "\n".join(lines).split(_BETWEEN)]


def join_all(texts: Sequence[str]) -> list[str]:
    """`join_blanks` of many texts, which hold no NUL."""
    return strip_all((), texts)


def join_blanks(text: str) -> str:
    """Runs of blanks become one blank, runs of lines one line end."""
    if "\n" not in text:
        return " ".join(text.split())
    return "\n".join(filter(None, [" ".join(line.split()) for line in text.split("\n")]))


def read_tags(text: str) -> Iterator[tuple[re.Match[str], int]]:
    """The tags of a text with groups `name` and `end` ("/" or ""), and where the text goes on after each.

    Comments and the contents of script and style are passed over; what is left of a cut tag counts as one.
    """
    position = 0
    while match := _TAG.search(text, position):
        position = match.end()
        name = (match["name"] or "").lower()
        if match["comment"]:
            position = _after(text, "-->", position)
        elif name in _HIDDEN and not match["end"] and not match[0].endswith("/>"):
            position = _after(text, f"</{name}", position)
        yield match, position


def _instead(tag: re.Match[str]) -> str:
    """What stands for a tag in plain text."""
    return _INSTEAD.get((tag["name"] or "").lower(), "")


def _simple_words(text: str) -> list[str] | None:
    """`_words` of a text that holds simple tags only, as most do, in half the time; None for another."""
    if text.rfind("<") > text.rfind(">"):
        return None
    pieces: list[str] = _ANY_TAG.split(text)
    tags = pieces[1::2]
    known: dict[str, str] = {}
    for tag in {*tags}:
        instead = _instead_of(tag) if len(tag) <= _SHORT_TAG else _read_tag(tag)
        if instead is None:
            return None
        known[tag] = instead
    pieces[1::2] = map(known.__getitem__, tags)
    return pieces


def _read_tag(tag: str) -> str | None:
    """What stands for a tag, given without its brackets, in plain text; None when it is not simple."""
    match = _SIMPLE_TAG.fullmatch(tag)
    name = match["name"].lower() if match else ""
    return None if not name or name in _HIDDEN else _INSTEAD.get(name, "")


_instead_of = lru_cache(maxsize=1024)(_read_tag)


def _words(text: str) -> list[str]:
    if not _PASSED_OVER.search(text):
        return [_TAG.sub(_instead, text)]
    pieces: list[str] = []
    position = 0
    for match, after in read_tags(text):
        pieces.append(text[position : match.start()])
        position = after
        pieces.append(_instead(match))
    pieces.append(text[position:])
    return pieces


def _after(text: str, mark: str, position: int) -> int:
    found = text.find(mark, position)
    if found < 0 and mark.startswith("</"):
        found = text.find(mark.upper(), position)
    return len(text) if found < 0 else found + (len(mark) if mark == "-->" else 0)
