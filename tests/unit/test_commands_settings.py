"""The commands that set when and what a chat gets, over a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from bot.command import load_commands
from bot.dispatch import Dispatcher
from core.message import Message
from core.model import Actor, Role, Target
from core.options import Mode, Options, Quiet, Verdict
from core.ports import Request
from storage.store import Store
from tests.contract.store_steps import counts
from tests.fake_chat import TITLES, Newsroom
from tests.fake_clock import FakeClock

CHAT = Target("telegram", "7")


class Chat:
    """A private chat that gets everything."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        self.clock = clock
        self.news = Newsroom(store, clock)
        self._dispatcher = Dispatcher(load_commands(), store, TITLES, clock)

    async def ask(self, line: str, **more: Any) -> Message:
        self.clock.advance(5)  # within the rate of commands
        request = Request(Actor("telegram", "7"), CHAT, line, **{"private": True, **more})
        answer = await self._dispatcher(request)
        assert answer is not None
        return answer

    async def options(self) -> Options:
        mine = await self.store.find_subscription(CHAT)
        assert mine is not None
        return mine.options


@pytest.fixture
async def chat(sqlite_url: str, clock: FakeClock) -> AsyncIterator[Chat]:
    store = Store(sqlite_url, clock=clock)
    await store.open()
    chat = Chat(store, clock)
    await chat.ask("subscribe")
    yield chat
    await store.close()


def commands_of(message: Message) -> list[str]:
    return [button.command for row in message.buttons for button in row]


@pytest.mark.parametrize(
    ("line", "options", "told"),
    [
        ("when hourly", Options(Mode.HOURLY), "together every hour"),
        ("when daily 7.30", Options(Mode.DAILY, time(7, 30)), "every day at 07:30 (UTC)"),
        ("when DAILY 18", Options(Mode.DAILY, time(18)), "every day at 18:00"),
        ("when", Options(), "at once"),
        (
            "quiet 22 7",
            Options(quiet=Quiet(time(22), time(7))),
            "Quiet from 22:00 to 07:00 (UTC), but for major news: 10",
        ),
        ("quiet 22:30-06:15 strict", Options(quiet=Quiet(time(22, 30), time(6, 15), strict=True)), "without exception"),
        ("quiet off", Options(), "No quiet hours"),
        ("timezone europe/vilnius", Options(zone="Europe/Vilnius"), "Europe/Vilnius; it shows 19 Mar 14:00"),
        ("timezone Kathmandu", Options(zone="Asia/Kathmandu"), "17:45"),
        ("timezone utc", Options(), "UTC"),
        ("timezone gmt+3", Options(zone="Etc/GMT-3"), "is UTC+3; it shows 19 Mar 15:00 UTC+3"),
        ("timezone -05:00", Options(zone="Etc/GMT+5"), "UTC-5 knows no summer time"),
        ("timezone Минск", Options(zone="Europe/Minsk"), "Europe/Minsk; it shows 19 Mar 15:00"),
        ("timezone Warszawa", Options(zone="Europe/Warsaw"), "Europe/Warsaw"),
        ("timezone Buenos Aires", Options(zone="America/Argentina/Buenos_Aires"), "Buenos_Aires"),
        ("confirmed 3", Options(confirmed=3), "once 3 independent sources tell it"),
        ("languages be Russian,en", Options(languages=("be", "ru", "en")), "Belarusian, Russian, English"),
        ("languages all", Options(), "all"),
        ("kinds independent state media", Options(kinds=("independent", "state media")), "independent, state media"),
        ("mute source  Nasha   Niva", Options(muted_sources=("nasha niva",)), "Muted: nasha niva"),
        ("mute term Potash", Options(muted_terms=("potash",)), "Muted: potash"),
        ("discreet on", Options(discreet=True), "no word of what they are about"),
    ],
)
async def test_an_option_is_set_and_told(chat: Chat, line: str, options: Options, told: str) -> None:
    answer = await chat.ask(line)
    assert told in answer.text
    assert await chat.options() == options


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("when weekly", "mode must be one of instant, hourly, daily"),
        ("when daily 25:00", "“25:00” is no time of day."),
        ("quiet 22:00", "two different times"),
        ("quiet 7 7", "two different times"),
        ("quiet night day", "no time of day"),
        ("snooze 99w", "up to 90 days"),
        ("snooze soon", "neither a time of day nor a length of time"),
        ("snooze 0h", "no time at all.\nFor example /snooze 8h"),
        ("timezone UTC+5:45", "Did you mean Asia/Kathmandu"),
        ("timezone UTC+99", "or a distance such as UTC+3"),
        ("timezone Vilnus", "Did you mean Europe/Vilnius"),
        ("timezone ../etc/passwd", "There is no time zone"),
        ("confirmed 12", "from 1 to 9"),
        ("languages be klingon", "“klingon” is not known here."),
        ("kinds tabloid", "Known: government, independent, rights-group, state-media, wire; or all."),
        ("mute 12", "There is no story 12."),
        ("mute nonsense", "write /mute term nonsense; if it is a source, /mute source nonsense"),
        ("mute source", "Mute what?"),
        ("unmute term potash", "That is not muted."),
        ("useful", "Which alert?"),
        ("useful 99", "There is no story 99."),
    ],
)
async def test_a_mistake_is_answered_and_changes_nothing(chat: Chat, line: str, told: str) -> None:
    assert told in (await chat.ask(line)).text
    assert await chat.options() == Options()


@pytest.mark.parametrize(
    ("line", "told", "leads"),
    [
        ("languages", "all\nTo change it, write for example /languages be ru en.", []),
        ("kinds", "all\nTo change it, write for example /kinds independent wire.", []),
        ("timezone", "19 Mar 12:00 UTC.\nTo change it, write for example /timezone Europe/Vilnius.", []),
        ("discreet", "Messages here tell in full.", ["discreet on"]),
        ("unmute", "Nothing is muted here.", []),
    ],
)
async def test_what_is_only_asked_for_says_how_it_is_changed(
    chat: Chat, line: str, told: str, leads: list[str]
) -> None:
    answer = await chat.ask(line)
    assert told in answer.text
    assert commands_of(answer) == leads
    assert line not in (await chat.ask("audit")).text


async def test_topics_are_called_as_the_chat_calls_them(chat: Chat) -> None:
    await chat.ask("stop prisoner releases")
    mine = await chat.store.find_subscription(CHAT)
    assert mine is not None
    assert mine.topics == ("us-diplomacy", "sanctions")


async def test_what_is_muted_is_offered_when_nothing_is_named(chat: Chat) -> None:
    await chat.ask("mute term potash")
    answer = await chat.ask("unmute")
    assert answer.text == "Unmute what? Tap it; /unmute all is everything."
    assert commands_of(answer) == ["unmute term potash"]


@pytest.mark.parametrize(
    ("line", "until"),
    [
        ("snooze 8h", datetime(2026, 3, 19, 20, 0, 10, tzinfo=UTC)),
        ("snooze 90 min", datetime(2026, 3, 19, 13, 30, 10, tzinfo=UTC)),
        ("snooze 2 days", datetime(2026, 3, 21, 12, 0, 10, tzinfo=UTC)),
        ("snooze until 18:30", datetime(2026, 3, 19, 18, 30, tzinfo=UTC)),
        ("snooze 9", datetime(2026, 3, 20, 9, 0, tzinfo=UTC)),
    ],
)
async def test_snooze_and_wake(chat: Chat, line: str, until: datetime) -> None:
    assert "No alerts until" in (await chat.ask(line)).text
    assert (await chat.options()).snoozed_until == until
    assert "Not snoozed" in (await chat.ask("snooze off")).text
    assert (await chat.options()).snoozed_until is None


async def test_a_story_is_muted_under_its_alert_and_undone_by_a_tap(chat: Chat) -> None:
    story = await chat.news.report("freed")
    (lane,) = await chat.store.claim_lanes(
        chat.clock.now(), platforms=["telegram"], limit=1, per_lane=1, lease=timedelta(minutes=1)
    )
    await chat.store.mark_sent(lane, lane.items[0], "m1", 1, chat.clock.now())
    answer = await chat.ask("mute", message_ref="m1")
    assert (await chat.options()).muted_stories == (story.id,)
    assert commands_of(answer) == [f"unmute {story.id}", "mute source Wire 1"]
    assert commands_of(await chat.ask("mute")) == [f"unmute {story.id}"]
    await chat.ask(f"unmute {story.id}")
    assert await chat.options() == Options()


@pytest.mark.parametrize(
    ("lang", "typed", "kept"),
    [
        ("en", "the United States", "us"),
        ("ru", "санкции", "sanctions"),
        ("ru", "США", "us"),
        ("en", "potash", "potash"),
    ],
)
async def test_a_term_is_muted_as_why_names_it(chat: Chat, lang: str, typed: str, kept: str) -> None:
    await chat.ask(f"language {lang}")
    muted = await chat.ask(f"mute term {typed}")
    assert (await chat.options()).muted_terms == (kept,)
    named = muted.text.partition(": ")[2]
    assert named == typed
    assert named in (await chat.ask("settings")).text
    assert named in (await chat.ask(f"unmute term {typed}")).text
    assert (await chat.options()).muted_terms == ()


async def test_everything_is_unmuted_at_once(chat: Chat) -> None:
    for line in ("mute source BelTA", "mute term potash", "unmute all"):
        await chat.ask(line)
    assert await chat.options() == Options()


async def test_settings_show_everything_and_lead_everywhere(chat: Chat) -> None:
    for line in ("when daily 8", "timezone Vilnius", "quiet 22 7", "mute source BelTA", "discreet on", "languages be"):
        await chat.ask(line)
    answer = await chat.ask("settings")
    for part in (
        "together every day at 08:00 (Europe/Vilnius)",
        "22:00-07:00, but for major news",
        "“belta”",
        "Belarusian",
    ):
        assert part in answer.text
    for line in commands_of(answer):
        assert "There is no command" not in (await chat.ask(line)).text


@pytest.mark.parametrize("line", ["settings", "when hourly", "quiet 22 7", "mute term potash", "discreet on"])
async def test_a_chat_without_alerts_has_nothing_to_set(chat: Chat, line: str) -> None:
    await chat.ask("forget")
    answer = await chat.ask(line)
    assert "nothing to set" in answer.text
    assert "/subscribe" in answer.text


@pytest.mark.parametrize(
    "line", ["when hourly", "quiet 22 7", "snooze 1h", "confirmed 2", "mute 1", "discreet on", "forget"]
)
async def test_in_a_group_those_who_manage_it_set_it(chat: Chat, line: str) -> None:
    answer = await chat.ask(line, private=False, role=Role.VIEWER)
    assert "Only those who manage this chat" in answer.text
    assert await chat.options() == Options()


async def test_forget_leaves_no_row_and_says_what_went(chat: Chat, sqlite_url: str) -> None:
    await chat.news.report("freed")
    await chat.ask("quiet 22 7")
    answer = await chat.ask("forget")
    for part in ("the address", "Prisoner releases", "its settings", "what was waiting"):
        assert part in answer.text
    assert not {"targets", "subscriptions", "subscription_topics", "outbox"} & (await counts(sqlite_url)).keys()
    assert "nothing is kept" in (await chat.ask("forget")).text


async def test_where_several_read_along_a_question_comes_first(chat: Chat) -> None:
    await chat.ask("subscribe sanctions prisoner-release")
    group = {"private": False, "role": Role.EDITOR}
    for line, done in (("stop", "No more alerts here"), ("forget", "Forgotten")):
        await chat.ask("subscribe sanctions prisoner-release")
        before = await chat.store.changes(CHAT, 9)
        asked = await chat.ask(line, **group)
        assert "for everybody here" in asked.text
        assert await chat.store.find_subscription(CHAT), "nothing is changed yet"
        assert await chat.store.changes(CHAT, 9) == before, "a question is no change"
        assert "still gets" in (await chat.ask("stop sanctions", **group)).text, "what can be undone is done at once"
        (confirm,) = commands_of(asked)
        assert confirm == f"{line} yes"
        assert done in (await chat.ask(confirm, **group)).text
        assert await chat.store.find_subscription(CHAT) is None
        assert "nothing is kept" in (await chat.ask(line, **group)).text


async def test_verdicts_are_counted_by_story_term_and_source_and_by_nobody(chat: Chat, sqlite_url: str) -> None:
    assert "Nobody has judged" in (await chat.ask("noise")).text
    story = await chat.news.report("freed")
    for line in ("useful", "useful", "notuseful", "duplicate"):
        assert "who said it is not kept" in (await chat.ask(f"{line} {story.id}")).text
    (told,) = await chat.store.list_feedback("story", limit=5)
    assert told.counts == {Verdict.USEFUL: 2, Verdict.NOT_USEFUL: 1, Verdict.DUPLICATE: 1}
    noise = await chat.ask("noise")
    assert "release: 50% useful (2 useful, 1 not, 1 duplicate)" in noise.text
    assert "Wire 1: 50% useful" in noise.text
    await chat.ask("forget")
    assert (await counts(sqlite_url))["feedback"] == 12


async def test_who_gives_a_time_without_a_clock_is_told_how_to_set_one(chat: Chat) -> None:
    await chat.ask("subscribe")
    for line in ("when daily 9:00", "quiet 22 7"):
        assert "/timezone Europe/Vilnius sets the clock" in (await chat.ask(line)).text
    assert "sets the clock" not in (await chat.ask("when hourly")).text
    assert "Discreet messages: off" in (await chat.ask("settings")).text
    await chat.ask("timezone Warsaw")
    for line in ("when daily 9:00", "quiet 22 7"):
        assert "sets the clock" not in (await chat.ask(line)).text
