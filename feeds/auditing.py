"""The missed-item audit: once a day, what did a query bring that no feed of ours did? One report, not a stream.

The day is counted in the store, so several processes audit once in all, and a restart does not audit again.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from core.audits import COVERED, MISSED, AuditedStore, Missed
from core.errors import StoreError
from core.model import Action, Member, Story
from core.ports import Clock, Observer, Stories
from core.replicas import Lease, LeaseStore
from core.watch import StoredEntry

DAY = "audit"  # the right to audit, which is never given back
EVERY = timedelta(days=1)
GRACE = timedelta(hours=6)  # feeds may bring a story later than the query
LOOK_BACK = timedelta(days=7)
MOST = 500


class AuditStore(AuditedStore, LeaseStore, Protocol): ...


class Audit:
    """Judges the entries of audit feeds. Each is judged, and told, once; what is not judged yet waits in the store."""

    def __init__(self, store: AuditStore, stories: Stories, clock: Clock, observe: Observer) -> None:
        self._store = store
        self._stories = stories
        self._clock = clock
        self._observe = observe

    async def look(self) -> tuple[Missed, ...]:
        """Judge what has waited long enough, once a day at most; what was missed, oldest first. Raises StoreError."""
        now = self._clock.now()
        waiting = await self._store.list_audited(now - LOOK_BACK, now - GRACE, MOST)
        if not waiting:
            return ()
        day = await self._store.take_lease(DAY, uuid.uuid4().hex, now, ttl=EVERY)
        if day is None:
            return ()
        try:
            return await self._judge(waiting)
        except BaseException:
            await self._give_back(day)
            raise

    async def _give_back(self, day: Lease) -> None:
        """What could not be judged today is judged by the next look."""
        with suppress(StoreError):
            await self._store.drop_lease(day, self._clock.now())

    async def _judge(self, waiting: Sequence[StoredEntry]) -> tuple[Missed, ...]:
        known = await self._store.stories_since(min(entry.seen_at for entry in waiting) - self._stories.window)
        covered, missed = await self._divide(waiting[::-1], known)
        await self._store.judge_audited(covered, COVERED, "Other feeds brought the same.")
        await self._store.judge_audited(
            [entry.id for group in missed for entry in group], MISSED, "No other feed brought it."
        )
        told = tuple(_told(group) for group in missed)
        if told:
            self._observe("audit", missed=told, judged=len(waiting))
        return told

    async def _divide(
        self, waiting: Sequence[StoredEntry], known: Sequence[Story]
    ) -> tuple[list[int], list[list[StoredEntry]]]:
        """The ids of entries that were brought by others too, and the others by story."""
        covered: list[int] = []
        groups: list[list[StoredEntry]] = []
        own: list[Story] = []
        for entry in waiting:
            member = _member(entry)
            link = await self._store.is_covered(entry.entry.link_key, entry.entry.url)
            if link or self._stories.place(member, known).action is not Action.OPEN:
                covered.append(entry.id)
            else:
                placement = self._stories.place(member, own)
                if placement.action is Action.JOIN and placement.story_id is not None:
                    groups[placement.story_id].append(entry)
                    own[placement.story_id] = self._joined(own[placement.story_id], member)
                else:
                    own.append(self._opened(len(own), member))
                    groups.append([entry])
        return covered, groups

    def _opened(self, number: int, member: Member) -> Story:
        summary = self._stories.summarise((member,))
        return Story(number, 1, summary.level, summary.topics, summary.facts, member.at, member.at, (member,))

    def _joined(self, story: Story, member: Member) -> Story:
        return replace(story, updated_at=member.at, members=(*story.members, member))


def _member(entry: StoredEntry) -> Member:
    return Member(
        entry_id=entry.id,
        source=entry.feed.name,
        owner=entry.feed.owner,
        lang=entry.entry.lang or entry.feed.lang,
        title=entry.entry.title,
        url=entry.entry.url,
        at=entry.seen_at,
        analysis=entry.analysis,
        published_at=entry.entry.published_at,
    )


def _told(group: Sequence[StoredEntry]) -> Missed:
    first = group[0]
    others = tuple(entry.entry.url for entry in group[1:])
    return Missed(first.entry.title, first.entry.url, first.analysis.topics, first.seen_at, others)
