"""What belongs to one chat or one topic of a forum stays there, and goes with /forget, through the real aiogram."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from bot.command import load_commands
from bot.delivery import Deliverer
from bot.dispatch import Dispatcher
from storage.database import Database
from storage.schema import metadata
from storage.store import Store
from tests.contract.store_steps import counts
from tests.contract.test_store_watchlists import PERSON
from tests.fake_chat import TITLES, Newsroom
from tests.fake_clock import FakeClock
from tests.telegram_bot import Bench, receiving, target
from tests.telegram_server import TelegramServer

KEPT_WITHOUT_CHATS = {
    "feeds",
    "identities",
    "entries",
    "stories",
    "story_topics",
    "members",
    "updates",
    "feedback",
    "platform_limits",
}


@pytest.fixture
async def bench(server: TelegramServer, store: Store, clock: FakeClock) -> AsyncIterator[Bench]:
    async with receiving(server) as started:
        started.echo.answer = Dispatcher(load_commands(), store, TITLES, clock)
        yield started


async def test_topics_of_one_forum_get_each_their_own_alerts(
    server: TelegramServer, bench: Bench, store: Store, clock: FakeClock
) -> None:
    forum = server.chats.group(forum=True, admins=(501,))
    prisoners, sanctions = server.chats.topic(forum, "Prisoners"), server.chats.topic(forum, "Sanctions")
    server.user_says(forum, "/subscribe@minskwatchbot prisoner-release", thread=prisoners)
    server.user_says(forum, "/subscribe@minskwatchbot sanctions", thread=sanctions)
    await server.drained()
    answered = len(server.messages(forum))
    news = Newsroom(store, clock)
    await news.report("Fourteen freed")
    await news.report("Potash traded again", topic="sanctions")
    deliverer = Deliverer(store, {"telegram": bench.platform}, clock, titles=TITLES)
    for _ in range(3):
        await deliverer.deliver_due()
        clock.advance(60)
    shown = server.messages(forum)[answered:]
    placed = sorted((one["message_thread_id"], "Potash" in one["text"]) for one in shown)
    assert placed == [(prisoners, False), (sanctions, True)]


async def test_forget_leaves_no_row_of_the_chat(
    server: TelegramServer, bench: Bench, store: Store, clock: FakeClock, database_url: str
) -> None:
    chat = server.chats.private(987654321)
    here = target(chat)
    server.user_says(chat, "/subscribe")
    server.user_says(chat, "/mute term potash")
    await server.drained()
    await store.watch(here, [PERSON], clock.now())
    news = Newsroom(store, clock)
    await news.report("Fourteen freed")
    await Deliverer(store, {"telegram": bench.platform}, clock, titles=TITLES).deliver_due()
    server.user_reacts(chat, server.messages(chat)[-1], "👍")
    await news.report("Another one waits")
    await server.drained()
    before = await counts(database_url)
    assert {"targets", "subscriptions", "subscription_topics", "watches", "outbox", "audit", "feedback"} <= set(before)
    server.user_says(chat, "/forget")
    await server.drained()
    assert set(await counts(database_url)) <= KEPT_WITHOUT_CHATS
    database = Database(database_url, busy_timeout=5)
    await database.open()
    async with database.read() as connection:
        for table in metadata.sorted_tables:
            rows = (await connection.execute(select(table))).all()
            assert "987654321" not in repr(rows), table.name
    await database.close()
