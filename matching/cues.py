"""Small words that decide what a number or a name means: "more than", "still behind bars", "has not".

Lists of patterns per language, found in a passage. A list is read only in texts of its language, since "do" is "up to"
in Polish and a verb in English.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import compress
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from matching.fold import fold
from matching.patterns import Pattern, compile_pattern, lacinka
from matching.stems import Stems
from matching.text import Memory, Passage

FOLDER = Path(__file__).parent / "words"
_GUESS_LEAD = 2  # small words more than the declared language has, before another language is believed too
_REMEMBERED = 5000  # words looked up and kept, per set of languages
_GUESS_TOKENS = 400  # words looked at for the guess


class Cue(NamedTuple):
    """A pattern found: which list it is of, and the indices of its first and last token."""

    name: str
    first: int
    last: int


_new = tuple.__new__  # what a named tuple's own constructor does, at a third of its cost


class _Start(NamedTuple):
    """A pattern by its first word: its list, how many letters may follow the stem, how the next word must begin (""
    when other words may stand between), and the pattern; no pattern when the word is all of it.
    """

    name: str
    extra: int
    following: str
    pattern: Pattern | None


# What a word may begin: patterns whatever the next word is, and by the first letter of the next word all that may stand
# then, in the same order; None where no pattern asks for a letter. A plain tuple, since it is read so often.
_Starts = tuple[tuple[_Start, ...], dict[str, tuple[_Start, ...]] | None]


class Cues:
    """Lists compiled. `lists` maps language -> list name -> patterns; the language "any" is always read."""

    def __init__(self, lists: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self._starts: dict[str, Stems[_Start]] = {}
        self._words: dict[tuple[str, ...], Memory[_Starts | None]] = {}
        alike: dict[tuple[str, int], _Start] = {}  # most patterns are one word; equal ones are kept once
        for lang, named in lists.items():
            starts = self._starts.setdefault(lang, Stems())
            for name, texts in named.items():
                latin = [lacinka(text) for text in texts] if lang == "be" else []
                for text in (*texts, *latin):
                    pattern = compile_pattern(text, name, lang)
                    first, *others = pattern.elements
                    if others:
                        start = _Start(name, first.extra, "" if pattern.gaps[1] else others[0].stem, pattern)
                    else:
                        start = alike.setdefault((name, first.extra), _Start(name, first.extra, "", None))
                    starts.add(first.stem, start)

    def find(self, passage: Passage, langs: Sequence[str], sentences: Container[int] | None = None) -> list[Cue]:
        """Return every pattern of the languages' lists (of all, without any) in the passage, in its order.

        With `sentences`, in those with these numbers only."""
        key = tuple(langs)
        known = self._words.get(key)
        if known is None:
            tables = [self._starts[lang] for lang in (*(key or self._starts), "any") if lang in self._starts]
            known = self._words[key] = Memory(partial(self._look_up, tables), _REMEMBERED)
        folded: Sequence[str] = passage.folded
        last = len(folded) - 1
        found: list[Cue] = []
        here: Iterable[int] = range(last + 1)
        if sentences is not None:
            here = list(compress(here, map(sentences.__contains__, passage.sentences)))
        looked_up: list[Any] = list(
            map(known.__getitem__, folded if sentences is None else map(folded.__getitem__, here))
        )
        for index, (starts, by_letter) in zip(compress(here, looked_up), compress(looked_up, looked_up), strict=True):
            following = folded[index + 1] if index < last else ""
            if by_letter is not None:
                starts = by_letter.get(following[:1], starts)
            for name, _, stem, pattern in starts:
                if pattern is None:
                    found.append(_new(Cue, (name, index, index)))
                elif following.startswith(stem):
                    end = pattern.find_end(passage, index)
                    if end >= 0:
                        found.append(_new(Cue, (name, index, end)))
        return found

    def _look_up(self, tables: Sequence[Stems[_Start]], word: str) -> _Starts | None:
        """The patterns of the tables whose first word this may be, remembered per set of languages."""
        found: list[tuple[int, tuple[_Start, ...]]] = []
        for table in tables:
            found += table.look_up(word)
        if not found:
            return None
        found.sort(key=itemgetter(0))
        fitting = [start for size, starts in found for start in starts if len(word) - size <= start.extra]
        if not fitting:
            return None
        letters = dict.fromkeys(start.following[:1] for start in fitting if start.following)
        by_letter = {
            letter: tuple(start for start in fitting if start.following[:1] in ("", letter)) for letter in letters
        }
        return tuple(start for start in fitting if not start.following), by_letter or None


def words(text: str) -> list[str]:
    """The forms of a compact list: "пят/ь/и два" -> пять, пяти, два."""
    forms: list[str] = []
    for group in text.split():
        stem, *endings = group.split("/")
        forms += [stem + ending for ending in endings] if endings else [stem]
    return forms


def phrases(text: str) -> list[str]:
    """The patterns of a list: "more than | over" -> "more than", "over"."""
    return [phrase for part in text.split("|") if (phrase := part.strip())]


@cache
def read_table(name: str) -> dict[str, Any]:
    """A word table of the folder `words` as it stands in its file."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def places_in(cues: Mapping[str, Sequence[Cue]]) -> Iterator[Cue]:
    """Of cues by the names of their lists, the names of countries and cities, list by list."""
    for name, found in cues.items():
        if name.startswith("place:"):
            yield from found


@cache
def small_words(name: str) -> frozenset[str]:
    """The folded words of one list of the table's prepositions."""
    return frozenset(map(fold, read_table("facts")["prepositions"][name]))


def languages(passages: Sequence[Passage], declared: str) -> tuple[str, ...]:
    """The languages a text may be in: the declared one, and the one that its small words speak for.

    Empty when nothing is declared and the text is too short to tell; then all languages' lists are read.
    """
    tells = _tells()
    primary = declared.lower().replace("_", "-").partition("-")[0]
    counts = dict.fromkeys(pack_languages(), 0)
    for passage in passages:
        words_read = passage.folded[:_GUESS_TOKENS]
        for langs, times in Counter(filter(None, map(tells.get, words_read))).items():
            for lang in langs:
                counts[lang] += times
    best = max(counts, key=lambda lang: (counts[lang], lang == primary))
    if primary not in counts:
        return (best,) if counts[best] >= _GUESS_LEAD else ()
    if counts[best] > counts[primary] + _GUESS_LEAD:
        return (primary, best)
    return (primary,)


@cache
def pack_languages() -> tuple[str, ...]:
    """Codes of the languages whose number words are known."""
    return tuple(lang for lang in read_table("numbers") if lang != "any")


def is_small_word(folded: str) -> bool:
    """Is a word one of those by which a language is known, such as "the"?"""
    return folded in _tells()


@cache
def _tells() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for lang in pack_languages():
        for word in read_table("numbers")[lang]["tell"].split():
            found.setdefault(fold(word), []).append(lang)
    return {word: tuple(langs) for word, langs in found.items()}
