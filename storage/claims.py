"""Which feeds are polled now, and by whom: what is due is leased, a host at a time, by the process that asks."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Integer, Row, Select, bindparam, column, func, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from core.model import Feed, FeedState
from storage.columns import digest
from storage.connection import AsyncConnection
from storage.dialect import Ask
from storage.rows import Prepared
from storage.schema import feeds

# Feeds looked at for each feed wanted: at first, and when many that are due are on few hosts.
_LOOK_NEAR, _LOOK_AHEAD = 2, 20
_MOST_AT_ONCE = 5_000
_MOST_IN_CALL = 500  # the function compares each host with all that it has taken
_ALWAYS = datetime.max.replace(tzinfo=UTC)

STATE = tuple(field.name for field in fields(FeedState))
_LEASED = (feeds.c.id, feeds.c.spec, feeds.c.epoch, *(feeds.c[name] for name in STATE))


async def claim(
    connection: AsyncConnection,
    now: datetime,
    *,
    limit: int,
    per_host: int,
    lease: timedelta,
    force: bool,
    urls: Sequence[str],
) -> tuple[Feed, ...]:
    """Lease feeds, longest due first. Needs Lock.FEEDS: the cap of a host counts over all processes.

    Looks at a few times as many feeds as are wanted, and at many more when those are on few hosts, but not at all: of a
    crowded host the rest comes with later claims.
    """
    limit = min(limit, _MOST_AT_ONCE)
    given: dict[str, Any] = {"now": now, "per_host": per_host}
    if urls:
        given["keys"] = [digest(url) for url in urls]
    chosen: list[int] = []
    for near in (limit * _LOOK_NEAR, limit * _LOOK_AHEAD):
        due = (await connection.execute(_due(force, bool(urls)), given | {"near": near})).all()
        busy = await _busy(connection, due, now) if per_host > 1 else {}  # of one a host, none of these is busy
        chosen = _choose(due, busy, limit, per_host)
        if len(chosen) == limit or len(due) < near:
            break
    if not chosen:
        return ()
    claimed = await connection.execute(_leasing(), {"ids": chosen, "until": now + lease})
    return tuple(_feed(row) for row in sorted(claimed, key=lambda row: (row.next_poll_at, row.id)))


def claim_in_step(
    now: datetime, *, limit: int, lease: timedelta, force: bool
) -> Callable[[Dialect], Callable[[sqlite3.Connection], tuple[Feed, ...]]]:
    """`claim` for Database.transact, of any feeds, one a host."""
    limit = min(limit, _MOST_AT_ONCE)

    def prepare(dialect: Dialect) -> Callable[[sqlite3.Connection], tuple[Feed, ...]]:
        nears = (limit * _LOOK_NEAR, limit * _LOOK_AHEAD)
        asked = [{"now": now, "per_host": 1, "near": near} for near in nears]
        choosing, questions = _due_in_step(force).bind(dialect, asked)
        until = now + lease

        def lease_some(database: sqlite3.Connection) -> tuple[Feed, ...]:
            found: list[Sequence[Any]] = []
            for near, question in zip(nears, questions, strict=True):
                due = database.execute(choosing, question).fetchall()
                chosen = _choose(due, {}, limit - len(found), 1)
                sql, rows = _leasing_one().bind(dialect, [{"id_": one, "now": now, "until": until} for one in chosen])
                found += [row for one in rows for row in database.execute(sql, one).fetchall()]
                if len(found) == limit or len(due) < near:
                    break
            read = _leasing_one().reader(dialect, _LEASED)
            return tuple(sorted(map(_feed, map(read, found)), key=lambda feed: (feed.state.next_poll_at, feed.id)))

        return lease_some

    return prepare


async def claim_at_once(
    ask: Ask, dialect: Dialect, now: datetime, *, limit: int, lease: timedelta, force: bool
) -> tuple[Feed, ...]:
    """`claim` on PostgreSQL, of any feeds, one a host: one statement, as a rule, which is a transaction of its own."""
    given = {"now": now, "due_by": _ALWAYS if force else now, "until": now + lease}
    read = _calling().reader(dialect, _LEASED)
    limit = min(limit, _MOST_AT_ONCE)
    found: list[Feed] = []
    while (most := min(limit - len(found), _MOST_IN_CALL)) > 0:
        sql, (values,) = _calling().bind(dialect, [{**given, "most": most, "look": most * _LOOK_NEAR}])
        rows = await ask(sql, *values)
        found += (_feed(read(row)) for row in rows)
        if len(rows) < most:
            break
    return tuple(sorted(found, key=lambda feed: (feed.state.next_poll_at, feed.id)))


async def _busy(connection: AsyncConnection, due: Sequence[Row[int, str]], now: datetime) -> dict[str, int]:
    """How many polls are under way at the hosts of these feeds."""
    hosts = {host for _, host in due}
    return {host: polls for host, polls in await connection.execute(_polled(), {"now": now}) if host in hosts}


def _choose(due: Sequence[Sequence[Any]], busy: Mapping[str, int], limit: int, per_host: int) -> list[int]:
    """The first feeds, none of a host above its cap."""
    polls = Counter(busy)
    chosen: list[int] = []
    for feed_id, host in due:
        if polls[host] < per_host:
            polls[host] += 1
            chosen.append(feed_id)
            if len(chosen) == limit:
                break
    return chosen


def _free() -> ColumnElement[bool]:
    return or_(feeds.c.lease_until.is_(None), feeds.c.lease_until <= bindparam("now"))


@cache  # building it takes longer than running it
def _polled() -> Select[str, int]:
    """How many feeds of each host are being polled."""
    leased = select(feeds.c.host, func.count().label("polls")).where(feeds.c.lease_until > bindparam("now"))
    return leased.group_by(feeds.c.host)


@cache
def _due(force: bool, some: bool) -> Select[int, str]:
    """Free feeds of hosts below their cap, those due longest first.

    A row may be held by the transaction of a process that lost its lease: it is left to a later claim, and counts not.
    """
    crowded = _polled().having(func.count() >= bindparam("per_host", type_=Integer)).subquery()
    due = select(feeds.c.id, feeds.c.host).where(
        feeds.c.active, feeds.c.paused_at.is_(None), _free(), feeds.c.host.not_in(select(crowded.c.host))
    )
    if not force:
        due = due.where(feeds.c.next_poll_at <= bindparam("now"))
    if some:
        due = due.where(feeds.c.url_digest.in_(bindparam("keys", expanding=True)))
    first = due.order_by(feeds.c.next_poll_at, feeds.c.id).limit(bindparam("near", type_=Integer))
    return first.with_for_update(skip_locked=True, key_share=True, of=feeds)


@cache
def _leasing() -> ReturningUpdate[Any]:
    wanted = update(feeds).where(feeds.c.id.in_(bindparam("ids", expanding=True)))
    return wanted.values(lease_until=bindparam("until"), epoch=feeds.c.epoch + 1).returning(*_LEASED)


@cache
def _calling() -> Prepared:
    """`_due`, `_choose` and `_leasing` by a function of the database, which takes Lock.FEEDS first."""
    times = (bindparam(name, type_=feeds.c.next_poll_at.type) for name in ("now", "due_by", "until"))
    numbers = (bindparam(name, type_=Integer) for name in ("most", "look"))
    claimed = func.claim_feeds(*times, *numbers).table_valued(*(column(one.name, one.type) for one in _LEASED))
    return Prepared(select(claimed))


@cache
def _due_in_step(force: bool) -> Prepared:
    return Prepared(_due(force, False))


@cache
def _leasing_one() -> Prepared:
    one = update(feeds).where(feeds.c.id == bindparam("id_"), _free())
    return Prepared(one.values(lease_until=bindparam("until"), epoch=feeds.c.epoch + 1).returning(*_LEASED))


def _feed(row: Sequence[Any]) -> Feed:
    return Feed(row[0], row[1], FeedState(*row[3:]), row[2])  # _LEASED
