"""Numbers that are told in a row and must be added up: women and men, nations, trades."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from matching.cues import places_in, small_words
from matching.numbers import Number
from matching.scene import View

_NOUN = 3  # tokens between a number and the noun it counts
_GAP = 4  # tokens between two parts of one chain
_ROW = 12  # tokens after a number in which a chain closes


class Told(NamedTuple):
    """A number as it was weighed: with those counted who are named beside it ("X and 8 others" are 9)."""

    number: Number
    view: View
    value: int


class Sum(NamedTuple):
    """Parts put together. `number` covers all of them; `reason` is for /why and tests."""

    number: Number
    view: View
    reason: str


def noun_distance(view: View, number: Number, name: str) -> int | None:
    """Tokens from a number to the first noun of a list after it; None when there is none in reach, or another number
    stands before it."""
    nouns = view.after(number.last, _NOUN, name)
    if not nouns:
        return None
    away = min(cue.first for cue in nouns) - number.last
    if not view.numbered.isdisjoint(range(number.last + 1, number.last + away)):
        return None
    return away


def chains(view: View, counts: Sequence[Number]) -> Iterator[Sum]:
    """ "ten foreigners and four locals" are 14; so are "five of our own, three Poles, ..., an Estonian and a Swede"."""
    run: list[Number] = []
    for number in (*counts, None):
        counted = number is not None and is_part(view, number) and (run or not view.before(number.first, 1, "after"))
        if number is not None and counted and (not run or _follows(view, run[-1], number)):
            run.append(number)
            continue
        if (
            run
            and (len(run) > 1 or _one_more(view, run[0]) or _one_before(view, run[0]) or _each(view, run[0]) > 1)
            and not view.in_clause(run[0].first, "held", "back")
            and not _doubtful(view, run[0])
        ):
            last, single = _singles(view, run[-1])
            before = _one_before(view, run[0])
            if len(run) == 1 and not single and not before and _each(view, run[0]) == 1:
                american = _american_after(view, run[0])
                single = 1 if american else run[0].value  # "eight women and as many men"
                last = max(last, american)
            each = [_each(view, part) for part in run]
            whole = sum(part.value * times for part, times in zip(run, each, strict=True)) + single - (each[-1] - 1)
            whole += before + sum(_singles_between(view, *pair) for pair in pairwise(run))
            yield Sum(joined(view, run, last, whole), view, "sum of parts")
        run = [number] if number is not None and counted else []


def of_between(view: View, number: Number, other: Number) -> bool:
    """Does "of" join two numbers, with up to two words between?"""
    gap = other.first - number.last
    if not 0 < gap <= _GAP:
        return False
    one_of = number.value == 1 and gap == 1  # in some languages an ending says "of"
    return one_of or any(cue.last < other.first for cue in view.after(number.last, 2, "of"))


def is_part(view: View, number: Number) -> bool:
    """Does the number count a kind of people, such as women, Poles or teachers?"""
    kinds = [away for name in ("part", "kind") if (away := noun_distance(view, number, name)) is not None]
    part, people = min(kinds, default=None), noun_distance(view, number, "people")
    return part is not None and (people is None or part <= people)


def _follows(view: View, before: Number, number: Number) -> bool:
    """Not "thirteen Belarusians, of them six women", which tells a whole and its part."""
    gap = number.first - before.last - 2 * _singles_between(view, before, number)
    if view.sentence_of(before.first) != view.sentence_of(number.first) or not 1 < gap <= _GAP:
        return False
    return not view.before(number.first, _GAP, "including") and not view.after(number.last, 1, "ofthem", "including")


def _singles_between(view: View, before: Number, number: Number) -> int:
    """ "Two Germans, a Frenchman, a Briton and 38 locals": nouns without a number after the first one's own."""
    parts = sorted({cue.first for cue in view.after(before.last, number.first - before.last - 1, "part")})
    return sum("," in view.text(before.last, first) for first in parts[1:])


def _doubtful(view: View, number: Number) -> bool:
    """Told as some among many, or hoped for or asked for: the word stands before the number, or before the word of
    release."""
    counted = [one.first for one in view.numbers]
    for cue in view.in_sentence(number.first, "among", "including"):
        if cue.last < number.first and not any(cue.last < first < number.first for first in counted):
            return True
    wishes = view.in_clause(number.first, "forecast")
    freed = view.in_clause(number.first, "freed")
    return bool(view.before(number.first, 8, "forecast")) or any(
        wish.first < cue.first for wish in wishes for cue in freed
    )


def _one_more(view: View, number: Number) -> bool:
    """ "Six Lithuanians, a German and a Frenchman": nouns of one person, each, after the only number."""
    if any(view.after(cue.last, _NOUN, "part") for cue in view.after(number.last, _GAP, "asmany")):
        return True
    if _american_after(view, number):
        return True
    last, found = _singles(view, number)
    singles = {at for cue in view.in_sentence(number.first, "single") for at in (cue.first, cue.last)}
    parts = {cue.first for cue in view.after(number.last + (noun_distance(view, number, "part") or 0), _ROW, "part")}
    joined = view.before(last, 2, "and") and view.in_sentence(number.first, "freed", "moved")
    return 0 < found <= len(singles & parts) and bool(joined)


def _american_after(view: View, number: Number) -> int:
    """ "Two journalists and an American", let out or on the way: the last word of who is joined without a name; 0 for
    nobody."""
    noun = number.last + (noun_distance(view, number, "part") or 0)
    for joint in view.after(noun, 1, "and"):
        american = {cue.first for cue in view.after(joint.last, _NOUN, "us")}
        for cue in view.after(joint.last, _NOUN, "single"):
            here = any(at in american for at in range(joint.last + 1, cue.last + _NOUN - 1))
            if here and view.in_sentence(number.first, "freed", "moved", "home"):
                return cue.last
    return 0


def _one_before(view: View, number: Number) -> int:
    """ "An American and two locals": one person whom "and" joins to the number, let out or on the way."""
    joined = [cue for cue in view.before(number.first, 1, "and") if cue.last == cue.first]
    one = joined and any(
        view.clause[cue.last] == view.clause[number.first] for cue in view.before(joined[0].first, 1, "single")
    )
    return int(bool(one) and bool(view.in_sentence(number.first, "freed", "moved", "home", "abroad")))


def _each(view: View, number: Number) -> int:
    """ "Two Latvians and two Japanese" in Lithuanian is "po du latvius ir japonus": so many of each."""
    if not number.first or view.passage.folded[number.first - 1] not in small_words("each"):
        return 1
    parts = [cue for cue in view.after(number.last, _GAP, "part") if view.clause[cue.first] == view.clause[number.last]]
    return max(len({cue.first for cue in parts}), 1)


def _singles(view: View, number: Number) -> tuple[int, int]:
    """ "..., an Estonian and a Swede": nouns without a number that close a chain, and the last token of them."""
    parts = sorted({cue.first for cue in view.after(number.last, 12, "part")})
    counted = noun_distance(view, number, "part") or 0
    last, found = number.last + counted, 0
    for first in parts:
        near = first > last and first - last <= _NOUN and view.sentence_of(first) == view.sentence_of(number.first)
        if near and ("," in view.text(last, first) or view.before(first, _NOUN - 1, "and")):
            last, found = first, found + 1
    return last, found


def joined(view: View, run: Sequence[Number], last: int, value: int) -> Number:
    first = run[0]
    last = max(last, run[-1].last)
    return first._replace(
        last=last, end=view.passage.ends[last], text=view.text(first.first, last), value=value, bound=""
    )


def stays_inside(view: View, number: Number) -> bool:
    """ "Six came out, 880 remain": they remain where the six came out of, since nobody is taken anywhere."""
    first = number.first
    if not view.in_clause(first, "stay") or view.in_sentence(first, "moved", "abroad", "home"):
        return False
    sentence = view.sentence_of(first)
    fewer = [
        one
        for one in view.numbers
        if one.kind == "count" and 1 < one.value < number.value and view.sentence_of(one.first) == sentence
    ]
    placed = any(places_in(view.told_in(first)))
    apart = [one for one in fewer if view.clause[one.first] != view.clause[first]]
    return not placed and any(view.in_clause(one.first, "freed") for one in apart)
