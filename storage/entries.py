"""Entries: what is known of a feed, what is stored anew, and the path of one entry."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain, groupby
from typing import Any

from sqlalchemy import Dialect, Select, case, func, select, union, update

from core.audits import AUDIT, COVERED, MISSED
from core.links import link_key
from core.model import Entry, EntryTrace, Feed, Level, NewEntry
from core.search import SearchTerm
from core.watch import StoredEntry
from storage import search, secondlooks
from storage.columns import digest
from storage.connection import AsyncConnection
from storage.dialect import batches, in_step, insert_into
from storage.rows import Prepared, RowInsert, entry_of
from storage.schema import entries, feeds, identities, members, outbox, shown, stories, story_topics, waiting
from storage.sqlite import insert_rows

# Entries bound in one turn of the loop, in which the program answers nobody, and those of one statement on PostgreSQL.
_AT_ONCE = 50
_IN_STATEMENT = 150


async def add(
    connection: AsyncConnection, feed: Feed, new: Sequence[NewEntry], now: datetime
) -> tuple[int | None, ...]:
    """Store entries; ids in the order given, None for those that were stored already."""
    return await add_all(connection, [(feed, item, now) for item in new])


async def add_all(
    connection: AsyncConnection, new: Sequence[tuple[Feed, NewEntry, datetime]]
) -> tuple[int | None, ...]:
    """`add` for the entries of several feeds, each with the time at which it was seen."""
    keys = [(feed.id, digest(item.entry.identity)) for feed, item, _ in new]
    first: dict[tuple[int, bytes], int] = {}
    for place, key in enumerate(keys):
        first.setdefault(key, place)
    ids: dict[int, int] = {}
    on_sqlite = connection.dialect.name == "sqlite"
    add_some, size = (_add_in_step, _AT_ONCE) if on_sqlite else (_add_some, _IN_STATEMENT)
    for batch in batches(first.items(), size):
        added = await add_some(connection, [(key, *new[place]) for key, place in batch])
        ids |= {place: entry_id for (_, place), entry_id in zip(batch, added, strict=True) if entry_id is not None}
    return tuple(map(ids.get, range(len(new))))


_Seen = tuple[tuple[int, bytes], Feed, NewEntry, datetime]  # the first: feed and digest of the identity


async def _add_some(connection: AsyncConnection, seen: Sequence[_Seen]) -> list[int | None]:
    """On PostgreSQL, by one statement, which gives what it did not store before a text."""
    parts: list[list[list[Any]]] = []
    for part in batches(seen, _AT_ONCE):
        parts.append(_TEXTS.columns(connection.dialect, _columns(part))[1:])
        await asyncio.sleep(0)
    columns = [list(chain.from_iterable(column)) for column in zip(*parts, strict=True)]
    columns += [[key for (_, key), *_ in seen], [digest(item.entry.link_key) for _, _, item, _ in seen]]
    added = await connection.exec_driver_sql(_adding(connection.dialect), tuple(columns))
    fresh = {(row.feed_id, bytes(row.identity_digest)): row.id for row in added}
    return [fresh.get(key) for key, *_ in seen]


async def _add_in_step(connection: AsyncConnection, seen: Sequence[_Seen]) -> list[int | None]:
    """The same on SQLite, which tells the id of each row that is inserted."""
    bound = _bind(connection.dialect, seen)
    return (await in_step(connection, lambda database: insert_bound(database, [bound])))[0]


@dataclass(frozen=True, slots=True)
class BoundEntries:
    """Entries as SQLite's driver takes them."""

    adding: str
    keys: Sequence[tuple[Any, ...]]
    inserting: str
    texts: Sequence[tuple[Any, ...]]

    def part(self, first: int, end: int) -> BoundEntries:
        """Some of them."""
        return BoundEntries(self.adding, self.keys[first:end], self.inserting, self.texts[first:end])

    def add(self, database: sqlite3.Connection) -> list[int | None]:
        """Insert the identities: ids in their order, None for what is stored already."""
        done = [database.execute(self.adding, key) for key in self.keys]
        return [one.lastrowid if one.rowcount else None for one in done]


def insert_bound(database: sqlite3.Connection, parts: Sequence[BoundEntries]) -> list[list[int | None]]:
    """Insert entries within a transaction: ids in their order, None for what is stored already.

    Texts go in together, and then their words, so that little is written twice.
    """
    added = [part.add(database) for part in parts]
    fresh = [
        (entry_id, *row[1:])
        for part, ids in zip(parts, added, strict=True)
        for entry_id, row in zip(ids, part.texts, strict=True)
        if entry_id is not None
    ]
    if fresh:
        insert_rows(database, parts[0].inserting, fresh)
        search.index_words(database, [(row[0], row[_WORDS]) for row in fresh])
    return added


async def bind_all(
    dialect: Dialect, polls: Iterable[tuple[Feed, Sequence[NewEntry], datetime]]
) -> dict[int, list[BoundEntries]]:
    """The entries of polls by their feeds, for a transaction in one step; other tasks get their turn in between."""
    bound: dict[int, list[BoundEntries]] = {}
    for batch in batches(((feed, item, now) for feed, new, now in polls for item in new), _AT_ONCE):
        if bound:
            await asyncio.sleep(0)
        seen = [((feed.id, digest(item.entry.identity)), feed, item, now) for feed, item, now in batch]
        together = _bind(dialect, seen)  # which costs less than a feed at a time
        first = 0
        for feed_id, own in groupby(feed.id for feed, _, _ in batch):
            end = first + len(list(own))
            bound.setdefault(feed_id, []).append(together.part(first, end))
            first = end
    return bound


def _bind(dialect: Dialect, seen: Sequence[_Seen]) -> BoundEntries:
    known: dict[str, list[Any]] = {
        "feed_id": [feed.id for _, feed, _, _ in seen],
        "identity_digest": [key for (_, key), _, _, _ in seen],
        "link_digest": [digest(item.entry.link_key) for _, _, item, _ in seen],
        "last_seen_at": [now for _, _, _, now in seen],
    }
    return BoundEntries(*_IDENTITIES.bind_columns(dialect, known), *_TEXTS.bind_columns(dialect, _columns(seen)))


_TEXTS = RowInsert(entries)
_WORDS = list(entries.columns.keys()).index("words")
_IDENTITIES = Prepared(
    insert_into(identities, "sqlite").on_conflict_do_nothing(index_elements=["feed_id", "identity_digest"]),
    ("feed_id", "identity_digest", "link_digest", "last_seen_at"),
)


@lru_cache(maxsize=1)
def _adding(dialect: Dialect) -> str:
    """Its values are lists: of each column of the table but the id, then the digests of identity and link."""
    names = [column.name for column in entries.columns if column.name != "id"]
    kinds = [entries.c[name].type for name in names] + [
        identities.c.identity_digest.type,
        identities.c.link_digest.type,
    ]
    lists = ", ".join(f"${place}::{kind.compile(dialect)}[]" for place, kind in enumerate(kinds, 1))
    return (
        f"WITH given AS (SELECT * FROM unnest({lists}) AS one ({', '.join(names)}, identity_digest, link_digest)), "  # noqa: S608 - ours
        "added AS (INSERT INTO identities (feed_id, identity_digest, link_digest, last_seen_at) "
        "SELECT feed_id, identity_digest, link_digest, seen_at FROM given "
        "ON CONFLICT (feed_id, identity_digest) DO NOTHING RETURNING id, feed_id, identity_digest), "
        f"texts AS (INSERT INTO entries (id, {', '.join(names)}) "
        f"SELECT added.id, {', '.join(f'given.{name}' for name in names)} "
        "FROM given JOIN added ON added.feed_id = given.feed_id AND added.identity_digest = given.identity_digest) "
        "SELECT id, feed_id, identity_digest FROM added"
    )


def _columns(seen: Sequence[_Seen]) -> list[list[Any]]:
    """The columns of the table, in its order; ids are still to be given."""
    items = [item for _, _, item, _ in seen]
    told = [item.entry for item in items]
    return [
        [0] * len(seen),
        [feed.id for _, feed, _, _ in seen],
        [_url_digest(entry) for entry in told],
        [now for _, _, _, now in seen],
        [entry.published_at for entry in told],
        [entry.identity for entry in told],
        [entry.title for entry in told],
        [entry.url for entry in told],
        [entry.link_key for entry in told],
        [entry.summary for entry in told],
        [entry.text for entry in told],
        [entry.lang for entry in told],
        [search.words_of(entry.title, entry.body) for entry in told],
        [item.outcome for item in items],
        [item.reason for item in items],
        [item.analysis for item in items],
    ]


def _url_digest(entry: Entry) -> bytes | None:
    """None for an address that is found by its link key, and for none at all."""
    key, url = entry.link_key, entry.url
    follows = key and (key == _bare(url) or key == link_key(url))
    return None if follows else digest(url) or None


def _bare(url: str) -> str:
    """What the key of most addresses is, at less cost: without scheme, query and trailing slash."""
    return url.partition("://")[2].partition("?")[0].rstrip("/")


def having_url(url: str) -> tuple[Select[tuple[int]], Select[tuple[int]]]:
    """Ids of entries with this address, in two parts."""
    keys = [digest(key) for key in {_bare(url), link_key(url)} if key]
    by_key = select(identities.c.id).join(entries, entries.c.id == identities.c.id)
    return (
        by_key.where(identities.c.link_digest.in_(keys), entries.c.url == url),
        select(entries.c.id).where(entries.c.url_digest == digest(url)),
    )


async def set_outcome(connection: AsyncConnection, entry_id: int, outcome: str, reason: str) -> None:
    await connection.execute(update(entries).where(entries.c.id == entry_id).values(outcome=outcome, reason=reason))


async def change(connection: AsyncConnection, entry_id: int, new: NewEntry) -> None:
    """Write what was found of an entry when it was read in full."""
    await connection.execute(
        update(entries)
        .where(entries.c.id == entry_id)
        .values(
            text=new.entry.text,
            words=search.words_of(new.entry.title, new.entry.body),
            outcome=new.outcome,
            reason=new.reason,
            analysis=new.analysis,
        )
    )


async def find_trace(connection: AsyncConnection, url: str) -> EntryTrace | None:
    """The entry with this address or link; of several the one that reached a story, then the newest."""
    by_link = select(identities.c.id).where(identities.c.link_digest == digest(url))
    query = (
        select(
            entries.c.id, entries.c.title, entries.c.url, entries.c.seen_at, entries.c.outcome, entries.c.reason,
            entries.c.analysis, feeds.c.spec, members.c.story_id,
        )
        .join(feeds, feeds.c.id == entries.c.feed_id)
        .outerjoin(members, (members.c.entry_id == entries.c.id) & members.c.story_id.in_(_told()))
        .where(entries.c.id.in_(union(*having_url(url), by_link)))
        .order_by(members.c.story_id.is_(None), entries.c.id.desc())
        .limit(1)
    )  # fmt: skip
    row = (await connection.execute(query)).first()
    if row is None or not url:
        return None
    sent, queued = await _shown(connection, row.story_id)
    return EntryTrace(
        entry_id=row.id,
        feed=row.spec.name or row.spec.url,
        title=row.title,
        url=row.url,
        seen_at=row.seen_at,
        outcome=row.outcome,
        reason=row.reason,
        analysis=row.analysis,
        story_id=row.story_id,
        sent=sent,
        queued=queued,
        look=await secondlooks.find(connection, row.id),
    )


PAGE = 200  # entries read at once for looking back
_QUIET = ("baseline", "old", AUDIT, COVERED, MISSED)


async def page_since(
    connection: AsyncConnection, since: datetime, before: int | None, limit: int
) -> tuple[StoredEntry, ...]:
    """Entries seen since, with ids below `before`, newest first; those that came quietly are left out."""
    query = stored().where(entries.c.seen_at >= since, entries.c.outcome.not_in(_QUIET)).limit(limit)
    return await read_stored(connection, query if before is None else query.where(entries.c.id < before))


def stored() -> Select[Any]:
    """Entries with their feeds and stories, newest first; for `read_stored`."""
    return (
        select(entries, feeds.c.spec, members.c.story_id, stories.c.level)
        .join(feeds, feeds.c.id == entries.c.feed_id)
        .outerjoin(members, members.c.entry_id == entries.c.id)
        .outerjoin(stories, stories.c.id == members.c.story_id)
        .order_by(entries.c.id.desc())
    )


async def having(connection: AsyncConnection, terms: Sequence[SearchTerm], limit: int) -> tuple[StoredEntry, ...]:
    """Entries that have all the words, newest first.

    Usual words are soon found among the newest entries; only for others the index is asked for all that have them.
    """
    query = stored().where(*search.all_of(terms)).limit(limit)
    found = await read_stored(connection, query.where(entries.c.id.in_(search.newest(entries))))
    if len(found) >= limit or not terms:
        return found
    return await read_stored(connection, query.where(search.indexed(terms, connection.dialect.name)))


async def read_stored(connection: AsyncConnection, query: Select[Any]) -> tuple[StoredEntry, ...]:
    rows = (await connection.execute(query)).all()
    topics: dict[int, list[str]] = defaultdict(list)
    wanted = select(story_topics).where(story_topics.c.story_id.in_([row.story_id for row in rows if row.story_id]))
    for row in await connection.execute(wanted):
        topics[row.story_id].append(row.topic)
    return tuple(
        StoredEntry(
            id=row.id,
            seen_at=row.seen_at,
            feed=row.spec,
            entry=entry_of(row),
            analysis=row.analysis,
            outcome=row.outcome,
            topics=tuple(topics[row.story_id]) if row.story_id else (),
            alerted=row.level == Level.ALERT.value,
            story_id=row.story_id if row.level != Level.NONE.value else None,
        )
        for row in rows
    )


def _told() -> Select[tuple[int]]:
    """Stories that are no secret: what only a chat's own watchlist found is told to that chat alone."""
    return select(stories.c.id).where(stories.c.level != Level.NONE.value)


async def _shown(connection: AsyncConnection, story_id: int | None) -> tuple[int, int]:
    """Chats that show the story, and chats where something is still to be sent for it."""
    if story_id is None:
        return 0, 0
    row = (
        await connection.execute(
            select(
                func.coalesce(func.sum(case((shown(), 1), else_=0)), 0),
                func.coalesce(func.sum(case((waiting(), 1), else_=0)), 0),
            ).where(outbox.c.story_id == story_id)
        )
    ).one()
    return int(row[0]), int(row[1])
