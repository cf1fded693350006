"""Where the freed were taken, what was given for them and who came for them, read from sentences that tell it in many
ways."""

from __future__ import annotations

import pytest

from core.model import Facts
from matching.facts import extract
from matching.matcher import PackMatcher, load_matcher
from matching.reading import read
from matching.scene import set_scene
from tests.unit.test_facts_told import TOLD, rows

PLACES = TOLD.with_name("places-told.txt")
SURE = TOLD.with_name("sure-told.txt")
LANGUAGES = tuple(dict.fromkeys(lang for lang, *_ in rows(PLACES)))


@pytest.fixture(scope="module")
def matcher() -> PackMatcher:
    return load_matcher()


def fits(expected: str, facts: Facts) -> bool:
    place, _, given = expected.partition("=")
    if place.strip() and place.strip() != (facts.destination or "-"):
        return False
    return not given or given == (",".join(sorted(facts.in_return)) or "-")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_told_is_read(matcher: PackMatcher, lang: str) -> None:
    wrong = []
    for of, expected, text in rows(PLACES):
        if of == lang:
            title, _, body = text.partition(" / ")
            facts = extract(read(matcher.lexicon, title, body, lang), matcher.lexicon)
            if not fits(expected, facts):
                wrong.append((expected, facts.destination, facts.in_return, text))
    assert wrong == []


def fits_sure(matcher: PackMatcher, lang: str, expected: str, text: str) -> bool:
    title, _, body = text.partition(" / ")
    reading = read(matcher.lexicon, title, body, lang)
    facts = extract(reading, matcher.lexicon, set_scene(reading, sure=True))
    kind, _, what = expected.partition(":")
    if kind == "by":
        return facts.mediators == (() if what == "-" else (matcher.lexicon.persons[what].name,))
    return what == ((facts.destination or "-") if kind == "at" else (",".join(sorted(facts.in_return)) or "-"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_told_is_read_where_the_text_is_about_a_release(matcher: PackMatcher, lang: str) -> None:
    told = [(expected, text) for of, expected, text in rows(SURE) if of == lang]
    assert [row for row in told if not fits_sure(matcher, lang, *row)] == []


def test_what_is_not_so_would_be_seen(matcher: PackMatcher) -> None:
    text = "Trump thanks Lukashenko for sixteen / They are in Vilnius."
    assert [fits_sure(matcher, "en", told, text) for told in ("by:trump", "at:Lithuania", "re:-")] == [True] * 3
    assert not any(fits_sure(matcher, "en", told, text) for told in ("by:-", "by:coale", "at:Ukraine", "re:potash"))


def test_a_place_that_is_not_read_would_be_seen(matcher: PackMatcher) -> None:
    facts = extract(read(matcher.lexicon, "Fourteen freed, taken to Lithuania", "", "en"), matcher.lexicon)
    assert fits("Lithuania", facts)
    assert not fits("Ukraine", facts)
    assert not fits("-", facts)
    assert not fits("Lithuania =potash", facts)


@pytest.mark.parametrize(
    ("lang", "title", "body"),
    [
        (
            "pl",
            "Trump ma już swojego człowieka od Białorusi",
            "John Coale, dotąd zastępca Kellogga, uwolnił setkę więźniów.",
        ),
        ("ru", "Адвокат вышел из тюрьмы", "Через границу заключенного провез Джон Коул, помощник Келлога."),
        (
            "en",
            "Three freed in Belarus",
            "Christopher Smith, a deputy assistant secretary, drove the prisoners to Vilnius.",
        ),
        ("en", "Three freed in Belarus", "Kellogg's deputy John Coale drove the prisoners to Vilnius."),
    ],
)
def test_the_deputy_who_came_is_the_mediator(matcher: PackMatcher, lang: str, title: str, body: str) -> None:
    facts = extract(read(matcher.lexicon, title, body, lang), matcher.lexicon)
    assert len(facts.mediators) == 1
    assert facts.mediators[0] in {"John Coale", "Christopher Smith"}
