"""aiosqlite with one step into its thread for each statement, and few for a transaction.

Its own cursor takes four (open, execute, fetch, close), and each costs more than most of our statements. BEGIN goes
along with the first statement; the roll-back of a connection that goes back to its pool takes no step when it is in no
transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy.engine import URL

_AT_ONCE = 1_000  # rows that come along with their statement; the rest of a longer answer is fetched when asked for
_TOGETHER = 32  # rows of one statement
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
        self._connection.begin_if_asked()
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

    _begin = ""  # the statement that is to begin a transaction and was not run yet
    # Steps asked for and ended, whether or not somebody still waited. Each is counted by one thread alone.
    _asked = 0
    _ended = 0
    _reads = False  # in the transaction that was begun last
    _let_go = False  # its end was asked for and is not waited for

    def begin_with(self, statement: str, *, reads: bool) -> None:
        """Begin a transaction before the next statement, so with its errors.

        Nobody waits for the end of one that `reads`, since nothing depends on it.
        """
        self._begin, self._reads, self._let_go = statement, reads, False

    def begin_if_asked(self) -> None:
        """In the connection's thread. What fails to begin is asked for no more: the caller rolls back."""
        statement, self._begin = self._begin, ""
        if statement:
            self._conn.execute(statement)

    async def commit(self) -> None:
        if not self._has_begun():
            return
        if self._reads and self._asked == self._ended:
            self._let_go = True  # what is asked next comes after it in the thread
            self._tx.put_nowait((None, self._conn.commit))
        else:
            await self.run(self._conn.commit)

    async def rollback(self) -> None:
        if self._has_begun():
            await self.run(self._conn.rollback)

    def _has_begun(self) -> bool:
        """Whether there is a transaction, or may be one: a statement that nobody waits for any more may begin it."""
        if self._asked != self._ended:
            return True
        self._begin = ""
        return self.in_transaction and not self._let_go

    def cursor(self) -> Any:
        return QuickCursor(self)

    def new_cursor(self) -> sqlite3.Cursor:
        """A cursor of the database, for use in the connection's thread."""
        return self._conn.cursor()

    async def transact(self, work: Callable[[sqlite3.Connection], _T], begin: str) -> _T:
        """A transaction, all of it in one step: committed in the end, rolled back when `work` raises.

        `begin` is the statement that begins it.
        """

        def all_of_it() -> _T:
            self._conn.execute(begin)
            try:
                done = work(self._conn)
                self._conn.execute("COMMIT")
            except BaseException:
                self._conn.rollback()
                raise
            return done

        return await self.run(all_of_it)

    async def in_step(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run statements of the transaction that was begun, or is to begin with them."""

        def statements() -> _T:
            self.begin_if_asked()
            return work(self._conn)

        return await self.run(statements)

    async def run(self, work: Callable[[], _T]) -> _T:
        """Run something in the connection's thread."""

        def counted() -> _T:
            try:
                return work()
            finally:
                self._ended += 1

        self._asked += 1

        done: _T = await self._execute(counted)  # type: ignore[no-untyped-call]  # aiosqlite's
        return done


def insert_rows(database: sqlite3.Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows by `sql`, which inserts one, many at a time: 32, 16, 8, 4, 2, 1, so that few statements are prepared.

    Before each statement whose triggers write into it, FTS5 puts down all that it gathered (its xSavepoint); for rows
    one by one that takes longer than everything else together.
    """
    place = 0
    while place < len(rows):
        size = min(_TOGETHER, 1 << (len(rows) - place).bit_length() - 1)
        part = rows[place : place + size]
        database.execute(_for_rows(sql, size), tuple(chain.from_iterable(part)))
        place += size


@lru_cache(maxsize=64)
def _for_rows(sql: str, size: int) -> str:
    """An INSERT of one row as an INSERT of several."""
    insert, values, marks = sql.rpartition(" VALUES ")
    return insert + values + ", ".join([marks] * size)


def connector(url: URL, **given: Any) -> Callable[[], Awaitable[QuickConnection]]:
    """What opens a connection to the file of `url`; `given` are arguments of sqlite3.connect."""
    arguments, defaults = url.get_dialect()().create_connect_args(url)
    options: dict[str, Any] = {**defaults, **given}

    def open_file() -> sqlite3.Connection:
        opened: sqlite3.Connection = sqlite3.connect(*arguments, **options)  # type: ignore[call-overload]  # as given
        return opened

    async def connect() -> QuickConnection:
        connection = QuickConnection(open_file, iter_chunk_size=64)
        connection._thread.daemon = True  # a program that ends does not wait for it
        await connection
        return connection

    return connect
