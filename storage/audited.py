"""What polls ask of entries and stories beforehand, and what is asked for the missed-item audit."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Dialect, Integer, Select, Subquery, Text, bindparam, func, select, union, update

from core.audits import AUDIT
from core.model import Entry, Level, Story
from core.watch import StoredEntry
from storage import entries as texts
from storage import stories
from storage.columns import clean, digest
from storage.database import Database
from storage.dialect import batches
from storage.rows import Prepared, entry_of
from storage.schema import entries, feeds, identities

_NEWEST = 2_000


class AuditDesk:
    """The part of the store that answers core.audits.AuditedStore."""

    _database: Database

    async def count_titles(self, feed_id: int, titles: Sequence[str]) -> Mapping[str, int]:
        """See core.ports.PollStore."""
        if self._database.is_sqlite:
            return await self._database.look(_count_in_step(feed_id, titles))
        counts: dict[str, int] = {}
        async with self._database.read() as connection:
            for batch in batches(set(titles)):
                asked = {"feed": feed_id, "newest": _NEWEST, "titles": batch}
                counts |= {row.title: row.copies for row in await connection.execute(_counting(), asked)}
        return counts

    async def newest_entries(self, feed_id: int, limit: int) -> tuple[Entry, ...]:
        """See core.ports.PollStore."""
        newest = _newest_of()
        query = select(entries).join(newest, newest.c.id == entries.c.id).order_by(entries.c.id.desc())
        async with self._database.read() as connection:
            found = await connection.execute(query, {"feed": feed_id, "newest": limit})
            return tuple(map(entry_of, found))

    async def open_stories(self, since: datetime) -> tuple[Story, ...]:
        """See core.ports.PollStore."""
        async with self._database.read() as connection:
            return await stories.open_since(connection, since)

    async def list_audited(self, since: datetime, before: datetime, limit: int) -> tuple[StoredEntry, ...]:
        query = texts.stored().where(entries.c.outcome == AUDIT, entries.c.seen_at.between(since, before))
        async with self._database.read() as connection:
            return await texts.read_stored(connection, query.limit(limit))

    async def is_covered(self, link_key: str, url: str) -> bool:
        known = [select(identities.c.id).where(identities.c.link_digest == digest(link_key))] if link_key else []
        known += texts.having_url(url) if url else []
        if not known:
            return False
        query = select(feeds.c.spec).join(identities, identities.c.feed_id == feeds.c.id)
        query = query.where(identities.c.id.in_(union(*known)))
        async with self._database.read() as connection:
            return any(not row.spec.audit for row in await connection.execute(query))

    async def judge_audited(self, entry_ids: Sequence[int], outcome: str, reason: str) -> None:
        async with self._database.write() as connection:
            for batch in batches(entry_ids):
                await connection.execute(
                    update(entries).where(entries.c.id.in_(batch)).values(outcome=outcome, reason=reason)
                )

    async def stories_since(self, since: datetime) -> tuple[Story, ...]:
        return tuple(story for story in await self.open_stories(since) if story.level in (Level.DIGEST, Level.ALERT))


def _newest_of() -> Subquery:
    """The ids of the `newest` entries of a `feed`."""
    ours = select(identities.c.id).where(identities.c.feed_id == bindparam("feed")).order_by(identities.c.id.desc())
    return ours.limit(bindparam("newest", type_=Integer)).subquery()


def _copies() -> Select[str, int]:
    """How often each title stands among the newest, of those asked for."""
    newest = _newest_of()
    counted = select(entries.c.title, func.count().label("copies")).join(newest, newest.c.id == entries.c.id)
    return counted.group_by(entries.c.title)


@cache  # building it takes longer than running it
def _counting() -> Select[str, int]:
    return _copies().where(entries.c.title.in_(bindparam("titles", expanding=True)))


@cache
def _counting_in_step() -> Prepared:
    """The titles as one JSON text."""
    asked = func.json_each(bindparam("titles", type_=Text)).table_valued("value")
    return Prepared(_copies().where(entries.c.title.in_(select(asked.c.value))))


def _count_in_step(
    feed_id: int, titles: Sequence[str]
) -> Callable[[Dialect], Callable[[sqlite3.Connection], dict[str, int]]]:
    """`count_titles` for Database.look."""
    asked = {"feed": feed_id, "newest": _NEWEST, "titles": json.dumps(list(map(clean, titles)))}

    def prepare(dialect: Dialect) -> Callable[[sqlite3.Connection], dict[str, int]]:
        sql, (values,) = _counting_in_step().bind(dialect, [asked])
        return lambda database: dict(database.execute(sql, values).fetchall())

    return prepare
