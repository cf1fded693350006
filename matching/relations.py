"""What the numbers of a text say of one another: a whole and its parts, "three of the sixteen", the head of a title."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from matching.candidates import TAKEN, Candidate, Mark
from matching.cues import read_table, small_words
from matching.numbers import Number
from matching.scene import View
from matching.sums import noun_distance, of_between

_OPENING = 2  # tokens that may stand before a number that opens its sentence
_AROUND = 2  # tokens from a number to the next around one word
_PAST = Mark.EARLIER | Mark.LONG_AGO | Mark.AFTER | Mark.TOO_MANY  # not of this event
LEAST_NOUN = 4  # letters of a word that may be a noun


def relate(candidates: Sequence[Candidate]) -> None:
    """What the numbers say of one another: a whole and its parts, "three of the sixteen"."""
    _raise_title(candidates)
    _weigh_swaps(candidates)
    _weigh_rest(candidates)
    for item in candidates:
        if _some_of_dozens(item):
            item.add(-2.5, "part of dozens")
        if item.whole:
            for other in candidates:
                if other.value < item.value:
                    other.add(-2, f"part of {item.value}")
    _relate_sums(candidates)
    _weigh_small_sums(candidates)
    _weigh_parts(candidates)


def _weigh_parts(candidates: Sequence[Candidate]) -> None:
    """ "Three of the sixteen", "235 of the 250 pardoned", "of the 114, five"."""
    many = read_table("facts")["rules"]["many"]
    held = {item.value for item in candidates if Mark.HELD in item.marks}
    for item in candidates:
        for other in candidates:
            if other.value <= item.value or other.view is not item.view:
                continue
            of = _of_between(item, other)
            if of and _of_the_freed(item, other) and other.value - item.value not in held:
                other.add(max(2.0, round(item.score - other.score, 2)), "all of those freed", Mark.WHOLE)
                item.add(-3, f"of the {other.value} freed", Mark.PART)
                continue
            if _counted_besides(item, other):
                other.add(-2.5, "counted besides those of this event")
            if Mark.HELD in other.marks:
                continue
            if of:
                if other.value >= many:  # "five of more than 1,100": of those held
                    other.add(-8, "held", Mark.HELD)
                    continue
                item.add(-3, f"of {other.value}")
                other.add(2, "whole")
            elif _of_first(item, other):
                item.add(-3, f"of the {other.value}")
                other.add(2, "whole")


def _weigh_swaps(candidates: Sequence[Candidate]) -> None:
    """ "Five for five": as many on either side of an exchange, not all from here."""
    for item, other in pairwise(candidates):
        between = other.number.first - item.number.last
        same = item.view is other.view and item.value == other.value and between == _AROUND
        if same and not item.view.after(item.number.last, 1, "and") and not _plus(other):
            item.add(-5, "one for one", Mark.NOBODY_FREED)
            other.add(-5, "one for one", Mark.NOBODY_FREED)


def _plus(item: Candidate) -> bool:
    return item.view.passage.folded[item.number.first - 1] in small_words("plus")


def _weigh_rest(candidates: Sequence[Candidate]) -> None:
    """ "Three of five are free; two remain inside": the whole are not all free when the rest is told as held."""
    held = {item.value for item in candidates if Mark.HELD in item.marks}
    for item in candidates:
        for other in candidates:
            if other.value - item.value in held and other.view is item.view and _of_between(item, other):
                item.add(4, "those of them who are free")
                other.add(-8, "not all of them", Mark.HELD)


def _raise_title(candidates: Sequence[Candidate]) -> None:
    """ "Eighteen for the feast. Eleven of the pardoned are women": the number that a title begins with is the whole,
    if none that may be taken is greater."""
    most = max((item.value for item in candidates if item.score >= TAKEN), default=0)
    titled = [item for item in candidates if item.view is item.views[0] and item.value > 1]
    if len(titled) == 1 and titled[0].value >= most and titled[0].score >= TAKEN and Mark.PART not in titled[0].marks:
        titled[0].add(1, "the number of the title")
    for item in candidates:
        told = any(view.cues.get(name) for view in item.views for name in ("freed", "decree"))
        sums_up = item.summed and item.view.passage.where == "title" and not item.number.first
        if told and item.value >= most and (sums_up or _opens_title(item.view, item.number)):
            item.add(1.5, "opens the title")
        elif told and not most and _alone_at_head(item, candidates):
            item.add(1, "alone at the head")


def _alone_at_head(item: Candidate, candidates: Sequence[Candidate]) -> bool:
    """ "Thirteen repentances. Lukashenka pardoned those who ...": a title begins with the only number that is not of
    those still held, and the summary begins with a release."""
    view, number, body = item.view, item.number, item.views[1]
    if view.passage.where != "title" or number.first or number.bound or number.value < 2:
        return False
    others = [one for one in candidates if one is not item and Mark.HELD not in one.marks]
    return not others and any(
        body.sentence_of(cue.first) == 0 and not body.in_sentence(cue.first, "back", "ago") for cue in body.all("freed")
    )


def _opens_title(view: View, number: Number) -> bool:
    """ "Eighteen for the feast": a title that begins with a number, and no word follows that it counts instead."""
    if view.passage.where != "title" or number.first or number.bound or number.value < 2:
        return False
    following = number.last + 1
    ends = following >= len(view.clause) or view.clause[following] != view.clause[number.last]
    short = not ends and len(view.passage.folded[following]) < LEAST_NOUN
    return ends or short or noun_distance(view, number, "people") is not None


def _some_of_dozens(item: Candidate) -> bool:
    """ "Driven out with dozens of others; five are Lithuanians": a part of so many that nobody has counted."""
    return Mark.PART in item.marks and any(
        number.kind == "vague" and view.in_sentence(number.first, "freed", "moved") and number.value > item.value
        for view in item.views
        for number in view.numbers
    )


def _weigh_small_sums(candidates: Sequence[Candidate]) -> None:
    """ "Fourteen people left prison. Three Poles, two Japanese, an Estonian and a Swede were met": the parts add up to
    less than a number of people that is told; "eighteen pardoned. The decree covers eleven women" is a part, too."""
    no_whole = Mark.PART | Mark.EARLIER
    wholes = [item for item in candidates if item.score >= TAKEN and not item.summed and not item.marks & no_whole]
    people = max((item.value for item in wholes if Mark.PEOPLE in item.marks), default=0)
    most = max((item.value for item in wholes), default=0)
    for item in candidates:
        if (item.summed and item.value < people) or (Mark.PART | Mark.WHOLE in item.marks and item.value < most):
            item.add(-3, "fewer than are told")


def _relate_sums(candidates: Sequence[Candidate]) -> None:
    """A number that is the sum of two others is the whole, and they are its parts; for a number of the summary not
    those that the title adds up itself ("a dozen women, thirteen men")."""
    rows = [
        range(one.number.first, one.number.last + 1) for one in candidates if one.summed and one.view is one.views[0]
    ]
    free = [one for one in candidates if one.view is one.views[1] or not any(one.number.first in row for row in rows)]
    values = {False: Counter(item.value for item in free), True: Counter(item.value for item in candidates)}
    for item in candidates:
        if item.summed or item.value <= 3:
            continue
        titled = item.view is item.views[0]
        for other in candidates if titled else free:
            pair = item.value - other.value
            if 0 < other.value <= pair and values[titled][pair] > (pair == other.value):
                item.add(2, f"sum {other.value}+{pair}")
                for part in candidates:
                    if part.value in (other.value, pair):
                        part.add(-1.5, f"part of {item.value}")
                break


def _of_between(item: Candidate, other: Candidate) -> bool:
    return of_between(item.view, item.number, other.number)


def _counted_besides(item: Candidate, other: Candidate) -> bool:
    """ "He pardoned 123 people, and in all Minsk counts 156": told in a clause of its own that lets nobody out, beside
    the people whom the title says were."""
    view, first = item.view, item.number.first
    if view.passage.where != "title" or other.summed or Mark.PEOPLE in other.marks or Mark.WHOLE not in other.marks:
        return False
    told = Mark.PEOPLE in item.marks and Mark.PART not in item.marks and view.in_clause(first, "freed")
    apart = view.clause[first] != view.clause[other.number.first] and first < other.number.first
    return bool(told) and apart and not view.in_clause(other.number.first, "freed", "moved", "home", "decree")


def _of_the_freed(item: Candidate, other: Candidate) -> bool:
    """ "235 of the 250 pardoned": right after the whole stands what makes it the whole, and it is of this event."""
    if not other.value > item.value > 1 or other.marks & _PAST:
        return False
    return any(cue.first == other.number.last + 1 for cue in other.view.after(other.number.last, 1, "freed"))


def _of_first(item: Candidate, other: Candidate) -> bool:
    """ "Of the 114, five have passports": the whole stands first."""
    view, whole = other.view, other.number
    sentence = view.sentence_of(whole.first)
    if item.number.first <= whole.last or view.sentence_of(item.number.first) != sentence:
        return False
    opens = whole.first < _OPENING + 1 or view.sentence_of(whole.first - _OPENING - 1) != sentence
    return opens and bool(view.before(whole.first, _OPENING, "of"))
