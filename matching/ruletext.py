"""How a rule is evaluated: the words of an entry with their places, and the parts of a rule that look for them.

Each part's work is linear in the words of the text; `Text.steps` counts it.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property

from core.model import Entry, FeedSpec
from matching.text import read_passage

MAX_NEAR = 50
_LOOKED_BACK = 4  # places before that may overlap: phrases that begin alike
_FAR = 1 << 40


class Text:
    """An entry as rules see it: the words of title and body in one row, far enough apart for no NEAR to cross.

    `steps` counts the work done on it.
    """

    def __init__(self, feed: FeedSpec, entry: Entry) -> None:
        title = [token.folded for token in read_passage(entry.title, "title").tokens]
        body = [token.folded for token in read_passage(entry.body, "body").tokens]
        self.body_at = len(title) + MAX_NEAR + 1
        self.words = [*title, *[""] * (MAX_NEAR + 1), *body]
        self.title_end = len(title)
        self.lang = (entry.lang or feed.lang).casefold()
        self.source = words_of(
            f"{feed.name} {feed.url.split('/')[2] if feed.url.count('/') > 1 else ''}".replace(".", " ")
        )
        self.steps = 0
        self._places: dict[str, list[int]] = {}
        for place, word in enumerate(self.words):
            if word:
                self._places.setdefault(word, []).append(place)

    @cached_property
    def _vocabulary(self) -> list[str]:
        return sorted(self._places)

    def places(self, word: str, prefix: bool) -> list[int]:
        """Where a word stands, or all that begin with it, in order."""
        if not prefix:
            return self._places.get(word, [])
        found: list[int] = []
        at = bisect_left(self._vocabulary, word)
        while at < len(self._vocabulary) and self._vocabulary[at].startswith(word):
            found += self._places[self._vocabulary[at]]
            at += 1
        self.steps += len(found)
        return sorted(found)


Span = tuple[int, int]  # first and last word


@dataclass(frozen=True, slots=True)
class Term:
    """Words in a row; each with whether it stands for all words that begin so."""

    words: tuple[tuple[str, bool], ...]
    field: str = ""

    def spans(self, text: Text) -> list[Span]:
        size = len(self.words)
        found = []
        for place in text.places(*self.words[0]):
            text.steps += size
            row = text.words[place : place + size]
            if len(row) == size and all(
                word.startswith(want) if prefix else word == want
                for word, (want, prefix) in zip(row, self.words, strict=True)
            ):
                found.append((place, place + size - 1))
        if self.field == "title":
            return [span for span in found if span[1] < text.title_end]
        return [span for span in found if span[0] >= text.body_at] if self.field == "body" else found

    def holds(self, text: Text) -> bool:
        return bool(self.spans(text))

    @property
    def positive(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Property:
    """What the entry must be: `lang` or `source`."""

    field: str
    words: tuple[str, ...]

    def holds(self, text: Text) -> bool:
        text.steps += 1
        if self.field == "lang":
            return text.lang == self.words[0] or text.lang.startswith(self.words[0] + "-")
        size = len(self.words)
        return any(text.source[at : at + size] == list(self.words) for at in range(len(text.source)))

    @property
    def positive(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Near:
    left: Spanned
    right: Spanned
    most: int

    def spans(self, text: Text) -> list[Span]:
        """For each place on the left the nearest on the right, so that a chain of NEAR never grows."""
        left, right = self.left.spans(text), self.right.spans(text)
        text.steps += len(left) + len(right)
        found: list[Span] = []
        at = 0
        for span in left:
            while at < len(right) and right[at][0] <= span[1]:
                at += 1
            near = right[max(0, at - _LOOKED_BACK) : at + 1]
            text.steps += len(near)
            gap, other = min(((_gap(span, one), one) for one in near), default=(-1, span))
            if 0 <= gap <= self.most:
                found.append((min(span[0], other[0]), max(span[1], other[1])))
        return sorted(found)

    def holds(self, text: Text) -> bool:
        return bool(self.spans(text))

    @property
    def positive(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Every:
    parts: tuple[Node, ...]

    def holds(self, text: Text) -> bool:
        return all(part.holds(text) for part in self.parts)

    @property
    def positive(self) -> bool:
        return any(part.positive for part in self.parts)


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple[Node, ...]

    def spans(self, text: Text) -> list[Span]:
        """Of its terms; only asked inside NEAR, where the parser lets nothing else stand."""
        return sorted(
            span for part in self.parts if isinstance(part, (Term, Near, Either)) for span in part.spans(text)
        )

    def holds(self, text: Text) -> bool:
        return any(part.holds(text) for part in self.parts)

    @property
    def positive(self) -> bool:
        return all(part.positive for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    part: Node

    def holds(self, text: Text) -> bool:
        return not self.part.holds(text)

    @property
    def positive(self) -> bool:
        return False


Spanned = Term | Near | Either
Node = Term | Property | Near | Every | Either | Not


def words_of(text: str) -> list[str]:
    """The words of a text as rules compare them."""
    return [token.folded for token in read_passage(text, "rule").tokens if token.folded]


def _gap(one: Span, other: Span) -> int:
    """Words between two places; far for those that overlap."""
    first, last = min(one, other), max(one, other)
    gap = last[0] - first[1] - 1
    return gap if gap >= 0 else _FAR
