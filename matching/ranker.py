"""A second opinion on how many were freed: a log-linear ranker over the numbers of a text, and over nobody, one, two
and as many as are named.

It sees the words around each number, not the points of the rules (matching.counts), and overrules these only where it
is sure. The weights are learned (matching.rankertrain) and stand in words/counts.learned.toml.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from sys import intern

from matching.candidates import Candidate, Count, Mark
from matching.cues import read_table
from matching.fates import Mention, words_of
from matching.numbers import Number
from matching.scene import Scene, View
from matching.text import Memory

UNTOLD = 0.7  # probability of its answer from which on the ranker is believed where the rules found no number,
SURE = 0.8  # and where they found another one
TABLE = "counts.learned"
_MOST = 40  # candidates up to which a text is judged; reports of one event have fewer than ten
_PAIR = 2
_HUGE = 2000  # from here on no measure or label is taken for a number of people
_CROWD = 900  # more were never freed at once
_SIZES = (1, 2, 3, 5, 10, 20, 50, 100, 300, _CROWD)
_BUCKETS = (*(f"to {size}" for size in _SIZES), "more")
_REACHES = (1, 2, 4, 8)
_FARTHEST = _REACHES[-1] + 1  # words away from which on all are as far
_FAR = 1_000_000
_IN = ("in", 0)  # on neither side
_REMEMBERED = 2048  # features put together before
_ROUND = (100, 50, 10)
Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Option:
    """An answer that a text may give, with the features that speak for and against it; no count for "nobody"."""

    count: Count | None
    features: tuple[str, ...]

    @property
    def value(self) -> int | None:
        return self.count.value if self.count else None

    @property
    def at_least(self) -> bool:
        return bool(self.count and self.count.at_least)


def overrule(told: Count | None, options: Sequence[Option], weights: Weights | None = None) -> Count | None:
    """What the rules found, or the answer of the ranker, if it is another one and sure enough.

    An answer that several options tell has the sum of their probabilities; its words are those of the likeliest one.
    Where no option tells what the rules found, as for two names and an American, there is no saying which is right.
    """
    weights = learned() if weights is None else weights
    if not weights or (told.value if told else None) not in {option.value for option in options}:
        return told
    chances = probabilities(options, weights)
    sums: dict[int | None, float] = defaultdict(float)
    for option, chance in zip(options, chances, strict=True):
        sums[option.value] += chance
    answer = max(sums, key=lambda value: sums[value])
    if answer == (told.value if told else None) or sums[answer] < (UNTOLD if told is None else SURE):
        return told
    likeliest = max(
        ((chance, option) for option, chance in zip(options, chances, strict=True) if option.value == answer),
        key=lambda row: row[0],
    )[1]
    return likeliest.count


def probabilities(options: Sequence[Option], weights: Weights) -> list[float]:
    scores = [sum(filter(None, map(weights.get, option.features))) for option in options]
    most = max(scores)
    powers = [math.exp(score - most) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


@cache
def learned() -> Weights:
    """The weights of the shipped file: feature -> weight."""
    weights: Weights = read_table(TABLE)["weights"]
    return weights


def options_of(
    scene: Scene, candidates: Sequence[Candidate], mentions: Sequence[Mention], freed: Sequence[str]
) -> list[Option]:
    """Every answer that a text may give, in a fixed order; none for a text of too many numbers to be one report."""
    if len(candidates) > _MOST:
        return []
    whole = _Whole(scene, len(freed))
    options = [option for item in candidates if Mark.ASIDE not in item.marks for option in _of_candidate(item, whole)]
    weighed = {(item.view.passage.where, item.number.first) for item in candidates if not item.summed}
    for view in scene.views:
        for number in view.numbers:
            odd = number.kind in ("measure", "label") and 1 < number.value < _HUGE
            if odd and (view.passage.where, number.first) not in weighed and len(options) <= 2 * _MOST:
                options.append(whole.option(view, number, number.value, "odd"))
    about = [*whole.about, *_said(scene)]
    options.append(Option(None, ("none:bias", *_all_under("none", about))))
    kinds = {1: "one", 2: "two", **({len(freed): "named"} if len(freed) > _PAIR else {})}
    words = _words(scene, mentions, freed)
    for value, kind in kinds.items():
        more = [f"{kind}:bias", *_all_under(kind, about)]
        if value == len(freed):
            more.append("as many as named")
        if value == len({item.person for item in mentions if item.view is scene.title}):
            more.append(f"{kind}:as many as titled")
        options.append(Option(Count(value, False, words), tuple(more)))
    return options


def _words(scene: Scene, mentions: Sequence[Mention], freed: Sequence[str]) -> str:
    """The words that speak of those whom no number counts: their names, or a word for one, or for a release."""
    if freed:
        return words_of(mentions, freed)
    for view in scene.views:
        for cue in view.all("single", "freed", "home", "moved"):
            return view.text(cue.first, cue.last)
    return scene.title.passage.text


def _of_candidate(item: Candidate, whole: _Whole) -> Iterator[Option]:
    """A candidate as the rules weighed it; without those named beside it, whom they added; and with them."""
    marks = _marked(item.marks)
    yield whole.option(item.view, item.number, item.value, "sum" if item.summed else "number", marks)
    if item.summed:
        return
    if item.number.value != item.value:
        yield whole.option(item.view, item.number, item.number.value, "bare", marks)
    elif whole.freed and item.view.in_sentence(item.number.first, "others"):
        for more in sorted({1, whole.freed}):
            kind = "with those named" if more == whole.freed else "with one"
            yield whole.option(item.view, item.number, item.value + more, kind, marks)


class _Whole:
    """What is told of every option of a text: all its numbers, and how many are named as free."""

    def __init__(self, scene: Scene, freed: int) -> None:
        self.freed = freed
        self._titled, self._told = (_values(view.numbers) for view in scene.views)
        self._values = {value for value in self._titled | self._told if value > 1}
        some = sorted(self._values)[:_MOST]
        self._sums, self._parts = set[int](), set[int]()
        for at, one in enumerate(some):
            for other in some[at + 1 :]:
                if one + other in self._values:
                    self._sums.add(one + other)
                    self._parts |= {one, other}
        self._around: dict[tuple[str, int, int], list[str]] = {}
        self._small = {value for value in self._values if value < _CROWD}
        self._most, self._most_small = max(self._values, default=0), max(self._small, default=0)
        below = len(self._small)
        vague = any(number.kind == "vague" for view in scene.views for number in view.numbers)
        self.about = [
            "about a release" if scene.sure else "perhaps about a release",
            f"named {min(freed, 4)}",
            f"numbers {min(len(self._values), 4)}",
            f"small numbers {min(below, 3)}",
            *(f"lang {lang}" for lang in scene.langs[:1]),
            *(["a crowd"] if below < len(self._values) else []),
            *(["vague"] if vague else []),
        ]

    def option(self, view: View, number: Number, value: int, kind: str, marks: Sequence[str] = ()) -> Option:
        features = [*_of_number(kind, number.bound, number.kind, view.passage.where, _bucket(value)), *marks]
        features += self._beside(value)
        features += self._surroundings(view, number)
        count = Count(value, number.bound == "over", number.text, view, number.first)
        return Option(count, tuple(features))

    def _surroundings(self, view: View, number: Number) -> Sequence[str]:
        """Where a number stands and what stands around it, the same for all answers that it is part of."""
        key = view.passage.where, number.first, number.last
        known = self._around.get(key)
        if known is None:
            known = self._around[key] = [*_place(view, number), *_around(view, number)]
        return known

    def _beside(self, value: int) -> Iterator[str]:
        """The number among the others of the text."""
        if value in self._titled and value in self._told:
            yield "told twice"
        if self._most <= value:
            yield "largest"
        if self._values <= {value}:
            yield "alone"
        if value < _CROWD and self._most_small <= value:
            yield "largest of the small"
        if value < _CROWD and self._small <= {value}:
            yield "alone of the small"
        if value in self._sums and value > 1 + _PAIR:
            yield "sum of two"
        if value in self._parts:
            yield "part of a sum"
        if value == self.freed:
            yield "as many as named too"
        if not value % _ROUND[-1]:
            yield next(f"round {size}" for size in _ROUND if value % size == 0)


def _values(numbers: Iterable[Number]) -> set[int]:
    return {number.value for number in numbers if number.kind == "count"}


def _bucket(value: int) -> str:
    return _BUCKETS[bisect_left(_SIZES, value)]


@lru_cache(maxsize=_REMEMBERED)
def _of_number(kind: str, bound: str, of: str, where: str, size: str) -> tuple[str, ...]:
    """What kind of answer and number it is, and how great."""
    return f"kind {kind}", f"bound {bound}", f"of {of}", f"in {where}", f"size {size}", f"{where} size {size}"


@lru_cache(maxsize=_REMEMBERED)
def _marked(marks: Mark) -> tuple[str, ...]:
    """What the rules found out about a number."""
    return tuple(f"mark {mark.name}" for mark in marks)


def _place(view: View, number: Number) -> Iterator[str]:
    """Where a number stands, and what kind of sentence it stands in."""
    first, last, sentences = number.first, number.last, view.sentences
    if view.passage.where != "title":
        yield f"sentence {min(sentences[first], 2)}"
    if first == 0:
        yield f"opens {view.passage.where}"
    elif sentences[first - 1] != sentences[first]:
        yield "opens sentence"
    if last + 1 >= len(sentences) or sentences[last + 1] != sentences[first]:
        yield "ends sentence"
    if number.high > number.value:
        yield "range"
    if view.passage.text[number.start : number.start + 1].isdigit():
        yield "digits"
    if view.asks(first):
        yield "question"
    if view.lasted(first):
        yield "lasted"
    if view.dated(first):
        yield "dated"


def _around(view: View, number: Number) -> list[str]:
    """The words of the lists in the sentence of a number: in its clause, and how near on which side."""
    first, last, clauses, where = number.first, number.last, view.clause, view.passage.where
    clause = clauses[first]
    near: dict[tuple[str, str], int] = {}  # kind and side -> words away
    within: dict[str, bool] = {}  # kind -> in the clause too?
    for name, cues in view.told_in(first).items():
        kind = _kinds[name]
        inside = within.get(kind, False)
        for _, begin, end in cues:
            side, away = ("before", first - end) if end < first else ("after", begin - last) if begin > last else _IN
            key = kind, side
            if away < near.get(key, _FAR):
                near[key] = away if away < _FARTHEST else _FARTHEST
            if not inside and (clauses[begin] == clause or clauses[end] == clause):
                inside = True
        within[kind] = inside
    features: list[str] = []
    for kind, inside in within.items():
        features += _told(kind, where, inside)
    for (kind, side), away in near.items():
        features += _near(kind, side, away)
    features += _persons(view, number)
    return features


@lru_cache(maxsize=_REMEMBERED)
def _told(name: str, where: str, clause: bool) -> tuple[str, ...]:
    """That a word of a list stands in the sentence, or in the clause too."""
    return (f"sentence:{name}", *((f"clause:{name}", f"{where} clause:{name}") if clause else ()))


@lru_cache(maxsize=_REMEMBERED)
def _near(name: str, side: str, away: int) -> tuple[str, ...]:
    """How near it stands; beyond the last reach all are as far."""
    reach = next((size for size in _REACHES if away <= size), "far")
    return (
        f"{side} {reach}:{name}",
        *(f"{side} within {size}:{name}" for size in _REACHES[1:3] if away <= size),
    )


def _persons(view: View, number: Number) -> Iterator[str]:
    persons = [found for found in view.persons if found.sentence == view.sentences[number.first]]
    if persons:
        yield "sentence:PERSON"
    if any(0 < number.first - found.last <= _REACHES[1] + 1 for found in persons):
        yield "before:PERSON"
    if any(0 < found.first - number.last <= _REACHES[1] + 1 for found in persons):
        yield "after:PERSON"


def _kind(name: str) -> str:
    """ "place:Lithuania" -> "place"."""
    return name.partition(":")[0]


def _said(scene: Scene) -> Iterator[str]:
    """The lists of which title and summary have a word, and those of their first sentences."""
    for view in scene.views:
        where = view.passage.where
        yield from _all_under(where, [name for name in view.cues if ":" not in name])
        yield from _all_under(f"{where} first", [name for name in view.by_sentence.get(0, ()) if ":" not in name])


def _all_under(kind: str, names: Iterable[str]) -> Iterator[str]:
    """The features that a kind of answer, or a place, makes of names: "none:freed"."""
    known = _under.get(kind)
    if known is None:
        known = _under[kind] = Memory(partial(_put_under, kind), _REMEMBERED)
    return map(known.__getitem__, names)


def _put_under(kind: str, name: str) -> str:
    return intern(f"{kind}:{name}")


_kinds: Memory[str] = Memory(_kind, _REMEMBERED)
_under: dict[str, Memory[str]] = {}  # the kinds are few
