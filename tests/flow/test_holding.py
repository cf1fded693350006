"""A chat that its platform asked to leave alone gets nothing before that time: no alert, no answer, no notice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from app.telling import Teller
from bot.delivery import Deliverer
from bot.platforms.holding import LONGEST_WAIT
from core.message import Button, Message, line, plain
from core.model import Target
from core.noticing import Notice
from core.sentence import Sentence
from storage.store import Store
from tests.echo import Echo
from tests.fake_chat import TITLES, TOPICS, Newsroom
from tests.fake_clock import WaitingClock
from tests.patience import PATIENCE
from tests.slack_bot import receiving as slack_receiving
from tests.slack_server import SlackServer
from tests.slack_server_values import Fault
from tests.telegram_bot import receiving as telegram_receiving
from tests.telegram_bot import target
from tests.telegram_server import TelegramServer
from tests.telegram_wire import flood


@pytest.fixture
def still() -> WaitingClock:
    return WaitingClock()


@pytest.fixture
async def store(sqlite_url: str) -> AsyncIterator[Store]:
    store = Store(sqlite_url)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        for name in ("C1", "C2"):
            server.add_channel(name, {"U1", server.bot_user})
        yield server


async def until(condition: Callable[[], bool]) -> None:
    """Let the others have their turn until something is so that no event tells of."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - sleep(0) waits for nothing but the others' turn
            await asyncio.sleep(0)


async def asleep(clock: WaitingClock, count: int = 1) -> None:
    """Until so many wait for the clock."""
    await until(lambda: clock.sleepers >= count)


async def refused_alert(store: Store, clock: WaitingClock, deliverer: Deliverer, chat: Target) -> None:
    """An alert that the platform asks to send later."""
    await store.subscribe(chat, tuple(TOPICS), clock.now())
    await Newsroom(store, clock).report("Fourteen freed")
    assert await deliverer.deliver_due() == 0


def notice() -> Notice:
    return Notice("disk", "", Sentence("The disk is full."))


# --- Telegram ---------------------------------------------------------------------------------------------------------


async def test_telegram_answers_wait_with_the_alert_and_other_chats_do_not(
    telegram: TelegramServer, still: WaitingClock, store: Store
) -> None:
    held, other = telegram.chats.private(), telegram.chats.group()
    async with telegram_receiving(telegram, clock=still) as bench:
        deliverer = Deliverer(store, {"telegram": bench.platform}, still, titles=TITLES)
        telegram.fail("sendMessage", flood(30))
        await refused_alert(store, still, deliverer, target(held))
        telegram.user_says(held, "/latest")
        telegram.user_says(held, "/status")
        await asleep(still)
        telegram.user_says(other, "/latest")
        await telegram.sent(other)
        still.advance(29)
        await telegram.drained()
        assert telegram.messages(held) == []
        assert len(telegram.of("sendMessage")) == 2, "no call is made in vain either"
        still.advance(1)
        answers = await telegram.sent(held, 2)
        assert [one["text"] for one in answers] == ["you said latest", "you said status"]
        still.advance(5)
        assert await deliverer.deliver_due() == 1


async def test_what_telegram_asks_of_an_answer_holds_for_alerts_and_notices(
    telegram: TelegramServer, still: WaitingClock, store: Store
) -> None:
    chat = telegram.chats.private()
    async with telegram_receiving(telegram, clock=still) as bench:
        platforms = {"telegram": bench.platform}
        deliverer = Deliverer(store, platforms, still, titles=TITLES)
        teller = Teller(store, platforms, [str(target(chat))], "a")
        telegram.fail("sendMessage", flood(40))
        telegram.user_says(chat, "/latest")
        await asleep(still)
        await store.begin_notices([notice()], still.now())
        await refused_alert(store, still, deliverer, target(chat))
        await teller.tell(await store.list_notices(still.now()), still.now())
        await teller.tell_without_database("The database is away.")
        assert telegram.messages(chat) == []
        still.advance(40)
        assert (await telegram.sent(chat))[0]["text"] == "you said latest"
        await teller.tell_without_database("The database is away.")
        await teller.tell_without_database("The database is away.")
        await teller.tell(await store.list_notices(still.now()), still.now())
        still.advance(5)
        assert await deliverer.deliver_due() == 1
    shown = [one["text"] for one in telegram.messages(chat)]
    assert [("away" in text, "disk" in text, "Fourteen" in text) for text in shown[1:]] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]


async def test_a_press_is_answered_by_a_pop_up_where_the_chat_is_held_for_long(
    telegram: TelegramServer, still: WaitingClock, caplog: pytest.LogCaptureFixture
) -> None:
    group = telegram.chats.group()
    async with telegram_receiving(telegram, clock=still) as bench:
        bench.echo.answer = Message((line("pick"),), ((Button("Latest", command="latest"),),))
        telegram.user_says(group, "/help")
        (shown,) = await telegram.sent(group)
        telegram.fail("sendMessage", flood(600))
        telegram.user_says(group, "/status")
        await until(lambda: "could not be shown" in caplog.text)
        bench.echo.answer = plain("short")
        assert (await telegram.pressed(telegram.press(group, shown, "Latest")))["text"] == "short"
        bench.echo.answer = plain("long " * 100)
        told = await telegram.pressed(telegram.press(group, shown, "Latest"))
        assert "for 10 minutes more" in told["text"]
        assert len(telegram.messages(group)) == 1


# --- Slack ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_slack_answers_wait_with_the_alert_acknowledged_at_once(
    slack: SlackServer, still: WaitingClock, store: Store, mode: str
) -> None:
    echo = Echo()
    async with slack_receiving(slack, echo, clock=still, mode=mode) as bot:
        deliverer = Deliverer(store, {"slack": bot}, still, titles=TITLES)
        slack.fail("chat.postMessage", Fault(error="ratelimited", retry_after="20"))
        await refused_alert(store, still, deliverer, Target("slack", "C1"))
        assert (await slack.slash("U1", "C1", "latest")).status == 200
        await asleep(still)
        echo.answer = replace(plain("for you alone"), private=True)
        ack = await slack.slash("U1", "C1", "help")
        assert (ack.status, ack.body) == (200, "")
        await asleep(still, 2)
        echo.answer = None
        await slack.slash("U1", "C2", "latest")
        await slack.posted("C2")
        still.advance(19)
        assert (slack.by_bot("C1"), slack.whispers("C1", "U1")) == ([], [])
        still.advance(1)
        assert (await slack.posted("C1")).shown == "you said latest"
        assert (await slack.whispered("C1", "U1")).shown == "for you alone"
        still.advance(5)
        assert await deliverer.deliver_due() == 1


async def test_what_slack_asks_of_an_answer_holds_for_alerts_and_notices(
    slack: SlackServer, still: WaitingClock, store: Store
) -> None:
    async with slack_receiving(slack, Echo(), clock=still) as bot:
        platforms = {"slack": bot}
        deliverer = Deliverer(store, platforms, still, titles=TITLES)
        teller = Teller(store, platforms, ["slack:U1"], "a")
        slack.fail("chat.postMessage", Fault(error="ratelimited", retry_after="20"))
        await slack.user_says("U1", "DU1", "latest")
        await asleep(still)
        await store.begin_notices([notice()], still.now())
        await refused_alert(store, still, deliverer, Target("slack", "DU1"))
        await teller.tell(await store.list_notices(still.now()), still.now())
        assert slack.by_bot("DU1") == []
        still.advance(20)
        assert (await slack.posted("DU1")).shown == "you said latest"
        await teller.tell(await store.list_notices(still.now()), still.now())
        still.advance(5)
        assert await deliverer.deliver_due() == 1
    assert len(slack.by_bot("DU1")) == 3


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_slack_says_in_the_acknowledgement_that_no_answer_can_come(
    slack: SlackServer, still: WaitingClock, caplog: pytest.LogCaptureFixture, mode: str
) -> None:
    long = LONGEST_WAIT + 1
    async with slack_receiving(slack, Echo(), clock=still, mode=mode) as bot:
        slack.fail("chat.postMessage", Fault(error="ratelimited", retry_after=f"{long:g}"))
        await slack.slash("U1", "C1", "latest")
        await until(lambda: "could not be shown in Slack" in caplog.text)
        ack = await slack.slash("U1", "C1", "latest")
        assert ack.status == 200
        assert "for 2 minutes more, so the answer is lost" in ack.body
        assert (await slack.slash("U1", "C2", "latest")).body == ""
        await slack.posted("C2")
        assert (slack.by_bot("C1"), slack.whispers("C1", "U1")) == ([], [])
        still.advance(long)
        assert (await slack.slash("U1", "C1", "latest")).body == ""
        await slack.posted("C1")
        assert bot.name == "slack"
