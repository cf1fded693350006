"""Patterns of several words, looked for at their rarest word.

"On the list" is sought where "list" stands, not at every "on": of the words of a text, one in five begins a pattern of
several words, and few go on with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from matching.cues import is_small_word
from matching.patterns import GAP, Element, Pattern
from matching.text import Passage

_MOST = 1 << 24  # more patterns than packs ever have: a longer first word outweighs the order of the packs


class Phrase(NamedTuple):
    """A pattern of several words, as it is sought at its rarest word, the anchor. `before` and `after` are how the
    words next to that one must begin ("" when other words may stand between, and at the ends); `anchor` is its number
    in the pattern; `back` says how many words before it the pattern may begin; `rank` puts those with the same first
    token in order: the longer first word first, then the order of the packs. It is one number, since it is kept for
    thousands of phrases.
    """

    before: str
    after: str
    pattern: Pattern
    anchor: int
    back: int
    rank: int

    @property
    def rarest(self) -> Element:
        """The word at which the pattern is sought."""
        return self.pattern.elements[self.anchor]

    def stands(self, passage: Passage, at: int) -> Iterator[tuple[int, int]]:
        """First and last word of the pattern wherever its rarest word is the one with the number `at`, or may be; the
        words next to that one are known to begin as they must."""
        folded = passage.folded
        head = self.pattern.elements[0]
        for first in range(max(0, at - self.back), at - self.anchor + 1):
            if head.fits(passage, first) and first + 1 < len(folded) and folded[first + 1]:
                last = self.pattern.find_end(passage, first)
                if last >= 0:
                    yield first, last


def phrase_of(pattern: Pattern, number: int) -> Phrase:
    """A pattern of several words as it is sought; `number` is its place among those of the packs."""
    elements, gaps = pattern.elements, pattern.gaps
    anchor = max(range(len(elements)), key=lambda at: _rarity(elements[at]))
    reach = [GAP + 1 if gap else 1 for gap in gaps]
    return Phrase(
        elements[anchor - 1].stem if anchor and not gaps[anchor] else "",
        elements[anchor + 1].stem if anchor + 1 < len(elements) and not gaps[anchor + 1] else "",
        pattern,
        anchor,
        sum(reach[1 : anchor + 1]),
        number - len(elements[0].stem) * _MOST,
    )


def _rarity(element: Element) -> tuple[bool, int]:
    return not is_small_word(element.stem), len(element.stem)
