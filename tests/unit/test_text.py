"""Texts cut into words, numbers and sentences."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.text import MAX_TEXT, Memory, Passage, distinct_words, read_passage, words_in


def words(text: str) -> list[str]:
    return [token.folded for token in read_passage(text, "body").tokens]


def sentences(text: str) -> list[int]:
    return [token.sentence for token in read_passage(text, "body").tokens]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,234 and 1 234 and 1\u00a0234", ["1234", "and", "1234", "and", "1234"]),
        ("1.239 вязняў", ["1239", "вязняу"]),
        ("1 234 567", ["1234567"]),
        ("52, 123, 14", ["52", "123", "14"]),
        ("2,5 or 2.5", ["2.5", "or", "2.5"]),
        ("24.06.2025 12:30", ["24.06.2025", "12:30"]),
        ("in 2024 300 people", ["in", "2024", "300", "people"]),
        ("Trumpʼs ʼs ʼre Anna ʼ", ["trump", "s", "s", "re", "anna", ""]),  # this apostrophe is a letter to Unicode
        ("52-х, 69-летний", ["52", "х", "69", "летний"]),
    ],
)
def test_numbers(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("U.S.-brokered", ["us", "brokered"]),
        ("the U.S. and the U.K.", ["the", "us", "and", "the", "uk"]),
        ("EE.UU. libera", ["eeuu", "libera"]),
        ("l'émissaire d'Alexandre", ["l", "emissaire", "d", "alexandre"]),
        ("Trump's, Trump’ui", ["trump", "s", "trumpui"]),
        ("hasn’t", ["hasn", "t"]),
        ("політв'язнів", ["політвязнів"]),
        ("Шарэнда-Панасюк", ["шарэнда", "панасюк"]),
        ("<b>Minsk</b>&nbsp;frees", ["minsk", "frees"]),
        ("see https://example.org/free?x=1 now", ["see", "now"]),
        ("поли\u00adтический", ["политический"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two", [0, 1]),
        ("Gen. Kellogg came. He left", [0, 0, 0, 1, 1]),
        ("J. Coale met A. Lukashenko", [0] * 5),
        ("On 5. mai it rained", [0] * 5),
        ("Да! Нет? Ну", [0, 1, 2]),
        ("«Да.» Он ушёл", [0, 1, 1]),
        ("Title\nBody", [0, 1]),
        ("approx. twelve", [0, 0]),
    ],
)
def test_sentences(text: str, expected: list[int]) -> None:
    assert sentences(text) == expected


def check(passage: Passage) -> None:
    last = 0
    for index, token in enumerate(passage.tokens):
        assert token.index == index
        assert passage.text[token.start : token.end] == token.text
        assert last <= token.start < token.end <= len(passage.text)
        last = token.end
    numbers = [token.sentence for token in passage.tokens]
    assert numbers == sorted(numbers)


@given(st.text(max_size=400))
def test_offsets_point_at_the_words_of_any_text(text: str) -> None:
    check(read_passage(text, "title"))


@settings(max_examples=50)
@given(
    st.lists(st.sampled_from(["1", "234", "1,5", ".", "'", "Minsk", "l'", "<b", ">", "&amp;", "\n", "U.S.", "ё", "-"]))
)
def test_offsets_hold_for_awkward_joins(parts: list[str]) -> None:
    check(read_passage(" ".join(parts), "body"))
    check(read_passage("".join(parts), "body"))


@pytest.mark.parametrize(
    "text",
    ["a" * 1_000_000, "слово " * 200_000, "<" * 300_000, "1 " * 300_000, "'" * 300_000, "😀" * 300_000, "\x00\ud800 x"],
)
def test_long_and_odd_texts_are_bounded(text: str) -> None:
    passage = read_passage(text, "body")
    assert len(passage.text) <= MAX_TEXT
    check(passage)


AWKWARD = ["1", "234", "12", "U.S.", "no.", "no?", "Word", "word", "Word's", "", "–", "a–b", "(", "\n", "x\nY", "5,"]


@given(st.lists(st.sampled_from(AWKWARD), max_size=30))
def test_words_put_down_in_runs_are_those_of_the_chunks_one_by_one(parts: list[str]) -> None:
    passage = read_passage(" ".join(parts), "body")
    words = [token.text for token in passage.tokens]
    assert [digits for word in words for digits in word.split(" ")] == [word for word, _ in words_in(" ".join(parts))]
    for at, word in enumerate(words):
        groups = word.split(" ")
        assert len(groups) == 1 or (all(map(str.isdecimal, groups)) and {len(group) for group in groups[1:]} == {3})
        assert passage.word(at) == word
    assert [token.sentence for token in passage.cut(3).tokens] == passage.sentences[:3]


def test_a_memory_keeps_what_was_asked_for_lately_and_forgets_the_rest() -> None:
    made: list[str] = []
    memory = Memory(lambda key: made.append(key) or key.upper(), 3)  # type: ignore[func-returns-value]
    assert [memory[key] for key in "abcd"] == list("ABCD")  # now a, b and c are of the half before
    assert memory["a"] == "A"
    assert made == list("abcd")
    assert [memory[key] for key in "ef"] == ["E", "F"]  # the half before is now a, d, e
    assert [memory[key] for key in "adeb"] == ["A", "D", "E", "B"]
    assert made == list("abcdefb")
    assert memory["x" * 100] == "X" * 100
    assert "x" * 100 not in memory


@pytest.mark.parametrize(
    "text", ["", "Мінск 1 234 і 1 234 Мінск, мінск", "a.b <b>c</b> 12 345 678", "U.S. U.S.A. don't"]
)
def test_distinct_words_are_those_of_the_tokens(text: str) -> None:
    assert distinct_words(text) == _words_of_tokens(text)


@given(st.lists(st.sampled_from(["1", "234", "12", " ", "\n", ".", "слова", "Word's", "&amp;", "<i>", "\u00a0", "é"])))
def test_distinct_words_are_those_of_the_tokens_of_any_text(parts: list[str]) -> None:
    text = "".join(parts)
    assert distinct_words(text) == _words_of_tokens(text)
    head, rest = "".join(parts[:3]), "".join(parts[3:])
    assert distinct_words(head, rest) == tuple(dict.fromkeys((*distinct_words(head), *distinct_words(rest))))


def _words_of_tokens(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(token.folded for token in read_passage(text, "body").tokens if token.folded))
