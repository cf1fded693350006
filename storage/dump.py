"""What `backup` and `restore` share: the form of a dump, what tables hold, and copies of SQLite files.

A dump is JSON Lines (gzip by its name): a head with format and schema, then a line for each row, then a foot with the
number of rows, a checksum and the last id of every table. Values are those of the columns as they are stored: bytes in
base64, times in ISO 8601; nothing is decoded and encoded anew. Checksums are SHA-256 over these lines in the order of
the primary key, and so equal on both databases.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, LargeBinary, MetaData, Row, Table, Text, func, select, text

from core.errors import StoreError
from storage.columns import CleanText, Coded, ExactText
from storage.connection import AsyncConnection
from storage.database import Database
from storage.schema import metadata

FORMAT = "minskwatch-backup-1"
SQLITE_FILES = ("", "-wal", "-shm")  # https://www.sqlite.org/tempfiles.html
_BUSY = 30.0  # seconds
_AT_ONCE = 200  # rows


@dataclass(frozen=True, slots=True)
class TableSum:
    """What a table holds: rows, a checksum over them, and the last id that was ever given (0: it gives none)."""

    rows: int
    sha256: str
    last_id: int


Sums = Mapping[str, TableSum]


def _plain(table: Table, into: MetaData) -> Table:
    """The same table with columns as they are stored, so that values pass unchanged."""
    columns = []
    for column in table.columns:
        kind: Any = column.type
        if isinstance(kind, ExactText):
            kind = LargeBinary()
        elif isinstance(kind, (CleanText, Coded)):
            kind = Text()
        columns.append(Column(column.name, kind, primary_key=column.primary_key))
    return Table(table.name, into, *columns)


_plain_metadata = MetaData()
TABLES: tuple[Table, ...] = tuple(_plain(table, _plain_metadata) for table in metadata.sorted_tables)
# Tables whose ids are never given again.
COUNTED = frozenset(table.name for table in metadata.sorted_tables if table.dialect_options["sqlite"]["autoincrement"])


def columns_of_all() -> dict[str, list[str]]:
    """By table the names of its columns, in the order of a dump's lines."""
    return {table.name: [column.name for column in table.columns] for table in TABLES}


def _line(table: Table, row: Row[Any]) -> str:
    values = [_dump(value) for value in row]
    return json.dumps([table.name, *values], ensure_ascii=False, separators=(",", ":"))


def _dump(value: Any) -> Any:
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(bytes(value)).decode("ascii")
    return value.isoformat() if isinstance(value, datetime) else value


async def lines_of(connection: AsyncConnection, table: Table) -> AsyncIterator[str]:
    """The rows by primary key, in the order of bytes: a server's own order of letters would differ from SQLite's."""
    by_bytes = "C" if connection.dialect.name == "postgresql" else "BINARY"
    order = [key.collate(by_bytes) if isinstance(key.type, Text) else key for key in table.primary_key.columns]
    async for rows in connection.pages(select(table).order_by(*order), _AT_ONCE):
        for row in rows:
            yield _line(table, row)


async def last_id_of(connection: AsyncConnection, table: Table) -> int:
    """The last id given, also when its row is gone: ids are never given again."""
    if table.name not in COUNTED:
        return 0
    if connection.dialect.name == "sqlite":
        found = await connection.scalar(
            text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}
        )
    else:
        sequence = await connection.scalar(select(func.pg_get_serial_sequence(table.name, "id")))
        found = await connection.scalar(
            text(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")  # noqa: S608 - named by the server
        )
    return int(found or 0)


async def sums(connection: AsyncConnection) -> Sums:
    """Rows, checksum and last id of every table, as this transaction sees them."""
    found = {}
    for table in TABLES:
        digest, rows = hashlib.sha256(), 0
        async for line in lines_of(connection, table):
            digest.update(line.encode() + b"\n")
            rows += 1
        found[table.name] = TableSum(rows, digest.hexdigest(), await last_id_of(connection, table))
    return found


def copy_sqlite(source: Path, to: Path) -> None:
    """Copy a database that may be at work, as it is at one moment, and check the copy. Raises StoreError."""
    try:
        origin, copy = sqlite3.connect(source, timeout=_BUSY), sqlite3.connect(to)
        try:
            origin.backup(copy, pages=2000)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a write-ahead log beside it
            (answer,) = copy.execute("PRAGMA integrity_check").fetchone()
        finally:
            origin.close()
            copy.close()
    except sqlite3.Error as error:
        raise StoreError(f"The database {source} cannot be copied ({error}); check the disk and try again.") from error
    if answer != "ok":
        raise StoreError(f"The copy of {source} is damaged ({answer}): the database is, too; restore an older backup.")


def settle(file: Path) -> None:
    """Leave WAL mode again, which opening a database sets."""
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """A database that is closed at the end. Raises StoreError."""
    database = Database(url, busy_timeout=_BUSY)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[AsyncConnection]:
    """A transaction that sees one moment throughout, which SQLite's always do."""
    async with database.read() as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        yield connection
