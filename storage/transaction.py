"""The transaction that ends a poll: entries, hits, stories, outbox and the feed's state in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from core.correcting import Summarise
from core.model import Feed, Member, NewEntry, PollRecord, Story, StorySummary
from core.secondlook import Look, LookTrace, NewLook
from core.watch import WatchHit
from storage import correcting, feeds, hints, known, outbox, secondlooks, stories, watchlists
from storage import entries as texts
from storage.connection import AsyncConnection
from storage.dialect import Lock, take_lock


class PollTransaction:
    """See core.ports.Transaction. `stale` are identities met again in this poll, see Store.find_known."""

    def __init__(self, connection: AsyncConnection, stale: dict[int, tuple[int, ...]]) -> None:
        self._connection = connection
        self._stale = stale
        self._added = 0

    async def check_lease(self, feed: Feed) -> None:
        await feeds.check_lease(self._connection, feed)

    async def add_entries(self, feed: Feed, entries: Sequence[NewEntry], now: datetime) -> tuple[int | None, ...]:
        ids = await texts.add(self._connection, feed, entries, now)
        self._added += sum(entry_id is not None for entry_id in ids)
        return ids

    async def open_stories(self, since: datetime) -> tuple[Story, ...]:
        await take_lock(self._connection, Lock.STORIES)
        return await stories.open_since(self._connection, since)

    async def add_story(self, member: Member, summary: StorySummary, now: datetime) -> Story:
        return await stories.add(self._connection, member, summary, now)

    async def join_story(self, story_id: int, member: Member, summary: StorySummary, now: datetime) -> Story:
        return await stories.join(self._connection, story_id, member, summary, now)

    async def merge_stories(self, into: int, other: int, summarise: Summarise, now: datetime) -> Story:
        done = await correcting.merge(self._connection, into, other, summarise, now)
        return done.story

    async def queue_story(self, story: Story, now: datetime, *, edit_after: timedelta, edits_only: bool = False) -> int:
        made = await outbox.queue(self._connection, story, now, edit_after=edit_after, edits_only=edits_only)
        await hints.tell(self._connection)
        return made

    async def queue_watched(self, story: Story, hits: Sequence[WatchHit], now: datetime) -> int:
        made = await watchlists.queue(self._connection, story, hits, now)
        await hints.tell(self._connection)
        return made

    async def set_outcome(self, entry_id: int, outcome: str, reason: str) -> None:
        await texts.set_outcome(self._connection, entry_id, outcome, reason)

    async def add_looks(self, feed: Feed, looks: Sequence[NewLook], now: datetime) -> None:
        await secondlooks.add(self._connection, feed, looks, now)

    async def check_look(self, look: Look) -> None:
        await secondlooks.check(self._connection, look)

    async def update_entry(self, entry_id: int, new: NewEntry) -> None:
        await texts.change(self._connection, entry_id, new)

    async def replace_member(self, story_id: int, member: Member, summary: StorySummary, now: datetime) -> Story:
        return await stories.replace_member(self._connection, story_id, member, summary, now)

    async def finish_look(self, look: Look, trace: LookTrace, *, hits: int = 0) -> None:
        await secondlooks.finish(self._connection, look, trace, hits)

    async def finish_poll(self, feed: Feed, record: PollRecord) -> None:
        await feeds.finish(self._connection, feed, record, added=self._added)
        await known.refresh(self._connection, self._stale.pop(feed.id, ()), record.polled_at)
