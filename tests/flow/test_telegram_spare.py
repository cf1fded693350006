"""A spare bot takes over from one whose token Telegram refuses, through the real aiogram."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest

from app.attention import Attention
from app.configured import semantic_faults
from app.telling import Teller
from bot.command import load_commands
from bot.delivery import Deliverer
from bot.dispatch import Dispatcher
from core.config import secrets, show_settings
from core.errors import BadCredentials, MessageMissing
from core.message import plain
from core.replicas import Replica
from core.settings import Settings, TelegramSettings
from storage.schema import REVISION
from storage.store import Store
from tests.fake_chat import TITLES, FakeChat, Newsroom
from tests.fake_clock import FakeClock
from tests.fake_notices import FakeNotices
from tests.fakes import Events
from tests.telegram_bot import SECRET, make, opened, receiving, settings, target
from tests.telegram_chats import BOT_ID, Refusal
from tests.telegram_server import TelegramServer
from tests.telegram_wire import Fault, refuse

SPARE_ID = 7000000002
SPARE = f"{SPARE_ID}:AAE-spare-token_0123456789abcdefghijk"
NAME = "minskwatch2bot"
NOT_BEGUN = Refusal(403, "Forbidden: bot can't initiate conversation with a user")


@pytest.fixture
def spare(server: TelegramServer) -> TelegramServer:
    return server.also(TelegramServer(SPARE, NAME))


async def test_a_spare_receives_when_the_token_is_revoked(
    server: TelegramServer, spare: TelegramServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    events = Events()
    async with receiving(server, spare_tokens=(SPARE,), observe=events) as bench:
        server.user_says(server.chats.private(), "/latest")
        await server.drained()
        server.revoke()
        chat = spare.chats.private()
        spare.user_says(chat, "/status")
        (answer,) = await spare.sent(chat)
        assert answer["text"] == "you said status"
        await spare.until(lambda: bool(spare.of("setMyCommands")))  # its menu is shown too
        assert [request.line for request in bench.echo.requests] == ["latest", "status"]
    (told,) = events.named("token_replaced")
    assert f"https://t.me/{NAME}" in told["reason"]
    for token in (server.token, SPARE):
        assert token.partition(":")[2] not in caplog.text + str(events.seen)


async def test_updates_of_two_bots_may_have_the_same_number(server: TelegramServer, spare: TelegramServer) -> None:
    async with receiving(server, spare_tokens=(SPARE,)) as bench:
        server.user_says(server.chats.private(), "/one")
        await server.drained()
        server.revoke()
        spare.user_says(spare.chats.private(), "/two")  # its number is that of /one
        await spare.drained()
        assert [request.line for request in bench.echo.requests] == ["one", "two"]


async def test_an_alert_of_the_old_bot_is_shown_anew_by_the_spare(
    server: TelegramServer, spare: TelegramServer, store: Store, clock: FakeClock
) -> None:
    """The numbers of messages in private chats are each bot's own: the wrong message must not be changed."""
    old, new = server.chats.private(), spare.chats.private()
    events, news = Events(), Newsroom(store, clock)
    await store.subscribe(target(old), ["prisoner-release"], clock.now())
    async with opened(server, spare_tokens=(SPARE,)) as bench:
        deliverer = Deliverer(store, {"telegram": bench.platform}, clock, observe=events, titles=TITLES)
        story = await news.report("Fourteen freed")
        await deliverer.deliver_due()
        assert len(server.messages(old)) == 1
        server.revoke()
        await bench.platform.send(target(old), plain("something else"))  # as number 1 of the new bot
        await news.report("Fourteen freed", story=story)
        clock.advance(5)
        await deliverer.deliver_due()
        first, second = spare.messages(new)
        assert first["text"] == "something else"
        assert "2 sources" in second["text"]
        assert events.named("credentials_refused") == []


async def test_who_has_not_pressed_start_is_paused_until_then(
    server: TelegramServer, spare: TelegramServer, store: Store, clock: FakeClock
) -> None:
    old, new, events = server.chats.private(), spare.chats.private(), Events()
    new.refusal = NOT_BEGUN
    news = Newsroom(store, clock)
    await store.subscribe(target(old), ["prisoner-release"], clock.now())
    async with receiving(server, spare_tokens=(SPARE,)) as bench:
        bench.echo.answer = Dispatcher(load_commands(), store, TITLES, clock)
        deliverer = Deliverer(store, {"telegram": bench.platform}, clock, observe=events, titles=TITLES)
        server.revoke()
        await news.report("Fourteen freed")
        await deliverer.deliver_due()
        mine = await store.find_subscription(target(old))
        assert mine is not None
        assert "can't initiate conversation" in mine.paused_reason
        assert len(events.named("chat_gone")) == 1
        new.refusal = None
        spare.user_says(new, "/start")
        (hello,) = await spare.sent(new)
        assert "Alerts had been paused" in hello["text"]
        assert "Prisoner releases" in hello["text"]
        clock.advance(5)
        await news.report("Nine more leave Minsk")
        await deliverer.deliver_due()
        assert "Nine more leave Minsk" in spare.messages(new)[-1]["text"]


async def test_a_spare_opens_when_the_first_token_is_refused_at_the_start(
    server: TelegramServer, spare: TelegramServer
) -> None:
    server.revoke()
    events = Events()
    bench = make(settings(server, spare_tokens=(SPARE,)), observe=events)
    assert await bench.platform.open() == f"@{NAME}"
    (told,) = events.named("token_replaced")
    assert "telegram.token" in told["reason"]
    await bench.stop()


async def test_when_all_are_refused_nothing_takes_over(server: TelegramServer, spare: TelegramServer) -> None:
    chat = server.chats.private()
    async with opened(server, spare_tokens=(SPARE,)) as bench:
        server.revoke()
        spare.revoke()
        with pytest.raises(BadCredentials):
            await bench.platform.send(target(chat), plain("alert"))
    bench = make(settings(server, spare_tokens=(SPARE,)))
    with pytest.raises(BadCredentials):
        await bench.platform.open()


async def test_a_refusal_that_telegram_does_not_confirm_replaces_nobody(
    server: TelegramServer, spare: TelegramServer
) -> None:
    """A 401 or 404 of one call may have other causes, a server of one's own that lacks the method for one."""
    events, chat = Events(), server.chats.private()
    bench = make(settings(server, spare_tokens=(SPARE,)), observe=events)
    await bench.platform.open()
    server.fail("sendMessage", refuse(404, "Not Found: method not found"))
    with pytest.raises(BadCredentials):
        await bench.platform.send(target(chat), plain("alert"))
    server.fail("sendMessage", refuse(401, "Unauthorized"))
    server.fail("getMe", Fault(page=(502, b"<html>")))
    with pytest.raises(BadCredentials):
        await bench.platform.send(target(chat), plain("alert"))
    assert await bench.platform.send(target(chat), plain("alert")) == f"{BOT_ID}:1"
    assert events.seen == []
    await bench.stop()


async def test_many_that_fail_at_once_change_the_bot_once(server: TelegramServer, spare: TelegramServer) -> None:
    events = Events()
    chats = [server.chats.private(number) for number in range(1, 9)]
    for chat in chats:
        spare.chats.private(chat.id)
    bench = make(settings(server, spare_tokens=(SPARE,)), observe=events)
    await bench.platform.open()
    server.revoke()
    sent = await asyncio.gather(*(bench.platform.send(target(chat), plain("alert")) for chat in chats))
    assert sent == [f"{SPARE_ID}:1"] * len(chats)
    assert len(events.named("token_replaced")) == 1
    with pytest.raises(MessageMissing):
        await bench.platform.edit(target(chats[0]), f"{BOT_ID}:1", plain("changed"))
    await bench.stop()


async def test_a_spare_sets_its_own_webhook(server: TelegramServer, spare: TelegramServer) -> None:
    url = "http://127.0.0.1:9/x"
    async with receiving(
        server, spare_tokens=(SPARE,), mode="webhook", webhook_url=url, webhook_secret=SECRET
    ) as bench:
        await server.until(lambda: bool(server.webhook))
        server.revoke()
        chat = server.chats.private()
        spare.chats.private()
        await bench.platform.send(target(chat), plain("alert"))
        await spare.until(lambda: bool(spare.webhook))
        assert spare.webhook["url"] == url


async def test_check_tells_of_each_token(server: TelegramServer, spare: TelegramServer) -> None:
    third = "7000000003:AAE-unknown_0123456789abcdefghijklmno"
    async with opened(server, spare_tokens=(SPARE, third)) as bench:
        states = await bench.platform.check_tokens()
    assert [(one.name, one.accepted) for one in states] == [
        ("telegram.token", True),
        ("telegram.spare_tokens[0]", True),
        ("telegram.spare_tokens[1]", False),
    ]
    assert states[1].detail == f"@{NAME}"
    assert third.partition(":")[2] not in states[2].detail
    async with opened(server) as bench:
        assert await bench.platform.check_tokens() == []


async def test_operators_are_told_once(clock: FakeClock) -> None:
    chat = FakeChat(clock)
    me = Replica("host:1:ab", "1.0.0", REVISION, (), clock.now())
    store = FakeNotices()
    attention = Attention(clock, store, Teller(store, {"telegram": chat}, ["telegram:1"], me.owner), None, me)
    for _ in range(2):
        attention("token_replaced", platform="telegram", reason="the spare bot @b has taken over")
    await attention.look()
    clock.advance(timedelta(hours=1).total_seconds())
    await attention.look()
    assert ["the spare bot @b has taken over" in call.message.text for call in chat.calls] == [True]


def test_spare_tokens_are_secret_and_checked() -> None:
    configured = Settings(telegram=TelegramSettings(token="1:a", spare_tokens=("2:bbbb", "3:cccc")))
    assert {"2:bbbb", "3:cccc"} <= set(secrets(configured))
    assert "bbbb" not in str(list(show_settings(configured)))
    assert semantic_faults(configured, complete=True) == []
    for wrong in (TelegramSettings(spare_tokens=("2:b",)), TelegramSettings(token="1:a", spare_tokens=("1:a",))):
        assert [fault for fault in semantic_faults(Settings(telegram=wrong), complete=False) if "spare_tokens" in fault]
