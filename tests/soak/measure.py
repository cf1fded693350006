"""What a run takes of its host, hour by hour: of the processes by /proc, of the database by its tables and files."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from storage.schema import metadata
from tests.chaos.database import PostgresTrouble

WAL = 64 * 2**20  # SQLite's journal_size_limit
WAL_OF_SERVER = 2**30 + 2**28  # PostgreSQL's max_wal_size, which is a soft limit
AGED = {"entries": "seen_at", "updates": "seen_at", "replicas": "seen_at", "proposals": "kept_at"}
# What must never pile up, beside the tables: what waits to be shown, and what waits to be read in full.
BACKLOGS = {
    "outbox, waiting": "outbox WHERE dead_reason IS NULL AND held_reason IS NULL AND wanted > sent",
    "looks, due": "looks WHERE due_at IS NOT NULL",
}


@dataclass(frozen=True)
class Alive:
    """A process at a moment. `memory` in KiB; `children` are its parsers; `tasks` and `objects` as it counted last."""

    at: datetime
    pid: int
    memory: int
    descriptors: int
    threads: int
    children: int
    tasks: int
    objects: int


@dataclass(frozen=True)
class Stored:
    """The database and the logs at a moment: rows and the oldest row's age by table, the rest in bytes.

    `used`: without pages that are free. `wal_most`: what the write-ahead log must stay below.
    """

    at: datetime
    rows: Mapping[str, int]
    size: int
    used: int
    wal: int
    log: int
    wal_most: int
    ages: Mapping[str, timedelta] = field(default_factory=dict)


@dataclass
class Measured:
    """All that was measured, in the order of time."""

    alive: list[Alive] = field(default_factory=list)
    stored: list[Stored] = field(default_factory=list)
    took: list[float] = field(default_factory=list)  # seconds of the machine's time, by day

    def lines(self) -> list[str]:
        """As JSON, a line each."""
        return [json.dumps(vars(one), default=str) for one in (*self.stored, *self.alive)]


def count_when_asked(folder: Path) -> None:
    """Let this process write its tasks and objects into `folder` when it gets SIGUSR1."""

    def count(*_: object) -> None:
        with suppress(RuntimeError, OSError):  # no loop runs, or the run is over
            counted = {"tasks": len(asyncio.all_tasks()), "objects": len(gc.get_objects())}
            (folder / f"counts.{os.getpid()}").write_text(json.dumps(counted), encoding="utf-8")

    signal.signal(signal.SIGUSR1, count)


def processes(pids: Iterable[int], folder: Path, now: datetime) -> list[Alive]:
    """The processes that are at work; each is asked for its counts, which are known the next time."""
    found = []
    for pid in pids:
        if not (folder / f"bell.{pid}").exists():  # it has not begun
            continue
        with suppress(OSError, ValueError):
            counted = _counted(folder / f"counts.{pid}")
            found.append(_alive(pid, now, counted))
            os.kill(pid, signal.SIGUSR1)
    return found


def _alive(pid: int, now: datetime, counted: dict[str, int]) -> Alive:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    threads = list(Path(f"/proc/{pid}/task").iterdir())
    return Alive(
        now,
        pid,
        memory=int(status["VmRSS"].split()[0]),
        descriptors=len(list(Path(f"/proc/{pid}/fd").iterdir())),
        threads=len(threads),
        children=sum(len((one / "children").read_text().split()) for one in threads),
        tasks=counted.get("tasks", 0),
        objects=counted.get("objects", 0),
    )


def _counted(file: Path) -> dict[str, int]:
    try:
        found: dict[str, int] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def sqlite_stored(folder: Path, now: datetime) -> Stored:
    file = folder / "minskwatch.db"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:

        def number(query: str) -> int:
            return int(connection.execute(query).fetchone()[0] or 0)

        rows = {name: number(f"SELECT count(*) FROM {what}") for name, what in _countings().items()}
        oldest = {name: number(f"SELECT strftime('%s', min({column})) FROM {name}") for name, column in AGED.items()}
        pages, free, each = (number(f"PRAGMA {one}") for one in ("page_count", "freelist_count", "page_size"))
    wal = file.with_name("minskwatch.db-wal")
    size = wal.stat().st_size if wal.exists() else 0
    return Stored(now, rows, each * pages, each * (pages - free), size, _log(folder), WAL, _ages(oldest, now))


async def postgres_stored(trouble: PostgresTrouble, folder: Path, now: datetime) -> Stored:
    connection = await trouble.connected()

    async def number(query: str) -> int:
        found: Any = await connection.fetchval(query)
        return int(found or 0)

    rows = {name: await number(f"SELECT count(*) FROM {what}") for name, what in _countings().items()}
    oldest = {
        name: await number(f"SELECT extract(epoch FROM min({column})) FROM {name}") for name, column in AGED.items()
    }
    size = await number("SELECT pg_database_size(current_database())")
    wal = await number("SELECT sum(size) FROM pg_ls_waldir()")
    connection.terminate()
    return Stored(now, rows, size, size, wal, _log(folder), WAL_OF_SERVER, _ages(oldest, now))


def _ages(oldest: Mapping[str, int], now: datetime) -> dict[str, timedelta]:
    """How long ago the moments were, which are seconds since 1970, or 0 for none."""
    return {name: now - datetime.fromtimestamp(at, UTC) for name, at in oldest.items() if at}


def _countings() -> dict[str, str]:
    return {**{table.name: table.name for table in metadata.sorted_tables}, **BACKLOGS}


def _log(folder: Path) -> int:
    """What the program said; the witness of the tests speaks there too."""
    total = 0
    for log in folder.glob("*.log"):
        with log.open("rb") as lines:
            total += sum(len(line) for line in lines if not line.startswith(b"CHAOS"))
    return total
