"""What a page of HTML holds: tags with their attributes, and the contents of chosen elements. Linear in the page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from feeds.plain import read_tags

_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'<>]++)))?")


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag. `source` is its text, `start` and `end` its place in the page; `end` is past what is hidden in it."""

    name: str
    closing: bool
    source: str
    start: int
    end: int

    def attributes(self) -> dict[str, str]:
        """Attribute names in lower case and their values; of repeated ones the first, as browsers have it."""
        found: dict[str, str] = {}
        for match in _ATTRIBUTE.finditer(self.source, 1 + len(self.name)):
            value = match[2] or match[3] or match[4] or ""
            found.setdefault(match[1].lower(), html.unescape(value))
        return found


def page_tags(page: str) -> Iterator[Tag]:
    """The tags of a page in order; comments, and what stands in scripts and styles, are passed over."""
    for match, after in read_tags(page):
        name = match["name"]
        if name:
            yield Tag(name.lower(), bool(match["end"]), match[0], match.start(), after)


class Capture:
    """Collects the inner HTML of one element at a time, as the tags of a page go by."""

    def __init__(self, page: str) -> None:
        self._page = page
        self._name = ""
        self._depth = 0
        self._start = 0

    @property
    def busy(self) -> bool:
        return self._depth > 0

    def open(self, tag: Tag) -> None:
        """Begin with the element of this start tag, unless one is being collected."""
        if not self.busy:
            self._name, self._depth, self._start = tag.name, 1, tag.end

    def feed(self, tag: Tag) -> str | None:
        """Take the next tag; the inner HTML when it ends the element, else None."""
        if not self.busy or tag.name != self._name:
            return None
        self._depth += -1 if tag.closing else 1
        return None if self.busy else self._page[self._start : tag.start]

    def cut(self, end: int) -> str:
        """The inner HTML so far, up to `end`, of an element that is not closed; nothing is collected any more."""
        self._depth = 0
        return self._page[self._start : end]
