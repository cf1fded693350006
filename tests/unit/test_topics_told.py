"""Near misses and short notices in eight languages, by classes: which topics are told of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.model import Level
from matching.evaluate import BadItems, Item
from matching.matcher import PackMatcher, load_matcher
from matching.shortnotices import read_notices

TOLD = Path(__file__).parent.parent / "data" / "topics-told.txt"


@pytest.fixture(scope="module")
def shipped() -> PackMatcher:
    return load_matcher()


def _topics(matcher: PackMatcher, item: Item) -> set[str]:
    implies = matcher.implied_by(item.url)
    found = matcher.analyse(item.title, item.summary, lang=item.lang, implies=implies, when=item.published_at)
    if found.level not in (Level.DIGEST, Level.ALERT):
        return set()
    return {topic for topic, points in found.scores.items() if points >= matcher.lexicon.topics[topic].digest}


def test_near_misses_and_short_notices_have_the_topics_that_an_editor_gives_them(shipped: PackMatcher) -> None:
    wrong, mended = [], []
    for item, known in read_notices(TOLD):
        as_labelled = _topics(shipped, item) == set(item.topics)
        if known and as_labelled:
            mended.append(item.title)
        elif not known and not as_labelled:
            wrong.append(item.title)
    assert not wrong
    assert not mended, "take the question mark away"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("2025-06-06 pl S | title | summary", "no notice"),
        ("  2025-06-06 pl X | title | summary", "no notice"),
        ("  2025-06-06 pl S | title alone", "no notice"),
        ("  2025-06-66 pl S | title | summary", "no day"),
    ],
)
def test_a_line_that_is_no_notice_is_named(tmp_path: Path, line: str, fault: str) -> None:
    path = tmp_path / "told.txt"
    path.write_text(f"# a comment\n\n{line}\n", encoding="utf-8")
    with pytest.raises(BadItems, match=f"told.txt:3: .*{fault}"):
        list(read_notices(path))
