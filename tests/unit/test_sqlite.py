"""Transactions of SQLite with few steps into its thread."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import text

from core.errors import StoreError
from storage.database import Database
from storage.dialect import in_step
from storage.sqlite import QuickConnection, insert_rows
from storage.store import Store
from tests.contract.store_steps import ended, entry, new, spec
from tests.fake_clock import FakeClock


class Steps:
    """Counts the steps that connections take into their threads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken = 0
        run = QuickConnection.run

        async def counted(connection: QuickConnection, work: Callable[[], Any]) -> Any:
            self.taken += 1
            return await run(connection, work)

        monkeypatch.setattr(QuickConnection, "run", counted)


async def opened(folder: Path, busy_timeout: float = 5) -> Database:
    database = Database(f"sqlite+aiosqlite:///{folder}/test.db", busy_timeout=busy_timeout)
    await database.open()
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE IF NOT EXISTS t (a INTEGER)"))
    return database


async def count(database: Database) -> Any:
    async with database.read() as connection:
        return (await connection.execute(text("SELECT count(*) FROM t"))).scalar_one()


async def test_a_transaction_takes_a_step_a_statement_and_one_to_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await opened(tmp_path)
    steps = Steps(monkeypatch)
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO t VALUES (1)"))
        await connection.execute(text("INSERT INTO t VALUES (2)"))
    assert steps.taken == 3
    async with database.write():
        pass
    assert steps.taken == 3
    assert await count(database) == 2
    await database.close()


async def test_nobody_waits_for_the_end_of_a_transaction_that_only_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await opened(tmp_path)
    steps = Steps(monkeypatch)
    assert await count(database) == 0
    assert steps.taken == 1
    async with database.write() as connection:  # on the same connection, whose reading is over by then
        await connection.execute(text("INSERT INTO t VALUES (1)"))
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM t"))).scalar_one() == 1
        driver: Any = (await connection.get_raw_connection()).driver_connection
    await in_the_thread(driver)
    assert not driver.in_transaction

    async def fail() -> None:
        async with database.read() as connection:
            await connection.execute(text("SELECT count(*) FROM t"))
            await connection.execute(text("SELECT count(*) FROM nonsense"))

    with pytest.raises(StoreError, match="tables are missing"):
        await fail()
    assert not driver.in_transaction
    assert await count(database) == 1
    await database.close()


async def in_the_thread(driver: Any) -> None:
    """Wait until the connection's thread has done all that was asked."""
    await driver.run(lambda: None)


async def test_a_transaction_known_beforehand_takes_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = await opened(tmp_path)
    steps = Steps(monkeypatch)

    def insert(connection: sqlite3.Connection) -> int:
        connection.execute("INSERT INTO t VALUES (1)")
        return connection.execute("INSERT INTO t VALUES (2)").rowcount

    def fail(connection: sqlite3.Connection) -> int:
        connection.execute("INSERT INTO t VALUES (3)")
        return connection.execute("INSERT INTO nonsense VALUES (1)").rowcount

    assert await database.transact(lambda _: insert) == 1
    assert steps.taken == 1
    with pytest.raises(StoreError, match="tables are missing"):
        await database.transact(lambda _: fail)
    assert await count(database) == 2
    other = sqlite3.connect(tmp_path / "test.db", timeout=0, isolation_level=None)
    other.execute("INSERT INTO t VALUES (4)")  # no lock is left
    other.close()
    await database.close()


async def test_several_statements_of_a_transaction_take_one_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await opened(tmp_path)
    steps = Steps(monkeypatch)

    async def write(*statements: str) -> None:
        async with database.write() as connection:
            await in_step(connection, lambda file: [file.execute(statement) for statement in statements])
            await in_step(connection, lambda file: file.execute("INSERT INTO t VALUES (3)").rowcount)

    await write("INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)")
    assert steps.taken == 3
    with pytest.raises(StoreError, match="tables are missing"):
        await write("INSERT INTO t VALUES (1)", "INSERT INTO nonsense VALUES (1)")
    assert await count(database) == 3
    await database.close()


async def test_polls_with_new_entries_are_looked_up_in_one_step_and_recorded_in_one(
    sqlite_url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(sqlite_url, clock=clock)
    await store.open()
    await store.sync_feeds([spec(number) for number in range(4)], clock.now())
    feeds = await store.claim_due_feeds(clock.now(), limit=4)
    brought = {feed.id: [new(entry(number)) for number in range(70)] for feed in feeds[:3]}
    steps = Steps(monkeypatch)
    known = await store.find_known_all({feed_id: [one.entry for one in found] for feed_id, found in brought.items()})
    assert (steps.taken, set(known.values())) == (1, {frozenset()})
    written = await store.record_polls([(feed, ended(feed, clock.now())) for feed in feeds], brought)
    assert (steps.taken, [written[feed.id] for feed in feeds]) == (2, [70, 70, 70, 0])
    await store.close()


async def test_what_fails_is_rolled_back_and_the_connection_used_again(tmp_path: Path) -> None:
    database = await opened(tmp_path)

    async def fail() -> None:
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO t VALUES (1)"))
            await connection.execute(text("INSERT INTO nonsense VALUES (1)"))

    with pytest.raises(StoreError, match="tables are missing"):
        await fail()
    assert await count(database) == 0
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO t VALUES (1)"))
    assert await count(database) == 1
    await database.close()


async def test_a_transaction_holds_the_lock_from_its_first_statement(tmp_path: Path) -> None:
    """Even if that only reads: else it could find the database locked half way."""
    database = await opened(tmp_path)
    other = sqlite3.connect(tmp_path / "test.db", timeout=0, isolation_level=None)
    async with database.write() as connection:
        await connection.execute(text("SELECT * FROM t"))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("INSERT INTO t VALUES (1)")
    other.execute("INSERT INTO t VALUES (1)")
    other.close()
    await database.close()


async def test_a_lock_that_is_not_had_fails_the_first_statement_and_no_later_transaction(tmp_path: Path) -> None:
    database = await opened(tmp_path, busy_timeout=0.05)
    other = sqlite3.connect(tmp_path / "test.db", timeout=0, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="holds its lock"):
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO t VALUES (1)"))
    with pytest.raises(StoreError, match="holds its lock"):
        await database.transact(lambda _: lambda connection: connection.execute("INSERT INTO t VALUES (1)").rowcount)
    other.execute("ROLLBACK")
    other.close()
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO t VALUES (1)"))
    assert await count(database) == 1
    await database.close()


async def test_a_statement_that_nobody_waits_for_any_more_is_rolled_back_too(tmp_path: Path) -> None:
    database = await opened(tmp_path)
    begun, go_on = asyncio.Event(), Event()
    loop = asyncio.get_running_loop()

    def wait() -> int:
        loop.call_soon_threadsafe(begun.set)
        go_on.wait(30)
        return 1

    async def insert() -> None:
        async with database.write() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await driver.create_function("wait", 0, wait)
            await connection.execute(text("INSERT INTO t SELECT wait()"))

    task = asyncio.create_task(insert())
    await begun.wait()
    task.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await count(database) == 0
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO t VALUES (1)"))
    assert await count(database) == 1
    await database.close()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 31, 32, 33, 40, 100])
def test_rows_go_in_by_few_statements(count: int) -> None:
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.execute("CREATE TABLE t (a INTEGER, b TEXT)")
    run: list[str] = []
    database.set_trace_callback(run.append)
    rows = [(number, f"{number} VALUES (?, ?)") for number in range(count)]
    insert_rows(database, "INSERT INTO t (a, b) VALUES (?, ?)", rows)
    assert len(run) <= count // 32 + 5
    assert database.execute("SELECT a, b FROM t ORDER BY rowid").fetchall() == rows
