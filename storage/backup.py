"""Backups: a copy of a running SQLite database, a portable dump of any, and both put back into either database.

A dump is JSON Lines (gzip by its name): a head with format and schema, then a line for each row, then a foot with the
number of rows, a checksum and the last id of every table. It is read in one transaction and so is of one moment. Values
are those of the columns as they are stored: bytes in base64, times in ISO 8601; nothing is decoded and encoded anew.
Checksums are SHA-256 over these lines in the order of the primary key, and so equal on both databases.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import sqlite3
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NoReturn

from sqlalchemy import Boolean, Column, LargeBinary, MetaData, Row, Table, Text, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import StoreError
from storage.columns import CleanText, Coded, ExactText, UtcTime
from storage.database import Database
from storage.dialect import SQLITE, Lock, must_be_there, sqlite_file
from storage.migrate import current_revision, upgrade
from storage.schema import REVISION, metadata

FORMAT = "minskwatch-backup-1"
_SQLITE_MAGIC = b"SQLite format 3\x00"
_SQLITE_FILES = ("", "-wal", "-shm")  # https://www.sqlite.org/tempfiles.html
_AT_ONCE = 200  # rows
_BUSY = 30.0  # seconds


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
_COUNTED = frozenset(table.name for table in metadata.sorted_tables if table.dialect_options["sqlite"]["autoincrement"])


# --- values ---------------------------------------------------------------------------------------------------------


def _line(table: Table, row: Row[Any]) -> str:
    values = [_dump(value) for value in row]
    return json.dumps([table.name, *values], ensure_ascii=False, separators=(",", ":"))


def _dump(value: Any) -> Any:
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(bytes(value)).decode("ascii")
    return value.isoformat() if isinstance(value, datetime) else value


def _load(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(value)
    if isinstance(column.type, UtcTime):
        return datetime.fromisoformat(value)
    return bool(value) if isinstance(column.type, Boolean) else value


async def _lines(connection: AsyncConnection, table: Table) -> AsyncIterator[str]:
    """The rows by primary key, in the order of bytes: a server's own order of letters would differ from SQLite's."""
    by_bytes = "C" if connection.dialect.name == "postgresql" else "BINARY"
    order = [key.collate(by_bytes) if isinstance(key.type, Text) else key for key in table.primary_key.columns]
    rows = await connection.stream(select(table).order_by(*order))
    async for row in rows:
        yield _line(table, row)


async def _last_id(connection: AsyncConnection, table: Table) -> int:
    """The last id given, also when its row is gone: ids are never given again."""
    if table.name not in _COUNTED:
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


async def _set_last_id(connection: AsyncConnection, table: Table, last_id: int) -> None:
    if table.name not in _COUNTED or not last_id:
        return
    values = {"name": table.name, "id": last_id}
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :id)"), values)
        return
    await connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), values)
    await connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :id)"), values)


# --- sums -----------------------------------------------------------------------------------------------------------


async def sums(connection: AsyncConnection) -> Sums:
    """Rows, checksum and last id of every table, as this transaction sees them."""
    found = {}
    for table in TABLES:
        digest, rows = hashlib.sha256(), 0
        async for line in _lines(connection, table):
            digest.update(line.encode() + b"\n")
            rows += 1
        found[table.name] = TableSum(rows, digest.hexdigest(), await _last_id(connection, table))
    return found


async def read_sums(url: str) -> Sums:
    """The sums of a database, of one moment. Raises StoreError."""
    async with _opened(url) as database, _snapshot(database) as connection:
        return await sums(connection)


# --- back up --------------------------------------------------------------------------------------------------------


async def back_up(url: str, file: Path) -> Sums:
    """Write a backup of the database, which may be at work, to `file`; what it holds. Raises StoreError.

    SQLite is copied by its online backup (https://www.sqlite.org/backup.html) unless the name says `.jsonl` or `.gz`;
    the copy is checked. The file appears when it is whole, readable by its owner alone: it holds addresses of chats.
    """
    must_be_there(url)
    part = _part_of(file, url)
    try:
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
        async with _opened(url) as database:
            if database.url.drivername == SQLITE and not {".jsonl", ".gz"} & set(file.suffixes):
                _copy_sqlite(Path(str(database.url.database)), part)
                found = await _sums_of_copy(part)
            else:
                found = await _dump_all(database, part, compress=file.suffix == ".gz")
        os.replace(part, file)
    except OSError as error:
        raise StoreError(
            f"The backup {file} cannot be written ({error.strerror or error}); check folder and disk."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return found


def _part_of(file: Path, url: str) -> Path:
    """Where a backup is written until it is whole. Raises StoreError where it would replace a device such as
    /dev/null, or the database: a running program would go on writing to a file that no name leads to."""
    if file.exists() and not file.is_file():
        raise StoreError(f"The backup {file} cannot be written (there is something that is no file); name a file.")
    origin = sqlite_file(url)
    if origin and str(file.resolve()) in [f"{origin.resolve()}{suffix}" for suffix in _SQLITE_FILES]:
        raise StoreError(f"{file} belongs to the database itself, which a backup must not replace; name another file.")
    return file.with_name(f".{file.name}.part")


def _copy_sqlite(source: Path, to: Path) -> None:
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


async def _sums_of_copy(copy: Path) -> Sums:
    async with _opened(f"{SQLITE}:///{copy}") as database, _snapshot(database) as connection:
        found = await sums(connection)
    _settle(copy)
    return found


def _settle(file: Path) -> None:
    """Leave WAL mode again, which opening a database sets."""
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()


async def _dump_all(database: Database, part: Path, *, compress: bool) -> Sums:
    found: dict[str, TableSum] = {}
    with _writing(part, compress) as out:
        async with _snapshot(database) as connection:
            _put(out, {"format": FORMAT, "schema": REVISION, "columns": _columns()})
            for table in TABLES:
                digest, rows = hashlib.sha256(), 0
                async for line in _lines(connection, table):
                    digest.update(line.encode() + b"\n")
                    out.write(line + "\n")
                    rows += 1
                found[table.name] = TableSum(rows, digest.hexdigest(), await _last_id(connection, table))
        _put(out, {"tables": {name: [one.rows, one.sha256, one.last_id] for name, one in found.items()}})
    return found


def _columns() -> dict[str, list[str]]:
    return {table.name: [column.name for column in table.columns] for table in TABLES}


def _put(out: IO[str], value: Mapping[str, Any]) -> None:
    out.write(json.dumps(value) + "\n")


@contextmanager
def _writing(file: Path, compress: bool) -> Iterator[IO[str]]:
    with gzip.open(file, "wt", encoding="utf-8") if compress else file.open("w", encoding="utf-8") as out:
        assert isinstance(out, io.TextIOBase)
        yield out


# --- restore --------------------------------------------------------------------------------------------------------


async def restore(file: Path, url: str) -> Sums:
    """Put a backup into an empty database, creating its tables; what it holds then, verified. Raises StoreError.

    Everything happens in one transaction: a backup that is damaged, or does not fit, leaves the database empty.
    """
    try:
        with file.open("rb") as opened:
            start = opened.read(len(_SQLITE_MAGIC))
    except OSError as error:
        raise StoreError(f"The backup {file} cannot be read ({error.strerror}); check its path.") from error
    async with _opened(url) as database:
        await upgrade(database)
        async with database.write(Lock.SCHEMA) as connection:
            await _refuse_full(connection, database)
            wanted = await (_from_sqlite(file, connection) if start == _SQLITE_MAGIC else _from_dump(file, connection))
            for table in TABLES:
                await _set_last_id(connection, table, wanted[table.name].last_id)
            found = await sums(connection)
            if wrong := [name for name in found if found[name] != wanted[name]]:
                raise StoreError(f"{file}: what was restored differs in {', '.join(wrong)}; nothing was kept.")
    return found


async def _refuse_full(connection: AsyncConnection, database: Database) -> None:
    for table in TABLES:
        if await connection.scalar(select(func.count()).select_from(table)):
            shown = database.url.render_as_string()
            raise StoreError(f"{shown} is not empty ({table.name} has rows): name a new database to restore into.")


async def _from_sqlite(file: Path, connection: AsyncConnection) -> Sums:
    """Copy all rows of a SQLite file, brought to this schema in a copy beside it, so that the backup stays as it is."""
    copy = file.with_name(f".{file.name}.restoring")
    try:
        _copy_sqlite(file, copy)
        async with _opened(f"{SQLITE}:///{copy}") as source:
            async with source.read() as reading:
                if not await reading.run_sync(current_revision):
                    raise StoreError(f"{file}: a SQLite file, but none of Minsk Watch; take one made by `backup`.")
            await upgrade(source)
            async with _snapshot(source) as reading:
                for table in TABLES:
                    rows = await reading.stream(select(table).order_by(*table.primary_key.columns))
                    async for batch in rows.partitions(_AT_ONCE):
                        await _insert(connection, table, [row._asdict() for row in batch])
                return await sums(reading)
    finally:
        for suffix in _SQLITE_FILES:
            copy.with_name(copy.name + suffix).unlink(missing_ok=True)


async def _from_dump(file: Path, connection: AsyncConnection) -> Sums:
    tables = {table.name: table for table in TABLES}
    waiting: list[dict[str, Any]] = []
    current: Table | None = None
    foot: Mapping[str, Any] | None = None
    for number, value in _values(file):
        if number == 1:
            _check_head(file, value)
        elif isinstance(value, dict):
            foot = value
        elif not (isinstance(value, list) and value and value[0] in tables) or foot is not None:
            raise _damaged(file, number)
        else:
            table = tables[value[0]]
            if table is not current or len(waiting) >= _AT_ONCE:
                await _insert(connection, current, waiting)
                current, waiting = table, []
            waiting.append(_row(file, number, table, value[1:]))
    await _insert(connection, current, waiting)
    try:
        return {name: TableSum(*foot["tables"][name]) for name in tables} if foot else _cut_off(file)
    except (KeyError, TypeError):
        raise StoreError(f"{file}: its last line is no foot of a backup; the file is damaged, give another.") from None


def _cut_off(file: Path) -> NoReturn:
    raise StoreError(f"{file}: the file is cut off, its last line is missing; give another backup.")


def _row(file: Path, number: int, table: Table, values: Sequence[Any]) -> dict[str, Any]:
    try:
        return {column.name: _load(column, value) for column, value in zip(table.columns, values, strict=True)}
    except (ValueError, TypeError):
        raise _damaged(file, number) from None


def _values(file: Path) -> Iterator[tuple[int, Any]]:
    """(line number, value) of each line. Raises StoreError."""
    number = 0
    try:
        with file.open("rb") as start:
            packed = start.read(2) == b"\x1f\x8b"
        with gzip.open(file, "rt", encoding="utf-8") if packed else file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                yield number, json.loads(line)
    except EOFError:
        _cut_off(file)
    except (ValueError, RecursionError, gzip.BadGzipFile, zlib.error) as error:
        raise _damaged(file, max(number, 1)) from error


def _damaged(file: Path, number: int) -> StoreError:
    return StoreError(
        f"{file}, line {number}: no line of a backup; the file is damaged or none of ours; give another backup."
    )


def _check_head(file: Path, head: Any) -> None:
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise StoreError(f"{file}: no backup of Minsk Watch; `python main.py backup FILE` makes one.")
    if head.get("schema") != REVISION or head.get("columns") != _columns():
        raise StoreError(
            f"{file}: made by another release (schema {head.get('schema')}, this program has {REVISION}): "
            "restore it with that release, then start this one, which brings the database up to date."
        )


async def _insert(connection: AsyncConnection, table: Table | None, rows: Sequence[Mapping[str, Any]]) -> None:
    if table is not None and rows:
        await connection.execute(table.insert(), list(rows))


# --- databases ------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    database = Database(url, busy_timeout=_BUSY)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def _snapshot(database: Database) -> AsyncIterator[AsyncConnection]:
    """A transaction that sees one moment throughout, which SQLite's always do."""
    async with database.read() as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        yield connection
