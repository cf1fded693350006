"""Watchlists: kept apart by chat, shared by what they look for, gone with the chat."""

from __future__ import annotations

from datetime import timedelta

from core.model import Level, StorySummary, Target
from core.watch import StoredEntry, WatchHit, WatchItem, WatchSpec
from storage.store import Store
from tests.contract.store_steps import (
    CHAT,
    EDIT_AFTER,
    OTHER,
    TEAM,
    TOPICS,
    added_story,
    claimed_feed,
    counts,
    ended,
    entry,
    lanes,
    member,
    new,
    shown,
    spec,
    stored_since,
    summary,
)
from tests.fake_clock import FakeClock

POTASH = WatchSpec("rule", "potash", {"rule": "potash"})
FISH = WatchSpec("rule", "fish", {"rule": "fish"})
PERSON = WatchSpec("person", "Ales Bialiatski", {"person": "bialiatski"})


async def told(store: Store, clock: FakeClock, *specs: WatchSpec, number: int = 1) -> int:
    """An entry that no topic matches but these specs; the number of its story."""
    now = clock.now()
    feed = await claimed_feed(store, now)
    hits = [WatchHit(spec.key, spec.label) for spec in specs]
    async with store.transaction() as transaction:
        (entry_id,) = await transaction.add_entries(feed, [new(entry(number))], now)
        assert entry_id is not None
        await transaction.open_stories(now)
        story = await transaction.add_story(member(entry_id, now), StorySummary(Level.NONE, (), summary().facts), now)
        await transaction.queue_watched(story, hits, now)
        await transaction.finish_poll(feed, ended(feed, now, after=timedelta(0)))
    return story.id


async def test_a_watchlist_is_kept_in_order_and_each_thing_once(store: Store, clock: FakeClock) -> None:
    assert await store.watch(CHAT, [PERSON, POTASH, PERSON], clock.now()) == 2
    assert await store.watch(CHAT, [WatchSpec("person", "Another name", PERSON.body)], clock.now()) == 0
    first, second = await store.watches(CHAT)
    assert first == WatchItem(first.id, PERSON, clock.now())
    assert second.spec == POTASH
    mine = await store.find_subscription(CHAT)
    assert mine is not None
    assert mine.topics == ()


async def test_watching_leaves_the_topics_alone(store: Store, clock: FakeClock) -> None:
    before = await store.subscribe(CHAT, TOPICS, clock.now())
    await store.watch(CHAT, [PERSON], clock.now())
    assert await store.find_subscription(CHAT) == before


async def test_only_the_own_watches_can_be_ended(store: Store, clock: FakeClock) -> None:
    await store.watch(CHAT, [PERSON, POTASH], clock.now())
    await store.watch(TEAM, [PERSON], clock.now())
    ids = [item.id for item in await store.watches(CHAT)]
    assert await store.unwatch(TEAM, ids) == 0
    assert await store.unwatch(CHAT, ids[:1]) == 1
    assert [item.spec for item in await store.watches(CHAT)] == [POTASH]
    assert [item.spec for item in await store.watches(TEAM)] == [PERSON]


async def test_what_is_watched_is_known_once_and_every_change_shows(store: Store, clock: FakeClock) -> None:
    versions = [await store.get_watch_version()]
    await store.watch(CHAT, [PERSON, POTASH], clock.now())
    versions.append(await store.get_watch_version())
    await store.watch(TEAM, [PERSON], clock.now())
    versions.append(await store.get_watch_version())
    assert await store.get_watch_specs() == (PERSON, POTASH)
    await store.unwatch(CHAT, [item.id for item in await store.watches(CHAT)])
    versions.append(await store.get_watch_version())
    assert await store.get_watch_specs() == (PERSON,)
    await store.watch(CHAT, [FISH], clock.now())
    versions.append(await store.get_watch_version())
    await store.unsubscribe(TEAM)
    versions.append(await store.get_watch_version())
    assert len(set(versions)) == len(versions)
    assert await store.get_watch_version() == versions[-1]


async def test_those_who_watch_for_it_are_told_and_nobody_else(store: Store, clock: FakeClock) -> None:
    await store.watch(CHAT, [PERSON, POTASH], clock.now())
    await store.watch(TEAM, [PERSON], clock.now())
    await store.subscribe(OTHER, TOPICS, clock.now())
    story_id = await told(store, clock, PERSON, POTASH)
    found = {lane.target: lane.items for lane in await lanes(store, clock.now())}
    assert {target: items[0].watched for target, items in found.items()} == {
        CHAT: "Ales Bialiatski, potash",
        TEAM: "Ales Bialiatski",
    }
    assert await store.find_watched(CHAT, story_id) == "Ales Bialiatski, potash"
    assert await store.find_watched(OTHER, story_id) is None
    assert await store.latest_stories(9) == ()


async def test_a_paused_chat_is_not_told(store: Store, clock: FakeClock) -> None:
    await store.watch(CHAT, [PERSON], clock.now())
    await store.retire_target(CHAT, "removed")
    await told(store, clock, PERSON)
    assert await lanes(store, clock.now()) == ()


async def test_a_story_that_the_topics_bring_anyway_comes_once_and_says_so(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    await store.watch(CHAT, [PERSON], clock.now())
    story, made = await added_story(store, clock.now())
    assert made == 1
    async with store.transaction() as transaction:
        await transaction.open_stories(clock.now())
        hits = [WatchHit(PERSON.key, PERSON.label)]
        assert await transaction.queue_watched(story, hits, clock.now()) == 0
    ((item,),) = [lane.items for lane in await lanes(store, clock.now())]
    assert (item.story_id, item.watched) == (story.id, "Ales Bialiatski")


async def test_further_reports_reach_who_was_told(store: Store, clock: FakeClock) -> None:
    await store.watch(CHAT, [PERSON], clock.now())
    story_id = await told(store, clock, PERSON)
    await shown(store, clock.now())
    async with store.transaction() as transaction:
        await transaction.open_stories(clock.now())
        nothing = StorySummary(Level.NONE, (), summary().facts)
        joined = await transaction.join_story(story_id, member(77, clock.now()), nothing, clock.now())
        await transaction.queue_story(joined, clock.now(), edit_after=EDIT_AFTER, edits_only=True)
    clock.advance(EDIT_AFTER.total_seconds())
    ((item,),) = [lane.items for lane in await lanes(store, clock.now())]
    assert (item.wanted, item.sent, item.watched) == (2, 1, "Ales Bialiatski")


async def test_nothing_of_a_watchlist_is_left_when_the_chat_leaves(
    store: Store, database_url: str, clock: FakeClock
) -> None:
    await store.watch(CHAT, [PERSON, POTASH], clock.now())
    assert await store.unsubscribe(CHAT)
    assert await counts(database_url) == {}


async def test_watches_move_with_the_chat(store: Store, clock: FakeClock) -> None:
    await store.watch(CHAT, [PERSON, POTASH], clock.now())
    new_home = Target("telegram", "-100777")
    await store.move_target(CHAT, new_home)
    assert [item.spec for item in await store.watches(new_home)] == [PERSON, POTASH]
    await store.watch(TEAM, [POTASH, FISH], clock.now())
    await store.move_target(new_home, TEAM)
    assert {item.spec.label for item in await store.watches(TEAM)} == {"Ales Bialiatski", "potash", "fish"}


async def test_a_story_of_a_watchlist_alone_is_told_to_no_stranger(store: Store, clock: FakeClock) -> None:
    await store.watch(CHAT, [PERSON], clock.now())
    await told(store, clock, PERSON)
    trace = await store.find_entry("https://host.example/news/1")
    assert trace is not None
    assert (trace.story_id, trace.sent, trace.queued, trace.outcome) == (None, 0, 0, "no_match")


async def test_looking_back_gives_what_came_aloud_newest_first(store: Store, clock: FakeClock) -> None:
    now = clock.now()
    story, _ = await added_story(store, now, number=1)
    clock.advance(60)
    feed = await claimed_feed(store, clock.now(), 2)
    async with store.transaction() as transaction:
        items = [new(entry(number), "baseline" if number == 5 else "no_match") for number in range(2, 500)]
        await transaction.add_entries(feed, items, clock.now())
        await transaction.finish_poll(feed, ended(feed, clock.now()))
    found = await stored_since(store, now)
    assert len(found) == 498
    assert [one.id for one in found] == sorted((one.id for one in found), reverse=True)
    assert "Title 5" not in {one.entry.title for one in found}
    first = found[-1]
    assert first == StoredEntry(first.id, now, spec(1), entry(1), first.analysis, "alert", story.topics, True, story.id)
    assert len(await stored_since(store, now, 250)) == 250
    assert len(await stored_since(store, clock.now())) == 497
