"""How many were freed and how many are still held: every number of a text is weighed, the best one is taken."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from matching.cues import Cue, read_table
from matching.numbers import Number
from matching.scene import Scene, View
from matching.sums import Sum, Told, chains, noun_distance, split_sums

TAKEN = 2.5  # points that a number needs to be taken for the number released
Named = Mapping[tuple[str, int], Sequence[tuple[str, int]]]  # (passage, sentence) -> (person, last token)
_MOST = 100  # numbers weighed of a passage
_PAIRED = 12  # numbers that may be halves of a whole
_OPENING = 2  # tokens that may stand before a number that opens its sentence
_LISTED = 2  # words that make a list
_NOUN = 4  # letters of a word that may be a noun
_REACH = 3  # tokens between a number and the noun it counts


@dataclass(frozen=True, slots=True)
class Count:
    """A number of people with the words it was read from, and where these stand; no view for what names tell."""

    value: int
    at_least: bool
    text: str
    view: View | None = None
    at: int = 0


@dataclass(slots=True)
class _Candidate:
    number: Number
    view: View
    views: tuple[View, View]
    value: int
    summed: bool = False
    score: float = 0.0
    why: list[str] = field(default_factory=list)

    def add(self, points: float, reason: str) -> None:
        self.score += points
        self.why.append(f"{reason} {points:+g}")

    @property
    def whole(self) -> bool:
        """Does the text say that this is all of them?"""
        return self.score >= TAKEN and any(reason.startswith(("total", "one of the whole")) for reason in self.why)

    @property
    def count(self) -> Count:
        return Count(self.value, self.number.bound == "over", self.number.text, self.view, self.number.first)


def read_counts(scene: Scene, named: Named) -> tuple[Count | None, Count | None, bool]:
    """Return the numbers released and still held, None when the text does not say it, and whether it counts a group.

    `named` has the freed persons of each sentence with the index of the last token, for "X and 13 others".
    """
    candidates = _weighed(scene, named)
    released = max(
        (item for item in candidates if item.score >= TAKEN),
        key=lambda item: (item.score, item.value, -item.number.start),
        default=None,
    )
    remaining = _remaining(scene, candidates, released)
    return released.count if released else None, remaining, any(map(_is_group, candidates))


def _is_group(item: _Candidate) -> bool:
    """Does the number speak of several people of this event, even if it is not taken?"""
    doubts = ("held", "earlier", "after those", "too many", "nobody")
    nouns = ("people", "part", "others", "those")
    return (
        item.value > 1
        and any(reason.startswith(nouns) for reason in item.why)
        and not any(reason.startswith(doubts) for reason in item.why)
    )


def _weighed(scene: Scene, named: Named) -> list[_Candidate]:
    candidates = list(_candidates(scene, named))
    told = [Told(item.number, item.view, item.value) for item in candidates if not item.summed]
    candidates += [_sum(item, scene, named) for item in split_sums(scene, told[:_PAIRED])]
    _relate(candidates)
    return candidates


def _candidates(scene: Scene, named: Named) -> Iterator[_Candidate]:
    appointed = any(map(_appointed, scene.views))
    for view in scene.views:
        counts = [number for number in view.numbers if number.kind == "count" and number.value > 0][:_MOST]
        for number in counts:
            candidate = _Candidate(number, view, scene.views, number.value)
            _weigh_noun(candidate)
            _weigh_event(candidate, scene, named)
            _weigh_doubt(candidate, appointed)
            _add_named(candidate, named)
            yield candidate
        for chain in chains(view, counts):
            yield _sum(chain, scene, named)


def _weigh_noun(item: _Candidate) -> None:
    view, number = item.view, item.number
    people = noun_distance(view, number, "people")
    part = noun_distance(view, number, "part")
    if people is not None and (part is None or people < part or _counts_both(view, number)):
        item.add(2, "people")
    elif part is not None:
        item.add(1, "part of them")
    elif any(view.clause[cue.first] == view.clause[number.last] for cue in view.after(number.last, _REACH, "freed")):
        item.add(1.5, "those freed")
    elif view.after(number.last, 1, "others") or view.before(number.first, 1, "others"):
        item.add(1, "others")
    elif number.value == 1:
        item.add(-4, "one of what?")
    elif _counts_something_else(view, number) and not view.in_clause(number.first, "freed", "total"):
        item.add(-1.5, "of what?")
    if number.value == 1:
        item.add(-1, "one")
    item.add(round(0.4 * math.log2(number.value), 2), "size")


def _counts_both(view: View, number: Number) -> bool:
    """ "52 men and women" are all of them, though men alone may be a part."""
    return any(cue.last - cue.first > 1 for cue in view.after(number.last, 1, "people"))


def _counts_something_else(view: View, number: Number) -> bool:
    """Does a word follow that no list knows, as in "nine companies"? The short ones are prepositions."""
    following = number.last + 1
    if following >= len(view.clause) or view.clause[following] != view.clause[number.last]:
        return False
    known = any(cue.first == following for cues in view.told_in(following).values() for cue in cues)
    return not known and len(view.passage.folded[following]) >= _NOUN


def _weigh_event(item: _Candidate, scene: Scene, named: Named) -> None:
    view, number = item.view, item.number
    if view.passage.where == "title":
        item.add(1.5, "title")
    if view.in_clause(number.first, "freed"):
        item.add(2.5, "freed")
    elif view.in_sentence(number.first, "freed"):
        item.add(1.5, "freed in sentence")
    elif view.in_clause(number.first, "home", "moved"):
        item.add(1.5, "moved")
    elif view.before(number.first, 4, "thanks"):
        item.add(2.5, "thanks")
    elif view.in_sentence(number.first, "decree"):
        item.add(1.5, "a decree")
    elif scene.any("freed", "home", "moved", "decree"):
        item.add(0.5, "freed somewhere")
    elif not named:
        item.add(-3, "nobody freed")
    if view.before(number.first, 2, "total") or view.after(number.last, 2, "total"):
        item.add(2, "total")
    elif view.in_clause(number.first, "total"):
        item.add(1.5, "total in clause")
    if view.before(number.first, 1, "among") or (view.before(number.first, 2, "among") and not _among_those(item)):
        item.add(1.5, "one of the whole")


def _weigh_doubt(item: _Candidate, appointed: bool) -> None:
    view, number = item.view, item.number
    if view.in_clause(number.first, "held"):
        item.add(-5, "held")
    _weigh_wish(item)
    if appointed:
        item.add(-6, "a record, not the news")
    part = view.before(number.first, 1, "including") or view.after(number.last, 1, "ofthem")
    if part or _of_all(item) or _among_those(item):
        item.add(-2.5, "part")
    elif view.before(number.first, 1, "only"):
        item.add(-3, "only some")
    elif view.before(number.first, 3, "including"):
        item.add(-1.5, "part")
    _weigh_past(item)
    if number.bound == "under":
        item.add(-2.5, "at most")
    if number.value >= read_table("facts")["rules"]["many"] and not _surely_freed(view, number):
        item.add(-7, "too many")
    freed = view.in_sentence(number.first, "freed")
    if freed and all(_denied(view, number, cue) for cue in freed):
        item.add(-6, "not")


def _weigh_wish(item: _Candidate) -> None:
    """Promised, hoped for, asked for; perhaps in the clause before: "he promised that ..."."""
    view, number = item.view, item.number
    if view.asks(number.first) and not view.in_sentence(number.first, "asks"):
        item.add(-7, "a question")
    wishes = view.in_clause(number.first, "forecast")
    freed = view.in_clause(number.first, "freed")
    governed = freed and all(any(wish.first <= cue.first for wish in wishes) for cue in freed)
    if wishes and (governed or view.before(number.first, 8, "forecast")):
        item.add(-6.5, "forecast")
    elif wishes:
        item.add(-2.5, "forecast after")
    elif view.before(number.first, 6, "forecast"):
        item.add(-2.5, "forecast of the clause")


def _weigh_past(item: _Candidate) -> None:
    """Told of an earlier release, or of all that an envoy has done so far."""
    view, number = item.view, item.number
    if view.in_sentence(number.first, "since") and view.in_sentence(number.first, "total"):
        item.add(-6, "a running total")
    if view.before(number.first, 2, "after"):
        item.add(-4, "after those")
    elif view.in_clause(number.first, "back"):
        item.add(-2, "earlier")
    elif view.in_clause(number.first, "already"):
        total = number.value % 50 == 0 and any(one.cues.get("envoy") for one in item.views)
        item.add(-3 if total else -1, "already")


def _denied(view: View, number: Number, freed: Cue) -> bool:
    """Is a release denied? The "not" of "not less than" does not count."""
    bound = range(number.first - 3, number.first) if number.bound else range(0)
    return any(cue.first not in bound for cue in view.before(freed.first, 3, "negation"))


def _appointed(view: View) -> bool:
    """Is the news that somebody becomes envoy? Then the numbers tell what was done before."""
    return any(
        view.sentence_of(cue.first) == 0 and abs(envoy.first - cue.last) <= _REACH + 2
        for cue in view.all("appoint")
        for envoy in view.in_sentence(cue.first, "envoy")
    )


def _of_all(item: _Candidate) -> bool:
    """ "fifteen of the pardoned", with no number after "of"."""
    counted = {number.first for number in item.view.numbers}
    return any(not counted & {cue.last + 1, cue.last + 2} for cue in item.view.after(item.number.last, 1, "of"))


def _among_those(item: _Candidate) -> bool:
    """ "Among those taken away six Lithuanians": between "among" and the number stands the whole."""
    view, first = item.view, item.number.first
    between = view.before(first, 1, "freed", "moved", "people")
    return bool(between) and bool(view.before(first, 2, "among")) and not view.before(first, 1, "among")


def _surely_freed(view: View, number: Number) -> bool:
    """Freed in the same clause, and nothing there speaks of wishes or of those left."""
    doubts = view.in_clause(number.first, "talk", "others", "held") or view.in_sentence(number.first, "forecast")
    return bool(view.in_clause(number.first, "freed")) and not doubts


def _add_named(item: _Candidate, named: Named) -> None:
    """ "X and 13 others" or "X and 13 prisoners" are 14; besides somebody who refused they are not told; "the rest
    of the 52" are 52."""
    view, number = item.view, item.number
    clause = view.clause[number.first]
    others = [
        cue
        for cue in (*view.before(number.first, 2, "others"), *view.after(number.last, 1, "others"))
        if clause in (view.clause[cue.first], view.clause[cue.last])
    ]
    of_all = any(view.after(cue.last, 2, "of") for cue in view.before(number.first, 4, "rest"))
    if of_all:
        item.add(2, "the whole")
        return
    key = (view.passage.where, view.sentence_of(number.first))
    told = {person for person, last in named.get(key, ()) if last < number.first}
    beside = [last for _, last in named.get(key, ()) if 0 < number.first - last <= 2]
    joined = (
        bool(beside) and bool(view.before(number.first, 1, "and")) and noun_distance(view, number, "people") is not None
    )
    if not others and not joined:
        return
    if any(view.cues.get("refuse") for view in item.views):
        item.add(-6, "besides one who refused")
        return
    if view.in_sentence(number.first, "pronoun"):
        told |= {person for (where, _), rows in named.items() if where == "title" for person, _ in rows}
    persons = max(len(told), _listed(view, number))
    if persons or view.before(number.first, 2, "and") or view.in_sentence(number.first, "pronoun"):
        item.value += max(persons, 1)
        item.add(1.5, "others and the named")


def _listed(view: View, number: Number) -> int:
    """ "A laureate, a flautist and 121 others": how many words are listed before a number, when nothing else is."""
    first = number.first
    while first and view.sentence_of(first - 1) == view.sentence_of(number.first):
        first -= 1
    words = view.passage.text[view.passage.starts[first] : view.passage.starts[number.first]].split(",")
    if len(words) < _LISTED or any(len(part.split()) != 1 for part in words[:-1]):
        return 0
    joined = [cue for cue in view.before(number.first, 2, "and") if cue.first > first]
    return len(words) if joined and len(words[-1].split()) <= _LISTED + 1 else 0


def _sum(item: Sum, scene: Scene, named: Named) -> _Candidate:
    candidate = _Candidate(item.number, item.view, scene.views, item.number.value, summed=True)
    candidate.add(4.0 + 1.5 * (item.view.passage.where == "title"), item.reason)
    _weigh_event(candidate, scene, named)
    return candidate


def _relate(candidates: Sequence[_Candidate]) -> None:
    """What the numbers say of one another: a whole and its parts, "three of the sixteen"."""
    for item in candidates:
        if item.whole:
            for other in candidates:
                if other.value < item.value:
                    other.add(-2, f"part of {item.value}")
    _relate_sums(candidates)
    for item in candidates:
        for other in candidates:
            if other.view is item.view and other.value > item.value and _of_between(item, other):
                item.add(-3, f"of {other.value}")
                other.add(2, "whole")
            elif other.view is item.view and other.value > item.value and _of_first(item, other):
                item.add(-3, f"of the {other.value}")
                other.add(2, "whole")


def _relate_sums(candidates: Sequence[_Candidate]) -> None:
    """A number that is the sum of two others is the whole, and they are its parts."""
    values = Counter(item.value for item in candidates)
    for item in candidates:
        if item.summed or item.value <= 3:
            continue
        for other in candidates:
            pair = item.value - other.value
            if 0 < other.value <= pair and values[pair] > (pair == other.value):
                item.add(2, f"sum {other.value}+{pair}")
                for part in candidates:
                    if part.value in (other.value, pair):
                        part.add(-1.5, f"part of {item.value}")
                break


def _of_between(item: _Candidate, other: _Candidate) -> bool:
    """Does "of" join two numbers, with up to two words between?"""
    last, first = item.number.last, other.number.first
    if not 1 < first - last <= 4:
        return False
    one_of = item.value == 1 and first - last == 1  # in some languages an ending says "of"
    return one_of or any(cue.last < first for cue in item.view.after(last, 2, "of"))


def _of_first(item: _Candidate, other: _Candidate) -> bool:
    """ "Of the 114, five have passports": the whole stands first."""
    view, whole = other.view, other.number
    sentence = view.sentence_of(whole.first)
    if item.number.first <= whole.last or view.sentence_of(item.number.first) != sentence:
        return False
    opens = whole.first < _OPENING + 1 or view.sentence_of(whole.first - _OPENING - 1) != sentence
    return opens and bool(view.before(whole.first, _OPENING, "of"))


def _remaining(scene: Scene, candidates: Sequence[_Candidate], released: _Candidate | None) -> Count | None:
    many = read_table("facts")["rules"]["many"]
    held: list[tuple[float, int, Count]] = []
    for item in candidates:
        if item is released:
            continue
        view, number = item.view, item.number
        points = 0.0
        if view.in_clause(number.first, "held"):
            points += 3
        elif view.in_sentence(number.first, "held"):
            points += 1
        if number.value >= many:
            points += 2
            future = view.in_clause(number.first, "forecast") and number.value % 1000 == 0
            if future and not view.in_clause(number.first, "held"):
                points -= 2
        elif noun_distance(view, number, "people") is None:
            points -= 1
        if points >= 2:
            held.append((points, number.value, Count(number.value, number.bound == "over", number.text)))
    return max(held, key=lambda row: row[:2])[2] if held else None
