"""Whoever changes several feeds on PostgreSQL takes their rows in one order, so that no two wait for one another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from core.model import Feed
from storage.store import Store
from tests.contract.store_steps import UNTIL_SOMEBODY_WAITS, ended, recorded, spec
from tests.fake_clock import FakeClock
from tests.patience import PATIENCE


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """The store of these tests is on PostgreSQL alone."""
    return postgres_url


async def polled_feeds(store: Store, other: asyncpg.Connection, clock: FakeClock) -> tuple[Feed, ...]:
    """Three feeds that may be polled sooner; the row of the first stands last in its table."""
    await store.sync_feeds([spec(number) for number in range(3)], clock.now())
    feeds = await store.claim_due_feeds(clock.now(), limit=3)
    for feed in feeds:
        record = ended(feed, clock.now(), after=timedelta(hours=1))
        sooner = replace(record.state, earliest_poll_at=clock.now() + timedelta(minutes=10))
        await recorded(store, feed, replace(record, state=sooner))
    while await other.fetchval("SELECT id FROM feeds ORDER BY ctid DESC LIMIT 1") != feeds[0].id:
        await other.execute("UPDATE feeds SET hits_total = hits_total WHERE id = $1", feeds[0].id)  # moves its row
    return feeds


@pytest.mark.parametrize("who", ["hasten", "record", "sync"])
async def test_rows_of_feeds_are_taken_in_the_order_of_their_ids(
    store: Store, other: asyncpg.Connection, clock: FakeClock, who: str
) -> None:
    first, second, third = await polled_feeds(store, other, clock)
    work: dict[str, Callable[[], Awaitable[object]]] = {
        "hasten": lambda: store.hasten_feeds(clock.now()),
        "record": lambda: store.record_polls([(feed, ended(feed, clock.now())) for feed in (third, second, first)]),
        "sync": lambda: store.sync_feeds([], clock.now()),
    }
    async with asyncio.timeout(PATIENCE), other.transaction():
        await other.execute("SELECT FROM feeds WHERE id = $1 FOR UPDATE", second.id)
        working = asyncio.ensure_future(work[who]())
        await other.execute(UNTIL_SOMEBODY_WAITS)
        with pytest.raises(asyncpg.LockNotAvailableError):  # the first is held, and the second waited for
            async with other.transaction():
                await other.execute("SELECT FROM feeds WHERE id = $1 FOR UPDATE NOWAIT", first.id)
        async with other.transaction():
            await other.execute("SELECT FROM feeds WHERE id = $1 FOR UPDATE NOWAIT", third.id)
    await working
