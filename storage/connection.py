"""Engine and connections for asyncio, as far as this room needs them.

`sqlalchemy.ext.asyncio` has the same and more, but brings SQLAlchemy's ORM along, 6 MiB that nobody here uses. As
there, SQLAlchemy runs in a greenlet of its own, from which the drivers' coroutines are awaited.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar, TypeVarTuple, overload

from sqlalchemy import Connection, CursorResult, Dialect, Engine, Executable, Row, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.selectable import TypedReturnsRows
from sqlalchemy.util.concurrency import greenlet_spawn

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


class AsyncConnection:
    """A connection lent by AsyncEngine. Methods are those of SQLAlchemy's Connection and raise what these raise."""

    __slots__ = ("sync_connection",)

    def __init__(self, connection: Connection) -> None:
        self.sync_connection = connection

    @property
    def dialect(self) -> Dialect:
        return self.sync_connection.dialect

    @overload
    async def execute(self, statement: TypedReturnsRows[*_Ts], parameters: Any = None) -> CursorResult[*_Ts]: ...
    @overload
    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[*tuple[Any, ...]]: ...
    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[*tuple[Any, ...]]:
        """The result, all rows of which are here."""
        return await greenlet_spawn(self.sync_connection.execute, statement, parameters)

    @overload
    async def scalar(self, statement: TypedReturnsRows[_T], parameters: Any = None) -> _T | None: ...
    @overload
    async def scalar(self, statement: Executable, parameters: Any = None) -> Any: ...
    async def scalar(self, statement: Executable, parameters: Any = None) -> Any:
        return await greenlet_spawn(self.sync_connection.scalar, statement, parameters)

    async def exec_driver_sql(self, sql: str, parameters: Any = None) -> CursorResult[*tuple[Any, ...]]:
        return await greenlet_spawn(self.sync_connection.exec_driver_sql, sql, parameters)

    async def pages(self, statement: Executable, size: int) -> AsyncIterator[Sequence[Row[*tuple[Any, ...]]]]:
        """The rows of a long answer, at most `size` at a time; no more of them are in memory."""
        options = {"stream_results": True}
        result = await greenlet_spawn(self.sync_connection.execute, statement, execution_options=options)
        try:
            while rows := await greenlet_spawn(result.fetchmany, size):
                yield rows
        finally:
            await _complete(greenlet_spawn(result.close))

    async def run_sync(self, work: Callable[..., _T], *arguments: Any) -> _T:
        """Have `work` done, which knows SQLAlchemy's own Connection only and gets it before the arguments."""
        return await greenlet_spawn(work, self.sync_connection, *arguments)

    async def get_raw_connection(self) -> PoolProxiedConnection:
        return await greenlet_spawn(getattr, self.sync_connection, "connection")

    async def invalidate(self) -> None:
        await greenlet_spawn(self.sync_connection.invalidate)


class AsyncEngine:
    """A pool of connections; `connect` and `begin` lend one."""

    def __init__(self, sync_engine: Engine) -> None:
        self.sync_engine = sync_engine

    @property
    def dialect(self) -> Dialect:
        return self.sync_engine.dialect

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        connection = await greenlet_spawn(self.sync_engine.connect)
        try:
            yield AsyncConnection(connection)
        finally:
            await _complete(greenlet_spawn(connection.close))

    @asynccontextmanager
    async def begin(self, **options: Any) -> AsyncIterator[AsyncConnection]:
        """A connection with these options in a transaction: committed at the end, rolled back when the block raises."""
        async with self.connect() as connection:
            connection.sync_connection.execution_options(**options)
            transaction = await greenlet_spawn(connection.sync_connection.begin)
            with_it = transaction.__enter__()
            try:
                yield connection
            except BaseException:
                await greenlet_spawn(with_it.__exit__, *sys.exc_info())
                raise
            await greenlet_spawn(with_it.__exit__, None, None, None)

    async def dispose(self) -> None:
        await greenlet_spawn(self.sync_engine.dispose)


def create_async_engine(
    url: URL, *, async_creator: Callable[[], Awaitable[Any]] | None = None, **options: Any
) -> AsyncEngine:
    """An engine of a dialect for asyncio. `async_creator` makes the driver's connections, `options` are those of
    `create_engine`."""
    if async_creator is not None:

        def create() -> Any:
            driver: Any = engine.dialect.dbapi
            return driver.connect(async_creator_fn=async_creator)

        options["creator"] = create
    engine = create_engine(url, **options)
    return AsyncEngine(engine)


async def _complete(work: Coroutine[Any, Any, None]) -> None:
    """Have something done to its end even if this task is cancelled meanwhile, which is raised then: a connection that
    nobody waits for would go back into a pool that may be gone."""
    task = asyncio.create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None and not task.cancelled():
        raise cancelled
    task.result()
