"""Phrases sought at their rarest word are found wherever the long way finds them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.lexicon import Lexicon, load_lexicon
from matching.patterns import Pattern
from matching.text import Passage, read_passage

WORDS = [
    "from",
    "the",
    "list",
    "free",
    "on",
    "way",
    "list.",
    "Way!",
    "52",
    "1",
    "234",
    "",
    "–",
    "(the",
    "x\nfree",
    "it's",
]
PHRASES = {
    "listed": ["on the list", "the list"],
    "taken": ["from ... list", "list*2 from"],
    "away": ["free ... the way", "way free"],
    "far": ["the ... on ... free", "on ... on ... on"],
    "short": ["it's free", "52 free", "free 52"],
}


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    path = tmp_path_factory.mktemp("pack") / "pack.toml"
    concepts = "".join(f"[concept.{name}]\nen = {patterns}\n" for name, patterns in PHRASES.items())
    topic = '[topic.all]\ntitle = "All"\nall = ["listed | taken | away | far | short"]\n'
    path.write_text(concepts.replace("'", '"').replace('it"s', "it's") + topic, encoding="utf-8")
    return load_lexicon([path])


def the_long_way(patterns: list[Pattern], passage: Passage) -> set[tuple[str, int]]:
    """Every pattern tried at every token."""
    return {
        (pattern.concept, at)
        for at in range(len(passage.folded))
        for pattern in patterns
        if pattern.elements[0].fits(passage, at) and pattern.find_end(passage, at) >= 0
    }


@given(parts=st.lists(st.sampled_from(WORDS), max_size=25))
def test_phrases_are_found_wherever_the_long_way_finds_them(lexicon: Lexicon, parts: list[str]) -> None:
    passage = read_passage(" ".join(parts), "body")
    patterns = [pattern for made in lexicon.concepts.values() for pattern in made]
    found = {(item.concept, item.first) for item in lexicon.find(passage) if item.concept != "number"}
    assert found == the_long_way(patterns, passage)


def test_a_phrase_is_sought_at_its_rarest_word(lexicon: Lexicon) -> None:
    listed = lexicon.words["list"]
    assert listed is not None
    sources = ["en:on", "en:the", "en:from", "en:list*2"]
    assert [phrase.pattern.source.split()[0] for phrase in listed.within] == sources
    assert {phrase.rarest.stem for phrase in listed.within} == {"list"}
    for word in ("the", "listed"):
        other = lexicon.words[word]
        assert other is None or all(phrase.pattern.concept != "listed" for phrase in other.within)
