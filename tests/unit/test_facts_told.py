"""How many were freed, read from sentences that tell it in many ways in every language of the pack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.model import Facts
from matching.facts import extract
from matching.matcher import PackMatcher, load_matcher
from matching.reading import read

TOLD = Path(__file__).parent.parent / "data" / "facts-told.txt"


def rows() -> Iterator[tuple[str, str, str]]:
    """Language, what is expected, and the text."""
    lang = ""
    for line in TOLD.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            lang = line.strip("[]")
        elif line and not line.startswith("#"):
            expected, _, text = line.partition(" | ")
            yield lang, expected, text


LANGUAGES = tuple(dict.fromkeys(lang for lang, *_ in rows()))


@pytest.fixture(scope="module")
def matcher() -> PackMatcher:
    return load_matcher()


def fits(expected: str, facts: Facts) -> bool:
    released, _, remaining = expected.partition(" r")
    if released.startswith("r"):
        released, remaining = "-", released[1:]
    if remaining and facts.remaining != int(remaining):
        return False
    if released == "-":  # of one person who is named it may be said that he or she is free
        return facts.released in (None, 1)
    return facts.released == int(released.rstrip("+")) and facts.at_least == released.endswith("+")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_number_freed_is_read(matcher: PackMatcher, lang: str) -> None:
    wrong = []
    for of, expected, text in rows():
        if of == lang:
            title, _, body = text.partition(" / ")
            facts = extract(read(matcher.lexicon, title, body, lang), matcher.lexicon)
            if not fits(expected, facts):
                wrong.append((expected, facts.released, facts.at_least, facts.remaining, text))
    assert wrong == []


def test_every_language_of_the_pack_is_there(matcher: PackMatcher) -> None:
    assert len(LANGUAGES) == 17
