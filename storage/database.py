"""Transactions: one writer at a time in SQLite, errors told in sentences."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from typing import Any, TypeVar

from sqlalchemy import Dialect
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError

from core.errors import StoreError
from storage import dialect
from storage.connection import AsyncConnection, AsyncEngine

_T = TypeVar("_T")
_NOT_OPEN = "The store is not open; call open() first."


class _Gate:
    """Lets one task write at a time. SQLite's own lock is polled, not queued, and would be unfair within a process."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._owner: asyncio.Task[object] | None = None

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        if self._owner is not None and self._owner is task:
            raise RuntimeError("a transaction was begun inside another one")
        await self._lock.acquire()
        self._owner = task

    async def __aexit__(self, *_: object) -> None:
        self._owner = None
        self._lock.release()


class Database:
    """An engine and the only two ways to use it, `read` and `write`. Both raise StoreError for all its faults."""

    def __init__(self, url: str, *, busy_timeout: float) -> None:
        self.url = dialect.parse_url(url)
        self._busy_timeout = busy_timeout
        self._engine: AsyncEngine | None = None
        self._gate: _Gate | nullcontext[None] = nullcontext()

    async def open(self) -> None:
        if self._engine is not None:
            return
        engine = dialect.make_engine(self.url, self._busy_timeout)
        self._gate = _Gate() if engine.dialect.name == "sqlite" else nullcontext()
        try:
            await dialect.prepare(engine, self._busy_timeout)
        except BaseException as error:
            await engine.dispose()
            if isinstance(error, Exception):
                raise dialect.explain(error, self.url) from error
            raise
        self._engine = engine

    async def close(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads; it sees one state of the database."""
        async with self._begin(write=False) as connection:
            yield connection

    @asynccontextmanager
    async def write(self, lock: dialect.Lock | None = None) -> AsyncIterator[AsyncConnection]:
        """A transaction that may write, with `lock` taken."""
        async with self._gate, self._begin(write=True) as connection:
            if lock is not None:
                await dialect.take_lock(connection, lock)
            yield connection

    @property
    def is_sqlite(self) -> bool:
        """Whether `transact` may be used."""
        return self.url.drivername == dialect.SQLITE

    @property
    def sql_dialect(self) -> Dialect:
        """SQLAlchemy's dialect of an open database; raises StoreError for one that is not."""
        return self._opened().dialect

    def _opened(self) -> AsyncEngine:
        if self._engine is None:
            raise StoreError(_NOT_OPEN)
        return self._engine

    async def transact(self, work: Callable[[Dialect], Callable[[sqlite3.Connection], _T]]) -> _T:
        """On SQLite a transaction that writes in one step: what `work` makes for the dialect is run in a thread."""
        async with self._gate:
            return await self._in_one_step(work, write=True)

    async def look(self, work: Callable[[Dialect], Callable[[sqlite3.Connection], _T]]) -> _T:
        """The same, but it only reads."""
        return await self._in_one_step(work, write=False)

    async def ask(self, sql: str, *values: Any) -> Sequence[Sequence[Any]]:
        """The rows that one statement gives on PostgreSQL, as the driver has them; it is a transaction of its own."""
        try:
            return await dialect.ask(self._opened(), sql, *values)
        except dialect.driver_errors(SQLAlchemyError, OSError, TimeoutError) as error:
            raise dialect.explain(error, self.url) from error

    async def _in_one_step(self, work: Callable[[Dialect], Callable[[sqlite3.Connection], _T]], *, write: bool) -> _T:
        try:
            return await dialect.transact(self._opened(), work(self.sql_dialect), write=write)
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise dialect.explain(error, self.url) from error

    @asynccontextmanager
    async def _begin(self, *, write: bool) -> AsyncIterator[AsyncConnection]:
        engine = self._opened()
        try:
            async with AsyncExitStack() as stack:
                try:
                    connection = await stack.enter_async_context(dialect.connect(engine, write=write))
                except (OSError, TimeoutError) as error:
                    raise dialect.explain(error, self.url) from error
                yield connection
        except StatementError as error:
            if not isinstance(error, DBAPIError) and error.orig is not None:
                raise error.orig from error  # a wrong value, such as a naive time: a fault of the caller
            raise dialect.explain(error, self.url) from error
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise dialect.explain(error, self.url) from error
