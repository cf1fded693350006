"""Stories and their members."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, delete, or_, select, update

from core.errors import NotFound
from core.model import LEVELS, Level, Member, Story, StorySummary, Target
from core.search import DayCount, SearchTerm
from storage import search
from storage.columns import clean
from storage.connection import AsyncConnection
from storage.dialect import batches, insert
from storage.schema import entries, members, outbox, shown, stories, story_topics, targets


async def find(connection: AsyncConnection, story_id: int) -> Story | None:
    return next(iter(await _load(connection, [story_id])), None)


async def get(connection: AsyncConnection, story_id: int) -> Story:
    """Raise NotFound when there is no such story."""
    story = await find(connection, story_id)
    if story is None:
        raise NotFound(f"There is no story {story_id}; it may be older than what is kept. /latest lists the newest.")
    return story


async def open_since(connection: AsyncConnection, since: datetime) -> tuple[Story, ...]:
    """Stories updated since, oldest first."""
    return await _load(connection, (await connection.execute(_updated_since(), {"since": since})).scalars().all())


@cache  # building it takes longer than running it
def _updated_since() -> Select[int]:
    ours = stories.c.updated_at >= bindparam("since"), stories.c.merged_into.is_(None)
    return select(stories.c.id).where(*ours).order_by(stories.c.updated_at, stories.c.id)


async def latest(
    connection: AsyncConnection, limit: int, topics: Sequence[str], level: Level, before: int | None = None
) -> tuple[Story, ...]:
    """The newest stories of at least `level`, newest first; all topics when none are named.

    With `before`, only those that stand behind that story.
    """
    found: set[tuple[datetime, int]] = set()
    given: dict[str, Any] = {"limit": limit} if before is None else {"limit": limit, "before": before}
    for topic in dict.fromkeys(topics) or (None,):  # each along the index of its own, as far as is needed
        query = _newest(level, topic is not None, before is not None)
        asked = given if topic is None else {**given, "topic": topic}
        found.update((row.opened_at, row.id) for row in await connection.execute(query, asked))
    return await _load(connection, [story_id for _, story_id in sorted(found, reverse=True)[:limit]])


@cache  # building it takes longer than running it
def _newest(level: Level, of_topic: bool, behind: bool) -> Select[Any]:
    """Time and id of stories as `latest` wants them, of all topics or of one."""
    at, story_id = (
        (story_topics.c.opened_at, story_topics.c.story_id) if of_topic else (stories.c.opened_at, stories.c.id)
    )
    query = select(at, story_id.label("id")).where(_is_told(level))
    if of_topic:
        query = query.join(stories, stories.c.id == story_id).where(story_topics.c.topic == bindparam("topic"))
    if behind:
        query = query.where(_behind(at, story_id))
    return query.order_by(at.desc(), story_id.desc()).limit(bindparam("limit", type_=Integer))


def _is_told(level: Level) -> ColumnElement[bool]:
    ranks = [rank.value for rank in LEVELS[LEVELS.index(level) :]]
    return and_(stories.c.level.in_(ranks), stories.c.merged_into.is_(None))


def _behind(at: ColumnElement[datetime], story_id: ColumnElement[int]) -> ColumnElement[bool]:
    before = bindparam("before", type_=stories.c.id.type)
    other = stories.alias()
    opened_at = select(other.c.opened_at).where(other.c.id == before).scalar_subquery()
    return and_(at <= opened_at, or_(at < opened_at, story_id < before))


async def having(
    connection: AsyncConnection, terms: Sequence[SearchTerm], limit: int, before: int | None
) -> tuple[Story, ...]:
    """Stories of which one stored entry has all the words, newest number first, from below `before`.

    What only a chat's own watchlist found is left out, and so is what was merged: its reports stand elsewhere.
    """
    query = select(stories.c.id).where(stories.c.level != Level.NONE.value, stories.c.merged_into.is_(None))
    query = query.order_by(stories.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(stories.c.id < before)
    if terms:
        found = await _having(connection, query, terms, limit, before)
    else:
        found = (await connection.execute(query)).scalars().all()
    return await _load(connection, found)


async def _having(
    connection: AsyncConnection,
    query: Select[int],
    terms: Sequence[SearchTerm],
    limit: int,
    before: int | None,
) -> Sequence[int]:
    """Usual words are soon found among the newest stories; only for others the index is asked for all that have it."""
    fitting = select(members.c.story_id).join(entries, entries.c.id == members.c.entry_id).where(*search.all_of(terms))
    newest = stories.c.id.in_(search.newest(stories, before))
    near = query.where(newest, fitting.where(members.c.story_id == stories.c.id).exists())
    found = list((await connection.execute(near)).scalars())
    if len(found) >= limit:
        return found
    indexed = fitting.where(search.indexed(terms, connection.dialect.name))
    return list((await connection.execute(query.where(stories.c.id.in_(indexed)))).scalars())


async def newest_alert(connection: AsyncConnection, since: datetime) -> datetime | None:
    """When the newest story of level ALERT was opened, if that was since."""
    query = select(stories.c.opened_at).where(stories.c.level == Level.ALERT.value, stories.c.opened_at >= since)
    moment: datetime | None = await connection.scalar(query.order_by(stories.c.opened_at.desc()).limit(1))
    return moment


async def count_days(connection: AsyncConnection, since: datetime) -> tuple[DayCount, ...]:
    """Stories of at least digest level opened since, by UTC day and topic, oldest first."""
    told = stories.c.level.in_([Level.DIGEST.value, Level.ALERT.value])
    query = (
        select(stories.c.opened_at, stories.c.facts, story_topics.c.topic)
        .join(story_topics, story_topics.c.story_id == stories.c.id)
        .where(stories.c.opened_at >= since, told)
    )
    counted: dict[tuple[date, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in await connection.execute(query):
        key = row.opened_at.date(), row.topic
        count, freed = counted[key]
        counted[key] = count + 1, max(freed, row.facts.released or 0)
    return tuple(DayCount(day, topic, *counts) for (day, topic), counts in sorted(counted.items()))


async def of_message(connection: AsyncConnection, target: Target, message_ref: str) -> Story | None:
    """The story shown in this chat by this message, whatever its thread: a message has one number in all of a chat."""
    query = (
        select(outbox.c.story_id)
        .join(targets, targets.c.id == outbox.c.target_id)
        .where(
            targets.c.platform == target.platform,
            targets.c.chat == target.chat,
            outbox.c.message_ref == message_ref,
            shown(),
        )
        .order_by(outbox.c.id.desc())
        .limit(1)
    )
    story_id = (await connection.execute(query)).scalar_one_or_none() if message_ref else None
    found = None if story_id is None else await find(connection, story_id)
    return found if found is None or found.merged_into is None else await find(connection, found.merged_into)


async def add(connection: AsyncConnection, member: Member, summary: StorySummary, now: datetime) -> Story:
    """Open a story with its first member; it counts as opened at the member's time."""
    story_id = (
        await connection.execute(
            insert(connection, stories)
            .values(
                revision=1,
                level=summary.level.value,
                facts=summary.facts,
                opened_at=member.at,
                updated_at=max(member.at, now),
            )
            .returning(stories.c.id)
        )
    ).scalar_one()
    await _add_topics(connection, story_id, summary.topics, member.at)
    await _add_member(connection, story_id, member)
    return await get(connection, story_id)


async def join(
    connection: AsyncConnection, story_id: int, member: Member, summary: StorySummary, now: datetime
) -> Story:
    """Add a member; the revision grows by one. One found late may set back `opened_at` only. NotFound."""
    await _revise(connection, story_id, member, summary, now)
    await _add_member(connection, story_id, member)
    return await get(connection, story_id)


async def replace_member(
    connection: AsyncConnection, story_id: int, member: Member, summary: StorySummary, now: datetime
) -> Story:
    """Put a member in the place of that of the same entry; the revision grows by one. NotFound."""
    await _revise(connection, story_id, member, summary, now)
    await connection.execute(
        update(members)
        .where(members.c.story_id == story_id, members.c.entry_id == member.entry_id)
        .values(at=member.at, member=member)
    )
    return await get(connection, story_id)


async def _revise(
    connection: AsyncConnection, story_id: int, member: Member, summary: StorySummary, now: datetime
) -> None:
    before = await get(connection, story_id)
    opened_at = min(before.opened_at, member.at)
    await connection.execute(
        update(stories)
        .where(stories.c.id == story_id)
        .values(
            revision=stories.c.revision + 1,
            level=summary.level.value,
            facts=summary.facts,
            opened_at=opened_at,
            updated_at=max(before.updated_at, member.at, now),
        )
    )
    if (before.topics, before.opened_at) != (summary.topics, opened_at):
        await _replace_topics(connection, story_id, summary.topics, opened_at)


async def rewrite(
    connection: AsyncConnection,
    story_id: int,
    reports: Sequence[Member],
    summary: StorySummary,
    revision: int,
    updated_at: datetime,
) -> None:
    """Write what follows from a story's reports, after these have changed."""
    opened_at = min(report.at for report in reports)
    await connection.execute(
        update(stories)
        .where(stories.c.id == story_id)
        .values(
            revision=revision,
            level=summary.level.value,
            facts=summary.facts,
            opened_at=opened_at,
            updated_at=updated_at,
        )
    )
    await _replace_topics(connection, story_id, summary.topics, opened_at)


async def _replace_topics(
    connection: AsyncConnection, story_id: int, topics: Sequence[str], opened_at: datetime
) -> None:
    await connection.execute(delete(story_topics).where(story_topics.c.story_id == story_id))
    await _add_topics(connection, story_id, topics, opened_at)


async def _add_topics(connection: AsyncConnection, story_id: int, topics: Sequence[str], opened_at: datetime) -> None:
    rows = [
        {"story_id": story_id, "topic": topic, "position": position, "opened_at": opened_at}
        for position, topic in enumerate(dict.fromkeys(clean(topic) for topic in topics))
    ]
    if rows:
        await connection.execute(insert(connection, story_topics), rows)


async def _add_member(connection: AsyncConnection, story_id: int, member: Member) -> None:
    await connection.execute(
        insert(connection, members).values(story_id=story_id, entry_id=member.entry_id, at=member.at, member=member)
    )


async def _load(connection: AsyncConnection, ids: Iterable[int]) -> tuple[Story, ...]:
    """Stories with topics and members, in the order of the ids; those that do not exist are left out.

    One that was merged has what the other story has, under its own id and revision.
    """
    order = list(ids)
    own = await _load_own(connection, order)
    into = [story.merged_into for story in own.values() if story.merged_into is not None]
    others = await _load_own(connection, into) if into else {}
    for story in list(own.values()):
        if story.merged_into is None:
            continue
        other = others.get(story.merged_into)
        if other is None:
            del own[story.id]
        else:
            own[story.id] = replace(other, id=story.id, revision=story.revision, merged_into=other.id)
    return tuple(own[story_id] for story_id in order if story_id in own)


async def _load_own(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, Story]:
    loaded: dict[int, Story] = {}
    for batch in batches(ids):
        topics: dict[int, list[str]] = defaultdict(list)
        query = select(story_topics).where(story_topics.c.story_id.in_(batch)).order_by(story_topics.c.position)
        for row in await connection.execute(query):
            topics[row.story_id].append(row.topic)
        reports: dict[int, list[Member]] = defaultdict(list)
        query = select(members.c.story_id, members.c.member).where(members.c.story_id.in_(batch))
        for row in await connection.execute(query.order_by(members.c.at, members.c.entry_id)):
            reports[row.story_id].append(row.member)
        for row in await connection.execute(select(stories).where(stories.c.id.in_(batch))):
            loaded[row.id] = Story(
                id=row.id,
                revision=row.revision,
                level=Level(row.level),
                topics=tuple(topics[row.id]),
                facts=row.facts,
                opened_at=row.opened_at,
                updated_at=row.updated_at,
                members=tuple(reports[row.id]),
                merged_into=row.merged_into,
                parted=row.parted,
            )
    return loaded
