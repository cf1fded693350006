"""The evaluation: figures checked by hand, labels kept from the program, bad files refused."""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Hashable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import evaluate as command
from core.model import Analysis, Level
from matching.ablations import WholeOnly, baselines
from matching.evaluate import BadItems, Item, read_item, read_items, run
from matching.matcher import PackMatcher, load_matcher
from matching.measures import Hits, compare_clusters, wilson
from matching.report import canon_by, report
from matching.stories import StoryBook

DATA = Path(__file__).parent.parent / "data" / "news-dev.jsonl"


@cache
def matcher() -> PackMatcher:
    return load_matcher()


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"x{number}",
        "lang": "en",
        "published": "2025-09-11",
        "source": "example.test",
        "url": f"https://example.test/{number}",
        "title": "Belarus frees 52 political prisoners",
        "summary": "They were taken to Lithuania after John Coale's visit.",
        "relevant": True,
        "topics": ["prisoner-release", "us-diplomacy"],
        "story": "freed-52",
        "facts": {
            "released": 52,
            "remaining": None,
            "people": [],
            "mediators": ["John Coale"],
            "destination": "Lithuania",
        },
        **changes,
    }


NOISE = {"relevant": False, "topics": [], "story": None, "facts": None}


def items(*rows: dict[str, Any]) -> list[Item]:
    return [read_item(one) for one in rows]


def measure(found: Sequence[Item]) -> dict[str, Any]:
    return report(run(found, matcher()), canon_by(matcher().lexicon))


def test_a_perfect_run() -> None:
    figures = measure(items(row(1), row(2), row(3, title="Cup final in Brest", summary="Dinamo won.", **NOISE)))
    assert figures["relevant"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "tp": 2, "fp": 0, "fn": 0}
    assert figures["stories"]["bcubed_f1"] == 1.0
    assert figures["stories"]["false_merges"] == 0.0
    assert figures["facts"]["released"]["exact"] == 1.0
    assert figures["facts"]["people"]["f1"] == 1.0
    assert figures["errors"] == []


def test_every_kind_of_error_is_listed_with_its_reason() -> None:
    wrong = {"released": 51, "remaining": 1100, "people": ["Ihar Losik"], "mediators": [], "destination": None}
    figures = measure(
        items(
            row(1, relevant=False, topics=[], story=None, facts=None),
            row(2, title="Cup final in Brest", summary="Dinamo won."),
            row(3, topics=["sanctions"], facts=wrong),
        )
    )
    kinds = [(error["id"], next(iter(error["expected"]))) for error in figures["errors"]]
    assert kinds == [
        ("x1", "relevant"),
        ("x2", "relevant"),
        ("x3", "topics"),
        ("x3", "released"),
        ("x3", "remaining"),
        ("x3", "mediators"),
        ("x3", "destination"),
        ("x3", "people"),
    ]
    assert all(error["why"] for error in figures["errors"])


def test_a_report_in_the_story_of_another_event_is_listed_with_the_reason_of_the_join() -> None:
    figures = measure(items(row(1), row(2), row(3, story="another-event-2025-09")))
    assert [(error["id"], error["expected"], error["got"]) for error in figures["errors"]] == [
        ("x3", {"story": "another-event-2025-09"}, {"merged": "story 1, which is mostly freed-52"})
    ]
    assert all(error["why"] for error in figures["errors"])


def test_what_was_given_is_measured_where_it_is_labelled() -> None:
    summary = "They were taken to Lithuania after John Coale's visit. The US lifted sanctions on Belavia."
    labels = row(1)["facts"]
    right = row(1, summary=summary, facts={**labels, "in_return": ["belavia"]})
    wrong = row(2, summary=summary, facts={**labels, "in_return": ["potash"]})
    figures = measure(items(right, wrong, row(3, summary=summary)))
    assert figures["facts"]["in_return"] == {
        "precision": 0.5, "recall": 0.5, "f1": 0.5, "tp": 1, "fp": 1, "fn": 1,
    }  # fmt: skip
    assert [(error["id"], error["expected"]) for error in figures["errors"] if "in_return" in error["expected"]] == [
        ("x2", {"in_return": ["potash"]})
    ]


def test_a_number_read_where_none_is_told_is_listed() -> None:
    (error,) = measure(items(row(1, facts=row(1)["facts"] | {"released": None})))["errors"]
    assert (error["expected"], error["got"]) == ({"released": None}, {"released": 52})


def test_the_contract_of_the_json_object() -> None:
    figures = measure(items(row(1)))
    assert {"relevant", "by_lang", "topics", "stories", "facts", "errors"} <= set(figures)
    assert set(figures["by_lang"]) == {"en"}
    assert {"bcubed_f1", "pairwise_f1", "false_merges"} <= set(figures["stories"])
    json.dumps(figures)


def test_labels_have_no_influence() -> None:
    labelled = items(row(1), row(2, published="2025-09-12"))
    blind = [replace(one, relevant=False, topics=(), story="", facts={}) for one in labelled]
    one, other = run(labelled, matcher()), run(blind, matcher())
    assert [result.analysis for result in one.results] == [result.analysis for result in other.results]
    assert [result.story_id for result in one.results] == [result.story_id for result in other.results]


def test_items_are_handled_in_the_order_of_publication() -> None:
    late, early = row(1, published="2025-09-12T08:00:00+00:00"), row(2, published="2025-09-11")
    assert [result.item.id for result in run(items(late, early), matcher()).results] == ["x2", "x1"]


def test_an_item_is_relevant_when_a_story_takes_half_a_match() -> None:
    whole = matcher().analyse("Belarus frees Tsikhanouski and 13 other political prisoners")

    class Halving:
        version = "test"
        topics = matcher().topics
        implied_by = matcher().implied_by

        def analyse(
            self,
            title: str,
            body: str = "",
            *,
            lang: str = "",
            implies: Sequence[str] = (),
            when: datetime | None = None,
        ) -> Analysis:
            signature = {**whole.signature, "h": len(title)}
            return replace(whole, level=Level.ALERT if title == "first" else Level.HALF, signature=signature)

    results = run(items(row(1, title="first"), row(2, title="second half")), Halving()).results
    assert [result.relevant for result in results] == [True, True]
    assert [result.relevant for result in run(items(row(1, title="alone")), Halving()).results] == [False]


def test_names_are_compared_as_persons_not_as_letters() -> None:
    canon = canon_by(matcher().lexicon)
    assert canon("Siarhei Tsikhanouski") == canon("Sergei Tikhanovsky") == "tsikhanouski"
    assert canon("Somebody Unknown") == "somebody unknown"


# --- measures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "precision", "recall", "f1"),
    [
        (Hits(3, 1, 2), 0.75, 0.6, 2 / 3),
        (Hits(0, 0, 0), 1.0, 1.0, 1.0),
        (Hits(0, 0, 5), 1.0, 0.0, 0.0),
        (Hits(0, 5, 0), 0.0, 1.0, 0.0),
    ],
)
def test_precision_recall_f1(hits: Hits, precision: float, recall: float, f1: float) -> None:
    assert hits.precision == pytest.approx(precision)
    assert hits.recall == pytest.approx(recall)
    assert hits.f1 == pytest.approx(f1)


def test_wilson_interval() -> None:
    low, high = wilson(90, 100)
    assert (round(low, 4), round(high, 4)) == (0.8256, 0.9448)  # checked against the published formula
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(10, 10)[1] == pytest.approx(1.0)


def test_bcubed_by_hand() -> None:
    """Stories A = {1, 2, 3} and B = {4}; found {1, 2}, {3, 4}."""
    of = compare_clusters({"1": "A", "2": "A", "3": "A", "4": "B"}, {"1": 1, "2": 1, "3": 2, "4": 2})
    assert of.bcubed[0] == pytest.approx((1 + 1 + 0.5 + 0.5) / 4)
    assert of.bcubed[1] == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4)
    assert of.pairs == Hits(1, 1, 2)
    assert of.false_merges == pytest.approx(0.25)


def test_items_in_no_story_are_alone() -> None:
    of = compare_clusters({"1": "A", "2": "A"}, {})
    assert of.bcubed == (1.0, 0.5)
    assert of.false_merges == 0.0


@given(st.dictionaries(st.text(max_size=3), st.sampled_from("ABC"), max_size=20), st.data())
def test_clusters_stay_within_bounds(expected: dict[str, str], data: st.DataObject) -> None:
    got: dict[str, Hashable] = {key: data.draw(st.integers(0, 3)) for key in expected}
    of = compare_clusters(expected, got)
    assert 0 <= of.bcubed_f1 <= 1
    assert 0 <= of.false_merges < 1
    assert compare_clusters(expected, expected).bcubed_f1 == pytest.approx(1.0)


# --- files and the command ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", r":1: not a labelled item \('published' is missing\)"),
        ("\n\n{", r":3: not a labelled item \(no JSON at character 2: expecting property name"),
        ("not json", r":1: not a labelled item \(no JSON at character 1: expecting value\)\. See `evaluate --help`"),
        ("[" * 100_000, ":1: not a labelled item"),
        ("[]", r":1: not a labelled item \(it is no JSON object"),
        (json.dumps(row(1, title=5)), ":1: .*title must be a text, not 5"),
        (json.dumps(row(1, relevant="false")), ':1: .*relevant must be true or false, not "false"'),
        (json.dumps(row(1, topics=["a", 1])), ":1: .*topics must be a list of texts"),
        (json.dumps(row(1, facts=[1])), r":1: .*facts must be an object, not \[1\]"),
        (json.dumps(row(1, facts={"released": True})), ":1: .*released must be a number, not true"),
        ('{"id": 1, "published": "yesterday", "title": "", "relevant": true}', ":1: .*Invalid isoformat.*yesterday"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "items.jsonl"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadItems, match=words):
        read_items(file)


def command_line(*arguments: str) -> tuple[int, str, str]:
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = command.run(parser.parse_args(["evaluate", *arguments]))
    return code, out.getvalue(), err.getvalue()


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    code, out, err = command_line(str(tmp_path / "none.jsonl"))
    assert (code, out) == (2, "")
    assert "cannot be read" in err


def test_the_command_prints_json_and_tables(tmp_path: Path) -> None:
    file = tmp_path / "items.jsonl"
    noise = row(2, title="Cup final", summary="", **NOISE)
    file.write_text("\n".join(json.dumps(one) for one in (row(1), noise)), encoding="utf-8")
    code, out, _ = command_line(str(file), "--json", "--baselines", "--ablations")
    figures = json.loads(out)
    assert code == 0
    assert len(figures["baselines"]) == 2
    parts = {"names", "endings", "context", "negatives", "learned points"}
    assert set(figures["ablations"]) == {f"without {part}" for part in parts}
    code, out, _ = command_line(str(file), "--errors", "--baselines")
    assert code == 0
    assert "B-cubed" in out
    assert "keywords" in out


def test_several_files_are_measured_each_on_its_own(tmp_path: Path) -> None:
    files = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    for number, file in enumerate(files):
        file.write_text(json.dumps(row(number)), encoding="utf-8")
    code, out, _ = command_line(*map(str, files), "--json")
    assert code == 0
    assert {name: figures["items"] for name, figures in json.loads(out).items()} == {str(file): 1 for file in files}
    code, out, _ = command_line(*map(str, files))
    assert code == 0
    assert [line for line in out.splitlines() if line.startswith("==")] == [f"== {file}" for file in files]


def test_weights_of_stories_are_fitted_to_all_files_but_one(tmp_path: Path) -> None:
    files = []
    for name in ("stories", "pairs"):
        lines = (DATA.parent / f"news-{name}.jsonl").read_text(encoding="utf-8").splitlines()
        files.append(str(tmp_path / name))
        Path(files[-1]).write_text("\n".join(lines[:14]), encoding="utf-8")
    code, out, _ = command_line(*files, "--fit-stories", "--json")
    figures = json.loads(out)
    assert code == 0
    assert list(figures) == files
    for of in figures.values():
        assert of["now"]["bcubed_f1"] >= 0.9
        assert 0.6 <= of["fitted"]["bcubed_f1"] <= 1.0
        assert of["now"]["items"] == of["fitted"]["items"] == 14
    code, out, _ = command_line(*files, "--fit-stories")
    assert (code, len(out.splitlines())) == (0, 3)
    code, _, err = command_line(files[0], "--fit-stories")
    assert code == 2
    assert "two files" in err


def test_what_make_eval_calls_is_what_the_command_takes() -> None:
    makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
    words = (
        next(line for line in makefile.splitlines() if "main.py evaluate" in line).split("main.py evaluate")[1].split()
    )
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    asked = parser.parse_args(["evaluate", *words])
    assert asked.baselines
    assert asked.ablations
    assert all(path.exists() for path in asked.files)


def test_an_empty_file_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "empty.jsonl"
    file.write_text("\n", encoding="utf-8")
    code, _, err = command_line(str(file))
    assert code == 2
    assert "empty.jsonl: no labelled items" in err


def test_sources_imply_by_domain_and_its_parents(monkeypatch: pytest.MonkeyPatch) -> None:
    own = matcher()
    monkeypatch.setattr(own.lexicon, "sources", {"example.test": ("belarus",)})
    assert own.implied_by("https://news.Example.test/a") == ("belarus",)
    assert own.implied_by("https://example.org/a") == ()
    assert own.implied_by("https://counterexample.test/a") == ()
    assert own.implied_by("not a url") == own.implied_by("") == own.implied_by("http://[::1") == ()


# --- the development set --------------------------------------------------------------------------------------------


@cache
def development() -> dict[str, Any]:
    found = read_items(DATA)
    figures = report(run(found, matcher()), canon_by(matcher().lexicon))
    return {**figures, "baselines": baselines(found)}


def test_plain_keywords_are_left_far_behind() -> None:
    best = max(of["relevant"]["f1"] for of in development()["baselines"].values())
    assert development()["relevant"]["f1"] > best + 0.2


def test_open_stories_raise_recall() -> None:
    """Half matches that share a person or a number with a story of the last days are found by it."""
    found = read_items(DATA.parent / "news-third.jsonl")  # the development set needs no context any more
    alone = report(run(found, matcher(), WholeOnly(StoryBook())), str)
    together = report(run(found, matcher()), str)
    assert together["relevant"]["recall"] > alone["relevant"]["recall"] + 0.03


@pytest.mark.parametrize(
    ("path", "least"),
    [
        (("stories", "bcubed_f1"), 0.88),
        (("facts", "released", "exact"), 0.90),
        (("facts", "released_by_story", "exact"), 0.95),
        (("facts", "people", "f1"), 0.90),
    ],
)
def test_marks_on_the_development_set(path: tuple[str, ...], least: float) -> None:
    value: Any = development()
    for key in path:
        value = value[key]
    assert value >= least


def test_facts_that_are_not_labelled_are_not_measured() -> None:
    item = read_item(row(1, story="x", facts={"released": 52, "people": []}))
    figures = report(run([item], matcher()), str)["facts"]
    assert (figures["released"]["right"], figures["mediators"]["fp"], figures["destination"]["fp"]) == (1, 0, 0)
