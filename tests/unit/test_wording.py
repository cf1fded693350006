"""The wording: words of other news take points away, which these are, and where they count."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import PackError
from core.model import Analysis, Level
from matching.lexicon import load_lexicon
from matching.lint import compile_packs
from matching.matcher import PackMatcher, load_matcher
from matching.packfile import pack_paths
from matching.reading import read
from matching.wording import DOUBT, PRICE, Wording, stems_of
from matching.wordingtrain import as_toml, learn

PACK = """\
[concept.here]
any = ["atlantis"]
[concept.free]
any = ["freed"]
[person.nemo]
name = "Nemo Kapitan"
be = "Нэмо Капітан"
ru = "Немо Капитан"
role = "prisoner"
[topic.release]
all = ["here", "free"]
alert = 4.0
digest = 3.0
half = 1.0
"""
NEWS = ("Atlantis freed prisoners today", "Prisoners freed in Atlantis", "Buses with freed prisoners leave Atlantis")
OTHER = ("Atlantis freed a harbour from football fans", "Football: Atlantis freed of debts", "Football in Atlantis")


def matcher_of(pack: Path, wording: Wording) -> PackMatcher:
    pack.with_name("small.wording.toml").write_text(as_toml(wording, "items", "small"), encoding="utf-8")
    return load_matcher([pack])


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(PACK, encoding="utf-8")
    return path


def learned(pack: Path) -> Wording:
    lexicon = load_lexicon([pack])
    rows = [
        (stems_of(read(lexicon, title, "")), yes) for yes, titles in ((True, NEWS), (False, OTHER)) for title in titles
    ]
    return learn(rows * 10, ["release"])


def against(analysis: Analysis) -> list[tuple[str, float]]:
    return [(one.text, one.weight) for one in analysis.evidence if one.concept == "wording"]


def test_words_of_other_news_take_points_and_are_shown(pack: Path) -> None:
    plain = load_matcher([pack]).analyse("Atlantis freed: football")
    worded = matcher_of(pack, learned(pack)).analyse("Atlantis freed: football")
    assert (plain.level, worded.level) == (Level.ALERT, Level.DIGEST)
    [(words, weight)] = against(worded)
    assert weight < 0
    assert "football" in words.split(", ")
    assert worded.scores["release"] == pytest.approx(plain.scores["release"] + weight)
    assert worded.scores["release"] == pytest.approx(sum(one.weight for one in worded.evidence))
    assert any("small.wording.toml:" in one.pattern for one in worded.evidence)


def test_words_of_news_and_words_never_met_take_nothing(pack: Path) -> None:
    matcher = matcher_of(pack, learned(pack))
    for title in ("Atlantis freed prisoners", "Atlantis freed zyxwv"):
        analysis = matcher.analyse(title)
        assert (analysis.level, against(analysis)) == (Level.ALERT, [])


def test_learning_is_without_chance_and_reads_back_what_it_wrote(pack: Path) -> None:
    wording = learned(pack)
    assert learned(pack) == wording
    assert wording.stems["footb"] < 0 < wording.stems["priso"]
    [back] = matcher_of(pack, wording).lexicon.wordings
    assert (back.topics, back.start, back.stems) == (wording.topics, wording.start, wording.stems)


def test_a_price_for_each_unit_of_doubt_and_none_above(pack: Path) -> None:
    wording = Wording(("release",), 0.0, {"footb": DOUBT - 1})
    assert wording.points_for({"footb": 1}) == -PRICE
    assert wording.points_for({"footb": 2}) < -PRICE
    assert wording.points_for({"prison": 1}) == 0.0


def test_the_title_counts_twice_names_not_at_all_and_what_stands_far_down_neither(pack: Path) -> None:
    lexicon = load_lexicon([pack])
    stems = stems_of(read(lexicon, "Nemo Kapitan at 12 wins", "Football. Wins of 15 goals. Three. Four. Harbour."))
    assert stems == {"at": 2, "#": 2, "wins": 2, "footb": 1, "of": 1, "goals": 1, "three": 1, "four": 1}


def test_it_says_nothing_of_what_stands_further_down_in_a_long_text(pack: Path) -> None:
    matcher = matcher_of(pack, Wording(("release",), 0.0, {"footb": -9.0}))
    assert matcher.analyse("Football in Atlantis", "Freed.").level is Level.HALF
    long = matcher.analyse("Football in Atlantis", "One. Two. Three. Four. Five. Freed.")
    assert (long.level, against(long)) == (Level.DIGEST, [])


def test_topics_that_do_not_go_by_a_wording_keep_their_points(pack: Path) -> None:
    wording = Wording(("another",), 0.0, {"footb": -9.0})
    matcher = matcher_of(pack, wording)
    assert matcher.analyse("Atlantis freed: football").level is Level.ALERT
    assert "there is no topic 'another'" in " ".join(compile_packs(pack_paths([pack])).warnings)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[wording.small]\ntopics = ["release"]\nstart = "x"\n[wording.small.stems]\n', "must be numbers"),
        ('[wording.small]\ntopics = ["release"]\nstart = 1\n[wording.small.stems]\nfoot = true\n', "must be numbers"),
        ("[wording.small]\nstart = 1\n[wording.small.stems]\n", "must be a list of topics"),
        ('[wording.small]\ntopics = ["release"]\nstart = 1\nstep = 2\n[wording.small.stems]\n', "unknown key 'step'"),
    ],
)
def test_a_faulty_file_is_named(pack: Path, text: str, fault: str) -> None:
    pack.with_name("small.wording.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PackError, match=fault) as error:
        load_lexicon([pack])
    assert "small.wording.toml:" in str(error.value)


@given(st.text(max_size=300), st.text(max_size=600))
def test_any_text_has_stems(title: str, body: str) -> None:
    stems = stems_of(read(_SHIPPED, title, body))
    assert all(0 < len(stem) <= 5 and times in (1, 2) for stem, times in stems.items())


_SHIPPED = load_lexicon()


def test_what_is_shipped_takes_back_no_plain_alert() -> None:
    matcher = load_matcher()
    for title, lang in (
        ("Belarus frees 52 political prisoners as US envoy leaves Minsk", "en"),
        ("Minsk entlässt zwölf politische Gefangene", "de"),
        ("Лукашэнка памілаваў 25 палітвязняў", "be"),
        ("США сняли санкции с «Белавиа»", "ru"),
    ):
        assert matcher.analyse(title, lang=lang).level is Level.ALERT, title
