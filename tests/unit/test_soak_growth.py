"""The judge of growth in `make soak` lets pass what levels off, and finds each kind of leak that is put before it."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from os import getpid
from pathlib import Path

import pytest

from storage.schema import metadata
from tests.soak import growth
from tests.soak.growth import DAY, HEAD, Course, faults, report
from tests.soak.measure import AGED, BACKLOGS, WAL, Alive, Measured, Stored, count_when_asked, processes, sqlite_stored
from tests.soak.news import START

DAYS = 28
LIVED = 6  # days of a process that is left alone
INFLOW = 70  # entries a day
LEVELS = {"entries": 5, "looks": 5, "outbox": 5, "stories": 8, "members": 8, "story_topics": 8, "updates": 3}  # days


def sound(rng: random.Random) -> Measured:
    """A run in which everything levels off, with days that differ."""
    came = [rng.randint(INFLOW - 15, INFLOW + 20) for _ in range(DAYS + 1)]
    measured = Measured()
    for day in range(1, DAYS + 1):
        rows = {table.name: 9 for table in metadata.sorted_tables}
        rows |= {name: sum(came[max(0, day - kept) : day]) for name, kept in LEVELS.items()}
        rows |= {"identities": sum(came[:day]), "audit": 6 * day, "replicas": rng.randint(2, 9)}
        rows |= {name: rng.randint(0, 25) for name in BACKLOGS}
        size = 3_000_000 + 4_000 * rows["entries"] + 200 * rows["identities"]
        ages = {"entries": min(day, 5) * DAY, "updates": min(day, 3) * DAY, "replicas": DAY}
        at = START + day * DAY
        measured.stored.append(Stored(at, rows, size, size - 90_000, 4_200_000, 150_000 * day, WAL, ages))
    for hour in range(24 * LIVED):
        busy = rng.random() < 0.3
        memory = 250_000 + min(hour, 12) * 800 + 3_000 * busy
        at = START + timedelta(hours=hour)
        tasks, objects = 8 + 5 * busy, 2_000 + rng.randint(0, 900)
        measured.alive.append(Alive(at, 7, memory, 32 + 4 * busy, 10 + busy, 2, tasks, objects))
    return measured


@pytest.fixture
def measured() -> Measured:
    return sound(random.Random(5))


def grow(measured: Measured, **by: float) -> list[str]:
    """The faults found when fields of what was stored grow by so much a day."""
    for place, one in enumerate(measured.stored):
        grown = {name: int(getattr(one, name) + much * place) for name, much in by.items()}
        measured.stored[place] = replace(one, **grown)  # type: ignore[arg-type]
    return list(faults(measured))


def leak(measured: Measured, rows: Mapping[str, float]) -> list[str]:
    """The faults found when tables gain so many rows a day that nobody deletes."""
    for place, one in enumerate(measured.stored):
        more = {name: one.rows[name] + int(much * place) for name, much in rows.items()}
        measured.stored[place] = replace(one, rows={**one.rows, **more})
    return list(faults(measured))


@pytest.mark.parametrize("seed", range(40))
def test_what_levels_off_is_no_fault(seed: int) -> None:
    assert list(faults(sound(random.Random(seed)))) == []


@pytest.mark.parametrize("table", [*LEVELS, "feeds", "leases", "notices", "targets", "platform_limits", "feedback"])
def test_a_table_that_nobody_prunes_is_found(measured: Measured, table: str) -> None:
    (fault,) = leak(measured, {table: INFLOW if table in LEVELS else 1})
    assert fault.startswith(f"{table} grows: ")
    assert "was to level off by day" in fault


@pytest.mark.parametrize("backlog", BACKLOGS)
def test_a_backlog_that_grows_is_found(measured: Measured, backlog: str) -> None:
    (fault,) = leak(measured, {backlog: 4})
    assert fault.startswith(f"{backlog} grows: ")


def test_a_seventh_of_what_comes_that_stays_behind_is_found_in_time(measured: Measured) -> None:
    (fault,) = leak(measured, {"entries": INFLOW / 7})
    assert fault.startswith("entries grows: ")


def test_what_may_grow_has_an_end(measured: Measured) -> None:
    assert leak(measured, {"identities": 100, "audit": 20}) == []
    assert leak(measured, {"audit": 400}) == ["audit: 11,508, and 4,500 are kept at most"]


def test_a_row_that_is_kept_for_too_long_is_found_at_once(measured: Measured) -> None:
    last = measured.stored[6]
    measured.stored[6] = replace(last, ages={**last.ages, "entries": 6 * DAY})
    assert list(faults(measured)) == ["entries: a row of 6.0 days on 17 00:00, and 5.0 days are kept"]


def test_files_that_grow_are_found(measured: Measured) -> None:
    found = grow(measured, size=200_000, used=200_000)
    assert [fault.partition(" grows")[0] for fault in found] == ["database, KiB", "pages in use, KiB"]


def test_a_write_ahead_log_beyond_its_limit_and_a_log_that_says_more_each_day_are_found(measured: Measured) -> None:
    measured.stored[9] = replace(measured.stored[9], wal=WAL + 1024)
    for place, one in enumerate(measured.stored):
        measured.stored[place] = replace(one, log=one.log + 20_000 * place**2)
    wal, log = faults(measured)
    assert wal == "write-ahead log, KiB: 65,537, and 65,536 are kept at most"
    assert log.startswith("log, KiB of a day grows: ")


@pytest.mark.parametrize(
    ("name", "a_day"),
    [("memory", 12_000), ("descriptors", 4), ("threads", 1), ("children", 1), ("tasks", 1), ("objects", 9_000)],
)
def test_what_a_process_gathers_is_found(measured: Measured, name: str, a_day: int) -> None:
    for hour, one in enumerate(measured.alive):
        measured.alive[hour] = replace(one, **{name: getattr(one, name) + a_day * hour // 24})
    (fault,) = faults(measured)
    assert fault.startswith("process 1, ")
    assert "grows: " in fault


def test_a_process_that_began_anew_begins_anew(measured: Measured) -> None:
    measured.alive = [replace(one, pid=hour // 40, descriptors=hour) for hour, one in enumerate(measured.alive)]
    assert list(faults(measured)) == [], "none lived long enough to tell"


def test_few_points_tell_nothing() -> None:
    short = Course("entries", [(day, 100 * day) for day in range(1, 8)], full=5)
    assert (short.fault(), short.verdict) == ("", "too short to say")
    assert Course("entries", [(day, 100 * day) for day in range(1, 12)], full=5).verdict == "GROWS"
    assert list(report(Measured())) == []


def test_the_report_says_what_levels_off_and_what_grows(measured: Measured) -> None:
    measured.took = [10.0, 100.0, 190.0]
    leak(measured, {"leases": 1})
    lines = list(report(measured))
    said = {line[: len(HEAD) - 48].strip(): line[len(HEAD) :].strip() for line in lines[1:-1]}
    assert said["entries"] == "level"
    assert said["leases"] == "GROWS"
    assert said["identities"] == "up to 9,000"
    assert said["process 1, descriptors"] == "level"
    assert lines[-1] == "A day took 90 to 90 s, 90 as a rule."


async def test_a_process_counts_its_tasks_and_objects_when_asked(tmp_path: Path) -> None:
    assert processes([getpid()], tmp_path, START) == [], "it has not begun, and a signal would end it"
    (tmp_path / f"bell.{getpid()}").touch()
    before = signal.getsignal(signal.SIGUSR1)
    try:
        count_when_asked(tmp_path)
        (first,) = processes([getpid()], tmp_path, START)
        (second,) = processes([getpid()], tmp_path, START)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert (first.tasks, first.objects) == (0, 0)
    assert second.tasks >= 1
    assert second.objects > 1_000
    assert second.memory > 10_000
    assert second.descriptors > 3
    assert second.threads >= 1


def test_rows_ages_and_files_of_sqlite_are_read(sqlite_url: str, tmp_path: Path) -> None:
    file = tmp_path / "minskwatch.db"
    with closing(sqlite3.connect(sqlite_url.partition("///")[2])) as filled, closing(sqlite3.connect(file)) as copy:
        filled.execute("INSERT INTO updates VALUES (x'00', '2025-12-09 12:00:00.000000')")
        filled.commit()
        filled.backup(copy)
    (tmp_path / "0.log").write_text("said\nCHAOS not by the program\nmore\n", encoding="utf-8")
    stored = sqlite_stored(tmp_path, START)
    assert {name: count for name, count in stored.rows.items() if count} == {"updates": 1}
    assert stored.rows.keys() == {table.name for table in metadata.sorted_tables} | BACKLOGS.keys()
    assert stored.ages == {"updates": timedelta(hours=12)}
    assert (stored.log, stored.wal_most) == (10, WAL)
    assert 0 < stored.used <= stored.size


def test_what_is_judged_is_there() -> None:
    tables = {table.name: table.columns.keys() for table in metadata.sorted_tables}
    assert {*growth.FULL_AFTER, *growth.UP_TO, *growth.OLDEST} <= tables.keys()
    assert all(column in tables[table] for table, column in AGED.items())
    assert growth.OLDEST.keys() <= AGED.keys()


def test_what_was_measured_is_written_down(measured: Measured) -> None:
    rows = [json.loads(line) for line in measured.lines()]
    assert rows[0]["rows"]["identities"] == measured.stored[0].rows["identities"]
    assert rows[-1]["memory"] == measured.alive[-1].memory
