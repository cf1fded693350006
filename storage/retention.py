"""Old text goes; that it was seen stays longer, so that an old item that is published again cannot alarm.

Deleted in small transactions, so that polls and deliveries never wait long.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, delete, select
from sqlalchemy.sql import Select

from core.proposing import KEEP_PROPOSALS
from storage.database import Database
from storage.dialect import Lock
from storage.schema import entries, feeds, identities, outbox, proposals, stories, updates, waiting

# Platforms repeat an event within a day at most (https://core.telegram.org/bots/api#getupdates).
KEEP_UPDATES = timedelta(days=3)
# The newest identities of a feed stay whatever their age: its document may not have changed for years.
KEEP_PER_FEED = 1_000
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows went."""

    entries: int = 0
    outbox: int = 0
    stories: int = 0
    identities: int = 0
    updates: int = 0
    proposals: int = 0


async def prune(database: Database, now: datetime, *, keep_text: timedelta, keep_identity: timedelta) -> Pruned:
    """Delete what is older than is kept.

    After `keep_text`: entries with their text and analysis, and the records of alerts that were shown or given up.
    After `keep_identity` (the longer one rules): identities, and stories without records of alerts. What still waits to
    be sent is never deleted.
    """
    keep_identity = max(keep_identity, keep_text)
    old = stories.c.updated_at < now - keep_text
    settled = ~waiting() & outbox.c.story_id.in_(select(stories.c.id).where(old))
    unheld = ~select(outbox.c.id).where(outbox.c.story_id == stories.c.id).exists()
    return Pruned(
        entries=await _delete(database, entries, entries.c.seen_at < now - keep_text),
        outbox=await _delete(database, outbox, settled, Lock.STORIES),
        stories=await _delete(database, stories, (stories.c.updated_at < now - keep_identity) & unheld, Lock.STORIES),
        identities=await _forget(database, now - keep_identity),
        updates=await _delete(database, updates, updates.c.seen_at < now - KEEP_UPDATES),
        proposals=await _forget_proposals(database, now),
    )


async def _delete(database: Database, table: Table, condition: ColumnElement[bool], lock: Lock | None = None) -> int:
    key = next(iter(table.primary_key))
    return await _delete_chosen(database, table, select(key).where(condition).limit(_BATCH), lock)


async def _delete_chosen(database: Database, table: Table, chosen: Select[tuple[int]], lock: Lock | None) -> int:
    key = next(iter(table.primary_key))
    total = 0
    while True:
        async with database.write(lock) as connection:
            count = (await connection.execute(delete(table).where(key.in_(chosen.scalar_subquery())))).rowcount
        total += count
        if count < _BATCH:
            return total


async def _forget_proposals(database: Database, now: datetime) -> int:
    """There are few: each chat keeps some, for a day."""
    async with database.write() as connection:
        old = delete(proposals).where(proposals.c.kept_at < now - KEEP_PROPOSALS)
        return (await connection.execute(old)).rowcount


async def _forget(database: Database, before: datetime) -> int:
    async with database.read() as connection:
        feed_ids = (await connection.execute(select(feeds.c.id).order_by(feeds.c.id))).scalars().all()
    total = 0
    for feed_id in feed_ids:
        newest = select(identities.c.id).where(identities.c.feed_id == feed_id).order_by(identities.c.id.desc())
        async with database.read() as connection:
            bound = (await connection.execute(newest.offset(KEEP_PER_FEED - 1).limit(1))).scalar_one_or_none()
        if bound is None:
            continue
        chosen = select(identities.c.id).where(
            identities.c.feed_id == feed_id,
            identities.c.id < bound,
            identities.c.last_seen_at < before,
            ~select(entries.c.id).where(entries.c.id == identities.c.id).exists(),
        )
        total += await _delete_chosen(database, identities, chosen.limit(_BATCH), None)
    return total
