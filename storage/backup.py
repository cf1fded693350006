"""Backups: a copy of a running SQLite database, or a portable dump of any, read in one transaction: of one moment."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from core.errors import StoreError
from storage.database import Database
from storage.dialect import SQLITE, must_be_there, sqlite_file
from storage.dump import (
    FORMAT,
    SQLITE_FILES,
    TABLES,
    Sums,
    TableSum,
    columns_of_all,
    copy_sqlite,
    last_id_of,
    lines_of,
    opened,
    settle,
    snapshot,
    sums,
)
from storage.schema import REVISION


async def back_up(url: str, file: Path, *, replace: bool = True) -> Sums:
    """Write a backup of the database, which may be at work, to `file`; what it holds. Raises StoreError, without
    `replace` also where a file of that name is there already.

    SQLite is copied by its online backup (https://www.sqlite.org/backup.html) unless the name says `.jsonl` or `.gz`;
    the copy is checked. The file appears when it is whole, readable by its owner alone: it holds addresses of chats.
    """
    must_be_there(url)
    part = _part_of(file, url, replace=replace)
    try:
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
        async with opened(url) as database:
            if database.url.drivername == SQLITE and not {".jsonl", ".gz"} & set(file.suffixes):
                copy_sqlite(Path(str(database.url.database)), part)
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


def _part_of(file: Path, url: str, *, replace: bool) -> Path:
    """Where a backup is written until it is whole. Raises StoreError where it would replace a device such as
    /dev/null, the database (a running program would go on writing to a file that no name leads to), or without
    `replace` any file."""
    if file.exists() and not file.is_file():
        raise StoreError(f"The backup {file} cannot be written (there is something that is no file); name a file.")
    origin = sqlite_file(url)
    if origin and str(file.resolve()) in [f"{origin.resolve()}{suffix}" for suffix in SQLITE_FILES]:
        raise StoreError(f"{file} belongs to the database itself, which a backup must not replace; name another file.")
    if file.exists() and not replace:
        raise StoreError(f"{file} is there already; name another file, or replace it with --force.")
    return file.with_name(f".{file.name}.part")


async def _sums_of_copy(copy: Path) -> Sums:
    async with opened(f"{SQLITE}:///{copy}") as database, snapshot(database) as connection:
        found = await sums(connection)
    settle(copy)
    return found


async def _dump_all(database: Database, part: Path, *, compress: bool) -> Sums:
    found: dict[str, TableSum] = {}
    with _writing(part, compress) as out:
        async with snapshot(database) as connection:
            _put(out, {"format": FORMAT, "schema": REVISION, "columns": columns_of_all()})
            for table in TABLES:
                digest, rows = hashlib.sha256(), 0
                async for line in lines_of(connection, table):
                    digest.update(line.encode() + b"\n")
                    out.write(line + "\n")
                    rows += 1
                found[table.name] = TableSum(rows, digest.hexdigest(), await last_id_of(connection, table))
        _put(out, {"tables": {name: [one.rows, one.sha256, one.last_id] for name, one in found.items()}})
    return found


def _put(out: IO[str], value: Mapping[str, Any]) -> None:
    out.write(json.dumps(value) + "\n")


@contextmanager
def _writing(file: Path, compress: bool) -> Iterator[IO[str]]:
    with gzip.open(file, "wt", encoding="utf-8") if compress else file.open("w", encoding="utf-8") as out:
        assert isinstance(out, io.TextIOBase)
        yield out
