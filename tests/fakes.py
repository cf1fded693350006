"""In-memory stand-ins for the ports, with the behaviour that the ports promise; for tests of one room."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from core.correcting import Summarise
from core.errors import LeaseLost
from core.failpoints import reach
from core.health import FeedRecord
from core.model import (
    Action,
    Analysis,
    Entry,
    Facts,
    Feed,
    FeedSpec,
    FeedState,
    Level,
    Member,
    NewEntry,
    Placement,
    PollRecord,
    Story,
    StorySummary,
)
from core.secondlook import Look, LookResult, LookTrace, NewLook
from core.watch import WatchHit
from feeds.wire import Parsed
from feeds.worker import read_document


class FakeMatcher:
    """Words decide: `levels` maps a word, in any letter case, to the level of a text that holds it."""

    version = "fake"
    topics: Mapping[str, str] = {"prisoner-release": "Prisoner release"}

    def __init__(self, levels: Mapping[str, Level] | None = None) -> None:
        self.levels = levels or {"released": Level.ALERT, "digestible": Level.DIGEST, "prisoner": Level.HALF}
        self.seen: list[str] = []

    def implied_by(self, url: str) -> tuple[str, ...]:
        return ("belarus",) if "minsk" in url else ()

    def analyse(
        self, title: str, body: str = "", *, lang: str = "", implies: Sequence[str] = (), when: datetime | None = None
    ) -> Analysis:
        self.seen.append(title)
        text = f"{title} {body}".lower()
        for word, level in self.levels.items():
            if word in text:
                return Analysis(level=level, topics=("prisoner-release",), missing={"prisoner-release": ("event",)})
        return Analysis()


class FakeStories:
    """Members whose titles begin with the same word belong together; "Reaction" in a title marks a follow-up."""

    window = timedelta(hours=48)

    def place(self, member: Member, open_stories: Sequence[Story]) -> Placement:
        first = member.title.split()[0] if member.title else ""
        for story in open_stories:
            if story.members[0].title.split()[0] == first:
                update = "reaction" in member.title.lower()
                return Placement(Action.JOIN, f"It begins with {first!r} too.", story.id, update)
        if "ignorable" in member.title:
            return Placement(Action.IGNORE, "It is ignorable.")
        return Placement(Action.OPEN, "No open story begins like this.")

    def summarise(self, members: Sequence[Member]) -> StorySummary:
        levels = [member.analysis.level for member in members]
        level = Level.ALERT if Level.ALERT in levels else Level.DIGEST
        return StorySummary(level, ("prisoner-release",), Facts())


class FakeStore:
    """Feeds, entries, stories and outbox in lists. `subscribers` is the number of chats that every story fits."""

    def __init__(self, subscribers: int = 1) -> None:
        self.feeds: dict[int, Feed] = {}
        self.leases: dict[int, datetime] = {}
        self.entries: dict[int, NewEntry] = {}
        self.identities: dict[tuple[int, str], int] = {}
        self.stories: dict[int, Story] = {}
        self.queued: list[tuple[int, int, bool]] = []
        self.records: list[PollRecord] = []
        self.watched: list[tuple[int, tuple[str, ...]]] = []
        self.subscribers = subscribers
        self.alerted: set[int] = set()
        self.looks: dict[int, NewLook] = {}
        self.due: dict[int, datetime] = {}
        self.aside: set[int] = set()
        self.attempts: dict[int, int] = {}
        self.traces: dict[int, LookTrace] = {}

    async def sync_feeds(self, specs: Sequence[FeedSpec], now: datetime) -> None:
        known = {feed.spec.url: feed for feed in self.feeds.values()}
        for spec in specs:
            feed = known.get(spec.url) or Feed(len(self.feeds) + 1, spec, FeedState(next_poll_at=now))
            self.feeds[feed.id] = replace(feed, spec=spec)

    async def claim_due_feeds(
        self,
        now: datetime,
        *,
        limit: int,
        per_host: int = 1,
        lease: timedelta = timedelta(minutes=2),
        force: bool = False,
        urls: Sequence[str] = (),
    ) -> tuple[Feed, ...]:
        claimed: list[Feed] = []
        polled = [key for key, until in self.leases.items() if until > now and key not in self.aside]
        busy = [self._line(key) for key in polled]
        for feed in sorted(self.feeds.values(), key=lambda feed: feed.state.next_poll_at):
            host = self._line(feed.id)
            due = (force or feed.state.next_poll_at <= now) and self.leases.get(feed.id, now) <= now
            wanted = not urls or feed.spec.url in urls
            if len(claimed) < limit and due and wanted and busy.count(host) < per_host:
                busy.append(host)
                self.leases[feed.id] = now + lease
                self.aside.discard(feed.id)
                self.feeds[feed.id] = replace(feed, epoch=feed.epoch + 1)
                claimed.append(self.feeds[feed.id])
        return tuple(claimed)

    def _line(self, key: int) -> tuple[str, int]:
        spec = self.feeds[key].spec
        return urlsplit(spec.url).netloc, key % spec.lanes

    async def list_feeds(self) -> tuple[FeedRecord, ...]:
        return tuple(FeedRecord(feed.id, feed.spec, feed.state) for feed in self.feeds.values())

    async def find_newest_alert(self, since: datetime) -> datetime | None:
        opened = (story.opened_at for story in self.stories.values() if story.level is Level.ALERT)
        return max((at for at in opened if at >= since), default=None)

    async def step_aside(self, feeds: Sequence[Feed], now: datetime) -> None:
        self.aside |= {feed.id for feed in feeds}

    async def hasten_feeds(self, now: datetime) -> int:
        hastened = 0
        for key, feed in self.feeds.items():
            allowed = feed.state.earliest_poll_at
            if allowed is not None and feed.state.next_poll_at > max(now, allowed):
                self.feeds[key] = replace(feed, state=replace(feed.state, next_poll_at=max(now, allowed)))
                hastened += 1
        return hastened

    async def count_titles(self, feed_id: int, titles: Sequence[str]) -> Mapping[str, int]:
        mine = [
            self.entries[entry_id].entry.title for (feed, _), entry_id in self.identities.items() if feed == feed_id
        ]
        return {title: mine.count(title) for title in titles if title in mine}

    async def newest_entries(self, feed_id: int, limit: int) -> tuple[Entry, ...]:
        mine = sorted((entry_id for (feed, _), entry_id in self.identities.items() if feed == feed_id), reverse=True)
        return tuple(self.entries[entry_id].entry for entry_id in mine[:limit])

    async def find_known_all(self, asked: Mapping[int, Sequence[Entry]]) -> Mapping[int, frozenset[str]]:
        return {feed_id: self._known(feed_id, entries) for feed_id, entries in asked.items()}

    def _known(self, feed_id: int, entries: Sequence[Entry]) -> frozenset[str]:
        links = {self.entries[key].entry.link_key for (feed, _), key in self.identities.items() if feed == feed_id}
        return frozenset(
            entry.identity
            for entry in entries
            if (feed_id, entry.identity) in self.identities or (entry.link_key and entry.link_key in links)
        )

    async def claim_looks(
        self,
        now: datetime,
        *,
        limit: int,
        per_hour: int,
        lease: timedelta,
        patience: timedelta = timedelta(hours=6),
    ) -> tuple[Look, ...]:
        feed_of = {entry_id: feed_id for (feed_id, _), entry_id in self.identities.items()}
        claimed = []
        for entry_id in [key for key, at in self.due.items() if at <= now][:limit]:
            self.due[entry_id] = now + lease
            feed, item, look = self.feeds[feed_of[entry_id]], self.entries[entry_id], self.looks[entry_id]
            tried = self.attempts.get(entry_id, 0)
            claimed.append(Look(entry_id, feed.id, feed.spec, item.entry, item.analysis, look.at, look.at, tried))
        return tuple(claimed)

    async def retry_look(self, look: Look, due_at: datetime, detail: str) -> bool:
        self.due[look.entry_id] = due_at
        self.attempts[look.entry_id] = look.attempts + 1
        return True

    async def next_look_at(self) -> datetime | None:
        return min(self.due.values(), default=None)

    async def open_stories(self, since: datetime) -> tuple[Story, ...]:
        return tuple(story for story in self.stories.values() if story.updated_at >= since)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[FakeTransaction]:
        names = [name for name, value in vars(self).items() if isinstance(value, (dict, list, set))]
        before: dict[str, Any] = {name: copy.copy(getattr(self, name)) for name in names}
        try:
            yield FakeTransaction(self)
        except BaseException:
            for name, value in before.items():
                setattr(self, name, value)
            raise

    async def record_polls(
        self, polls: Sequence[tuple[Feed, PollRecord]], entries: Mapping[int, Sequence[NewEntry]] | None = None
    ) -> Mapping[int, int]:
        written = {}
        for feed, record in polls:
            with suppress(LeaseLost):
                async with self.transaction() as transaction:
                    new = (entries or {}).get(feed.id, ())
                    ids = await transaction.add_entries(feed, new, record.polled_at)
                    if new:
                        reach("poll.stored")
                    await transaction.finish_poll(feed, record)
                written[feed.id] = sum(entry_id is not None for entry_id in ids)
        return written

    @property
    def outcomes(self) -> dict[str, str]:
        """Title -> recorded outcome of every stored entry."""
        return {item.entry.title: item.outcome for item in self.entries.values()}


class FakeTransaction:
    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def check_lease(self, feed: Feed) -> None:
        if self._store.feeds[feed.id].epoch != feed.epoch:
            raise LeaseLost("another process owns the feed now")

    async def add_entries(self, feed: Feed, entries: Sequence[NewEntry], now: datetime) -> tuple[int | None, ...]:
        return tuple(self._add(feed, item) for item in entries)

    def _add(self, feed: Feed, item: NewEntry) -> int | None:
        store = self._store
        key = (feed.id, item.entry.identity)
        if key in store.identities:
            return None
        entry_id = len(store.entries) + 1
        store.identities[key] = entry_id
        store.entries[entry_id] = item
        return entry_id

    async def open_stories(self, since: datetime) -> tuple[Story, ...]:
        return await self._store.open_stories(since)

    async def add_story(self, member: Member, summary: StorySummary, now: datetime) -> Story:
        number = len(self._store.stories) + 1
        story = Story(number, 1, summary.level, summary.topics, summary.facts, now, now, (member,))
        self._store.stories[number] = story
        return story

    async def join_story(self, story_id: int, member: Member, summary: StorySummary, now: datetime) -> Story:
        story = self._store.stories[story_id]
        story = replace(
            story,
            revision=story.revision + 1,
            level=summary.level,
            facts=summary.facts,
            updated_at=now,
            members=(*story.members, member),
        )
        self._store.stories[story_id] = story
        return story

    async def merge_stories(self, into: int, other: int, summarise: Summarise, now: datetime) -> Story:
        kept, gone = self._store.stories[into], self._store.stories.pop(other)
        members = (*kept.members, *gone.members)
        summary = summarise(members)
        story = replace(
            kept, revision=kept.revision + 1, level=summary.level, facts=summary.facts, updated_at=now, members=members
        )
        self._store.stories[into] = story
        return story

    async def queue_story(self, story: Story, now: datetime, *, edit_after: timedelta, edits_only: bool = False) -> int:
        self._store.queued.append((story.id, story.revision, edits_only))
        if edits_only or story.id in self._store.alerted:
            return 0
        self._store.alerted.add(story.id)
        return self._store.subscribers

    async def queue_watched(self, story: Story, hits: Sequence[WatchHit], now: datetime) -> int:
        self._store.watched.append((story.id, tuple(hit.label for hit in hits)))
        return 1

    async def add_looks(self, feed: Feed, looks: Sequence[NewLook], now: datetime) -> None:
        for look in looks:
            self._store.looks[look.entry_id] = look
            if look.result is LookResult.WAITING:
                self._store.due[look.entry_id] = now
            else:
                self._store.traces[look.entry_id] = LookTrace(look.result, look.detail, now)

    async def check_look(self, look: Look) -> None:
        if look.entry_id not in self._store.due:
            raise LeaseLost("the look is done")

    async def update_entry(self, entry_id: int, new: NewEntry) -> None:
        self._store.entries[entry_id] = new

    async def replace_member(self, story_id: int, member: Member, summary: StorySummary, now: datetime) -> Story:
        before = self._store.stories[story_id]
        members = tuple(member if one.entry_id == member.entry_id else one for one in before.members)
        story = replace(before, revision=before.revision + 1, level=summary.level, members=members)
        self._store.stories[story_id] = story
        return story

    async def finish_look(self, look: Look, trace: LookTrace, *, hits: int = 0) -> None:
        await self.check_look(look)
        del self._store.due[look.entry_id]
        self._store.traces[look.entry_id] = trace

    async def set_outcome(self, entry_id: int, outcome: str, reason: str) -> None:
        self._store.entries[entry_id] = replace(self._store.entries[entry_id], outcome=outcome, reason=reason)

    async def finish_poll(self, feed: Feed, record: PollRecord) -> None:
        await self.check_lease(feed)
        self._store.feeds[feed.id] = replace(self._store.feeds[feed.id], state=record.state)
        self._store.leases.pop(feed.id, None)
        self._store.records.append(record)


class Events:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, event: str, /, **fields: Any) -> None:
        self.seen.append((event, fields))

    def named(self, event: str) -> list[dict[str, Any]]:
        return [fields for name, fields in self.seen if name == event]


class InlineParser:
    """Parses in this process: for tests that are about something else than parser processes."""

    def __init__(self, max_entries: int = 5000) -> None:
        self.read: list[str] = []
        self._max_entries = max_entries

    async def parse(self, kind: str, body: bytes, *, url: str, content_type: str = "", seen: bytes = b"") -> Parsed:
        limit = self._max_entries
        parsed = read_document(body, kind=kind, url=url, content_type=content_type, max_entries=limit, seen=seen)
        self.read += [entry.title for entry in parsed.feed.entries]
        return parsed
