"""What operators are told once, and which processes are at work: a row each, so that all processes know the same."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select, tuple_, update

from core.noticing import Notice, NoticeKey
from core.replicas import Replica
from core.sentence import pack, unpack
from storage.columns import clean, digest
from storage.connection import AsyncConnection
from storage.dialect import batches, insert
from storage.schema import notices, replicas

# A process that has said nothing for so long is gone for good, and its row of no interest to anybody.
FORGET_AFTER = timedelta(days=1)


async def listed(connection: AsyncConnection, now: datetime) -> tuple[Notice, ...]:
    at_hand = or_(notices.c.over_at.is_(None), notices.c.over_at > now)
    rows = await connection.execute(select(notices).where(at_hand).order_by(notices.c.id))
    return tuple(
        Notice(row.kind, row.name, unpack(row.said, row.text), row.over_at, frozenset(row.told.split())) for row in rows
    )


async def begin(connection: AsyncConnection, new: Sequence[Notice], now: datetime) -> tuple[Notice, ...]:
    await connection.execute(delete(notices).where(notices.c.over_at <= now))
    added = []
    for one in sorted(new, key=lambda notice: notice.key):  # in one order, so that two processes cannot lock each other
        values = {
            "kind": one.kind,
            "name_digest": digest(one.name),
            "name": one.name,
            "text": one.text,
            "said": pack(one.text, clean),
            "over_at": one.over_at,
        }
        adding = insert(connection, notices).values(values)
        adding = adding.on_conflict_do_nothing(index_elements=["kind", "name_digest"])
        if (await connection.execute(adding)).rowcount:
            added.append(one)
    return tuple(added)


async def prolong(connection: AsyncConnection, keys: Collection[NoticeKey], over_at: datetime) -> None:
    for batch in batches(sorted(keys)):
        await connection.execute(update(notices).where(_among(batch)).values(over_at=over_at))


async def end(connection: AsyncConnection, keys: Collection[NoticeKey]) -> frozenset[NoticeKey]:
    ended: set[NoticeKey] = set()
    for batch in batches(sorted(keys)):
        gone = delete(notices).where(_among(batch)).returning(notices.c.kind, notices.c.name)
        ended |= {(row.kind, row.name) for row in await connection.execute(gone)}
    return frozenset(ended)


async def mark_noticed(connection: AsyncConnection, keys: Collection[NoticeKey], mark: str) -> None:
    told = func.trim(notices.c.told + (" " + mark))
    for batch in batches(sorted(keys)):
        await connection.execute(update(notices).where(_among(batch)).values(told=told))


def _among(keys: Sequence[NoticeKey]) -> ColumnElement[bool]:
    return tuple_(notices.c.kind, notices.c.name_digest).in_([(kind, digest(name)) for kind, name in keys])


async def beat(connection: AsyncConnection, one: Replica, now: datetime) -> None:
    values = {"version": one.version, "revision": one.revision, "roles": " ".join(one.roles), "seen_at": now}
    adding = insert(connection, replicas).values(owner=one.owner, started_at=one.started_at, **values)
    await connection.execute(adding.on_conflict_do_update(index_elements=["owner"], set_=values))
    await connection.execute(delete(replicas).where(replicas.c.seen_at < now - FORGET_AFTER))


async def at_work(connection: AsyncConnection, since: datetime) -> tuple[Replica, ...]:
    seen = select(replicas).where(replicas.c.seen_at >= since).order_by(replicas.c.started_at, replicas.c.owner)
    return tuple(
        Replica(row.owner, row.version, row.revision, tuple(row.roles.split()), row.started_at, row.seen_at)
        for row in await connection.execute(seen)
    )


async def leave(connection: AsyncConnection, owner: str) -> None:
    await connection.execute(delete(replicas).where(replicas.c.owner == owner))
