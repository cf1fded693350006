"""Learned points: trained without chance, added with every addend kept, never in place of what a topic needs."""

from pathlib import Path

import pytest

from app.pack import train as run_train
from core.errors import PackError
from core.model import Level
from matching.evaluate import Item, read_item
from matching.lexicon import load_lexicon
from matching.lint import compile_packs
from matching.matcher import PackMatcher, load_matcher
from matching.packfile import pack_paths
from matching.training import as_toml, cross_validate, fit, fold_of, samples, train

PACK = """\
[concept.here]
any = ["atlantis"]
[concept.free]
any = ["freed"]
[concept.cheer]
any = ["hooray"]
[concept.match]
any = ["football"]
[topic.release]
needs = "here"
all = ["here", "free"]
alert = 4.5
digest = 3.0
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(PACK, encoding="utf-8")
    return path


def item(number: int, title: str, topics: list[str]) -> Item:
    row = {"id": f"t-{number}", "published": "2026-01-01", "title": title, "relevant": bool(topics), "topics": topics}
    return read_item({**row, "story": f"x-{number // 2}" if topics else None})


def items() -> list[Item]:
    """Atlantis with a cheer is a release, freed or not; football never is."""
    rows = [
        ("Atlantis freed", True),
        ("Atlantis hooray", True),
        ("Atlantis freed football", False),
        ("Atlantis", False),
    ]
    return [item(at, *((title, ["release"] if yes else []))) for at, (title, yes) in enumerate(rows * 8)]


def learn(pack: Path) -> PackMatcher:
    found = load_matcher([pack])
    learned = train(samples(items(), found), found.lexicon.topics)
    pack.with_name("small.learned.toml").write_text(as_toml(learned, "items.jsonl"), encoding="utf-8")
    return load_matcher([pack])


def test_what_training_found_speaks_for_and_against(pack: Path) -> None:
    plain, learned = load_matcher([pack]), learn(pack)
    assert [plain.analyse(title).relevant for title in ("Atlantis hooray", "Atlantis freed football")] == [False, True]
    assert [learned.analyse(title).relevant for title in ("Atlantis hooray", "Atlantis freed football")] == [
        True,
        False,
    ]
    points = learned.lexicon.topics["release"].learned
    assert points is not None
    assert points.points["cheer"] > 0 > points.points["match"]


def test_no_learned_points_help_where_what_the_topic_needs_is_missing(pack: Path) -> None:
    learned = learn(pack)
    assert learned.analyse("Atlantis hooray hooray").level in (Level.ALERT, Level.DIGEST)
    assert learned.analyse("Freed hooray hooray").level is Level.HALF


def test_every_learned_addend_is_evidence_with_its_place_in_the_file(pack: Path) -> None:
    analysis = learn(pack).analyse("Atlantis hooray")
    assert analysis.scores["release"] == pytest.approx(sum(one.weight for one in analysis.evidence))
    assert any(one.text == "hooray" and "small.learned.toml:" in one.pattern for one in analysis.evidence)


def test_a_far_paragraph_is_background(pack: Path) -> None:
    learned = learn(pack)
    near = learned.analyse("Atlantis", "Hooray.")
    far = learned.analyse("Atlantis", "One. Two. Three. Four. Five. Hooray.")
    assert near.scores["release"] > far.scores["release"]


def test_nothing_learned_speaks_against_evidence_far_down_in_a_long_text(pack: Path) -> None:
    learned = learn(pack)
    assert not learned.analyse("Football in Atlantis", "Freed.").relevant
    long = learned.analyse("Football in Atlantis", "One. Two. Three. Four. Five. Freed.")
    assert long.relevant
    assert long.scores["release"] == 3.0  # what the rule alone gives: 2 for the title, 1 for the body


def test_the_same_items_give_the_same_file(pack: Path) -> None:
    made = []
    for _ in range(2):
        found = load_matcher([pack])
        made.append(as_toml(train(samples(items(), found), found.lexicon.topics), "items.jsonl"))
    assert made[0] == made[1]


def test_a_fit_separates_what_can_be_separated() -> None:
    rows = [{"a": 1.0}, {"b": 1.0}, {"a": 1.0, "b": 1.0}, {}] * 10
    weights, bias = fit(rows, [True, False, False, False] * 10, ["a", "b"])
    assert weights["a"] + bias > 0 > weights["a"] + weights["b"] + bias


def test_a_story_is_never_on_both_sides_of_a_cross_validation(pack: Path) -> None:
    folds: dict[str, set[int]] = {}
    for one in items():
        if one.story:
            folds.setdefault(one.story, set()).add(fold_of(one, 5))
    assert all(len(found) == 1 for found in folds.values())
    found = load_matcher([pack])
    figures = dict(cross_validate(samples(items(), found), found.lexicon.topics, 4))
    assert figures["rules and learned points"].f1 > figures["rules alone"].f1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[learned.release]\nstart = true\nlack = 0\n", "must be numbers"),
        ("[learned.release]\nstart = 1\nlack = 0\n[learned.release.points]\nhere = 'much'\n", "must be numbers"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(pack: Path, text: str, says: str) -> None:
    pack.with_name("small.learned.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PackError) as error:
        load_lexicon([pack])
    assert "small.learned.toml:1" in str(error.value)
    assert says in str(error.value)


def test_points_for_what_is_gone_are_a_warning(pack: Path) -> None:
    text = "[learned.release]\nstart = 1\nlack = 0\n[learned.release.points]\ngone = 1.0\n[learned.other]\nstart = 1\n"
    pack.with_name("small.learned.toml").write_text(text, encoding="utf-8")
    packs = compile_packs(pack_paths([pack]))
    assert packs.faults == []
    assert len([one for one in packs.warnings if "train again" in one]) == 2


def test_the_command_writes_the_file_beside_the_pack(
    pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from argparse import Namespace

    news = tmp_path / "news.jsonl"
    news.write_text("not json\n", encoding="utf-8")
    assert run_train(Namespace(files=[news], pack=pack, check=False)) == 2
    assert "news.jsonl:1" in capsys.readouterr().err
    row = '{"id": "1", "published": "2026-01-01", "title": "Atlantis freed", "relevant": true, "topics": ["release"]}\n'
    news.write_text(row * 6, encoding="utf-8")
    assert run_train(Namespace(files=[news], pack=pack, check=False)) == 0
    assert "[learned.release]" in pack.with_name("small.learned.toml").read_text(encoding="utf-8")


def test_the_shipped_points_name_only_what_the_pack_has() -> None:
    packs = compile_packs(pack_paths())
    assert [one for one in packs.warnings if "train again" in one] == []
    assert all(topic.learned is not None and topic.needs is not None for topic in packs.topics.values())


def test_what_may_stand_instead_of_what_the_topic_needs(pack: Path) -> None:
    text = pack.read_text(encoding="utf-8").replace('needs = "here"', 'needs = "here"\nneeds_or = "free & cheer"')
    pack.write_text(text, encoding="utf-8")
    learned = learn(pack)
    assert learned.analyse("Freed hooray").relevant
    assert not learned.analyse("Hooray hooray").relevant


def test_nothing_is_learned_from_what_only_halves_a_match(pack: Path) -> None:
    text = pack.read_text(encoding="utf-8").replace("concept.cheer", "concept.half_cheer")
    text = text.replace('needs = "here"', 'needs = "here"\nhalf_needs = "half_cheer | free"')
    pack.write_text(text, encoding="utf-8")
    points = train(samples(items(), load_matcher([pack])), load_matcher([pack]).lexicon.topics)["release"].points
    assert "match" in points
    assert "half_cheer" not in points


def test_what_may_stand_instead_is_checked(pack: Path) -> None:
    text = pack.read_text(encoding="utf-8").replace('needs = "here"', 'needs_or = ["free & joy"]')
    pack.write_text(text, encoding="utf-8")
    assert any("there is no concept 'joy'" in fault for fault in compile_packs([pack]).faults)
