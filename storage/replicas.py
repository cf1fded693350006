"""The part of the store that processes agree by: the shared rate of a platform."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.replicas import Turns
from storage import limits
from storage.database import Database


class ReplicaStore:
    """Implements core.replicas over `_database`."""

    _database: Database

    async def take_turns(self, platform: str, now: datetime, *, count: int, apart: timedelta) -> Turns:
        if not apart:
            async with self._database.read() as connection:
                return await limits.free_turns(connection, platform, now, count)
        async with self._database.write() as connection:
            return await limits.take_turns(connection, platform, now, count=count, apart=apart)

    async def hold_platform(self, platform: str, until: datetime) -> None:
        async with self._database.write() as connection:
            await limits.hold(connection, platform, until)
