"""The labelled news sets are well formed, cover every language, and share neither story nor person nor theme."""

import datetime
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

SETS = Path(__file__).parent.parent / "data"
ITEM_KEYS = {
    "id", "lang", "published", "source", "url", "title", "summary",
    "relevant", "topics", "story", "facts", "hard", "note",
}  # fmt: skip
FACT_KEYS = {"released", "remaining", "people", "mediators", "destination"}
GIVEN = {"belavia", "potash", "banks", "aircraft", "embassy", "sanctions"}
TOPICS = {"prisoner-release", "us-diplomacy", "sanctions"}
AT_LEAST = dict.fromkeys(("en", "ru", "be", "uk", "pl", "lt"), 35) | dict.fromkeys(("de", "fr"), 20)
AT_LEAST |= dict.fromkeys(("lv", "et", "cs", "sk", "bg", "ro", "it", "es", "sv"), 12)
CYRILLIC = {"ru", "be", "uk", "bg"}

Item = dict[str, Any]


def read(name: str) -> list[Item]:
    lines = (SETS / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


NAMES = ["own", "closed", "fresh", "second", "third", "fourth", "fifth", "sixth", "seventh", "checks", "pairs"]
NAMES += ["classes", "eighth", "ninth", "tenth", "numbers", "eleventh", "twelfth", "thirteenth", "counts", "free"]
NAMES += [
    "longfree",
    "slavic",
    "western",
    "denials",
    "long",
    "fourteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
]
NAMES += ["ordinary", "everyday", "features"]
ABOUT_NUMBERS = {"pairs", "numbers", "counts", "slavic", "western", "denials", "long"}  # their mix is another
NEWS = {name: read(f"news-{name}.jsonl") for name in NAMES}
OPEN, CLOSED, FRESH = NEWS["own"], NEWS["closed"], NEWS["fresh"]
BOTH = OPEN + CLOSED
OF_EVERY_DAY = ("ordinary", "everyday", "features")  # nothing in them is relevant
ORDINARY = [item for name in OF_EVERY_DAY for item in NEWS[name]]
MIXED = [name for name in NAMES if name not in ABOUT_NUMBERS.union(OF_EVERY_DAY)]
EVERY = [item for items in NEWS.values() for item in items]


def stories(items: list[Item]) -> set[str]:
    return {item["story"] for item in items if item["story"]}


def people(items: list[Item]) -> set[str]:
    return {name for item in items if item["facts"] for name in item["facts"]["people"]}


def themes(items: list[Item]) -> set[str]:
    """The words of a negative's note before its first colon or semicolon."""
    return {re.split("[:;]", item["note"])[0] for item in items if not item["relevant"]}


@pytest.mark.parametrize("item", EVERY, ids=[item["id"] for item in EVERY])
def test_item_has_every_key_and_consistent_labels(item: Item) -> None:
    assert set(item) == ITEM_KEYS
    assert datetime.date.fromisoformat(item["published"]).isoformat() == item["published"]
    assert item["url"].startswith(f"https://{item['source']}/")
    assert item["url"].isascii()
    assert item["title"].strip() == item["title"] != ""
    assert item["summary"].strip() == item["summary"] != "" or item in NEWS["seventh"]  # some are headlines alone
    assert re.fullmatch(rf"[a-z]{{1,2}}-{item['lang']}-\d{{3}}", item["id"])
    assert type(item["hard"]) is bool
    if not item["relevant"]:
        assert (item["topics"], item["story"], item["facts"]) == ([], None, None)
        assert item["note"]
        return
    assert set(item["topics"]) <= TOPICS
    assert len(set(item["topics"])) == len(item["topics"]) > 0
    assert re.fullmatch(rf"{item['id'].split('-')[0]}-[a-z0-9-]+-20\d\d-\d\d(-\d\d)?", item["story"])
    assert set(item["facts"]) | {"in_return"} == FACT_KEYS | {"in_return"}  # what was given is labelled in some sets
    assert set(item["facts"].get("in_return", ())) <= GIVEN
    for key in ("released", "remaining"):
        assert item["facts"][key] is None or item["facts"][key] > 0
    if "prisoner-release" not in item["topics"]:
        of_a_release = {key: item["facts"][key] for key in ("released", "people", "destination")}
        assert of_a_release == {"released": None, "people": [], "destination": None}


@pytest.mark.parametrize("key", ["id", "url", "title"])
def test_no_two_items_share_an_id_an_address_or_a_title(key: str) -> None:
    assert [value for value, times in Counter(item[key] for item in EVERY).items() if times > 1] == []


def test_titles_differ_from_the_development_set() -> None:
    assert {item["title"] for item in EVERY} & {item["title"] for item in read("news-dev.jsonl")} == set()


def test_the_closed_set_shares_no_story_person_or_theme_with_the_open_one() -> None:
    assert stories(OPEN) & stories(CLOSED) == set()
    assert people(OPEN) & people(CLOSED) == set()
    assert themes(OPEN) & themes(CLOSED) == set()


def test_every_language_has_enough_items() -> None:
    counted = Counter(item["lang"] for item in BOTH)
    assert set(counted) == set(AT_LEAST)
    assert {lang: counted[lang] for lang, least in AT_LEAST.items() if counted[lang] < least} == {}
    assert {item["lang"] for item in CLOSED} == set(AT_LEAST)
    assert len(BOTH) >= 360
    assert len(CLOSED) >= 110


def test_the_fresh_set_has_the_languages_in_the_shares_of_the_development_set() -> None:
    counted = Counter(item["lang"] for item in FRESH)
    wanted = Counter(item["lang"] for item in read("news-dev.jsonl"))
    assert set(counted) == set(AT_LEAST)
    assert len(FRESH) >= 230
    assert {lang: n for lang, n in wanted.items() if abs(counted[lang] - n) > 6} == {}


@pytest.mark.parametrize("name", MIXED)
def test_half_is_hard_and_both_labels_are_common(name: str) -> None:
    items = NEWS[name]
    assert 2 * sum(item["hard"] for item in items) >= len(items)
    assert 0.4 <= sum(item["relevant"] for item in items) / len(items) <= 0.65


def test_items_are_written_in_the_script_of_their_language() -> None:
    for item in EVERY:
        letters = [c for c in item["title"] + item["summary"] if c.isalpha()]
        share = sum("\u0400" <= c <= "\u04ff" for c in letters) / len(letters)
        cyrillic = item["lang"] in CYRILLIC and "Latin script" not in item["note"]
        assert (share > 0.6) if cyrillic else (share == 0), item["id"]


def test_belarusian_comes_in_both_orthographies_and_in_latin_letters() -> None:
    notes = [item["note"] for item in BOTH if item["lang"] == "be"]
    assert sum("taraskievica" in note for note in notes) >= 10
    assert sum("Latin script" in note for note in notes) >= 4
