"""Workspaces that installed the app by OAuth. Their tokens are secrets that stand here as they are."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select

from core.installs import Installation
from storage.connection import AsyncConnection
from storage.database import Database
from storage.dialect import insert
from storage.schema import installations


async def save(connection: AsyncConnection, one: Installation, now: datetime) -> None:
    values = {"token": one.token, "bot_user": one.bot_user, "installed_at": now}
    row = insert(connection, installations).values(platform=one.platform, team=one.team, **values)
    await connection.execute(row.on_conflict_do_update(index_elements=["platform", "team"], set_=values))


async def find(connection: AsyncConnection, platform: str, team: str) -> Installation | None:
    query = select(installations).where(installations.c.platform == platform, installations.c.team == team)
    row = (await connection.execute(query)).first()
    return None if row is None else Installation(row.platform, row.team, row.token, row.bot_user)


async def remove(connection: AsyncConnection, platform: str, team: str) -> None:
    mine = installations.c.platform == platform, installations.c.team == team
    await connection.execute(delete(installations).where(*mine))


async def count(connection: AsyncConnection, platform: str) -> int:
    query = select(func.count()).select_from(installations).where(installations.c.platform == platform)
    return int((await connection.execute(query)).scalar_one())


class InstallationDesk:
    """The part of the store that answers core.installs.InstallStore."""

    _database: Database

    async def save_installation(self, one: Installation, now: datetime) -> None:
        async with self._database.write() as connection:
            await save(connection, one, now)

    async def find_installation(self, platform: str, team: str) -> Installation | None:
        async with self._database.read() as connection:
            return await find(connection, platform, team)

    async def remove_installation(self, platform: str, team: str) -> None:
        async with self._database.write() as connection:
            await remove(connection, platform, team)

    async def count_installations(self, platform: str) -> int:
        async with self._database.read() as connection:
            return await count(connection, platform)
