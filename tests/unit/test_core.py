"""Values: addresses, safe text, codec, registry, failpoints."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import failpoints
from core.codec import dump, load
from core.errors import BadTarget, UnknownName
from core.message import Button, foreign
from core.model import Analysis, Evidence, Facts, Level, Outcome, Target
from core.registry import Registry
from core.sentence import counted


@pytest.mark.parametrize("text", ["telegram:-1001", "telegram:@name", "telegram:-1001/7", "slack:C012"])
def test_targets_round_trip(text: str) -> None:
    assert str(Target.parse(text)) == text


@pytest.mark.parametrize("text", ["", "telegram", "telegram:", ":5", "12345", "telegram:/7"])
def test_bad_targets_are_explained(text: str) -> None:
    with pytest.raises(BadTarget, match="write platform:chat"):
        Target.parse(text)


def test_foreign_text_loses_controls_and_disguises() -> None:
    assert foreign("a\u202eb\u200bc\x00d\ne") == "abc d e"
    assert foreign("a\u3164\u2800\uffa0\ufffc\U000e0041\U000e0100b") == "ab"
    assert foreign("Z" + "\u0301" * 30 + "e\u0301 Ле\u0301вша") == "Z" + "\u0301" * 4 + "e\u0301 Ле\u0301вша"
    assert foreign("x" * 400, 10) == "x" * 9 + "…"
    assert foreign("\ud83d alone") == "\ufffd alone"


@given(st.text(alphabet=st.characters(), max_size=400), st.integers(min_value=2, max_value=50))
def test_foreign_text_is_bounded_and_encodable(text: str, limit: int) -> None:
    safe = foreign(text, limit)
    assert len(safe) <= limit
    safe.encode("utf-8")
    assert "\n" not in safe


def test_buttons_refuse_commands_that_telegram_cannot_carry() -> None:
    Button("ok", "x" * 64)
    with pytest.raises(ValueError, match="64 bytes"):
        Button("no", "я" * 33)


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Sample:
    at: datetime
    colour: Colour
    wait: timedelta
    names: tuple[str, ...] = ()
    pairs: tuple[tuple[str, int], ...] = ()
    maybe: int | None = None
    inner: Facts = field(default_factory=Facts)


def test_codec_round_trips_and_tolerates_other_releases() -> None:
    sample = Sample(
        datetime(2026, 3, 19, tzinfo=UTC), Colour.RED, timedelta(minutes=5), ("a",), (("x", 1),), 3, Facts(released=52)
    )
    assert load(Sample, dump(sample)) == sample
    assert load(Sample, {**dump(sample), "new_key": 1}) == sample
    assert load(Facts, {}) == Facts()


def test_codec_keeps_an_analysis() -> None:
    analysis = Analysis(
        Level.ALERT,
        ("sanctions",),
        {"sanctions": 7.5},
        (Evidence("sanctions", "lift", "lifted", "title", 2.0, "en:lift*"),),
        {"us-diplomacy": ("us",)},
        signature={"persons": {"coale": 3}},
    )
    assert load(Analysis, dump(analysis)) == analysis


def test_unknown_names_list_the_known() -> None:
    registry = Registry("colour", {"red": "core.model:Outcome", "blue": "core.model:Level"})
    assert registry.get("red") is Outcome
    with pytest.raises(UnknownName, match="known are: blue, red"):
        registry.get("green")


def test_failpoints_do_nothing_without_a_hook_and_know_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    failpoints.reach("no such step")
    seen: list[str] = []
    monkeypatch.setattr(failpoints, "hook", seen.append)
    failpoints.reach("poll.stored")
    assert seen == ["poll.stored"]
    with pytest.raises(KeyError):
        failpoints.reach("no such step")


def test_counts_on_the_command_line_are_english() -> None:
    assert [counted(n, "feed") for n in (0, 1, 2)] == ["0 feeds", "1 feed", "2 feeds"]
    assert counted(1_200, "story", "stories") == "1,200 stories"
