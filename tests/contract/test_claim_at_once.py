"""On PostgreSQL feeds are claimed by one statement past SQLAlchemy: few round trips, and nothing left behind."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from core.errors import StoreError
from storage import claims
from storage.store import Store
from tests.contract.store_steps import LEASE, UNTIL_SOMEBODY_WAITS, spec
from tests.fake_clock import FakeClock
from tests.patience import PATIENCE

LOCK = "SELECT pg_advisory_xact_lock(19799, 2)"  # "MW", and Lock.FEEDS


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """The store of these tests is on PostgreSQL alone."""
    return postgres_url


async def test_a_claim_that_fails_or_is_cancelled_leaves_no_lease_and_no_lock(
    store: Store, other: asyncpg.Connection, clock: FakeClock
) -> None:
    await store.sync_feeds([spec(number) for number in range(3)], clock.now())
    async with asyncio.timeout(PATIENCE):
        async with other.transaction():
            await other.execute(LOCK)
            claiming = asyncio.create_task(store.claim_due_feeds(clock.now(), limit=9))
            await other.execute(UNTIL_SOMEBODY_WAITS)
            claiming.cancel()
            with pytest.raises(asyncio.CancelledError):
                await claiming
        await other.execute("ALTER TABLE feeds ADD CONSTRAINT refused CHECK (lease_until IS NULL)")
        with pytest.raises(StoreError, match="refused"):
            await store.claim_due_feeds(clock.now(), limit=9)
        await other.execute("ALTER TABLE feeds DROP CONSTRAINT refused")
        assert len(await store.claim_due_feeds(clock.now(), limit=9)) == 3
        async with other.transaction():
            await other.execute(LOCK)


async def test_a_claim_takes_one_statement(store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.sync_feeds([spec(number) for number in range(50)], clock.now())
    asked: list[str] = []
    for name in ("execute", "fetch"):
        original = getattr(asyncpg.Connection, name)

        def counted(connection: Any, sql: str, *values: Any, _original: Any = original) -> Any:
            asked.append(sql.split()[0])
            return _original(connection, sql, *values)

        monkeypatch.setattr(asyncpg.Connection, name, counted)
    assert len(await store.claim_due_feeds(clock.now(), limit=20)) == 20
    assert asked == ["SELECT"]
    assert len(await store.claim_due_feeds(clock.now(), limit=40)) == 30
    assert asked[1:] == ["SELECT"]


async def test_a_claim_of_very_many_is_made_in_parts(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "_MOST_IN_CALL", 4)
    await store.sync_feeds([spec(number) for number in range(11)], clock.now())
    first = await store.claim_due_feeds(clock.now(), limit=10)
    rest = await store.claim_due_feeds(clock.now(), limit=10)
    assert (len(first), len(rest)) == (10, 1)
    assert len({feed.id for feed in (*first, *rest)}) == 11


async def test_a_claim_sees_what_the_holder_of_the_lock_took_meanwhile(
    store: Store, other: asyncpg.Connection, clock: FakeClock
) -> None:
    """The cap of a host would be broken by a look at the leases from before the lock was got."""
    await store.sync_feeds([spec(1, "one"), spec(2, "one")], clock.now())
    async with asyncio.timeout(PATIENCE):
        async with other.transaction():
            await other.execute(LOCK)
            claiming = asyncio.create_task(store.claim_due_feeds(clock.now(), limit=9))
            await other.execute(UNTIL_SOMEBODY_WAITS)
            await other.execute("UPDATE feeds SET lease_until = $1 WHERE id = 2", clock.now() + LEASE)
        assert await claiming == ()


@pytest.mark.parametrize("per_host", [1, 2])
async def test_feeds_whose_rows_are_held_stand_in_nobodys_way(
    store: Store, other: asyncpg.Connection, clock: FakeClock, per_host: int
) -> None:
    """As by a process that was stopped while it wrote polls whose leases have ended since."""
    await store.sync_feeds([spec(number) for number in range(30)], clock.now())
    polled = await store.claim_due_feeds(clock.now(), limit=29)
    clock.advance(LEASE.total_seconds() + 1)
    async with asyncio.timeout(PATIENCE), other.transaction():
        await other.execute("SELECT FROM feeds WHERE id = ANY ($1) FOR NO KEY UPDATE", [feed.id for feed in polled])
        (last,) = await store.claim_due_feeds(clock.now(), limit=1, per_host=per_host)
    assert last.id not in {feed.id for feed in polled}
    assert len(await store.claim_due_feeds(clock.now(), limit=30, per_host=per_host)) == 29
