"""Looking back from a chat, over a real store and the shipped timeline."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.backtest import bars
from bot.command import load_commands
from bot.dispatch import Dispatcher
from bot.tools import Tools
from core.errors import PackError
from matching.timeline import KnownEvent, load_timeline
from storage.store import Store
from tests.contract.store_steps import stored_titles
from tests.fake_chat import TITLES
from tests.fake_clock import FakeClock
from tests.unit.test_commands import NASTY, Chat, commands_of

EVENTS = (
    KnownEvent("one", date(2026, 1, 5), "Ten leave prison", "release", 10, "A", "https://a.example/1", ("potash",)),
    KnownEvent("two", date(2026, 2, 6), "Talks in <Minsk>", "diplomacy", 0, "C", "", ("something",)),
    KnownEvent("future", date(2027, 1, 1), "Not yet", "release", 5, "A", ""),
)


class LookingChat(Chat):
    def __init__(self, store: Store, clock: FakeClock) -> None:
        super().__init__(store, clock)
        self._dispatcher = Dispatcher(load_commands(), store, TITLES, clock, tools=Tools(timeline=EVENTS))


@pytest.fixture
async def chat(sqlite_url: str) -> AsyncIterator[LookingChat]:
    clock = FakeClock(datetime(2026, 3, 19, 12, tzinfo=UTC))
    store = Store(sqlite_url, clock=clock)
    await store.open()
    yield LookingChat(store, clock)
    await store.close()


async def stored(chat: LookingChat, *titles: str) -> None:
    await stored_titles(chat.store, chat.clock.now(), *titles)


async def test_search_lists_the_newest_with_their_stories(chat: LookingChat) -> None:
    await stored(chat, "Мінск маўчыць", "Minsk <b>sells</b> potash", "Rain")
    story = await chat.news.report("Potash freed in Minsk")
    answer = await chat.ask("search MINSK potash")
    assert answer.lines[0].text == "The newest 2 reports with MINSK potash:"
    assert [line.text.split(": ")[-1] for line in answer.lines[1:]] == [
        "Potash freed in Minsk",
        "Minsk <b>sells</b> potash",
    ]
    assert commands_of(answer) == [f"story {story.id}"]
    assert answer.lines[2].spans[-1].url == "https://wire.example/1"
    assert "Мінск маўчыць" in (await chat.ask("search мінс*")).text
    assert "Nothing that is kept holds all of: football" in (await chat.ask("search football")).text
    assert "Which words?" in (await chat.ask("search ***")).text


async def test_a_search_that_finds_nothing_offers_the_words_without_endings(chat: LookingChat) -> None:
    await stored(chat, "Minsk sells potash", "Вызвалілі палітвязняў у Мінску")
    answer = await chat.ask("search minskas potash")
    assert answer.lines[0].text == "Nothing that is kept holds all of: minskas potash."
    assert answer.lines[1].text == "With other endings there is something: /search minsk* potash"
    assert commands_of(answer) == ["search minsk* potash"]
    assert "Minsk sells potash" in (await chat.ask(commands_of(answer)[0])).text
    assert commands_of(await chat.ask("search палітвязні")) == ["search палітвязн*"]
    for far in ("football", "мінс", "minsk* rain", "us"):
        assert (await chat.ask(f"search {far}")).buttons == ()
    assert "Up to 12 words" in (await chat.ask("search " + " ".join(f"word{n}" for n in range(13)))).text


async def test_the_timeline_goes_on_with_what_was_found_here(chat: LookingChat) -> None:
    story = await chat.news.report("Fourteen freed")
    answer = await chat.ask("timeline")
    assert [line.text for line in answer.lines] == [
        "The last 3 events:",
        "5 Jan 2026: Ten leave prison (10 freed; in return: relief for potash)",
        "6 Feb 2026: Talks in <Minsk> (in return: something; unconfirmed)",
        f"19 Mar 2026: Fourteen freed (14 freed; story {story.id})",
        "Freed since Jan 2026 by the events that are known: 10.",
    ]
    assert answer.lines[1].spans[1].url == "https://a.example/1"
    assert len((await chat.ask("timeline 1")).lines) == 3


async def test_stats_draw_days_and_months(chat: LookingChat) -> None:
    assert "No stories in that time." in (await chat.ask("stats")).text
    await chat.news.report("Fourteen freed")
    await chat.news.report("Fifteen freed")
    chat.clock.advance(24 * 3600)
    await chat.news.report("Potash traded", topic="sanctions")
    answer = await chat.ask("stats 7")
    text = answer.text
    assert "Stories of the last 7 days" in text
    assert "·····█·  Prisoner releases: 2" in text
    assert "······▅  Sanctions: 1" in text
    assert "the highest is 2" in text
    assert "·········█··  freed by the events of 12 months: 10" in text


def test_bars_are_never_empty_for_something() -> None:
    assert bars([]) == ""
    assert bars([0, 0]) == "··"
    assert bars([0, 1, 1000]) == "·▂█"
    assert bars([5], 10) == "▅"


def test_the_shipped_timeline_is_read_in_order() -> None:
    events = load_timeline()
    assert len(events) > 10
    assert [event.day for event in events] == sorted(event.day for event in events)
    assert sum(event.released for event in events) > 100


def test_a_faulty_timeline_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.timeline.toml").write_text('[[event]]\nid = "a"\n', encoding="utf-8")
    with pytest.raises(PackError, match=r"x\.timeline\.toml: not a timeline \(KeyError"):
        load_timeline([tmp_path])
    assert load_timeline([tmp_path / "none.toml"]) == ()


async def test_no_argument_makes_them_fail(chat: LookingChat, caplog: pytest.LogCaptureFixture) -> None:
    await stored(chat, *NASTY[:3])
    for argument in NASTY:
        for name in ("search", "timeline", "stats"):
            answer = await chat.ask(f"{name} {argument}")
            assert "through no fault of yours" not in answer.text, (name, argument)
            assert len(answer.text) < 4000
    assert caplog.records == []
