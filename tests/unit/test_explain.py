"""Why a text matched, told to people and to programs; the commands explain, names and pack."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app import cli
from core.model import Analysis, Evidence, Facts, Level
from matching import explain

ANALYSIS = Analysis(
    level=Level.ALERT,
    topics=("prisoner-release",),
    scores={"us-diplomacy": 2.0, "prisoner-release": 7.5},
    evidence=(
        Evidence("prisoner-release", "belarus", "Białoruś", "title", 2.0, "pl:białorus*6 p.toml:3", 0, 8),
        Evidence("prisoner-release", "release", "uwolniła", "title", 2.0, "pl:uwoln*4 p.toml:7", 9, 17),
        Evidence("prisoner-release", "prisoner", "więźniów", "first", 1.5, "pl:więźni*6 p.toml:9", 0, 8),
        Evidence("prisoner-release", "same sentence", "uwolniła … więźniów", "rule", 1.5, "release & prisoner"),
        Evidence("prisoner-release", "belarus", "", "source", 0.5, "implied by the source"),
        Evidence("prisoner-release", "rule", "", "rule", -0.5, "where every text begins (p.learned.toml:4)"),
        Evidence("us-diplomacy", "belarus", "Białoruś", "title", 2.0, "pl:białorus*6 p.toml:3", 0, 8),
    ),
    missing={"us-diplomacy": ("us | envoy", "contact")},
    people=("Ales Bialiatski",),
    facts=Facts(
        released=52,
        at_least=True,
        remaining=1200,
        people=("Ales Bialiatski",),
        mediators=("John Coale",),
        destination="Lithuania",
        in_return=("Belavia",),
        evidence={"released": "52 osoby"},
    ),
)
GOLDEN = """\
Verdict: alert (Prisoner releases).

Reported:
  released: at least 52 («52 osoby»)
  still held: 1200
  freed: Ales Bialiatski
  mediated by: John Coale
  in return: Belavia
  taken to: Lithuania

People: Ales Bialiatski

Prisoner releases: 7.5 points, matched (an alert needs 5.5)
  +2.0 belarus «Białoruś» in the title (pl:białorus*6 p.toml:3)
  +2.0 release «uwolniła» in the title (pl:uwoln*4 p.toml:7)
  +1.5 prisoner «więźniów» in the first sentence (pl:więźni*6 p.toml:9)
  +1.5 same sentence «uwolniła … więźniów» in one sentence (release & prisoner)
  +0.5 belarus known of the source (implied by the source)
  -0.5 where every text begins (p.learned.toml:4)

us-diplomacy: 2.0 points, not matched
  +2.0 belarus «Białoruś» in the title (pl:białorus*6 p.toml:3)
  missing: us | envoy; contact"""


def test_lines_for_people() -> None:
    titles, needed = {"prisoner-release": "Prisoner releases"}, {"prisoner-release": 5.5}
    assert "\n".join(explain.lines(ANALYSIS, titles, needed)) == GOLDEN


def test_nothing_found_is_said_plainly() -> None:
    assert list(explain.lines(Analysis(), {})) == ["Verdict: no alert: nothing of the topics in this text."]


def test_json_for_programs() -> None:
    made = explain.as_json(ANALYSIS)
    assert made == json.loads(json.dumps(made))
    assert made["relevant"] is True
    assert made["topics"] == ["prisoner-release"]
    assert made["evidence"][0] == {
        "topic": "prisoner-release",
        "concept": "belarus",
        "text": "Białoruś",
        "where": "title",
        "weight": 2.0,
        "pattern": "pl:białorus*6 p.toml:3",
    }
    assert set(made["facts"]) >= {"released", "remaining", "mediators", "destination", "in_return"}
    assert made["missing"] == {"us-diplomacy": ["us | envoy", "contact"]}


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(arguments)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_explain_reads_a_title_and_a_text(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        capsys, "explain", "--title", "Minsk pardons 15", "They were political prisoners.", "--lang", "en"
    )
    assert code == 0
    assert "Prisoner releases: " in out
    assert "«pardons» in the title (en:pardon*3 belarus-us.toml:" in out


def test_explain_reads_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    typed = tmp_path / "typed"
    typed.write_bytes("Лукашэнка памілаваў 15 палітвязняў".encode() + b"\xff")
    with typed.open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        code, out, _ = run(capsys, "explain", "-", "--json")
    assert code == 0
    assert json.loads(out)["topics"] == ["prisoner-release"]


def test_explain_without_a_text_says_what_to_give(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blank = tmp_path / "blank"
    blank.write_text("  ", encoding="utf-8")
    with blank.open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        code, out, err = run(capsys, "explain")
    assert (code, out) == (2, "")
    assert "Give a TEXT" in err


def test_explain_with_a_faulty_pack_names_file_and_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('[concept.a]\nen = ["*"]', encoding="utf-8")
    code, _, err = run(capsys, "explain", "text", "--pack", str(tmp_path / "bad.toml"))
    assert code == 2
    assert err.startswith("bad.toml:2: [concept.a]")


def test_names_says_which_words_match(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        capsys, "names", "--be", "Ціханоўскі", "--ru", "Тихановский", "--json", "Cichanouskiego", "Tikhonov"
    )
    assert code == 0
    assert json.loads(out) == {"matched": ["Cichanouskiego"], "not_matched": ["Tikhonov"]}


def test_names_lists_spellings(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "names", "--be", "Сяргей Ціханоўскі", "--ru", "Сергей Тихановский")
    assert code == 0
    assert {"Tsikhanouski", "Tikhanovsky", "Cichanouski", "Tichanowski", "Тихановський"} <= set(out.split())


def test_names_needs_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "names", "Tikhonov")
    assert code == 2
    assert "give --be or --ru" in err


def test_pack_lint_tells_faults_and_exits_with_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "team.toml"
    path.write_text('[concept.a]\nlanguages = "some"\nen = ["freed"]', encoding="utf-8")
    assert run(capsys, "pack", "lint", str(path)) == (
        0,
        "1 concept, 1 pattern, 0 persons, 0 topics; 0 errors, 0 warnings.\n",
        "",
    )
    path.write_text('[concept.a]\nen = ["ab*"]', encoding="utf-8")
    code, out, _ = run(capsys, "pack", "lint", str(path))
    assert code == 1
    assert out.startswith("error: team.toml:2: [concept.a]: pattern 'ab*' has a stem of 2 letters")


def test_pack_lint_names_what_is_not_translated(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    event = 'id = "one"\ndate = 2026-01-05\ntitle = "Talks"\nkind = "diplomacy"\ngrade = "A"\n'
    (tmp_path / "team.timeline.toml").write_text(f'[[event]]\n{event}titles.be = "Перамовы"\ntitles.ru = " "\n')
    code, out, _ = run(capsys, "pack", "lint", str(tmp_path))
    assert code == 0
    assert "warning: timeline event one: its title is not translated into ru, uk, pl, lt, de (titles.LANG)\n" in out
    assert "1 warning." in out


def test_pack_coverage_counts_patterns_by_language(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "team.toml"
    path.write_text('[concept.a]\nen = ["freed", "released"]\npl = ["uwoln*6"]', encoding="utf-8")
    code, out, _ = run(capsys, "pack", "coverage", str(path))
    head, row = out.splitlines()
    assert code == 0
    assert dict(zip(head.split(), row.split(), strict=True))["en"] == "2"
    assert dict(zip(head.split(), row.split(), strict=True))["ru"] == "-"


def test_pack_try_lists_what_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "pack", "try", "Minsk frees prisoners")
    assert code == 0
    assert [line.split()[1] for line in out.splitlines()] == ["minsk", "release", "prisoner"]
    assert run(capsys, "pack", "try", "qqq")[1] == "The packs know nothing in this text.\n"


def test_an_authority_authorises_nothing_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "pack", "try", "The authority and the authorities authorised it")
    assert [line.split()[1] for line in out.splitlines()] == ["lift"]
    assert "authorised" in out
