"""The shipped timeline as a test of facts and stories: an event told as a report gives its figures and a story."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from matching.evaluate import Item, Result, run
from matching.matcher import load_matcher

PACKS = Path(__file__).parents[2] / "matching" / "packs"


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((PACKS / name).read_text(encoding="utf-8"))


EVENTS: list[dict[str, Any]] = _read("belarus-us.timeline.toml")["event"]
ROSTER = _read("belarus-us.people.toml")
SHOWN = {key: entry["name"] for kind in ("person", "name") for key, entry in ROSTER[kind].items()}
RELEASES = [event for event in EVENTS if event.get("released", 0) > 0]
OTHERS = [event for event in EVENTS if not event.get("released")]


def _told(event: dict[str, Any]) -> Item:
    """A report of an event: its title, then whom it concerns and who arranged it."""
    start = event.get("date", event.get("from"))
    assert isinstance(start, date)
    people = ", ".join(SHOWN[person] for person in event.get("people", ()))
    arranged = " and ".join(SHOWN[person] for person in event.get("mediators", ()))
    body = "It was reported from Minsk, the capital of Belarus. "
    body += f"It concerns {people}. " if people else ""
    body += f"{arranged} took part in the talks with Lukashenka." if arranged else ""
    at = datetime.combine(start, time(12), UTC)
    return Item(event["id"], "en", at, "timeline", f"https://x.test/{event['id']}", event["title"], body, True)


@cache
def _results() -> dict[str, Result]:
    made = run([_told(event) for event in EVENTS], load_matcher())
    return {result.item.id: result for result in made.results}


@pytest.mark.parametrize("event", RELEASES, ids=lambda event: str(event["id"]))
def test_a_release_gives_its_count(event: dict[str, Any]) -> None:
    assert _results()[event["id"]].analysis.facts.released == event["released"]


@pytest.mark.parametrize("event", OTHERS, ids=lambda event: str(event["id"]))
def test_what_was_only_talked_about_gives_no_count(event: dict[str, Any]) -> None:
    assert _results()[event["id"]].analysis.facts.released is None


@pytest.mark.parametrize("event", RELEASES, ids=lambda event: str(event["id"]))
def test_those_freed_are_told(event: dict[str, Any]) -> None:
    facts = _results()[event["id"]].analysis.facts
    assert {SHOWN[person] for person in event.get("people", ())} <= {*facts.people, *facts.refused, *facts.held}


def test_every_event_is_a_story_of_its_own() -> None:
    stories = [result.story_id for result in _results().values() if result.story_id is not None]
    assert len(stories) >= 25
    assert len(set(stories)) == len(stories)
