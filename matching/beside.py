"""Numbers told beside names: "X and 13 others" are 14."""

from __future__ import annotations

from matching.candidates import Candidate, Named
from matching.numbers import Number
from matching.scene import View
from matching.sums import noun_distance

_LISTED = 2  # words that make a list


def add_named(item: Candidate, named: Named) -> None:
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
