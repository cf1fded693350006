"""Backups: whole, of one moment, restored into either database with equal rows and sums; damage changes nothing."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import sqlite3
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect

from core.errors import StoreError
from core.model import Role
from core.options import Options, Verdict
from core.search import SearchTerm
from core.watch import WatchSpec
from storage import search
from storage.backup import back_up
from storage.dialect import must_be_there
from storage.dump import TABLES, Sums, opened, snapshot, sums
from storage.entries import having
from storage.restore import restore
from storage.schema import metadata
from storage.store import Store
from tests.contract.store_steps import CHAT, OTHER, TEAM, TOPICS, added_story, claimed_feed, entry, new, shown
from tests.fake_clock import FakeClock

STRANGE = "Лукашэнка 🕊 \u202e \x00 \ud800 <b> 'quote\" \\ \n"


@pytest.fixture
async def full(store: Store, database_url: str, clock: FakeClock) -> str:
    """The URL of a database, on each kind in turn, that holds something of nearly everything, strange text too."""
    now = clock.now()
    for target in (CHAT, OTHER, TEAM):
        await store.subscribe(target, TOPICS, now)
    await store.set_options(CHAT, Options(discreet=True, muted_terms=("Zażółć",)), now)
    await store.watch(CHAT, [WatchSpec("rule", "minsk", {"rule": "minsk"})], now)
    await store.record_change(CHAT, Role.EDITOR, f"subscribe {STRANGE}", now)
    await store.add_feedback([("term", "Ö"), ("term", "a"), ("term", "Z"), ("source", STRANGE)], Verdict.USEFUL)
    await store.first_sight("telegram", "1", now)
    await added_story(store, now)
    await shown(store, now)
    await added_story(store, now + timedelta(seconds=1), number=2)
    feed = await claimed_feed(store, now + timedelta(hours=1), 2)
    async with store.transaction() as transaction:
        await transaction.add_entries(feed, [new(entry(number, title=STRANGE)) for number in range(3, 500)], now)
    return database_url


def file_number(file: Path) -> int:
    return file.stat().st_ino


async def read_sums(url: str) -> Sums:
    async with opened(url) as database, snapshot(database) as connection:
        return await sums(connection)


async def tables(url: str) -> list[str]:
    """What stands in a database; a SQLite file that is not there is not made."""
    try:
        must_be_there(url)
    except StoreError:
        return []
    async with opened(url) as database, database.read() as connection:
        return await connection.run_sync(lambda it: inspect(it).get_table_names())


def rows(kept: Sums) -> int:
    return sum(one.rows for one in kept.values())


@pytest.mark.parametrize("name", ["backup.db", "backup.jsonl", "backup.jsonl.gz"])
async def test_a_backup_restores_into_either_database(full: str, empty_url: str, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    kept = await back_up(full, file)
    assert kept == await read_sums(full)
    assert rows(kept) > 1_000
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert await restore(file, empty_url) == kept
    assert await read_sums(empty_url) == kept
    assert sorted(found for found in os.listdir(tmp_path) if "backup" in found) == [name]


async def test_what_was_restored_goes_on_where_it_was(
    full: str, empty_url: str, tmp_path: Path, clock: FakeClock
) -> None:
    await back_up(full, tmp_path / "there.jsonl.gz")
    await restore(tmp_path / "there.jsonl.gz", empty_url)
    store = Store(empty_url, clock=clock)
    await store.open()
    try:
        assert not await store.first_sight("telegram", "1", clock.now())
        latest = await store.latest_stories(5)
        story, _ = await added_story(store, clock.now() + timedelta(hours=2), number=900)
        assert story.id > max(one.id for one in latest)
        found = await store.find_subscription(CHAT)
        assert found is not None
        assert found.options == Options(discreet=True, muted_terms=("Zażółć",))
    finally:
        await store.close()


@pytest.mark.parametrize("name", ["backup.db", "backup.jsonl"])
async def test_what_was_restored_is_found_by_its_words(
    full: str, empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(search, "NEAR", 0)  # so that the index is asked
    await back_up(full, tmp_path / name)
    await restore(tmp_path / name, empty_url)
    async with opened(empty_url) as database, database.read() as connection:
        found = await having(connection, [SearchTerm("quote")], 1_000)
    assert len(found) == 497


async def test_ids_are_not_given_again_after_a_restore(
    full: str, empty_url: str, tmp_path: Path, clock: FakeClock
) -> None:
    """A message in a chat names its story by id: the id of a story that is gone must stay free."""
    store = Store(full, clock=clock)
    await store.open()
    gone, _ = await added_story(store, clock.now() + timedelta(hours=2), number=901)
    await shown(store, clock.now() + timedelta(hours=2))
    long_after = clock.now() + timedelta(days=400)
    await store.prune(long_after, keep_text=timedelta(days=1), keep_identity=timedelta(days=1))
    assert await store.find_story(gone.id) is None
    await store.close()
    await back_up(full, tmp_path / "there.jsonl")
    await restore(tmp_path / "there.jsonl", empty_url)
    restored = Store(empty_url, clock=clock)
    await restored.open()
    story, _ = await added_story(restored, long_after, number=902)
    await restored.close()
    assert story.id > gone.id


async def test_a_backup_during_work_is_of_one_moment(full: str, tmp_path: Path, clock: FakeClock) -> None:
    """Each of these transactions adds ten entries: a copy of one moment has a multiple of ten more."""
    store = Store(full, clock=clock)
    await store.open()
    feed = await claimed_feed(store, clock.now() + timedelta(hours=2), 3)
    before = (await read_sums(full))["entries"].rows

    async def work() -> None:
        for turn in range(30):
            batch = [new(entry(10_000 + turn * 10 + number)) for number in range(10)]
            async with store.transaction() as transaction:
                await transaction.add_entries(feed, batch, clock.now())

    name = tmp_path / "during.jsonl"
    _, kept = await asyncio.gather(work(), back_up(full, name))
    await store.close()
    assert (kept["entries"].rows - before) % 10 == 0
    assert kept["entries"].rows == kept["identities"].rows


# --- what goes wrong ------------------------------------------------------------------------------------------------


async def test_a_database_with_contents_is_refused(full: str, tmp_path: Path) -> None:
    await back_up(full, tmp_path / "there.jsonl")
    before = await read_sums(full)
    with pytest.raises(StoreError, match="is not empty"):
        await restore(tmp_path / "there.jsonl", full)
    assert await read_sums(full) == before


def cut(lines: list[bytes]) -> list[bytes]:
    return lines[:-1]


def lose(lines: list[bytes]) -> list[bytes]:
    return lines[:2] + lines[3:]


def change(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b"Summary 77", b"Summary 78") for line in lines]


def garble(lines: list[bytes]) -> list[bytes]:
    return [*lines[:5], b"\xff\xfe{", *lines[5:]]


def strange_table(lines: list[bytes]) -> list[bytes]:
    return [*lines[:5], b'["users", 1]', *lines[5:]]


def short_row(lines: list[bytes]) -> list[bytes]:
    return [*lines[:1], json.dumps([TABLES[0].name, 1]).encode(), *lines[1:]]


def no_head(lines: list[bytes]) -> list[bytes]:
    return lines[1:]


def other_release(lines: list[bytes]) -> list[bytes]:
    return [json.dumps({**json.loads(lines[0]), "schema": "9999"}).encode(), *lines[1:]]


def wrong_foot(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-1], b'{"tables": {"feeds": 3}}']


DAMAGES = (cut, lose, change, garble, strange_table, short_row, no_head, other_release, wrong_foot)


async def test_damage_is_found_and_leaves_nothing(full: str, empty_url: str, tmp_path: Path) -> None:
    whole = tmp_path / "whole.jsonl"
    kept = await back_up(full, whole)
    lines = whole.read_bytes().splitlines()
    for damage in DAMAGES:
        file = tmp_path / f"{damage.__name__}.jsonl"
        file.write_bytes(b"\n".join(damage(lines)) + b"\n")
        with pytest.raises(StoreError, match=file.name):
            await restore(file, empty_url)
        assert await tables(empty_url) == [], damage.__name__
    assert await restore(whole, empty_url) == kept


@pytest.mark.parametrize("cut_at", [10, 300])
async def test_a_cut_archive_is_refused(full: str, empty_url: str, tmp_path: Path, cut_at: int) -> None:
    await back_up(full, tmp_path / "whole.jsonl.gz")
    file = tmp_path / "cut.jsonl.gz"
    file.write_bytes((tmp_path / "whole.jsonl.gz").read_bytes()[:-cut_at])
    with pytest.raises(StoreError, match=r"cut\.jsonl\.gz: the file is cut off"):
        await restore(file, empty_url)
    assert await tables(empty_url) == []


async def test_an_archive_with_a_changed_byte_is_refused_wherever_it_stands(sqlite_url: str, tmp_path: Path) -> None:
    await back_up(sqlite_url, tmp_path / "whole.jsonl.gz")
    whole = (tmp_path / "whole.jsonl.gz").read_bytes()
    file = tmp_path / "changed.jsonl.gz"
    for place in range(40, len(whole), len(whole) // 25):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        with pytest.raises(StoreError, match=r"changed\.jsonl\.gz"):
            await restore(file, f"sqlite+aiosqlite:///{tmp_path}/to.db")


async def test_what_is_no_backup_is_refused(empty_url: str, tmp_path: Path) -> None:
    for name, body in {
        "none.db": None,
        "empty": b"",
        "letter": b"Dear all",
        "zip": b"PK\x03\x04" * 50,
        "deep": b"[" * 200_000,
    }.items():
        if body is not None:
            (tmp_path / name).write_bytes(body)
        with pytest.raises(StoreError, match=name):
            await restore(tmp_path / name, empty_url)
    assert await tables(empty_url) == []
    assert sorted(os.listdir(tmp_path)) == ["deep", "empty", "letter", "zip"]


async def test_a_bad_file_leaves_a_database_that_was_empty_without_tables(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear all")
    here = f"sqlite+aiosqlite:///{tmp_path}/here.db"
    (tmp_path / "here.db").touch()
    with pytest.raises(StoreError, match="letter"):
        await restore(tmp_path / "letter", here)
    assert await tables(here) == []
    kept = await back_up(sqlite_url, tmp_path / "whole.jsonl")
    assert await restore(tmp_path / "whole.jsonl", here) == kept


async def test_a_database_that_was_made_meanwhile_is_not_replaced(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the program is started while a backup is put back: what it has stored by then must stay."""
    await back_up(sqlite_url, tmp_path / "whole.jsonl")
    link = os.link

    def late(made: Path, target: Path) -> None:
        target.write_text("made meanwhile")
        link(made, target)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(StoreError, match=r"to\.db was made by another program meanwhile"):
        await restore(tmp_path / "whole.jsonl", f"sqlite+aiosqlite:///{tmp_path}/to.db")
    assert (tmp_path / "to.db").read_text() == "made meanwhile"


async def test_a_file_system_without_links_gets_the_whole_database_too(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = await back_up(sqlite_url, tmp_path / "whole.jsonl")

    def refuse(made: Path, target: Path) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    assert await restore(tmp_path / "whole.jsonl", f"sqlite+aiosqlite:///{tmp_path}/new/to.db") == kept
    assert os.listdir(tmp_path / "new") == ["to.db"]
    assert stat.S_IMODE((tmp_path / "new" / "to.db").stat().st_mode) == 0o600


async def test_a_sqlite_file_of_another_program_is_refused(empty_url: str, tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE moz_places (id INTEGER)")
    connection.commit()
    connection.close()
    before = file.read_bytes()
    with pytest.raises(StoreError, match="none of Minsk Watch"):
        await restore(file, empty_url)
    assert file.read_bytes() == before


async def test_a_place_that_cannot_be_written_is_told(full: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        await back_up(full, tmp_path / "no" / "such" / "folder.jsonl")
    assert os.listdir(tmp_path) == [] or all("folder" not in name for name in os.listdir(tmp_path))


@pytest.mark.parametrize("name", ["backup.db", "backup.jsonl"])
async def test_a_database_that_is_not_there_is_neither_made_nor_backed_up(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match=r"There is no database .*wrong.db, seen from .*: check storage\.url"):
        await back_up(f"sqlite+aiosqlite:///{tmp_path}/folder/wrong.db", tmp_path / name)
    assert os.listdir(tmp_path) == []


async def test_a_pipe_or_a_device_is_not_replaced(sqlite_url: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StoreError, match="no file"):
        await back_up(sqlite_url, tmp_path / "pipe")
    assert stat.S_ISFIFO(os.stat(tmp_path / "pipe").st_mode)
    assert sorted(os.listdir(tmp_path)) == ["minskwatch.db", "pipe"]


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
async def test_the_database_itself_is_not_replaced(sqlite_url: str, tmp_path: Path, suffix: str) -> None:
    """The program that has it open would go on writing to a file without a name, and lose all of it at its end."""
    database = Path(sqlite_url.partition("///")[2])
    before = file_number(database)
    link = tmp_path / "link"
    link.symlink_to(database.with_name(database.name + suffix))
    for name in (database.with_name(database.name + suffix), link):
        with pytest.raises(StoreError, match=r"belongs to the database itself, .* name another file"):
            await back_up(sqlite_url, name)
    assert file_number(database) == before


async def test_what_is_called_packed_is_packed(sqlite_url: str, empty_url: str, tmp_path: Path) -> None:
    kept = await back_up(sqlite_url, tmp_path / "backup.db.gz")
    with gzip.open(tmp_path / "backup.db.gz", "rt", encoding="utf-8") as lines:
        assert json.loads(next(lines))["format"] == "minskwatch-backup-1"
    assert await restore(tmp_path / "backup.db.gz", empty_url) == kept


def test_every_table_and_column_is_backed_up() -> None:
    assert {table.name: list(table.columns.keys()) for table in TABLES} == {
        table.name: list(table.columns.keys()) for table in metadata.sorted_tables
    }


async def test_a_dump_can_be_read_by_other_programs(full: str, tmp_path: Path) -> None:
    await back_up(full, tmp_path / "plain.jsonl.gz")
    with gzip.open(tmp_path / "plain.jsonl.gz", "rt", encoding="utf-8") as lines:
        values = [json.loads(line) for line in lines]
    head, foot = values[0], values[-1]
    assert head["format"] == "minskwatch-backup-1"
    columns = head["columns"]
    for table, *row in values[1:-1]:
        assert len(row) == len(columns[table])
    assert sum(count for count, *_ in foot["tables"].values()) == len(values) - 2
