"""What happens when things go wrong: kill -9, locks, connections that end, a full disk."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Pool, event, text

from core.audit import AuditStore
from core.audits import AuditedStore
from core.correcting import CorrectingStore
from core.errors import StoreError
from core.feedadmin import FeedAdminStore
from core.health import FeedBook
from core.installs import Installation, InstallStore
from core.model import Analysis, Entry, Feed, FeedSpec, FeedState, Lane, OutboxItem, Role
from core.noticing import Notice, NoticeStore
from core.options import Options, Told, Verdict
from core.overview import DeliveryState, OverviewStore
from core.ports import ChatStore, DeliveryStore, PollStore, UpdateStore
from core.proposing import ProposalStore
from core.replicas import Lease, Replica, ReplicaStore
from core.search import SearchStore, SearchTerm
from core.secondlook import Look, LookStore
from core.watch import WatchSpec, WatchSpecs, WatchStore
from storage import dialect
from storage.database import Database
from storage.schema import REVISION
from storage.store import Store
from tests.contract.store_steps import (
    CHAT,
    TEAM,
    TOPICS,
    added_story,
    claimed_feed,
    counts,
    ended,
    entry,
    joined_story,
    lanes,
    new,
    recorded,
    start,
    stored_since,
    summary,
)
from tests.fake_clock import FakeClock
from tests.postgres import name_of

# --- kill -9 --------------------------------------------------------------------------------------------------------

_COMMIT_AND_HANG = """
import asyncio, sys
from storage.store import Store
from tests.contract.store_steps import CHAT, TOPICS, added_story, claimed_feed, entry, new
from tests.fake_clock import FakeClock

async def main():
    store, now = Store(sys.argv[1]), FakeClock().now()
    await store.open()
    await store.subscribe(CHAT, TOPICS, now)
    await added_story(store, now)
    feed = await claimed_feed(store, now)
    async with store.transaction() as transaction:
        await transaction.add_entries(feed, [new(entry(2))], now)
        print("committed one, in the middle of another", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_what_was_committed_survives_kill_9_and_the_rest_is_gone(database_url: str, clock: FakeClock) -> None:
    program = start(_COMMIT_AND_HANG, database_url)
    assert program.stdout is not None
    with program.stdout:
        line = await asyncio.to_thread(program.stdout.readline)
        program.send_signal(signal.SIGKILL)
    assert program.wait() == -signal.SIGKILL
    assert b"committed" in line
    store = Store(database_url, clock=clock)
    await store.open()
    try:
        status = await store.get_status()
        assert (status.entries, status.stories, status.outbox_waiting) == (1, 1, 1)
        (lane,) = await lanes(store, clock.now())
        assert lane.target == CHAT
        clock.advance(3600)
        (feed,) = await store.claim_due_feeds(clock.now(), limit=1)
        assert await store.find_known(feed.id, [entry(1), entry(2)]) == {"guid-1"}
    finally:
        await store.close()


async def test_a_cancelled_transaction_leaves_the_store_working(store: Store, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())

    async def work(number: int) -> None:
        async with store.transaction() as transaction:
            await transaction.add_entries(feed, [new(entry(number))], clock.now())
            await transaction.open_stories(clock.now())

    for turns in range(12):
        tasks = [asyncio.create_task(work(number)) for number in range(3)]
        for _ in range(turns * 3):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await work(99)
    assert await store.find_known(feed.id, [entry(99)]) == {"guid-99"}


# --- locks ----------------------------------------------------------------------------------------------------------

FEED = Feed(1, FeedSpec("Feed", "https://host.example/"), FeedState(FakeClock().now()), 1)
ITEM = OutboxItem(1, 1, 1, 1, 0, "", 0, datetime(2026, 3, 19, 12, tzinfo=UTC))
LANE = Lane(1, CHAT, 1, (ITEM,))
NOW = FakeClock().now()
LOOK = Look(1, 1, FEED.spec, Entry("guid-1", "Title"), Analysis(), NOW, NOW)

WRITES: dict[str, Callable[[Store], Awaitable[object]]] = {
    "sync_feeds": lambda store: store.sync_feeds([FEED.spec], NOW),
    "claim_due_feeds": lambda store: store.claim_due_feeds(NOW, limit=1),
    "record_polls": lambda store: store.record_polls([(FEED, ended(FEED, NOW))]),
    "add_feed": lambda store: store.add_feed(FEED.spec, NOW),
    "remove_feed": lambda store: store.remove_feed(FEED.spec.url),
    "pause_feed": lambda store: store.pause_feed(FEED.spec.url, NOW),
    "resume_feed": lambda store: store.resume_feed(FEED.spec.url, NOW),
    "claim_looks": lambda store: store.claim_looks(NOW, limit=1, per_hour=1, lease=timedelta(minutes=1)),
    "retry_look": lambda store: store.retry_look(LOOK, NOW, "503"),
    "judge_audited": lambda store: store.judge_audited([1], "missed", "none brought it"),
    "update_feeds": lambda store: store.update_feeds([FEED.spec]),
    "hasten_feeds": lambda store: store.hasten_feeds(NOW),
    "step_aside": lambda store: store.step_aside([FEED], NOW),
    "mark_sent": lambda store: store.mark_sent(LANE, ITEM, "m", 1, NOW),
    "mark_all_sent": lambda store: store.mark_all_sent(LANE, [(ITEM, 1, Told())], NOW),
    "mark_told": lambda store: store.mark_told(LANE, ITEM, Told()),
    "mark_deferred": lambda store: store.mark_deferred(LANE, [ITEM], NOW, "snoozed"),
    "mark_held": lambda store: store.mark_held(LANE, ITEM, "muted"),
    "set_options": lambda store: store.set_options(CHAT, Options(), NOW),
    "add_feedback": lambda store: store.add_feedback([("term", "release")], Verdict.USEFUL),
    "mark_later": lambda store: store.mark_later(LANE, ITEM, NOW, "429"),
    "mark_missing": lambda store: store.mark_missing(LANE, ITEM),
    "mark_dead": lambda store: store.mark_dead(LANE, ITEM, "refused"),
    "block_lane": lambda store: store.block_lane(LANE, NOW),
    "release_lane": lambda store: store.release_lane(LANE),
    "take_turns": lambda store: store.take_turns("telegram", NOW, count=1, apart=timedelta(seconds=1)),
    "take_lease": lambda store: store.take_lease("telegram", "we", NOW, ttl=timedelta(seconds=20)),
    "keep_value": lambda store: store.keep_value(Lease("telegram", "we", 1), "7"),
    "drop_lease": lambda store: store.drop_lease(Lease("telegram", "we", 1), NOW),
    "begin_notices": lambda store: store.begin_notices([Notice("disk", "", "It is full.")], NOW),
    "prolong_notices": lambda store: store.prolong_notices([("disk", "")], NOW),
    "end_notices": lambda store: store.end_notices([("disk", "")]),
    "mark_noticed": lambda store: store.mark_noticed([("disk", "")], "aa"),
    "beat": lambda store: store.beat(Replica("we", "1.0.0", REVISION, (), NOW), NOW),
    "leave": lambda store: store.leave("we"),
    "hold_platform": lambda store: store.hold_platform("telegram", NOW),
    "retire_target": lambda store: store.retire_target(CHAT, "gone"),
    "retire_team": lambda store: store.retire_team("slack", "T1", "gone"),
    "save_installation": lambda store: store.save_installation(Installation("slack", "T1", "xoxb-1"), NOW),
    "remove_installation": lambda store: store.remove_installation("slack", "T1"),
    "move_target": lambda store: store.move_target(CHAT, TEAM),
    "subscribe": lambda store: store.subscribe(CHAT, TOPICS, NOW),
    "unsubscribe": lambda store: store.unsubscribe(CHAT),
    "sync_subscriptions": lambda store: store.sync_subscriptions({CHAT: TOPICS}, NOW),
    "first_sight": lambda store: store.first_sight("telegram", "1", NOW),
    "prune": lambda store: store.prune(NOW, keep_text=timedelta(days=1), keep_identity=timedelta(days=1)),
    "claim_lanes": lambda store: lanes(store, NOW),
    "watch": lambda store: store.watch(CHAT, [WatchSpec("rule", "minsk", {"rule": "minsk"})], NOW),
    "record_change": lambda store: store.record_change(CHAT, Role.EDITOR, "subscribe", NOW),
    "keep_proposal": lambda store: store.keep_proposal(CHAT, b"minsk", NOW),
    "drop_proposal": lambda store: store.drop_proposal(CHAT, "#0123456789"),
    "merge_stories": lambda store: store.merge_stories(1, 2, lambda _: summary(), NOW),
    "split_story": lambda store: store.split_story(1, [1], lambda _: summary(), NOW),
    "unwatch": lambda store: store.unwatch(CHAT, [1]),
}
READS: dict[str, Callable[[Store], Awaitable[object]]] = {
    "reconcile": lambda store: store.reconcile(NOW),
    "list_leases": lambda store: store.list_leases(NOW),
    "list_notices": lambda store: store.list_notices(NOW),
    "list_replicas": lambda store: store.list_replicas(NOW),
    "read_revision": lambda store: store.read_revision(),
    "read_clock": lambda store: store.read_clock(),
    "next_look_at": lambda store: store.next_look_at(),
    "count_titles": lambda store: store.count_titles(1, ["Title"]),
    "list_audited": lambda store: store.list_audited(NOW, NOW, 3),
    "is_covered": lambda store: store.is_covered("host.example/1", ""),
    "open_stories": lambda store: store.open_stories(NOW),
    "stories_since": lambda store: store.stories_since(NOW),
    "find_known": lambda store: store.find_known(1, [Entry("guid-1", "Title")]),
    "newest_entries": lambda store: store.newest_entries(1, 5),
    "find_known_all": lambda store: store.find_known_all({1: [Entry("guid-1", "Title")], 2: []}),
    "list_feeds": lambda store: store.list_feeds(),
    "find_newest_alert": lambda store: store.find_newest_alert(NOW),
    "get_story": lambda store: store.get_story(1),
    "next_delivery_at": lambda store: store.next_delivery_at(),
    "list_feedback": lambda store: store.list_feedback("term", limit=5),
    "find_subscription": lambda store: store.find_subscription(CHAT),
    "find_installation": lambda store: store.find_installation("slack", "T1"),
    "count_installations": lambda store: store.count_installations("slack"),
    "latest_stories": lambda store: store.latest_stories(3),
    "find_story": lambda store: store.find_story(1),
    "find_story_of_message": lambda store: store.find_story_of_message(CHAT, "m"),
    "find_entry": lambda store: store.find_entry("https://host.example/1"),
    "get_status": lambda store: store.get_status(),
    "migrate": lambda store: store.migrate(),
    "find_proposal": lambda store: store.find_proposal(CHAT, "#0123456789", NOW),
    "watches": lambda store: store.watches(CHAT),
    "find_watched": lambda store: store.find_watched(CHAT, 1),
    "find_showing": lambda store: store.find_showing(CHAT, 1),
    "get_watch_version": lambda store: store.get_watch_version(),
    "get_watch_specs": lambda store: store.get_watch_specs(),
    "changes": lambda store: store.changes(CHAT, 3),
    "search_entries": lambda store: store.search_entries([SearchTerm("title")], 3),
    "search_stories": lambda store: store.search_stories([SearchTerm("title")], 3),
    "count_days": lambda store: store.count_days(NOW),
    "list_marks": lambda store: store.list_marks(NOW, 3),
    "list_deliveries": lambda store: store.list_deliveries(DeliveryState.WAITING, 3),
    "entries_since": lambda store: stored_since(store, NOW),
}


def test_every_method_is_tried_against_a_lock() -> None:
    public = {name for name in dir(Store) if not name.startswith("_")}
    # follow_outbox waits for ever and gives way to every failure: test_hints
    assert public - {"open", "close", "transaction", "follow_outbox"} == WRITES.keys() | READS.keys()
    for protocol in (
        FeedBook,
        NoticeStore,
        ReplicaStore,
        FeedAdminStore,
        LookStore,
        AuditedStore,
        InstallStore,
        PollStore,
        DeliveryStore,
        ChatStore,
        UpdateStore,
        WatchStore,
        WatchSpecs,
        SearchStore,
        AuditStore,
        OverviewStore,
        CorrectingStore,
        ProposalStore,
    ):
        assert {name for name in vars(protocol) if not name.startswith("_")} <= public


@pytest.fixture
def locked(sqlite_url: str) -> Callable[[], sqlite3.Connection]:
    def lock() -> sqlite3.Connection:
        connection = sqlite3.connect(sqlite_url.partition("///")[2], isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        return connection

    return lock


@pytest.mark.parametrize("name", [*WRITES, *READS])
async def test_a_locked_sqlite_file_is_told_in_a_sentence(
    name: str, sqlite_url: str, locked: Callable[[], sqlite3.Connection]
) -> None:
    store = Store(sqlite_url, clock=FakeClock(), busy_timeout=0.05)
    await store.open()
    await store.subscribe(CHAT, TOPICS, NOW)
    story, _ = await added_story(store, NOW)
    await added_story(store, NOW, number=2)
    await joined_story(store, story, NOW, number=3)
    other = locked()
    try:
        if name in READS:
            await READS[name](store)
        else:
            with pytest.raises(StoreError, match="another program holds its lock"):
                await WRITES[name](store)
            other.rollback()
            await WRITES[name](store)
    finally:
        other.close()
        await store.close()


async def test_writers_of_several_processes_wait_for_one_another(store: Store, database_url: str) -> None:
    others = [Store(database_url) for _ in range(3)]
    for other in others:
        await other.open()
    try:
        await asyncio.gather(
            *(either.first_sight("telegram", str(number), NOW) for number in range(40) for either in (store, *others))
        )
    finally:
        for other in others:
            await other.close()
    assert (await counts(database_url))["updates"] == 40


async def test_a_transaction_inside_another_is_refused_instead_of_hanging(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    await store.open()

    async def nested() -> None:
        async with store.transaction():
            await store.first_sight("telegram", "1", NOW)

    try:
        with pytest.raises(RuntimeError, match="inside another"):
            await nested()
        assert await store.first_sight("telegram", "1", NOW)
    finally:
        await store.close()


# --- the database goes away -----------------------------------------------------------------------------------------


async def test_a_server_that_ends_all_connections_is_used_again(
    postgres_url: str, postgres_server: str, clock: FakeClock
) -> None:
    store, server = Store(postgres_url, clock=clock), Database(postgres_server, busy_timeout=5)
    await store.open()
    await server.open()
    feed = await claimed_feed(store, clock.now())
    end_all = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")

    async def lose_the_connection() -> None:
        async with store.transaction() as transaction:
            await transaction.add_entries(feed, [new(entry(1))], clock.now())
            async with server.write() as connection:
                await connection.execute(end_all, {"name": name_of(postgres_url)})
            await transaction.add_entries(feed, [new(entry(2))], clock.now())

    try:
        with pytest.raises(StoreError, match="Database postgresql"):
            await lose_the_connection()
        assert await store.find_known(feed.id, [entry(1), entry(2)]) == frozenset()
        await recorded(store, feed, ended(feed, clock.now()))
    finally:
        await store.close()
        await server.close()


async def test_a_connection_that_was_lost_at_rest_costs_nothing(
    postgres_url: str, postgres_server: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialect, "_REST", -1.0)  # as if every connection had rested
    store, server = Store(postgres_url, clock=clock), Database(postgres_server, busy_timeout=5)
    await store.open()
    await server.open()
    name = postgres_url.partition("?")[0].rpartition("/")[2]
    end_all = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
    try:
        feed = await claimed_feed(store, clock.now())
        async with server.write() as connection:
            await connection.execute(end_all, {"name": name})
        await recorded(store, feed, ended(feed, clock.now()))
    finally:
        await store.close()
        await server.close()


async def test_a_full_disk_is_told_and_loses_nothing_that_was_stored(sqlite_url: str, clock: FakeClock) -> None:
    def leave_little_room(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA max_page_count = 160")

    event.listen(Pool, "connect", leave_little_room)
    store = Store(sqlite_url, clock=clock)
    await store.open()

    async def fill(first: int, count: int) -> None:
        async with store.transaction() as transaction:
            many = [new(entry(number, text="x" * 2000)) for number in range(first, first + count)]
            await transaction.add_entries(feed, many, clock.now())

    try:
        feed = await claimed_feed(store, clock.now())
        await fill(0, 50)
        with pytest.raises(StoreError, match="the disk is full: free some space"):
            await fill(50, 300)
        assert await store.find_known(feed.id, [entry(1), entry(2)]) == {"guid-1", "guid-2"}
        await recorded(store, feed, ended(feed, clock.now()))
    finally:
        event.remove(Pool, "connect", leave_little_room)
        await store.close()
