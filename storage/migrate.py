"""Brings the tables to the newest revision, one process at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from core.errors import SchemaTooNew
from storage.database import Database
from storage.dialect import Lock
from storage.schema import REVISION

if TYPE_CHECKING:
    from alembic.config import Config

_SCRIPTS = Path(__file__).parent / "migrations"


async def upgrade(database: Database) -> tuple[str, str]:
    """The revisions before ("" if there were no tables) and after. Raises SchemaTooNew.

    All migrations run in one transaction: an upgrade that fails leaves the tables as they were.
    """
    async with database.read() as connection:
        before = await connection.run_sync(current_revision)
    if before == REVISION:
        return before, before
    async with database.write(Lock.SCHEMA) as connection:
        before = await connection.run_sync(current_revision)  # another process may have been quicker
        if before != REVISION:
            await connection.run_sync(_upgrade, before)
    return before, REVISION


def current_revision(connection: Connection) -> str:
    """The revision that the tables have, "" when there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def _upgrade(connection: Connection, before: str) -> None:
    from alembic import command  # costs a third of a second, and is needed once in a release

    config = make_config()
    config.attributes["connection"] = connection
    if before and before not in known_revisions(config):
        raise SchemaTooNew(
            f"The database {connection.engine.url.render_as_string()} was written by a newer release (schema {before}, "
            f"this program knows {REVISION}): start that release again, or restore a backup made before the upgrade."
        )
    command.upgrade(config, "head")


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
