"""Counts for /status and readiness. Totals are kept where they change, so that nothing large is counted."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Select, case, func, literal, select

from core.model import Status
from storage.columns import UtcTime
from storage.connection import AsyncConnection
from storage.schema import feeds, outbox, stories, subscriptions, targets, waiting


async def read(connection: AsyncConnection) -> Status:
    row = (await connection.execute(_counting())).one()
    return Status(
        feeds=int(row.feeds),
        feeds_failing=int(row.failing),
        entries=int(row.entries),
        hits=int(row.hits),
        stories=int(row.stories - row.merged),
        subscriptions=int(row.subscriptions),
        alerts_sent=int(row.sent),
        outbox_waiting=int(row.waiting),
        outbox_dead=int(row.dead),
        oldest_waiting_at=row.oldest,
        last_poll_at=row.polled_at,
        last_ok_at=row.ok_at,
    )


@cache  # building it takes longer than running it
def _counting() -> Select[Any]:
    """All of it in one statement, of which each costs a chat's question more than the counting."""
    at_work = feeds.c.active & feeds.c.paused_at.is_(None)
    polled = select(
        func.coalesce(func.sum(case((at_work, 1), else_=0)), 0).label("feeds"),
        func.coalesce(func.sum(case((at_work & (feeds.c.failures > 0), 1), else_=0)), 0).label("failing"),
        func.coalesce(func.sum(feeds.c.entries_total), 0).label("entries"),
        func.coalesce(func.sum(feeds.c.hits_total), 0).label("hits"),
        func.max(feeds.c.last_polled_at).label("polled_at"),
        func.max(feeds.c.last_ok_at).label("ok_at"),
    ).subquery("polled")
    pending = (
        select(
            func.count().label("waiting"),
            func.min(case((outbox.c.deferred_reason == "", outbox.c.queued_at), else_=None), type_=UtcTime()).label(
                "oldest"
            ),
        )
        .select_from(outbox)
        .where(waiting())
        .subquery("pending")
    )
    count = func.count()
    return select(
        *polled.c,
        *pending.c,
        select(count).select_from(stories).scalar_subquery().label("stories"),
        select(count).select_from(stories).where(stories.c.merged_into.is_not(None)).scalar_subquery().label("merged"),
        select(count).select_from(subscriptions).scalar_subquery().label("subscriptions"),
        select(func.coalesce(func.sum(targets.c.sent_total), 0)).scalar_subquery().label("sent"),
        select(count).select_from(outbox).where(outbox.c.dead_reason.is_not(None)).scalar_subquery().label("dead"),
    ).select_from(polled.join(pending, literal(True)))
