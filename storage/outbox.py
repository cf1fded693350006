"""The outbox: what every chat should be shown, who is sending it, and what became of it.

A chat's row in `targets` is its lane: one process at a time sends there, in order. Every mark is written only while the
lane's epoch is the one that was claimed, with the lane's row held, so that a process that was overtaken writes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Update, and_, bindparam, case, func, literal, or_, select, update

from core.model import Lane, OutboxItem, Story, Target
from core.options import Options, Told
from storage.columns import BIG_ID, UtcTime
from storage.connection import AsyncConnection
from storage.dialect import greatest, insert
from storage.schema import outbox, platform_limits, shown, subscription_topics, subscriptions, targets, waiting

# The value of `attempts` after another one.
ONE_MORE_ATTEMPT = outbox.c.attempts + 1


async def queue(
    connection: AsyncConnection, story: Story, now: datetime, *, edit_after: timedelta, edits_only: bool
) -> int:
    """Raise what is wanted to the story's revision; the number of rows made new. Needs Lock.STORIES.

    A row that was put off stays put off: a new revision must not undercut a platform's retry_after, and must not push
    an edit that is already waiting further away.
    """
    raised = _raising(story, now, edit_after)
    if edits_only:
        # An alert that was given up is old news; one that was shown is put right, also after its chat had been away.
        await connection.execute(raised.where(or_(outbox.c.dead_reason.is_(None), shown())))
        return 0
    await connection.execute(raised)
    interested = (
        select(
            subscriptions.c.id,
            subscriptions.c.target_id,
            literal(story.id, BIG_ID),
            literal(story.revision),
            literal(now, UtcTime()),
            literal(now, UtcTime()),
        )
        .where(
            subscriptions.c.paused_reason == "",
            select(subscription_topics.c.topic)
            .where(
                subscription_topics.c.subscription_id == subscriptions.c.id,
                subscription_topics.c.topic.in_(story.topics),
            )
            .exists(),
        )
        .order_by(subscriptions.c.id)
    )
    columns = ["subscription_id", "target_id", "story_id", "wanted", "queued_at", "not_before"]
    made = await connection.execute(
        insert(connection, outbox)
        .from_select(columns, interested)
        .on_conflict_do_nothing(index_elements=["subscription_id", "story_id"])
    )
    return made.rowcount


def _raising(story: Story, now: datetime, edit_after: timedelta) -> Update:
    active = select(subscriptions.c.id).where(
        subscriptions.c.id == outbox.c.subscription_id, subscriptions.c.paused_reason == ""
    )
    return (
        update(outbox)
        .where(
            outbox.c.story_id == story.id,
            outbox.c.wanted < story.revision,
            active.exists(),
        )
        .values(
            wanted=story.revision,
            queued_at=case((waiting(), outbox.c.queued_at), else_=now),
            not_before=case(
                (waiting(), outbox.c.not_before),
                (shown(), now + edit_after),
                else_=now,
            ),
            attempts=case((waiting(), outbox.c.attempts), else_=0),
            dead_reason=None,
            held_reason=None,
        )
    )


# --- lanes ----------------------------------------------------------------------------------------------------------


def _open(now: datetime) -> ColumnElement[bool]:
    """Lanes that nobody holds and that are not blocked, of chats in none of whose threads anybody is at work."""
    thread = targets.alias()
    return and_(
        or_(targets.c.lease_until.is_(None), targets.c.lease_until <= now),
        or_(targets.c.blocked_until.is_(None), targets.c.blocked_until <= now),
        ~select(thread.c.id)
        .where(
            thread.c.platform == targets.c.platform,
            thread.c.chat == targets.c.chat,
            thread.c.id != targets.c.id,
            thread.c.lease_until > now,
        )
        .exists(),
        targets.c.platform.not_in(select(platform_limits.c.name).where(platform_limits.c.blocked_until > now)),
    )


async def due_lanes(connection: AsyncConnection, now: datetime, platforms: Sequence[str], limit: int) -> list[int]:
    """Ids of up to `limit` targets that can be served now, one of a chat, those waiting longest first.

    Walks along the index of what is due, a few rows at first: joined as a whole, 100,000 waiting alerts would be sorted
    for every claim.
    """
    rows = limit * 4
    while True:
        near = select(outbox.c.target_id, outbox.c.not_before, outbox.c.id).where(waiting(), outbox.c.not_before <= now)
        first = near.order_by(outbox.c.not_before, outbox.c.id).limit(rows).subquery()
        served = and_(targets.c.id == first.c.target_id, targets.c.platform.in_(platforms), _open(now))
        lane = (targets.c.id, targets.c.platform, targets.c.chat)
        query = select(*lane).outerjoin_from(first, targets, served).order_by(first.c.not_before, first.c.id)
        found = (await connection.execute(query)).all()
        chats: dict[tuple[str, str], int] = {}
        for row in found:
            if row.id is not None:
                chats.setdefault((row.platform, row.chat), row.id)
        lanes = list(chats.values())
        if len(lanes) >= limit or len(found) < rows:
            return lanes[:limit]
        rows *= 8


async def claim(
    connection: AsyncConnection, chosen: Sequence[int], now: datetime, *, per_lane: int, lease: timedelta
) -> tuple[Lane, ...]:
    """Lease those of the chosen lanes that are still open, in the order given, with what is due in each.

    Needs Lock.LANES: two threads of a chat must not be leased side by side.
    """
    free = (
        select(targets.c.id)
        .where(targets.c.id.in_(chosen), _open(now))
        .with_for_update(skip_locked=True, key_share=True)
    )
    rows = (
        await connection.execute(
            update(targets)
            .where(targets.c.id.in_(free.scalar_subquery()))
            .values(lease_until=now + lease, epoch=targets.c.epoch + 1)
            .returning(targets.c.id, targets.c.platform, targets.c.chat, targets.c.thread, targets.c.epoch)
        )
    ).all()
    wishes = await _options(connection, [row.id for row in rows])
    items = await _due_items(connection, [row.id for row in rows], now, per_lane)
    empty = [row.id for row in rows if row.id not in items]
    if empty:
        await connection.execute(update(targets).where(targets.c.id.in_(empty)).values(lease_until=None))
    place = {target_id: position for position, target_id in enumerate(chosen)}
    return tuple(
        Lane(row.id, Target(row.platform, row.chat, row.thread), row.epoch, tuple(items[row.id]), wishes[row.id])
        for row in sorted(rows, key=lambda row: place[row.id])
        if row.id in items
    )


async def _options(connection: AsyncConnection, lanes: Sequence[int]) -> dict[int, Options]:
    query = select(subscriptions.c.target_id, subscriptions.c.options).where(subscriptions.c.target_id.in_(lanes))
    return {row.target_id: row.options for row in await connection.execute(query)}


async def _due_items(
    connection: AsyncConnection, lanes: Sequence[int], now: datetime, per_lane: int
) -> dict[int, list[OutboxItem]]:
    numbered = (
        select(outbox, func.row_number().over(partition_by=outbox.c.target_id, order_by=outbox.c.id).label("place"))
        .where(waiting(), outbox.c.not_before <= now, outbox.c.target_id.in_(lanes))
        .subquery()
    )
    query = select(numbered).where(numbered.c.place <= per_lane).order_by(numbered.c.id)
    items: dict[int, list[OutboxItem]] = defaultdict(list)
    for row in await connection.execute(query):
        items[row.target_id].append(_item(row))
    return dict(items)


def _item(row: Row[*tuple[Any, ...]]) -> OutboxItem:
    return OutboxItem(
        id=row.id,
        subscription_id=row.subscription_id,
        story_id=row.story_id,
        wanted=row.wanted,
        sent=row.sent,
        message_ref=row.message_ref,
        attempts=row.attempts,
        queued_at=row.queued_at,
        watched=row.watched,
        told=row.told,
    )


async def change_lane(connection: AsyncConnection, lane: Lane, **values: Any) -> bool:
    """Write to the lane while it is ours; its row is held until the transaction ends."""
    mine = (targets.c.id == lane.target_id) & (targets.c.epoch == lane.epoch)
    return bool((await connection.execute(update(targets).where(mine).values(values))).rowcount)


async def block(connection: AsyncConnection, lane: Lane, until: datetime) -> bool:
    """Block all threads of the lane's chat while the lane is ours; others' longer blocks stay."""
    if not await change_lane(connection, lane, blocked_until=until):
        return False
    sooner = or_(targets.c.blocked_until.is_(None), targets.c.blocked_until < until)
    chat = and_(targets.c.platform == lane.target.platform, targets.c.chat == lane.target.chat)
    await connection.execute(
        update(targets).where(chat, targets.c.id != lane.target_id, sooner).values(blocked_until=until)
    )
    return True


async def mark(connection: AsyncConnection, lane: Lane, items: Sequence[OutboxItem], **values: Any) -> bool:
    """Write to items while the lane is ours; False when it is not, or they are gone."""
    mine = select(targets.c.id).where(targets.c.id == lane.target_id, targets.c.epoch == lane.epoch)
    if (await connection.execute(mine.with_for_update(key_share=True))).first() is None:
        return False
    rows = outbox.c.id.in_([item.id for item in items]) & (outbox.c.target_id == lane.target_id)
    return bool((await connection.execute(update(outbox).where(rows).values(values))).rowcount)


async def mark_sent(
    connection: AsyncConnection,
    lane: Lane,
    shown_items: Sequence[tuple[OutboxItem, str, int, Told | None]],
    now: datetime,
) -> bool:
    """Item, its message, the revision shown and what was told; `told` None leaves what was told before."""
    ours = {"lane": lane.target_id, "lane_epoch": lane.epoch}
    fresh = sum(item.sent == 0 for item, *_ in shown_items)
    if not (await connection.execute(_counting(), ours | {"fresh": fresh})).rowcount:
        return False
    written = 0
    for item, message_ref, revision, told in shown_items:
        given = {"row": item.id, "lane": lane.target_id, "ref": message_ref, "revision": revision, "now": now}
        given |= {"new_told": told} if told else {}
        written += (await connection.execute(_showing(bool(told)), given)).rowcount
    return bool(written)


async def release(connection: AsyncConnection, lane: Lane) -> None:
    """Let the lane go if it is still ours."""
    await connection.execute(_releasing(), {"lane": lane.target_id, "lane_epoch": lane.epoch})


def _ours() -> ColumnElement[bool]:
    return and_(targets.c.id == bindparam("lane"), targets.c.epoch == bindparam("lane_epoch"))


# Three statements that are run for every alert: building them takes longer than running them.
@cache
def _counting() -> Update:
    return update(targets).where(_ours()).values(sent_total=targets.c.sent_total + bindparam("fresh", type_=BIG_ID))


@cache
def _showing(told: bool) -> Update:
    values: dict[str, Any] = {
        "sent": bindparam("revision"),
        "message_ref": bindparam("ref"),
        "sent_at": bindparam("now"),
    }
    values |= {"attempts": 0, "last_error": "", "deferred_reason": ""} | (
        {"told": bindparam("new_told")} if told else {}
    )
    row = and_(outbox.c.id == bindparam("row"), outbox.c.target_id == bindparam("lane"))
    return update(outbox).where(row).values(values)


@cache
def _releasing() -> Update:
    return update(targets).where(_ours()).values(lease_until=None)


async def next_at(connection: AsyncConnection) -> datetime | None:
    """When the next item can be sent: its own time, that of its lane, and that of its platform."""
    ready = greatest(
        outbox.c.not_before,
        func.coalesce(targets.c.blocked_until, outbox.c.not_before),
        func.coalesce(targets.c.lease_until, outbox.c.not_before),
        func.coalesce(platform_limits.c.blocked_until, outbox.c.not_before),
    )
    query = (
        select(func.min(ready, type_=UtcTime()))
        .join_from(outbox, targets, targets.c.id == outbox.c.target_id)
        .outerjoin(platform_limits, platform_limits.c.name == targets.c.platform)
        .where(waiting())
    )
    found: datetime | None = (await connection.execute(query)).scalar_one()
    return found
