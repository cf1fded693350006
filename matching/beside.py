"""Numbers told beside names: "X and 13 others" are 14."""

from __future__ import annotations

from matching.candidates import Candidate, Named
from matching.numbers import Number
from matching.scene import View
from matching.sums import noun_distance

_LISTED = 2  # words that make a list
_WITH = 6  # words between "with him" and how many came
_TRADE = 3  # words that say what somebody is
_NAME = 4  # words of a name with what somebody is


def add_named(item: Candidate, named: Named) -> None:
    """ "X and 13 others" or "X and 13 prisoners" are 14; besides somebody who refused they are not told; "the rest
    of the 52" are 52."""
    view, number = item.view, item.number
    key = (view.passage.where, view.sentence_of(number.first))
    here = view.told_in(number.first)
    if not (
        key in named or "others" in here or "rest" in here or "pronoun" in here or "others" in view.told_in(number.last)
    ):
        return
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
    if view.before(number.first, 1, "among"):
        return  # "who else is among the 250"
    told = {person for person, last in named.get(key, ()) if last < number.first}
    beside = [last for _, last in named.get(key, ()) if 0 < number.first - last <= 2]
    people = noun_distance(view, number, "people") is not None
    joined = bool(beside) and bool(view.before(number.first, 1, "and")) and people
    with_him = (
        people
        and bool(view.before(number.first, _WITH, "pronoun"))
        and bool(view.in_clause(number.first, "freed", "moved"))
    )
    if not others and not joined and not (with_him and number.value > 1):
        return
    if any(view.cues.get("refuse") for view in item.views):
        item.add(-6, "besides one who refused")
        return
    if view.in_sentence(number.first, "pronoun") or (not told and view.before(number.first, 2, "and")):
        told |= {person for (where, _), rows in named.items() if where == "title" for person, _ in rows}
    persons = max(len(told), _listed(view, number))
    if persons or view.before(number.first, 2, "and") or view.in_sentence(number.first, "pronoun"):
        item.value += max(persons, 1)
        item.add(1.5, "others and the named")


def _listed(view: View, number: Number) -> int:
    """ "A laureate, a flautist and 121 others", "Losik, Dashkevich and 13 more": how many words or names are listed
    before a number that "and" joins to them; 0 when no list is."""
    joined = [cue.first for cue in view.before(number.first, 2, "and")]
    if not joined:
        return 0
    first, end = number.first, min(joined)
    while first and view.sentence_of(first - 1) == view.sentence_of(number.first):
        first -= 1
    if first >= end:
        return 0
    text, ends, starts = view.passage.text, view.passage.ends, view.passage.starts
    parts = [part.split() for part in text[starts[first] : ends[end - 1]].split(",")]
    told = any(first <= cue.first < end for cue in view.in_sentence(number.first, "freed", "moved"))
    if (trades := _trades(view, number, end)) >= _LISTED:
        return trades
    if len(parts) >= _LISTED and not told and all(len(part) == 1 for part in parts[:-1]) and len(parts[-1]) <= _LISTED:
        return len(parts)
    names = 0
    for part in reversed(parts):
        if not part or not part[-1][:1].isupper() or (len(part) > _NAME and part is not parts[0]):
            break
        names += 1
    return names if names >= _LISTED else 0


def _trades(view: View, number: Number, end: int) -> int:
    """ "Belarus frees philosopher, union boss and 34 others": how many are listed between the word of release and the
    "and" before a number; 0 when something else stands there."""
    starts = [cue.last + 1 for cue in view.in_sentence(number.first, "freed") if cue.last < end - 1]
    if view.passage.where == "title" and not view.sentence_of(number.first):
        starts.append(0)
    if not starts:
        return 0
    text, first = view.passage.text, max(starts)
    listed = text[view.passage.starts[first] : view.passage.ends[end - 1]].rpartition(":")[2]
    parts = [part.split() for part in listed.split(",")]
    start = view.passage.ends[end - 1] - len(listed)
    told = [one for one in view.numbers if start <= one.start and one.first < end]
    if any(not 0 < len(part) <= _TRADE for part in parts) or any(one.kind != "count" or one.bound for one in told):
        return 0
    return len(parts) + sum(one.value - 1 for one in told)
