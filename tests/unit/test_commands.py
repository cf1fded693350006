"""What each command says, over a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.command import load_commands
from bot.dispatch import Dispatcher
from bot.groups import GROUPS, grouped
from bot.languages import INTERFACE, texts_in
from bot.platforms.telegram_render import LIMITS
from bot.split import split
from bot.texts import GROUP_ALERTS, GROUP_CHAT, GROUP_OPERATORS, GROUP_PEOPLE, GROUP_READING, GROUP_STORY
from core.message import LineKind, Message
from core.model import Actor, Analysis, Entry, FeedSpec, NewEntry, Outcome, PollRecord, Role, Target
from core.ports import Request
from core.replicas import Replica
from storage.schema import REVISION
from storage.store import Store
from tests.fake_chat import TITLES, TOPICS, Newsroom, found
from tests.fake_clock import FakeClock

CHAT = Target("telegram", "7")
EVERYTHING = "Prisoner releases, US-Belarus diplomacy, Sanctions"


class Chat:
    """A private chat with the bot."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        self.clock = clock
        self.news = Newsroom(store, clock)
        self._dispatcher = Dispatcher(load_commands(), store, TITLES, clock, operators=["telegram:1"])

    async def ask(self, line: str, actor: str = "7", **more: Any) -> Message:
        self.clock.advance(5)  # within the rate of commands
        request = Request(Actor("telegram", actor), CHAT, line, **{"private": True, **more})
        answer = await self._dispatcher(request)
        assert answer is not None
        return answer

    async def topics(self) -> tuple[str, ...]:
        mine = await self.store.find_subscription(CHAT)
        return mine.topics if mine else ()


@pytest.fixture
async def chat(sqlite_url: str, clock: FakeClock) -> AsyncIterator[Chat]:
    store = Store(sqlite_url, clock=clock)
    await store.open()
    yield Chat(store, clock)
    await store.close()


def commands_of(message: Message) -> list[str]:
    return [button.command for row in message.buttons for button in row]


async def test_start_greets_and_offers_one_tap(chat: Chat) -> None:
    hello = await chat.ask("start")
    assert "Choose what this chat should get" in hello.text
    tongues = [f"language {code}" for code in ("be", "ru", "uk", "pl", "lt", "de")]
    assert commands_of(hello) == ["subscribe", *(f"subscribe {name}" for name in TOPICS), "latest", *tongues]
    told = await chat.ask("subscribe")
    assert f"This chat now gets alerts on: {EVERYTHING}." in told.text
    again = await chat.ask("start")
    assert f"This chat gets: {EVERYTHING}." in again.text
    assert commands_of(again) == ["latest", "stop", *tongues]


@pytest.mark.parametrize(
    ("payload", "topics"),
    [("sanctions", ("sanctions",)), ("all", tuple(TOPICS)), ("nonsense", ()), ("<b>&*_~", ())],
)
async def test_deep_links_subscribe_at_once(chat: Chat, payload: str, topics: tuple[str, ...]) -> None:
    await chat.ask(f"start {payload}")
    assert await chat.topics() == topics


async def test_a_deep_link_in_a_group_asks_for_the_role(chat: Chat) -> None:
    answer = await chat.ask("start sanctions", private=False, role=Role.VIEWER)
    assert "Only those who manage this chat" in answer.text
    assert await chat.topics() == ()


async def test_topics_add_up_and_go_one_by_one(chat: Chat) -> None:
    await chat.ask("subscribe sanctions")
    answer = await chat.ask("subscribe prisoner-release")
    assert await chat.topics() == ("prisoner-release", "sanctions")
    assert "subscribe us-diplomacy" in commands_of(answer)
    answer = await chat.ask("subscribe sanctions")
    assert "Nothing had to change" in answer.text
    answer = await chat.ask("unsubscribe us-diplomacy")
    assert "does not get US-Belarus diplomacy" in answer.text
    answer = await chat.ask("unsubscribe sanctions")
    assert "no longer gets: Sanctions. It still gets: Prisoner releases." in answer.text
    answer = await chat.ask("unsubscribe prisoner-release")
    assert "Erased" in answer.text
    assert await chat.store.find_subscription(CHAT) is None


async def test_stop_erases_and_says_what(chat: Chat) -> None:
    await chat.ask("subscribe")
    answer = await chat.ask("stop")
    assert "Erased: this chat's address, its topics and all that was waiting" in answer.text
    assert (await chat.store.get_status()).subscriptions == 0
    assert "nothing is kept" in (await chat.ask("stop")).text


async def test_stop_in_a_configured_chat_says_that_it_will_return(chat: Chat) -> None:
    await chat.store.sync_subscriptions({CHAT: ["sanctions"]}, chat.clock.now())
    assert "operator's configuration" in (await chat.ask("stop")).text


async def test_subscribing_resumes_a_paused_chat(chat: Chat) -> None:
    await chat.ask("subscribe sanctions")
    await chat.store.retire_target(CHAT, "The bot was blocked.")
    assert "paused: The bot was blocked. /subscribe resumes" in (await chat.ask("status")).text
    answer = await chat.ask("subscribe sanctions")
    assert "Alerts had been paused (The bot was blocked); they go on now." in answer.text


async def test_topics_shows_which_are_had(chat: Chat) -> None:
    await chat.ask("subscribe sanctions")
    answer = await chat.ask("topics")
    assert "Sanctions (sanctions): this chat gets it" in answer.text
    assert "Prisoner releases (prisoner-release)\n" in answer.text


async def test_latest_lists_with_buttons(chat: Chat) -> None:
    assert "No stories yet." in (await chat.ask("latest")).text
    for number in range(7):
        await chat.news.report(f"Event {number}")
        chat.clock.advance(60)
    await chat.news.report("Potash traded again", topic="sanctions")
    answer = await chat.ask("latest 3")
    assert "The last 3 stories:" in answer.text
    assert [word for word in ("Potash", "Event 6", "Event 5", "Event 4") if word in answer.text] == [
        "Potash",
        "Event 6",
        "Event 5",
    ]
    assert commands_of(answer) == ["story 8", "story 7", "story 6"]
    assert "Event" not in (await chat.ask("latest sanctions")).text
    assert "No stories yet on: US-Belarus diplomacy." in (await chat.ask("latest us-diplomacy")).text
    assert "must be from 1 to 10, not 0" in (await chat.ask("latest 0")).text


async def test_story_shows_every_report(chat: Chat) -> None:
    story = await chat.news.report("Fourteen freed")
    await chat.news.report("More details", story=story)
    answer = await chat.ask(f"story {story.id}")
    assert "Fourteen freed" in answer.lines[1].text
    assert "Wire 2: More details" in answer.text
    for number in ("99", "0", "-3", "9999999999999999"):
        assert f"There is no story {number}." in (await chat.ask(f"story {number}")).text
    assert "is written in digits" in (await chat.ask("story " + "9" * 4000)).text


async def test_why_of_a_story_by_number_and_under_an_alert(chat: Chat) -> None:
    await chat.ask("subscribe")
    story = await chat.news.report("Fourteen freed")
    answer = await chat.ask(f"why #{story.id}")
    assert "Prisoner releases: 6.5" in answer.text
    assert "+2 release: “freed” (title, en:freed belarus-us.toml:12)" in answer.text
    lanes = await chat.store.claim_lanes(
        chat.clock.now(), platforms=["telegram"], limit=1, per_lane=5, lease=timedelta(minutes=1)
    )
    await chat.store.mark_sent(lanes[0], lanes[0].items[0], "m77", story.revision, chat.clock.now())
    told = (await chat.ask("why", message_ref="m77")).text
    assert told.split("\n")[:-1] == answer.text.split("\n")[:-1]
    assert told.split("\n")[-1].startswith("Shown here, ")
    assert "Which alert or page?" in (await chat.ask("why", message_ref="m78")).text
    assert "Give /why as a reply" in (await chat.ask("why")).text


async def test_why_of_an_address_tells_its_way(chat: Chat) -> None:
    await chat.ask("subscribe")
    await chat.news.report("Fourteen freed")
    answer = await chat.ask("why https://wire.example/1?utm_source=telegram")
    for part in ("Read in Wire", "Fourteen freed", "It matched", "Part of story 1.", "It will be shown here shortly."):
        assert part in answer.text
    assert "1 chat" not in answer.text, "only operators see counts"
    assert "Waiting to be shown in 1 chat." in (await chat.ask("why wire.example/1", actor="1")).text
    assert (await chat.ask("why wire.example/1")).text == answer.text
    assert (await chat.ask("why <https://wire.example/1|wire.example>")).text == answer.text


async def test_why_of_an_entry_that_fell_short(chat: Chat) -> None:
    now = chat.clock.now()
    await chat.store.sync_feeds([FeedSpec("Wire", "https://wire.example/feed")], now)
    feed = (await chat.store.claim_due_feeds(now, limit=1))[0]
    analysis = Analysis(evidence=(found("Minsk", concept="belarus"),), missing={"prisoner-release": ("release", "who")})
    entry = Entry("e1", "Frost in <b>Minsk</b>", "https://wire.example/frost", "wire.example/frost")
    async with chat.store.transaction() as transaction:
        await transaction.add_entries(feed, [NewEntry(entry, analysis, "half", "only one side")], now)
        state = replace(feed.state, next_poll_at=now)
        await transaction.finish_poll(feed, PollRecord(Outcome.OK, state, now, entries=1, new=1))
    answer = await chat.ask("why https://wire.example/frost")
    for part in ("Prisoner releases: missing release, who", "one side of a topic only", "Reason: only one side"):
        assert part in answer.text
    assert "Frost in <b>Minsk</b>" in answer.text


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("why https://elsewhere.example/1", "was in no feed that is read here: https://elsewhere.example/1"),
        ("why javascript:alert(1)", "neither the number of a story nor the address of a page"),
        ("why the moon", "“the moon” is neither"),
        ("why <b>&*_~", "“<b>&*_~” is neither"),
        ("why \u202ehttps://elsewhere.example/2\u200f", "https://elsewhere.example/2"),
        ("why https://example.org/" + "x" * 3000, "addresses of up to 2,048 are looked up"),
        ("why " + "x" * 5000, "a command holds up to 4,096"),
        ("why story 99", "There is no story 99."),
    ],
)
async def test_why_answers_anything_clearly(chat: Chat, line: str, told: str) -> None:
    answer = await chat.ask(line)
    assert told in answer.text
    assert len(answer.text) < 600


async def test_status_tells_more_to_operators(chat: Chat) -> None:
    answer = await chat.ask("status")
    assert "This chat gets no alerts; /subscribe changes that." in answer.text
    await chat.ask("subscribe sanctions")
    await chat.news.report("Fourteen freed")
    chat.clock.advance(175)
    answer = await chat.ask("status")
    assert answer.lines[0].text == "1 feed is read, last 3 minutes ago."
    assert "This chat gets: Sanctions." in answer.text
    assert "given up" not in answer.text
    answer = await chat.ask("status", actor="1")
    assert "0 feeds fail." in answer.text
    assert "1 chat is subscribed." in answer.text
    assert "Waiting to be shown: 0, given up: 0." in answer.text


async def test_status_shows_operators_who_is_at_work(chat: Chat) -> None:
    began = chat.clock.now()
    leader, second, gone = (
        Replica(f"{name}:7:ab", "1.2.0", REVISION, ("chat", "poll"), began) for name in ("one", "two", "three")
    )
    for one in (leader, second, gone):
        await chat.store.beat(one, began)
    assert "3 processes are at work:" in (await chat.ask("status", actor="1")).text
    chat.clock.advance(600)
    for one in (leader, second):
        await chat.store.beat(one, chat.clock.now())
    await chat.store.take_lease("telegram:99", leader.owner, chat.clock.now(), ttl=timedelta(minutes=1))
    answer = await chat.ask("status", actor="1")
    told = [line.text for line in answer.lines[-4:]]
    assert told[0] == "2 processes are at work:"
    assert "one:7: release 1.2.0, chat, poll; for 10 minutes; receives what is written to the bot in Telegram" in told
    assert "two:7: release 1.2.0, chat, poll; for 10 minutes" in told
    assert "three:7: release 1.2.0; ended without a word, last heard of 10 minutes ago" in told
    assert "at work" not in (await chat.ask("status")).text, "for operators alone"


async def test_help_lists_what_may_be_used_here(chat: Chat) -> None:
    answer = await chat.ask("help")
    assert "/latest: The last stories, on all topics or on those named" in answer.text
    viewer = await chat.ask("help", private=False, role=Role.VIEWER)
    assert "/subscribe" not in viewer.text
    assert (await chat.ask("")).text == answer.text
    assert "/minsk latest" in (await chat.ask("help", prefix="/minsk ")).text


@pytest.mark.parametrize("lang", INTERFACE)
async def test_help_has_every_command_once_in_groups_and_fits_one_message(chat: Chat, lang: str) -> None:
    await chat.ask(f"language {lang}")
    answer = await chat.ask("help", actor="1")
    shown = [row.text.split(":")[0] for row in answer.lines if row.kind is LineKind.BULLET]
    assert sorted(shown) == [f"/{one.name}" for one in load_commands()]
    headings = [row.text for row in answer.lines if row.kind is LineKind.TITLE]
    assert headings == [texts_in(lang).translate(heading) for heading, _ in GROUPS]
    assert split(answer, LIMITS) == (answer,)
    reader = await chat.ask("help", private=False, role=Role.VIEWER)
    assert [row.text for row in reader.lines if row.kind is LineKind.TITLE] == [
        texts_in(lang).translate(heading)
        for heading in (GROUP_ALERTS, GROUP_PEOPLE, GROUP_READING, GROUP_STORY, GROUP_CHAT)
    ]


def test_help_names_operators_only_over_what_is_theirs_alone() -> None:
    found = dict(grouped(load_commands().with_role("feed", Role.EDITOR)))
    assert [one.name for one in found[GROUP_OPERATORS]] == ["merge", "split"]
    assert found[GROUP_CHAT][-1].name == "feed"
    every = [name for _, names in GROUPS for name in names]
    assert sorted(every) == [one.name for one in load_commands()], "each command in one group"


async def test_help_on_one_command(chat: Chat) -> None:
    answer = await chat.ask("help stop")
    assert answer.lines[0].text.startswith("/stop [topics ...]: End the alerts")
    assert "Also: /unsubscribe" in answer.text
    assert "Example: /stop sanctions" in answer.text
    assert "Did you mean /latest?" in (await chat.ask("help latst")).text


NASTY = (
    "<b>&*_~`",
    "\u202eкот\u2066 \u200f\u200b",
    "x" * 3000,
    "0",
    "-1",
    "9223372036854775808",
    "1e9",
    "٣",
    "https://",
    "https://[::1",
    "http://example.org/%00%zz?q=" + "ы" * 300,
    "'; DROP TABLE outbox; --",
    "\ud800",
    "\x00\x1b[2J",
    "a b c d e",
)


async def test_no_argument_makes_a_command_fail(chat: Chat, caplog: pytest.LogCaptureFixture) -> None:
    await chat.ask("subscribe")
    await chat.news.report("Fourteen freed")
    for one in load_commands():
        for argument in NASTY:
            answer = await chat.ask(f"{one.name} {argument}")
            assert "through no fault of yours" not in answer.text, (one.name, argument)
            assert len(answer.text) < 4000
            assert not {"\x00", "\x1b", "\u202e", "\ud800"} & set(answer.text)
    assert caplog.records == []
