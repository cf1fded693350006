"""What may stand in a text, told from its words alone: never less than what the lexicon finds in it, and little more.

Cutting a text into words and sentences, finding its phrases and weighing them is four times the work of looking up the
chunks between its spaces. Most news needs no more: what may stand there cannot make a topic.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from itertools import compress, count
from operator import itemgetter
from typing import Any, NamedTuple

from matching.lexicon import Lexicon, concepts_of
from matching.patterns import GAP
from matching.phrases import Phrase
from matching.text import Memory, folded_of, words_of

SOMEBODY = ""  # among hints, and the name of no concept: a surname may stand there
_REMEMBERED = 12_000  # chunks remembered, and as many from before: about 2 MB
_CONCEPTS = itemgetter(0)
_NO_WORD = ("",)


class _Start(NamedTuple):
    """A phrase that may stand where its rarest word does: how the words beside that one must begin, "" when others may
    stand between, and all its words; none when those beside it are all.
    """

    concept: str
    before: str
    after: str
    others: tuple[str, ...]


class _Hint(NamedTuple):
    """What one chunk adds: concepts whatever stands beside it, and phrases that its neighbours must allow."""

    concepts: tuple[str, ...]
    starts: tuple[_Start, ...]


class Hints:
    """The hints of a lexicon about some of its concepts; remembers chunks."""

    def __init__(self, lexicon: Lexicon, concepts: Container[str]) -> None:
        self._words, self._concepts = lexicon.words, concepts
        self._chunks: Memory[_Hint | None] = Memory(self._read, _REMEMBERED)

    def of(self, chunks: Sequence[str]) -> set[str]:
        """Those of the concepts that may stand in a text made of these chunks; the others do not. Where a surname may
        stand it is SOMEBODY alone: such a text is read. Not for texts with numbers that are written with spaces."""
        hints: list[_Hint | None] = list(map(self._chunks.__getitem__, chunks))
        places = list(compress(count(), hints))
        hits: list[Any] = list(compress(hints, hints))
        told = set().union(*map(_CONCEPTS, hits))
        if SOMEBODY in told:
            return {SOMEBODY}
        for at, hint in zip(places, hits, strict=True):
            for start in hint[1]:
                if start[0] not in told and _may_stand(chunks, at, start):
                    told.add(start[0])
        return told

    def _read(self, chunk: str) -> _Hint | None:
        words = words_of(chunk)
        if len(words) == 1 and self._words[words[0][1]] is None:
            return None  # as most are
        known = [self._words[folded] for _, folded in words]
        if not any(known):
            return None
        told: dict[str, None] = {}
        starts: dict[_Start, None] = {}
        for at, (word, (written, _)) in enumerate(zip(known, words, strict=True)):
            if word is None:
                continue
            told |= dict.fromkeys(concept for concept, _ in concepts_of(word, written))
            if word.names is not None and word.names.surnames and not written[0].islower():
                told[SOMEBODY] = None
            starts |= dict.fromkeys(filter(None, (_start(phrase, words, at) for phrase in word.within)))
        concepts = tuple(name for name in told if name in self._concepts or name == SOMEBODY)
        phrased = tuple(start for start in starts if start.concept in self._concepts and start.concept not in told)
        return _Hint(concepts, phrased) if concepts or phrased else None


def _start(phrase: Phrase, words: Sequence[tuple[str, str]], at: int) -> _Start | None:
    """How a phrase may stand at a word of a chunk; None when it cannot, or says what is not meant."""
    pattern, before, after = phrase.pattern, phrase.before, phrase.after
    if pattern.negative:
        return None
    if before and at:
        if not words[at - 1][1].startswith(before):
            return None
        before = ""
    if after and at + 1 < len(words):
        if not words[at + 1][1].startswith(after):
            return None
        after = ""
    beside = len(pattern.elements) == 1 + bool(phrase.before) + bool(phrase.after)
    return _Start(pattern.concept, before, after, () if beside else tuple(word.stem for word in pattern.elements))


def _may_stand(chunks: Sequence[str], at: int, start: _Start) -> bool:
    """May the words around a chunk begin so?"""
    if start.before:
        words = folded_of(chunks[at - 1]) if at else _NO_WORD
        if words and not words[-1].startswith(start.before):
            return False
    if start.after:
        words = folded_of(chunks[at + 1]) if at + 1 < len(chunks) else _NO_WORD
        if words and not words[0].startswith(start.after):
            return False
    if not start.others:
        return True
    near = _near(chunks, at, (GAP + 1) * len(start.others))
    return all(f" {stem}" in near for stem in start.others)


def _near(chunks: Sequence[str], at: int, most: int) -> str:
    """The words of a chunk, and so many before and after it at least, each with a space before it, in any order."""
    near = ["", *folded_of(chunks[at])]
    for step in (-1, 1):
        here, left = at + step, most
        while left > 0 and 0 <= here < len(chunks):
            words = folded_of(chunks[here])
            near += words
            here, left = here + step, left - len(words)
    return " ".join(near)
