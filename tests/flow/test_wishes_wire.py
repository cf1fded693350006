"""Digests, replies and discretion over the wire: real aiogram and slack-bolt against the local servers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.delivery import Deliverer
from core.model import Target
from core.options import Mode, Options
from storage.store import Store
from tests.fake_chat import TITLES, Newsroom
from tests.fake_clock import FakeClock
from tests.slack_bot import opened as slack_opened
from tests.slack_server import SlackServer
from tests.telegram_bot import Bench, opened, target
from tests.telegram_server import TelegramServer

HERE = Target("slack", "C1")
TOPIC_WORDS = ("prison", "freed", "releas", "belarus", "sanction", "diplomacy", "example", "wire 1")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """SQLite alone: what differs between the databases is tried elsewhere."""
    return sqlite_url


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


@pytest.fixture
async def bench(telegram: TelegramServer) -> AsyncIterator[Bench]:
    async with opened(telegram) as started:
        yield started


async def test_telegram_shows_a_digest_then_an_alert_that_lives(
    telegram: TelegramServer, bench: Bench, store: Store, clock: FakeClock
) -> None:
    chat = telegram.chats.private()
    news, here = Newsroom(store, clock), target(chat)
    deliverer = Deliverer(store, {"telegram": bench.platform}, clock, titles=TITLES)
    await store.subscribe(here, ["prisoner-release"], clock.now())
    await store.set_options(here, Options(Mode.HOURLY), clock.now())
    await news.report("one <b>")
    await news.report("two & three")
    await deliverer.deliver_due()
    assert telegram.messages(chat) == []
    clock.advance(3600)
    await deliverer.deliver_due()
    (shown,) = telegram.messages(chat)
    assert shown["text"].startswith("2 stories\n• #1 one <b> (English)\n")
    assert [key["callback_data"] for row in shown["reply_markup"]["inline_keyboard"] for key in row] == [
        "story 1",
        "story 2",
    ]

    await store.set_options(here, Options(), clock.now())
    story = await news.report("three")
    await deliverer.deliver_due()
    alert = telegram.messages(chat)[-1]
    await news.report("three, says the state", story=story, owner="state media")
    await deliverer.deliver_due()
    reply = telegram.messages(chat)[-1]
    assert reply["reply_to_message"]["message_id"] == alert["message_id"]
    assert "First official confirmation: Wire 4" in reply["text"]
    assert "2 sources" in chat.messages[alert["message_id"]]["text"]


async def test_slack_replies_in_the_thread_and_in_the_channel(store: Store, clock: FakeClock) -> None:
    async with SlackServer() as server:
        server.add_channel("C1", {"U1", server.bot_user})
        async with slack_opened(server) as bot:
            here, news = HERE, Newsroom(store, clock)
            deliverer = Deliverer(store, {"slack": bot}, clock, titles=TITLES)
            await store.subscribe(here, ["prisoner-release"], clock.now())
            story = await news.report("freed")
            await deliverer.deliver_due()
            await news.report("freed, says the state", story=story, owner="state media")
            clock.advance(2)
            await deliverer.deliver_due()
            alert, reply = server.by_bot("C1")
            assert (reply.thread_ts, alert.edited) == (alert.ts, 1)
            assert reply.fields["reply_broadcast"] in (True, "true", "1", 1)
            await store.set_options(here, Options(Mode.HOURLY), clock.now())
            await news.report("one")
            await news.report("two")
            clock.advance(3600)
            await deliverer.deliver_due()
            assert "2 stories" in server.by_bot("C1")[-1].shown


async def test_no_word_of_the_topic_leaves_for_a_discreet_chat(
    telegram: TelegramServer, bench: Bench, store: Store, clock: FakeClock
) -> None:
    async with SlackServer() as server:
        server.add_channel("C1", {"U1", server.bot_user})
        async with slack_opened(server) as bot:
            chat = telegram.chats.private()
            news = Newsroom(store, clock)
            deliverer = Deliverer(store, {"telegram": bench.platform, "slack": bot}, clock, titles=TITLES)
            for here in (target(chat), HERE):
                await store.subscribe(here, ["prisoner-release"], clock.now())
                await store.set_options(here, Options(discreet=True), clock.now())
            story = await news.report("Prisoners freed in Belarus")
            await deliverer.deliver_due()
            await news.report("Sanctions lifted after release", story=story, owner="state media")
            clock.advance(2)
            await deliverer.deliver_due()
            for number in range(6):
                await news.report(f"Belarus frees prisoner {number}")
            clock.advance(timedelta(minutes=1).total_seconds())
            await deliverer.deliver_due()
            kept = [json.dumps(one, ensure_ascii=False) for one in telegram.messages(chat)]
            kept += [repr(one) for one in server.by_bot("C1")]
            assert len(kept) == 6
            for one in kept:
                assert not [word for word in TOPIC_WORDS if word in one.casefold()], one
