"""A text laid out for the facts: where clauses begin."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.reading import Reading
from matching.scene import View, set_scene
from matching.stems import Stems
from matching.text import read_passage

BREAK = re.compile(r"[,;:–—()«»„“”\"]|\s-\s")  # said as it is meant; the program asks in a quicker way


def body(text: str) -> View:
    return set_scene(Reading(read_passage("", "title"), read_passage(text, "body"), (), "en", ())).body


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("Ten freed - six held", [0, 0, 1, 1]),
        ("Ten freed\u00a0-\tsix held", [0, 0, 1, 1]),
        ("Ten well-known men -six -", [0, 0, 0, 0, 0]),
        ("- Ten freed, six held. None left", [0, 0, 1, 1, 2, 2]),
    ],
)
def test_a_clause_ends_at_a_hyphen_with_spaces_around_it(text: str, clauses: list[int]) -> None:
    assert list(body(text).clause) == clauses


@given(st.text(alphabet='ab -,"–\n\t\u00a0.5', max_size=60))
def test_a_clause_begins_after_every_mark_that_stands_between_two_words(text: str) -> None:
    view = body(text)
    starts, ends = view.passage.starts, view.passage.ends
    for before in range(len(starts) - 1):
        new = view.sentences[before] != view.sentences[before + 1]
        new = new or any(
            ends[before] <= mark.start() < starts[before + 1] for mark in BREAK.finditer(text, 0, ends[-1])
        )
        assert view.clause[before + 1] - view.clause[before] == new


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=6), max_size=12), st.text(alphabet="abc", max_size=7))
def test_stems_are_all_those_with_which_a_word_begins_the_shortest_first(stems: list[str], word: str) -> None:
    table: Stems[tuple[int, ...]] = Stems()  # values that are tuples: one of them is not several values
    for number, stem in enumerate(stems):
        table.add(stem, (number, number))
    found = [(size, values) for size, values in table.look_up(word)]
    begins = sorted({stem for stem in stems if word.startswith(stem)}, key=len)
    assert found == [(len(stem), tuple((at, at) for at, one in enumerate(stems) if one == stem)) for stem in begins]
