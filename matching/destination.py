"""Where the freed were taken: the place that most of them went to, else the one nearest to a word of movement.

Places, peoples and the small words before them stand in matching/words/facts.toml.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matching.cues import Cue, places_in, read_table, small_words
from matching.numbers import Number
from matching.scene import Scene, View
from matching.sums import Told, country_of, noun_distance

_FAR = 1_000_000
_CLOSE = 8  # words between a place and what says that somebody came there
_WIDE = 30  # the same where only one place is spoken of
_CITIZENS = 6  # words between "citizens" and their country
_ENVOY = 3  # words between "envoy" and the country he is sent to
_HOPES = 2  # words between a capital and what it hopes or demands
_COUNTED = 2  # words between a number and the people it counts
_OFFICE = 2  # words between a country and its minister or embassy
_ALONE = 12  # words between the only number and the only place of a sentence
_FEW = 20  # a number of people beside which "the rest" are not the most
_MOVERS = ("moved", "went", "home", "freed")
Spots = Sequence[tuple[View, int]]  # where freed or held prisoners are named
Places = Sequence[tuple[View, Sequence[Cue]]]  # of every part of a text the places in it, in order


def destination(scene: Scene, named: Spots) -> tuple[str, str] | None:
    """The place and the words that tell it; None when the text names none."""
    if not named and not scene.any("freed", "people", "home", "moved"):
        return None
    langs = scene.langs
    told = [
        (view, sorted([*_places(view, named), *_here(view, langs)], key=lambda place: place.first))
        for view in scene.views
    ]
    alone = len({place.name for _, places in told for place in places}) == 1
    return (
        _by_numbers(told)
        or _by_words(told, named, alone=alone)
        or _homeland(scene)
        or (_only_place(told) if alone else None)
    )


def _by_numbers(told: Places) -> tuple[str, str] | None:
    """ "114 were taken to Ukraine, nine to Lithuania": where numbers go to different places, the greatest decides."""
    went: dict[str, tuple[int, str]] = {}
    for view, places in told:
        for number in view.numbers if places else ():
            if number.kind != "count" or number.value < 2:
                continue
            if view.in_clause(number.first, "held", "back", "forecast") or view.before(number.first, 3, "total"):
                continue
            place = _place_of(view, number, places)
            if place and number.value > went.get(place, (0, ""))[0]:
                went[place] = number.value, number.text
    many = any(count >= _FEW for count, _ in went.values())
    for view, places in told:
        for cue in places:
            if _most(view, cue, "most") or (not many and _most(view, cue, "rest")):
                went[cue.name] = _FAR, view.text(cue.first, cue.last)
            elif cue.name not in went and _most(view, cue, "moved", "went", "rest"):
                went[cue.name] = 1, view.text(cue.first, cue.last)
    if len(went) < 2 or max(count for count, _ in went.values()) == 1:
        return None
    place = max(went, key=lambda name: went[name][0])
    return place.removeprefix("place:"), went[place][1]


def _place_of(view: View, number: Number, places: Sequence[Cue]) -> str:
    """The place that a number went to: the nearest one, or the only one of a sentence with no other number; ""."""
    near = country_of(Told(number, view, number.value))
    if near in {cue.name for cue in places}:
        return near
    clause = {cue.name for cue in places if view.clause[cue.first] == view.clause[number.first]}
    if len(clause) == 1 and view.in_clause(number.first, "moved"):
        return clause.pop()
    sentence = view.sentence_of(number.first)
    here = [cue for cue in places if view.sentence_of(cue.first) == sentence]
    others = [one for one in view.numbers if one.kind == "count" and view.sentence_of(one.first) == sentence]
    if len(here) != 1 or len(others) != 1 or abs(here[0].first - number.first) > _ALONE:
        return ""
    return here[0].name if view.in_clause(here[0].first, "moved") else ""


def _most(view: View, place: Cue, *names: str) -> bool:
    """ "Most are in Ukraine, nine in Lithuania", "nine in Vilnius, the rest in Chernihiv": where those many went."""
    clause = view.clause[place.first]
    cues = view.in_clause(place.first, *names)
    return any(view.clause[cue.last] == clause and abs(cue.last - place.first) <= _CLOSE for cue in cues)


def _by_words(told: Places, named: Spots, *, alone: bool) -> tuple[str, str] | None:
    """The first place to which people were taken, or where freed ones are met; `alone` when the text has one only."""
    rounds: list[tuple[int, Sequence[str], Places]] = [
        (_CLOSE, movers, [part]) for part in told for movers in (_MOVERS, ())
    ]
    if alone:
        rounds += [(_WIDE, movers, told) for movers in (_MOVERS, ())]
    for reach, movers, parts in rounds:
        for view, places in parts:
            rated = [(gap, cue) for cue in places if (gap := _gap(view, cue, movers, named)) <= reach]
            if rated:
                sentence = view.sentence_of(rated[0][1].first)
                _, cue = min(
                    (row for row in rated if view.sentence_of(row[1].first) == sentence), key=lambda row: row[0]
                )
                return cue.name.removeprefix("place:"), view.text(cue.first, cue.last)
    return _counted_there(told)


def _counted_there(told: Places) -> tuple[str, str] | None:
    """ "114 prisoners in Ukraine": people counted at a place."""
    for view, places in told:
        for cue in places:
            counted = [number for number in view.numbers if 0 < cue.first - number.last <= _CLOSE // 2]
            there = counted and _into(view, cue) and noun_distance(view, counted[-1], "people") is not None
            if there and not view.in_clause(cue.first, "held", "forecast", "negation"):
                return cue.name.removeprefix("place:"), view.text(cue.first, cue.last)
    return None


def _homeland(scene: Scene) -> tuple[str, str] | None:
    """ "31 Ukrainians are back home", "Kyiv: 31 compatriots are back": a people that came home, where no place is
    named."""
    title = scene.title
    for cue in places_in(title.cues) if title.numbers else ():
        said = title.passage.text[title.passage.ends[cue.last] :][:1] == ":"
        if said and not cue.first and title.in_sentence(0, "home") and title.in_sentence(0, "part"):
            return cue.name.removeprefix("place:"), title.text(cue.first, cue.last)
    for view in scene.views:
        for name, cues in view.cues.items():
            for cue in cues if name.startswith("people of:") else ():
                counted = any(0 <= cue.first - number.last <= _COUNTED for number in view.numbers)
                home = counted and view.in_sentence(cue.first, "home", "moved")
                if home and not view.in_clause(cue.first, "negation", "forecast", "held"):
                    return name.removeprefix("people of:"), view.text(cue.first, cue.last)
    return None


def _only_place(told: Places) -> tuple[str, str] | None:
    """ "The reporter is in Poland", "buses on their way to Vilnius": the only place of the text, after "in" or "to"."""
    for view, places in told:
        for place in places:
            before = view.passage.folded[place.first - 1] if place.first else ""
            doubted = view.in_clause(place.first, "forecast", "negation", "held")
            if before in small_words("into") and not doubted:
                return place.name.removeprefix("place:"), view.text(place.first, place.last)
    return None


def _places(view: View, named: Spots) -> Iterator[Cue]:
    """Names of countries and cities: not of peoples and languages, nor whose citizens somebody is, nor where somebody
    came from or would not go, nor a capital that speaks ("Riga: we thank the president")."""
    barred = {cue.first for cue in view.all("not_place")}
    for cue in places_in(view.cues):
        charge = view.before(cue.first, _ENVOY, "envoy")  # "envoy to Ukraine"
        barred_here = cue.first in barred and cue.first == cue.last  # a people; "the Lithuanian border" is a place
        refused = view.in_clause(cue.first, "refuse", "ago") or _months_ago(view, cue)
        if barred_here or charge or refused or _citizens(view, cue) or _from(view, cue) or _speaks(view, cue):
            continue
        if _office(view, cue) or _elsewhere(view, cue, named):
            continue
        yield cue


def _here(view: View, langs: Sequence[str]) -> Iterator[Cue]:
    """ "Budanov met 114 at the border", "they came to us": the country of who meets them, or of who writes."""
    homes, ours = read_table("facts")["homes"], read_table("facts")["ours"]
    for found in view.persons:
        if found.person in homes and view.in_clause(found.first, "moved"):
            yield Cue(f"place:{homes[found.person]}", found.first, found.last)
    for cue in view.all("ours"):
        if len(langs) == 1 and langs[0] in ours and not view.in_clause(cue.first, "forecast", "negation", "held"):
            yield Cue(f"place:{ours[langs[0]]}", cue.first, cue.last)


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
    if view.in_clause(place.first, "moved", "went", "home"):
        return False
    prisoners = {first for other, first in named if other is view}
    for found in view.persons:
        if 0 < place.first - found.last <= _OFFICE and found.first not in prisoners and _into(view, place):
            return True
    if not view.in_clause(place.first, "says", "thanks"):
        return False
    homes = read_table("facts")["homes"]
    clause = view.clause[place.first]
    officials = [found for found in view.persons if found.person in homes and view.clause[found.first] == clause]
    return bool(officials or view.in_clause(place.first, "office"))


def _citizens(view: View, place: Cue) -> bool:
    """Are those before a place its citizens? Not when "is", "in" or a word of movement says
    that they are there."""
    parts = view.before(place.first, _CITIZENS, "part")
    if not parts or _into(view, place):
        return False
    moved = {cue.first for cue in view.in_sentence(place.first, "moved", "home")}
    between = range(min(part.first for part in parts) + 1, place.first)
    folded, known = view.passage.folded, small_words("is")
    there = [at for at in between if at in moved or folded[at] in known]
    return any(all(at <= part.first for at in there) for part in parts)


def _into(view: View, place: Cue) -> bool:
    """Does "in" or "to" stand before a place, perhaps with an article between?"""
    words, first = view.passage.folded, place.first
    before = words[first - 1] if first else ""
    if before in small_words("the") and first > 1:
        before = words[first - 2]
    return before in small_words("into")


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
    following = place.last + 1
    clause = view.clause[place.first]
    if following >= len(view.clause) or view.clause[following] != clause:
        return False
    if view.after(place.last, _HOPES, "forecast"):
        return True
    if not view.in_clause(place.first, "home") and view.after(_joined_last(view, place), _HOPES, "hails", "thanks"):
        return True
    return not view.in_clause(place.first, "moved", "home", "freed", "people") and not any(
        view.clause[number.first] == clause for number in view.numbers
    )


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
    return not first or view.clause[first - 1] != view.clause[first]


def _gap(view: View, place: Cue, movers: Sequence[str], named: Spots) -> int:
    """Words between a place and what says that somebody came there; without movers, and a freed person named.

    What is only planned of a named person ("will be treated in Germany") is no arrival.
    """
    sentence = view.sentence_of(place.first)
    if movers:
        planned = view.in_clause(place.first, "forecast") and not view.in_clause(place.first, *movers)
        cues = [] if planned else view.in_sentence(place.first, *movers)
        return min((abs(place.first - cue.last) for cue in cues if cue.first != place.first), default=_FAR)
    if view.in_clause(place.first, "forecast"):
        return _FAR
    at = [first for other, first in named if other is view and view.sentence_of(first) == sentence]
    return min((abs(place.first - first) for first in at), default=_FAR)
