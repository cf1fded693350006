"""From a Belarusian and a Russian name to the spellings of the press."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.cli import main
from matching.fold import fold
from matching.names import Lattice, generate, is_spelling_of, literal, matches, sexes_of
from matching.spellings import by_tradition

DATA = Path(__file__).parent.parent / "data"
PEOPLE = Path(__file__).parent.parent.parent / "matching" / "packs" / "belarus-us.people.toml"


@pytest.mark.parametrize(("file", "share"), [("names-dev.json", 0.0125), ("names-own.json", 0.0075)])
def test_attested_spellings_are_found_without_a_list_of_exceptions(file: str, share: float) -> None:
    rows = json.loads((DATA / file).read_text(encoding="utf-8"))
    pairs = [(row, spelling) for row in rows for spelling in row["spellings"]]
    missed = [spelling for row, spelling in pairs if not is_spelling_of(spelling, row["be"], row["ru"])]
    assert len(missed) <= share * len(pairs), missed


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
        ("Бяляцкі", "Беляцкий", "Bjaljatskiga"),  # Estonian: with
        ("Барысевіч", "Борисевич", "Barõssevitšiga"),
        ("Барысевіч", "Борисевич", "Borisevici"),  # Romanian
        ("Стэфановіч", "Стефанович", "Stefanoviciului"),
        ("Равіч", "Равич", "Ravici"),
        ("Ціханоўская", "Тихановская", "Tihanovskei"),
        ("Чульцова", "Чульцова", "Ciulțova"),
        ("Алексіевіч", "Алексиевич", "Aleksijeviču"),  # Latvian: her
        ("Рыжанкоў", "Рыженков", "Ryzjankou"),  # Swedish
        ("Жамчужны", "Жемчужный", "Zhemchuzhnyy"),  # BGN
        ("Перадня", "Передня", "Perednjas"),
        ("Асад", "Асад", "Asadová"),
        ("Чэкіна", "Чекина", "Czekiny"),
        ("Макей", "Макей", "Makiejem"),
        ("Знак", "Знак", "Znakam"),
    ],
)
def test_spellings_and_endings(be: str, ru: str, spelling: str) -> None:
    assert is_spelling_of(spelling, be, ru)


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
        ("Лойка", "Лойко", "loitse"),
        ("Карней", "Карней", "karnes"),
        ("Карней", "Карней", "kärnega"),
        ("Макей", "Макей", "make's"),
        ("Дзядок", "Дедок", "dedko"),
        ("Дзядок", "Дедок", "дядьків"),
        ("Знак", "Знак", "znakový"),
        ("Рабкова", "Рабкова", "rąbkowy"),
        ("Кавалькова", "Ковалькова", "Kavalíková"),
        ("Золатава", "Золотова", "золотаво"),
        ("Бяляцкі", "Беляцкий", "Балацький"),
        ("Халіп", "Халип", "haliple"),
    ],
)
def test_other_words_are_not_spellings(be: str, ru: str, word: str) -> None:
    assert not is_spelling_of(word, be, ru)


def test_foreign_names_get_endings_only() -> None:
    coale = literal("Coale")
    assert all(matches(coale, [fold(word)]) for word in ("Coale", "Coale'em", "Coaleʼas", "Coalea", "Coales"))
    assert not any(matches(coale, [fold(word)]) for word in ("Coal", "Koul", "coalition"))
    assert matches(literal("Келлог"), ["келлогом"])


def test_the_spellings_shown_are_among_those_matched() -> None:
    persons = tomllib.loads(PEOPLE.read_text(encoding="utf-8"))["person"].values()
    names = {(row["be"].split()[-1], row["ru"].split()[-1]) for row in persons if "be" in row and "ru" in row}
    assert len(names) > 200
    for be, ru in sorted(names):
        shown = dict(by_tradition(be, ru))
        assert len(shown) >= 10
        assert [spelling for spelling in shown.values() if not is_spelling_of(spelling, be, ru)] == [], be


@pytest.mark.parametrize(
    ("be", "ru", "sexes"),
    [
        ("Ціханоўская", "Тихановская", ("f",)),
        ("Рабкова", "", ("f",)),
        ("Ціханоўскі", "Тихановский", ("m",)),
        ("Латыпаў", "Латыпов", ("m",)),
        ("Барысевіч", "Борисевич", ("m", "f")),
        ("Каліна", "Калина", ("m", "f")),
        ("", "", ("m", "f")),
    ],
)
def test_a_surname_tells_the_sex(be: str, ru: str, sexes: tuple[str, ...]) -> None:
    assert sexes_of(be, ru) == sexes


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
    assert isinstance(is_spelling_of("Minsk", be, ru), bool)
    assert all(isinstance(spelling, str) for _, spelling in by_tradition(be, ru))


@pytest.mark.parametrize(
    ("words", "fits"),
    [
        ("Kolesnikova", True),
        ("Maria Kolesnikova", True),
        ("Kolesnikovou Marií", True),
        ("Марією Колесніковою", True),
        ("John Kolesnikova", False),
        ("Maria", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("ru", ["Мария Колесникова", "Колесникова, Мария"])
def test_a_whole_name_may_stand_either_way_round(words: str, fits: bool, ru: str) -> None:
    assert is_spelling_of(words, "Марыя Калеснікава", ru) is fits
    assert not is_spelling_of("Maria Kolesnikova", "Калеснікава", "Колесникова")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["names"], "give --be or --ru"),
        (["names", "--be", " , ", "Minsk"], "give --be or --ru"),
        (["names", "--be", "Znak", "Znak"], "--be 'Znak' has no Cyrillic letter"),
        (["names", "--be", "Знак", "--ru", "Znak"], "--ru 'Znak' has no Cyrillic letter"),
    ],
)
def test_a_name_that_cannot_be_read_is_told(capsys: pytest.CaptureFixture[str], typed: list[str], told: str) -> None:
    assert main(typed) == 2
    out, err = capsys.readouterr()
    assert (out, told in err) == ("", True), err
