"""Who had long been free when a text was published. News of a famous prisoner are news of a release for some weeks;
later he or she lectures, publishes and is interviewed as "the freed laureate", and nobody leaves prison by it.

Whoever is free for more than LONG days is a person of public life: found as before, but as "free.ID" and "role.freed"
instead of "person.ID" and "role.prisoner", and not counted among those freed or held, unless the text itself tells
that he or she was put into prison anew, or is out since today.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from matching.cues import Cue, Cues, languages, pack_languages, phrases, read_table
from matching.numbers import find_numbers
from matching.persons import PRISONER

if TYPE_CHECKING:
    from matching.lexicon import Found
    from matching.reading import Reading
    from matching.text import Passage

LONG = 60  # days; chosen by cross-validation, see docs/matching.md
FREE = "free."  # what the concept of such a person begins with
ROLE = "role.freed"  # what stands for "role.prisoner"
LONG_AGO = "long_ago"  # and for what is told of how they once came out
NAMED = ("person.", FREE)  # beginnings of the concepts that are persons
_LEAD = 2  # sentences of the body that tell the news
_NEAR = 4  # words between a deed and its day, or who did it
_COUNTED = 3  # words between a count and what is counted
_PRISONER = f"role.{PRISONER}"
_DEEDS = frozenset(("release", "pardon", "mercy", "freedom", "out", "from_jail", "let_go", "homecoming"))
_OUT = _DEEDS | {"exile", "decree"}
_PAST = _DEEDS | {"captivity", "prisoner", "exile"}
_OF_OTHERS = frozenset(("decree", "holiday", "ruler", "regime", "role.official", "swap"))  # a deed of its day
_OTHERS = frozenset(("prisoner", "people", "number"))  # whose release is told where these stand in the sentence
_FROM_FACTS = ("says", "tells", "back", "and", "others")  # lists of facts.toml that are asked too


def is_long(freed: date | None, when: datetime | None) -> bool:
    """Was somebody, freed on a day, long free at a time? No, where either is not known."""
    return freed is not None and when is not None and (when.date() - freed) > timedelta(days=LONG)


def long_free(reading: Reading, freed: Mapping[str, date], when: datetime) -> dict[str, date]:
    """Those named in a text who had long been free `when` it was published, by ID, with the day. `freed` has the days
    of all whose day is known. Not those of whom the text tells that they are prisoners again, or were until today."""
    named = dict.fromkeys(item.person for item in reading.found if item.person in freed)
    free = {person: freed[person] for person in named if is_long(freed[person], when)}
    if free:
        for person in set(_anew(reading, free, when)):
            del free[person]
    return free


def retold(reading: Reading, free: Mapping[str, date]) -> tuple[Found, ...]:
    """What was found, with those long free as persons of public life, and with what is told of how they once came out
    as LONG_AGO. Where people are let out, the topics see all of it as before: only the facts leave them out."""
    if any(map(partial(_lets_out, reading), _lead(reading))):
        return tuple(
            item._replace(concept=FREE + item.person)
            if item.concept == f"person.{item.person}" and item.person in free
            else item
            for item in reading.found
        )
    theirs = set(_of_them_alone(reading, free))
    found: list[Found] = []
    for item in reading.found:
        if item.person in free:
            found.append(_retell(item, free))
        elif item.concept in _PAST and (item.where, item.sentence) in theirs:
            found.append(item._replace(concept=LONG_AGO))
        else:
            found.append(item)
    return tuple(found)


def _retell(item: Found, free: Mapping[str, date]) -> Found:
    if item.concept == _PRISONER:
        return item._replace(
            concept=ROLE, pattern=f"{item.pattern}; freed {free[item.person]}, long before this report"
        )
    if item.concept == f"person.{item.person}":
        return item._replace(concept=FREE + item.person)
    return item


def _of_them_alone(reading: Reading, free: Mapping[str, date]) -> Iterator[tuple[str, int]]:
    """The sentences that tell of those long free and of nobody else who may be let out: "Freed laureate B. speaks of
    his cell. The writer, released from prison, ...". Where others may be meant, it is left to the topics."""
    sentences: dict[tuple[str, int], list[Found]] = {}
    for item in reading.found:
        sentences.setdefault((item.where, item.sentence), []).append(item)
    held = {place for place, items in sentences.items() if any(map(partial(_held, free), items))}
    known = False
    for place, items in sentences.items():  # in the order of the text
        named = {item.person for item in items if item.person}
        known = known or not named.isdisjoint(free)
        if place in held or not known or (named.isdisjoint(free) and (named or held)):
            continue
        told = {item.concept for item in items}
        if told.isdisjoint(_OF_OTHERS) and not _of_prisoners(items, free) and not _counts(reading, items):
            yield place


def _of_prisoners(items: Sequence[Found], free: Mapping[str, date]) -> bool:
    """May it be prisoners who are let out? Not where "prisoner" is one long free: "freed prisoner B.", "a former
    prisoner" (whose words tell both)."""
    deeds = [item for item in items if item.concept in _DEEDS]
    names = {item.first for item in items if item.person in free}
    return any(
        item.last + 1 not in names and any(deed.last < item.first or item.last < deed.first for deed in deeds)
        for item in items
        if item.concept == "prisoner"
    )


def _held(free: Mapping[str, date], item: Found) -> bool:
    """Is this a prisoner who is not long free?"""
    return item.concept == _PRISONER and item.person not in free


def _counts(reading: Reading, items: Sequence[Found]) -> bool:
    """Is it told how many were let out? Not ages, years in prison, years of birth."""
    numbers = [item.first for item in items if item.concept == "number"]
    if not numbers:
        return False
    passage = reading.title if items[0].where == "title" else reading.body
    near = [item for item in items if item.concept in _OUT or item.concept in ("people", "prisoner")]
    names = {item.last + 1 for item in items if item.person}  # "Bialiatski, 64, ..."
    return any(
        number.kind == "count" and number.value > 1 and number.first in numbers and number.first not in names
        and any(min(abs(number.first - item.last), abs(item.first - number.last)) <= _COUNTED for item in near)
        for number in find_numbers(passage, reading.lang)
    )  # fmt: skip


# --- prisoners again, or until today --------------------------------------------------------------------------------


class _Sentence(NamedTuple):
    """A sentence that tells the news: of the title, or one of the first of the body."""

    passage: Passage
    items: Sequence[Found]
    told: Sequence[Cue]


def _lead(reading: Reading) -> Iterator[_Sentence]:
    langs = languages([reading.title, reading.body], reading.lang)
    for passage, most in ((reading.title, len(reading.title.folded)), (reading.body, _LEAD)):
        places = dict.fromkeys(at for at in passage.sentences if at < most)
        found: dict[int, list[Found]] = {at: [] for at in places}
        for item in reading.found:
            if item.where == passage.where and item.sentence in found:
                found[item.sentence].append(item)
        cues: dict[int, list[Cue]] = {at: [] for at in places}
        for cue in _cues().find(passage, langs, places):
            cues[passage.sentences[cue.first]].append(cue)
        for at in places:
            yield _Sentence(passage, found[at], cues[at])


def _lets_out(reading: Reading, sentence: _Sentence) -> bool:
    """Are so many let out, or is somebody pardoned, and not once upon a time?"""
    told = {item.concept for item in sentence.items}
    if "past" in told or any(cue.name == "back" for cue in sentence.told):
        return False
    return "pardon" in told or (not told.isdisjoint(_OUT) and _counts(reading, sentence.items))


def _anew(reading: Reading, free: Mapping[str, date], when: datetime) -> Iterator[str]:
    titled = {item.person for item in reading.found if item.where == "title" and item.person in free}
    for _, items, told in _lead(reading):
        persons = {item.person for item in items if item.person}
        if any(cue.name == "anew" for cue in told) or _out_today(items, told, when):
            yield from persons & free.keys() if persons else titled  # "The blogger, arrested anew in June, is out"
        yield from _with_others(items, told, free)


def _out_today(items: Sequence[Found], told: Sequence[Cue], when: datetime) -> bool:
    """Is a release of the day told, and of nobody else? "Left the colony today", not "freed in May, he said today"."""
    deeds = [item for item in items if item.concept in _DEEDS]
    if not deeds or any(item.concept in _OTHERS for item in items) or any(cue.name == "back" for cue in told):
        return False
    days = {f"weekday:{day.weekday()}" for day in (when, when - timedelta(days=1))} | {"today"}
    spoken = [cue.first for cue in told if cue.name in ("says", "tells")]
    for cue in told:
        if cue.name in days:
            gap = min(min(abs(cue.first - item.last), abs(item.first - cue.last)) for item in deeds)
            if gap <= _NEAR and all(abs(at - cue.first) > gap for at in spoken):
                return True
    return False


def _with_others(items: Sequence[Found], told: Sequence[Cue], free: Mapping[str, date]) -> Iterator[str]:
    """ "Losik and eleven others are free": whoever is counted with others of the day."""
    if not any(item.concept in _DEEDS for item in items):
        return
    if any(item.concept == "past" for item in items) or any(cue.name == "back" for cue in told):
        return
    for item in items:
        joined = item.concept.startswith("person.") and item.person in free
        if joined and any(cue.name == "and" and cue.first == item.last + 1 for cue in told):
            numbers = [one.last for one in items if one.concept == "number" and 2 <= one.first - item.last <= _NEAR]
            others = [cue.first for cue in told if cue.name == "others" and 2 <= cue.first - item.last <= _NEAR]
            if any(abs(at - number) <= 1 for at in others for number in numbers):
                yield item.person


@cache
def _cues() -> Cues:
    table, facts, days = read_table("longfree"), read_table("facts"), read_table("stories")["weekdays"]
    lists = {}
    for lang in pack_languages():
        lists[lang] = {name: phrases(text) for name, text in table[lang].items()}
        lists[lang] |= {name: phrases(facts[lang][name]) for name in _FROM_FACTS}
        lists[lang] |= {f"weekday:{number}": phrases(text) for number, text in enumerate(days.get(lang, ()))}
    return Cues(lists)
