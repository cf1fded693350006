"""How many were freed and how many are still held: every number of a text is weighed, the best one is taken."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from matching.aside import weigh_aside
from matching.beside import add_named
from matching.candidates import NOT_OF_THIS_EVENT, TAKEN, Candidate, Count, Mark, Named
from matching.cues import read_table, small_words
from matching.doubts import among_those, appointed, held_near, weigh_doubt
from matching.fates import real_sentences
from matching.halves import HOME_AND_ABROAD, STAY_AND_GO, split_sums
from matching.numbers import Number
from matching.numberwords import counts_people
from matching.relations import LEAST_NOUN, relate
from matching.scene import Scene, View
from matching.sums import Sum, Told, chains, noun_distance

_STOP = re.compile(r"\s*(?:[.,;:!?»”]|$)")
_GROWN, _OLDEST = 16, 100  # years of people who are told of with their age
_MOST = 100  # numbers weighed of a passage
_PAIRED = 12  # numbers that may be halves of a whole
_ROUND = 50  # what an envoy is said to have brought about is a round number
_PAIR = 2  # two leaders, two sides: who meets and talks
_REACH = 3  # tokens between a number and the noun it counts


def read_counts(scene: Scene, named: Named) -> tuple[Count | None, Count | None, list[Candidate]]:
    """Return the numbers released and still held, None when the text does not say it, and all numbers weighed.

    `named` has the freed persons of each sentence with the index of the last token, for "X and 13 others".
    """
    candidates = _weighed(scene, named)
    released = max(
        (item for item in candidates if item.score >= TAKEN),
        key=lambda item: (item.score, item.value, -item.number.start),
        default=None,
    )
    remaining = _remaining(candidates, released)
    return released.count if released else None, remaining, candidates


def is_group(item: Candidate) -> bool:
    """Does the number speak of several people of this event, even if it is not taken?"""
    return item.value > 1 and Mark.PEOPLE in item.marks and not item.marks & NOT_OF_THIS_EVENT


def _weighed(scene: Scene, named: Named) -> list[Candidate]:
    own = _own_release(scene, named)
    candidates = list(_candidates(scene, named, own))
    if own:
        for item in candidates:
            _weigh_beside_own(item)
    told = [
        Told(item.number, item.view, item.value)
        for item in candidates
        if not item.summed and not (Mark.WHOLE in item.marks and Mark.PART not in item.marks)
    ]
    candidates += [_sum(item, scene, named) for item in split_sums(scene, told[:_PAIRED])]
    relate(candidates)
    return candidates


def _candidates(scene: Scene, named: Named, own: bool) -> Iterator[Candidate]:
    record = any(map(appointed, scene.views))
    for view in scene.views:
        counts = [number for number in view.numbers if number.kind == "count" and number.value > 0][:_MOST]
        for number in counts:
            candidate = Candidate(number, view, scene.views, number.value)
            _weigh_noun(candidate, scene.langs)
            _weigh_event(candidate, scene, named)
            weigh_doubt(candidate, record)
            weigh_aside(candidate, scene, own)
            add_named(candidate, named)
            yield candidate
        for chain in chains(view, counts):
            yield _sum(chain, scene, named)


def _weigh_noun(item: Candidate, langs: Sequence[str]) -> None:
    view, number = item.view, item.number
    people = noun_distance(view, number, "people")
    part = noun_distance(view, number, "part")
    if people is not None and (part is None or people < part or _counts_both(view, number)):
        item.add(2, "people", Mark.PEOPLE)
    elif part is not None or (view.in_sentence(number.first, "freed") and noun_distance(view, number, "kind")):
        item.add(1, "part of them", Mark.PEOPLE | Mark.PART)
    elif any(view.clause[cue.first] == view.clause[number.last] for cue in view.after(number.last, _REACH, "freed")):
        item.add(1.5, "those freed", Mark.PEOPLE)
    elif view.after(number.last, 1, "others") or view.before(number.first, 1, "others"):
        item.add(1, "others", Mark.PEOPLE)
    elif number.value == 1:
        item.add(-4, "one of what?")
    elif _a_load(view, number):
        item.add(1.5, "a bus of so many", Mark.PEOPLE)
    elif _counts_something_else(view, number) and not view.in_clause(number.first, "freed", "total"):
        item.add(-1.5, "of what?")
    elif number.value > 1 and counts_people(view.passage.folded[number.last], langs):
        item.add(0.5, "a form for people", Mark.PEOPLE)
    if number.value == 1:
        item.add(-1, "one")
    if _an_age(view, number):
        item.add(-5, "an age")
    item.add(round(0.4 * math.log2(number.value), 2), "size")


def _a_load(view: View, number: Number) -> bool:
    """ "A convoy of 52", "a bus with fourteen": what moves stands before the number, one small word between."""
    between = view.after(number.first - 2, 1, "of", "and") if number.first > 1 else ()
    return bool(between) and any(cue.last == number.first - 2 for cue in view.before(number.first, 2, "moved"))


def _an_age(view: View, number: Number) -> bool:
    """ "The politician is 69, in the colony he ...": a number that counts nothing, right after who somebody is."""
    ends = _STOP.match(view.passage.text, number.end)
    if not ends or not _GROWN <= number.value < _OLDEST or number.first == 0:
        return False
    before = number.first - 1
    if before and view.passage.folded[before] in small_words("is"):
        return bool(view.before(before, 1, "asks", "single", "kind", "one"))  # "the elder, who is 65, ..."
    return bool(view.before(number.first, 1, "single", "kind")) or any(found.last == before for found in view.persons)


def _counts_both(view: View, number: Number) -> bool:
    """ "52 men and women" are all of them, though men alone may be a part."""
    return any(cue.last - cue.first > 1 for cue in view.after(number.last, 1, "people"))


def _counts_something_else(view: View, number: Number) -> bool:
    """Does a word follow that no list knows, as in "nine companies"? The short ones are prepositions."""
    following = number.last + 1
    if following >= len(view.clause) or view.clause[following] != view.clause[number.last]:
        return False
    told = view.told_in(following).items()
    known = any(cue.first == following for name, cues in told if name != "kind" for cue in cues)
    return not known and len(view.passage.folded[following]) >= LEAST_NOUN


def _weigh_event(item: Candidate, scene: Scene, named: Named) -> None:
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
        _weigh_untold(item, scene)
    if view.before(number.first, 2, "total") or view.after(number.last, 2, "total"):
        item.add(2, "total", Mark.WHOLE)
    elif view.in_clause(number.first, "total"):
        item.add(1.5, "total in clause", Mark.WHOLE)
    if view.before(number.first, 1, "among") or (view.before(number.first, 2, "among") and not among_those(item)):
        item.add(1.5, "one of the whole", Mark.WHOLE)


def _weigh_untold(item: Candidate, scene: Scene) -> None:
    """No word of a release that the lists know. Where the text as a whole is surely about one ("fifty-two people: a
    one-way ticket"), that is no reproach to a number of people that is not of further ones, of an envoy's record or of
    pairs."""
    view, number = item.view, item.number
    record = number.value % _ROUND == 0 and scene.any("envoy")
    further = view.before(number.first, 1, "others") or view.after(number.last, 1, "others")
    counts = Mark.PEOPLE in item.marks or view.passage.where == "title"
    if scene.sure and counts and number.value > _PAIR and not further and not record and not scene.any("failed"):
        item.add(-0.5, "a release is not told of in words known")
    else:
        item.add(-3, "nobody freed", Mark.NOBODY_FREED)


def _sum(item: Sum, scene: Scene, named: Named) -> Candidate:
    candidate = Candidate(item.number, item.view, scene.views, item.number.value, summed=True)
    points = 5.0 if item.reason in (HOME_AND_ABROAD, STAY_AND_GO) else 4.0
    candidate.add(points + 1.5 * (item.view.passage.where == "title"), item.reason)
    _weigh_event(candidate, scene, named)
    return candidate


def _own_release(scene: Scene, named: Named) -> bool:
    """Does the title tell that somebody is let out, by name or trade, and count nobody?"""
    title = scene.title
    if any(number.kind == "count" and number.value > 1 for number in title.numbers):
        return False
    if not real_sentences(title):
        return False
    if any(title.in_clause(cue.first, "freed") for cue in title.all("single")):
        return True
    named_there = any(where == "title" for where, _ in named)
    return named_there and any(title.in_clause(found.first, "freed", "home", "moved") for found in title.persons)


def _weigh_beside_own(item: Candidate) -> None:
    """ "Losik is free. Eight others left the colony in March": of an earlier release. "The lawyer is 43": an age."""
    view, number = item.view, item.number
    if view is not item.views[1] or view.in_sentence(number.first, "among", "pronoun", "including"):
        return
    if Mark.EARLIER in item.marks:
        item.add(-4, "earlier than his or her own")
        return
    bare = _GROWN <= number.value < _OLDEST and _STOP.match(view.passage.text, number.end) is not None
    if (
        bare
        and not item.marks & (Mark.PEOPLE | Mark.WHOLE)
        and not view.before(number.first, 2 * _REACH, "freed", "moved", "home")
    ):
        item.add(-5, "perhaps an age")


def _remaining(candidates: Sequence[Candidate], released: Candidate | None) -> Count | None:
    many = read_table("facts")["rules"]["many"]
    held: list[tuple[float, int, Count]] = []
    for item in candidates:
        if item is released:
            continue
        view, number = item.view, item.number
        points = 0.0
        if number.value < many and view.lasted(number.first):
            continue  # "five had six months left"
        if held_near(view, number):
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
