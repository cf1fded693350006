"""Opening a store: upgrades, two of them at once, a newer release, and addresses that are of no use."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from core.errors import SchemaTooNew, StoreError
from storage import migrate
from storage.database import Database
from storage.schema import REVISION, metadata
from storage.store import Store
from tests.contract.store_steps import start
from tests.postgres import database_url as named

# --- upgrades -------------------------------------------------------------------------------------------------------

_OPEN = "import asyncio, sys; from storage.store import Store; s = Store(sys.argv[1])\n"
_OPEN += "async def main():\n    print(*await s.open()); await s.close()\nasyncio.run(main())"


def test_two_processes_may_upgrade_at_once(empty_url: str) -> None:
    programs = [start(_OPEN, empty_url) for _ in range(3)]
    told = sorted(program.communicate()[0].decode().strip() for program in programs)
    assert told == [REVISION, f"{REVISION} {REVISION}", f"{REVISION} {REVISION}"], "one found it empty"


async def test_migrations_and_schema_agree(empty_url: str) -> None:
    database = Database(empty_url, busy_timeout=5)
    await database.open()

    def differences(connection: Connection) -> list[object]:
        known = {"include_name": lambda name, kind, _: not str(name).startswith(("entry_words", "ix_entries_words"))}
        return list(compare_metadata(MigrationContext.configure(connection, opts=known), metadata))

    try:
        assert await migrate.upgrade(database) == ("", REVISION)
        assert await migrate.upgrade(database) == (REVISION, REVISION)
        async with database.read() as connection:
            assert await connection.run_sync(differences) == []
    finally:
        await database.close()
    assert migrate.known_revisions(migrate.make_config())[0] == REVISION


async def test_tables_of_an_earlier_state_are_refused_before_anything_is_stored(empty_url: str) -> None:
    store, database = Store(empty_url), Database(empty_url, busy_timeout=5)
    await store.open()
    await store.close()
    await database.open()
    async with database.write() as connection:
        await connection.execute(
            text(
                "CREATE TRIGGER entry_words_added AFTER INSERT ON entries BEGIN SELECT 1; END"
                if database.is_sqlite
                else "ALTER TABLE entries ALTER COLUMN url_digest SET NOT NULL"
            )
        )
    await database.close()
    for upgrade in (True, False):
        with pytest.raises(
            StoreError, match=r"earlier state .*`python main.py backup FILE`.*`python main.py restore FILE`"
        ):
            await store.open(upgrade=upgrade)


async def test_whoever_only_reads_upgrades_nothing(empty_url: str) -> None:
    store, database = Store(empty_url), Database(empty_url, busy_timeout=5)
    with pytest.raises(StoreError, match=r"needs an upgrade .*`python main.py migrate` first"):
        await store.open(upgrade=False)
    await database.open()
    async with database.write() as connection:
        assert await connection.run_sync(migrate.current_revision) == ""
    await store.open()
    await store.close()
    assert await store.open(upgrade=False) == (REVISION, REVISION)
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await store.close()
    with pytest.raises(SchemaTooNew, match="newer release"):
        await store.open(upgrade=False)
    await database.close()


async def test_an_upgrade_that_fails_changes_nothing(empty_url: str) -> None:
    database = Database(empty_url, busy_timeout=5)
    await database.open()
    try:
        async with database.write() as connection:
            await connection.execute(text("CREATE TABLE updates (x INTEGER)"))
        with pytest.raises(StoreError, match="updates"):
            await migrate.upgrade(database)
        async with database.write() as connection:
            assert await connection.run_sync(migrate.current_revision) == ""
            await connection.execute(text("DROP TABLE updates"))
        assert await migrate.upgrade(database) == ("", REVISION)
    finally:
        await database.close()


async def test_a_database_of_a_newer_release_is_refused(store: Store, database_url: str) -> None:
    database = Database(database_url, busy_timeout=5)
    await database.open()
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.close()
    with pytest.raises(SchemaTooNew, match=r"newer release \(schema 9999, this program knows") as caught:
        await Store(database_url).open()
    assert "start that release again, or restore a backup" in str(caught.value)


# --- addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "unknown kind of database"),
        ("nonsense", "unknown kind of database"),
        ("mysql://root:hunter2@host/x", "unknown kind of database"),
        ("sqlite:///x.db", "unknown kind of database"),
        ("postgresql+asyncpg://user:hunter2@host:port/x", "unknown kind of database"),
        ("postgresql+asyncpg://user:hunter2@host", "name of the database is missing"),
        ("sqlite+aiosqlite://", "in memory forgets all"),
        ("sqlite+aiosqlite:///:memory:", "in memory forgets all"),
        ("sqlite+aiosqlite:///file:x?mode=memory&uri=true", "in memory forgets all"),
        ("sqlite+aiosqlite://data/x.db", "three slashes"),
    ],
)
def test_an_address_of_no_use_is_told_without_its_password(url: str, told: str) -> None:
    with pytest.raises(StoreError, match=told) as caught:
        Store(url)
    assert "hunter2" not in str(caught.value)


async def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    for address in ("user:hunter2@127.0.0.1:9", f"user:hunter2@/x?host={tmp_path}"):
        url = f"postgresql+asyncpg://{address}" + ("" if "?" in address else "/x")
        with pytest.raises(StoreError, match=r"cannot be reached .* check storage\.url") as caught:
            await Store(url).open()
        assert "hunter2" not in str(caught.value)


async def test_a_database_that_is_not_there_is_told(postgres_server: str) -> None:
    with pytest.raises(StoreError, match="no such database on the server: create it"):
        await Store(named(postgres_server, "nowhere")).open()


async def test_the_folder_of_a_sqlite_file_is_made_and_the_file_is_private(tmp_path: Path) -> None:
    file = tmp_path / "not" / "there" / "x.db"
    store = Store(f"sqlite+aiosqlite:///{file}")
    await store.open()
    await store.close()
    assert oct(file.stat().st_mode & 0o777) == "0o600"


async def test_a_sqlite_path_of_no_use_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("this is text, and long enough not to be taken for an empty database\n" * 99)
    for path, told in (
        (tmp_path / "file" / "x.db", "cannot be opened"),
        (tmp_path, "cannot be opened"),
        ("/proc/nowhere/x.db", "cannot be opened"),
        (tmp_path / "file", "no SQLite database"),
    ):
        with pytest.raises(StoreError, match=told):
            await Store(f"sqlite+aiosqlite:///{path}").open()


async def test_a_store_that_is_not_open_says_so(sqlite_url: str) -> None:
    with pytest.raises(StoreError, match="call open"):
        await Store(sqlite_url).get_status()
