"""Watchlists: what single chats look for beyond the topics, and the alerts that follow from it.

Rows are added and deleted, never changed, and ids are never given again: their number and the highest id together say
whether anything has changed since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update

from core.model import Story, Target
from core.watch import WatchHit, WatchItem, WatchSpec
from storage import subscriptions as chats
from storage.connection import AsyncConnection
from storage.dialect import batches, insert
from storage.schema import outbox, subscriptions, targets, watches

LABELS = 200  # characters of labels that an alert shows


async def version(connection: AsyncConnection) -> str:
    row = (await connection.execute(select(func.count(), func.max(watches.c.id)))).one()
    return f"{row[0]}-{row[1] or 0}"


async def specs(connection: AsyncConnection) -> tuple[WatchSpec, ...]:
    """Every spec that anybody watches, each once."""
    first = select(func.min(watches.c.id)).group_by(watches.c.key)
    rows = await connection.execute(select(watches.c.spec).where(watches.c.id.in_(first)).order_by(watches.c.id))
    return tuple(rows.scalars())


async def of(connection: AsyncConnection, target: Target) -> tuple[WatchItem, ...]:
    query = (
        select(watches.c.id, watches.c.spec, watches.c.created_at)
        .join(targets, targets.c.id == watches.c.target_id)
        .where(chats.at(target))
        .order_by(watches.c.id)
    )
    return tuple(WatchItem(row.id, row.spec, row.created_at) for row in await connection.execute(query))


async def add(connection: AsyncConnection, target: Target, wanted: Sequence[WatchSpec], now: datetime) -> int:
    """Add specs, making the chat's subscription if there is none; how many were new. Needs Lock.STORIES."""
    if await chats.find(connection, target) is None:
        await chats.subscribe(connection, target, (), now, "chat")
    target_id = (await connection.execute(select(targets.c.id).where(chats.at(target)))).scalar_one()
    added = 0
    for batch in batches({spec.key: spec for spec in wanted}.items(), 200):
        rows = [{"target_id": target_id, "key": key, "spec": spec, "created_at": now} for key, spec in batch]
        made = await connection.execute(
            insert(connection, watches)
            .on_conflict_do_nothing(index_elements=["target_id", "key"])
            .returning(watches.c.id),
            rows,
        )
        added += len(made.all())
    return added


async def remove(connection: AsyncConnection, target: Target, ids: Sequence[int]) -> int:
    here = select(targets.c.id).where(chats.at(target)).scalar_subquery()
    gone = 0
    for batch in batches(ids):
        chosen = delete(watches).where(watches.c.target_id.in_(here), watches.c.id.in_(batch))
        gone += (await connection.execute(chosen)).rowcount
    return gone


async def queue(connection: AsyncConnection, story: Story, hits: Sequence[WatchHit], now: datetime) -> int:
    """One outbox row for every active subscription that watches for one of the hits; how many were made new.

    Chats that get the story anyway are told that they watch for it, in the message they get. Needs Lock.STORIES.
    """
    labels: dict[tuple[int, int], list[str]] = defaultdict(list)
    for batch in batches(sorted({hit.key for hit in hits})):
        query = (
            select(subscriptions.c.id, subscriptions.c.target_id, watches.c.spec)
            .join(watches, watches.c.target_id == subscriptions.c.target_id)
            .where(watches.c.key.in_(batch), subscriptions.c.paused_reason == "")
            .order_by(watches.c.id)
        )
        for row in await connection.execute(query):
            labels[row.id, row.target_id].append(row.spec.label)
    shown = select(outbox.c.subscription_id).where(outbox.c.story_id == story.id)
    there = set((await connection.execute(shown)).scalars())
    fresh: list[dict[str, Any]] = []
    for (subscription_id, target_id), names in labels.items():
        watched = ", ".join(dict.fromkeys(names))[:LABELS]
        if subscription_id in there:
            here = (outbox.c.subscription_id == subscription_id) & (outbox.c.story_id == story.id)
            await connection.execute(update(outbox).where(here, outbox.c.watched == "").values(watched=watched))
            continue
        fresh.append(
            {
                "subscription_id": subscription_id, "target_id": target_id, "story_id": story.id,
                "wanted": story.revision, "queued_at": now, "not_before": now, "watched": watched,
            }
        )  # fmt: skip
    for rows in batches(fresh):
        await connection.execute(insert(connection, outbox), rows)
    return len(fresh)


async def find_watched(connection: AsyncConnection, target: Target, story_id: int) -> str | None:
    query = (
        select(outbox.c.watched)
        .join(targets, targets.c.id == outbox.c.target_id)
        .where(chats.at(target), outbox.c.story_id == story_id)
        .limit(1)
    )
    found: str | None = (await connection.execute(query)).scalar_one_or_none()
    return found
