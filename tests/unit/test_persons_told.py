"""Who is told as freed and who is only named beside them: a wrong name on the list of those freed hurts a family."""

from __future__ import annotations

from datetime import datetime

import pytest

from core.model import Facts
from matching.matcher import PackMatcher, load_matcher
from tests.unit.test_facts_told import TOLD, rows

PERSONS = TOLD.with_name("persons-told.txt")
LANGUAGES = tuple(dict.fromkeys(lang for lang, *_ in rows(PERSONS)))


@pytest.fixture(scope="module")
def matcher() -> PackMatcher:
    return load_matcher()


def wrong(matcher: PackMatcher, lang: str, expected: str, text: str) -> tuple[list[str], Facts]:
    """What of the expected is not so: "+losik -poczobut" after the day of the report, each of them named."""
    day, *marks = expected.split()
    title, _, body = text.partition(" / ")
    facts = matcher.analyse(title, body, lang=lang, when=datetime.fromisoformat(f"{day}T12:00:00+00:00")).facts
    names = {mark[1:]: matcher.lexicon.persons[mark[1:]].name for mark in marks}
    return [mark for mark in marks if (names[mark[1:]] in facts.people) is not mark.startswith("+")], facts


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nobody_is_told_as_freed_who_is_not(matcher: PackMatcher, lang: str) -> None:
    found = [(wrong(matcher, lang, expected, text), text) for of, expected, text in rows(PERSONS) if of == lang]
    assert [row for row in found if row[0][0]] == []


def test_one_told_wrongly_would_be_seen(matcher: PackMatcher) -> None:
    text = "Losik freed, Poczobut was not among the 52"
    assert wrong(matcher, "en", "2025-09-11 +losik -poczobut", text)[0] == []
    assert wrong(matcher, "en", "2025-09-11 -losik +poczobut", text)[0] == ["-losik", "+poczobut"]


def test_all_who_are_named_stand_somewhere(matcher: PackMatcher) -> None:
    facts = wrong(
        matcher, "en", "2025-09-11 +losik", "Losik freed, his wife Daria Losik waited; Poczobut remains in jail"
    )[1]
    assert facts.people == ("Ihar Losik",)
    assert facts.held == ("Andrzej Poczobut",)
    assert facts.named == ("Darya Losik",)


@pytest.mark.parametrize(("day", "held"), [("2025-06-20", False), ("2025-06-22", True)])
def test_who_is_free_by_the_roster_is_not_told_as_held(matcher: PackMatcher, day: str, held: bool) -> None:
    facts = wrong(matcher, "en", f"{day} +losik", "Tsikhanouski lost half his weight in a Belarusian prison")[1]
    assert ("Siarhei Tsikhanouski" in facts.people) is held
    assert facts.held == ()


def test_a_swap_that_fell_through_frees_nobody(matcher: PackMatcher) -> None:
    text = "Lukashenko: the exchange of Poczobut was agreed but fell through / Belarus and Poland blame each other."
    assert wrong(matcher, "en", "2025-10-31 -poczobut", text)[0] == []
