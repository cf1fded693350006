"""Brings the tables to the newest revision, one process at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, inspect, text

from core.errors import SchemaTooNew, StoreError
from storage.connection import AsyncConnection
from storage.database import Database
from storage.dialect import Lock
from storage.schema import REVISION

if TYPE_CHECKING:
    from alembic.config import Config

# What only a database has that an earlier state of the first, unreleased revision made.
_EARLIER = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = 'entry_words_added'",
    "postgresql": "SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema() "
    "AND table_name = 'entries' AND column_name = 'url_digest' AND is_nullable = 'NO'",
}
_SCRIPTS = Path(__file__).parent / "migrations"


async def upgrade(database: Database) -> tuple[str, str]:
    """The revisions before ("" if there were no tables) and after. Raises SchemaTooNew, and StoreError for tables that
    cannot be upgraded.

    All migrations run in one transaction: an upgrade that fails leaves the tables as they were.
    """
    async with database.read() as connection:
        before = await connection.run_sync(current_revision)
        if before == REVISION:
            await _refuse_earlier_state(connection, database.url)
            return before, before
    async with database.write(Lock.SCHEMA) as connection:
        return await upgrade_within(connection)  # another process may have been quicker


async def upgrade_within(connection: AsyncConnection) -> tuple[str, str]:
    """The same in a transaction that has taken Lock.SCHEMA: when it is rolled back, the tables go as well."""
    before = await connection.run_sync(current_revision)
    if before != REVISION:
        await connection.run_sync(_upgrade, before)
    return before, REVISION


async def must_be_current(database: Database) -> str:
    """The revision of tables that need no upgrade. Raises SchemaTooNew, and StoreError when they need one."""
    async with database.read() as connection:
        found = await connection.run_sync(current_revision)
    if found != REVISION:
        _refuse_newer(make_config(), database.url, found)
        raise StoreError(
            f"The database {database.url.render_as_string()} needs an upgrade (from {found or 'empty'} to schema "
            f"{REVISION}), and nothing was changed: run `python main.py migrate` first."
        )
    async with database.read() as connection:
        await _refuse_earlier_state(connection, database.url)
    return found


async def _refuse_earlier_state(connection: AsyncConnection, url: URL) -> None:
    if (await connection.execute(text(_EARLIER[connection.dialect.name]))).first():
        raise StoreError(
            f"The database {url.render_as_string()} was made by an earlier state of this program, before its first "
            "release, with other tables; nothing was changed. Run `python main.py backup FILE`, give storage.url "
            "another database, and run `python main.py restore FILE`."
        )


def current_revision(connection: Connection) -> str:
    """The revision that the tables have, "" when there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def _upgrade(connection: Connection, before: str) -> None:
    from alembic import command  # costs a third of a second, and is needed once in a release

    config = make_config()
    config.attributes["connection"] = connection
    _refuse_newer(config, connection.engine.url, before)
    command.upgrade(config, "head")


def _refuse_newer(config: Config, url: URL, found: str) -> None:
    if found and found not in known_revisions(config):
        raise SchemaTooNew(
            f"The database {url.render_as_string()} was written by a newer release (schema {found}, this program knows "
            f"{REVISION}): start that release again, or restore a backup made before the upgrade."
        )


def make_config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def known_revisions(config: Config) -> tuple[str, ...]:
    """All revisions of this release, the newest first."""
    from alembic.script import ScriptDirectory

    return tuple(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())
