"""Second looks: which entries wait to be read in full, who reads them now, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select, update

from core.errors import LeaseLost
from core.looking import LookResult, LookTrace
from core.model import Feed
from core.secondlook import Look, NewLook
from storage.connection import AsyncConnection
from storage.database import Database
from storage.dialect import Lock, batches, insert
from storage.rows import entry_of
from storage.schema import entries, feeds, looks

HOUR = timedelta(hours=1)
_AHEAD = 4  # looks examined for each one wanted, since a feed gets one at a time
_TOO_LATE = "It waited for a page to be read, but too many others were before it (feeds.full_text_per_hour)."


async def add(connection: AsyncConnection, feed: Feed, wanted: Sequence[NewLook], now: datetime) -> None:
    rows = [
        {
            "entry_id": look.entry_id,
            "feed_id": feed.id,
            "at": look.at,
            "asked_at": now,
            "due_at": now if look.result is LookResult.WAITING else None,
            "done_at": None if look.result is LookResult.WAITING else now,
            "result": look.result.value,
            "detail": look.detail,
        }
        for look in wanted
    ]
    for batch in batches(rows):
        await connection.execute(insert(connection, looks).on_conflict_do_nothing(index_elements=["entry_id"]), batch)


async def claim(
    connection: AsyncConnection, now: datetime, *, limit: int, per_hour: int, lease: timedelta, patience: timedelta
) -> tuple[Look, ...]:
    """Lease looks. Needs Lock.LOOKS: the budget counts over all processes."""
    free = or_(looks.c.lease_until.is_(None), looks.c.lease_until <= now)
    await connection.execute(
        update(looks)
        .where(looks.c.due_at.is_not(None), looks.c.asked_at < now - patience, free)
        .values(due_at=None, done_at=now, result=LookResult.BUDGET.value, detail=_TOO_LATE)
    )
    begun = await connection.scalar(select(func.count()).select_from(looks).where(looks.c.started_at > now - HOUR))
    limit = min(limit, per_hour - (begun or 0))
    if limit <= 0:
        return ()
    due = select(looks.c.entry_id, looks.c.feed_id).where(looks.c.due_at <= now, free)
    chosen: dict[int, int] = {}
    for row in await connection.execute(due.order_by(looks.c.due_at, looks.c.entry_id).limit(limit * _AHEAD)):
        chosen.setdefault(row.feed_id, row.entry_id)
    ids = list(chosen.values())[:limit]
    if not ids:
        return ()
    await connection.execute(
        update(looks)
        .where(looks.c.entry_id.in_(ids))
        .values(lease_until=now + lease, epoch=looks.c.epoch + 1, started_at=now)
    )
    return await _read(connection, ids)


async def _read(connection: AsyncConnection, ids: Sequence[int]) -> tuple[Look, ...]:
    query = (
        select(entries, looks.c.at, looks.c.asked_at, looks.c.attempts, looks.c.epoch, feeds.c.spec)
        .join(looks, looks.c.entry_id == entries.c.id)
        .join(feeds, feeds.c.id == entries.c.feed_id)
        .where(entries.c.id.in_(ids))
        .order_by(entries.c.id)
    )
    return tuple(
        Look(
            entry_id=row.id,
            feed_id=row.feed_id,
            spec=row.spec,
            entry=entry_of(row),
            analysis=row.analysis,
            at=row.at,
            asked_at=row.asked_at,
            attempts=row.attempts,
            epoch=row.epoch,
        )
        for row in await connection.execute(query)
    )


async def check(connection: AsyncConnection, look: Look) -> None:
    """Hold the row until the end of the transaction; LeaseLost when it is not ours any more."""
    mine = and_(looks.c.entry_id == look.entry_id, looks.c.epoch == look.epoch)
    if (await connection.execute(select(looks.c.entry_id).where(mine).with_for_update())).first() is None:
        raise _lost(look)


async def finish(connection: AsyncConnection, look: Look, trace: LookTrace, hits: int) -> None:
    written = await connection.execute(
        update(looks)
        .where(looks.c.entry_id == look.entry_id, looks.c.epoch == look.epoch)
        .values(
            due_at=None,
            lease_until=None,
            done_at=trace.at,
            attempts=looks.c.attempts + 1,
            result=trace.result.value,
            detail=trace.detail,
        )
    )
    if written.rowcount != 1:
        raise _lost(look)
    if hits:
        await connection.execute(
            update(feeds).where(feeds.c.id == look.feed_id).values(hits_total=feeds.c.hits_total + hits)
        )


async def retry(connection: AsyncConnection, look: Look, due_at: datetime, detail: str) -> bool:
    written = await connection.execute(
        update(looks)
        .where(looks.c.entry_id == look.entry_id, looks.c.epoch == look.epoch)
        .values(due_at=due_at, lease_until=None, attempts=looks.c.attempts + 1, detail=detail)
    )
    return written.rowcount == 1


async def find(connection: AsyncConnection, entry_id: int) -> LookTrace | None:
    query = select(looks.c.result, looks.c.detail, looks.c.done_at).where(looks.c.entry_id == entry_id)
    row = (await connection.execute(query)).first()
    return None if row is None else LookTrace(LookResult(row.result), row.detail, row.done_at)


def _lost(look: Look) -> LeaseLost:
    return LeaseLost(f"The second look at {look.entry.url} was taken over by another process; this one is dropped.")


class LookDesk:
    """The part of the store that answers core.secondlook.LookStore."""

    _database: Database

    async def claim_looks(
        self,
        now: datetime,
        *,
        limit: int,
        per_hour: int,
        lease: timedelta,
        patience: timedelta = timedelta(hours=6),
    ) -> tuple[Look, ...]:
        async with self._database.write(Lock.LOOKS) as connection:
            return await claim(connection, now, limit=limit, per_hour=per_hour, lease=lease, patience=patience)

    async def retry_look(self, look: Look, due_at: datetime, detail: str) -> bool:
        async with self._database.write() as connection:
            return await retry(connection, look, due_at, detail)

    async def next_look_at(self) -> datetime | None:
        async with self._database.read() as connection:
            moment: datetime | None = await connection.scalar(select(func.min(looks.c.due_at)))
            return moment
