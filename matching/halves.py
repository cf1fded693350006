"""Numbers told as halves that must be added up: those who stay and those taken away, some here and some there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from matching.cues import places_in, read_table, small_words
from matching.scene import Scene, View
from matching.sums import Sum, Told, is_part, joined, noun_distance, of_between, stays_inside

_HALVES = 2  # numbers of a title that are halves, and tokens from one to the other around a "plus"
HOME_AND_ABROAD = "some go home, some abroad"
STAY_AND_GO = "those who stay and those who go"
_SIDES = ("side", "home", "abroad", "stay", "moved", "ours")  # lists whose words tell one half of a title
_NEAR = 4  # tokens between a number and the country it went to, or the word that says it stayed


def split_sums(scene: Scene, told: Sequence[Told]) -> Iterator[Sum]:
    """ "235 stay at home, 15 are taken abroad"; "Lithuania took nine, Ukraine another 114": where people are freed."""
    if not (scene.sure or scene.any("freed", "decree", "moved") or any(view.persons for view in scene.views)):
        return
    many = read_table("facts")["rules"]["many"]
    few = [item for item in told if 1 < item.value < many and not _doubted(item)]
    for one, other in _pairs(few):
        if one.value == other.value:
            if one.view is other.view is scene.title and _plus(scene.title, one, other):
                yield _added(one, other, "two halves of a title")
            continue
        together = one.view is other.view and one.view.sentence_of(one.number.first) == other.view.sentence_of(
            other.number.first
        )
        if together and _home_and_abroad(one, other):
            yield _added(one, other, HOME_AND_ABROAD)
        elif together and _stay_and_go(scene, one, other):
            yield _added(one, other, STAY_AND_GO)
        elif one.view is other.view is scene.title and _two_sides(scene.title, one, other):
            yield _added(one, other, "two halves of a title")
        elif _home_apart(scene, one, other) or _the_rest(scene, one, other):
            yield _added(one, other, STAY_AND_GO)
        elif _two_countries(one, other, together):
            yield _added(one, other, "to two countries")
        elif together and _and_others(one, other):
            yield _added(one, other._replace(value=other.number.value), "some and further ones")
        elif _with_others(one, other):
            yield _added(one, other._replace(value=other.number.value), "some and the others with them")


def _pairs(told: Sequence[Told]) -> Iterator[tuple[Told, Told]]:
    return ((one, other) for one, other in combinations(told, 2) if not _of_the_other(one, other))


def _of_the_other(one: Told, other: Told) -> bool:
    """ "235 of the 250", not "five of their own, nine foreigners"."""
    view, clause = one.view, one.view.clause
    return (
        view is other.view
        and clause[one.number.last] == clause[other.number.first]
        and of_between(view, one.number, other.number)
    )


def _doubted(item: Told) -> bool:
    view, number = item.view, item.number
    return number.bound != "" or bool(
        view.before(number.first, 3, "including", "forecast") or view.in_clause(number.first, "back")
    )


def _stay_and_go(scene: Scene, one: Told, other: Told) -> bool:
    stays = [item for item in (one, other) if _near(item, "stay") or _others_go_home(item)]
    goes = [
        item
        for item in (one, other)
        if item not in stays
        and (_near(item, "moved", "abroad", "freed") or country_of(item) or _apart_with_place(item, one, other))
    ]
    if len(stays) != 1 or len(goes) != 1:
        return False
    stay = stays[0]
    inside = stay.view.in_clause(stay.number.first, "held") or stays_inside(stay.view, stay.number)
    if inside and _stay_told_first(stay, goes[0]):
        return True
    return not inside or bool(stay.view.in_clause(stay.number.first, "home")) or scene.any("home")


def _apart_with_place(item: Told, one: Told, other: Told) -> bool:
    """ "Fifteen people are by now in Vilnius, another 235 may stay": a place in a clause that has no other number."""
    clause = item.view.clause
    return clause[one.number.first] != clause[other.number.first] and _with_place(item)


def _stay_told_first(stay: Told, gone: Told) -> bool:
    """ "235 remain, 15 leave": a title that begins with those who remain counts them among the freed, if all that
    speaks of captivity is "remain"."""
    first, view = stay.number.first, stay.view
    remain = {cue.first for cue in view.in_clause(first, "stay")}
    captive = [cue for cue in view.in_clause(first, "held") if cue.first not in remain]
    return view.passage.where == "title" and not first and not captive and _near(gone, "moved", "abroad")


def _others_go_home(item: Told) -> bool:
    """ "Fifteen arrived in Vilnius, the other 235 go home"."""
    return _near(item, "home") and bool(item.view.before(item.number.first, 2, "others"))


def _home_and_abroad(one: Told, other: Told) -> bool:
    """ "Fifteen reach Vilnius, 235 go home": told in two clauses, one with a country, the other without."""
    if one.view.clause[one.number.first] == one.view.clause[other.number.first]:
        return False
    gone, home = (one, other) if _with_place(one) else (other, one)
    at = home.number.last
    goes_home = _near(home, "home") or any(cue.first == at + 1 for cue in home.view.after(at, 1, "home"))
    if not _with_place(gone) or _with_place(home) or not goes_home or _near(home, "moved"):
        return False
    if is_part(home.view, home.number) and noun_distance(gone.view, gone.number, "people") is not None:
        return False  # "Six Lithuanians home: a bus of 52 prisoners reached Vilnius"
    first = gone.number.first
    told = gone.view.in_sentence if gone.view.passage.where == "title" else gone.view.in_clause
    return bool(told(first, "moved", "freed", "abroad"))


def _two_sides(title: View, one: Told, other: Told) -> bool:
    """ "Nine to the left, 114 to the right", "Five of our own, nine foreigners": a title of two numbers, each with a
    word that tells its half from the other."""
    counts = [number for number in title.numbers if number.kind == "count" and number.value > 1]
    if len(counts) > _HALVES:
        return False
    if _plus(title, one, other):
        return True
    if title.clause[one.number.first] == title.clause[other.number.first]:
        return False
    if title.in_sentence(one.number.first, "including", "ofthem", "among", "total", "only", "says"):
        return False
    return all(_on_a_side(item) for item in (one, other))


def _on_a_side(item: Told) -> bool:
    view, first = item.view, item.number.first
    people, part = (noun_distance(view, item.number, name) for name in ("people", "part"))
    if view.in_clause(first, "held") or (people is not None and people != part):
        return False
    if view.in_clause(first, *_SIDES):
        return True
    following = min((one.first for one in view.numbers if one.first > first), default=len(view.clause))
    while (
        0 < following < len(view.clause) and view.clause[following - 1] == view.clause[following] != view.clause[first]
    ):
        following -= 1
    told = view.told_in(first)
    sides = [cue for name in _SIDES for cue in told.get(name, ())]
    return any(first < cue.first < following for cue in (*sides, *places_in(told)))  # "fifteen - to Vilnius"


def _plus(title: View, one: Told, other: Told) -> bool:
    """ "Eight plus eight"."""
    first, second = sorted((one.number, other.number), key=lambda number: number.first)
    return second.first - first.last == _HALVES and title.passage.folded[first.last + 1] in small_words("plus")


def _home_apart(scene: Scene, one: Told, other: Told) -> bool:
    """ "235 left the colonies and stayed in the country. Another fifteen were taken in by Lithuania": those of the
    title stay or go home, the further ones of the summary's first sentence leave."""
    if one.view is not scene.title or other.view is not scene.body or other.view.sentence_of(other.number.first):
        return False
    stays = one.view.in_clause(one.number.first, "stay", "home") and not one.view.in_clause(one.number.first, "held")
    at = other.number
    further = other.view.before(at.first, 1, "others") or other.view.after(at.last, 1, "others")
    leaves = other.view.in_clause(other.number.first, "moved", "abroad") or _with_place(other)
    return bool(stays and further and leaves) and not other.view.in_clause(other.number.first, "held", "back", "ago")


def _with_place(item: Told) -> bool:
    """Does a country or city, or "abroad", stand in the clause of a number?"""
    view, first = item.view, item.number.first
    clause = view.clause[first]
    return bool(view.in_clause(first, "abroad")) or any(
        view.clause[cue.first] == clause for cue in places_in(view.told_in(first))
    )


def _and_others(one: Told, other: Told) -> bool:
    """ "Fifteen were taken away, another 235 sent home": said to be free or gone in both clauses."""
    view, first = one.view, other.number.first
    if not view.before(first, 1, "others") or view.clause[one.number.first] == view.clause[first]:
        return False
    return all(
        view.in_clause(number.first, "freed", "moved") and not view.in_clause(number.first, "held", "back")
        for number in (one.number, other.number)
    )


def _with_others(one: Told, other: Told) -> bool:
    """ "Six Lithuanians are home. They came with 46 others": a part, and the others with whom they came."""
    view, number = other.view, other.number
    if one.view.passage.where != "title" or view is one.view or view.sentence_of(number.first):
        return False
    with_them = view.before(number.first, _NEAR - 1, "and") or view.in_clause(number.first, "pronoun")
    others = view.before(number.first, 2, "others") or view.after(number.last, 2, "others")
    return bool(with_them and others) and is_part(one.view, one.number)


def _two_countries(one: Told, other: Told, together: bool) -> bool:
    following = other.view.sentence_of(other.number.first)
    next_to = one.view.passage.where == "title" and other.view.passage.where != "title" and following == 0
    if not together and not (next_to and other.view.before(other.number.first, 2, "others")):
        return False
    if one.view.in_clause(one.number.first, "total") or one.view.in_sentence(one.number.first, "most"):
        return False  # "in all 123, most to Ukraine, nine to Lithuania": the whole is told
    countries = country_of(one), country_of(other)
    return all(countries) and countries[0] != countries[1]


def _the_rest(scene: Scene, one: Told, other: Told) -> bool:
    """ "Twelve to Vilnius, the rest to Chernihiv. Thirty were met at the border": a title of one number with its place,
    then the rest with theirs; how many these are tells the first sentence of the summary."""
    title, body = scene.title, scene.body
    if one.view is not title or other.view is not body or body.sentence_of(other.number.first):
        return False
    if sum(number.kind == "count" and number.value > 1 for number in title.numbers) > 1 or not _with_place(one):
        return False
    rest = [cue for cue in title.in_sentence(one.number.first, "rest", "others") if cue.first > one.number.last]
    clauses = {title.clause[cue.first] for cue in rest} - {title.clause[one.number.first]}
    there = any(title.clause[cue.first] in clauses for cue in places_in(title.cues))
    at = other.number.first
    return there and not body.in_clause(at, "held", "back", "ago", "including") and not _of_whole(other)


def _of_whole(item: Told) -> bool:
    return bool(item.view.in_clause(item.number.first, "total", "ofthem"))


def _near(item: Told, *names: str) -> bool:
    view, number = item.view, item.number
    clause = view.clause[number.first]
    cues = (*view.before(number.first, _NEAR, *names), *view.after(number.last, _NEAR, *names))
    return any(view.clause[cue.first] == clause for cue in cues)


def _added(one: Told, other: Told, reason: str) -> Sum:
    if one.view is other.view:
        first, second = sorted((one.number, other.number), key=lambda number: number.first)
        return Sum(joined(one.view, [first, second], second.last, one.value + other.value), one.view, reason)
    text = f"{one.number.text} … {other.number.text}"
    return Sum(one.number._replace(text=text, value=one.value + other.value, bound=""), one.view, reason)


def country_of(item: Told) -> str:
    """The country nearest to a number, in its clause first, no other number between; "" without one."""
    view, number = item.view, item.number
    others = [one.first for one in view.numbers if one.kind == "count" and one.first != number.first]
    near: list[tuple[bool, bool, int, bool, str]] = []
    for cue in places_in(view.told_in(number.first)):
        away = cue.first - number.last if cue.first > number.last else number.first - cue.last
        span = range(min(cue.first, number.first), max(cue.first, number.first))
        if 0 < away <= _NEAR and not any(first in span for first in others):
            before, apart = cue.first < number.first, view.clause[cue.first] != view.clause[number.first]
            near.append((apart, apart and before, away, before, cue.name))
    return min(near)[4] if near else ""
