"""The roster and the timeline of the shipped pack: complete, in the right letters, and consistent with each other."""

import re
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

PACKS = Path(__file__).parents[2] / "matching" / "packs"

ROLES = {
    "prisoner", "official", "opposition", "journalist", "rights-defender", "cleric", "us-president", "us-envoy",
    "us-official", "us-congress", "foreign-official", "church", "relative",
}  # fmt: skip
KINDS = {"release", "pardon", "diplomacy", "sanctions", "statement"}
OBJECTS = {"belavia", "aircraft", "potash", "banks", "finance_ministry", "embassy", "exchange"}

SHARED_KEYS = {"name", "sex", "role", "alone", "by"}
PERSON_KEYS = SHARED_KEYS | {"be", "ru"}
NAME_KEYS = SHARED_KEYS | {"given", "latin", "cyrillic"}
EVENT_KEYS = {"id", "title", "kind", "grade", "evidence"}
EVENT_OPTIONAL = {
    "date", "from", "to", "released", "released_other", "remaining", "people", "mediators", "destination",
    "in_return", "note", "titles",
}  # fmt: skip

FULL_NAME = r"[{0}]+(?:['-][{0}]+)*(?: [{0}]+(?:['-][{0}]+)*)+"
BELARUSIAN = re.compile(FULL_NAME.format("абвгдеёжзійклмнопрстуўфхцчшыьэюяАБВГДЕЁЖЗІЙКЛМНОПРСТУЎФХЦЧШЫЭЮЯ"))
RUSSIAN = re.compile(FULL_NAME.format("а-яёА-ЯЁ"))
CYRILLIC_WORD = re.compile(r"[Ѐ-ӿ][Ѐ-ӿ'’-]*")
LATIN_WORD = re.compile(r"[A-Za-zÀ-ž][A-Za-zÀ-ž.-]*")

# Persons attested in pages of fifteen languages: surnames in Belarusian and in Russian.
ATTESTED_TEXT = """
Лукашэнка Лукашенко|Ціханоўскі Тихановский|Ціханоўская Тихановская|Бяляцкі Беляцкий|Калеснікава Колесникова
Бабарыка Бабарико|Лосік Лосик|Карней Карней|Статкевіч Статкевич|Знак Знак|Шарэнда-Панасюк Шарендо-Панасюк
Андрэева Андреева|Бахвалава Бахвалова|Пачобут Почобут|Эйсмант Эйсмонт|Бастрыкін Бастрыкин|Вячорка Вячорко
Латушка Латушко|Рабкова Рабкова|Лойка Лойко|Стэфановіч Стефанович|Пальчыс Пальчис|Дзядок Дедок|Мацкевіч Мацкевич
Ярашук Ярошук|Слаўнікава Славникова|Пратасевіч Протасевич|Зянковіч Зенкович|Кузнечык Кузнечик|Маўшук Мовшук
Хоміч Хомич|Лабковіч Лабкович|Цыгановіч Цыганович|Мукавозчык Муковозчик|Краснянская Краснянская
Каранкевіч Каранкевич
"""
ATTESTED = ATTESTED_TEXT.replace("\n", "|").strip("|").split("|")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((PACKS / name).read_text(encoding="utf-8"))


ROSTER = _read("belarus-us.people.toml")
PERSONS: dict[str, dict[str, Any]] = ROSTER["person"]
NAMES: dict[str, dict[str, Any]] = ROSTER["name"]
EVERYBODY = PERSONS | NAMES
EVENTS: list[dict[str, Any]] = _read("belarus-us.timeline.toml")["event"]

each_person = pytest.mark.parametrize("slug", PERSONS)
each_name = pytest.mark.parametrize("slug", NAMES)
each_event = pytest.mark.parametrize("event", EVENTS, ids=lambda event: str(event["id"]))


def _start(event: dict[str, Any]) -> date:
    start = event.get("date", event.get("from"))
    assert isinstance(start, date)
    return start


def test_the_roster_is_large_enough() -> None:
    assert set(ROSTER) == {"person", "name", "given"}
    assert len(EVERYBODY) >= 490
    assert sum(entry["role"] == "prisoner" for entry in EVERYBODY.values()) >= 300


def test_ids_and_shown_names_are_unique() -> None:
    assert not PERSONS.keys() & NAMES.keys()
    assert [slug for slug in EVERYBODY if not re.fullmatch(r"[a-z][a-z_]*", slug)] == []
    shown = Counter(entry["name"] for entry in EVERYBODY.values())
    assert [name for name, count in shown.items() if count > 1] == []


@pytest.mark.parametrize("slug", EVERYBODY)
def test_everybody_has_a_valid_sex_role_and_flags(slug: str) -> None:
    entry = EVERYBODY[slug]
    assert entry["sex"] in {"m", "f"}
    assert entry["role"] in ROLES
    assert isinstance(entry["alone"], bool)
    assert isinstance(entry["by"], bool)
    assert not (entry.get("strict", False) and entry["alone"])
    assert LATIN_WORD.match(entry["name"])


@each_person
def test_person_is_spelled_in_belarusian_and_russian_letters(slug: str) -> None:
    person = PERSONS[slug]
    assert PERSON_KEYS <= person.keys() <= PERSON_KEYS | {"also", "strict", "freed"}
    assert BELARUSIAN.fullmatch(person["be"]), person["be"]
    assert RUSSIAN.fullmatch(person["ru"]), person["ru"]


@each_person
def test_further_spellings_are_single_words_of_one_script(slug: str) -> None:
    also = PERSONS[slug].get("also", [])
    assert len(set(also)) == len(also)
    assert [word for word in also if not (CYRILLIC_WORD.fullmatch(word) or LATIN_WORD.fullmatch(word))] == []


def test_given_names_of_other_languages_begin_with_a_pair_of_the_roster() -> None:
    pairs = {(person["be"].split()[0], person["ru"].split()[0]) for person in PERSONS.values()}
    rows = ROSTER["given"]["names"].values()
    assert len(rows) >= 60
    assert [row[:2] for row in rows if tuple(row[:2]) not in pairs] == []
    assert [row for row in rows if len(row) < 3 or len(set(row)) < len(row) - 1] == []


@each_name
def test_foreign_name_is_written_in_both_scripts(slug: str) -> None:
    name = NAMES[slug]
    assert name.keys() - {"be", "ru", "sure", "strict", "freed"} == NAME_KEYS
    assert set(name.get("sure", ())).isdisjoint([*name["latin"], *name["cyrillic"]])
    assert "sure" not in name or not name["alone"]
    shown = [name.get("be", "").split(), name.get("ru", "").split()]
    assert [word for words in shown for word in words if not CYRILLIC_WORD.fullmatch(word) and word != "XIV"] == []
    assert bool(shown[0]) == bool(shown[1])
    for key in ("given", "latin", "cyrillic"):
        assert name[key]
        assert len(set(name[key])) == len(name[key])
    assert [word for word in name["latin"] if not LATIN_WORD.fullmatch(word)] == []
    assert [word for word in name["cyrillic"] if not CYRILLIC_WORD.fullmatch(word)] == []
    scripts = {bool(LATIN_WORD.fullmatch(word)) for word in name["given"]}
    assert scripts == {True, False}, "given names in both scripts, or a weak name is lost in half of the languages"


@pytest.mark.parametrize("language", ["be", "ru"])
def test_a_shared_surname_stands_alone_for_one_person_at_most(language: str) -> None:
    strong = Counter(person[language].split()[-1] for person in PERSONS.values() if person["alone"])
    assert [surname for surname, count in strong.items() if count > 1] == []


@pytest.mark.parametrize("slug", ["znak", "loika", "karnei", "smith", "coale", "andreyeva", "levaya", "urad", "kniha"])
def test_words_and_frequent_surnames_do_not_stand_alone(slug: str) -> None:
    assert EVERYBODY[slug]["alone"] is False


def test_the_sexes_agree_with_the_endings() -> None:
    feminine = re.compile(r"(ова|ева|ёва|ина|ская|цкая|ая)$")
    masculine = re.compile(r"(ов|ев|ёв|ин|ский|цкий|ый)$")
    wrong = [
        slug
        for slug, person in PERSONS.items()
        if (person["sex"] == "m" and feminine.search(person["ru"]))
        or (person["sex"] == "f" and masculine.search(person["ru"]))
    ]
    assert wrong == []


@pytest.mark.parametrize("surnames", ATTESTED)
def test_attested_person_is_in_the_roster(surnames: str) -> None:
    belarusian, russian = surnames.split()
    assert any(
        belarusian in {person["be"].split()[-1], *person.get("also", [])}
        and russian in {person["ru"].split()[-1], *person.get("also", [])}
        for person in PERSONS.values()
    )


def test_attested_persons_are_thirty_six() -> None:
    assert len(set(ATTESTED)) == 36


def test_event_ids_are_unique_and_events_are_in_order() -> None:
    ids = Counter(event["id"] for event in EVENTS)
    assert [event_id for event_id, count in ids.items() if count > 1] == []
    assert [event["id"] for event in EVENTS] == [event["id"] for event in sorted(EVENTS, key=_start)]


@each_event
def test_event_has_its_keys_and_valid_dates(event: dict[str, Any]) -> None:
    assert EVENT_KEYS <= event.keys() <= EVENT_KEYS | EVENT_OPTIONAL
    assert event["kind"] in KINDS
    assert ("date" in event) != ("from" in event)
    assert ("from" in event) == ("to" in event)
    assert type(_start(event)) is date
    assert _start(event) <= event.get("to", _start(event))
    assert date(2025, 1, 1) <= _start(event) <= date(2026, 12, 31)


@each_event
def test_event_names_persons_of_the_roster(event: dict[str, Any]) -> None:
    named = [*event.get("people", []), *event.get("mediators", [])]
    assert [slug for slug in named if slug not in EVERYBODY] == []
    if event.get("released"):
        assert len(event.get("people", [])) <= event["released"]
        assert [slug for slug in event.get("people", []) if EVERYBODY[slug]["role"] != "prisoner"] == []


@each_event
def test_event_counts_places_and_objects(event: dict[str, Any]) -> None:
    for key in ("released", "remaining"):
        assert key not in event or type(event[key]) is int
    assert event.get("released") not in event.get("released_other", [])
    assert set(event.get("destination", [])) <= {"BY", "LT", "PL", "UA"}
    assert set(event.get("in_return", [])) <= OBJECTS
    if event["kind"] in {"release", "pardon"}:
        assert event["released"] > 0


@each_event
def test_event_has_the_evidence_its_grade_asks_for(event: dict[str, Any]) -> None:
    assert event["grade"] in {"A", "B", "C"}
    assert len(event["evidence"]) >= {"A": 2, "B": 1, "C": 0}[event["grade"]]
    assert [url for url in event["evidence"] if not re.fullmatch(r"https://[^\s/]+/\S+", url)] == []
    if event["grade"] == "C":
        assert event["note"], "second-hand knowledge says where it comes from"
