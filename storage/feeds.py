"""Feeds: what is configured, what is due, who polls it, and how the last poll ended.

On PostgreSQL whoever changes several feeds takes their rows in the order of their ids, so that no two can wait for one
another.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Dialect, Integer, Row, Select, Text, bindparam, case, cast, null, select, update

from core.errors import LeaseLost
from core.failpoints import reach
from core.health import FeedRecord, Origin
from core.history import FeedHistory
from core.model import Feed, FeedSpec, FeedState, NewEntry, PollRecord
from storage import entries as texts
from storage import known
from storage.claims import STATE
from storage.columns import digest
from storage.connection import AsyncConnection
from storage.database import Database
from storage.dialect import batches, insert
from storage.rows import Prepared
from storage.schema import feeds


async def sync(connection: AsyncConnection, specs: Sequence[FeedSpec], now: datetime) -> None:
    """Make the stored feeds follow the configuration; those added in chats are left alone. Needs Lock.FEEDS."""
    wanted = {digest(spec.url): spec for spec in specs}
    rows = await connection.execute(
        select(
            feeds.c.id, feeds.c.url_digest, feeds.c.spec, feeds.c.active, feeds.c.next_poll_at,
            feeds.c.last_polled_at, feeds.c.failures, feeds.c.origin,
        ).order_by(feeds.c.id)
    )  # fmt: skip
    stored = {bytes(row.url_digest): row for row in rows}
    unknown = [(key, spec) for key, spec in wanted.items() if key not in stored]
    new = [new_row(key, spec, now, place) for place, (key, spec) in enumerate(unknown)]
    for batch in batches(new):
        await connection.execute(insert(connection, feeds), batch)
    for key, row in stored.items():
        changes = _changes(row, wanted.get(key), now)
        if changes:
            await connection.execute(update(feeds).where(feeds.c.id == row.id).values(changes))


def new_row(key: bytes, spec: FeedSpec, now: datetime, place: int = 0) -> dict[str, Any]:
    return {
        "url_digest": key,
        "host": _line(spec.url, spec, place),
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
    if row.spec.lanes != spec.lanes:
        changes["host"] = _line(spec.url, spec, row.id)
    longest, was = (one.max_interval or one.interval for one in (spec, row.spec))
    if longest < was and row.last_polled_at is not None and not row.failures:
        changes["next_poll_at"] = min(row.next_poll_at, max(now, row.last_polled_at + longest))
    if row.spec.kind != spec.kind:  # read by other eyes, so "not modified" would hide it
        changes |= {"etag": None, "last_modified": None, "body_hash": ""}
    return changes


def _line(url: str, spec: FeedSpec, place: int) -> str:
    """Where a feed waits its turn: at its host, or in one of the host's lanes. One feed of a line is polled at a time.

    `place` is a number that follows on from feed to feed, so that the lanes are of the same length.
    """
    host = _host(url)
    return f"{host} {place % spec.lanes}" if spec.lanes > 1 and host == _host(spec.url) else host


def _host(url: str) -> str:
    """The server that politeness is owed to: host, and the port when it is given."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def _state(row: Row[*tuple[Any, ...]]) -> FeedState:
    return FeedState(**{name: getattr(row, name) for name in STATE})


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
    late = feeds.c.active, feeds.c.next_poll_at > now, feeds.c.next_poll_at > feeds.c.earliest_poll_at
    held = select(feeds.c.id).where(*late).order_by(feeds.c.id).with_for_update(key_share=True)
    hastened = await connection.execute(update(feeds).where(feeds.c.id.in_(held), *late).values(next_poll_at=sooner))
    return hastened.rowcount


async def step_aside(connection: AsyncConnection, polled: Sequence[Feed], now: datetime) -> None:
    """Give feeds a host of their own, until `_finishing` restores it; a poll whose row is held is ending."""
    ours = feeds.c.id.in_([feed.id for feed in polled]), feeds.c.lease_until > now
    free = select(feeds.c.id).where(*ours).order_by(feeds.c.id).with_for_update(skip_locked=True, key_share=True)
    alone = cast(feeds.c.host, Text) + " " + cast(feeds.c.id, Text)
    await connection.execute(update(feeds).where(feeds.c.id.in_(free), *ours).values(host=alone))


async def check_lease(connection: AsyncConnection, feed: Feed) -> None:
    """Hold the feed's row until the end of the transaction; LeaseLost when it is not ours any more."""
    if feed.id not in await _hold(connection, [feed]):
        raise LeaseLost.of_feed(feed)


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
        raise LeaseLost.of_feed(feed)


async def finish_all(
    connection: AsyncConnection, polls: Sequence[tuple[Feed, PollRecord]], new: Mapping[int, Sequence[NewEntry]]
) -> dict[int, int]:
    """`finish` many polls and store their new entries; how many, by the feeds that were written because still ours."""
    ours = await _hold(connection, [feed for feed, _ in polls])
    written = [(feed, record) for feed, record in polls if feed.id in ours]
    wanted = [(feed, item, record.polled_at) for feed, record in written for item in new.get(feed.id, ())]
    ids = await texts.add_all(connection, wanted) if wanted else ()
    added = Counter(feed.id for (feed, _, _), entry_id in zip(wanted, ids, strict=True) if entry_id is not None)
    if wanted:
        reach("poll.stored")
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


async def record_all(
    database: Database,
    polls: Sequence[tuple[Feed, PollRecord]],
    new: Mapping[int, Sequence[NewEntry]],
    stale: Mapping[int, Sequence[int]],
) -> dict[int, int]:
    """`finish_all` on SQLite, in one step; `stale` as known.refresh has them, by their feeds."""
    brought = [(feed, new[feed.id], record.polled_at) for feed, record in polls if feed.id in new]
    bound = await texts.bind_all(database.sql_dialect, brought)
    return await database.transact(_finish_in_step(polls, bound, stale))


def _finish_in_step(
    polls: Sequence[tuple[Feed, PollRecord]],
    new: Mapping[int, Sequence[texts.BoundEntries]],
    stale: Mapping[int, Sequence[int]],
) -> Callable[[Dialect], Callable[[sqlite3.Connection], dict[int, int]]]:
    def prepare(dialect: Dialect) -> Callable[[sqlite3.Connection], dict[int, int]]:
        offered = {feed_id: sum(len(part.keys) for part in parts) for feed_id, parts in new.items()}
        bound = _bound(dialect, [(feed, record, offered.get(feed.id, 0)) for feed, record in polls])
        bringing = [feed for feed, _ in polls if feed.id in new]
        asking, epochs = _asking().bind(dialect, [{"feed_id": one.id, "feed_epoch": one.epoch} for one in bringing])
        met = {feed_id: rows for feed_id, rows in stale.items() if rows}
        refreshing = known.bind_refresh(dialect, met, {feed.id: record.polled_at for feed, record in polls})

        def finish(database: sqlite3.Connection) -> dict[int, int]:
            added = {feed.id: 0 for feed, _ in polls if feed.id not in new}
            held: list[tuple[int, texts.BoundEntries]] = []
            for feed, epoch in zip(bringing, epochs, strict=True):
                if database.execute(asking, epoch).fetchone():
                    added[feed.id] = 0
                    held += [(feed.id, part) for part in new[feed.id]]
            stored = texts.insert_bound(database, [part for _, part in held])
            for (feed_id, _), ids in zip(held, stored, strict=True):
                added[feed_id] += len(ids) - ids.count(None)
            if new:
                reach("poll.stored")
            written = {}
            for feed, record in polls:
                if feed.id not in added:
                    continue
                count, statement = added[feed.id], bound[feed.id]
                if count != offered.get(feed.id, 0):
                    statement = _bound(dialect, [(feed, record, count)])[feed.id]
                if database.execute(*statement).rowcount:
                    written[feed.id] = count
                    if feed.id in met:
                        database.executemany(*refreshing(feed.id))
            return written

        return finish

    return prepare


def _bound(dialect: Dialect, polls: Sequence[tuple[Feed, PollRecord, int]]) -> dict[int, tuple[str, tuple[Any, ...]]]:
    """By feed: the statement that ends its poll, and its values for the driver. `polls` tell what was added."""
    quiet, told = [], []
    for feed, record, added in polls:
        if added or not _is_quiet(feed, record):
            told.append(_finished(feed, record, added))
        else:
            quiet.append(_finished_quietly(feed, record))
    bound: dict[int, tuple[str, tuple[Any, ...]]] = {}
    for statement, ends in ((_finishing(), told), (_finishing_quietly(), quiet)):
        sql, rows = statement.bind(dialect, ends)
        bound |= {end["feed_id"]: (sql, row) for end, row in zip(ends, rows, strict=True)}
    return bound


@cache
def _asking() -> Prepared:
    return Prepared(select(feeds.c.id).where(*_still_ours()))


def _is_quiet(feed: Feed, record: PollRecord) -> bool:
    """Whether a poll, as most do, leaves nothing but times."""
    old, new = feed.state, record.state
    return (
        not (record.hits or record.error or new.last_error or old.last_error)
        and (new.body_hash, new.etag, new.last_modified, new.failures)
        == (old.body_hash, old.etag, old.last_modified, old.failures)
        and new.first_polled_at == old.first_polled_at
        and (new.history is old.history or new.history == old.history)
    )


_PARTS = (
    "host", "next_poll_at", "etag", "last_modified", "body_hash", "first_polled_at", "last_polled_at", "last_ok_at",
    "failures", "last_outcome", "last_error", "earliest_poll_at", "history",
)  # fmt: skip


_TIMES = ("next_poll_at", "last_polled_at", "last_ok_at", "last_outcome", "earliest_poll_at")


@cache  # building it takes longer than running it
def _finishing() -> Prepared:
    totals = {
        "entries_total": feeds.c.entries_total + bindparam("added", type_=Integer),
        "hits_total": feeds.c.hits_total + bindparam("hits", type_=Integer),
    }
    return _updating(_PARTS, totals)


@cache
def _finishing_quietly() -> Prepared:
    return _updating(_TIMES, {})


def _updating(parts: Sequence[str], values: Mapping[str, Any]) -> Prepared:
    new = {name: bindparam(f"new_{name}", type_=feeds.c[name].type) for name in parts}
    return Prepared(update(feeds).where(*_still_ours()).values({**new, **values, "lease_until": null()}))


def _still_ours() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return feeds.c.id == bindparam("feed_id"), feeds.c.epoch == bindparam("feed_epoch")


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
        "new_host": _line(replace(feed, state=state).address, feed.spec, feed.id),
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
