"""What a text tells of each person it names: freed, refusing to go, still held, or none of these.

`matching.fates` guesses for the counts, where whoever is named beside a release is one of those freed. What people are
told needs more: "Losik is out, Poczobut was not on the list", "his wife waited", "Tsikhanouski, freed in June, came".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from matching.cues import Cue
from matching.fates import Mention
from matching.longfree import is_long
from matching.scene import Scene, View

FREED, REFUSED, HELD, NAMED, EARLIER = "freed", "refused", "held", "named", "earlier"
_DEEDS = ("freed", "moved", "home", "went")
_REACH = 3  # words between a "not" and what it denies
_KIN = 3  # words between "his wife" and her name
_NO_LONGER = 2  # words between "no" and "behind bars"
_LIST = 3  # words between the names of a list


def standing(
    scene: Scene, mentions: Sequence[Mention], states: Mapping[str, str], days: Mapping[str, date]
) -> dict[str, str]:
    """State by person. `states` are those of `fates.states_of`, `days` those on which people were let out, as far as
    they are known: nobody is told as held in the weeks after that day, unless the text denies that they are free."""
    told: dict[str, dict[bool, set[str]]] = {}
    free_in: dict[tuple[str, int], set[str]] = {}  # sentence -> who is told as freed in it
    for item in mentions:
        marks = told.setdefault(item.person, {True: set(), False: set()})
        mark = _mark(item, mentions, scene)
        marks[item.view is scene.title].add(mark)
        if mark == FREED:
            free_in.setdefault((item.view.passage.where, item.view.sentence_of(item.first)), set()).add(item.person)
    for item in mentions:
        others = free_in.get((item.view.passage.where, item.view.sentence_of(item.first)), set()) - {item.person}
        if others and told[item.person][item.view is scene.title] == {""}:
            told[item.person][item.view is scene.title] = {NAMED}  # "Losik is free, of Poczobut there is no word"
    failed = scene.any("failed")
    found: dict[str, str] = {}
    for person, marks in told.items():
        state = _decide(states[person], marks[True], marks[False])
        state = state or (FREED if states[person] == FREED else NAMED)  # "held" there says only that nothing is told
        if failed and state == FREED:  # what is told is an exchange that fell through
            state = NAMED
        if state in (HELD, NAMED) and scene.when is not None and person in days:
            # whoever was long free and is a prisoner's name here all the same was arrested anew
            out = days[person] <= scene.when.date() and not is_long(days[person], scene.when)
            state = FREED if out else state
        found[person] = NAMED if state == EARLIER else state
    return found


def _decide(state: str, title: set[str], body: set[str]) -> str:
    """What the marks of a person come to, the title's before the body's; "" for no mark at all."""
    if state == REFUSED or REFUSED in title | body:
        return REFUSED
    for marks in (title, body, title | body):
        for mark in (FREED, HELD):
            if mark in marks:
                return mark
    return next((mark for mark in (EARLIER, NAMED) if mark in title | body), "")


def _mark(item: Mention, mentions: Sequence[Mention], scene: Scene) -> str:
    """What is told of a person where he or she is named; "" when nothing is."""
    view = item.view
    if item.state == REFUSED:
        return REFUSED
    clauses = _theirs(item, mentions)
    held = [cue for cue in view.in_sentence(item.first, "held", "stays") if view.clause[cue.first] in clauses]
    if any(_no_longer(view, cue) for cue in held):
        return FREED
    if _denied(item):
        return HELD
    if held and not view.lasted(item.first) and not _let_out(item, clauses - {view.clause[held[0].first]}):
        return HELD
    if _let_out(item, clauses):
        return EARLIER if _before(item, clauses, mentions, scene) else FREED
    if view.before(item.first, _REACH, "among", "including"):
        return FREED
    if view.asks(item.first) or _relative(item) or view.before(item.first, len(view.clause), "awaited"):
        return NAMED
    own = view.clause[item.first]  # "NAME: her husband waited" tells of her that she came
    waiting = any(view.clause[cue.first] == own for cue in view.in_sentence(item.first, "awaited"))
    doubts = view.in_sentence(item.first, "forecast", "negation")
    return NAMED if waiting or any(view.clause[cue.first] in clauses for cue in doubts) else ""


def _no_longer(view: View, held: Cue) -> bool:
    """ "No longer behind bars": not where the "not" is part of what says that somebody is held."""
    return bool(view.before(held.first, _NO_LONGER, "negation"))


def _theirs(item: Mention, mentions: Sequence[Mention]) -> frozenset[int]:
    """The clauses that speak of a person: the own one, those after it until somebody else is named, and where names
    stand in a row what is told of the last of them."""
    view = item.view
    sentence = view.sentence_of(item.first)
    names = sorted(
        {(one.first, one.last) for one in mentions if one.view is view and view.sentence_of(one.first) == sentence}
    )
    last = item.last
    for first, end in names:
        if 0 < first - last <= _LIST and view.in_sentence(first, "and"):
            last = end
    following = min((first for first, _ in names if first > last), default=len(view.clause))
    clauses = {view.clause[item.first], view.clause[last]}
    barred = view.clause[following] if following < len(view.clause) else -1
    for at in range(last + 1, following):
        if view.sentence_of(at) != sentence:
            break
        if view.clause[at] != barred:
            clauses.add(view.clause[at])
    return frozenset(clauses)


def _deeds(item: Mention, clauses: frozenset[int]) -> list[Cue]:
    view = item.view
    return [cue for cue in view.in_sentence(item.first, *_DEEDS) if view.clause[cue.first] in clauses]


def _let_out(item: Mention, clauses: frozenset[int]) -> bool:
    """Is it told, in clauses that speak of somebody, that he or she was let out, in fact?"""
    view = item.view
    return any(
        not view.before(cue.first, _REACH, "negation")
        and not view.after(cue.last, 1, "negation")
        and not view.in_clause(cue.first, "forecast")
        for cue in _deeds(item, clauses)
    )


def _denied(item: Mention) -> bool:
    """ "X was not among the 52 freed", "X — not", "without X", "X was not released"."""
    view = item.view
    clause = view.clause[item.first]
    denials = [cue for cue in view.in_sentence(item.first, "negation") if view.clause[cue.first] == clause]
    if not denials:
        return _only_not(view, item.last)
    if view.in_clause(item.first, "among", "roll"):
        return True
    deeds = _deeds(item, frozenset((clause,)))
    if not deeds:
        return any(abs(cue.first - item.first) <= _REACH or 0 < cue.first - item.last <= _REACH for cue in denials)
    return all(view.before(cue.first, _REACH, "negation") for cue in deeds)


def _only_not(view: View, last: int) -> bool:
    """ "Poczobut — no": after the name a clause of nothing else."""
    following = last + 1
    if following >= len(view.clause) or view.clause[following] == view.clause[last]:
        return False
    if view.sentence_of(following) != view.sentence_of(last):
        return False
    words = [
        at for at in range(following, min(following + 3, len(view.clause))) if view.clause[at] == view.clause[following]
    ]
    return len(words) < 3 and any(cue.first in words for cue in view.in_sentence(last, "negation"))


def _before(item: Mention, clauses: frozenset[int], mentions: Sequence[Mention], scene: Scene) -> bool:
    """ "Tsikhanouski, let out in June, greeted her": every word of his release is of an earlier day, and somebody else
    is told of."""
    counted = any(number.kind == "count" and number.value > 1 for one in scene.views for number in one.numbers)
    if not counted and all(one.person == item.person for one in mentions):
        return False
    view = item.view
    deeds = [cue for cue in view.in_sentence(item.first, "freed") if view.clause[cue.first] in clauses]
    return bool(deeds) and all(view.in_clause(cue.first, "back", "ago") or view.dated(cue.first) for cue in deeds)


def _relative(item: Mention) -> bool:
    """ "His wife Daria Losik waited": a relative of somebody, of whom nothing else is told."""
    view = item.view
    return any(view.clause[cue.last] == view.clause[item.first] for cue in view.before(item.first, _KIN, "kin"))
