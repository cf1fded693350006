"""Old text goes; what was seen is remembered; what waits to be sent is never dropped."""

from __future__ import annotations

from datetime import timedelta

from storage.retention import KEEP_PER_FEED, Pruned
from storage.store import Store
from tests.contract.store_steps import (
    CHAT,
    RETENTION,
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
    shown,
)
from tests.fake_clock import FakeClock

DAY = 24 * 3600


async def test_text_goes_and_the_entry_stays_known(store: Store, database_url: str, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    async with store.transaction() as transaction:
        await transaction.add_entries(feed, [new(entry(number)) for number in range(2500)], clock.now())
        await transaction.finish_poll(feed, ended(feed, clock.now(), after=timedelta(0)))
    clock.advance(60 * DAY)
    async with store.transaction() as transaction:
        await transaction.add_entries(feed, [new(entry(9999))], clock.now())
    clock.advance(31 * DAY)
    assert await store.prune(clock.now(), **RETENTION) == Pruned(entries=2500)
    left = await counts(database_url)
    assert (left["entries"], left["identities"]) == (1, 2501)
    assert await store.find_entry(entry(1).url) is None
    assert await store.find_known(feed.id, [entry(1), entry(9999), entry(5)]) == {"guid-1", "guid-9999", "guid-5"}
    async with store.transaction() as transaction:
        assert await transaction.add_entries(feed, [new(entry(7))], clock.now()) == (None,)
    assert (await store.get_status()).entries == 2500, "totals count what was ever stored"


async def test_identities_go_in_the_end_but_never_the_newest(store: Store, database_url: str, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    async with store.transaction() as transaction:
        await transaction.add_entries(feed, [new(entry(number)) for number in range(KEEP_PER_FEED + 30)], clock.now())
    clock.advance(731 * DAY)
    pruned = await store.prune(clock.now(), **RETENTION)
    assert (pruned.entries, pruned.identities) == (KEEP_PER_FEED + 30, 30)
    assert await store.find_known(feed.id, [entry(29), entry(30)]) == {"guid-30"}
    assert (await counts(database_url))["identities"] == KEEP_PER_FEED


async def test_what_still_stands_in_its_feed_stays_known(store: Store, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    pinned = [entry(1), entry(2)]
    async with store.transaction() as transaction:
        await transaction.add_entries(feed, [new(item) for item in pinned], clock.now())
        await transaction.add_entries(feed, [new(entry(n)) for n in range(10, KEEP_PER_FEED + 10)], clock.now())
        await transaction.finish_poll(feed, ended(feed, clock.now(), after=timedelta(0)))
    clock.advance(400 * DAY)
    (feed,) = await store.claim_due_feeds(clock.now(), limit=1)
    await store.find_known(feed.id, pinned)
    await recorded(store, feed, ended(feed, clock.now(), after=timedelta(0)))
    clock.advance(400 * DAY)
    assert (await store.prune(clock.now(), **RETENTION)).identities == 0
    assert await store.find_known(feed.id, pinned) == {"guid-1", "guid-2"}
    clock.advance(400 * DAY)
    assert (await store.prune(clock.now(), **RETENTION)).identities == 2


async def test_records_of_alerts_go_before_their_stories(store: Store, database_url: str, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    await added_story(store, clock.now(), number=1)
    await shown(store, clock.now())
    waiting, _ = await added_story(store, clock.now(), number=2)
    clock.advance(91 * DAY)
    assert await store.prune(clock.now(), **RETENTION) == Pruned(entries=2, outbox=1)
    assert len(await store.latest_stories(9)) == 2
    clock.advance(700 * DAY)
    assert (await store.prune(clock.now(), **RETENTION)).stories == 1
    left = await counts(database_url)
    assert (left["stories"], left["members"], left["outbox"]) == (1, 1, 1)
    (lane,) = await lanes(store, clock.now())
    assert [item.story_id for item in lane.items] == [waiting.id], "what waits is never dropped"


async def test_a_story_that_grows_is_not_old(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    story, _ = await added_story(store, clock.now())
    await shown(store, clock.now())
    clock.advance(89 * DAY)
    story, _ = await joined_story(store, story, clock.now(), number=2)
    await store.unsubscribe(CHAT)
    clock.advance(2 * DAY)
    assert await store.prune(clock.now(), **RETENTION) == Pruned(entries=1)
    assert await store.find_story(story.id) == story, "the report is kept in the story after the entry's text is gone"


async def test_handled_events_are_forgotten(store: Store, clock: FakeClock) -> None:
    await store.first_sight("telegram", "1", clock.now())
    clock.advance(4 * DAY)
    assert await store.prune(clock.now(), **RETENTION) == Pruned(updates=1)


async def test_identities_are_kept_as_long_as_text_at_least(store: Store, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    async with store.transaction() as transaction:
        await transaction.add_entries(feed, [new(entry(n)) for n in range(KEEP_PER_FEED + 1)], clock.now())
    clock.advance(50 * DAY)
    assert await store.prune(clock.now(), keep_text=timedelta(days=90), keep_identity=timedelta(days=1)) == Pruned()
