"""What the status page shows beyond single stories: marks for the chart, and what is shown to which chat."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from core.model import Level, Target
from core.overview import DeliveryRow, DeliveryState, StoryMark
from core.showing import Showing
from storage import subscriptions as chats
from storage.connection import AsyncConnection
from storage.dialect import batches
from storage.schema import outbox, shown, stories, story_topics, targets, waiting

_TOLD = (Level.DIGEST.value, Level.ALERT.value)


async def marks(connection: AsyncConnection, since: datetime, limit: int) -> tuple[StoryMark, ...]:
    query = (
        select(stories.c.id, stories.c.opened_at, stories.c.facts)
        .where(stories.c.level.in_(_TOLD), stories.c.opened_at >= since)
        .order_by(stories.c.opened_at.desc(), stories.c.id.desc())
        .limit(limit)
    )
    rows = list(reversed((await connection.execute(query)).all()))
    topics: dict[int, list[str]] = defaultdict(list)
    for batch in batches(row.id for row in rows):
        tagged = select(story_topics).where(story_topics.c.story_id.in_(batch)).order_by(story_topics.c.position)
        for row in await connection.execute(tagged):
            topics[row.story_id].append(row.topic)
    return tuple(StoryMark(row.id, row.opened_at, tuple(topics[row.id]), row.facts) for row in rows)


async def deliveries(connection: AsyncConnection, state: DeliveryState, limit: int) -> tuple[DeliveryRow, ...]:
    conditions: dict[DeliveryState, tuple[ColumnElement[bool], tuple[ColumnElement[object], ...]]] = {
        DeliveryState.WAITING: (waiting(), (outbox.c.not_before.asc(), outbox.c.id.asc())),
        DeliveryState.DEAD: (outbox.c.dead_reason.is_not(None), (outbox.c.id.desc(),)),
        DeliveryState.SHOWN: (shown(), (outbox.c.id.desc(),)),
    }
    condition, order = conditions[state]
    why = func.coalesce(
        outbox.c.dead_reason,
        outbox.c.held_reason,
        func.nullif(outbox.c.deferred_reason, ""),
        outbox.c.last_error,
    )
    query = (
        select(
            outbox.c.id, outbox.c.story_id, outbox.c.wanted, outbox.c.sent, outbox.c.attempts, outbox.c.queued_at,
            outbox.c.not_before, outbox.c.sent_at, why.label("reason"), targets.c.platform,
        )
        .join(targets, targets.c.id == outbox.c.target_id)
        .where(condition)
        .order_by(*order)
        .limit(limit)
    )  # fmt: skip
    return tuple(
        DeliveryRow(
            id=row.id,
            platform=row.platform,
            story_id=row.story_id,
            wanted=row.wanted,
            sent=row.sent,
            attempts=row.attempts,
            queued_at=row.queued_at,
            not_before=row.not_before,
            sent_at=row.sent_at,
            reason=row.reason,
        )
        for row in await connection.execute(query)
    )


async def showing(connection: AsyncConnection, target: Target, story_id: int) -> Showing | None:
    query = (
        select(outbox, waiting().label("waits"))
        .join(targets, targets.c.id == outbox.c.target_id)
        .where(chats.at(target), outbox.c.story_id == story_id)
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    return Showing(
        queued_at=row.queued_at,
        not_before=row.not_before,
        shown_at=row.sent_at if row.sent else None,
        waits=bool(row.waits),
        dead=row.dead_reason or "",
        held=row.held_reason or "",
        put_off=row.deferred_reason if row.waits else "",
        trouble=row.last_error if row.waits else "",
    )
