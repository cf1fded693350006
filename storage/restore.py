"""A backup put into an empty database of either kind: rows and sums as they were, or nothing."""

from __future__ import annotations

import base64
import gzip
import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from sqlalchemy import Boolean, Column, LargeBinary, Table, func, select, text

from core.errors import StoreError
from storage.columns import UtcTime
from storage.connection import AsyncConnection
from storage.database import Database
from storage.dialect import SQLITE, Lock, sqlite_file
from storage.dump import (
    COUNTED,
    FORMAT,
    SQLITE_FILES,
    TABLES,
    Sums,
    TableSum,
    columns_of_all,
    copy_sqlite,
    opened,
    settle,
    snapshot,
    sums,
)
from storage.migrate import current_revision, upgrade, upgrade_within
from storage.schema import REVISION
from storage.search import index_all

_SQLITE_MAGIC = b"SQLite format 3\x00"
_AT_ONCE = 200  # rows


async def restore(file: Path, url: str) -> Sums:
    """Put a backup into an empty database, creating its tables; what it holds then, verified. Raises StoreError.

    Everything happens in one transaction, the tables too: a backup that is damaged, or does not fit, leaves what was
    there. A SQLite file that does not exist yet appears when it is whole.
    """
    try:
        with file.open("rb") as opened:
            start = opened.read(len(_SQLITE_MAGIC))
    except OSError as error:
        raise StoreError(f"The backup {file} cannot be read ({error.strerror}); check its path.") from error
    target = sqlite_file(url)
    if target is None or target.exists():
        return await _fill(url, file, start)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
            made = Path(folder) / target.name
            found = await _fill(f"{SQLITE}:///{made}", file, start)
            settle(made)
            _put_in_place(made, target)
    except OSError as error:
        raise StoreError(
            f"The database {target} cannot be made ({error.strerror or error}); check storage.url, folder and disk."
        ) from error
    return found


def _put_in_place(made: Path, target: Path) -> None:
    """Give a whole database its name, unless a program has made one there since. Raises StoreError."""
    try:
        os.link(made, target)
    except FileExistsError:
        raise StoreError(f"{target} was made by another program meanwhile: stop it, and restore again.") from None
    except OSError:  # a file system without links
        os.rename(made, target)


async def _fill(url: str, file: Path, start: bytes) -> Sums:
    """Bring all of a backup, which has this `start`, into a database."""
    async with opened(url) as database, database.write(Lock.SCHEMA) as connection:
        await upgrade_within(connection)
        await _refuse_full(connection, database)
        wanted = await (_from_sqlite(file, connection) if start == _SQLITE_MAGIC else _from_dump(file, connection))
        await index_all(connection)
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
        copy_sqlite(file, copy)
        async with opened(f"{SQLITE}:///{copy}") as source:
            async with source.read() as reading:
                if not await reading.run_sync(current_revision):
                    raise StoreError(f"{file}: a SQLite file, but none of Minsk Watch; take one made by `backup`.")
            await upgrade(source)
            async with snapshot(source) as reading:
                for table in TABLES:
                    rows = select(table).order_by(*table.primary_key.columns)
                    async for batch in reading.pages(rows, _AT_ONCE):
                        await _insert(connection, table, [row._asdict() for row in batch])
                return await sums(reading)
    finally:
        for suffix in SQLITE_FILES:
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
    if head.get("schema") != REVISION or head.get("columns") != columns_of_all():
        raise StoreError(
            f"{file}: made by another release (schema {head.get('schema')}, this program has {REVISION}): "
            "restore it with that release, then start this one, which brings the database up to date."
        )


async def _insert(connection: AsyncConnection, table: Table | None, rows: Sequence[Mapping[str, Any]]) -> None:
    if table is not None and rows:
        await connection.execute(table.insert(), list(rows))


async def _set_last_id(connection: AsyncConnection, table: Table, last_id: int) -> None:
    if table.name not in COUNTED or not last_id:
        return
    values = {"name": table.name, "id": last_id}
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :id)"), values)
        return
    await connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), values)
    await connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :id)"), values)


def _load(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(value)
    if isinstance(column.type, UtcTime):
        return datetime.fromisoformat(value)
    return bool(value) if isinstance(column.type, Boolean) else value
