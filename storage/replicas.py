"""The part of the store that processes agree by: the shared rate of a platform, leases, notices, the clock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from core.noticing import Notice, NoticeKey
from core.replicas import Lease, Replica, Turns
from storage import hints, leases, limits, notices
from storage.database import Database
from storage.migrate import current_revision
from storage.reconcile import Finding, find


class ReplicaStore:
    """Implements core.replicas over `_database`."""

    _database: Database
    _listen: bool = True

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

    async def list_leases(self, now: datetime) -> tuple[Lease, ...]:
        async with self._database.read() as connection:
            return await leases.held(connection, now)

    async def list_notices(self, now: datetime) -> tuple[Notice, ...]:
        async with self._database.read() as connection:
            return await notices.listed(connection, now)

    async def begin_notices(self, new: Sequence[Notice], now: datetime) -> tuple[Notice, ...]:
        async with self._database.write() as connection:
            return await notices.begin(connection, new, now)

    async def prolong_notices(self, keys: Collection[NoticeKey], over_at: datetime) -> None:
        async with self._database.write() as connection:
            await notices.prolong(connection, keys, over_at)

    async def end_notices(self, keys: Collection[NoticeKey]) -> frozenset[NoticeKey]:
        async with self._database.write() as connection:
            return await notices.end(connection, keys)

    async def mark_noticed(self, keys: Collection[NoticeKey], mark: str) -> None:
        async with self._database.write() as connection:
            await notices.mark_noticed(connection, keys, mark)

    async def beat(self, replica: Replica, now: datetime) -> None:
        async with self._database.write() as connection:
            await notices.beat(connection, replica, now)

    async def list_replicas(self, since: datetime) -> tuple[Replica, ...]:
        async with self._database.read() as connection:
            return await notices.at_work(connection, since)

    async def leave(self, owner: str) -> None:
        async with self._database.write() as connection:
            await notices.leave(connection, owner)

    async def read_revision(self) -> str:
        async with self._database.read() as connection:
            return await connection.run_sync(current_revision)

    async def follow_outbox(self, wake: Callable[[], None]) -> None:
        """Call `wake` when a process has queued something, until cancelled. Only a hint.

        Returns at once on SQLite, and when listening is switched off.
        """
        if self._listen:
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
