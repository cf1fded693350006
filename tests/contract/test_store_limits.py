"""The rate of a platform is shared: by tasks, by stores on the same database, and after restarts."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.pacing import Rate
from core.model import Target
from storage.limits import AHEAD
from storage.store import Store
from tests.contract.store_steps import CHAT, LEASE, TEAM, TOPICS, added_story, lanes
from tests.fake_chat import NOON
from tests.fake_clock import FakeClock

APART = Rate(30, 1).apart


async def taken(store: Store, now: datetime, count: int) -> tuple[datetime, ...]:
    return (await store.take_turns("telegram", now, count=count, apart=APART)).at


async def test_turns_lie_apart_and_only_the_next_moment_is_given(store: Store, clock: FakeClock) -> None:
    now = clock.now()
    first = await store.take_turns("telegram", now, count=2, apart=APART)
    assert first.at == (now, now + APART)
    more = await store.take_turns("telegram", now, count=30, apart=APART)
    assert more.at[0] == now + 2 * APART
    assert now + AHEAD - APART < more.at[-1] <= now + AHEAD
    assert now < more.again_at <= more.at[-1]
    assert await taken(store, now, 5) == ()
    assert len(await taken(store, more.again_at, 5)) >= 1


async def test_what_was_not_used_is_not_saved_up(store: Store, clock: FakeClock) -> None:
    await taken(store, clock.now(), 1)
    clock.advance(60)
    assert len(await taken(store, clock.now(), 100)) == AHEAD // APART + 1


async def test_platforms_do_not_share(store: Store, clock: FakeClock) -> None:
    await taken(store, clock.now(), 9)
    assert (await store.take_turns("slack", clock.now(), count=1, apart=APART)).at == (clock.now(),)


async def test_without_a_rate_all_go_at_once(store: Store, clock: FakeClock) -> None:
    now = clock.now()
    assert (await store.take_turns("slack", now, count=3, apart=timedelta(0))).at == (now,) * 3


async def test_a_clock_set_back_does_not_stop_the_platform(store: Store, clock: FakeClock) -> None:
    await taken(store, clock.now() + timedelta(hours=1), 9)
    assert await taken(store, clock.now(), 1) == (clock.now(),)


async def test_a_held_platform_gives_no_turns_and_no_lanes(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    await store.subscribe(TEAM, TOPICS, clock.now())
    await added_story(store, clock.now())
    until = clock.now() + timedelta(seconds=30)
    await store.hold_platform("telegram", until)
    await store.hold_platform("telegram", clock.now() + timedelta(seconds=3))  # undoes nothing
    for apart in (APART, timedelta(0)):
        turns = await store.take_turns("telegram", clock.now(), count=3, apart=apart)
        assert (turns.at, turns.held_until) == ((), until)
    assert [lane.target for lane in await lanes(store, clock.now())] == [TEAM]
    await store.retire_target(TEAM, "gone")
    assert await store.next_delivery_at() == until
    assert await taken(store, until, 1) == (until,)
    assert [lane.target for lane in await lanes(store, until)] == [CHAT]


async def test_a_longer_hold_replaces_a_shorter_one(store: Store, clock: FakeClock) -> None:
    await store.hold_platform("telegram", clock.now() + timedelta(seconds=3))
    until = clock.now() + timedelta(seconds=30)
    await store.hold_platform("telegram", until)
    assert (await store.take_turns("telegram", clock.now(), count=1, apart=APART)).held_until == until


async def test_processes_that_ask_at_once_never_get_the_same_turn(database_url: str) -> None:
    stores = [Store(database_url) for _ in range(3)]
    for store in stores:
        await store.open()
    asked = [taken(store, NOON, 1) for store in stores for _ in range(5)]
    turns = [at for got in await asyncio.gather(*asked) for at in got]
    assert sorted(turns) == [NOON + place * APART for place in range(AHEAD // APART + 1)]
    for store in stores:
        await store.close()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asks=st.lists(st.tuples(st.integers(1, 50), st.floats(0, 0.4)), min_size=5, max_size=40))
async def test_no_second_holds_more_than_the_rate(store: Store, asks: list[tuple[int, float]]) -> None:
    """Sent as early as the turns allow, whatever is asked and when."""
    now, went = NOON + timedelta(days=1), list[datetime]()
    await store.hold_platform("telegram", NOON)
    for count, pause in asks:
        now += timedelta(seconds=pause)
        went += await taken(store, now, count)
    assert all(b - a >= timedelta(seconds=1) for a, b in zip(went, went[30:], strict=False))
    assert went == sorted(went)


async def test_threads_of_a_chat_are_never_served_side_by_side(store: Store, clock: FakeClock) -> None:
    """They share what the platform bears, so that a refusal in one counts at once for the others."""
    threads = [CHAT, Target("telegram", CHAT.chat, "7"), Target("telegram", CHAT.chat, "8")]
    for target in (*threads, TEAM):
        await store.subscribe(target, TOPICS, clock.now())
    await added_story(store, clock.now())
    first = await lanes(store, clock.now())
    assert [lane.target for lane in first] == [CHAT, TEAM]
    assert await lanes(store, clock.now()) == ()
    await store.release_lane(first[0])
    (second,) = await lanes(store, clock.now(), limit=1)
    assert second.target in threads
    until = clock.now() + timedelta(seconds=40)
    assert await store.block_lane(second, until)
    await store.release_lane(second)
    assert await lanes(store, clock.now()) == ()
    assert [lane.target.chat for lane in await lanes(store, until)] == [CHAT.chat]


async def test_claims_of_several_processes_never_take_two_threads_of_a_chat(database_url: str) -> None:
    stores = [Store(database_url) for _ in range(3)]
    for store in stores:
        await store.open()
    for number in range(8):
        for thread in ("", "7", "8"):
            await stores[0].subscribe(Target("telegram", f"-{number}", thread), TOPICS, NOON)
    await added_story(stores[0], NOON)
    platforms = ["telegram"]
    chats: list[str] = []
    for _ in range(4):
        claims = [store.claim_lanes(NOON, platforms=platforms, limit=4, per_lane=1, lease=LEASE) for store in stores]
        chats += [lane.target.chat for got in await asyncio.gather(*claims) for lane in got]
    assert sorted(chats) == [f"-{number}" for number in range(8)]
    for store in stores:
        await store.close()
