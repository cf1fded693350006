"""Feeds: what is configured, what is due, who polls it, and how the last poll ended."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Dialect, Integer, Row, Select, bindparam, case, func, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from core.errors import LeaseLost
from core.health import FeedRecord, Origin
from core.history import FeedHistory
from core.model import Feed, FeedSpec, FeedState, NewEntry, PollRecord
from storage import entries as texts
from storage.columns import digest
from storage.dialect import batches, insert
from storage.rows import RowChange
from storage.schema import feeds

# Feeds looked at for each feed wanted: at first, and when many that are due are on few hosts.
_LOOK_NEAR, _LOOK_AHEAD = 2, 20
_MOST_AT_ONCE = 5_000


_STATE = tuple(field.name for field in fields(FeedState))


async def sync(connection: AsyncConnection, specs: Sequence[FeedSpec], now: datetime) -> None:
    """Make the stored feeds follow the configuration; those added in chats are left alone. Needs Lock.FEEDS."""
    wanted = {digest(spec.url): spec for spec in specs}
    rows = await connection.execute(
        select(
            feeds.c.id, feeds.c.url_digest, feeds.c.spec, feeds.c.active, feeds.c.next_poll_at,
            feeds.c.last_polled_at, feeds.c.failures, feeds.c.origin,
        )
    )  # fmt: skip
    stored = {bytes(row.url_digest): row for row in rows}
    new = [new_row(key, spec, now) for key, spec in wanted.items() if key not in stored]
    for batch in batches(new):
        await connection.execute(insert(connection, feeds), batch)
    for key, row in stored.items():
        changes = _changes(row, wanted.get(key), now)
        if changes:
            await connection.execute(update(feeds).where(feeds.c.id == row.id).values(changes))


def new_row(key: bytes, spec: FeedSpec, now: datetime) -> dict[str, Any]:
    return {
        "url_digest": key,
        "host": _host(spec.url),
        "spec": spec,
        "active": spec.enabled,
        "next_poll_at": now,
        "body_hash": "",
        "history": FeedHistory(),
    }


def _changes(row: Row[*tuple[Any, ...]], spec: FeedSpec | None, now: datetime) -> dict[str, Any]:
    if spec is None:
        return {"active": False} if row.active and row.origin == Origin.CONFIG else {}
    changes: dict[str, Any] = {} if row.origin == Origin.CONFIG else {"origin": Origin.CONFIG.value}
    if row.active != spec.enabled:
        changes["active"] = spec.enabled
    return changes | spec_changes(row, spec, now)


def spec_changes(row: Row[*tuple[Any, ...]], spec: FeedSpec, now: datetime) -> dict[str, Any]:
    """What a stored feed takes over from another specification of the same address."""
    if row.spec == spec:
        return {}
    changes: dict[str, Any] = {"spec": spec}
    longest, was = (one.max_interval or one.interval for one in (spec, row.spec))
    if longest < was and row.last_polled_at is not None and not row.failures:
        changes["next_poll_at"] = min(row.next_poll_at, max(now, row.last_polled_at + longest))
    if row.spec.kind != spec.kind:  # read by other eyes, so "not modified" would hide it
        changes |= {"etag": None, "last_modified": None, "body_hash": ""}
    return changes


def _host(url: str) -> str:
    """The server that politeness is owed to: host, and the port when it is given."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


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
    claimed = await connection.execute(_leasing(), {"ids": chosen, "now": now, "until": now + lease})
    return tuple(_feed(row) for row in sorted(claimed, key=lambda row: (row.next_poll_at, row.id)))


async def _busy(connection: AsyncConnection, due: Sequence[Row[int, str]], now: datetime) -> dict[str, int]:
    """How many polls are under way at the hosts of these feeds."""
    hosts = {host for _, host in due}
    return {host: polls for host, polls in await connection.execute(_polled(), {"now": now}) if host in hosts}


def _choose(due: Sequence[Row[int, str]], busy: Mapping[str, int], limit: int, per_host: int) -> list[int]:
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
    """Free feeds of hosts below their cap, those due longest first."""
    crowded = _polled().having(func.count() >= bindparam("per_host", type_=Integer)).subquery()
    due = select(feeds.c.id, feeds.c.host).where(
        feeds.c.active, feeds.c.paused_at.is_(None), _free(), feeds.c.host.not_in(select(crowded.c.host))
    )
    if not force:
        due = due.where(feeds.c.next_poll_at <= bindparam("now"))
    if some:
        due = due.where(feeds.c.url_digest.in_(bindparam("keys", expanding=True)))
    return due.order_by(feeds.c.next_poll_at, feeds.c.id).limit(bindparam("near", type_=Integer))


@cache
def _leasing() -> ReturningUpdate[Any]:
    """A row may be held by the transaction of a process that lost its lease: it is left to the next claim."""
    free = select(feeds.c.id).where(feeds.c.id.in_(bindparam("ids", expanding=True)), _free())
    return (
        update(feeds)
        .where(feeds.c.id.in_(free.with_for_update(skip_locked=True, key_share=True)))
        .values(lease_until=bindparam("until"), epoch=feeds.c.epoch + 1)
        .returning(feeds.c.id, feeds.c.spec, feeds.c.epoch, *(feeds.c[name] for name in _STATE))
    )


def _feed(row: Row[*tuple[Any, ...]]) -> Feed:
    return Feed(row[0], row[1], FeedState(*row[3:]), row[2])  # as _leasing returns them


def _state(row: Row[*tuple[Any, ...]]) -> FeedState:
    return FeedState(**{name: getattr(row, name) for name in _STATE})


async def records(connection: AsyncConnection) -> tuple[FeedRecord, ...]:
    """The feeds that are polled or paused, in the order in which they came."""
    rows = await connection.execute(select(feeds).where(feeds.c.active).order_by(feeds.c.id))
    return tuple(
        FeedRecord(
            id=row.id,
            spec=row.spec,
            state=_state(row),
            polled_at=row.last_polled_at,
            entries=row.entries_total,
            hits=row.hits_total,
            origin=Origin(row.origin),
            paused_at=row.paused_at,
        )
        for row in rows
    )


async def hasten(connection: AsyncConnection, now: datetime) -> int:
    """Let feeds that wait longer than their servers ask be due when these allow."""
    sooner = case((feeds.c.earliest_poll_at > now, feeds.c.earliest_poll_at), else_=now)
    hastened = await connection.execute(
        update(feeds)
        .where(feeds.c.active, feeds.c.next_poll_at > now, feeds.c.next_poll_at > feeds.c.earliest_poll_at)
        .values(next_poll_at=sooner)
    )
    return hastened.rowcount


async def check_lease(connection: AsyncConnection, feed: Feed) -> None:
    """Hold the feed's row until the end of the transaction; LeaseLost when it is not ours any more."""
    if feed.id not in await _hold(connection, [feed]):
        raise lost(feed)


async def _hold(connection: AsyncConnection, polled: Sequence[Feed]) -> set[int]:
    """Hold rows until the end of the transaction; the ids of those that are still leased to us."""
    epochs = {feed.id: feed.epoch for feed in polled}
    held = await connection.execute(_holding(), {"ids": sorted(epochs)})
    return {row.id for row in held if row.epoch == epochs[row.id]}


@cache
def _holding() -> Select[tuple[int, int]]:
    wanted = select(feeds.c.id, feeds.c.epoch).where(feeds.c.id.in_(bindparam("ids", expanding=True)))
    return wanted.order_by(feeds.c.id).with_for_update(key_share=True)


async def finish(connection: AsyncConnection, feed: Feed, record: PollRecord, *, added: int) -> None:
    """Write the state of a poll and release the lease; LeaseLost when it is not ours any more."""
    sql, (row,) = _finishing().bind(connection.dialect, [_finished(feed, record, added)])
    if (await connection.exec_driver_sql(sql, row)).rowcount != 1:
        raise lost(feed)


async def finish_all(
    connection: AsyncConnection, polls: Sequence[tuple[Feed, PollRecord]], new: Mapping[int, Sequence[NewEntry]]
) -> dict[int, int]:
    """`finish` many polls and store their new entries; how many, by the feeds that were written because still ours."""
    ours = await _hold(connection, [feed for feed, _ in polls])
    written = [(feed, record) for feed, record in polls if feed.id in ours]
    wanted = [(feed, item, record.polled_at) for feed, record in written for item in new.get(feed.id, ())]
    ids = await texts.add_all(connection, wanted) if wanted else ()
    added = Counter(feed.id for (feed, _, _), entry_id in zip(wanted, ids, strict=True) if entry_id is not None)
    quiet, told = [], []
    for feed, record in written:
        if added[feed.id] or not _is_quiet(feed, record):
            told.append(_finished(feed, record, added[feed.id]))
        else:
            quiet.append(_finished_quietly(feed, record))
    if quiet:
        await _finishing_quietly().run(connection, quiet)
    if told:
        await _finishing().run(connection, told)
    return {feed.id: added[feed.id] for feed, _ in written}


def finish_in_step(
    polls: Sequence[tuple[Feed, PollRecord]],
) -> Callable[[Dialect], Callable[[sqlite3.Connection], list[int]]]:
    """`finish_all` for Database.transact, of polls without new entries; the ids of the feeds that were still ours."""

    def prepare(dialect: Dialect) -> Callable[[sqlite3.Connection], list[int]]:
        bound: list[tuple[int, str, tuple[Any, ...]]] = []
        for feed, record in polls:
            if _is_quiet(feed, record):
                sql, rows = _finishing_quietly().bind(dialect, [_finished_quietly(feed, record)])
            else:
                sql, rows = _finishing().bind(dialect, [_finished(feed, record, 0)])
            bound.append((feed.id, sql, rows[0]))
        return lambda connection: [one for one, sql, row in bound if connection.execute(sql, row).rowcount]

    return prepare


def _is_quiet(feed: Feed, record: PollRecord) -> bool:
    """Whether a poll, as most do, leaves nothing but times."""
    old, new = feed.state, record.state
    return (
        not (record.hits or record.error or new.last_error or old.last_error)
        and (new.body_hash, new.etag, new.last_modified, new.failures)
        == (old.body_hash, old.etag, old.last_modified, old.failures)
        and new.first_polled_at == old.first_polled_at
        and new.history == old.history
    )


_PARTS = (
    "host", "next_poll_at", "etag", "last_modified", "body_hash", "first_polled_at", "last_polled_at", "last_ok_at",
    "failures", "last_outcome", "last_error", "earliest_poll_at", "history",
)  # fmt: skip


_TIMES = ("next_poll_at", "last_polled_at", "last_ok_at", "last_outcome", "earliest_poll_at")


@cache  # building it takes longer than running it
def _finishing() -> RowChange:
    totals = {
        "entries_total": feeds.c.entries_total + bindparam("added", type_=Integer),
        "hits_total": feeds.c.hits_total + bindparam("hits", type_=Integer),
    }
    return _updating(_PARTS, totals)


@cache
def _finishing_quietly() -> RowChange:
    return _updating(_TIMES, {})


def _updating(parts: Sequence[str], values: Mapping[str, Any]) -> RowChange:
    new = {name: bindparam(f"new_{name}", type_=feeds.c[name].type) for name in parts}
    ours = (feeds.c.id == bindparam("feed_id"), feeds.c.epoch == bindparam("feed_epoch"))
    return RowChange(update(feeds).where(*ours).values({**new, **values, "lease_until": null()}))


def _finished_quietly(feed: Feed, record: PollRecord) -> dict[str, Any]:
    state = record.state
    return {
        "feed_id": feed.id,
        "feed_epoch": feed.epoch,
        "new_next_poll_at": state.next_poll_at,
        "new_last_polled_at": record.polled_at,
        "new_last_ok_at": state.last_ok_at,
        "new_last_outcome": state.last_outcome or record.outcome.value,
        "new_earliest_poll_at": state.earliest_poll_at,
    }


def _finished(feed: Feed, record: PollRecord, added: int) -> dict[str, Any]:
    state = record.state
    return {
        "feed_id": feed.id,
        "feed_epoch": feed.epoch,
        "added": added,
        "hits": record.hits,
        "new_host": _host(replace(feed, state=state).address),
        "new_next_poll_at": state.next_poll_at,
        "new_etag": state.etag,
        "new_last_modified": state.last_modified,
        "new_body_hash": state.body_hash,
        "new_first_polled_at": state.first_polled_at,
        "new_last_polled_at": record.polled_at,
        "new_last_ok_at": state.last_ok_at,
        "new_failures": state.failures,
        "new_last_outcome": state.last_outcome or record.outcome.value,
        "new_last_error": state.last_error or record.error,
        "new_earliest_poll_at": state.earliest_poll_at,
        "new_history": state.history,
    }


def lost(feed: Feed) -> LeaseLost:
    return LeaseLost(f"Feed {feed.spec.name or feed.spec.url} was taken over by another process; this poll is dropped.")
