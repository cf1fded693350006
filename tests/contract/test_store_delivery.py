"""What any store promises of the outbox: desired state, lanes, fencing, and chats that move or go."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from core.errors import NotFound
from core.model import Lane, OutboxItem, Target
from storage import outbox
from storage.store import Store
from tests.contract.store_steps import (
    CHAT,
    EDIT_AFTER,
    LEASE,
    OTHER,
    TEAM,
    TOPICS,
    added_story,
    joined_story,
    lanes,
    shown,
)
from tests.fake_clock import FakeClock


async def test_a_story_reaches_every_active_subscription_that_shares_a_topic(store: Store, clock: FakeClock) -> None:
    now = clock.now()
    await store.subscribe(CHAT, TOPICS, now)
    await store.subscribe(OTHER, ["us-diplomacy"], now)
    await store.subscribe(TEAM, ["sanctions", "us-diplomacy"], now)
    gone = Target("telegram", "-1003")
    await store.subscribe(gone, TOPICS, now)
    await store.retire_target(gone, "the bot was removed")
    story, made = await added_story(store, now)
    assert made == 2
    got = await lanes(store, now)
    assert [lane.target for lane in got] == [CHAT, TEAM]
    (item,) = got[0].items
    assert item == OutboxItem(item.id, item.subscription_id, story.id, 1, 0, "", 0, now)
    assert await store.get_story(story.id) == story


async def test_a_second_report_before_the_first_send_only_raises_the_number(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    story, _ = await added_story(store, clock.now())
    clock.advance(5)
    joined, made = await joined_story(store, story, clock.now(), number=2)
    assert (joined.revision, made) == (2, 0)
    (lane,) = await lanes(store, clock.now())
    (item,) = lane.items
    assert (item.wanted, item.sent) == (2, 0)


async def test_an_alert_that_is_shown_is_edited_after_a_while(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    story, _ = await added_story(store, clock.now())
    await shown(store, clock.now())
    assert await store.next_delivery_at() is None
    story, _ = await joined_story(store, story, clock.now(), number=2)
    due_at = clock.now() + EDIT_AFTER
    assert await store.next_delivery_at() == due_at
    clock.advance(10)
    await joined_story(store, story, clock.now(), number=3)
    assert await store.next_delivery_at() == due_at, "an edit that waits already is not pushed away"
    assert await lanes(store, clock.now()) == ()
    clock.advance(20)
    (lane,) = await lanes(store, clock.now())
    (item,) = lane.items
    assert (item.wanted, item.sent, item.message_ref) == (3, 1, f"m1-{story.id}")


async def test_a_mere_follow_up_makes_no_new_alert(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    story, _ = await added_story(store, clock.now())
    await shown(store, clock.now())
    await store.subscribe(TEAM, TOPICS, clock.now())
    story, made = await joined_story(store, story, clock.now(), number=2, edits_only=True)
    assert made == 0
    clock.advance(60)
    assert [lane.target for lane in await lanes(store, clock.now())] == [CHAT]
    _, made = await joined_story(store, story, clock.now(), number=3)
    assert made == 1


async def test_within_a_lane_the_oldest_goes_first(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    ids = [(await added_story(store, clock.now(), number=number))[0].id for number in range(1, 6)]
    (lane,) = await lanes(store, clock.now(), per_lane=3)
    assert [item.story_id for item in lane.items] == ids[:3]
    first = lane.items[0]
    assert await store.mark_later(lane, first, clock.now() + timedelta(seconds=9), "429")
    assert await store.block_lane(lane, clock.now() + timedelta(seconds=9))
    await store.release_lane(lane)
    assert await lanes(store, clock.now()) == ()
    clock.advance(9)
    (lane,) = await lanes(store, clock.now(), per_lane=3)
    assert [item.story_id for item in lane.items] == ids[:3], "what was put off keeps its place"
    assert lane.items[0].attempts == 1


async def test_lanes_that_wait_longest_come_first(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, ["sanctions"], clock.now())
    await store.subscribe(TEAM, ["us-diplomacy"], clock.now())
    await added_story(store, clock.now(), number=1, topics=["us-diplomacy"])
    clock.advance(1)
    for number in range(2, 9):
        await added_story(store, clock.now(), number=number, topics=["sanctions"])
    (first,) = await lanes(store, clock.now(), limit=1)
    (second,) = await lanes(store, clock.now(), limit=1)
    assert (first.target, second.target) == (TEAM, CHAT)


async def test_a_crowded_lane_does_not_hide_the_others(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, ["sanctions"], clock.now())
    await store.subscribe(TEAM, ["us-diplomacy"], clock.now())
    for number in range(1, 30):
        await added_story(store, clock.now(), number=number, topics=["sanctions"])
    await added_story(store, clock.now(), number=30, topics=["us-diplomacy"])
    assert {lane.target for lane in await lanes(store, clock.now(), limit=2, per_lane=1)} == {CHAT, TEAM}


async def test_only_the_platforms_asked_for_are_claimed(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    await store.subscribe(TEAM, TOPICS, clock.now())
    await added_story(store, clock.now())
    got = await store.claim_lanes(clock.now(), platforms=["slack"], limit=9, per_lane=9, lease=LEASE)
    assert [lane.target for lane in got] == [TEAM]
    assert await store.claim_lanes(clock.now(), platforms=[], limit=9, per_lane=9, lease=LEASE) == ()


async def test_a_blocked_lane_waits_and_says_until_when(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    await added_story(store, clock.now())
    (lane,) = await lanes(store, clock.now())
    until = clock.now() + timedelta(seconds=40)
    assert await store.block_lane(lane, until)
    await store.release_lane(lane)
    assert await store.next_delivery_at() == until
    assert await lanes(store, clock.now()) == ()
    clock.advance(40)
    assert len(await lanes(store, clock.now())) == 1


async def test_two_claimers_never_share_a_lane(store: Store, database_url: str, clock: FakeClock) -> None:
    chats = [Target("telegram", str(number)) for number in range(40)]
    for chat in chats:
        await store.subscribe(chat, TOPICS, clock.now())
    await added_story(store, clock.now())
    other = Store(database_url, clock=clock)
    await other.open()
    try:
        got = await asyncio.gather(
            *(lanes(claimer, clock.now(), limit=6) for claimer in (store, other) for _ in range(6))
        )
    finally:
        await other.close()
    claimed = [lane.target for part in got for lane in part]
    assert len(claimed) == len(set(claimed))
    rest = [lane.target for _ in range(9) for lane in await lanes(store, clock.now(), limit=9)]
    assert sorted(map(str, claimed + rest)) == sorted(map(str, chats))


async def test_a_stale_lane_writes_nothing(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    await added_story(store, clock.now())
    (slow,) = await lanes(store, clock.now())
    clock.advance(LEASE.total_seconds())
    (quick,) = await lanes(store, clock.now())
    (item,) = slow.items
    now = clock.now()
    assert not await store.mark_sent(slow, item, "m9", 1, now)
    assert not await store.mark_later(slow, item, now + timedelta(days=1), "429")
    assert not await store.mark_missing(slow, item)
    assert not await store.mark_dead(slow, item, "no")
    assert not await store.block_lane(slow, now + timedelta(days=1))
    await store.release_lane(slow)
    assert await lanes(store, now) == (), "the lane is still leased to the other"
    assert await store.mark_sent(quick, quick.items[0], "m1", 1, now)
    assert (await store.get_status()).alerts_sent == 1


async def test_marks_say_what_became_of_an_item(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    story, _ = await added_story(store, clock.now())
    await shown(store, clock.now())
    await joined_story(store, story, clock.now(), number=2)
    clock.advance(60)
    (lane,) = await lanes(store, clock.now())
    assert await store.mark_missing(lane, lane.items[0])
    await store.release_lane(lane)
    (lane,) = await lanes(store, clock.now())
    (item,) = lane.items
    assert (item.wanted, item.sent, item.message_ref) == (2, 0, "")
    assert await store.mark_dead(lane, item, "the text is refused")
    await store.release_lane(lane)
    assert await lanes(store, clock.now()) == ()
    assert (await store.get_status()).outbox_dead == 1
    await joined_story(store, story, clock.now(), number=3)
    (lane,) = await lanes(store, clock.now())
    assert lane.items[0].wanted == 3, "another text may be taken, so a new revision tries again"


async def test_an_older_revision_that_was_sent_leaves_the_rest_wanted(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    story, _ = await added_story(store, clock.now())
    (lane,) = await lanes(store, clock.now())
    await joined_story(store, story, clock.now(), number=2)
    assert await store.mark_sent(lane, lane.items[0], "m1", 1, clock.now())
    await store.release_lane(lane)
    (lane,) = await lanes(store, clock.now())
    assert (lane.items[0].wanted, lane.items[0].sent) == (2, 1)


async def test_a_chat_that_is_gone_is_paused_and_its_queue_dropped(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    await added_story(store, clock.now())
    await store.retire_target(CHAT, "the bot was removed")
    await store.retire_target(Target("telegram", "never-seen"), "x")
    subscription = await store.find_subscription(CHAT)
    assert subscription is not None
    assert subscription.paused_reason == "the bot was removed"
    assert await lanes(store, clock.now()) == ()
    assert (await store.get_status()).outbox_dead == 1
    await store.subscribe(CHAT, TOPICS, clock.now())
    assert await lanes(store, clock.now()) == (), "what was dropped is old news by now"
    _, made = await added_story(store, clock.now(), number=2)
    assert made == 1


@pytest.mark.parametrize("edits_only", [False, True])
async def test_a_chat_that_is_back_sees_what_it_was_shown_put_right(
    store: Store, clock: FakeClock, edits_only: bool
) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    story, _ = await added_story(store, clock.now())
    await shown(store, clock.now())
    story, _ = await joined_story(store, story, clock.now(), number=2)
    await store.retire_target(CHAT, "the bot was removed")
    await store.subscribe(CHAT, TOPICS, clock.now())
    await joined_story(store, story, clock.now(), number=3, edits_only=edits_only)
    clock.advance(60)
    (lane,) = await lanes(store, clock.now())
    (item,) = lane.items
    assert (item.wanted, item.sent, item.message_ref) == (3, 1, f"m1-{story.id}")


async def test_a_mere_follow_up_shows_nothing_that_was_dropped_before_it_was_shown(
    store: Store, clock: FakeClock
) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    story, _ = await added_story(store, clock.now())
    await store.retire_target(CHAT, "the bot was removed")
    await store.subscribe(CHAT, TOPICS, clock.now())
    await joined_story(store, story, clock.now(), number=2, edits_only=True)
    clock.advance(60)
    assert await lanes(store, clock.now()) == ()


async def test_a_moved_chat_keeps_its_lane_and_queue(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    await added_story(store, clock.now())
    (lane,) = await lanes(store, clock.now())
    new = Target("telegram", "-100777")
    await store.move_target(CHAT, new)
    await store.move_target(CHAT, new)
    assert await store.find_subscription(CHAT) is None
    moved = await store.find_subscription(new)
    assert moved is not None
    assert moved.topics == TOPICS
    assert await store.mark_sent(lane, lane.items[0], "m1", 1, clock.now())


async def test_a_moved_chat_is_joined_with_what_is_there(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, ["sanctions"], clock.now())
    first, _ = await added_story(store, clock.now(), number=1)
    await shown(store, clock.now(), "old")
    second, _ = await added_story(store, clock.now(), number=2)
    await store.subscribe(OTHER, ["us-diplomacy", "sanctions"], clock.now())
    third, _ = await added_story(store, clock.now(), number=3)
    first, _ = await joined_story(store, first, clock.now(), number=4)
    await store.retire_target(OTHER, "asleep")
    await store.move_target(CHAT, OTHER)
    joined = await store.find_subscription(OTHER)
    assert joined is not None
    assert (joined.topics, joined.paused_reason) == (("us-diplomacy", "sanctions"), "")
    assert await store.find_subscription(CHAT) is None
    assert await store.find_story_of_message(OTHER, f"old-{first.id}") is None, "its messages stay behind"
    clock.advance(60)
    (lane,) = await lanes(store, clock.now())
    assert lane.target == OTHER
    waiting = {item.story_id: (item.wanted, item.sent) for item in lane.items}
    assert waiting == {first.id: (2, 1), second.id: (1, 0), third.id: (1, 0)}
    assert (await store.get_status()).alerts_sent == 1


async def test_messages_of_a_moved_chat_are_edited_no_more(store: Store, clock: FakeClock) -> None:
    """In its new chat their numbers are those of other messages, which an edit would overwrite."""
    await store.subscribe(CHAT, TOPICS, clock.now())
    story, _ = await added_story(store, clock.now())
    await shown(store, clock.now(), "old")
    await store.move_target(CHAT, OTHER)
    await joined_story(store, story, clock.now(), number=2)
    clock.advance(60)
    ((item,),) = [lane.items for lane in await lanes(store, clock.now())]
    assert (item.story_id, item.wanted, item.sent, item.message_ref) == (story.id, 2, 1, "")


async def test_a_chat_that_was_shown_a_story_keeps_its_own_message_when_another_moves_there(
    store: Store, clock: FakeClock
) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    await store.subscribe(OTHER, TOPICS, clock.now())
    story, _ = await added_story(store, clock.now())
    await shown(store, clock.now(), "m")
    await store.move_target(CHAT, OTHER)
    assert await store.find_story_of_message(OTHER, f"m-{story.id}") == story


async def test_a_moved_chat_without_subscription_there_brings_its_own(store: Store, clock: FakeClock) -> None:
    await store.move_target(CHAT, OTHER)
    assert await store.find_subscription(OTHER) is None
    await store.subscribe(CHAT, TOPICS, clock.now())
    await store.move_target(CHAT, CHAT)
    assert await store.find_subscription(CHAT) is not None


async def test_a_story_that_is_not_there_is_told(store: Store) -> None:
    with pytest.raises(NotFound, match="no story 5"):
        await store.get_story(5)
    assert await store.find_story(5) is None


async def test_who_was_second_with_some_lanes_gets_others(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between choosing and leasing another process may have taken all that was chosen."""
    for number in range(4):
        await store.subscribe(Target("telegram", str(number)), TOPICS, clock.now())
    await added_story(store, clock.now())
    choose = outbox.due_lanes
    first: list[Lane] = []

    async def choose_and_be_overtaken(*args: Any) -> list[int]:
        chosen = await choose(*args)
        monkeypatch.setattr(outbox, "due_lanes", choose)
        first.extend(await lanes(store, clock.now(), limit=2))
        return chosen

    monkeypatch.setattr(outbox, "due_lanes", choose_and_be_overtaken)
    second = await lanes(store, clock.now(), limit=2)
    assert len(first) == len(second) == 2
    assert not {lane.target_id for lane in first} & {lane.target_id for lane in second}
