"""Packs: what they find, and what is said of a faulty one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import PackError
from matching.lexicon import Lexicon, load_lexicon
from matching.lint import compile_packs
from matching.packfile import pack_paths
from matching.text import read_passage

DATA = Path(__file__).parent.parent / "data"
GOOD = """
[concept.release]
en = ["release*1", "freed", "!press release", "lets ... go"]
pl = ["uwoln*7"]
cs = ["^ruší"]
[concept.us]
en = ["=US", "=U.S."]
[concept.belarus]
be = ["беларус*6", "зняволен*4"]
[person.znak]
name = "Maksim Znak"
be = "Максім Знак"
ru = "Максим Знак"
alone = false
by = true
role = "prisoner"
[person.sharenda]
be = "Паліна Шарэнда-Панасюк"
ru = "Полина Шарендо-Панасюк"
sex = "f"
role = "prisoner"
[name.coale]
given = ["John"]
latin = ["Coale"]
alone = false
role = "us-envoy"
[group.free]
any = ["release"]
[topic.freed]
title = "Freed"
all = ["belarus | by_person", "group.free"]
near = ["belarus & release"]
[source.nn]
domains = ["nashaniva.com"]
implies = ["belarus"]
"""


@pytest.fixture(scope="module")
def shipped() -> Lexicon:
    return load_lexicon()


def write(folder: Path, text: str, name: str = "pack.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def found(lexicon: Lexicon, text: str, *, context: bool = False) -> list[tuple[str, str]]:
    return [(item.concept, item.text) for item in lexicon.find(read_passage(text, "body"), context=context)]


@pytest.fixture
def lexicon(tmp_path: Path) -> Lexicon:
    return load_lexicon([write(tmp_path, GOOD)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14 freed", [("release", "freed")]),
        ("Uwolnionych", [("release", "Uwolnionych")]),
        ("releases", [("release", "releases")]),
        ("freedom", []),
        ("press release", []),
        ("a press release on the release", [("release", "release")]),
        ("US", [("us", "US")]),
        ("U.S.", [("us", "U.S.")]),
        ("let us go", []),
        ("ruší", [("release", "ruší")]),
        ("rusi", []),
        ("Беларускі", [("belarus", "Беларускі")]),
        ("źniavolenych", [("belarus", "źniavolenych")]),  # lacinka from зняволен*4
        ("he lets forty of them go", [("release", "lets forty of them go")]),
        ("he lets one of two hundred old men go", []),  # six words between
        ("he lets. Others go", []),
    ],
)
def test_patterns(lexicon: Lexicon, text: str, expected: list[tuple[str, str]]) -> None:
    assert [item for item in found(lexicon, text) if item[0] != "number"] == expected


def persons(lexicon: Lexicon, text: str, *, context: bool = False) -> set[str]:
    return {item for item, _ in found(lexicon, text, context=context) if item.startswith("person.")}


def test_weak_names_need_a_given_name_or_belarus(lexicon: Lexicon) -> None:
    assert persons(lexicon, "Дорожный Знак") == set()
    assert persons(lexicon, "Максім Знак") == {"person.znak"}
    assert persons(lexicon, "У Беларусі Знак сказаў") == {"person.znak"}
    assert persons(lexicon, "Знак сказаў", context=True) == {"person.znak"}
    assert persons(lexicon, "знак", context=True) == set()
    assert persons(lexicon, "John Coale said") == {"person.coale"}
    assert persons(lexicon, "Coale said") == set()


def test_a_double_surname_is_found_whole(lexicon: Lexicon) -> None:
    assert persons(lexicon, "Polina Sharenda-Panasyuk") == {"person.sharenda"}
    assert persons(lexicon, "Panasyuk") == set()


def test_persons_bring_their_role_and_their_country(lexicon: Lexicon) -> None:
    concepts = {item for item, _ in found(lexicon, "Максім Знак")}
    assert {"person.znak", "role.prisoner", "by_person"} <= concepts


def test_evidence_names_file_and_line(lexicon: Lexicon) -> None:
    [item] = [item for item in lexicon.find(read_passage("uwolniono", "title"))]
    assert item.pattern == "pl:uwoln*7 pack.toml:4"
    assert (item.start, item.end, item.where) == (0, 9, "title")


FAULTS = [
    ('[concept.a]\nru = ["осв*"]', "pack.toml:2: [concept.a]: pattern 'осв*' has a stem of 3 letters"),
    ('[concept.a]\ncs = ["ruš*"]', "after folding ('rus')"),
    ('[concept.a]\nen = [\n  "freed",\n  "*",\n]', "pack.toml:4: [concept.a]: pattern '*' has a star with no letters"),
    ('[concept.a]\nen = ["fr*eed"]', "star inside a word"),
    ('[concept.a]\nen = ["... freed"]', "gap with no word before it"),
    ('[concept.a]\nen = ["!"]', "has no word"),
    ('[concept.a]\nxx = ["freed"]', "pack.toml:2: [concept.a]: unknown language 'xx'"),
    ('[concept.a]\nen = "freed"', "pack.toml:2: [concept.a]: en must be a list of words"),
    ("[concept.a]", "has no words at all"),
    ("[concept.a\nen = 1", "pack.toml:1: is not TOML"),
    ("[planet.mars]\nx = 1", "pack.toml:1: unknown table [planet]"),
    ("[topic.t]\ntitle = 'T'", "pack.toml:1: [topic.t]: the topic is empty"),
    ("[topic.t]\nall = ['nothing']", "pack.toml:2: [topic.t]: there is no concept 'nothing'"),
    ("[topic.t]\nall = ['number']\nalerts = 3", "pack.toml:3: [topic.t]: unknown key 'alerts'"),
    ("[topic.t]\nall = ['number']\nalert = 1\ndigest = 2", "digest is above alert"),
    ("[topic.t]\nall = ['number']\nnear = ['number']", "near needs two groups"),
    ("[group.a]\nany = ['group.b']\n[group.b]\nany = ['group.a']", "contains itself (a -> b -> a)"),
    ("[group.a]\nany = []", "pack.toml:1: [group.a]: group 'a' is empty"),
    ("[topic.t]\nall = ['group.nope']", "there is no [group.nope]"),
    ("[person.p]\nname = 'P'", "pack.toml:1: [person.p]: needs be = or ru ="),
    ("[person.p]\nbe = 'Знак'\nsex = 'x'", 'sex must be "m" or "f"'),
    ("[person.p]\nbe = 'Знак'\nage = 3", "pack.toml:3: [person.p]: unknown key 'age'"),
    ("[person.p]\nbe = 'Кім'\nstrict = true", "[person.p]: strict = true needs alone = false"),
    ("[person.p]\nbe = 'Кім'\nstrict = 'yes'", "[person.p]: strict must be true or false"),
    (
        "[person.p]\nbe = 'Знак'\nrole = 'prisoner'\nfreed = '2025-12-13'",
        "pack.toml:4: [person.p]: freed must be a day",
    ),
    (
        "[person.p]\nbe = 'Знак'\nrole = 'prisoner'\nfreed = 2025-12-13T10:00:00",
        "pack.toml:4: [person.p]: freed must be",
    ),
    ("[person.p]\nbe = 'Знак'\nrole = 'prisoner'\nfreed = 2025", "pack.toml:4: [person.p]: freed must be a day"),
    ("[person.p]\nbe = 'Знак'\nrole = 'prisoner'\nfreed = 0025-12-13", "freed = 0025-12-13 is before 2000-01-01"),
    (
        "[name.n]\nlatin = ['Coale']\nrole = 'us-envoy'\nfreed = 2025-12-13",
        'freed is for persons with role = "prisoner"',
    ),
    ("[name.n]\ngiven = ['John']", "needs latin = or cyrillic ="),
    ("[name.n]\nlatin = 'Coale'", "latin must be a list of names"),
    ("[person.p]\nbe = 'Знак'\n[name.p]\nlatin = ['P']", "pack.toml:3: [name.p]: the ID is used twice (pack.toml:1)"),
    ("[source.s]\nlanguage = ['be']", "pack.toml:2: [source.s]: unknown key 'language'"),
    ("[source.s]\nimplies = ['nope']", "pack.toml:2: [source.s]: there is no concept 'nope'"),
]


@pytest.mark.parametrize(("text", "said"), FAULTS)
def test_faults_are_named_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(PackError) as caught:
        load_lexicon([write(tmp_path, text)])
    assert any(said in fault and fault.startswith("pack.toml") for fault in caught.value.faults), caught.value.faults


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = '[concept.a]\nen = ["*", "ab*"]\nxx = ["c"]\n[topic.t]\nall = ["nope"]'
    with pytest.raises(PackError) as caught:
        load_lexicon([write(tmp_path, text)])
    assert len(caught.value.faults) == 4


WARNINGS = [
    (
        "[person.p]\nbe = 'Знак'\nrole = 'prisner'",
        "pack.toml:3: [person.p]: the shipped rules know no role 'prisner'; did",
    ),
    ("[name.n]\nlatin = ['Coale']\nrole = 'chef'", "no role 'chef'; they know prisoner, official"),
    (
        '[concept.a]\nen = ["freed"]\n[concept.b]\nen = ["freed"]',
        "pack.toml:4: [concept.b]: 'en:freed' is also in [concept.a]",
    ),
    ('[concept.a]\nlanguages = "all"\nen = ["freed"]', "pack.toml:1: [concept.a]: no words for be, ru"),
    (
        '[concept.a]\npl = ["kara",\n "sąd"]',
        "pack.toml:3: [concept.a]: pattern 'sąd' loses its accent and is then 'sad'",
    ),
    (
        '[concept.sign]\nru = ["знак"]\n[person.znak]\nbe = "Максім Знак"\nalone = true',
        "pack.toml:3: [person.znak]: the surname is also the word 'знак' of [concept.sign]; set alone = false.",
    ),
]


@pytest.mark.parametrize(("text", "said"), WARNINGS)
def test_warnings_are_named_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    packs = compile_packs([write(tmp_path, text)])
    assert packs.faults == []
    assert any(said in warning for warning in packs.warnings), packs.warnings


def test_packs_are_compiled_anew_when_a_file_has_changed_and_only_then(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    first = load_lexicon([path])
    assert load_lexicon([path]) is first
    write(tmp_path, GOOD + '[concept.x]\nen = ["*"]')
    for _ in range(2):
        with pytest.raises(PackError) as told:
            load_lexicon([path])
        assert len(told.value.faults) == 1
    write(tmp_path, GOOD)
    assert load_lexicon([path]) is first
    write(tmp_path, GOOD + '[concept.x]\nen = ["word"]')
    newer = load_lexicon([path])
    assert "x" in newer.concepts
    assert newer.version != first.version
    write(tmp_path, '[concept.y]\nen = ["other"]', "pack.people.toml")
    assert "y" in load_lexicon([path]).concepts, "a file more is another pack"


def test_an_accent_that_counts_is_no_warning_and_hits_no_other_word(tmp_path: Path) -> None:
    path = write(tmp_path, '[concept.a]\npl = ["^sąd"]')
    assert [one for one in compile_packs([path]).warnings if "accent" in one] == []
    found = load_lexicon([path])
    assert [len(found.find(read_passage(text, "body"))) for text in ("sąd w Mińsku", "a sad day")] == [1, 0]


def test_unreadable_packs_are_faults(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="cannot be read"):
        load_lexicon([tmp_path / "none.toml"])
    (tmp_path / "latin.toml").write_bytes(b'[concept.a]\nen = ["caf\xe9"]')
    with pytest.raises(PackError, match="not UTF-8"):
        load_lexicon([tmp_path / "latin.toml"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(PackError, match=r"empty: no pack in this folder"):
        load_lexicon([write(tmp_path, GOOD), tmp_path / "empty"])
    (tmp_path / "empty" / "team.timeline.toml").touch()
    with pytest.raises(PackError, match="no pack found"):
        load_lexicon([tmp_path / "empty"])
    with pytest.raises(PackError, match=r"note\.toml: nothing stands in this pack"):
        load_lexicon([write(tmp_path, GOOD), write(tmp_path, "# later", "note.toml")])


def test_a_second_pack_adds_words_to_the_first(tmp_path: Path) -> None:
    more = write(tmp_path, '[concept.release]\nlt = ["paleid*7"]', "team.toml")
    lexicon = load_lexicon([write(tmp_path, GOOD), more])
    assert found(lexicon, "paleido, uwolnił") == [("release", "paleido"), ("release", "uwolnił")]


def test_people_stand_in_a_file_beside_the_pack(tmp_path: Path) -> None:
    path = write(tmp_path, '[concept.a]\nen = ["freed"]')
    people = write(tmp_path, '[person.losik]\nbe = "Ігар Лосік"\nru = "Игорь Лосик"', "pack.people.toml")
    write(tmp_path, "not = toml = at all", "pack.timeline.toml")
    assert pack_paths([path]) == (path, people)
    assert pack_paths([tmp_path]) == (people, path) or pack_paths([tmp_path]) == (path, people)
    assert persons(load_lexicon([path]), "Losika") == {"person.losik"}


def test_the_shipped_packs_have_no_faults_and_name_every_language(shipped: Lexicon) -> None:
    packs = compile_packs(pack_paths())
    assert packs.faults == []
    assert not [warning for warning in packs.warnings if "no words for" in warning]
    assert list(shipped.topics) == ["prisoner-release", "us-diplomacy", "sanctions"]
    assert len(shipped.persons) >= 200


MEANS = {
    "POLPRISONER": {"prisoner"},
    "PRISONER": {"prisoner"},
    "RELEASE": {"release"},
    "RELEASE2": {"release", "let_go"},
    "PARDON": {"pardon"},
    "AMNESTY": {"pardon"},
    "SANCTIONS": {"sanctions"},
    "TSIKH": {"person.tsikhanouski", "person.tsikhanouskaya"},
    "LUKA": {"person.lukashenka"},
    "COALE": {"person.coale"},
    "POCZOBUT": {"person.poczobut"},
}
FORMS = json.loads((DATA / "forms-dev.json").read_text(encoding="utf-8"))


def hits(shipped: Lexicon, word: str, concept: str) -> bool:
    return bool({item for item, _ in found(shipped, word, context=True)} & MEANS[concept])


def test_inflected_forms_are_found(shipped: Lexicon) -> None:
    forms = [(row["concept"], word) for row in FORMS for word in row["must"]]
    missed = [word for concept, word in forms if not hits(shipped, word, concept)]
    assert len(forms) > 500
    assert len(missed) <= 0.02 * len(forms), missed


def test_similar_words_are_not_taken_for_forms(shipped: Lexicon) -> None:
    traps = [(row["concept"], word) for row in FORMS for word in row["must_not"]]
    fallen = [word for concept, word in traps if hits(shipped, word, concept)]
    assert len(traps) > 100
    assert len(fallen) <= 0.01 * len(traps), fallen


def test_of_one_surname_the_first_of_the_pack_is_meant_without_a_given_name() -> None:
    lexicon = load_lexicon()

    def people(text: str) -> set[str]:
        found = lexicon.find(read_passage(text, "title"), context=True)
        return {item.person for item in found if item.person}

    assert people("Рабкова и Лойко вышли на свободу") == {"rabkova", "loika"}
    assert people("Ольга Лойко вышла на свободу") == {"loika_volha"}
    assert people("Лосик, Мацкевич, Дашкевич: кого привезли") == {"losik", "matskevich", "dashkevich"}
