"""Which of the places that a text names may be where the freed were taken: not a capital that speaks, nor where
somebody came from, would not go, or was months ago."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from matching.cues import Cue, places_in, read_table, small_words
from matching.scene import View

_NEW_THOUGHT = re.compile("[:;–—]")  # "two Japanese: Lithuania took in ..."
_CITIZENS = 6  # words between "citizens" and their country
_ENVOY = 3  # words between "envoy" and the country he is sent to
_HOPES = 2  # words between a capital and what it hopes or demands
_CLAIMS = 4  # words after "praises" in which those who came home are whom it praises or welcomes
_CONJUNCTION = 3  # words of "після того, як", which hold a comma
_GROUP = 10  # people who are a group of their own; "a mother of two sons" is none
_OFFICE = 2  # words between a country and its minister or embassy
Spots = Sequence[tuple[View, int]]  # where freed or held prisoners are named


def places_of(view: View, named: Spots, released: int | None) -> Iterator[Cue]:
    """Names of countries and cities: not of peoples and languages, nor whose citizens somebody is, nor where somebody
    came from or would not go, nor a capital that speaks ("Riga: we thank the president")."""
    barred = {cue.first for cue in view.all("not_place")}
    for cue in places_in(view.cues):
        charge = view.before(_article(view, cue), _ENVOY, "envoy")  # "envoy to Ukraine", "l'inviato per l'Ucraina"
        barred_here = cue.first in barred and cue.first == cue.last  # a people; "the Lithuanian border" is a place
        refused = view.in_clause(cue.first, "refuse", "ago") or _months_ago(view, cue)
        if barred_here or charge or refused or _citizens(view, cue) or _from(view, cue) or _speaks(view, cue):
            continue
        if _thanked(view, cue):
            continue
        if _office(view, cue) or _elsewhere(view, cue, named) or _earlier(view, cue, released):
            continue
        if _greater_group(view, cue, released):
            continue
        yield cue


def _thanked(view: View, place: Cue) -> bool:
    """ "She thanks Ukraine and the States", not "thanks Lithuania, where they were driven"."""
    thanks = view.before(place.first, _HOPES, "thanks") and not into(view, place)
    return bool(thanks) and not view.in_sentence(place.first, "moved", "went")


def _earlier(view: View, place: Cue, released: int | None) -> bool:
    """ "A month after sending 14 to Lithuania", "since Poland closed the border": told as what was before."""
    clause = view.clause[place.first]
    start = _article(view, place)
    if view.before(start, 1, "after") and not into(view, place):  # German "nach" is both
        return True
    starts = {other.first for other in places_in(view.told_in(place.first))}
    for cue in view.in_sentence(place.first, "after"):
        if cue.last + 1 in starts:
            continue  # German "nach Litauen"
        if cue.last >= place.first or clause not in view.clause[cue.last : cue.last + _CONJUNCTION]:
            continue
        between = [number for number in view.numbers if cue.last < number.first < place.first]
        if any(number.kind == "count" and number.value > 1 and number.value != released for number in between):
            return True
    return False


def _greater_group(view: View, place: Cue, released: int | None) -> bool:
    """ "Nineteen pardoned. Last week's forty had been bused to Lithuania": more people than are freed now, of whom the
    same sentence tells that they were moved, are an earlier group."""
    if not released or not view.in_sentence(place.first, "moved", "went", "home", "freed"):
        return False
    sentence, many = view.sentence_of(place.first), read_table("facts")["rules"]["many"]
    here = [one for one in view.numbers if view.sentence_of(one.first) == sentence and one.kind == "count"]
    return all(one.value != released for one in here) and any(
        max(released + 1, _GROUP) <= one.value < many
        and not one.bound
        and not view.in_clause(one.first, "held", "forecast")
        for one in here
    )


def _office(view: View, place: Cue) -> bool:
    """ "Lithuania's foreign minister", "the embassy of Poland": an office, unless it meets or takes people in."""
    if view.in_clause(place.first, "moved", "went", "home"):
        return False
    clause = view.clause[place.first]
    near = (*view.before(place.first, _OFFICE, "office"), *view.after(place.last, _OFFICE, "office"))
    return any(view.clause[cue.first] == clause for cue in near)


def _months_ago(view: View, place: Cue) -> bool:
    """What was in an earlier month, not "two days after"."""
    words, lately = view.passage.folded, tuple(small_words("lately"))
    back = view.in_clause(place.first, "back")
    return any(not any(words[at].startswith(lately) for at in range(cue.first, cue.last + 1)) for cue in back)


def _elsewhere(view: View, place: Cue, named: Spots) -> bool:
    """ "The minister spoke in Berlin", "Tsikhanouskaya in Warsaw": where somebody is who was no prisoner, and nobody
    came."""
    clause = view.clause[place.first]
    movers = view.in_clause(place.first, "moved", "went", "home")
    if any(cue.last < place.first or cue.first > place.last for cue in movers):
        return False
    prisoners = {first for other, first in named if other is view}
    for found in view.persons:
        if 0 < place.first - found.last <= _OFFICE and found.first not in prisoners and into(view, place):
            return True
    if not view.in_clause(place.first, "says", "thanks"):
        return False
    homes = read_table("facts")["homes"]
    officials = [found for found in view.persons if found.person in homes and view.clause[found.first] == clause]
    return bool(officials or view.in_clause(place.first, "office"))


def _citizens(view: View, place: Cue) -> bool:
    """Are those before a place its citizens? Not when "is", "in" or a word of movement says
    that they are there."""
    parts = [
        cue
        for cue in view.before(place.first, _CITIZENS, "part")
        if not _NEW_THOUGHT.search(view.text(cue.last, place.first))
    ]
    if not parts or into(view, place):
        return False
    moved = {cue.first for cue in view.in_sentence(place.first, "moved", "went", "home")}
    between = range(min(part.first for part in parts) + 1, place.first)
    folded, known = view.passage.folded, small_words("is")
    there = [at for at in between if at in moved or folded[at] in known]
    return any(all(at <= part.first for at in there) for part in parts)


def into(view: View, place: Cue) -> bool:
    """Does "in" or "to" stand before a place, perhaps with an article between?"""
    first = _article(view, place)
    if view.text(place.first, place.first).casefold() in read_table("facts")["prepositions"]["there"]:
        return True  # accents count: "Lietuva", but "Lietuvą"
    before = view.passage.folded[first - 1] if first else ""
    return before in small_words("into") or (place.last > place.first and before in small_words("onto"))


def _article(view: View, place: Cue) -> int:
    """Index of a place's article, else of the place."""
    first = place.first
    return first - 1 if first > 1 and view.passage.folded[first - 1] in small_words("the") else first


def _from(view: View, place: Cue) -> bool:
    """Where somebody came from or looks on from: "they came from Vilnius and Berlin", "From Warsaw, the exiles ..."."""
    first = place.first
    joined = view.before(first, 1, "and")
    if joined and joined[0].first > 1:
        first = joined[0].first - 1
    if not first or view.passage.folded[first - 1] not in small_words("from"):
        return False
    if first == 1 or view.clause[first - 2] != view.clause[first - 1]:
        return True
    moved = view.in_clause(place.first, "home", "moved")
    return bool(moved) and all(cue.last != first - 1 for cue in moved)  # not "pictures from Vilnius"


def _speaks(view: View, place: Cue) -> bool:
    """ "Riga: we thank the president", "Warsaw closed the border": a capital that speaks or does something else than
    take people in."""
    if not _opens(view, place):
        return False
    end = view.passage.ends[place.last]
    if view.passage.text[end : end + 1] == ":":
        return not place.first or view.sentence_of(place.first - 1) != view.sentence_of(place.first)
    if _claims(view, place):
        return True
    following = place.last + 1
    if following >= len(view.clause) or view.clause[following] != view.clause[place.first]:
        return False
    if view.after(place.last, _HOPES, "forecast"):
        return True
    clauses = {view.clause[place.first], _reported(view, place)}
    told = view.in_sentence(place.first, "moved", "home", "freed", "people")
    numbered = [number.first for number in view.numbers]
    return clauses.isdisjoint(view.clause[index] for cue in told for index in (cue.first, cue.last)) and (
        clauses.isdisjoint(view.clause[index] for index in numbered)
    )


def _claims(view: View, place: Cue) -> bool:
    """ "Vilnius hails the release", "Warsaw denies", not "Vilnius welcomes those who came home"."""
    clause = view.clause[place.first]
    claims = view.after(_joined_last(view, place), _HOPES, "hails", "thanks")
    claims = [cue for cue in claims if view.clause[cue.first] == clause]
    return bool(claims) and all(cue.first - claims[-1].last > _CLAIMS for cue in view.in_clause(place.first, "home"))


def _reported(view: View, place: Cue) -> int:
    """The clause of what a country reports: "Lithuania said that it receives fifty people"; else its own."""
    own = view.clause[place.first]
    end = bisect_right(view.clause, own)
    opens = end < len(view.clause) and view.passage.folded[end] in small_words("that")
    return view.clause[end] if opens and view.in_clause(place.first, "says") else own


def _joined_last(view: View, place: Cue) -> int:
    """The last word of a place, or of another that "and" joins to it."""
    joined = view.after(place.last, 1, "and")
    return joined[0].last + 1 if joined else place.last


def _opens(view: View, place: Cue) -> bool:
    """Does a clause begin with a place, or with two that "and" joins?"""
    first = place.first
    joined = view.before(first, 1, "and")
    if joined and joined[0].first:
        first = joined[0].first - 1
    if first and view.passage.folded[first - 1] in small_words("but"):
        first -= 1
    return not first or view.clause[first - 1] != view.clause[first]
