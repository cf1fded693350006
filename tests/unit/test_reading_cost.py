"""What makes matching cheap must not change what it finds: short cuts beside the long way, benchmark text."""

from __future__ import annotations

import json
from functools import cache
from importlib import import_module
from inspect import signature
from itertools import chain
from pathlib import Path
from pkgutil import iter_modules
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import matching
from benchmarks.news_text import LANGS, Writer
from core.model import Analysis, Level
from matching.ceilings import Ceilings
from matching.cues import Cues, read_table
from matching.fold import _fold_any, fold, fold_keeping_accents
from matching.lexicon import Found
from matching.matcher import load_matcher, spots_of
from matching.patterns import compile_pattern
from matching.reading import Reading, read
from matching.scene import set_scene
from matching.signature import _wording
from matching.text import _read_chunk, _scan_chunk, read_passage
from matching.topics import score_topic

DATA = Path(__file__).parents[1] / "data" / "news-dev.jsonl"
load_matcher_once = cache(load_matcher)
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


LISTS = ["more than", "more th*2", "mor*3", "no ... more", "no more", "not one of them", "not", "no*1", "than"]
SAID = st.lists(st.sampled_from(["no", "more", "than", "that", "not", "one", "of", "them", "mornings", ".", "-"]))


@given(SAID)
def test_words_of_lists_are_found_as_if_every_pattern_were_tried_at_every_word(said: list[str]) -> None:
    passage = read_passage(" ".join(said), "body")
    patterns = [compile_pattern(text, text, "en") for text in LISTS]
    wanted = {
        (pattern.concept, first, pattern.find_end(passage, first))
        for pattern in patterns
        for first in range(len(passage.folded))
        if pattern.elements[0].fits(passage, first) and pattern.find_end(passage, first) >= 0
    }
    found = Cues({"en": {text: [text] for text in LISTS}}).find(passage, ["en"])
    assert len(found) == len(wanted)
    assert set(map(tuple, found)) == wanted
    assert [cue.first for cue in found] == sorted(cue.first for cue in found)


@given(st.lists(st.sampled_from([f"w{number}" for number in range(60)] + ["мова", "ż"]), max_size=300))
def test_hashes_of_the_wording_are_the_smallest_of_all(words: list[str]) -> None:
    passage = read_passage(" ".join(words), "body")
    told = _wording(Reading(read_passage("", "title"), passage, (), "", ()))
    grams = {crc32(" ".join(passage.folded[at : at + 3]).encode()) for at in range(len(passage.folded) - 2)}
    assert told["w"] == sorted(grams)[:24]
    assert told.get("h") == (crc32(" ".join(passage.folded).encode()) if len(passage.folded) >= 3 else None)


@given(st.lists(st.sampled_from(["Who", "a", "b", "?", ".", "\n", "!", " ", "x?", "B?"]), max_size=14).map("".join))
def test_a_sentence_asks_where_a_question_mark_follows_its_last_word(text: str) -> None:
    reading = Reading(read_passage("", "title"), read_passage(text, "body"), (), "en", ())
    view, passage = set_scene(reading).body, reading.body
    for at, sentence in enumerate(passage.sentences):
        last = max(other for other, number in enumerate(passage.sentences) if number == sentence)
        assert view.asks(at) == ("?" in text[passage.ends[last] : passage.ends[last] + 3])
    assert not view.asks(len(passage.sentences))


def test_a_memory_that_is_full_forgets_and_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matching.cues._REMEMBERED", 5)
    monkeypatch.setattr("matching.lexicon._REMEMBERED", 5)
    monkeypatch.setattr("matching.lexicon._latest", {})  # one of its own, with so small a memory
    matcher = load_matcher()
    texts = ["Belarus freed 52 political prisoners, the US said.", "Lukashenka met Coale in Minsk on Monday."]
    first = [matcher.analyse(text, text, lang="en") for text in texts]
    assert [matcher.analyse(text, text, lang="en") for text in texts] == first
    assert all(analysis.relevant for analysis in first)


def test_places_of_a_concept_come_best_first_without_being_sorted() -> None:
    lexicon = load_matcher_once().lexicon
    for line in DATA.read_text(encoding="utf-8").splitlines()[::6]:
        row = json.loads(line)
        body = f"{row['summary']} {row['title']}. {row['summary']}"
        for spots in spots_of(read(lexicon, row["title"], body, row["lang"], ["belarus"])).values():
            places = [PLACES.index(spot.where) for spot in spots]
            assert places == sorted(places)


TOLD = [
    "belarus minsk by_person firm place us washington envoy role.us-envoy role.prisoner release pardon",
    "freedom prisoner number people contact embassy sanctions lift impose potash sport elsewhere sentence demand exile",
]
PLACED = st.tuples(st.sampled_from(" ".join(TOLD).split()), st.sampled_from([-1, 0, 0, 1, 2, 3, 4, 9]))


@given(st.lists(PLACED, max_size=12), st.sets(st.sampled_from(["belarus", "by_person", "number", "eu"]), max_size=2))
def test_a_topic_that_is_not_scored_would_have_had_no_points_enough(
    told: list[tuple[str, int]], implied: set[str]
) -> None:
    found = tuple(
        Found(concept, "body" if sentence >= 0 else "title", max(sentence, 0), at, at, concept, "", at, at + 1)
        for at, (concept, sentence) in enumerate(sorted(told, key=lambda row: row[1]))
    )
    empty = read_passage("", "title")
    spots = spots_of(Reading(empty, empty, found, "", tuple(implied)))
    topics = load_matcher_once().lexicon.topics
    may = Ceilings(topics).may_count(found, tuple(implied))
    for name, topic in topics.items():
        assert name in may or score_topic(topic, spots).level is Level.NONE


def test_news_of_nothing_in_particular_is_not_scored() -> None:
    matcher = load_matcher_once()
    ceilings = Ceilings(matcher.lexicon.topics)
    texts = [Writer(lang, number).text(1_000) for lang in LANGS for number in range(4)]
    readings = [read(matcher.lexicon, text[:90], text) for text in texts]
    scored = [reading for reading in readings if ceilings.may_count(reading.found, reading.implies)]
    assert len(scored) < len(readings) / 3


NEWS = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
CHUNKS = [chunk for row in NEWS[::3] for chunk in f"{row['title']}. {row['summary']}".split(" ")]
CHUNKS += [
    "",
    "7",
    "14",
    "1",
    "000",
    "12,5",
    "Cole",
    "list-list",
    "(freed)",
    "—",
    ".",
    "\n",
    "Minsk\xa0",
    "<b>",
    "&amp;",
]
MIXED = st.lists(st.sampled_from(CHUNKS), max_size=12).map(" ".join)


@settings(max_examples=150)
@given(MIXED, st.lists(MIXED, max_size=12).map(". ".join), st.sampled_from([(), ("belarus",), ("number", "us")]))
def test_a_text_that_is_not_read_would_have_told_nothing(title: str, body: str, implies: tuple[str, ...]) -> None:
    matcher = load_matcher_once()
    if not matcher.may_tell(title, body, "en", implies):
        assert matcher.judge(read(matcher.lexicon, title, body, "en", implies)) == Analysis()


def test_most_news_of_nothing_in_particular_is_not_read() -> None:
    matcher = load_matcher_once()
    texts = [Writer(lang, number).text(2_000) for lang in LANGS for number in range(4)]
    read_whole = [text for text in texts if matcher.may_tell(text[:90], text)]
    assert len(read_whole) < len(texts) / 3
    for text in texts:
        assert matcher.analyse(text[:90], text) == matcher.judge(read(matcher.lexicon, text[:90], text))


WHOLE = "Number 1. Two bridges. Three mayors. Four towns. Five."


@pytest.mark.parametrize(
    "body",
    [
        f"{WHOLE} Then freed political prisoners left Belarus for Vilnius. Lukashenko pardoned 14.",
        f"{WHOLE} {'The bridge is closed. ' * 60}Fourteen political prisoners were freed in Minsk.",
        f"{WHOLE} {'The bridge is closed. ' * 60}Maxim Znak was there.",
        f"{WHOLE} {'The bridge is closed. ' * 60}They were exchanged 1 000 for 1 000.",
    ],
)
def test_what_stands_far_down_in_a_text_is_read(body: str) -> None:
    matcher = load_matcher_once()
    assert matcher.analyse("The bridge", body) == matcher.judge(read(matcher.lexicon, "The bridge", body))
    assert matcher.may_tell("The bridge", body)


def tables() -> list[Any]:
    """The functions of matching that make a table once in a process; those of folding are made with the packs."""
    modules = [import_module(f"matching.{name}") for _, name, _ in iter_modules(matching.__path__) if name != "fold"]
    found = {value for module in modules for value in vars(module).values() if hasattr(value, "cache_info")}
    made = [table for table in found if not signature(table).parameters and table.__module__ != "matching.fold"]
    return [*made, read_table]


def test_a_prepared_matcher_makes_no_table_when_news_comes() -> None:
    matcher = load_matcher_once()
    for table in tables():
        table.cache_clear()
    matcher.prepare()
    made = {table: table.cache_info().misses for table in tables()}
    assert sum(made.values()) > 8
    for line in DATA.read_text(encoding="utf-8").splitlines()[::9]:
        row = json.loads(line)
        matcher.analyse(row["title"], row["summary"], lang=row["lang"])
    assert {table: table.cache_info().misses for table in tables()} == made


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


LETTERS = "".join(map(chr, (*range(0x41, 0x7B), *range(0xC0, 0x250), *range(0x400, 0x530)))) + "ʼ'\u0301\u00ad"


@given(st.text(alphabet=LETTERS, max_size=12) | st.text(max_size=12) | st.text(alphabet="ß", min_size=60, max_size=70))
def test_words_of_one_script_are_folded_letter_by_letter_to_the_same(word: str) -> None:
    assert word.isascii() or fold(word) == _fold_any(word)


@given(
    st.text(alphabet=LETTERS, max_size=6),
    st.sampled_from(["", ",", ";)", "»:", "”", ".", ",.", ".)", "..", "?", "’", "ʼs", "-"]),
)
def test_plain_words_are_cut_out_without_a_scan(word: str, mark: str) -> None:
    assert _read_chunk(word + mark) == _scan_chunk(word + mark)


@given(st.text(max_size=8))
def test_any_chunk_is_cut_as_the_scan_cuts_it(chunk: str) -> None:
    chunk = chunk.replace(" ", "")
    assert _read_chunk(chunk) == _scan_chunk(chunk)


@pytest.mark.parametrize(("word", "kept"), [("Ruší", "ruší"), ("O'Neill", "oneill"), ("п’ять", "пять"), ("ŽIV", "živ")])
def test_accents_are_kept_and_apostrophes_are_not(word: str, kept: str) -> None:
    assert fold_keeping_accents(word) == kept


def test_what_is_alike_in_the_packs_is_kept_once() -> None:
    lexicon = load_matcher_once().lexicon
    lattices = [it for person in lexicon.persons.values() for name in person.surnames for part in name for it in part]
    patterns = [pattern for made in lexicon.concepts.values() for pattern in made]
    for values in ([it.endings for it in lattices], [one for it in lattices for one in it.positions]):
        assert len({id(value) for value in values}) < 2 * len(set(values)) < len(values)
    assert len({id(pattern.gaps) for pattern in patterns}) == len({pattern.gaps for pattern in patterns})
