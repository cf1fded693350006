"""What makes matching cheap must not change what it finds: short cuts beside the long way, benchmark text."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path

import pytest

from benchmarks.news_text import LANGS, Writer
from matching.cues import Cues
from matching.matcher import load_matcher, spots_of
from matching.reading import read
from matching.text import read_passage

DATA = Path(__file__).parents[1] / "data" / "news-dev.jsonl"
PLACES = ["title", "first", "body", "source"]


def test_cues_of_some_sentences_are_those_of_all_that_stand_there() -> None:
    cues = Cues({"en": {"over": ["more than", "over"], "far": ["no ... more"], "unit": ["year*1"]}})
    passage = read_passage(
        "More than ten came. No man asked for more. Over a year passed. No. More than years.", "body"
    )
    whole = cues.find(passage, ["en"])
    assert {cue.name for cue in whole} == {"over", "far", "unit"}
    for sentences in ({0}, {1, 2}, {4}, set()):
        wanted = [cue for cue in whole if passage.tokens[cue.first].sentence in sentences]
        assert cues.find(passage, ["en"], sentences) == wanted


def test_a_memory_that_is_full_forgets_and_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matching.cues._REMEMBERED", 5)
    monkeypatch.setattr("matching.lexicon._REMEMBERED", 5)
    matcher = load_matcher()
    texts = ["Belarus freed 52 political prisoners, the US said.", "Lukashenka met Coale in Minsk on Monday."]
    first = [matcher.analyse(text, text, lang="en") for text in texts]
    assert [matcher.analyse(text, text, lang="en") for text in texts] == first
    assert all(analysis.relevant for analysis in first)


def test_places_of_a_concept_come_best_first_without_being_sorted() -> None:
    lexicon = load_matcher().lexicon
    for line in DATA.read_text(encoding="utf-8").splitlines()[::6]:
        row = json.loads(line)
        body = f"{row['summary']} {row['title']}. {row['summary']}"
        for spots in spots_of(read(lexicon, row["title"], body, row["lang"], ["belarus"])).values():
            places = [PLACES.index(spot.where) for spot in spots]
            assert places == sorted(places)


def test_benchmark_news_is_varied_and_the_same_for_the_same_number() -> None:
    for lang in LANGS:
        sentences = [Writer(lang, 7).sentence(), *(Writer(lang, number).sentence() for number in range(60))]
        assert len(set(sentences)) == 60  # number 7 stands twice
        text = Writer(lang, 3).text(3_000, ["First.", "Second."], 3)
        assert text == Writer(lang, 3).text(3_000, ["First.", "Second."], 3)
        assert text.startswith("First. ")
        assert "Second." in text
        words = set(chain.from_iterable(Writer(lang, number).text(3_000).split() for number in range(2)))
        assert len(words) > 200
