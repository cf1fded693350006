"""Stories merged, and split by operators. All need Lock.STORIES, so that no poll places a report meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update

from core.correcting import Corrected, Summarise
from core.errors import BadCorrection
from core.model import Level, Member, Story
from core.sentence import Sentence
from storage import correcting_texts as told
from storage import outbox as queues
from storage import stories
from storage.connection import AsyncConnection
from storage.database import Database
from storage.dialect import Lock, insert
from storage.schema import members, outbox, shown, waiting
from storage.schema import stories as table

_AT_ONCE = timedelta(0)


async def merge(connection: AsyncConnection, into: int, other: int, summarise: Summarise, now: datetime) -> Corrected:
    """See core.correcting."""
    if into == other:
        raise BadCorrection(Sentence(told.WITH_ITSELF, n=str(into)))
    kept, gone = await stories.get(connection, into), await stories.get(connection, other)
    for story in (kept, gone):
        if story.merged_into is not None:
            raise BadCorrection(Sentence(told.MERGED_BEFORE, n=str(story.id), into=str(story.merged_into)))
    await connection.execute(update(members).where(members.c.story_id == other).values(story_id=into))
    revision = max(kept.revision, gone.revision) + 1
    merged = sorted((*kept.members, *gone.members), key=lambda member: (member.at, member.entry_id))
    await stories.rewrite(connection, into, merged, summarise(merged), revision, max(kept.updated_at, gone.updated_at))
    await connection.execute(update(table).where(table.c.merged_into == other).values(merged_into=into))
    await connection.execute(
        update(table)
        .where(table.c.id == other)
        .values(merged_into=into, level=Level.NONE.value, revision=gone.revision + 1)
    )
    await _redirect(connection, into, gone, revision, now)
    story = await stories.get(connection, into)
    await queues.queue(connection, story, now, edit_after=_AT_ONCE, edits_only=True)
    return Corrected(story, await stories.get(connection, other), await _waiting(connection, (into, other)))


async def _redirect(connection: AsyncConnection, into: int, gone: Story, revision: int, now: datetime) -> None:
    """A chat with one message has it edited to the merged story; with two, the second says where it went.

    What was not shown yet, or has no message of its own (a digest), is not told of twice.
    """
    kept, lost, row = outbox.c.story_id == into, outbox.c.story_id == gone.id, outbox.alias()
    second = select(row.c.subscription_id).where(row.c.story_id == gone.id, row.c.sent > 0)
    await connection.execute(delete(outbox).where(kept, ~shown(), outbox.c.subscription_id.in_(second)))
    first = select(row.c.subscription_id).where(row.c.story_id == into)
    both = outbox.c.subscription_id.in_(first)
    await connection.execute(delete(outbox).where(lost, both, or_(~shown(), outbox.c.message_ref == "")))
    again = {"queued_at": now, "not_before": now, "attempts": 0, "dead_reason": None, "held_reason": None}
    await connection.execute(update(outbox).where(lost, both).values(wanted=gone.revision + 1, **again))
    moved = update(outbox).where(lost, ~both, shown()).values(story_id=into, wanted=revision, **again)
    await connection.execute(moved)
    await connection.execute(update(outbox).where(lost, ~both, ~shown()).values(story_id=into, wanted=revision))


async def split(
    connection: AsyncConnection, story_id: int, entries: Collection[int], summarise: Summarise, now: datetime
) -> Corrected:
    """See core.correcting."""
    old = await stories.get(connection, story_id)
    if old.merged_into is not None:
        raise BadCorrection(Sentence(told.MERGED_AWAY, n=str(story_id), into=str(old.merged_into)))
    strange = sorted(set(entries) - {member.entry_id for member in old.members})
    if strange:
        names = ", ".join(map(str, strange))
        raise BadCorrection(Sentence(told.NO_REPORT, n=str(story_id), names=names))
    leaving = [member for member in old.members if member.entry_id in entries]
    staying = [member for member in old.members if member.entry_id not in entries]
    if not leaving or not staying:
        raise BadCorrection(Sentence(told.ONE_EACH, n=str(story_id)))
    await connection.execute(
        delete(members).where(members.c.story_id == story_id, members.c.entry_id.in_(m.entry_id for m in leaving))
    )
    new_id = await _found(connection, leaving, summarise)
    await stories.rewrite(connection, story_id, staying, summarise(staying), old.revision + 1, old.updated_at)
    parted = update(table).where(table.c.id.in_((story_id, new_id))).values(parted=True)
    await connection.execute(parted)
    story, new = await stories.get(connection, story_id), await stories.get(connection, new_id)
    await queues.queue(connection, story, now, edit_after=_AT_ONCE, edits_only=True)
    if new.level is Level.ALERT:
        await queues.queue(connection, new, now, edit_after=_AT_ONCE, edits_only=False)
    return Corrected(story, new, await _waiting(connection, (story_id, new_id)))


async def _found(connection: AsyncConnection, leaving: Sequence[Member], summarise: Summarise) -> int:
    """A new story with these reports, oldest first."""
    first, *others = leaving
    new = await stories.add(connection, first, summarise([first]), first.at)
    if others:
        rows = [{"story_id": new.id, "entry_id": one.entry_id, "at": one.at, "member": one} for one in others]
        await connection.execute(insert(connection, members), rows)
    latest = max(member.at for member in leaving)
    await stories.rewrite(connection, new.id, leaving, summarise(leaving), 1, latest)
    return new.id


async def _waiting(connection: AsyncConnection, ids: Sequence[int]) -> int:
    """Chats that have something to be shown of these stories."""
    query = select(func.count(outbox.c.target_id.distinct())).where(outbox.c.story_id.in_(ids), waiting())
    return int((await connection.execute(query)).scalar_one())


class StoryAdmin:
    """The part of the store that answers core.correcting.CorrectingStore."""

    _database: Database

    async def merge_stories(self, into: int, other: int, summarise: Summarise, now: datetime) -> Corrected:
        async with self._database.write(Lock.STORIES) as connection:
            return await merge(connection, into, other, summarise, now)

    async def split_story(
        self, story_id: int, entries: Sequence[int], summarise: Summarise, now: datetime
    ) -> Corrected:
        async with self._database.write(Lock.STORIES) as connection:
            return await split(connection, story_id, frozenset(entries), summarise, now)
