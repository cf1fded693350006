"""The part of the store that processes agree by: the shared rate of a platform, leases, the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select

from core.replicas import Lease, Turns
from storage import hints, leases, limits
from storage.database import Database
from storage.reconcile import Finding, find


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

    async def take_lease(self, name: str, owner: str, now: datetime, *, ttl: timedelta) -> Lease | None:
        async with self._database.write() as connection:
            return await leases.take(connection, name, owner, now, ttl)

    async def keep_value(self, lease: Lease, value: str) -> bool:
        async with self._database.write() as connection:
            return await leases.keep_value(connection, lease, value)

    async def drop_lease(self, lease: Lease, now: datetime) -> None:
        async with self._database.write() as connection:
            await leases.drop(connection, lease, now)

    async def follow_outbox(self, wake: Callable[[], None]) -> None:
        """Call `wake` when a process has queued something, until cancelled; returns at once on SQLite. Only a hint."""
        await hints.follow(self._database, wake)

    async def read_clock(self) -> datetime | None:
        """The database server's time; None for SQLite, which has no other clock than ours."""
        async with self._database.read() as connection:
            if connection.dialect.name != "postgresql":
                return None
            at: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
            return at

    async def reconcile(self, now: datetime) -> tuple[Finding, ...]:
        """What contradicts itself in what is stored; see storage.reconcile."""
        async with self._database.read() as connection:
            return await find(connection, now)
