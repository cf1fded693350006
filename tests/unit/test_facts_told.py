"""How many were freed, how many are still held, where they were taken and by whose mediation, read from sentences that
tell it in many ways in every language of the pack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.model import Facts
from matching.facts import extract
from matching.matcher import PackMatcher, load_matcher
from matching.rankertrain import read_told
from matching.reading import read
from matching.scene import set_scene

TOLD = Path(__file__).parent.parent / "data" / "facts-told.txt"


def rows(path: Path = TOLD) -> Iterator[tuple[str, str, str]]:
    """Language, what is expected, and the text."""
    return read_told(path)


LANGUAGES = tuple(dict.fromkeys(lang for lang, *_ in rows()))


@pytest.fixture(scope="module")
def matcher() -> PackMatcher:
    return load_matcher()


def fits(expected: str, facts: Facts) -> bool:
    expected, _, place = expected.partition(" >")
    if place:  # then all is told, and what is not told must not be found
        country, _, mediators = place.partition(" @")
        where, who = facts.destination or "-", ",".join(sorted(facts.mediators))
        if (country, mediators) != (where, who) or (" r" not in expected and facts.remaining is not None):
            return False
    released, _, remaining = expected.partition(" r")
    if released.startswith("r"):
        released, remaining = "-", released[1:]
    if remaining and facts.remaining != int(remaining):
        return False
    if released == "-":  # of one person who is named it may be said that he or she is free
        return facts.released in (None, 1) or (bool(place) and facts.at_least)
    return facts.released == int(released.rstrip("+")) and facts.at_least == released.endswith("+")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_told_is_read(matcher: PackMatcher, lang: str) -> None:
    wrong = []
    for of, expected, text in rows():
        if of == lang:
            title, _, body = text.partition(" / ")
            reading = read(matcher.lexicon, title, body, lang)
            facts = extract(reading, matcher.lexicon, set_scene(reading, sure=True))
            if not fits(expected, facts):
                told = facts.released, facts.at_least, facts.remaining, facts.destination, facts.mediators
                wrong.append((expected, told, text))
    assert wrong == []


def test_every_language_of_the_pack_is_there(matcher: PackMatcher) -> None:
    assert len(LANGUAGES) == 17
