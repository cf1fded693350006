"""Counts for /status and readiness. Totals are kept where they change, so that nothing large is counted."""

from __future__ import annotations

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.model import Status
from storage.columns import UtcTime
from storage.schema import feeds, outbox, stories, subscriptions, targets, waiting


async def read(connection: AsyncConnection) -> Status:
    at_work = feeds.c.active & feeds.c.paused_at.is_(None)
    polled = (
        await connection.execute(
            select(
                func.coalesce(func.sum(case((at_work, 1), else_=0)), 0),
                func.coalesce(func.sum(case((at_work & (feeds.c.failures > 0), 1), else_=0)), 0),
                func.coalesce(func.sum(feeds.c.entries_total), 0),
                func.coalesce(func.sum(feeds.c.hits_total), 0),
                func.max(feeds.c.last_polled_at),
                func.max(feeds.c.last_ok_at),
            )
        )
    ).one()
    counts = (
        await connection.execute(
            select(
                select(func.count()).select_from(stories).scalar_subquery(),
                select(func.count()).select_from(stories).where(stories.c.merged_into.is_not(None)).scalar_subquery(),
                select(func.count()).select_from(subscriptions).scalar_subquery(),
                select(func.coalesce(func.sum(targets.c.sent_total), 0)).scalar_subquery(),
                select(func.count()).select_from(outbox).where(outbox.c.dead_reason.is_not(None)).scalar_subquery(),
            )
        )
    ).one()
    pending = (
        await connection.execute(
            select(
                func.count(),
                func.min(case((outbox.c.deferred_reason == "", outbox.c.queued_at), else_=None), type_=UtcTime()),
            )
            .select_from(outbox)
            .where(waiting())
        )
    ).one()
    return Status(
        feeds=int(polled[0]),
        feeds_failing=int(polled[1]),
        entries=int(polled[2]),
        hits=int(polled[3]),
        stories=int(counts[0] - counts[1]),
        subscriptions=int(counts[2]),
        alerts_sent=int(counts[3]),
        outbox_waiting=int(pending[0]),
        outbox_dead=int(counts[4]),
        oldest_waiting_at=pending[1],
        last_poll_at=polled[4],
        last_ok_at=polled[5],
    )
