"""Where the freed were taken: the place that most of them went to, else the one nearest to a word of movement.

Places, peoples and the small words before them stand in matching/words/facts.toml.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matching.cues import Cue, places_in, read_table
from matching.halves import country_of
from matching.numbers import Number
from matching.other_places import Spots, into, places_of
from matching.scene import Scene, View
from matching.sums import Told, noun_distance

_FAR = 1_000_000
_CLOSE = 8  # words between a place and what says that somebody came there
_WIDE = 30  # the same where only one place is spoken of
_COUNTED = 2  # words between a number and the people it counts
_BESIDE = 2  # words between a number and "others"
_ALONE = 12  # words between the only number and the only place of a sentence
_FEW = 20  # a number of people beside which "the rest" are not the most
_MOVERS = ("moved", "went", "home", "freed")
Places = Sequence[tuple[View, Sequence[Cue]]]  # of every part of a text the places in it, in order


def destination(scene: Scene, named: Spots, released: int | None = None) -> tuple[str, str] | None:
    """The place and the words that tell it; None when the text names none. `released` is how many were freed: others
    of whom it is told where they went after some other number are of an earlier release."""
    if not named and not scene.sure and not scene.any("freed", "people", "home", "moved"):
        return None
    told = [
        (view, sorted([*places_of(view, named, released), *_here(scene, view)], key=lambda place: place.first))
        for view in scene.views
    ]
    alone = len({place.name for _, places in told for place in places}) == 1
    return (
        _by_numbers(told, released)
        or _by_words(told, named, alone=alone)
        or _homeland(scene)
        or _home_of_all(scene, released)
        or (_only_place(told) if alone else None)
        or _others_taken(scene)
        or _host(scene)
    )


def _by_numbers(told: Places, released: int | None) -> tuple[str, str] | None:
    """ "114 were taken to Ukraine, nine to Lithuania": where numbers go to different places, the greatest decides.
    Where one small number of a great release has its place, the other place that is told is that of the many."""
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
    counted = [name for name, (count, _) in went.items() if count > 1]
    if len(counted) == 1 and released and 2 * went[counted[0]][0] < released:
        return _other_place(told, counted[0])
    if len(went) < 2 or max(count for count, _ in went.values()) == 1:
        return None
    place = max(went, key=lambda name: went[name][0])
    return place.removeprefix("place:"), went[place][1]


def _other_place(told: Places, few: str) -> tuple[str, str] | None:
    """ "Seven reached Vilnius, Babaryka was handed over to Ukraine": the one place besides that of the few to which
    somebody was moved, or that is told with "to" or "in"."""
    for view, places in told:
        for cue in places:
            if cue.name == few or view.in_clause(cue.first, "negation", "forecast", "held", "says", "thanks"):
                continue
            if into(view, cue) or view.in_clause(cue.first, "moved", "went", "rest"):
                return cue.name.removeprefix("place:"), view.text(cue.first, cue.last)
    return None


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
            there = counted and into(view, cue) and noun_distance(view, counted[-1], "people") is not None
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
                near = (*view.before(cue.first, _COUNTED, "freed"), *view.after(cue.last, _COUNTED, "freed"))
                freed = not counted and scene.any("home") and near
                if (home or freed) and not view.in_clause(cue.first, "negation", "forecast", "held"):
                    return name.removeprefix("people of:"), view.text(cue.first, cue.last)
    return None


def _home_of_all(scene: Scene, released: int | None) -> tuple[str, str] | None:
    """ "31 civilians are home. The Ukrainians had been sentenced in Belarus": all came home, one people is named."""
    title = scene.title
    counted = [number for number in title.numbers if number.value == released and number.kind == "count"]
    if not counted or not title.in_sentence(counted[0].first, "home"):
        return None
    if title.in_sentence(counted[0].first, "negation", "forecast", "stay"):
        return None
    peoples: dict[str, str] = {}
    for view in scene.views:
        for name, cues in view.cues.items():
            for cue in cues if name.startswith("people of:") else ():
                some = [number for number in view.numbers if 0 <= cue.first - number.last <= _COUNTED]
                if any(number.value != released for number in some) or view.before(cue.first, _CLOSE, "including"):
                    return None
                peoples[name] = view.text(cue.first, cue.last)
    name, words = next(iter(peoples.items()), ("", ""))
    return (name.removeprefix("people of:"), words) if len(peoples) == 1 else None


def _others_taken(scene: Scene) -> tuple[str, str] | None:
    """ "He would not leave at the Lithuanian border. 51 others were bused out": the way that he alone refused."""
    refused = [
        (view, cue) for view in scene.views for cue in places_in(view.cues) if view.in_clause(cue.first, "refuse")
    ]
    if len({cue.name for _, cue in refused}) != 1:
        return None
    for view in scene.views:
        for number in view.numbers:
            others = view.before(number.first, _BESIDE, "others", "pronoun")
            others = others or view.after(number.last, _BESIDE, "others")
            if others and number.kind == "count" and view.in_clause(number.first, "moved"):
                where, cue = refused[0]
                return cue.name.removeprefix("place:"), where.text(cue.first, cue.last)
    return None


def _host(scene: Scene) -> tuple[str, str] | None:
    """ "Budrys thanks the general. Five of those brought are Belarusians": where no place is named, the country whose
    official or body speaks of people who came."""
    homes = read_table("facts")["homes"]
    hosts: dict[str, str] = {}
    came = False
    for view in scene.views:
        if any(places_in(view.cues)):
            return None
        hosts |= {homes[at.person]: view.text(at.first, at.last) for at in view.persons if at.person in homes}
        for name, cues in view.cues.items():
            if name.startswith("body:"):
                hosts[name.removeprefix("body:")] = view.text(cues[0].first, cues[0].last)
        for number in view.numbers:
            counted = number.kind == "count" and number.value > 1 and view.in_clause(number.first, "moved")
            came = came or (bool(counted) and not view.in_clause(number.first, "forecast", "negation", "held"))
    return next(iter(hosts.items())) if came and len(hosts) == 1 else None


def _only_place(told: Places) -> tuple[str, str] | None:
    """ "The reporter is in Poland", "buses on their way to Vilnius": the only place of the text, after "in" or "to"."""
    for view, places in told:
        for place in places:
            doubted = view.in_clause(place.first, "forecast", "negation", "held")
            if into(view, place) and not doubted:
                return place.name.removeprefix("place:"), view.text(place.first, place.last)
    return None


def _here(scene: Scene, view: View) -> Iterator[Cue]:
    """ "Budanov met 114 at the border", "Budrys: they came to us": the country of who meets them, or of who writes."""
    homes, ours = read_table("facts")["homes"], read_table("facts")["ours"]
    for found in view.persons:
        if found.person in homes and (
            view.in_clause(found.first, "moved")
            or (_introduces(view, found.last) and view.in_clause(found.last + 1, "moved"))
        ):
            yield Cue(f"place:{homes[found.person]}", found.first, found.last)
    for name, cues in view.cues.items():
        for cue in cues if name.startswith("body:") else ():
            if view.in_sentence(cue.first, "moved", "home") and not view.in_clause(cue.first, "forecast", "negation"):
                yield Cue(f"place:{name.removeprefix('body:')}", cue.first, cue.last)
    hosts = {homes[found.person] for part in scene.views for found in part.persons if found.person in homes}
    own = {ours[lang] for lang in scene.langs if lang in ours} if len(scene.langs) == 1 else set()
    countries = hosts if len(hosts) == 1 else own
    for cue in view.all("ours"):
        if countries and not view.in_clause(cue.first, "forecast", "negation", "held"):
            yield Cue(f"place:{min(countries)}", cue.first, cue.last)


def _introduces(view: View, last: int) -> bool:
    """Does a colon follow the word, and then what the person says?"""
    end = view.passage.ends[last]
    return view.passage.text[end : end + 1] == ":" and last + 1 < len(view.clause)


def _gap(view: View, place: Cue, movers: Sequence[str], named: Spots) -> int:
    """Words between a place and what says that somebody came there; without movers, and a freed person named.

    What is only planned of a named person ("will be treated in Germany") is no arrival.
    """
    sentence = view.sentence_of(place.first)
    if movers:
        planned = view.in_clause(place.first, "forecast") and not view.in_clause(place.first, *movers)
        cues = [] if planned else [cue for cue in view.in_sentence(place.first, *movers) if not _not_so(view, cue)]
        return min((abs(place.first - cue.last) for cue in cues if cue.first != place.first), default=_FAR)
    if view.in_clause(place.first, "forecast"):
        return _FAR
    at = [first for other, first in named if other is view and view.sentence_of(first) == sentence]
    return min((abs(place.first - first) for first in at), default=_FAR)


def _not_so(view: View, mover: Cue) -> bool:
    """ "Why he did not go to Vilnius"."""
    return bool(view.before(mover.first, 1, "negation"))
