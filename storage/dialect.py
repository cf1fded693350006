"""All that differs between SQLite and PostgreSQL: the engine, transactions, locks, upserts, and how errors are told.

SQLite runs in WAL mode with synchronous=NORMAL: what was committed survives the death of the process at any moment.
After a power cut the last commits may be missing, always from the newest backwards, never the middle of one
(https://www.sqlite.org/pragma.html#pragma_synchronous): a feed's state and its entries go back together and are polled
again, and the worst that follows is an alert shown twice.
PostgreSQL is used without session state, so that PgBouncer may pool transactions: statements are prepared unnamed and
locks end with the transaction.
"""

from __future__ import annotations

import asyncio
import math
import os
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from enum import IntEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Table, event, exc, make_url, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import ConnectionPoolEntry, Pool
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from core.errors import StoreError
from core.log import QUOTES
from storage.connection import AsyncConnection, AsyncEngine, create_async_engine
from storage.sqlite import connector

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

SQLITE = "sqlite+aiosqlite"
POSTGRESQL = "postgresql+asyncpg"

T = TypeVar("T")

# Keeps our advisory locks apart from those of other programs in the same database.
_LOCK_SPACE = 0x4D57
# A replica that was frozen in a transaction gives its locks back after this time.
_IDLE_LIMIT_MS = 60_000
_POOL_SIZE = 8
# Seconds after which a connection is asked whether it still works before it is used again.
_REST = 1.0


class Lock(IntEnum):
    """What one transaction at a time may do. SQLite has one writer anyway."""

    SCHEMA = 1
    FEEDS = 2
    STORIES = 3
    LANES = 4
    LOOKS = 5


def parse_url(text: str) -> URL:
    """Read a database URL; StoreError when it is of no use. Never shows the password."""
    try:
        url = make_url(text)
    except (exc.ArgumentError, ValueError):
        raise StoreError(_unusable("the database URL")) from None
    shown = url.render_as_string()
    if url.drivername not in (SQLITE, POSTGRESQL):
        raise StoreError(_unusable(shown))
    if url.drivername == SQLITE:
        name = url.database or ""
        if not name or ":memory:" in name or "mode=memory" in shown:
            raise StoreError(
                f"{shown}: a database in memory forgets all; name a file, as {SQLITE}:///data/minskwatch.db."
            )
        if url.host or url.username:
            raise StoreError(f"{shown}: write three slashes before the file, as {SQLITE}:///data/minskwatch.db.")
    elif not url.database:
        raise StoreError(f"{shown}: the name of the database is missing; write {POSTGRESQL}://user:password@host/name.")
    return url


def _unusable(shown: str) -> str:
    return (
        f"{shown}: unknown kind of database; write {SQLITE}:///data/minskwatch.db or "
        f"{POSTGRESQL}://user:password@host/name."
    )


def make_engine(url: URL, busy_timeout: float, *, pool: type[Pool] | None = None) -> AsyncEngine:
    """An engine whose connections keep our rules. `busy_timeout` in seconds: how long SQLite waits for its lock.

    `pool` is another kind of pool, for PostgreSQL.
    """
    if url.drivername == POSTGRESQL:
        own: dict[str, Any] = {"pool_size": _POOL_SIZE, "pool_timeout": busy_timeout + 20}
        pooled = {"poolclass": pool} if pool else own
        made = create_async_engine(
            url,
            hide_parameters=True,  # errors go into the log, where no address of a chat may stand
            **pooled,
            connect_args={
                "statement_cache_size": 0,
                "prepared_statement_cache_size": 0,
                "prepared_statement_name_func": str,  # "": the unnamed statement, which needs no clean-up
                "timeout": 20,
            },
        )
        event.listen(made.sync_engine, "checkin", _note_use)
        event.listen(made.sync_engine, "checkout", _ping_after_rest)
        return made
    _make_file(url)
    engine = create_async_engine(
        url,
        hide_parameters=True,
        pool_size=_POOL_SIZE,
        pool_timeout=busy_timeout + 20,
        async_creator=connector(url, timeout=busy_timeout, isolation_level=None),
    )
    event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _note_use(_: Any, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = time.monotonic()


def _ping_after_rest(connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
    """Find out that a connection was lost meanwhile, unless it was just used: asking costs two statements."""
    if time.monotonic() - record.info.get("used_at", math.inf) <= _REST:
        return
    try:
        connection.ping()
    except Exception as error:
        raise exc.InvalidatePoolError from error


def _make_file(url: URL) -> None:
    """Create the file and its folder, the file readable by us alone: it holds the addresses of chats."""
    file = Path(url.database or "")
    if str(file).startswith("file:"):
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(
            f"The database file {file} cannot be opened ({error.strerror}); "
            "check that storage.url names a file in a folder that the program may write to."
        ) from error


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite database that is named by a path."""
    name = str(parse_url(url).database)
    return None if parse_url(url).drivername == POSTGRESQL or name.startswith("file:") else Path(name)


def must_be_there(url: str) -> None:
    """Raises StoreError where there is no SQLite file, which opening would make: for what only reads."""
    file = sqlite_file(url)
    if file is not None and not file.exists():
        raise StoreError(
            f"There is no database {file}, seen from {Path.cwd()}: check storage.url, and where the command is run; "
            "`python main.py migrate` makes a new one."
        )


def _set_up_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA journal_size_limit = 67108864")
    cursor.execute("PRAGMA cache_size = -500")
    cursor.execute("PRAGMA secure_delete = FAST")  # what a chat asked to forget is overwritten
    cursor.close()


_BEGIN, _BEGIN_WRITING = "BEGIN", "BEGIN IMMEDIATE"


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later can fail half way with "database is locked" whatever the
    # timeout; one that takes the lock at the start waits for it (https://www.sqlite.org/lang_transaction.html).
    write = connection.get_execution_options().get("write", False)
    driver: Any = connection.connection.driver_connection
    driver.begin_with(_BEGIN_WRITING if write else _BEGIN, reads=not write)


async def prepare(engine: AsyncEngine, busy_timeout: float) -> None:
    """Put a SQLite database into WAL mode, which it then keeps.

    SQLite does not wait for its lock here, so two programs that start together may need several attempts.
    """
    if engine.dialect.name != "sqlite":
        return
    deadline = asyncio.get_running_loop().time() + busy_timeout
    while True:
        try:
            async with engine.connect() as connection:
                driver: Any = (await connection.get_raw_connection()).driver_connection
                await (await driver.execute("PRAGMA journal_mode = WAL")).close()
            return
        except Exception as error:
            if "locked" not in str(error) or asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.05)


@asynccontextmanager
async def connect(engine: AsyncEngine, *, write: bool) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction: committed at the end, rolled back when the block raises."""
    async with engine.begin(write=write) as connection:
        yield connection


async def transact(engine: AsyncEngine, work: Callable[[sqlite3.Connection], T], *, write: bool) -> T:
    """A transaction of SQLite that is cheap, since it is known beforehand: see QuickConnection.transact."""
    async with engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        done: T = await driver.transact(work, _BEGIN_WRITING if write else _BEGIN)
        return done


async def in_step(connection: AsyncConnection, work: Callable[[sqlite3.Connection], T]) -> T:
    """Several statements of a transaction of SQLite in one step into its thread."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    done: T = await driver.in_step(work)
    return done


_LIMITING = text(f"SET LOCAL idle_in_transaction_session_timeout = {_IDLE_LIMIT_MS}")
_LOCKING = text(
    f"SELECT set_config('idle_in_transaction_session_timeout', '{_IDLE_LIMIT_MS}', true), "
    f"pg_advisory_xact_lock({_LOCK_SPACE}, CAST(:lock AS integer))"
)


Ask = Callable[..., Awaitable[Sequence[Sequence[Any]]]]  # a statement and its values -> rows, as the driver has them


async def ask(engine: AsyncEngine, sql: str, *values: Any) -> Sequence[Sequence[Any]]:
    """One statement of PostgreSQL that is a transaction of its own, past SQLAlchemy: two round trips, since the driver
    asks for the types first, and nothing to be left open by who stops in between.

    A connection on which it fails is closed.
    """
    async with engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        try:
            rows: Sequence[Sequence[Any]] = await driver.fetch(sql, *values)
        except BaseException:
            await connection.invalidate()
            raise
        return rows


async def take_lock(connection: AsyncConnection, lock: Lock) -> None:
    """Wait until this transaction alone holds `lock`; it is released with the transaction."""
    if connection.dialect.name == "postgresql":
        await connection.execute(_LOCKING, {"lock": int(lock)})


async def limit_idle(connection: AsyncConnection) -> None:
    """Let PostgreSQL end this transaction when its program stops in the middle of it, so that others can go on."""
    if connection.dialect.name == "postgresql":
        await connection.execute(_LIMITING)


def insert(connection: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, which is written alike in both."""
    return insert_into(table, connection.dialect.name)


def insert_into(table: Table, dialect: str) -> sqlite.Insert | postgresql.Insert:
    """`insert` for statements that are built once and kept; `dialect` is the name of the connection's."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # 2 MiB, which a program on SQLite spares

        return postgresql.insert(table)
    return sqlite.insert(table)


def driver_errors(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """What PostgreSQL's driver raises past SQLAlchemy, and others. On SQLite it is not loaded, which spares 3 MiB."""
    driver: Any = sys.modules.get("asyncpg")
    return (driver.PostgresError, driver.InterfaceError, *others) if driver else others


def batches(items: Iterable[T], size: int = 500) -> Iterator[list[T]]:
    """Lists of at most `size`: both databases limit the parameters of one statement to about 32,000."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


class greatest(GenericFunction[Any]):
    """The greatest of several values in a row, none of them NULL."""

    inherit_cache = True


@compiles(greatest, "sqlite")
def _greatest_in_sqlite(element: greatest, compiler: SQLCompiler, **options: Any) -> str:
    return f"max({compiler.process(element.clauses, **options)})"


class least(GenericFunction[Any]):
    """The least of several values in a row, none of them NULL."""

    inherit_cache = True


@compiles(least, "sqlite")
def _least_in_sqlite(element: least, compiler: SQLCompiler, **options: Any) -> str:
    return f"min({compiler.process(element.clauses, **options)})"


# Words in a driver's message, or the start of an SQLSTATE, and the remedy
# (https://www.postgresql.org/docs/current/errcodes-appendix.html).
_REMEDIES = {
    "database is locked": "another program holds its lock: end it (a backup, a database browser), or use PostgreSQL",
    "readonly": "it may only be read: give the program the right to write the file and its folder",
    "disk is full": "the disk is full: free some space; nothing is lost, work goes on by itself",
    "disk I/O": "the disk reports an error: check the disk and the volume",
    "not a database": "the file is no SQLite database: correct storage.url, or move the file away",
    "malformed": "the file is damaged: stop the program and restore a backup",
    "unable to open": "the file cannot be opened: check that the program may write to its folder",
    "no such table": "its tables are missing: run `python main.py migrate`",
    "42P01": "its tables are missing: run `python main.py migrate`",
    "42883": "a function of it is missing: restore the whole database, not its tables alone",
    "28P01": "the password is refused: correct user and password in storage.url",
    "28000": "the login is refused: correct the user in storage.url, or pg_hba.conf on the server",
    "3D000": "there is no such database on the server: create it, or correct storage.url",
    "42501": "the user lacks rights: grant it the right to create and write tables",
    "53300": "the server takes no more connections: raise max_connections, or put PgBouncer before it",
    "53100": "the server's disk is full: free some space there",
    "25006": "this server only reads, as a standby does: name the primary in storage.url",
    "40P01": "two transactions blocked one another: it will be tried again",
    "57P0": "the server is stopping or restarting: it will be tried again",
    "25P03": "the transaction stood still for too long and was ended by the server: it will be tried again",
    "QueuePool": "all connections are in use: fewer polls at a time, or a quicker database, would help",
}


def explain(error: BaseException, url: URL) -> StoreError:
    """A sentence for a person: which database, what happened, what to do next."""
    origin = getattr(error, "orig", None) or error
    state = getattr(origin, "sqlstate", None) or ""
    words = " ".join(str(origin).partition(QUOTES)[0].split()) or type(origin).__name__
    shown = str(url.database) if url.drivername == SQLITE else url.render_as_string()
    for mark, remedy in _REMEDIES.items():
        if mark in words or (state and state.startswith(mark)):
            return StoreError(f"Database {shown}: {remedy} ({words[:200]}).")
    lost = getattr(error, "connection_invalidated", False) or state.startswith("08")
    lost = lost or isinstance(origin, driver_errors()[1:])  # as of a connection that is closed
    if lost or isinstance(origin, (OSError, TimeoutError)):
        return StoreError(
            f"Database {shown}: the server cannot be reached ({words[:200]}): check storage.url and that it runs."
        )
    return StoreError(f"Database {shown}: {words[:300]}. If this goes on, report it as a bug.")
