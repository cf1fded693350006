"""From a Belarusian and a Russian name to the spellings of the press."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matching.fold import fold
from matching.names import Lattice, generate, is_spelling, literal, matches
from matching.spellings import by_tradition

DATA = Path(__file__).parent.parent / "data"
ATTESTED = json.loads((DATA / "names-dev.json").read_text(encoding="utf-8"))


def test_attested_spellings_are_found_without_a_list_of_exceptions() -> None:
    pairs = [(row, spelling) for row in ATTESTED for spelling in row["spellings"]]
    missed = [spelling for row, spelling in pairs if not is_spelling(spelling, row["be"], row["ru"])]
    assert len(missed) <= 0.03 * len(pairs), missed


@pytest.mark.parametrize(
    ("be", "ru", "spelling"),
    [
        ("Юхневіч", "Юхневич", "Yukhnevich"),
        ("Юхневіч", "Юхневич", "Juchniewiczowi"),
        ("Юхневіч", "Юхневич", "Ioukhnevitch"),
        ("Юхневіч", "Юхневич", "Juchnewitsch"),
        ("Гайдучэнка", "Гайдученко", "Гайдученком"),
        ("Гайдучэнка", "Гайдученко", "Hajdučenkos"),
        ("Гайдучэнка", "Гайдученко", "Haiduchenka"),
        ("Севярынец", "Северинец", "Seviaryńca"),
        ("Севярынец", "Северинец", "Severince"),  # Czech genitive
        ("Лабковіч", "Лабкович", "Labkoviče"),
        ("Лабковіч", "Лабкович", "Labkovitj"),  # Swedish
        ("Чыгір", "Чигирь", "Tchiguir"),  # French gu before i
        ("Мацкевіч", "Мацкевич", "Mațkevici"),  # Romanian
        ("Рабкова", "Рабкова", "Rabkovei"),
        ("Хвашчынская", "Хващинская", "Chwaschtschinskaja"),
        ("Шчыракова", "Щиракова", "Ščirakovas"),
        ("Севярынец", "Северинец", "Севярынцу"),
        ("Пятрова", "Петрова", "Piatrovovou"),
        ("Пятрова", "Петрова", "Pētrovas"),
        ("Ціханоўская", "Тихановская", "Tihanouskaia"),  # half Belarusian, half Russian
        ("Шарэнда-Панасюк", "Шарендо-Панасюк", "Sharenda-Panasiuk"),
        ("Лебедзь", "Лебедь", "Lebedź"),
        ("Дзядок", "Дедок", "Дзядка"),
        ("Статкевіч", "Статкевич", "Stаtkevich"),  # a Cyrillic а inside
    ],
)
def test_spellings_and_endings(be: str, ru: str, spelling: str) -> None:
    assert is_spelling(spelling, be, ru)


@pytest.mark.parametrize(
    ("be", "ru", "word"),
    [
        ("Лукашэнка", "Лукашенко", "Łukasz"),
        ("Лукашэнка", "Лукашенко", "Лукашевич"),
        ("Ціханоўскі", "Тихановский", "Тихонов"),
        ("Ціханоўскі", "Тихановский", "тихий"),
        ("Калеснікава", "Колесникова", "колесница"),
        ("Лойка", "Лойко", "lokal"),
        ("Шарэнда-Панасюк", "Шарендо-Панасюк", "Sharenda"),
        ("Бабарыка", "Бабарико", "barykada"),
    ],
)
def test_other_words_are_not_spellings(be: str, ru: str, word: str) -> None:
    assert not is_spelling(word, be, ru)


def test_foreign_names_get_endings_only() -> None:
    coale = literal("Coale")
    assert all(matches(coale, [fold(word)]) for word in ("Coale", "Coale'em", "Coaleʼas", "Coalea", "Coales"))
    assert not any(matches(coale, [fold(word)]) for word in ("Coal", "Koul", "coalition"))
    assert matches(literal("Келлог"), ["келлогом"])


@pytest.mark.parametrize(
    ("be", "ru"), [("Ціханоўская", "Тихановская"), ("Бяляцкі", "Беляцкий"), ("Юхневіч", "Юхневич"), ("Лойка", "Лойко")]
)
def test_the_spellings_shown_are_among_those_matched(be: str, ru: str) -> None:
    shown = dict(by_tradition(be, ru))
    assert len(shown) >= 10
    assert [spelling for spelling in shown.values() if not is_spelling(spelling, be, ru)] == []


def test_lattices_are_found_by_every_spelling_they_accept() -> None:
    lattice = Lattice((("ts", "c"), ("i", "y"), ("kh", "h", "")), frozenset(("", "a")))
    for word in ("tsikh", "cy", "cha", "cia"):
        if lattice.fits(word):
            assert word[:3] in lattice.prefixes()


@example("ббб", "m")
@given(st.text(alphabet="абвгдежзійклмнопрстуўфхцчшыьэюя-'", min_size=1, max_size=40), st.sampled_from(["m", "f"]))
def test_any_name_fits_itself(name: str, sex: str) -> None:
    parts = [fold(part) for part in name.split("-")]
    made = generate(name, name, sex)
    if all(parts) and all(set(part) - set("ьй") for part in parts):
        assert matches(made, parts)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_as_a_name_is_no_error(be: str, ru: str) -> None:
    assert isinstance(is_spelling("Minsk", be, ru), bool)
    assert all(isinstance(spelling, str) for _, spelling in by_tradition(be, ru))
