"""What any store promises of entries that wait to be read in full."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import LeaseLost
from core.model import Analysis, Feed, Level, Member
from core.secondlook import Look, LookResult, LookTrace, NewLook
from storage.store import Store
from tests.contract.store_steps import LEASE, claimed_feed, ended, entry, member, new, recorded, spec, summary
from tests.fake_clock import FakeClock


async def wanted(store: Store, clock: FakeClock, *numbers: int, feed_number: int = 1) -> list[int]:
    """Entries stored with a look each."""
    feed = await claimed_feed(store, clock.now(), feed_number)
    async with store.transaction() as transaction:
        entries = [new(entry(number), "half") for number in numbers]
        ids = [entry_id or 0 for entry_id in await transaction.add_entries(feed, entries, clock.now())]
        await transaction.add_looks(feed, [NewLook(entry_id, clock.now()) for entry_id in ids], clock.now())
        await transaction.finish_poll(feed, ended(feed, clock.now()))
    return ids


async def claim(store: Store, clock: FakeClock, limit: int = 9, per_hour: int = 99) -> tuple[Look, ...]:
    return await store.claim_looks(clock.now(), limit=limit, per_hour=per_hour, lease=LEASE)


async def finish(store: Store, look: Look, trace: LookTrace, hits: int = 0) -> None:
    async with store.transaction() as transaction:
        await transaction.finish_look(look, trace, hits=hits)


async def test_a_look_carries_what_is_needed_and_ends_with_its_result(store: Store, clock: FakeClock) -> None:
    assert await store.next_look_at() is None
    (entry_id,) = await wanted(store, clock, 1)
    assert await store.next_look_at() == clock.now()
    (look,) = await claim(store, clock)
    assert (look.entry_id, look.spec, look.entry, look.at) == (entry_id, spec(), entry(1), clock.now())
    await finish(store, look, LookTrace(LookResult.MATCHED, "", clock.now()), hits=1)
    assert await store.next_look_at() is None
    trace = await store.find_entry(entry(1).url)
    assert trace is not None
    assert trace.look == LookTrace(LookResult.MATCHED, "", clock.now())
    assert (await store.get_status()).hits == 1


async def test_a_leased_look_is_free_after_its_lease_and_the_late_one_writes_nothing(
    store: Store, clock: FakeClock
) -> None:
    await wanted(store, clock, 1)
    (late,) = await claim(store, clock)
    assert await claim(store, clock) == ()
    clock.advance(LEASE.total_seconds())
    (look,) = await claim(store, clock)
    assert look.epoch == late.epoch + 1
    done = LookTrace(LookResult.SHORT, "", clock.now())
    with pytest.raises(LeaseLost):
        await finish(store, late, done)

    async def check() -> None:
        async with store.transaction() as transaction:
            await transaction.check_look(late)

    with pytest.raises(LeaseLost):
        await check()
    assert not await store.retry_look(late, clock.now(), "503")
    await finish(store, look, done)


async def test_a_look_put_off_counts_its_attempt_and_says_why(store: Store, clock: FakeClock) -> None:
    await wanted(store, clock, 1)
    (look,) = await claim(store, clock)
    assert await store.retry_look(look, clock.now() + timedelta(minutes=5), "the server answered 503")
    assert await claim(store, clock) == ()
    trace = await store.find_entry(entry(1).url)
    assert trace is not None
    assert trace.look == LookTrace(LookResult.WAITING, "the server answered 503")
    clock.advance(300)
    (again,) = await claim(store, clock)
    assert again.attempts == 1


async def test_one_look_of_a_feed_is_given_at_a_time(store: Store, clock: FakeClock) -> None:
    first = await wanted(store, clock, 1, 2)
    second = await wanted(store, clock, 3, feed_number=2)
    looks = await claim(store, clock)
    assert {look.feed_id for look in looks} == {1, 2}
    assert len(looks) == 2
    assert {look.entry_id for look in looks} <= {*first, *second}


async def test_the_budget_of_an_hour_counts_what_was_begun(store: Store, clock: FakeClock) -> None:
    await wanted(store, clock, 1, 2, 3)
    begun = 0
    for _ in range(3):
        begun += len(await claim(store, clock, per_hour=2))
    assert begun == 2
    clock.advance(3601)
    assert len(await claim(store, clock, per_hour=2)) == 1


async def test_what_waited_too_long_for_the_budget_is_let_go(store: Store, clock: FakeClock) -> None:
    await wanted(store, clock, 1)
    clock.advance(7 * 3600)
    assert await claim(store, clock) == ()
    assert await store.next_look_at() is None
    trace = await store.find_entry(entry(1).url)
    assert trace is not None
    assert trace.look is not None
    assert (trace.look.result, trace.look.at) == (LookResult.BUDGET, clock.now())
    assert "full_text_per_hour" in trace.look.detail


async def test_a_look_that_is_not_to_be_had_is_recorded_and_never_due(store: Store, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    async with store.transaction() as transaction:
        (entry_id,) = await transaction.add_entries(feed, [new(entry())], clock.now())
        assert entry_id
        denied = NewLook(entry_id, clock.now(), LookResult.BUDGET, "too many")
        await transaction.add_looks(feed, [denied, denied], clock.now())
    assert await store.next_look_at() is None
    trace = await store.find_entry(entry().url)
    assert trace is not None
    assert trace.look == LookTrace(LookResult.BUDGET, "too many", clock.now())


async def test_an_entry_is_rewritten_and_its_member_replaced(store: Store, clock: FakeClock) -> None:
    (entry_id,) = await wanted(store, clock, 1)
    full = replace(entry(1), text="The envoy spoke of Zhodino prison. " * 10)
    found = Analysis(level=Level.ALERT, topics=("sanctions",))
    async with store.transaction() as transaction:
        await transaction.open_stories(clock.now())
        story = await transaction.add_story(member(entry_id, clock.now()), summary(1), clock.now())
        await transaction.update_entry(entry_id, replace(new(full, "alert"), analysis=found, reason="read in full"))
        better: Member = replace(member(entry_id, clock.now()), title="Better")
        changed = await transaction.replace_member(story.id, better, summary(9, topics=("sanctions",)), clock.now())
    assert (changed.revision, changed.members, changed.topics) == (2, (better,), ("sanctions",))
    assert changed.facts.released == 9
    trace = await store.find_entry(entry(1).url)
    assert trace is not None
    assert (trace.outcome, trace.reason, trace.analysis.level) == ("alert", "read in full", Level.ALERT)
    (look,) = await claim(store, clock)
    assert look.entry.text == full.text


async def test_looks_go_with_their_entries(store: Store, clock: FakeClock) -> None:
    feed: Feed = await claimed_feed(store, clock.now())
    assert feed.id == 1
    await recorded(store, feed, ended(feed, clock.now(), after=timedelta(0)))
    await wanted(store, clock, 1)
    clock.advance(timedelta(days=100).total_seconds())
    pruned = await store.prune(clock.now(), keep_text=timedelta(days=90), keep_identity=timedelta(days=700))
    assert pruned.entries == 1
    assert await store.next_look_at() is None
