"""/why to the step where a report ended, for every outcome that there is and for every way to be kept back here."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from bot import texts
from bot.delivery import Deliverer
from bot.render import evidence_lines, reference
from bot.texts import ENGLISH
from core.audits import AUDIT, COVERED, MISSED
from core.errors import MessageRejected, Unreachable
from core.model import Analysis, Entry, Evidence, Level, NewEntry, Target
from core.options import Mode, Options, Quiet
from storage.store import Store
from tests.contract.store_steps import claimed_feed, ended
from tests.fake_chat import TITLES, FakeChat
from tests.fake_clock import FakeClock
from tests.unit.test_commands import CHAT, Chat

FEEDS = Path(__file__).parents[2] / "feeds"


class Reader(Chat):
    def __init__(self, store: Store, clock: FakeClock) -> None:
        super().__init__(store, clock)
        self.platform = FakeChat(clock)
        self.deliverer = Deliverer(store, {"telegram": self.platform}, clock, titles=TITLES)

    async def why(self, what: str = "1", actor: str = "7") -> str:
        return (await self.ask(f"why {what}", actor)).text

    async def with_options(self, options: Options, title: str = "Fourteen freed") -> str:
        """What /why says after a story was to be delivered under these options."""
        await self.store.subscribe(CHAT, ["prisoner-release"], self.clock.now())
        await self.store.set_options(CHAT, options, self.clock.now())
        story = await self.news.report(title)
        await self.deliverer.deliver_due()
        return await self.why(str(story.id))


@pytest.fixture
async def chat(sqlite_url: str) -> AsyncIterator[Reader]:
    clock = FakeClock(datetime(2026, 3, 19, 23, tzinfo=UTC))
    store = Store(sqlite_url, clock=clock)
    await store.open()
    yield Reader(store, clock)
    await store.close()


def outcomes_in_the_code() -> set[str]:
    """Every outcome that the feeds room records, read from its source."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in sorted(FEEDS.glob("*.py")))
    found = set(re.findall(r'return "(\w+)", f?"', source))
    found |= {word for pair in re.findall(r"set_outcome\(.*", source) for word in re.findall(r'"(\w+)"', pair)}
    return found | {AUDIT, COVERED, MISSED} | {level.value for level in (Level.ALERT, Level.DIGEST)}


def test_every_outcome_that_is_recorded_has_its_sentence() -> None:
    assert {"baseline", "old", "no_match", "half", "ignored", "alert", "digest"} <= outcomes_in_the_code()
    assert outcomes_in_the_code() == set(texts.OUTCOMES)


@pytest.mark.parametrize("outcome", sorted(texts.OUTCOMES))
async def test_the_way_of_a_page_ends_where_it_ended(chat: Reader, outcome: str) -> None:
    now = chat.clock.now()
    feed = await claimed_feed(chat.store, now)
    entry = Entry("e1", "Frost in Minsk", "https://wire.example/frost", "wire.example/frost")
    async with chat.store.transaction() as transaction:
        await transaction.add_entries(feed, [NewEntry(entry, Analysis(), outcome, "because <so> {it} is")], now)
        await transaction.finish_poll(feed, ended(feed, now))
    said = await chat.why("https://wire.example/frost")
    assert texts.OUTCOMES[outcome] in said
    assert "Reason: because <so> {it} is" in said
    assert "Part of story" not in said


async def test_who_had_long_been_free_is_said_with_the_day(chat: Reader) -> None:
    now = chat.clock.now()
    feed = await claimed_feed(chat.store, now)
    entry = Entry("e1", "Freed laureate in Oslo", "https://wire.example/oslo", "wire.example/oslo")
    analysis = Analysis(people=("Ales Bialiatski",), long_free={"Ales Bialiatski": "2025-12-13"})
    async with chat.store.transaction() as transaction:
        await transaction.add_entries(feed, [NewEntry(entry, analysis, "no_match", "")], now)
        await transaction.finish_poll(feed, ended(feed, now))
    assert "Free long before this report: Ales Bialiatski (13 Dec 2025)." in await chat.why(entry.url)


async def test_what_a_chat_keeps_back_is_said_with_its_reason(chat: Reader) -> None:
    assert "Kept back here: fewer independent sources" in await chat.with_options(Options(confirmed=2))
    assert "Kept back here: no report in the languages" in await chat.with_options(Options(languages=("be",)))
    assert "Kept back here: this chat muted the story." in await chat.with_options(Options(muted_stories=(3,)))
    quiet = Options(quiet=Quiet(time(22), time(7), strict=True), zone="Europe/Vilnius")
    assert "Put off here until 20 Mar 07:00 EET: quiet hours." in await chat.with_options(quiet)
    assert "kept for the digest" in await chat.with_options(Options(mode=Mode.HOURLY))
    snoozed = Options(snoozed_until=chat.clock.now() + timedelta(hours=5))
    assert "Put off here until 20 Mar 04:" in await chat.with_options(snoozed)
    assert "this chat is snoozed" in await chat.why("6")
    assert "Shown here, 19 Mar 23:" in await chat.with_options(Options())


async def test_a_chat_that_gets_nothing_is_told_why(chat: Reader) -> None:
    story = await chat.news.report("Fourteen freed")
    assert "This chat gets no alerts; /subscribe begins them." in await chat.why()
    chat.clock.advance(60)
    await chat.ask("subscribe prisoner-release")
    assert "it came before this chat's alerts began" in await chat.why()
    await chat.news.report("Potash", topic="sanctions")
    assert "Not for this chat: it does not get Sanctions." in await chat.why("2")
    await chat.store.retire_target(CHAT, "The bot was blocked in Telegram.")
    assert "alerts are paused (The bot was blocked in Telegram)" in await chat.why(str(story.id))


async def test_troubles_of_delivery_are_said(chat: Reader) -> None:
    await chat.ask("subscribe prisoner-release")
    await chat.news.report("Fourteen freed")
    chat.platform.fail(Unreachable("Telegram is out of order."))
    await chat.deliverer.deliver_due()
    assert "the last try failed: Telegram is out of order." in await chat.why()
    chat.clock.advance(3600)
    chat.platform.fail(*(MessageRejected("nonsense in it") for _ in range(2)))
    await chat.deliverer.deliver_due()
    assert "It could not be shown here: nonsense in it." in await chat.why()


async def test_counts_of_chats_are_for_operators(chat: Reader) -> None:
    await chat.with_options(Options())
    other = replace(CHAT, chat="8")
    assert other == Target("telegram", "8")
    address = "https://wire.example/1"
    assert "Shown in 1 chat." in await chat.why(address, actor="1")
    assert "Shown in 1 chat." not in await chat.why(address)
    assert "Shown here, " in await chat.why(address)


def test_what_one_word_adds_is_one_sum_by_the_pattern_of_the_pack() -> None:
    learned = Evidence("sanctions", "belarus", "Belarus", "title", -2.27, "learned -2.27 (x:4); en:belarus*4 x:29")
    word = Evidence("sanctions", "belarus", "Belarus", "title", 2.0, "en:belarus*4 x:29")
    elsewhere = replace(word, where="body", weight=1.0)
    others = [Evidence("sanctions", f"c{n}", f"word{n}", "title", 1.5, "en:x") for n in range(3)]
    beginning = Evidence("sanctions", "start", "", "rule", -1.0, "learned -1.00 (x:1)")
    lines = evidence_lines([learned, word, elsewhere, *others, beginning], {}, {"sanctions": 3.23}, ENGLISH)
    assert [line.text for line in lines] == [
        "sanctions: 3.23",
        *(f"+1.5 c{n}: “word{n}” (title, en:x)" for n in range(3)),
        "+1 Belarus: “Belarus” (text, en:belarus*4 x:29)",
        "-1.3 from 3 further parts of the score",
    ]
    (one,) = evidence_lines([learned, word], {}, {}, ENGLISH)[1:]
    assert one.text == "-0.27 Belarus: “Belarus” (title, en:belarus*4 x:29)"


def test_a_long_reference_keeps_file_and_line() -> None:
    place = "belarus-us.people.toml:2788"
    assert reference(f"name:lukashenka {place}") == f"name:lukashenka {place}"
    long = reference(f"name:{'lukashenka-' * 12} ({place}); freed 2025-06-21, long before this report")
    assert long.startswith("name:lukashenka-")
    assert f"{place}); freed 2025-06-21" in long
    assert len(long) <= 100
    assert reference(f"any:{'x' * 300} {place}").endswith(f"x {place}")
