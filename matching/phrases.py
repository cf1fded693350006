"""Patterns of several words, looked for at their rarest word.

"On the list" is sought where "list" stands, not at every "on": of the words of a text, one in five begins a pattern of
several words, and few go on with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from matching.cues import is_small_word
from matching.patterns import GAP, Element, Pattern
from matching.text import Chunk, Token, read_chunk


class Phrase(NamedTuple):
    """A pattern of several words. `anchor` is the number of its rarest word; `back` and `ahead` say how many tokens
    before and after that one it may reach; `before` and `after` how the words next to it must begin ("" when other
    words may stand between, and at the ends); `rank` puts those with the same first token in order: the longer first
    word first, then the order of the packs.
    """

    pattern: Pattern
    anchor: int
    back: int
    ahead: int
    before: str
    after: str
    rank: tuple[int, int]

    def may_stand(self, tokens: Sequence[Token], at: int) -> bool:
        """Do the words beside the token `at` allow that the rarest word of the pattern is this one?"""
        if self.before and not tokens[at - 1].folded.startswith(self.before):
            return False
        return not self.after or (at + 1 < len(tokens) and tokens[at + 1].folded.startswith(self.after))

    def stands(self, tokens: Sequence[Token], at: int) -> Iterator[tuple[int, int]]:
        """First and last token of the pattern wherever its rarest word is the token `at`, or may be."""
        elements = self.pattern.elements
        for first in range(max(0, at - self.back), at - self.anchor + 1):
            if elements[0].fits(tokens[first]) and first + 1 < len(tokens) and tokens[first + 1].folded:
                last = self.pattern.find_end(tokens, first)
                if last >= 0:
                    yield first, last


class PhraseIndex:
    """Finds the phrases whose rarest word a word may be."""

    def __init__(self) -> None:
        self._by_stem: dict[str, list[Phrase]] = defaultdict(list)
        self._longest = self._size = 0

    def add(self, pattern: Pattern) -> None:
        """Take in a pattern of several words."""
        elements, gaps = pattern.elements, pattern.gaps
        anchor = max(range(len(elements)), key=lambda at: _rarity(elements[at]))
        reach = [GAP + 1 if gap else 1 for gap in gaps]
        phrase = Phrase(
            pattern,
            anchor,
            sum(reach[1 : anchor + 1]),
            sum(reach[anchor + 1 :]),
            elements[anchor - 1].stem if anchor and not gaps[anchor] else "",
            elements[anchor + 1].stem if anchor + 1 < len(elements) and not gaps[anchor + 1] else "",
            (-len(elements[0].stem), self._size),
        )
        stem = elements[anchor].stem
        self._by_stem[stem].append(phrase)
        self._longest = max(self._longest, len(stem))
        self._size += 1

    def look_up(self, folded: str) -> tuple[Phrase, ...]:
        """The phrases that may stand where a word stands."""
        return tuple(
            phrase
            for size in range(1, min(len(folded), self._longest) + 1)
            for phrase in self._by_stem.get(folded[:size], ())
            if len(folded) - size <= phrase.pattern.elements[phrase.anchor].extra
        )


def _rarity(element: Element) -> tuple[bool, int]:
    return not is_small_word(element.stem), len(element.stem)


def chunks_around(phrases: Sequence[Phrase], chunks: Sequence[str], at: int, chunk: Chunk) -> Iterator[int]:
    """Numbers of the chunks that must be read to tell whether one of the phrases of chunk `at` stands there; none
    when the words around it already tell that none does."""
    single = len(chunk.pieces) == 1
    before = after = _UNREAD
    for phrase in phrases:
        if single and phrase.before:
            before = _beside(chunks, at, -1) if before is _UNREAD else before
            if before is not None and not before.startswith(phrase.before):
                continue
        if single and phrase.after:
            after = _beside(chunks, at, 1) if after is _UNREAD else after
            if after is not None and not after.startswith(phrase.after):
                continue
        around = [*_reach(chunks, at, -1, phrase.back), *_reach(chunks, at, 1, phrase.ahead)]
        if not single or True not in phrase.pattern.gaps or _hold(phrase, chunks, around):
            yield from around


_UNREAD: str | None = "unread"


def _hold(phrase: Phrase, chunks: Sequence[str], around: Sequence[int]) -> bool:
    """Do the other words of a phrase stand in some chunks, in whatever order? Numbers may be parts of longer ones."""
    words = [piece.folded for at in around for piece in read_chunk(chunks[at]).pieces]
    stems = [element.stem for at, element in enumerate(phrase.pattern.elements) if at != phrase.anchor]
    return all(stem[:1].isdigit() or any(word.startswith(stem) for word in words) for stem in stems)


def _beside(chunks: Sequence[str], at: int, step: int) -> str | None:
    """The word next to a chunk, folded; "" at the end of the text, None for what may be part of a longer number."""
    at += step
    while 0 <= at < len(chunks):
        chunk = read_chunk(chunks[at])
        if chunk.head or chunk.tail:
            return None
        if chunk.pieces:
            return chunk.pieces[0 if step > 0 else -1].folded
        at += step
    return ""


def _reach(chunks: Sequence[str], at: int, step: int, tokens: int) -> Iterator[int]:
    """Numbers of chunks from one on, until so many tokens stand in them."""
    while tokens > 0 and 0 <= at + step < len(chunks):
        at += step
        yield at
        chunk = read_chunk(chunks[at])
        tokens -= len(chunk.pieces) - chunk.head
