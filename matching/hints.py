"""What may stand in a text, told from its words alone: never less than what the lexicon finds in it, and little more.

Cutting a text into words and sentences, finding its phrases and weighing them is four times the work of looking up the
chunks between its spaces. Most news needs no more: what may stand there cannot make a topic.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from matching.lexicon import Lexicon, concepts_of
from matching.text import Memory, words_of

SOMEBODY = ""  # among hints, and the name of no concept: a surname may stand there
_REMEMBERED = 12_000  # chunks remembered, and as many from before: about 2 MB
_SECOND = itemgetter(1)


class _Start(NamedTuple):
    """A phrase that may stand where its rarest word does: how the words beside that one must begin, "" when others may
    stand between."""

    concept: str
    before: str
    after: str


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
        """Those of the concepts that may stand in a text made of these chunks; the others do not. SOMEBODY is among
        them where a surname may stand. Not for texts with numbers that are written with spaces."""
        looked_up: Iterable[Any] = enumerate(map(self._chunks.__getitem__, chunks))
        hits: list[tuple[int, _Hint]] = list(filter(_SECOND, looked_up))
        told = set().union(*[hint.concepts for _, hint in hits])
        for at, (_, starts) in hits:
            for concept, before, after in starts:
                if concept not in told and _may_stand(chunks, at, before, after):
                    told.add(concept)
        return told

    def _read(self, chunk: str) -> _Hint | None:
        words = words_of(chunk)
        known = [(written, word) for written, folded in words if (word := self._words[folded]) is not None]
        if not known:
            return None
        told: dict[str, None] = {}
        starts: dict[_Start, None] = {}
        for written, word in known:
            told |= dict.fromkeys(concept for concept, _ in concepts_of(word, written))
            if word.names is not None and word.names.surnames and not written[0].islower():
                told[SOMEBODY] = None
            phrases = [phrase for phrase in word.within if not phrase.pattern.negative]
            if len(words) == 1:
                starts |= dict.fromkeys(_Start(it.pattern.concept, it.before, it.after) for it in phrases)
            else:
                told |= dict.fromkeys(phrase.pattern.concept for phrase in phrases)
        concepts = tuple(name for name in told if name in self._concepts or name == SOMEBODY)
        phrased = tuple(start for start in starts if start.concept in self._concepts and start.concept not in told)
        return _Hint(concepts, phrased) if concepts or phrased else None


def _may_stand(chunks: Sequence[str], at: int, before: str, after: str) -> bool:
    """May the words beside a chunk begin so?"""
    if before:
        words = words_of(chunks[at - 1]) if at else [("", "")]
        if words and not words[-1][1].startswith(before):
            return False
    if after:
        words = words_of(chunks[at + 1]) if at + 1 < len(chunks) else [("", "")]
        if words and not words[0][1].startswith(after):
            return False
    return True
