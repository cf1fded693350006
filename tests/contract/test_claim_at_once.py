"""On PostgreSQL feeds are claimed in one transaction past SQLAlchemy: few round trips, and nothing left behind."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from core.errors import StoreError
from storage.store import Store
from tests.contract.store_steps import UNTIL_SOMEBODY_WAITS, spec
from tests.fake_clock import FakeClock
from tests.patience import PATIENCE

LOCK = "SELECT pg_advisory_xact_lock(19799, 2)"  # "MW", and Lock.FEEDS


async def test_a_claim_that_fails_or_is_cancelled_leaves_no_lease_and_no_lock(
    postgres_url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(postgres_url, clock=clock)
    await store.open()
    other = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
    await store.sync_feeds([spec(number) for number in range(3)], clock.now())
    async with asyncio.timeout(PATIENCE):
        async with other.transaction():
            await other.execute(LOCK)
            claiming = asyncio.create_task(store.claim_due_feeds(clock.now(), limit=9))
            await other.execute(UNTIL_SOMEBODY_WAITS)
            claiming.cancel()
            with pytest.raises(asyncio.CancelledError):
                await claiming
        fetch = asyncpg.Connection.fetch

        async def fail(connection: asyncpg.Connection, sql: str, *values: Any) -> Any:
            await fetch(connection, sql, *values)
            return await fetch(connection, "SELECT nonsense")

        with monkeypatch.context() as patch:
            patch.setattr(asyncpg.Connection, "fetch", fail)
            with pytest.raises(StoreError, match="nonsense"):
                await store.claim_due_feeds(clock.now(), limit=9)
        assert len(await store.claim_due_feeds(clock.now(), limit=9)) == 3
        async with other.transaction():
            await other.execute(LOCK)
    await other.close()
    await store.close()


async def test_a_claim_takes_one_statement_when_hosts_are_many(
    postgres_url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(postgres_url, clock=clock)
    await store.open()
    await store.sync_feeds([spec(number) for number in range(50)], clock.now())
    asked: list[str] = []
    for name in ("execute", "fetch"):
        original = getattr(asyncpg.Connection, name)

        def counted(connection: Any, sql: str, *values: Any, _original: Any = original) -> Any:
            asked.append(sql.split()[0])
            return _original(connection, sql, *values)

        monkeypatch.setattr(asyncpg.Connection, name, counted)
    assert len(await store.claim_due_feeds(clock.now(), limit=20)) == 20
    assert asked == ["BEGIN;", "WITH", "COMMIT"]
    assert len(await store.claim_due_feeds(clock.now(), limit=40)) == 30
    assert asked[3:] == ["BEGIN;", "WITH", "COMMIT"]  # all that were due were seen
    await store.close()
