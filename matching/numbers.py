"""Numbers in text: digits, number words with their cases and compounds, bounds and ranges, in all pack languages.

What counts no people - dates, years, ages, durations, money, scores, labels - is found too and marked, so that nobody
takes it for a count. The words stand in matching/words/numbers.toml.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from functools import cache
from itertools import compress
from typing import NamedTuple

from matching.cues import Cues, languages, phrases, read_table, words
from matching.numberrows import in_a_row
from matching.numberwords import LABEL_SIGNS, UNIT_SIGNS, combined, is_join, meaning_of, meanings, vague_words
from matching.text import Memory, Passage

LARGEST = 1_000_000  # greater numbers count no people here
_FACTORS = (0.25, 0.5, 1.5, 2.5)  # what multiplies the word that follows
_FIRST_YEAR, _LAST_YEAR = 1900, 2099
_MAX_NUMBERS = 400  # numbers read of one passage; a table of figures is not a report
_COUNT_SUFFIXES = frozenset(
    [
        "имата",
        "има",
        "ма",
        "ти",
        "х",
        "те",
        "мата",
        "тима",
        "их",
        "ых",
        "ьох",
        "ох",
        "ro",
        "stu",
        "tu",
        "рых",
        "ero",
        "ми",
        "тыс",
    ]
)
_STRONG = ("osobow", "osobov", "kopfig", "strong", "member")  # "a 52-strong group"
_NO_NUMBERS = (
    "što",  # "what" in Belarusian Latin letters, and Croatian; folded it would be a hundred
    "семьи",  # of a family in Russian; folded it would be seven
)
_FAMILY = "семью"  # a family that somebody sees, and in Russian what follows "with" for seven
_WITH = ("с", "со", "и", "перед", "между", "над", "еще")
_NEAR = 8  # characters looked at on either side
_REMEMBERED = 20_000  # words of which it is remembered whether they begin a number
_NOWHERE: dict[int, int] = {}  # never changed
_PLAIN = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?")
_LETTER_HYPHEN = re.compile(r"[^\W\d_]-$")
_STOP = re.compile(r"\s*[,;:)]")
_AFTER_COMMA = re.compile(r"\w, $")
_ORDINAL = re.compile(r"\. [^\W\d_]")  # "37. osoba", "am 3. Tag"; a new sentence begins with a capital
_ENDS = re.compile(r"\s*([.,;:!?»”“)]|$)")  # nothing follows that could be counted
_HOURS = 24
_HALF = 0.5
_HALF_A_HUNDRED = 50
_PAUSE = re.compile(r"[,;:()–—]")


class Number(NamedTuple):
    """A number read. `high` is above `value` for a range; `first` and `last` are indices of tokens, `start` and `end`
    offsets into the passage's text. `bound` is "", "over", "under" or "about"; `kind` is "count", or what it counts
    instead of people: "year", "date", "measure", "label", "vague".
    """

    value: int
    high: int
    first: int
    last: int
    start: int
    end: int
    bound: str
    kind: str
    text: str


class _Raw(NamedTuple):
    """A number before its surroundings were looked at."""

    value: float
    first: int
    last: int
    kind: str
    alone: bool  # False for an article, which counts only within a compound


def find_numbers(passage: Passage, lang: str = "", langs: Sequence[str] | None = None) -> tuple[Number, ...]:
    """Return the numbers of a passage in the order of the text, at most 400. Never raises.

    `lang` is the declared language of the text or ""; `langs` spares the guess when it was made before.
    """
    if langs is None:
        langs = languages([passage], lang)
    raws = list(_raws(passage, langs))
    if not raws:
        return ()
    cues = _Surroundings(passage, langs, _around(passage, raws))
    return tuple(in_a_row(passage, [cues.judge(raw) for raw in raws if raw.alone], langs))


def _around(passage: Passage, raws: Sequence[_Raw]) -> frozenset[int]:
    """The sentences in which the words that decide about numbers stand: up to three tokens from the number."""
    sentences, last = passage.sentences, len(passage.sentences) - 1
    return frozenset(
        sentence
        for raw in raws
        for sentence in range(sentences[max(0, raw.first - 3)], sentences[min(last, raw.last + 3)] + 1)
    )


def _raws(passage: Passage, langs: Sequence[str]) -> Iterator[_Raw]:
    text, starts = passage.text, passage.starts
    known = meanings()
    index = count = 0
    for at in compress(range(len(starts)), map(_may_begin().__getitem__, passage.folded)):
        if at < index:
            continue
        if count >= _MAX_NUMBERS:
            break
        if text[starts[at]].isdigit():
            raw = _digits(passage, at)
        elif passage.folded[at] in known:
            raw = _spelled(passage, at, langs)
        else:
            continue
        index = at + 1
        if raw is not None:
            yield raw
            count += 1
            index = raw.last + 1


@cache
def _may_begin() -> Memory[bool]:
    """Folded word -> may it begin a number?"""
    known = meanings()
    return Memory(lambda word: word in known or not word[:1].isalpha(), _REMEMBERED)


def _digits(passage: Passage, index: int) -> _Raw | None:
    folded, end = passage.folded[index], passage.ends[index]
    if not _PLAIN.fullmatch(folded):
        return _Raw(0, index, index, "date", True)
    value = float(folded)
    if index + 1 < len(passage.starts) and passage.starts[index + 1] - end <= 1:
        gap, following = passage.text[end : passage.starts[index + 1]], passage.folded[index + 1]
        glued = gap == "" or (gap in "-‑–" and not following[:1].isdigit())
        if any(meaning.value == 1000 for meaning in meanings().get(following, ())):
            return _Raw(value * 1000, index, index + 1, "count", True)
        if glued and gap != "–":
            kind = "count" if following in _COUNT_SUFFIXES or following.startswith(_STRONG) else "label"
            return _Raw(value, index, index + 1, kind, True)
    return _Raw(value, index, index, "measure" if "." in folded else "count", True)


def _spelled(passage: Passage, index: int, langs: Sequence[str]) -> _Raw | None:
    folded = passage.folded
    total = current = factor = 0.0
    last, end = index - 1, index
    alone = False
    while end < len(folded) and (end == index or _joined(passage, end)):
        meaning = None if _no_number(passage, end) else meaning_of(folded[end], langs)
        if meaning is None:
            if not (current >= 20 and end > index and is_join(folded[end], langs) and end + 1 < len(folded)):
                break
            meaning = meaning_of(folded[end + 1], langs)
            if meaning is None or meaning.value >= 100 or not _joined(passage, end + 1) or meaning.value < 1:
                break
            end += 1
        if meaning.value in _FACTORS:
            if end > index:
                break
            factor = meaning.value
            end = _skip_of(folded, end + 1)
            continue
        step = combined(current, meaning.value)
        if step is None:
            if meaning.value != 1000 or total:
                break
            total, current = max(current, 1) * 1000, 0
        else:
            current = step
        alone = alone or not meaning.inside
        last, end = end, end + 1
    value = (total + current) * (factor or 1)
    if last < index or (factor and value % 1):
        return None
    return _Raw(value, index, last, "count", alone)


def _skip_of(folded: Sequence[str], index: int) -> int:
    """Past "of a" in "quarter of a thousand"."""
    while index < len(folded) and folded[index] in ("of", "a", "de", "di", "von"):
        index += 1
    return index


def _joined(passage: Passage, index: int) -> bool:
    same = passage.sentences[index - 1] == passage.sentences[index]
    return same and passage.text[passage.ends[index - 1] : passage.starts[index]] in (" ", "-", "‑", "\u00a0")


@cache
def _cues() -> Cues:
    lists: dict[str, dict[str, list[str]]] = {}
    for lang, table in read_table("numbers").items():
        named = {
            name: phrases(table[name]) for name in ("over", "under", "about", "more", "between", "to") if name in table
        }
        named |= {name: words(table[name]) for name in ("unit", "before", "month", "clock") if name in table}
        lists[lang] = named
    return Cues(lists)


class _Surroundings:
    """What stands before and after numbers: bounds, units, months, labels."""

    def __init__(self, passage: Passage, langs: Sequence[str], sentences: Container[int]) -> None:
        self._passage = passage
        self._langs = tuple(langs)
        self._before: dict[str, dict[int, int]] = {}
        self._after: dict[str, dict[int, int]] = {}
        for name, first, last in _cues().find(passage, langs, sentences):
            known = self._before.setdefault(name, {})
            known[last] = min(first, known.get(last, first))
            self._after.setdefault(name, {})[first] = last
        self._units = self._after.get("unit", _NOWHERE)
        self._months = self._after.get("month", _NOWHERE)
        self._labels = self._before.get("before", _NOWHERE)
        self._bounds = [(name, self._before[name]) for name in ("over", "under", "about") if name in self._before]

    def judge(self, raw: _Raw) -> Number:
        passage, first, last = self._passage, raw.first, raw.last
        text, start, end = passage.text, passage.starts[first], passage.ends[last]
        value = int(min(raw.value, LARGEST))
        bound = self._bound(raw)
        kind = raw.kind
        if kind == "count":
            kind = self._kind(raw, value, text[max(0, start - _NEAR) : start], text[end : end + _NEAR])
        if kind == "count" and not bound and self._vague(raw, value):
            kind = "vague"
        return Number(value, value, first, last, start, end, bound, kind, text[start:end])

    def _vague(self, raw: _Raw, value: int) -> bool:
        """ "Hundreds", and half of a hundred told in two words: nobody has counted them."""
        half = raw.last - raw.first == 1 and value == _HALF_A_HUNDRED
        return (half or raw.first == raw.last) and self._passage.folded[raw.last] in vague_words(self._langs)

    def _kind(self, raw: _Raw, value: int, before: str, after: str) -> str:
        sentences = self._passage.sentences
        sentence = sentences[raw.first]
        previous, following = raw.first - 1, raw.last + 1
        after_it = following < len(sentences) and sentences[following] == sentence
        before_it = previous >= 0 and sentences[previous] == sentence
        word = self._passage.folded[raw.first]
        digits = word[:1].isdigit()
        tight_after, tight_before = after.lstrip()[:1], before.rstrip()[-1:]
        if value >= LARGEST or tight_after in UNIT_SIGNS or tight_before in UNIT_SIGNS:
            return "measure"
        if tight_before in LABEL_SIGNS:
            return "label"
        if digits and _LETTER_HYPHEN.search(before):
            return "label"
        if digits and value <= 31 and self._dated(previous if before_it else -1, following if after_it else -1):
            return "date"
        year = digits and _FIRST_YEAR <= value <= _LAST_YEAR and raw.first == raw.last
        if year and self._passage.word(raw.first).isdigit():
            return "year"
        if after_it and following in self._units and not _STOP.match(after):
            return "measure"
        if self._half(raw.last):
            return "measure"
        if digits and after[:1] == "," and _AFTER_COMMA.search(before):
            return "measure"  # an age: "Levaya, 39, had served"
        if before_it and previous in self._labels and (digits or value > 2):
            return "label"
        if digits and raw.first == raw.last and _ORDINAL.match(after) and after[2].islower():
            return "label"
        if before_it and value <= _HOURS and previous in self._before.get("clock", _NOWHERE) and _ENDS.match(after):
            return "label"  # "I wake up at six": an hour, or an age
        return "count"

    def _dated(self, previous: int, following: int) -> bool:
        """Does a month stand beside a number? The words beside it, -1 for one of another sentence or none."""
        months = self._months
        folded = self._passage.folded
        if following >= 0 and folded[following] in ("de", "d", "of"):
            following += 1
        near = {i for i in (previous, following) if i >= 0 and i in months}
        if previous in near and previous and folded[previous - 1].isdigit():
            near.discard(previous)  # the month has its day already: "17 September: 25 people"
        return any(self._passage.word(i)[0].isupper() or "en" not in self._langs for i in near)

    def _half(self, last: int) -> bool:
        """ "Four years and a half"; not "sixteen people, half of them women"."""
        known, passage = meanings(), self._passage
        for at, word in enumerate(passage.folded[last + 1 : last + 4], last + 1):
            for meaning in known.get(word, ()):
                half = meaning.value == _HALF and meaning.lang in self._langs
                if half and not _PAUSE.search(passage.text, passage.ends[last], passage.starts[at]):
                    return True
        return False

    def _bound(self, raw: _Raw) -> str:
        if self._bounds:
            first = raw.first
            article = first > 1 and self._passage.folded[first - 1] in _ARTICLES
            for before in range(first - 1, first - 2 - article, -1):
                for name, known in self._bounds:
                    if before in known:
                        return self._wider(name, known[before])
        if raw.last + 1 in self._after.get("more", ()):
            return "over"
        end = self._passage.ends[raw.last]
        return "over" if self._passage.text[end : end + 1] == "+" else ""

    def _wider(self, name: str, first: int) -> str:
        """ "not more than" holds "more than": the longest phrase before the number decides."""
        last = max(self._before[name], key=lambda index: index if self._before[name][index] == first else -1)
        longest = {other: self._before.get(other, {}).get(last, last + 1) for other in ("over", "under", "about")}
        return min(longest, key=lambda other: (longest[other], other != name))


_ARTICLES = frozenset(["a", "an", "o", "un", "une", "una", "en", "ett", "eine", "ein"])  # "over a hundred"


def _no_number(passage: Passage, index: int) -> bool:
    """Is a word no number, though folded it looks like one?"""
    word = passage.word(index).lower()
    alone = word == _FAMILY and (not index or passage.folded[index - 1] not in _WITH)
    return alone or word in _NO_NUMBERS
