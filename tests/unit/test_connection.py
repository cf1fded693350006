"""The engine for asyncio: what a block leaves behind, and what becomes of its connection when its task is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from storage.connection import AsyncEngine
from storage.dialect import SQLITE, make_engine, parse_url


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    made = make_engine(parse_url(f"{SQLITE}:///{tmp_path}/test.db"), 5)
    async with made.begin(write=True) as connection:
        await connection.execute(text("CREATE TABLE words (word TEXT)"))
    yield made
    await made.dispose()


async def words(engine: AsyncEngine) -> list[str]:
    async with engine.begin(write=False) as connection:
        return list((await connection.execute(text("SELECT word FROM words ORDER BY rowid"))).scalars())


async def test_a_block_that_ends_is_kept_and_one_that_raises_is_not(engine: AsyncEngine) -> None:
    async def add(word: str, then: str) -> None:
        async with engine.begin(write=True) as connection:
            await connection.execute(text("INSERT INTO words VALUES (:word)"), {"word": word})
            await connection.execute(text(then))

    await add("Minsk", "SELECT 1")
    with pytest.raises(OperationalError, match="no such table"):
        await add("Brest", "SELECT 1 FROM cities")
    assert await words(engine) == ["Minsk"]


async def test_a_task_that_is_cancelled_leaves_nothing_and_gives_its_connection_back(engine: AsyncEngine) -> None:
    begun, returned = asyncio.Event(), []
    event.listen(engine.sync_engine, "checkin", lambda *_: returned.append(True))

    async def write() -> None:
        async with engine.begin(write=True) as connection:
            await connection.execute(text("INSERT INTO words VALUES ('Hrodna')"))
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert returned == [True]
    assert await words(engine) == []


async def test_who_is_cancelled_while_giving_a_connection_back_ends_when_it_is_back(engine: AsyncEngine) -> None:
    held, returned = asyncio.Event(), []
    event.listen(engine.sync_engine, "checkin", lambda *_: returned.append(True))

    async def look() -> None:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
            held.set()

    task = asyncio.create_task(look())
    await held.wait()  # the task now waits for the connection to go back
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert returned == [True]


async def test_a_long_answer_comes_in_pages(engine: AsyncEngine) -> None:
    async with engine.begin(write=True) as connection:
        await connection.execute(text("INSERT INTO words VALUES (:word)"), [{"word": str(n)} for n in range(7)])
        query = text("SELECT word FROM words ORDER BY rowid")
        pages = [[row.word for row in rows] async for rows in connection.pages(query, 3)]
    assert pages == [["0", "1", "2"], ["3", "4", "5"], ["6"]]
