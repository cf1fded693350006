"""What any store promises to chats: subscriptions, stories to look up, and that nothing is left of who leaves."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from core.errors import NotFound
from core.model import Facts, Level, Subscription, Target
from storage.store import Store
from tests.contract.store_steps import (
    CHAT,
    OTHER,
    TEAM,
    TOPICS,
    added_story,
    counts,
    joined_story,
    member,
    shown,
    summary,
)
from tests.fake_clock import FakeClock


async def test_a_subscription_is_made_and_changed(store: Store, clock: FakeClock) -> None:
    made = await store.subscribe(OTHER, ["sanctions", "prisoner-release", "sanctions"], clock.now())
    assert made == Subscription(made.id, OTHER, ("sanctions", "prisoner-release"), clock.now())
    assert await store.find_subscription(OTHER) == made
    assert await store.find_subscription(Target(OTHER.platform, OTHER.chat)) is None, (
        "a topic of a forum is its own chat"
    )
    await store.retire_target(OTHER, "removed")
    first_made_at = clock.now()
    clock.advance(60)
    changed = await store.subscribe(OTHER, ["us-diplomacy"], clock.now(), source="config")
    assert changed == Subscription(made.id, OTHER, ("us-diplomacy",), first_made_at, "config")
    assert (await store.subscribe(OTHER, [], clock.now())).topics == ()


async def test_many_may_subscribe_one_chat_at_once(store: Store, database_url: str, clock: FakeClock) -> None:
    other = Store(database_url, clock=clock)
    await other.open()
    try:
        made = await asyncio.gather(
            *(
                either.subscribe(CHAT, [f"topic-{number}", "x"], clock.now())
                for number in range(8)
                for either in (store, other)
            )
        )
    finally:
        await other.close()
    assert len({subscription.id for subscription in made}) == 1
    final = await store.find_subscription(CHAT)
    assert final is not None
    assert len(final.topics) == 2


async def test_nothing_is_left_of_a_chat_that_leaves(store: Store, database_url: str, clock: FakeClock) -> None:
    await added_story(store, clock.now())
    before = await counts(database_url)
    await store.subscribe(CHAT, TOPICS, clock.now())
    await added_story(store, clock.now(), number=2)
    await shown(store, clock.now())
    await added_story(store, clock.now(), number=3)
    assert await store.unsubscribe(CHAT)
    after = await counts(database_url)
    assert after.keys() == before.keys()
    assert not await store.unsubscribe(CHAT)
    assert await store.find_subscription(CHAT) is None


async def test_leaving_does_not_touch_other_chats(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    await store.subscribe(TEAM, TOPICS, clock.now())
    story, _ = await added_story(store, clock.now())
    await shown(store, clock.now())
    await store.unsubscribe(CHAT)
    assert await store.find_story_of_message(TEAM, f"m1-{story.id}") == story


async def test_ids_are_never_given_again(store: Store, clock: FakeClock) -> None:
    first = await store.subscribe(CHAT, TOPICS, clock.now())
    await store.unsubscribe(CHAT)
    assert (await store.subscribe(CHAT, TOPICS, clock.now())).id > first.id


async def test_subscriptions_of_the_configuration_follow_it(store: Store, clock: FakeClock) -> None:
    await store.subscribe(TEAM, ["sanctions"], clock.now())
    await store.sync_subscriptions({CHAT: TOPICS, OTHER: TOPICS, TEAM: TOPICS}, clock.now())
    team = await store.find_subscription(TEAM)
    assert team is not None
    assert (team.topics, team.source) == (("sanctions",), "chat")
    first = await store.find_subscription(CHAT)
    assert first is not None
    assert (first.topics, first.source) == (TOPICS, "config")
    await store.retire_target(CHAT, "removed")
    await store.sync_subscriptions({CHAT: ["us-diplomacy"]}, clock.now())
    second = await store.find_subscription(CHAT)
    assert second is not None
    assert (second.id, second.topics, second.paused_reason) == (first.id, ("us-diplomacy",), "")
    assert await store.find_subscription(OTHER) is None
    assert await store.find_subscription(TEAM) is not None
    await store.sync_subscriptions({}, clock.now())
    assert (await store.get_status()).subscriptions == 1


async def test_a_configured_chat_that_moved_is_not_made_twice(store: Store, clock: FakeClock) -> None:
    await store.sync_subscriptions({CHAT: TOPICS}, clock.now())
    new = Target("telegram", "-100777")
    newer = Target("telegram", "-100778")
    await store.move_target(CHAT, new)
    await store.move_target(new, newer)
    await store.sync_subscriptions({CHAT: ["sanctions"]}, clock.now())
    assert await store.find_subscription(CHAT) is None
    moved = await store.find_subscription(newer)
    assert moved is not None
    assert moved.topics == ("sanctions",)
    await store.sync_subscriptions({newer: TOPICS}, clock.now())
    assert (await store.get_status()).subscriptions == 1


async def test_a_story_grows(store: Store, clock: FakeClock) -> None:
    story, _ = await added_story(store, clock.now(), topics=["sanctions"])
    opened_at = clock.now()
    assert (story.revision, story.level, story.topics) == (1, Level.ALERT, ("sanctions",))
    assert (story.opened_at, story.updated_at) == (opened_at, opened_at)
    clock.advance(60)
    joined, _ = await joined_story(store, story, clock.now(), number=2, topics=["prisoner-release", "sanctions"])
    assert (joined.revision, joined.topics) == (2, ("prisoner-release", "sanctions"))
    assert (joined.opened_at, joined.updated_at) == (opened_at, clock.now())
    assert joined.facts == Facts(released=52)
    assert [report.at for report in joined.members] == [opened_at, clock.now()]
    assert joined.members[0] == story.members[0]
    assert await store.find_story(story.id) == joined


async def test_members_stand_oldest_first_whatever_their_arrival(store: Store, clock: FakeClock) -> None:
    story, _ = await added_story(store, clock.now())
    early = clock.now() - timedelta(days=2)
    async with store.transaction() as transaction:
        joined = await transaction.join_story(story.id, member(77, early), summary(), early)
    assert [report.entry_id for report in joined.members] == [77, story.members[0].entry_id]
    assert (joined.opened_at, joined.updated_at) == (early, clock.now())


async def test_joining_a_story_that_is_not_there_fails(store: Store, clock: FakeClock) -> None:
    async def join() -> None:
        async with store.transaction() as transaction:
            await transaction.join_story(9, member(1, clock.now()), summary(), clock.now())

    with pytest.raises(NotFound, match="no story 9"):
        await join()


async def test_open_stories_are_those_updated_since(store: Store, clock: FakeClock) -> None:
    old, _ = await added_story(store, clock.now(), number=1)
    clock.advance(3600)
    since = clock.now()
    backfilled, _ = await added_story(store, clock.now(), number=2, at=clock.now() - timedelta(days=3))
    clock.advance(60)
    recent, _ = await added_story(store, clock.now(), number=3)
    clock.advance(60)
    backfilled, _ = await joined_story(store, backfilled, clock.now(), number=4)
    async with store.transaction() as transaction:
        assert await transaction.open_stories(since) == (recent, backfilled)
        assert await transaction.open_stories(since - timedelta(days=1)) == (old, recent, backfilled)


async def test_two_replicas_cannot_place_stories_at_once(store: Store, database_url: str, clock: FakeClock) -> None:
    other = Store(database_url, clock=clock)
    await other.open()

    async def place(either: Store, number: int) -> None:
        async with either.transaction() as transaction:
            found = await transaction.open_stories(clock.now())
            await asyncio.sleep(0)
            if found:
                await transaction.join_story(found[0].id, member(number, clock.now()), summary(), clock.now())
            else:
                await transaction.add_story(member(number, clock.now()), summary(), clock.now())

    try:
        await asyncio.gather(*(place((store, other)[number % 2], number) for number in range(1, 7)))
    finally:
        await other.close()
    (story,) = await store.latest_stories(9)
    assert (story.revision, len(story.members)) == (6, 6)


async def test_the_latest_stories_by_topic_and_level(store: Store, clock: FakeClock) -> None:
    alert, _ = await added_story(store, clock.now(), number=1, topics=["sanctions"])
    clock.advance(1)
    digest, _ = await added_story(store, clock.now(), number=2, topics=["us-diplomacy"], level=Level.DIGEST)
    clock.advance(1)
    both, _ = await added_story(store, clock.now(), number=3, topics=["us-diplomacy", "sanctions"])
    assert await store.latest_stories(9) == (both, alert)
    assert await store.latest_stories(1) == (both,)
    assert await store.latest_stories(9, topics=["us-diplomacy"]) == (both,)
    assert await store.latest_stories(9, topics=["us-diplomacy", "x"], level=Level.DIGEST) == (both, digest)
    assert await store.latest_stories(9, topics=["x"]) == ()


async def test_a_story_is_found_by_the_message_that_shows_it(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    await store.subscribe(OTHER, TOPICS, clock.now())
    story, _ = await added_story(store, clock.now())
    assert await store.find_story_of_message(CHAT, "") is None
    await shown(store, clock.now())
    assert await store.find_story_of_message(CHAT, f"m1-{story.id}") == story
    assert await store.find_story_of_message(TEAM, f"m1-{story.id}") is None
    assert await store.find_story_of_message(CHAT, "m2") is None


async def test_a_repeated_event_is_seen_once(store: Store, database_url: str, clock: FakeClock) -> None:
    assert await store.first_sight("telegram", "1", clock.now())
    assert not await store.first_sight("telegram", "1", clock.now())
    assert await store.first_sight("slack", "1", clock.now())
    seen = await asyncio.gather(*(store.first_sight("telegram", "2", clock.now()) for _ in range(8)))
    assert sum(seen) == 1
    clock.advance(4 * 24 * 3600)
    assert await store.first_sight("telegram", "3", clock.now())
    assert (await counts(database_url))["updates"] == 1, "those that no platform repeats any more are forgotten"
