"""Markup -> plain text, in time linear in the text, whatever it holds."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

# A tag with quoted attribute values; then the same taken loosely; then comments, declarations and instructions.
# Possessive quantifiers and bounded values keep the time linear. Never around a group that can match in several ways:
# Python 3.11.2 matches that wrongly.
_TAG = re.compile(
    r"<(?:(?P<end>/?)(?P<name>[A-Za-z][\w:.-]*+)(?:(?:[^<>\"']++|\"[^\"]{0,4000}\"|'[^']{0,4000}')*>|[^<>]*+>?)"
    r"|(?P<comment>!--)|[!?][^<>]*+>?)"
)
_HIDDEN = frozenset({"script", "style", "noscript", "template", "iframe", "object", "svg"})
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
        text = "".join(_words(text)) if _PASSED_OVER.search(text) else _TAG.sub(_instead, text)
    if "&" in text:
        text = html.unescape(text)
    return join_blanks(text)


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


def _words(text: str) -> list[str]:
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
