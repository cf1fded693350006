"""Numbers that are told in parts and must be added up: women and men, nations, those who stay and those taken away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from matching.cues import places_in, read_table, small_words
from matching.numbers import Number
from matching.scene import Scene, View

_NOUN = 3  # tokens between a number and the noun it counts
_GAP = 4  # tokens between two parts of one chain
_HALVES = 2  # numbers of a title that are halves, and tokens from one to the other around a "plus"
_ROW = 12  # tokens after a number in which a chain closes
HOME_AND_ABROAD = "some go home, some abroad"
STAY_AND_GO = "those who stay and those who go"
_NEAR = 4  # tokens between a number and the country it went to, or the word that says it stayed


class Told(NamedTuple):
    """A number as it was weighed: with those counted who are named beside it ("X and 8 others" are 9)."""

    number: Number
    view: View
    value: int


class Sum(NamedTuple):
    """Parts put together. `number` covers all of them; `reason` is for /why and tests."""

    number: Number
    view: View
    reason: str


def noun_distance(view: View, number: Number, name: str) -> int | None:
    """Tokens from a number to the first noun of a list after it; None when there is none in reach, or another number
    stands before it."""
    nouns = view.after(number.last, _NOUN, name)
    if not nouns:
        return None
    away = min(cue.first for cue in nouns) - number.last
    if not view.numbered.isdisjoint(range(number.last + 1, number.last + away)):
        return None
    return away


def chains(view: View, counts: Sequence[Number]) -> Iterator[Sum]:
    """ "ten foreigners and four locals" are 14; so are "five of our own, three Poles, ..., an Estonian and a Swede"."""
    run: list[Number] = []
    for number in (*counts, None):
        counted = number is not None and is_part(view, number) and (run or not view.before(number.first, 1, "after"))
        if number is not None and counted and (not run or _follows(view, run[-1], number)):
            run.append(number)
            continue
        if (
            run
            and (len(run) > 1 or _one_more(view, run[0]) or _one_before(view, run[0]))
            and not view.in_clause(run[0].first, "held", "back")
            and not _doubtful(view, run[0])
        ):
            last, single = _singles(view, run[-1])
            before = _one_before(view, run[0])
            if len(run) == 1 and not single and not before:
                single = run[0].value  # "eight women and as many men"
            each = [_each(view, part) for part in run]
            whole = sum(part.value * times for part, times in zip(run, each, strict=True)) + single - (each[-1] - 1)
            whole += before
            yield Sum(_joined(view, run, last, whole), view, "sum of parts")
        run = [number] if number is not None and counted else []


def of_between(view: View, number: Number, other: Number) -> bool:
    """Does "of" join two numbers, with up to two words between?"""
    gap = other.first - number.last
    if not 0 < gap <= _GAP:
        return False
    one_of = number.value == 1 and gap == 1  # in some languages an ending says "of"
    return one_of or any(cue.last < other.first for cue in view.after(number.last, 2, "of"))


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
        elif _home_apart(scene, one, other):
            yield _added(one, other, STAY_AND_GO)
        elif _two_countries(one, other, together):
            yield _added(one, other, "to two countries")
        elif together and _and_others(one, other):
            yield _added(one, other._replace(value=other.number.value), "some and further ones")
        elif _with_others(one, other):
            yield _added(one, other._replace(value=other.number.value), "some and the others with them")


def is_part(view: View, number: Number) -> bool:
    """Does the number count a kind of people, such as women, Poles or teachers?"""
    kinds = [away for name in ("part", "kind") if (away := noun_distance(view, number, name)) is not None]
    part, people = min(kinds, default=None), noun_distance(view, number, "people")
    return part is not None and (people is None or part <= people)


def _follows(view: View, before: Number, number: Number) -> bool:
    """Not "thirteen Belarusians, of them six women", which tells a whole and its part."""
    if view.sentence_of(before.first) != view.sentence_of(number.first) or not 1 < number.first - before.last <= _GAP:
        return False
    return not view.before(number.first, _GAP, "including") and not view.after(number.last, 1, "ofthem", "including")


def _doubtful(view: View, number: Number) -> bool:
    """Told as some among many, or hoped for or asked for: the word stands before the number, or before the word of
    release."""
    counted = [one.first for one in view.numbers]
    for cue in view.in_sentence(number.first, "among", "including"):
        if cue.last < number.first and not any(cue.last < first < number.first for first in counted):
            return True
    wishes = view.in_clause(number.first, "forecast")
    freed = view.in_clause(number.first, "freed")
    return bool(view.before(number.first, 8, "forecast")) or any(
        wish.first < cue.first for wish in wishes for cue in freed
    )


def _one_more(view: View, number: Number) -> bool:
    """ "Six Lithuanians, a German and a Frenchman": nouns of one person, each, after the only number."""
    if any(view.after(cue.last, _NOUN, "part") for cue in view.after(number.last, _GAP, "asmany")):
        return True
    last, found = _singles(view, number)
    singles = {cue.first for cue in view.in_sentence(number.first, "single")}
    parts = {cue.first for cue in view.after(number.last + (noun_distance(view, number, "part") or 0), _ROW, "part")}
    joined = view.before(last, 2, "and") and view.in_sentence(number.first, "freed", "moved")
    return 0 < found <= len(singles & parts) and bool(joined)


def _one_before(view: View, number: Number) -> int:
    """ "An American and two locals": one person whom "and" joins to the number, let out or on the way."""
    joined = [cue for cue in view.before(number.first, 1, "and") if cue.last == cue.first]
    one = joined and any(
        view.clause[cue.last] == view.clause[number.first] for cue in view.before(joined[0].first, 1, "single")
    )
    return int(bool(one) and bool(view.in_sentence(number.first, "freed", "moved", "home", "abroad")))


def _each(view: View, number: Number) -> int:
    """ "Two Latvians and two Japanese" in Lithuanian is "po du latvius ir japonus": so many of each."""
    if not number.first or view.passage.folded[number.first - 1] not in small_words("each"):
        return 1
    parts = [cue for cue in view.after(number.last, _GAP, "part") if view.clause[cue.first] == view.clause[number.last]]
    return max(len({cue.first for cue in parts}), 1)


def _singles(view: View, number: Number) -> tuple[int, int]:
    """ "..., an Estonian and a Swede": nouns without a number that close a chain, and the last token of them."""
    parts = sorted({cue.first for cue in view.after(number.last, 12, "part")})
    counted = noun_distance(view, number, "part") or 0
    last, found = number.last + counted, 0
    for first in parts:
        near = first > last and first - last <= _NOUN and view.sentence_of(first) == view.sentence_of(number.first)
        if near and ("," in view.text(last, first) or view.before(first, _NOUN - 1, "and")):
            last, found = first, found + 1
    return last, found


def _joined(view: View, run: Sequence[Number], last: int, value: int) -> Number:
    first = run[0]
    last = max(last, run[-1].last)
    return first._replace(
        last=last, end=view.passage.ends[last], text=view.text(first.first, last), value=value, bound=""
    )


def _added(one: Told, other: Told, reason: str) -> Sum:
    if one.view is other.view:
        first, second = sorted((one.number, other.number), key=lambda number: number.first)
        return Sum(_joined(one.view, [first, second], second.last, one.value + other.value), one.view, reason)
    text = f"{one.number.text} … {other.number.text}"
    return Sum(one.number._replace(text=text, value=one.value + other.value, bound=""), one.view, reason)


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
        if item not in stays and (_near(item, "moved", "abroad", "freed") or country_of(item))
    ]
    if len(stays) != 1 or len(goes) != 1:
        return False
    stay = stays[0]
    inside = stay.view.in_clause(stay.number.first, "held") or stays_inside(stay.view, stay.number)
    if inside and _stay_told_first(stay, goes[0]):
        return True
    return not inside or bool(stay.view.in_clause(stay.number.first, "home")) or scene.any("home")


def _stay_told_first(stay: Told, gone: Told) -> bool:
    """ "235 remain, 15 leave": a title that begins with those who remain counts them among the freed, if all that
    speaks of captivity is "remain"."""
    first, view = stay.number.first, stay.view
    remain = {cue.first for cue in view.in_clause(first, "stay")}
    captive = [cue for cue in view.in_clause(first, "held") if cue.first not in remain]
    return view.passage.where == "title" and not first and not captive and _near(gone, "moved", "abroad")


def stays_inside(view: View, number: Number) -> bool:
    """ "Six came out, 880 remain": they remain where the six came out of, since nobody is taken anywhere."""
    first = number.first
    if not view.in_clause(first, "stay") or view.in_sentence(first, "moved", "abroad", "home"):
        return False
    sentence = view.sentence_of(first)
    fewer = [
        one
        for one in view.numbers
        if one.kind == "count" and 1 < one.value < number.value and view.sentence_of(one.first) == sentence
    ]
    placed = any(places_in(view.told_in(first)))
    apart = [one for one in fewer if view.clause[one.first] != view.clause[first]]
    return not placed and any(view.in_clause(one.first, "freed") for one in apart)


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
    if view.in_clause(first, "side", "home", "abroad", "stay", "moved"):
        return True
    following = min((one.first for one in view.numbers if one.first > first), default=len(view.clause))
    while (
        0 < following < len(view.clause) and view.clause[following - 1] == view.clause[following] != view.clause[first]
    ):
        following -= 1
    told = view.told_in(first)
    sides = [cue for name in ("side", "home", "abroad", "stay", "moved") for cue in told.get(name, ())]
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


def _near(item: Told, *names: str) -> bool:
    view, number = item.view, item.number
    clause = view.clause[number.first]
    cues = (*view.before(number.first, _NEAR, *names), *view.after(number.last, _NEAR, *names))
    return any(view.clause[cue.first] == clause for cue in cues)


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
