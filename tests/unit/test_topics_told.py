"""Near misses and short notices in eight languages, by classes: which topics are told of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.model import Level
from matching.matcher import PackMatcher, load_matcher

TOLD = Path(__file__).parent.parent / "data" / "topics-told.txt"
TOPICS = {"P": "prisoner-release", "D": "us-diplomacy", "S": "sanctions"}
SOURCES = {"be": "https://nashaniva.com/x", "ru": "https://zerkalo.io/x"}  # of which the packs know the country
LINE = re.compile(r"([ ?]) (\d{4}-\d\d-\d\d) (\w\w) ([PDS]+|-) \| (.+) \| (.+)")


def _lines() -> list[re.Match[str]]:
    text = TOLD.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line and not line.startswith("#")]
    found = [LINE.fullmatch(line) for line in rows]
    assert all(found), rows[found.index(None)]
    return [one for one in found if one]


@pytest.fixture(scope="module")
def shipped() -> PackMatcher:
    return load_matcher()


def _topics(matcher: PackMatcher, line: re.Match[str]) -> set[str]:
    _, day, lang, _, title, body = line.groups()
    when = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
    implies = matcher.implied_by(SOURCES.get(lang, "https://example.org/x"))
    found = matcher.analyse(title, body, lang=lang, implies=implies, when=when)
    if found.level not in (Level.DIGEST, Level.ALERT):
        return set()
    return {topic for topic, points in found.scores.items() if points >= matcher.lexicon.topics[topic].digest}


def test_near_misses_and_short_notices_have_the_topics_that_an_editor_gives_them(shipped: PackMatcher) -> None:
    wrong, mended = [], []
    for line in _lines():
        as_labelled = _topics(shipped, line) == {TOPICS[letter] for letter in line[4] if letter in TOPICS}
        if line[1] == "?" and as_labelled:
            mended.append(line[5])
        elif line[1] != "?" and not as_labelled:
            wrong.append(line[5])
    assert not wrong
    assert not mended, "take the question mark away"
