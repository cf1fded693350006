"""/stats as a picture: sound for any names, drawn by the real renderer in a child, and never in the words' way."""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.command import load_commands
from bot.dispatch import Dispatcher
from bot.draw import png
from bot.leads import Lead, leads
from bot.stats_picture import Figures, Wording, stats_svg
from bot.tools import Tools
from core.chart import Point, cumulated
from core.model import Story
from matching.timeline import KnownEvent
from storage.store import Store
from tests.fake_chat import NOON, TITLES, make_member, make_story
from tests.fake_clock import FakeClock
from tests.unit.test_commands import NASTY, Chat

TODAY = date(2026, 3, 19)
EVENTS = (
    Point(date(2026, 1, 5), "release", 10, "Ten"),
    Point(date(2026, 2, 6), "diplomacy", 0, "Talks"),
    Point(date(2026, 3, 1), "sanctions", 0, "Potash"),
    Point(date(2026, 3, 2), "release", 240, "Many", "/stories/3"),
)
WORDS = Wording("Days", "Events", "Sources", ("talks", "sanct."), {})


def told(*sources: tuple[str, int]) -> Story:
    """A story by sources, each so many minutes after noon."""
    members = [make_member(source=name, at=NOON + timedelta(minutes=late)) for name, late in sources]
    return make_story(*members)


def test_who_is_first_and_how_far_the_others_are_behind() -> None:
    found = leads(
        [told(("A", 0), ("B", 10), ("B", 20)), told(("B", 0), ("A", 30)), told(("A", 0)), told(("C", 0), ("B", 4))]
    )
    assert found == (
        Lead("B", 3, 1, timedelta(minutes=7)),
        Lead("A", 3, 1, timedelta(minutes=30)),
        Lead("C", 1, 1),
    ) or found == (
        Lead("A", 3, 1, timedelta(minutes=30)),
        Lead("B", 3, 1, timedelta(minutes=7)),
        Lead("C", 1, 1),
    )
    assert [lead.source for lead in found] == ["A", "B", "C"], "equal ones by name"
    assert leads([]) == ()


def test_the_sum_of_releases_rises_in_steps_beside_the_events() -> None:
    text = cumulated(EVENTS, TODAY, bands=("перамовы", "санкцыі"), width=10)
    root = ElementTree.fromstring(text)
    (line,) = [element for element in root if element.tag == "polyline"]
    heights = [float(pair.split(",")[1]) for pair in line.attrib["points"].split()]
    assert heights == sorted(heights, reverse=True), "a sum never falls"
    assert (heights[0], heights[-1]) == (210.0, 14.0)
    assert "перамовы" in text
    assert text.count("<polygon") == 1, "talks"
    assert cumulated((), TODAY, bands=("a", "b")) == ""


@settings(max_examples=60)
@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=6))
def test_any_numbers_give_few_ticks_within_the_chart(counts: list[int]) -> None:
    drawn = [Point(date(2026, 1, 1) + timedelta(days=at), "release", count, "") for at, count in enumerate(counts)]
    root = ElementTree.fromstring(cumulated(drawn, TODAY, bands=("a", "b")))
    labels = [element for element in root.iter("text") if (element.text or "").isdigit()]
    assert len(labels) <= 7
    assert all(0 <= float(label.attrib["y"]) <= 215 for label in labels)


@settings(max_examples=60)
@given(
    st.dictionaries(st.text(), st.lists(st.integers(0, 50), min_size=7, max_size=7), max_size=5),
    st.lists(st.builds(Lead, st.text(), st.integers(1, 99), st.just(0)), max_size=8),
    st.text(),
)
def test_any_names_give_a_sound_picture(topics: dict[str, list[int]], sources: list[Lead], title: str) -> None:
    said = {lead.source: f"{lead.stories} {title}" for lead in sources}
    text = stats_svg(Figures(TODAY, topics, EVENTS, TODAY, sources), Wording(title, title, title, ("a", "b"), said))
    root = ElementTree.fromstring(text)
    assert float(root.attrib["height"]) > 300
    for element in root.iter():
        assert all(float(element.attrib[name]) >= 0 for name in ("width", "height") if name in element.attrib)


def test_nothing_to_draw_is_no_picture() -> None:
    assert stats_svg(Figures(TODAY, {"A": [0] * 7}, (), TODAY, ()), WORDS) == ""


async def test_the_renderer_draws_cyrillic_and_leaves_the_loop_free() -> None:
    def letters(text: str) -> str:
        words = f'<text x="2" y="24" font-family="Roboto" font-size="20">{text}</text>'
        return f'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="30">{words}</svg>'

    drawing = asyncio.create_task(png(letters("Ўжґ")))
    await asyncio.sleep(0)
    assert not drawing.done(), "the child draws, and others have their turn"
    first, second = await drawing, await png(letters("Łąę"))
    assert first is not None
    assert second is not None
    assert first.startswith(b"\x89PNG")
    assert struct.unpack(">II", first[16:24]) == (120, 60)
    blank = await png(letters(""))
    assert blank is not None
    assert len({first, second, blank}) == 3, "letters of both scripts are there, and differ"


async def test_what_cannot_be_drawn_is_logged_and_none(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert await png("<svg") is None
        assert await png("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", seconds=0.001) is None
    assert [record.message for record in caplog.records] == [
        "A picture could not be drawn",
        "A picture was not drawn in time",
    ]


class Drawing(Chat):
    """A chat whose pictures are kept as SVG; `fails` when nothing can be drawn."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        super().__init__(store, clock)
        self.fails = False
        event = KnownEvent("one", date(2026, 1, 5), "Ten leave prison", "release", 10, "A", "")
        self._dispatcher = Dispatcher(
            load_commands(), store, TITLES, clock, tools=Tools(timeline=(event,), draw=self._draw)
        )

    async def _draw(self, svg: str) -> bytes | None:
        return None if self.fails else svg.encode()


@pytest.fixture
async def chat(sqlite_url: str) -> AsyncIterator[Drawing]:
    clock = FakeClock(datetime(2026, 3, 19, 12, tzinfo=UTC))
    store = Store(sqlite_url, clock=clock)
    await store.open()
    yield Drawing(store, clock)
    await store.close()


async def test_the_words_say_what_the_picture_shows(chat: Drawing) -> None:
    story = await chat.news.report(f"Freed {NASTY[0]}")
    chat.clock.advance(600)
    await chat.news.report("Freed, says another", story=story)
    answer = await chat.ask("stats 7")
    assert "Wire 1: 1 story, first in 1" in answer.text
    assert "Wire 2: 1 story, else 10 minutes behind (median)" in answer.text
    assert answer.file is not None
    assert answer.file.is_picture
    assert answer.file.alt.startswith("The counts of the last 7 days")
    shown = answer.file.body.decode()
    assert "Wire 2" in shown
    assert "else 10 minutes behind" in shown
    assert "Prisoner releases: 1" in shown
    assert "<polyline" in shown
    chat.fails = True
    assert (await chat.ask("stats 7")).lines == answer.lines
    assert (await chat.ask("stats 7")).file is None


async def test_people_freed_are_not_counted_twice(chat: Drawing) -> None:
    await chat.news.report("Fourteen freed")
    answer = await chat.ask("stats 7")
    assert answer.file is not None
    labels = [
        element.text for element in ElementTree.fromstring(answer.file.body).iter() if element.tag.endswith("text")
    ]
    assert "20" in labels, "10 known beforehand and 14 found since, on a scale with round ticks"
    assert "30" not in labels
