"""Rights that one process at a time has, a row each."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import case, or_, select, update

from core.replicas import Lease
from storage.connection import AsyncConnection
from storage.dialect import insert
from storage.schema import leases


async def take(connection: AsyncConnection, name: str, owner: str, now: datetime, ttl: timedelta) -> Lease | None:
    """See core.replicas.LeaseStore.take_lease: one statement, so that of two who ask at once one gets it."""
    adding = insert(connection, leases).values(name=name, owner=owner, epoch=1, lease_until=now + ttl)
    same = leases.c.owner == owner
    taken = adding.on_conflict_do_update(
        index_elements=["name"],
        set_={
            "owner": owner,
            "epoch": case((same, leases.c.epoch), else_=leases.c.epoch + 1),
            "lease_until": now + ttl,
        },
        where=or_(same, leases.c.lease_until <= now),
    ).returning(leases.c.epoch, leases.c.value)
    row = (await connection.execute(taken)).first()
    return Lease(name, owner, row.epoch, row.value) if row else None


async def held(connection: AsyncConnection, now: datetime) -> tuple[Lease, ...]:
    """See core.replicas.WorkforceStore.list_leases."""
    found = await connection.execute(select(leases).where(leases.c.lease_until > now).order_by(leases.c.name))
    return tuple(Lease(row.name, row.owner, row.epoch, row.value) for row in found)


async def keep_value(connection: AsyncConnection, lease: Lease, value: str) -> bool:
    return await _change(connection, lease, value=value)


async def drop(connection: AsyncConnection, lease: Lease, now: datetime) -> None:
    await _change(connection, lease, lease_until=now)


async def _change(connection: AsyncConnection, lease: Lease, **values: object) -> bool:
    mine = (leases.c.name == lease.name) & (leases.c.owner == lease.owner) & (leases.c.epoch == lease.epoch)
    return bool((await connection.execute(update(leases).where(mine).values(values))).rowcount)
