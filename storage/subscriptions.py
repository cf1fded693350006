"""Targets and their subscriptions: who wants which topics. One subscription a target.

Nothing is kept of a chat but its address, its topics and options, and what was shown there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, delete, func, or_, select, update

from core.errors import NotFound
from core.model import Subscription, Target
from core.options import Options
from storage import proposals
from storage.columns import clean
from storage.connection import AsyncConnection
from storage.dialect import batches, insert
from storage.schema import outbox, subscription_topics, subscriptions, targets, waiting, watches

# How long after it was kept back a story is asked about again when the options change.
REVIVED = timedelta(days=1)


def at(target: Target) -> ColumnElement[bool]:
    """Condition: the row of this target."""
    return (
        (targets.c.platform == target.platform) & (targets.c.chat == target.chat) & (targets.c.thread == target.thread)
    )


async def find(connection: AsyncConnection, target: Target) -> Subscription | None:
    given = {"platform": target.platform, "chat": target.chat, "thread": target.thread}
    return next(iter((await _read(connection, _finding(), given)).values()), None)


async def get(connection: AsyncConnection, target: Target) -> Subscription:
    found = await find(connection, target)
    if found is None:
        raise NotFound("The chat has no subscription; /start there makes one.")
    return found


@cache  # every command asks for it; building it takes longer than running it
def _finding() -> Select[Any]:
    return _selecting().where(*(targets.c[name] == bindparam(name) for name in ("platform", "chat", "thread")))


def _selecting() -> Select[Any]:
    wanted = select(subscriptions, targets.c.platform, targets.c.chat, targets.c.thread)
    return wanted.join(targets, targets.c.id == subscriptions.c.target_id)


async def _load(connection: AsyncConnection, condition: ColumnElement[bool]) -> dict[int, Subscription]:
    """Subscriptions of the targets that fit, by target id."""
    return await _read(connection, _selecting().where(condition), {})


async def _read(connection: AsyncConnection, query: Select[Any], given: Mapping[str, str]) -> dict[int, Subscription]:
    rows = (await connection.execute(query, given)).all()
    topics: dict[int, list[str]] = defaultdict(list)
    for batch in batches([row.id for row in rows]):
        wanted = select(subscription_topics).where(subscription_topics.c.subscription_id.in_(batch))
        for row in await connection.execute(wanted.order_by(subscription_topics.c.position)):
            topics[row.subscription_id].append(row.topic)
    return {row.target_id: _subscription(row, topics[row.id]) for row in rows}


def _subscription(row: Row[*tuple[Any, ...]], topics: Iterable[str]) -> Subscription:
    return Subscription(
        id=row.id,
        target=Target(row.platform, row.chat, row.thread),
        topics=tuple(topics),
        created_at=row.created_at,
        source=row.source,
        paused_reason=row.paused_reason,
        options=row.options,
    )


async def subscribe(
    connection: AsyncConnection, target: Target, topics: Sequence[str], now: datetime, source: str
) -> Subscription:
    """Create the target's subscription, or replace its topics and end its pause. Needs Lock.STORIES."""
    await connection.execute(
        insert(connection, targets)
        .values(platform=target.platform, chat=target.chat, thread=target.thread)
        .on_conflict_do_nothing(index_elements=["platform", "chat", "thread"])
    )
    target_id = (await connection.execute(select(targets.c.id).where(at(target)))).scalar_one()
    subscription_id = (
        await connection.execute(
            insert(connection, subscriptions)
            .values(target_id=target_id, created_at=now, source=source, paused_reason="", options=Options())
            .on_conflict_do_update(index_elements=["target_id"], set_={"source": source, "paused_reason": ""})
            .returning(subscriptions.c.id)
        )
    ).scalar_one()
    await _replace_topics(connection, subscription_id, topics)
    return await get(connection, target)


async def set_options(connection: AsyncConnection, target: Target, options: Options, now: datetime) -> Subscription:
    """Replace a chat's options; what the former ones put off or kept back is asked about again. Needs Lock.STORIES.

    What they kept back longer ago than REVIVED stays back: a chat that unmutes a source wants no news of last month.
    """
    before = await get(connection, target)
    await connection.execute(update(subscriptions).where(subscriptions.c.id == before.id).values(options=options))
    mine = outbox.c.subscription_id == before.id
    deferred = waiting() & (outbox.c.deferred_reason != "")
    held = outbox.c.held_reason.is_not(None) & (outbox.c.queued_at > now - REVIVED)
    await connection.execute(
        update(outbox).where(mine, or_(deferred, held)).values(not_before=now, deferred_reason="", held_reason=None)
    )
    return await get(connection, target)


async def _replace_topics(connection: AsyncConnection, subscription_id: int, topics: Iterable[str]) -> None:
    await connection.execute(
        delete(subscription_topics).where(subscription_topics.c.subscription_id == subscription_id)
    )
    rows = [
        {"subscription_id": subscription_id, "topic": topic, "position": position}
        for position, topic in enumerate(dict.fromkeys(clean(topic) for topic in topics))
    ]
    if rows:
        await connection.execute(insert(connection, subscription_topics), rows)


async def erase(connection: AsyncConnection, condition: ColumnElement[bool]) -> int:
    """Delete targets with all that hangs on them; how many there were. Needs Lock.STORIES."""
    return (await connection.execute(delete(targets).where(condition))).rowcount


async def forget(connection: AsyncConnection, target: Target) -> int:
    """Delete a chat with all that is kept about it; how many there were. Needs Lock.STORIES."""
    await proposals.erase(connection, target)
    return await erase(connection, at(target))


async def sync(connection: AsyncConnection, wanted: Mapping[Target, Sequence[str]], now: datetime) -> None:
    """Make subscriptions of the configuration follow it. Needs Lock.STORIES.

    A chat that has moved since is found by the address that the configuration still names.
    """
    rows = (
        await connection.execute(select(targets.c.id, targets.c.moved_from).where(targets.c.moved_from != ""))
    ).all()
    moved = {row.moved_from: row.id for row in rows}
    configured = await _load(connection, subscriptions.c.source == "config")
    kept: set[int] = set()
    for target, topics in wanted.items():
        found = await find(connection, target)
        moved_id = moved.get(str(target))
        if found is None and moved_id is not None:
            found = next(iter((await _load(connection, targets.c.id == moved_id)).values()), None)
        if found is None or found.source == "config":
            found = await subscribe(connection, found.target if found else target, topics, now, "config")
        kept.add(found.id)
    gone = [target_id for target_id, subscription in configured.items() if subscription.id not in kept]
    for batch in batches(gone):
        await erase(connection, targets.c.id.in_(batch))


async def retire(connection: AsyncConnection, target: Target, reason: str) -> None:
    """Pause the subscription of a chat that is gone and drop what waits for it. Needs Lock.STORIES."""
    await _retire(connection, at(target), reason)


async def retire_team(connection: AsyncConnection, platform: str, team: str, reason: str) -> None:
    """The same for all chats of a workspace, or of those that name none. Needs Lock.STORIES."""
    start = f"{team}."
    inside = func.substr(targets.c.chat, 1, len(start)) == start if team else targets.c.chat.not_like("%.%")
    await _retire(connection, and_(targets.c.platform == platform, inside), reason)


async def _retire(connection: AsyncConnection, which: ColumnElement[bool], reason: str) -> None:
    ids = select(targets.c.id).where(which).scalar_subquery()
    await connection.execute(
        update(subscriptions).where(subscriptions.c.target_id.in_(ids)).values(paused_reason=reason)
    )
    await connection.execute(update(outbox).where(outbox.c.target_id.in_(ids), waiting()).values(dead_reason=reason))


async def move(connection: AsyncConnection, old: Target, new: Target) -> None:
    """Give a chat its new address, and join it with what is there already. Needs Lock.STORIES.

    Its messages stay behind: their numbers are those of others there, so none of them is edited or answered any more.
    """
    if old != new:
        await proposals.move(connection, old, new)
    query = select(targets.c.id, targets.c.moved_from, targets.c.sent_total)
    here = (await connection.execute(query.where(at(old)).with_for_update(key_share=True))).first()
    there = (await connection.execute(query.where(at(new)).with_for_update(key_share=True))).first()
    if here is None or old == new:
        return
    await connection.execute(update(outbox).where(outbox.c.target_id == here.id).values(message_ref=""))
    moved_from = here.moved_from or str(old)
    if there is None:
        await connection.execute(
            update(targets)
            .where(targets.c.id == here.id)
            .values(platform=new.platform, chat=new.chat, thread=new.thread, moved_from=moved_from)
        )
        return
    await connection.execute(
        update(targets)
        .where(targets.c.id == there.id)
        .values(moved_from=moved_from, sent_total=targets.c.sent_total + here.sent_total)
    )
    await _join_subscriptions(connection, old, new, there.id)
    await connection.execute(
        update(watches)
        .where(
            watches.c.target_id == here.id,
            watches.c.key.not_in(select(watches.c.key).where(watches.c.target_id == there.id).scalar_subquery()),
        )
        .values(target_id=there.id)
    )
    await erase(connection, targets.c.id == here.id)


async def _join_subscriptions(connection: AsyncConnection, old: Target, new: Target, new_id: int) -> None:
    leaving, staying = await find(connection, old), await find(connection, new)
    if leaving is None:
        return
    if staying is None:
        values: dict[str, Any] = {"target_id": new_id}
        await connection.execute(update(subscriptions).where(subscriptions.c.id == leaving.id).values(values))
        await connection.execute(update(outbox).where(outbox.c.subscription_id == leaving.id).values(values))
        return
    pause = staying.paused_reason if leaving.paused_reason else ""
    await connection.execute(update(subscriptions).where(subscriptions.c.id == staying.id).values(paused_reason=pause))
    await _replace_topics(connection, staying.id, (*staying.topics, *leaving.topics))
    await _join_outbox(connection, leaving.id, staying.id, new_id)


async def _join_outbox(connection: AsyncConnection, leaving: int, staying: int, new_id: int) -> None:
    """What only the old chat had goes along; a story that both were shown stays as it stands in the new one."""
    theirs = outbox.alias()
    both = select(theirs.c.story_id).where(theirs.c.subscription_id == staying)
    await connection.execute(
        update(outbox)
        .where(outbox.c.subscription_id == leaving, outbox.c.story_id.not_in(both))
        .values(subscription_id=staying, target_id=new_id)
    )
    for row in (await connection.execute(select(outbox).where(outbox.c.subscription_id == leaving))).all():
        mine = (outbox.c.subscription_id == staying) & (outbox.c.story_id == row.story_id)
        await connection.execute(update(outbox).where(mine, outbox.c.wanted < row.wanted).values(wanted=row.wanted))
        if row.dead_reason is None:
            await connection.execute(update(outbox).where(mine).values(dead_reason=None))
        await connection.execute(
            update(outbox).where(mine, outbox.c.sent == 0).values(sent=row.sent, sent_at=row.sent_at, told=row.told)
        )
