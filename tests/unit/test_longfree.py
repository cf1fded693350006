"""Who had long been free when a text was published is a person of public life in it, unless it tells otherwise."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model import Analysis, Entry, Level
from matching.evaluate import Item, read_items
from matching.explain import lines
from matching.longfree import LONG, is_long
from matching.matcher import PackMatcher, load_matcher
from matching.packfile import PACKS

NEWS = Path(__file__).parent.parent / "data" / "news-longfree.jsonl"
ITEMS = read_items(NEWS)
LATER = datetime(2026, 10, 7, 12, tzinfo=UTC)  # a Wednesday, ten months after Bialiatski and Kalesnikava came out
SOON = datetime(2025, 12, 20, tzinfo=UTC)
STILL_WRONG = {"m-pl-019"}  # "they let me go, but the country is a hostage": as if of hostages let go


@cache
def matcher() -> PackMatcher:
    return load_matcher()


def read(title: str, body: str = "", lang: str = "en", when: datetime | None = LATER) -> Analysis:
    return matcher().analyse(title, body, lang=lang, when=when)


@pytest.mark.parametrize("item", ITEMS, ids=[item.id for item in ITEMS])
def test_news_of_those_long_free_are_silent_and_new_releases_are_told(item: Item) -> None:
    analysis = read(item.title, item.summary, item.lang, item.published_at)
    if item.id not in STILL_WRONG:
        assert analysis.relevant is item.relevant, analysis
    assert item.relevant or analysis.facts.people == ()
    if item.facts:
        assert set(analysis.facts.people) == set(item.facts["people"])


def test_it_is_the_day_of_the_report_that_silences_them() -> None:
    loud = [it for it in ITEMS if not it.relevant and read(it.title, it.summary, it.lang, None).relevant]
    assert len(loud) > 10


@pytest.mark.parametrize(
    ("days", "zone", "long"),
    [
        (0, UTC, False),
        (LONG, UTC, False),
        (LONG + 1, UTC, True),
        (LONG + 1, timezone(timedelta(hours=14)), True),
        (-400, UTC, False),
    ],
)
def test_the_border_is_a_number_of_days(days: int, zone: timezone, long: bool) -> None:
    freed = date(2025, 12, 13)
    when = datetime(2025, 12, 13, tzinfo=zone) + timedelta(days=days)
    assert is_long(freed, when) is long
    analysis = read("Freed laureate Ales Bialiatski speaks in Oslo", when=when)
    assert bool(analysis.long_free) is long
    assert analysis.long_free == ({"Ales Bialiatski": "2025-12-13"} if long else {})
    assert not is_long(None, when)
    assert not is_long(freed, None)


AGAIN = [
    ("en", "Bialiatski arrested again in Minsk", "The laureate was taken from his flat."),
    ("en", "Lukashenko pardons Palchys for a second time", ""),
    ("en", "Maria Kalesnikava left the colony today", ""),
    ("en", "Maria Kalesnikava was released on Tuesday", ""),
    ("en", "Losik and eleven others are free", ""),
    ("ru", "Мария Колесникова вышла на свободу сегодня", ""),
    ("ru", "Насту Лойко снова арестовали", ""),
    ("be", "Алеся Бяляцкага зноў затрымалі", ""),
    ("pl", "Kolesnikowa ponownie zatrzymana w Mińsku", ""),
    ("de", "Kolesnikowa erneut verhaftet", ""),
    ("lt", "Bialiackis vėl sulaikytas", ""),
    ("uk", "Марію Колесникову звільнили сьогодні", ""),
    ("fr", "Maria Kolesnikova de nouveau arrêtée", ""),
]
NOT_AGAIN = [
    ("en", "Freed laureate Bialiatski said today that he writes", ""),
    ("en", "Kalesnikava, freed in December, said on Wednesday that she plays again", ""),
    ("en", "Bialiatski and 122 others were freed in December", ""),
    ("en", "Bialiatski welcomes prisoners who were freed today", ""),
    ("ru", "Освобождённая Колесникова сегодня рассказала о тюрьме", ""),
    ("pl", "Uwolniony Bialacki powiedział dziś w Krakowie, że pisze", ""),
]


@pytest.mark.parametrize(("lang", "title", "body"), AGAIN, ids=[row[1] for row in AGAIN])
def test_a_new_arrest_or_a_release_of_the_day_makes_a_prisoner_of_them(lang: str, title: str, body: str) -> None:
    assert read(title, body, lang).long_free == {}
    assert read(title, body, lang) == read(title, body, lang, None)


@pytest.mark.parametrize(("lang", "title", "body"), NOT_AGAIN, ids=[row[1] for row in NOT_AGAIN])
def test_a_day_on_which_they_speak_does_not(lang: str, title: str, body: str) -> None:
    assert read(title, body, lang).long_free != {}


def test_a_name_alone_is_no_half_match_and_a_release_of_others_does_not_count_them() -> None:
    alone = read("Ales Bialiatski walks his dog in Vilnius", "Maria Kalesnikava came along.")
    assert (alone.level, alone.people) == (Level.NONE, ("Ales Bialiatski", "Maria Kalesnikava"))
    assert alone.evidence == ()
    others = read("Belarus frees 40 political prisoners", "The Nobel laureate and Maria Kalesnikava met them.")
    assert others.relevant
    assert (others.facts.released, others.facts.people) == (40, ())
    one = read("Eduard Babaryka is free: Viktar Babaryka meets his son", "The son left a Belarusian colony today.")
    assert one.relevant
    assert one.facts.people == ("Eduard Babaryka",)
    assert "p:babaryka" not in one.signature["v"], "stories are not joined by whoever greets those let out"


def test_explain_says_since_when() -> None:
    told = list(lines(read("Freed laureate Ales Bialiatski speaks of his cell in Oslo"), {}))
    assert "People: Ales Bialiatski (freed on 13 December 2025, long before this report)" in told
    assert "People: Ales Bialiatski" in list(lines(read("Ales Bialiatski in Oslo", when=SOON), {}))


WORDS = [
    *("Bialiatski", "Kalesnikava", "Losik", "Палчыс", "Бяляцкі", "Колесникова", "Babaryka", "Eduard", "Coale"),
    *("freed", "released", "prison", "today", "again", "and", "12", "others", "Belarus", "Minsk", "Lukashenko"),
    *("pardons", "prisoners", ",", ".", "Vilnius", "US", "envoy", "arrested", "жыве", "вызвалены", "тюрьмы", "сегодня"),
]


@given(st.lists(st.sampled_from(WORDS), max_size=25), st.lists(st.sampled_from(WORDS), max_size=40))
def test_without_a_moment_or_before_all_releases_nothing_changes(title: list[str], body: list[str]) -> None:
    texts = " ".join(title), " ".join(body)
    plain = matcher().analyse(*texts)
    assert plain.long_free == {}
    assert matcher().analyse(*texts, when=datetime(2025, 2, 1, tzinfo=UTC)) == plain
    later = matcher().analyse(*texts, when=LATER)
    assert later.people == plain.people, "they are found as before"
    assert set(later.long_free) <= set(later.people)
    assert matcher().analyse(*texts) == plain, "nothing is remembered of a moment"


def test_a_date_in_the_future_is_not_believed() -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    assert Entry("1", "t").told_at(now) == now
    assert Entry("1", "t", published_at=now + timedelta(days=900)).told_at(now) == now
    assert Entry("1", "t", published_at=now - timedelta(days=3)).told_at(now) == now - timedelta(days=3)


def test_the_roster_has_the_days_of_the_timeline() -> None:
    days: dict[str, set[date]] = {}
    for event in tomllib.loads((PACKS / "belarus-us.timeline.toml").read_text(encoding="utf-8"))["event"]:
        if event["kind"] in ("release", "pardon") and event["grade"] in ("A", "B"):
            for person in event.get("people", ()):
                days.setdefault(person, set()).add(event.get("date") or event["to"])
    twice = {person for person, of in days.items() if len(of) > 1}
    assert twice == {"statkevich"}, "jailed again, so without a day"
    wanted = {person: of.pop() for person, of in days.items() if person not in twice}
    assert dict(matcher().lexicon.freed) == wanted
