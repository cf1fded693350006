"""Short ways to bring a store into a state that a test is about."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select

from core.model import (
    Analysis,
    Entry,
    Facts,
    Feed,
    FeedSpec,
    Lane,
    Level,
    Member,
    NewEntry,
    Outcome,
    PollRecord,
    Story,
    StorySummary,
    Target,
)
from core.watch import StoredEntry
from storage.database import Database
from storage.schema import metadata
from storage.store import Store

CHAT = Target("telegram", "-1001")
OTHER = Target("telegram", "-1002", "7")
TEAM = Target("slack", "C01")
TOPICS = ("prisoner-release", "sanctions")
LEASE = timedelta(minutes=2)
EDIT_AFTER = timedelta(seconds=30)
RETENTION = {"keep_text": timedelta(days=90), "keep_identity": timedelta(days=730)}  # as configured by default
# For PostgreSQL: ends as soon as a transaction waits for a lock.
UNTIL_SOMEBODY_WAITS = """
    DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted) LOOP PERFORM pg_sleep(0.01); END LOOP; END $$
"""


def spec(number: int = 1, host: str = "") -> FeedSpec:
    return FeedSpec(f"Feed {number}", f"https://{host or f'host{number}'}.example/feed{number}.xml")


def entry(number: int = 1, **changes: object) -> Entry:
    url = f"https://host.example/news/{number}"
    made = Entry(identity=f"guid-{number}", title=f"Title {number}", url=url, link_key=url, summary=f"Summary {number}")
    return replace(made, **changes)  # type: ignore[arg-type]


def new(entry_: Entry, outcome: str = "no_match", analysis: Analysis | None = None) -> NewEntry:
    return NewEntry(entry_, analysis or Analysis(), outcome, "because")


def summary(released: int | None = None, topics: Sequence[str] = TOPICS, level: Level = Level.ALERT) -> StorySummary:
    return StorySummary(level, tuple(topics), Facts(released=released))


def member(entry_id: int, at: datetime, released: int | None = None) -> Member:
    analysis = Analysis(
        Level.ALERT, TOPICS, facts=Facts(released=released), signature={"words": ["freed", "вызвалены"]}
    )
    url = f"https://host.example/news/{entry_id}"
    return Member(entry_id, "Feed 1", "independent", "en", f"Report {entry_id}", url, at, analysis)


def ended(feed: Feed, now: datetime, *, after: timedelta = timedelta(minutes=5), **changes: object) -> PollRecord:
    state = replace(feed.state, next_poll_at=now + after, last_ok_at=now, last_outcome="ok")
    return replace(PollRecord(Outcome.OK, state, now), **changes)  # type: ignore[arg-type]


async def recorded(store: Store, feed: Feed, record: PollRecord) -> None:
    """Write the end of a poll that brought no entry and whose lease still holds."""
    assert await store.record_polls([(feed, record)]) == {feed.id: 0}


async def claimed_feed(store: Store, now: datetime, number: int = 1) -> Feed:
    """Configure one feed more and claim it."""
    feeds = [spec(known) for known in range(1, number + 1)]
    await store.sync_feeds(feeds, now)
    (feed,) = await store.claim_due_feeds(now, limit=1, urls=[feeds[-1].url])
    return feed


async def stored_titles(store: Store, now: datetime, *titles: str) -> None:
    """Store entries without hits, each of such a title and an address with what trackers add to it."""
    feed = await claimed_feed(store, now)
    async with store.transaction() as transaction:
        made = [new(Entry(title, title, "https://wire.example/1?utm_source=x")) for title in titles]
        await transaction.add_entries(feed, made, now)
        await transaction.finish_poll(feed, ended(feed, now))


async def added_story(
    store: Store,
    now: datetime,
    *,
    number: int = 1,
    topics: Sequence[str] = TOPICS,
    level: Level = Level.ALERT,
    at: datetime | None = None,
) -> tuple[Story, int]:
    """Store an entry, open a story with it and queue that; the story and the number of alerts made."""
    feed = await claimed_feed(store, now)
    async with store.transaction() as transaction:
        (entry_id,) = await transaction.add_entries(feed, [new(entry(number), "alert")], now)
        assert entry_id is not None
        await transaction.open_stories(now)
        story = await transaction.add_story(member(entry_id, at or now), summary(topics=topics, level=level), now)
        made = await transaction.queue_story(story, now, edit_after=EDIT_AFTER)
        await transaction.finish_poll(feed, ended(feed, now, after=timedelta(0), hits=1))
    return story, made


async def joined_story(
    store: Store, story: Story, now: datetime, *, number: int, edits_only: bool = False, topics: Sequence[str] = TOPICS
) -> tuple[Story, int]:
    """Let one report more join a story and queue the new revision."""
    async with store.transaction() as transaction:
        await transaction.open_stories(now)
        joined = await transaction.join_story(story.id, member(1_000_000 + number, now), summary(52, topics), now)
        made = await transaction.queue_story(joined, now, edit_after=EDIT_AFTER, edits_only=edits_only)
    return joined, made


async def lanes(store: Store, now: datetime, *, limit: int = 20, per_lane: int = 20) -> tuple[Lane, ...]:
    return await store.claim_lanes(now, platforms=["telegram", "slack"], limit=limit, per_lane=per_lane, lease=LEASE)


async def shown(store: Store, now: datetime, ref: str = "m1") -> None:
    """Send all that is due and release the lanes."""
    for lane in await lanes(store, now):
        for item in lane.items:
            assert await store.mark_sent(lane, item, f"{ref}-{item.story_id}", item.wanted, now)
        await store.release_lane(lane)


async def stored_since(store: Store, since: datetime, limit: int = 1000) -> list[StoredEntry]:
    return [entry async for entry in store.entries_since(since, limit)]


async def counts(url: str) -> dict[str, int]:
    """Rows of every table that has any."""
    database = Database(url, busy_timeout=5)
    await database.open()
    try:
        async with database.read() as connection:
            found = {
                table.name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
                for table in metadata.sorted_tables
            }
    finally:
        await database.close()
    return {name: count for name, count in found.items() if count}


def start(program: str, url: str) -> subprocess.Popen[bytes]:
    """A process that runs this text with the URL as its argument; what it says comes to `stdout`."""
    return subprocess.Popen([sys.executable, "-c", program, url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
