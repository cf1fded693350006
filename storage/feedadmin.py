"""Feeds that are added, removed and paused while the program runs. All need Lock.FEEDS."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update

from core.feed import FeedSpec
from core.health import Origin
from core.ports import Clock
from storage.columns import digest
from storage.connection import AsyncConnection
from storage.database import Database
from storage.dialect import Lock, insert
from storage.feeds import new_row, spec_changes
from storage.schema import feeds

# A feed that was not polled for longer begins as a new one: silently, since what it brings is no news.
STILL_NEWS = timedelta(days=1)


async def add(connection: AsyncConnection, spec: FeedSpec, now: datetime) -> bool:
    row = await _find(connection, spec.url)
    if row is None:
        values = new_row(digest(spec.url), spec, now) | {"origin": Origin.CHAT.value}
        await connection.execute(insert(connection, feeds).values(values))
        return True
    if row.active:
        return False
    changes = spec_changes(row, spec, now) | {"active": True, "origin": Origin.CHAT.value, "paused_at": None}
    await _change(connection, row, changes | _begin_again(row, now))
    return True


async def remove(connection: AsyncConnection, url: str) -> bool:
    row = await _find(connection, url)
    if row is None or not row.active or row.origin != Origin.CHAT:
        return False
    await _change(connection, row, {"active": False, "paused_at": None})
    return True


async def pause(connection: AsyncConnection, url: str, now: datetime) -> bool:
    row = await _find(connection, url)
    if row is None or not row.active:
        return False
    if row.paused_at is None:
        await _change(connection, row, {"paused_at": now})
    return True


async def resume(connection: AsyncConnection, url: str, now: datetime) -> bool:
    row = await _find(connection, url)
    if row is None or not row.active or row.paused_at is None:
        return False
    await _change(connection, row, {"paused_at": None} | _begin_again(row, now))
    return True


async def update_all(connection: AsyncConnection, specs: Sequence[FeedSpec], now: datetime) -> None:
    for spec in specs:
        row = await _find(connection, spec.url)
        if row is not None and row.origin == Origin.CHAT:
            changes = spec_changes(row, spec, now)
            if changes:
                await _change(connection, row, changes)


def _begin_again(row: Row[*tuple[Any, ...]], now: datetime) -> dict[str, Any]:
    """Poll now, but not before the server allows it; after a long rest silently, and the whole document."""
    changes: dict[str, Any] = {"next_poll_at": max(now, row.earliest_poll_at or now)}
    if row.last_polled_at is None or row.last_polled_at < now - STILL_NEWS:
        changes |= {"first_polled_at": None, "etag": None, "last_modified": None, "body_hash": ""}
    return changes


async def _find(connection: AsyncConnection, url: str) -> Row[*tuple[Any, ...]] | None:
    return (await connection.execute(select(feeds).where(feeds.c.url_digest == digest(url)))).first()


async def _change(connection: AsyncConnection, row: Row[*tuple[Any, ...]], changes: dict[str, Any]) -> None:
    """Change a row; a poll that is under way loses its lease, so that it cannot write over this."""
    await connection.execute(
        update(feeds).where(feeds.c.id == row.id).values(changes | {"epoch": feeds.c.epoch + 1, "lease_until": None})
    )


class FeedAdmin:
    """The part of the store that answers core.feedadmin.FeedAdminStore."""

    _database: Database
    _clock: Clock

    async def add_feed(self, spec: FeedSpec, now: datetime) -> bool:
        async with self._database.write(Lock.FEEDS) as connection:
            return await add(connection, spec, now)

    async def remove_feed(self, url: str) -> bool:
        async with self._database.write(Lock.FEEDS) as connection:
            return await remove(connection, url)

    async def pause_feed(self, url: str, now: datetime) -> bool:
        async with self._database.write(Lock.FEEDS) as connection:
            return await pause(connection, url, now)

    async def resume_feed(self, url: str, now: datetime) -> bool:
        async with self._database.write(Lock.FEEDS) as connection:
            return await resume(connection, url, now)

    async def update_feeds(self, specs: Sequence[FeedSpec]) -> None:
        async with self._database.write(Lock.FEEDS) as connection:
            await update_all(connection, specs, self._clock.now())
