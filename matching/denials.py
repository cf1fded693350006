"""Numbers of a release that was not: "not one of the 23 is free", "nobody came out, though 52 were named", "the release
of 40 fell through", "reports that 31 were freed proved false"."""

from __future__ import annotations

from collections.abc import Sequence

from matching.candidates import Candidate, Mark
from matching.cues import Cue, small_words
from matching.numbers import Number
from matching.scene import View

_REACH = 3  # words between "not" and the word of release
_WIDE = 8  # the same of "nobody", which may stand further off
_DENIALS = frozenset(("negation", "denies", "nobody"))  # lists of words of which one denies a release
_OUT = ("freed", "home", "moved")


def weigh_denial(item: Candidate) -> None:
    """Points against a number if what the text tells of it is that nobody, or not these, were let out."""
    view, number = item.view, item.number
    here = view.told_in(number.first)
    freed = here.get("freed", ())
    if "nobody" in here and (none := _none_of(view, number)):
        if _freed_beside(view, number):
            item.add(1, "none of those freed")  # "none of the 14 freed may stay": they are free
        elif freed or any(view.after(none.last, 3 * _WIDE, *_OUT, "held", "unfreed")):
            item.add(-8, "none of them", Mark.DENIED)
        return
    may_deny = freed and not here.keys().isdisjoint(_DENIALS)
    if may_deny and all(_denied(view, number, cue) for cue in freed) and not _apart(view, number, freed):
        item.add(-6, "not", Mark.DENIED)
    elif _in_spite(view, number):
        item.add(-8, "announced, and nobody", Mark.DENIED)
    elif "unfreed" in here and not freed:
        item.add(-6, "not let out", Mark.DENIED)
    elif ("failed" in here or "untrue" in here) and _unmade(view, number, freed):
        item.add(-8, "a release that was not", Mark.DENIED)
    elif not freed and _nobody_freed(item.views[0]):
        item.add(-6, "beside a title that denies", Mark.DENIED)


def _in_spite(view: View, number: Number) -> bool:
    """ "Despite 60 announced pardons nobody came out"."""
    words = view.passage.folded[max(0, number.first - _REACH) : number.first]
    if not any(word in small_words("despite") for word in words):
        return False
    return any(_by_nobody(view, cue) for cue in view.in_sentence(number.first, *_OUT))


def _none_of(view: View, number: Number) -> Cue | None:
    """The "none" of "none of the 23", if it stands right before a number, at most with two small words between."""
    clause = view.clause[number.first]
    near = [cue for cue in view.before(number.first, _REACH, "nobody") if view.clause[cue.last] == clause]
    return near[0] if near and number.value > 1 else None


def _freed_beside(view: View, number: Number) -> bool:
    """ "The 14 freed", "14 freed prisoners", "the 14 prisoners freed": by whom they are, not what became of them."""
    for cue in view.after(number.last, 2, "freed"):
        if cue.first != cue.last:
            continue  # "on the list"
        between = range(number.last + 1, cue.first)
        people = {at for found in view.after(number.last, 2, "people") for at in range(found.first, found.last + 1)}
        if cue.first == number.last + 1 or all(at in people for at in between):
            return not view.before(cue.first, 2, "is") and not _denies_verb(view, cue)
    return False


def _denies_verb(view: View, cue: Cue) -> bool:
    return any(no.last == cue.first - 1 for no in view.before(cue.first, 1, "negation"))


def _denied(view: View, number: Number, freed: Cue) -> bool:
    """Is a release denied? The "not" of "not less than" does not count."""
    bound = range(number.first - 3, number.first) if number.bound else range(0)
    beside = {cue.first for cue in view.in_sentence(freed.first, "pronoun")}  # "be jos": besides her
    near = [
        cue
        for cue in view.before(freed.first, _REACH, "negation", "denies")
        if cue.first not in bound and cue.first not in beside and not _without_another(view, cue, freed)
    ]
    return bool(near) or _by_nobody(view, freed) or _that_denied(view, freed)


def _without_another(view: View, cue: Cue, freed: Cue) -> bool:
    """ "Without a word 27 were freed": "without" denies what stands right behind it."""
    return cue.last + 1 < freed.first and view.passage.folded[cue.first] in small_words("without")


def _by_nobody(view: View, freed: Cue) -> bool:
    """ "Nobody has been let out": both in one clause, no number between."""
    for cue in view.in_clause(freed.first, "nobody"):
        first, last = sorted((cue.last, freed.first))
        between = range(first + 1, last)
        if len(between) <= _WIDE and view.numbered.isdisjoint(between):
            return True
    return False


def _that_denied(view: View, freed: Cue) -> bool:
    """ "Minsk denies that it has released 16"."""
    for cue in view.in_sentence(freed.first, "denies"):
        opens = cue.last + 1
        if opens < freed.first <= cue.last + _WIDE and view.passage.folded[opens] in (*small_words("that"), "that"):
            return True
    return False


def _unmade(view: View, number: Number, freed: Sequence[Cue]) -> bool:
    """ "The release of 40 falls through", "reports that 31 were freed proved false": the release first, then the
    number, then that there was none; nothing between that could have failed in its stead."""
    for cue in freed:
        for end in view.in_sentence(cue.first, "failed", "untrue"):
            if not cue.first < end.first or not number.first < end.first:
                continue
            between = range(max(cue.last, number.last) + 1, end.first)
            others = view.in_sentence(cue.first, "talk", "after", "deal", "object", "says")
            if not any(other.first in between for other in others):
                return True
    return False


def _nobody_freed(title: View) -> bool:
    """ "No one walks free in Minsk": a title all whose words of release are denied by "nobody"."""
    freed = title.cues.get("freed", ()) if "nobody" in title.cues else ()
    return bool(freed) and all(_by_nobody(title, cue) for cue in freed)


def _apart(view: View, number: Number, freed: Sequence[Cue]) -> bool:
    """ "Never so many were let out: 250": a number that is a clause of its own, after the words of release."""
    if any(cue.first > number.first for cue in freed):
        return False
    clause = view.clause[number.first]
    before = number.first and view.clause[number.first - 1] == clause
    after = number.last + 1 < len(view.clause) and view.clause[number.last + 1] == clause
    return not before and not after
