"""Rows bound by ourselves are stored as SQLAlchemy would store them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Column, LargeBinary, MetaData, Table, Text, bindparam, select

from core.model import Analysis, Level
from storage.columns import BIG_ID, CleanText, Coded, UtcTime
from storage.database import Database
from storage.rows import Prepared, RowInsert
from tests.fake_clock import FakeClock

TABLE = Table(
    "rows_of_a_test",
    MetaData(),
    Column("id", BIG_ID, primary_key=True, autoincrement=False),
    Column("key", LargeBinary, nullable=False),
    Column("at", UtcTime(), nullable=False),
    Column("said", UtcTime()),
    Column("text", CleanText(), nullable=False),
    Column("note", CleanText()),
    Column("plain", Text),
    Column("value", Coded(Analysis), nullable=False),
)
NOW = FakeClock().now()
MINSK = timezone(timedelta(hours=3))
ROWS: list[tuple[Any, ...]] = [
    (1, b"", NOW, None, "", None, None, Analysis()),
    (2, b"\x00\xff", NOW, datetime(1, 1, 1, tzinfo=MINSK), "Мінск \x00 \ud800", "a\x00", "plain", Analysis()),
    (
        3,
        b"k",
        NOW + timedelta(microseconds=1),
        NOW.astimezone(MINSK),
        "\U0001f389",
        "",
        "",
        Analysis(Level.ALERT, ("x",)),
    ),
]


async def test_rows_are_stored_as_sqlalchemy_stores_them(database_url: str) -> None:
    database = Database(database_url, busy_timeout=5)
    await database.open()
    names = TABLE.columns.keys()
    async with database.write() as connection:
        await connection.run_sync(TABLE.create)
        await connection.exec_driver_sql(*RowInsert(TABLE).bind(connection.dialect, ROWS))
        ours = (await connection.execute(select(TABLE).order_by(TABLE.c.id))).all()
        await connection.execute(TABLE.delete())
        await connection.execute(TABLE.insert(), [dict(zip(names, row, strict=True)) for row in ROWS])
        theirs = (await connection.execute(select(TABLE).order_by(TABLE.c.id))).all()
        await connection.run_sync(TABLE.drop)
    await database.close()
    assert ours == theirs
    assert [row.text for row in ours] == ["", "Мінск \ufffd \ufffd", "\U0001f389"]
    assert ours[2].at == NOW + timedelta(microseconds=1)


async def test_rows_are_changed_as_sqlalchemy_changes_them(database_url: str) -> None:
    database = Database(database_url, busy_timeout=5)
    await database.open()
    new = {f"new_{column.name}": column for column in TABLE.columns if column.name != "id"}
    values = {column.name: bindparam(name, type_=column.type) for name, column in new.items()}
    statement = TABLE.update().where(TABLE.c.id == bindparam("row")).values(values)
    changed = [dict(zip(("row", *new), (1 + row[0] % 3, *row[1:]), strict=True)) for row in ROWS]
    found = []
    async with database.write() as connection:
        await connection.run_sync(TABLE.create)
        for by_us in (True, False):
            await connection.exec_driver_sql(*RowInsert(TABLE).bind(connection.dialect, ROWS))
            if by_us:
                await Prepared(statement).run(connection, changed)
            else:
                await connection.execute(statement, changed)
            found.append((await connection.execute(select(TABLE).order_by(TABLE.c.id))).all())
            await connection.execute(TABLE.delete())
        await connection.run_sync(TABLE.drop)
    await database.close()
    assert found[0] == found[1]
    assert [row.text for row in found[0]] == ["\U0001f389", "", "Мінск \ufffd \ufffd"]


async def test_a_time_without_zone_is_refused(sqlite_url: str) -> None:
    database = Database(sqlite_url, busy_timeout=5)
    await database.open()
    async with database.write() as connection:
        await connection.run_sync(TABLE.create)
        rows = [ROWS[0], (9, b"", datetime(2026, 1, 1), None, "", None, None, Analysis())]
        with pytest.raises(ValueError, match="without zone"):
            RowInsert(TABLE).bind(connection.dialect, rows)
    await database.close()
