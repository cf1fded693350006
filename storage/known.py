"""Which entries of feeds are known already: asked by every poll that brings something, so for many feeds at once."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import zip_longest
from typing import Any

from sqlalchemy import CompoundSelect, Dialect, bindparam, select, union_all, update

from core.model import Entry
from core.ports import Clock
from storage.columns import digest, sqlite_time
from storage.connection import AsyncConnection
from storage.database import Database
from storage.dialect import batches
from storage.rows import Prepared
from storage.schema import identities

# Identities that are met again are written again only after this time.
REFRESH = timedelta(days=30)
# Every key of a statement is looked up for every feed of it, which is cheaper than a statement each as long as they
# are few. What is found for a feed that did not ask is passed over.
_MOST_PAIRS = 2_000


@dataclass(frozen=True, slots=True)
class Known:
    """Which of the entries asked for are known, and the rows that were last written too long ago."""

    identities: frozenset[str]
    stale: tuple[int, ...]


class KnownEntries:
    """The part of the store that knows entries. `_stale` is written by the transaction that ends the feed's poll."""

    _database: Database
    _clock: Clock
    _stale: dict[int, tuple[int, ...]]

    async def find_known(self, feed_id: int, entries: Sequence[Entry]) -> frozenset[str]:
        """`find_known_all` of one feed."""
        return (await self.find_known_all({feed_id: entries}))[feed_id]

    async def find_known_all(self, asked: Mapping[int, Sequence[Entry]]) -> dict[int, frozenset[str]]:
        now = self._clock.now()
        if self._database.is_sqlite:
            found = await self._database.look(find_in_step(asked, now))
        else:
            async with self._database.read() as connection:
                found = await find(connection, asked, now)
        for feed_id, known in found.items():
            self._stale.pop(feed_id, None)
            if known.stale:
                self._stale[feed_id] = known.stale
        return {feed_id: known.identities for feed_id, known in found.items()}


@dataclass(slots=True)
class _Asked:
    """What a feed asks for, by digest, and what was found of it."""

    by_identity: dict[bytes, str]
    by_link: dict[bytes, str]
    found: set[str] = field(default_factory=set)
    stale: set[int] = field(default_factory=set)

    def meet(self, row_id: int, identity: bytes, link: bytes, *, stale: bool) -> None:
        """Take a row of this feed; one that nobody asked for is passed over."""
        names = [name for name in (self.by_identity.get(identity), self.by_link.get(link)) if name is not None]
        self.found.update(names)
        if names and stale:
            self.stale.add(row_id)

    def known(self) -> Known:
        return Known(frozenset(self.found), tuple(sorted(self.stale)))


@dataclass(slots=True)
class _Question:
    """The keys of one statement."""

    feeds: list[int] = field(default_factory=list)
    keys: list[bytes] = field(default_factory=list)
    links: list[bytes] = field(default_factory=list)


async def find(connection: AsyncConnection, asked: Mapping[int, Sequence[Entry]], now: datetime) -> dict[int, Known]:
    """Look entries up by identity and by link, by the feeds that have them.

    A link that several of a feed's entries share (a live blog, a page of notices) says nothing about which one it is,
    so these are known by identity alone.
    """
    wanted = {feed_id: _asked(entries) for feed_id, entries in asked.items()}
    for question in _questions(wanted):
        given = {"feeds": question.feeds, "keys": question.keys, "links": question.links}
        for row in await connection.execute(_looking_up(), given):
            stale = row.last_seen_at < now - REFRESH
            wanted[row.feed_id].meet(row.id, row.identity_digest, row.link_digest, stale=stale)
    return {feed_id: feed.known() for feed_id, feed in wanted.items()}


def find_in_step(
    asked: Mapping[int, Sequence[Entry]], now: datetime
) -> Callable[[Dialect], Callable[[sqlite3.Connection], dict[int, Known]]]:
    """`find` for Database.look."""
    wanted = {feed_id: _asked(entries) for feed_id, entries in asked.items()}

    def prepare(dialect: Dialect) -> Callable[[sqlite3.Connection], dict[int, Known]]:
        keys = [{"feed": one, "key": key} for one, feed in wanted.items() for key in feed.by_identity]
        links = [{"feed": one, "key": key} for one, feed in wanted.items() for key in feed.by_link]
        questions = _by_key("identity_digest").bind(dialect, keys), _by_key("link_digest").bind(dialect, links)
        oldest = sqlite_time(now - REFRESH) or ""

        def find_them(database: sqlite3.Connection) -> dict[int, Known]:
            for sql, rows in questions:
                for row in rows:
                    for row_id, feed_id, identity, link, seen_at in database.execute(sql, row):
                        wanted[feed_id].meet(row_id, identity, link, stale=seen_at < oldest)
            return {feed_id: feed.known() for feed_id, feed in wanted.items()}

        return find_them

    return prepare


def _asked(entries: Sequence[Entry]) -> _Asked:
    owners: dict[bytes, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.link_key:
            owners[digest(entry.link_key)].add(entry.identity)
    by_link = {key: next(iter(names)) for key, names in owners.items() if len(names) == 1}
    return _Asked({digest(entry.identity): entry.identity for entry in entries}, by_link)


def _questions(wanted: Mapping[int, _Asked]) -> Iterator[_Question]:
    """Statements that are not too large; feeds that ask for little share one."""
    nothing: list[bytes] = []
    question = _Question()
    for feed_id, asked in wanted.items():
        for keys, links in zip_longest(batches(asked.by_identity), batches(asked.by_link), fillvalue=nothing):
            size = max(len(question.keys) + len(keys), len(question.links) + len(links))
            if question.feeds and (len(question.feeds) + 1) * size > _MOST_PAIRS:
                yield question
                question = _Question()
            question.feeds.append(feed_id)
            question.keys += keys
            question.links += links
    if question.feeds:
        yield question


_COLUMNS = (
    identities.c.id, identities.c.feed_id, identities.c.identity_digest, identities.c.link_digest,
    identities.c.last_seen_at,
)  # fmt: skip


@cache
def _by_key(column: str) -> Prepared:
    key = bindparam("key", type_=identities.c[column].type)
    return Prepared(select(*_COLUMNS).where(identities.c.feed_id == bindparam("feed"), identities.c[column] == key))


@cache  # building it takes longer than running it
def _looking_up() -> CompoundSelect[Any]:
    theirs = select(*_COLUMNS).where(identities.c.feed_id.in_(bindparam("feeds", expanding=True)))
    by_identity = theirs.where(identities.c.identity_digest.in_(bindparam("keys", expanding=True)))
    by_link = theirs.where(identities.c.link_digest.in_(bindparam("links", expanding=True)))
    return union_all(by_identity, by_link)


async def refresh(connection: AsyncConnection, stale: Sequence[int], now: datetime) -> None:
    """Record that identities were met again, so that retention keeps what still stands in its feed."""
    for batch in batches(stale):
        await connection.execute(update(identities).where(identities.c.id.in_(batch)).values(last_seen_at=now))


def bind_refresh(
    dialect: Dialect, stale: Mapping[int, Sequence[int]], times: Mapping[int, datetime]
) -> Callable[[int], tuple[str, Sequence[tuple[Any, ...]]]]:
    """`refresh` of the rows of one feed, as SQLite's driver takes it. Both are by feed; `times` has all of them."""
    bound = {
        feed_id: _refreshing().bind(dialect, [{"row": row, "now": times[feed_id]} for row in rows])
        for feed_id, rows in stale.items()
    }
    nothing = _refreshing().bind(dialect, ())
    return lambda feed_id: bound.get(feed_id, nothing)


@cache
def _refreshing() -> Prepared:
    changed = update(identities).where(identities.c.id == bindparam("row"))
    return Prepared(changed.values(last_seen_at=bindparam("now")))
