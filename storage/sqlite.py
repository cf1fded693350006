"""aiosqlite with one step into its thread for each statement.

Its own cursor takes four (open, execute, fetch, close), and each costs more than most of our statements.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy.engine import URL

_AT_ONCE = 1_000  # rows that come along with their statement; the rest of a longer answer is fetched when asked for
_T = TypeVar("_T")


class QuickCursor:
    """What SQLAlchemy asks of a cursor of aiosqlite. A database cursor is open only while there are rows to fetch."""

    def __init__(self, connection: QuickConnection) -> None:
        self._connection = connection
        self._open: sqlite3.Cursor | None = None
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> QuickCursor:
        return self

    async def execute(self, sql: str, parameters: Any = ()) -> QuickCursor:
        await self.close()
        await self._connection.run(lambda: self._run("execute", sql, parameters))
        return self

    async def executemany(self, sql: str, rows: Any) -> QuickCursor:
        await self.close()
        await self._connection.run(lambda: self._run("executemany", sql, rows))
        return self

    def _run(self, method: str, sql: str, parameters: Any) -> None:
        """In the connection's thread: the statement and its first rows."""
        cursor = self._connection.new_cursor()
        more = False
        try:
            getattr(cursor, method)(sql, parameters)
            self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
            self._rows = cursor.fetchmany(_AT_ONCE) if cursor.description else []
            self.rowcount = cursor.rowcount  # of RETURNING it is known after the last row
            more = len(self._rows) == _AT_ONCE
        finally:
            if more:
                self._open = cursor
            else:
                cursor.close()

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        if self._open is not None:
            rows += await self._connection.run(self._open.fetchall)
            await self.close()
        return rows

    async def fetchmany(self, size: int = 1) -> list[Any]:
        if self._open is not None and len(self._rows) < size:
            self._rows += await self._connection.run(partial(self._open.fetchmany, max(size, _AT_ONCE)))
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    async def fetchone(self) -> Any:
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def close(self) -> None:
        self._rows = []
        cursor, self._open = self._open, None
        if cursor is not None:
            await self._connection.run(cursor.close)


class QuickConnection(aiosqlite.Connection):
    """A connection whose cursors are QuickCursor."""

    def cursor(self) -> Any:
        return QuickCursor(self)

    def new_cursor(self) -> sqlite3.Cursor:
        """A cursor of the database, for use in the connection's thread."""
        return self._conn.cursor()

    async def run(self, work: Callable[[], _T]) -> _T:
        """Run something in the connection's thread."""
        done: _T = await self._execute(work)  # type: ignore[no-untyped-call]
        return done


def connector(url: URL, **given: Any) -> Callable[[], Awaitable[QuickConnection]]:
    """What opens a connection to the file of `url`; `given` are arguments of sqlite3.connect."""
    arguments, defaults = url.get_dialect()().create_connect_args(url)
    options: dict[str, Any] = {**defaults, **given}

    def open_file() -> sqlite3.Connection:
        opened: sqlite3.Connection = sqlite3.connect(*arguments, **options)  # type: ignore[call-overload]
        return opened

    async def connect() -> QuickConnection:
        connection = QuickConnection(open_file, iter_chunk_size=64)
        connection._thread.daemon = True  # a program that ends does not wait for it
        await connection
        return connection

    return connect
