"""LISTEN and NOTIFY wake other processes; what is not heard is found all the same."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from app.parts import make_parts
from app.rounds import Rounds
from core.model import Target
from core.settings import Settings, StorageSettings
from storage.database import Database
from storage.hints import Pauses, follow
from storage.store import Store
from tests.fake_chat import TOPICS, Newsroom
from tests.fake_clock import FakeClock
from tests.pgbouncer import find_pgbouncer, running_pgbouncer

LONG = 60.0
QUICK = Pauses(lost=0.05, deaf=0.05, trial=LONG, between=LONG)


class Bell:
    """Counts how often it was rung."""

    def __init__(self) -> None:
        self.rung = 0
        self._ring = asyncio.Event()

    def __call__(self) -> None:
        self.rung += 1
        self._ring.set()

    async def rings(self) -> None:
        async with asyncio.timeout(LONG):
            await self._ring.wait()
        self._ring.clear()


@asynccontextmanager
async def following(url: str, bell: Bell, pauses: Pauses = QUICK) -> AsyncIterator[None]:
    """Another process of the same database, as far as it listens."""
    database = Database(url, busy_timeout=10)
    await database.open()
    task = asyncio.create_task(follow(database, bell, pauses))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await database.close()


@pytest.fixture
async def newsroom(postgres_url: str, clock: FakeClock) -> AsyncIterator[Newsroom]:
    store = Store(postgres_url, clock=clock)
    await store.open()
    await store.sync_subscriptions({Target("telegram", "1"): tuple(TOPICS)}, clock.now())
    yield Newsroom(store, clock)
    await store.close()


async def test_what_one_process_queues_wakes_another(postgres_url: str, newsroom: Newsroom) -> None:
    bell = Bell()
    async with following(postgres_url, bell):
        await bell.rings()  # it listens
        await newsroom.report("Fourteen prisoners freed in Belarus")
        await bell.rings()


async def test_a_lost_connection_is_made_anew(postgres_url: str, newsroom: Newsroom) -> None:
    bell = Bell()
    async with following(postgres_url, bell):
        await bell.rings()
        connection = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE 'LISTEN%' AND datname = current_database() AND pid <> pg_backend_pid()"
        )
        await connection.close()
        await bell.rings()  # it listens again, and looks at what it may have missed
        await newsroom.report("Fourteen prisoners freed in Belarus")
        await bell.rings()


async def test_sqlite_has_nobody_to_listen_to(sqlite_url: str) -> None:
    bell, database = Bell(), Database(sqlite_url, busy_timeout=10)
    async with asyncio.timeout(LONG):
        await follow(database, bell)
    assert not bell.rung


@pytest.mark.skipif(find_pgbouncer() is None, reason="pgbouncer is not installed")
async def test_behind_a_pooler_that_swallows_notifications_it_is_said_once(
    postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    bell = Bell()
    with running_pgbouncer(postgres_url) as url:
        async with following(url, bell, Pauses(lost=0.05, deaf=0.05, trial=0.2, between=0.2)):
            for _ in range(3):
                await bell.rings()
    said = [record for record in caplog.records if "notifications do not come through" in record.getMessage()]
    assert len(said) == 1


async def test_a_round_is_hastened() -> None:
    bell, rounds = Bell(), Rounds()

    async def job() -> None:
        bell()

    hasten = rounds.every(86_400, job)
    hasten()  # before the start it does nothing
    rounds.start()
    hasten()
    await bell.rings()
    rounds.stop()
    hasten()  # nor after the end
    assert bell.rung == 1


async def test_listening_can_be_switched_off(postgres_url: str, newsroom: Newsroom) -> None:
    bell = Bell()
    settings = Settings(storage=StorageSettings(url=postgres_url, listen=False))
    parts = make_parts(settings, chats=False)
    await parts.store.open()
    async with asyncio.timeout(LONG):
        await parts.store.follow_outbox(bell)
    await parts.close()
    assert bell.rung == 0, "whoever listens is rung once at the start"
