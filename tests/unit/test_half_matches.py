"""Half a match costs a page to fetch: what its head must say, and what must not stand there."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.model import Level
from matching.lint import compile_packs
from matching.matcher import PackMatcher, load_matcher

PACK = """\
[concept.here]
any = ["atlantis"]
[concept.free]
any = ["freed"]
[concept.home]
any = ["home"]
[concept.match]
any = ["football"]
[topic.release]
all = ["here", "free | home"]
alert = 3.5
digest = 3.0
half = 1.0
half_needs = ["free", "home & number"]
half_unless = "match"
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(PACK, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def shipped() -> PackMatcher:
    return load_matcher()


@pytest.mark.parametrize(
    ("title", "body", "level"),
    [
        ("Somebody was freed", "", Level.HALF),
        ("Thirteen are home", "", Level.HALF),
        ("They are home", "", Level.NONE),
        ("The king spoke", "He was tired. A friend was freed.", Level.NONE),
        ("The king spoke", "A friend was freed.", Level.HALF),
        ("Freed for a football team", "", Level.NONE),
        ("Somebody was freed", "It rained. Football was played.", Level.HALF),
        ("Freed in Atlantis for a football team", "", Level.ALERT),
    ],
)
def test_what_makes_half_a_match(pack: Path, title: str, body: str, level: Level) -> None:
    assert load_matcher([pack]).analyse(title, body).level is level


def test_without_the_keys_any_side_of_a_rule_makes_half_a_match(pack: Path) -> None:
    text = pack.read_text(encoding="utf-8")
    pack.write_text("\n".join(line for line in text.splitlines() if not line.startswith("half_")), encoding="utf-8")
    assert load_matcher([pack]).analyse("They are home to football").level is Level.HALF


@pytest.mark.parametrize("key", ["half_needs", "half_unless"])
def test_concepts_that_are_not_there_are_told(pack: Path, key: str) -> None:
    pack.write_text(PACK.replace(f"{key} = ", f'{key} = "joy" # '), encoding="utf-8")
    assert any("there is no concept 'joy'" in fault for fault in compile_packs([pack]).faults)


@pytest.mark.parametrize(
    "title",
    [
        "Трынаццаць нарэшце дома",
        "Trzynastu w domu",
        "Trylika jau namie",
        "Nineteen prisoners are out",
        "Kolesnikowa: jetzt die anderen",
    ],
)
def test_an_oblique_headline_of_a_release_is_half_a_match(shipped: PackMatcher, title: str) -> None:
    assert shipped.analyse(title, implies=("belarus",)).level is not Level.NONE


@pytest.mark.parametrize(
    "body", ["They came from Minsk by bus.", "A bus from Minsk brought them to Vilnius.", "Prisoners, freed by Minsk."]
)
def test_thirteen_home_at_last_is_half_a_match_or_more(shipped: PackMatcher, body: str) -> None:
    assert shipped.analyse("13 home at last", body).level is not Level.NONE


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Vilnius buys 87 electric buses", "The oldest will retire by autumn."),
        ("Schwerer Unfall auf der A15: Laster aus Litauen kippt um", "Der Fahrer kam in die Klinik."),
        ("Марш у Варшаве сабраў сто тысяч чалавек", "Паліцыя затрымала 36 удзельнікаў."),
        ("Перед выездом в Польшу стоят более 1 700 грузовиков", "Самая длинная очередь — в «Каменном Логе»."),
        ("Bus z pracownikami z Białorusi wpadł do rowu", "Dwie osoby trafiły do szpitala."),
    ],
)
def test_a_number_and_a_place_are_none(shipped: PackMatcher, title: str, body: str) -> None:
    assert shipped.analyse(title, body).level is Level.NONE
