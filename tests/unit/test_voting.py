"""The facts of a story: whose number counts how much, corrections, parts and wholes, places and envoys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model import Analysis, Facts, Level, Member
from matching.matcher import PackMatcher, load_matcher
from matching.voting import source_weight, vote

START = datetime(2025, 12, 13, 12, tzinfo=UTC)


@cache
def matcher() -> PackMatcher:
    return load_matcher()


def report(number: int, analysis: Analysis, site: str = "") -> Member:
    site = site or f"paper{number}.test"
    at = START + timedelta(minutes=number)
    return Member(number, site, site, "en", f"title {number}", f"https://www.{site}/{number}", at, analysis)


def told(text: str, lang: str = "en") -> Analysis:
    return matcher().analyse(text, lang=lang)


def counted(released: int, *, at_least: bool = False, parts: tuple[int, ...] = (), **more: Any) -> Analysis:
    facts = Facts(released=released, at_least=at_least, evidence={"released": str(released)}, **more)
    return Analysis(level=Level.ALERT, facts=facts, signature={"x": list(parts)} if parts else {})


def voted(*reports: tuple[str, Analysis] | Analysis) -> Facts:
    rows = [("", one) if isinstance(one, Analysis) else one for one in reports]
    return vote([report(number, analysis, site) for number, (site, analysis) in enumerate(rows)])


def test_a_correction_replaces_what_its_owner_said_before() -> None:
    facts = voted(("a.test", counted(51)), ("b.test", counted(51)), ("a.test", counted(52)), ("b.test", counted(52)))
    assert facts.released == 52
    assert dict(facts.counts) == {"a.test": 52, "b.test": 52}
    assert voted(("a.test", counted(51)), ("a.test", counted(52))).released == 52


def test_later_news_of_some_of_them_corrects_nothing() -> None:
    whole, some = told("Belarus frees 52 political prisoners"), told("Two Latvian citizens freed by Belarus are home")
    assert some.signature.get("s")
    assert voted(("a.test", whole), ("b.test", some), ("a.test", some), ("c.test", some)).released == 52


def test_a_part_speaks_for_the_whole_when_a_report_tells_both() -> None:
    whole = told("Belarus frees 123 prisoners: 114 are taken to Ukraine, nine to Lithuania")
    part = told("114 prisoners freed by Belarus arrive in Ukraine")
    assert (whole.facts.released, part.facts.released) == (123, 114)
    assert voted(part, part, part, whole).released == 123
    assert voted(counted(114), counted(114), counted(114), counted(123)).released == 114


def test_one_who_adds_a_name_to_the_whole_does_not_draw_the_others_after_him() -> None:
    assert voted(counted(250), counted(250), counted(250), counted(251, parts=(250,))).released == 250


def named(*people: str) -> Analysis:
    facts = Facts(released=len(people), people=people, evidence={"released": "names", "people": "names"})
    return Analysis(level=Level.ALERT, facts=facts)


def test_one_misread_number_does_not_outvote_those_who_tell_of_the_one() -> None:
    home = [named("Statkevich")] * 7
    assert voted(*home, counted(10)).released == 1
    assert voted(*home[:5], counted(5, people=("Statkevich",))).released == 1
    assert voted(*home[:4], counted(52), counted(52)).released == 52


def test_one_sum_of_parts_is_no_whole_of_what_all_others_tell() -> None:
    assert voted(*[counted(123, parts=(9, 114))] * 6, counted(238, parts=(113, 114, 122, 123))).released == 123


def test_many_who_count_one_kind_of_people_outvote_one_who_reads_years() -> None:
    two = told("Lukashenko pardons two priests")
    assert (two.facts.released, two.signature.get("s")) == (2, True)
    assert voted(two, two, two, two, counted(13)).released == 2
    assert voted(two, two, counted(13)).released == 13


def test_of_two_counts_with_as_many_voices_the_larger_is_the_whole() -> None:
    assert voted(counted(9), counted(123)).released == 123
    assert voted(counted(123), counted(9)).released == 123


def test_fewer_than_are_named_are_not_all() -> None:
    three = counted(2, people=("A", "B", "C"))
    assert voted(three, counted(2), counted(14)).released == 14
    assert voted(counted(2, people=("A",)), counted(2, people=("B", "C")), counted(14)).released == 2


def test_persons_named_one_by_one_are_at_least_so_many() -> None:
    facts = voted(told("Bialiatski freed in Belarus"), told("Kalesnikava freed in Belarus"))
    assert (facts.released, facts.at_least) == (2, True)
    one = told("Bialiatski freed in Belarus")
    assert voted(one, told("Bialiatski walks free in Belarus")).released == 1
    in_passing = told("Bialiatski and Kalesnikava freed in Belarus")
    assert voted(one, one, in_passing).released == 1


def test_a_lower_bound_speaks_for_the_count_that_it_fits() -> None:
    bound = counted(50, at_least=True)
    assert voted(counted(123), counted(52), bound).released == 52
    assert voted(counted(123), counted(12), bound).released == 123


@pytest.mark.parametrize(
    ("text", "lang", "teller"),
    [
        ("Trump thanks Lukashenko for the release of 16 prisoners", "en", "Donald Trump"),
        ("По словам Лукашенко, в июне освобождены 16 человек", "ru", "Alexander Lukashenko"),
        ("Według Łukaszenki na wolność wyszło 16 więźniów", "pl", "Alexander Lukashenko"),
        ("«Вясна»: паводле праваабаронцаў, вызвалена 14 палітвязняў", "be", "Viasna"),
        ("Трамп подякував Лукашенкові за шістнадцятьох звільнених в'язнів", "uk", "Donald Trump"),
        ("Laut Belta wurden 123 Häftlinge in Belarus begnadigt", "de", "BelTA"),
        ("A. Lukašenka sako paleidęs 16 kalinių", "lt", "Alexander Lukashenko"),
        ("Belarus frees 14 prisoners after Kellogg's visit", "en", ""),
        ("Lukashenko pardons 25 prisoners", "en", ""),
        ("Riga thanks President Trump for the release of 14 prisoners in Belarus", "en", ""),
        ("Coale said sanctions would go; 52 prisoners were freed in Belarus", "en", ""),
    ],
)
def test_in_whose_name_a_number_is_told(text: str, lang: str, teller: str) -> None:
    facts = told(text, lang).facts
    assert facts.released is not None
    assert facts.told_by == teller


def test_a_number_told_in_somebodys_name_is_half_a_voice_and_keeps_the_name() -> None:
    trump = told("Trump thanks Lukashenko for the release of 16 prisoners")
    facts = voted(trump, trump, told("Belarus frees 14 prisoners"), told("Minsk lets 14 prisoners go"))
    assert facts.released == 14
    assert facts.counts[:2] == (("paper2.test", 14), ("Donald Trump (paper0.test)", 16))


def test_agencies_and_monitors_outweigh_and_parties_weigh_less() -> None:
    assert voted(("belta.by", counted(16)), ("pool.test", counted(14))).released == 14
    assert voted(("reuters.com", counted(14)), ("a.test", counted(16))).released == 14
    assert (
        voted(("spring96.org", counted(14)), ("eng.belta.by", counted(16)), ("state.gov", counted(16))).released == 14
    )
    assert voted(("reuters.com", counted(14)), ("a.test", counted(16)), ("b.test", counted(16))).released == 16


@pytest.mark.parametrize(
    ("url", "owner", "weight"),
    [
        ("https://www.reuters.com/world/x", "anything", 1.5),
        ("https://news.google.com/rss/1", "Reuters", 1.5),
        ("https://eng.belta.by/a", "", 0.5),
        ("https://t.me/spring96", "Viasna", 1.5),
        ("https://example.org/reuters.com", "a blog", 1.0),
        ("not an address", "", 1.0),
        ("http://[::1", "", 1.0),
    ],
)
def test_the_weight_of_a_source(url: str, owner: str, weight: float) -> None:
    assert source_weight(url, owner) == weight


def test_every_number_is_shown_once_before_any_is_shown_twice() -> None:
    facts = voted(*[counted(14)] * 3, *[counted(16)] * 2)
    assert [count for _, count in facts.counts] == [14, 16, 14, 14, 16]


def test_an_envoy_named_by_one_paper_of_a_great_story_is_left_out() -> None:
    coale, trump = counted(52, mediators=("John Coale",)), counted(52, mediators=("Donald Trump",))
    assert voted(*[coale] * 12, trump).mediators == ("John Coale",)
    assert voted(coale, trump).mediators == ("John Coale", "Donald Trump")


def test_the_latest_place_and_number_of_an_owner_count() -> None:
    first = Analysis(level=Level.ALERT, facts=Facts(destination="Poland", remaining=1200))
    second = Analysis(level=Level.ALERT, facts=Facts(destination="Lithuania", remaining=1150))
    facts = voted(("a.test", first), ("b.test", second), ("a.test", second))
    assert (facts.destination, facts.remaining) == ("Lithuania", 1150)


NUMBERS = st.integers(1, 300)
REPORTS = st.lists(
    st.builds(
        lambda n, bound, parts: counted(n, at_least=bound, parts=tuple(parts)),
        NUMBERS, st.booleans(), st.lists(NUMBERS, max_size=3),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@given(REPORTS)
def test_what_is_voted_for_was_told_by_somebody(reports: list[Analysis]) -> None:
    facts = voted(*reports)
    assert facts.released in {one.facts.released for one in reports}
    exact = [one for one in reports if not one.facts.at_least]
    assert facts.at_least == (not exact)
    assert {count for _, count in facts.counts} <= {one.facts.released for one in reports}


@given(REPORTS, st.randoms(use_true_random=False))
def test_the_order_in_which_reports_of_one_time_are_given_does_not_matter(reports: list[Analysis], chance: Any) -> None:
    members = [report(number, analysis) for number, analysis in enumerate(reports)]
    mixed = members[:]
    chance.shuffle(mixed)
    assert vote(mixed) == vote(members)
