"""What any store promises of feeds: who is due, who holds it, and how a poll ends."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import LeaseLost
from core.history import FeedHistory
from core.model import FeedState, Level, Outcome, PollRecord
from storage.store import Store
from tests.contract.store_steps import LEASE, claimed_feed, ended, entry, member, new, recorded, spec, summary
from tests.fake_clock import FakeClock


async def test_a_new_feed_is_due_at_once_and_carries_its_specification(store: Store, clock: FakeClock) -> None:
    wanted = replace(
        spec(), lang="be", owner="independent", mirrors=("https://mirror.example/x",), implies=("belarus",)
    )
    await store.sync_feeds([wanted], clock.now())
    (feed,) = await store.claim_due_feeds(clock.now(), limit=5)
    assert feed.spec == wanted
    assert feed.state == FeedState(next_poll_at=clock.now())
    assert feed.epoch == 1


async def test_a_leased_feed_is_free_again_after_the_lease(store: Store, clock: FakeClock) -> None:
    first = await claimed_feed(store, clock.now())
    assert await store.claim_due_feeds(clock.now(), limit=5, force=True) == ()
    clock.advance(LEASE.total_seconds())
    (second,) = await store.claim_due_feeds(clock.now(), limit=5)
    assert (second.id, second.epoch) == (first.id, first.epoch + 1)


async def test_the_state_of_a_poll_is_kept_exactly(store: Store, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    state = FeedState(
        next_poll_at=clock.now() + timedelta(minutes=7),
        etag='W/"\udce9t\xe9 \U0001f54a"',
        last_modified="",
        body_hash="abc",
        first_polled_at=clock.now(),
        last_ok_at=clock.now() - timedelta(microseconds=1),
        failures=3,
        last_outcome="error:http",
        last_error="503 from the server",
        earliest_poll_at=clock.now() + timedelta(minutes=6),
        history=FeedHistory((1_700_000_000, 1_700_003_600), True, 2, clock.now(), 503, "https://new.example/", "", 1),
    )
    await recorded(store, feed, replace(ended(feed, clock.now()), outcome=Outcome.HTTP, state=state))
    assert await store.claim_due_feeds(clock.now(), limit=5) == ()
    clock.advance(7 * 60)
    (again,) = await store.claim_due_feeds(clock.now(), limit=5)
    assert again.state == state


async def test_outcome_and_error_of_the_record_are_kept_when_the_state_has_none(store: Store, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    record = ended(feed, clock.now(), after=timedelta(0), outcome=Outcome.TIMEOUT, error="no answer in 20 s")
    await recorded(store, feed, replace(record, state=replace(record.state, last_outcome="")))
    (again,) = await store.claim_due_feeds(clock.now(), limit=1)
    assert (again.state.last_outcome, again.state.last_error) == ("error:timeout", "no answer in 20 s")


async def test_a_stale_epoch_writes_nothing(store: Store, clock: FakeClock) -> None:
    slow = await claimed_feed(store, clock.now())
    clock.advance(LEASE.total_seconds())
    (quick,) = await store.claim_due_feeds(clock.now(), limit=1)
    assert await store.record_polls([(slow, ended(slow, clock.now(), after=timedelta(days=9)))]) == {}

    async def check() -> None:
        async with store.transaction() as transaction:
            await transaction.check_lease(slow)

    async def write() -> None:
        async with store.transaction() as transaction:
            await transaction.add_entries(slow, [new(entry())], clock.now())
            await transaction.finish_poll(slow, ended(slow, clock.now()))

    for step in (check, write):
        with pytest.raises(LeaseLost, match="Feed 1"):
            await step()
    assert await store.find_known(quick.id, [entry()]) == frozenset()
    await recorded(store, quick, ended(quick, clock.now(), after=timedelta(0)))
    assert len(await store.claim_due_feeds(clock.now(), limit=1)) == 1


async def test_polls_recorded_together_leave_out_those_that_were_lost(store: Store, clock: FakeClock) -> None:
    await store.sync_feeds([spec(number) for number in range(4)], clock.now())
    polled = await store.claim_due_feeds(clock.now(), limit=4)
    clock.advance(LEASE.total_seconds())
    (taken,) = await store.claim_due_feeds(clock.now(), limit=1, urls=[polled[2].spec.url])
    written = await store.record_polls([(feed, ended(feed, clock.now(), hits=feed.id)) for feed in polled])
    assert written == {feed.id: 0 for feed in polled if feed.id != taken.id}
    hits = {record.id: record.hits for record in await store.list_feeds()}
    assert hits == {feed.id: 0 if feed.id == taken.id else feed.id for feed in polled}
    assert await store.record_polls([(polled[2], ended(polled[2], clock.now()))]) == {}
    await recorded(store, taken, ended(taken, clock.now(), hits=1))


async def test_a_poll_that_brought_nothing_leaves_its_times_and_what_changed_meanwhile(
    store: Store, clock: FakeClock
) -> None:
    """Most polls end so, and are written in a shorter way. A feed may get another source type while it is polled."""
    feed = await claimed_feed(store, clock.now())
    read = replace(
        feed.state, etag='"1"', body_hash="abc", first_polled_at=clock.now(), history=FeedHistory((7,), True)
    )
    await recorded(store, feed, replace(ended(feed, clock.now()), state=replace(read, last_outcome="ok")))
    for kind, etag in (("rss", '"1"'), ("jsonfeed", None)):
        clock.advance(3600)
        (again,) = await store.claim_due_feeds(clock.now(), limit=1)
        await store.sync_feeds([replace(feed.spec, kind=kind)], clock.now())
        quiet = replace(again.state, next_poll_at=clock.now() + timedelta(minutes=7), last_ok_at=clock.now())
        quiet = replace(quiet, last_outcome="not_modified", earliest_poll_at=clock.now() + timedelta(minutes=6))
        await recorded(store, again, PollRecord(Outcome.NOT_MODIFIED, quiet, clock.now(), entries=40))
        (kept,) = await store.list_feeds()
        assert kept.polled_at == clock.now()
        assert (kept.state.etag, kept.entries, kept.hits) == (etag, 0, 0)
        if kind == "rss":
            assert kept.state == quiet
        assert await store.claim_due_feeds(clock.now(), limit=1) == ()


async def test_two_claimers_never_share_a_feed(store: Store, database_url: str, clock: FakeClock) -> None:
    await store.sync_feeds([spec(number) for number in range(60)], clock.now())
    other = Store(database_url, clock=clock)
    await other.open()
    try:
        got = await asyncio.gather(
            *(claimer.claim_due_feeds(clock.now(), limit=7) for claimer in (store, other) for _ in range(5))
        )
    finally:
        await other.close()
    ids = [feed.id for feeds in got for feed in feeds]
    assert sorted(ids) == sorted(set(ids))
    assert len(ids) == 60


async def test_the_cap_of_a_host_counts_over_all_claims(store: Store, database_url: str, clock: FakeClock) -> None:
    await store.sync_feeds([spec(number, host="same") for number in range(9)] + [spec(99, host="other")], clock.now())
    other = Store(database_url, clock=clock)
    await other.open()
    try:
        got = await asyncio.gather(
            *(claimer.claim_due_feeds(clock.now(), limit=9, per_host=2) for claimer in (store, other))
        )
    finally:
        await other.close()
    feeds = [feed for part in got for feed in part]
    hosts = [feed.spec.url.split("/")[2] for feed in feeds]
    assert sorted(hosts) == ["other.example", "same.example", "same.example"]
    for feed in feeds:
        await recorded(store, feed, ended(feed, clock.now()))
    assert len(await store.claim_due_feeds(clock.now(), limit=9, per_host=2)) == 2


async def test_a_poll_that_steps_aside_keeps_its_host_from_no_other_until_it_ends_with_something_new(
    store: Store, clock: FakeClock
) -> None:
    await store.sync_feeds([spec(number, host="same") for number in range(4)], clock.now())
    (slow,) = await store.claim_due_feeds(clock.now(), limit=9)
    await store.step_aside([slow], clock.now())
    (other,) = await store.claim_due_feeds(clock.now(), limit=9)
    assert other.id != slow.id
    assert await store.claim_due_feeds(clock.now(), limit=9) == ()
    await store.step_aside([slow], clock.now())
    for feed in (slow, other):
        record = ended(feed, clock.now())
        await recorded(store, feed, replace(record, state=replace(record.state, body_hash="new")))
    clock.advance(3600)
    assert len(await store.claim_due_feeds(clock.now(), limit=9)) == 1


async def test_a_poll_that_lost_its_lease_steps_nowhere(store: Store, clock: FakeClock) -> None:
    await store.sync_feeds([spec(number, host="same") for number in range(2)], clock.now())
    (slow,) = await store.claim_due_feeds(clock.now(), limit=9)
    clock.advance(LEASE.total_seconds() + 1)
    await store.step_aside([slow], clock.now())
    assert len(await store.claim_due_feeds(clock.now(), limit=9)) == 1


async def test_a_crowded_host_does_not_hide_the_others(store: Store, clock: FakeClock) -> None:
    await store.sync_feeds([spec(number, host="crowd") for number in range(300)], clock.now())
    clock.advance(1)
    crowd = [spec(number, host="crowd") for number in range(300)]
    await store.sync_feeds([*crowd, spec(999)], clock.now())
    first, second = await store.claim_due_feeds(clock.now(), limit=2)
    assert (first.spec.url.split("/")[2], second.spec) == ("crowd.example", spec(999))


async def test_force_and_urls_choose_feeds(store: Store, clock: FakeClock) -> None:
    await store.sync_feeds([spec(1), spec(2), spec(3)], clock.now())
    for feed in await store.claim_due_feeds(clock.now(), limit=9):
        await recorded(store, feed, ended(feed, clock.now()))
    assert await store.claim_due_feeds(clock.now(), limit=9, urls=[spec(2).url]) == ()
    (second,) = await store.claim_due_feeds(
        clock.now(), limit=9, urls=[spec(2).url, "https://unknown.example/"], force=True
    )
    assert second.spec == spec(2)
    assert {feed.spec for feed in await store.claim_due_feeds(clock.now(), limit=9, force=True)} == {spec(1), spec(3)}


async def test_those_due_longest_come_first(store: Store, clock: FakeClock) -> None:
    await store.sync_feeds([spec(1), spec(2), spec(3)], clock.now())
    for feed, minutes in zip(await store.claim_due_feeds(clock.now(), limit=9), (3, 1, 2), strict=True):
        await recorded(store, feed, ended(feed, clock.now(), after=timedelta(minutes=minutes)))
    clock.advance(600)
    order = [feed.spec.name for feed in await store.claim_due_feeds(clock.now(), limit=9)]
    assert order == ["Feed 2", "Feed 3", "Feed 1"]


async def test_a_feed_no_longer_configured_is_kept_but_never_due(store: Store, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    async with store.transaction() as transaction:
        await transaction.add_entries(feed, [new(entry())], clock.now())
        await transaction.finish_poll(feed, ended(feed, clock.now(), after=timedelta(0)))
    await store.sync_feeds([spec(2)], clock.now())
    clock.advance(3600)
    assert [due.spec for due in await store.claim_due_feeds(clock.now(), limit=9, force=True)] == [spec(2)]
    await store.sync_feeds([spec(1)], clock.now())
    (back,) = await store.claim_due_feeds(clock.now(), limit=9)
    assert back.id == feed.id
    assert await store.find_known(back.id, [entry()]) == {entry().identity}


async def test_a_disabled_feed_is_not_due(store: Store, clock: FakeClock) -> None:
    await store.sync_feeds([replace(spec(), enabled=False)], clock.now())
    assert await store.claim_due_feeds(clock.now(), limit=9, force=True) == ()


async def test_a_restart_polls_nothing_early_but_a_shorter_interval_counts(store: Store, clock: FakeClock) -> None:
    daily = replace(spec(), interval=timedelta(days=1))
    await store.sync_feeds([daily], clock.now())
    (feed,) = await store.claim_due_feeds(clock.now(), limit=1)
    await recorded(store, feed, ended(feed, clock.now(), after=timedelta(days=1)))
    clock.advance(60)
    await store.sync_feeds([daily], clock.now())
    assert await store.claim_due_feeds(clock.now(), limit=1) == ()
    await store.sync_feeds([spec()], clock.now())
    assert await store.claim_due_feeds(clock.now(), limit=1) == ()
    clock.advance(4 * 60)
    assert len(await store.claim_due_feeds(clock.now(), limit=1)) == 1


async def test_another_source_type_reads_the_whole_feed_again(store: Store, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    state = replace(feed.state, etag='"1"', last_modified="x", body_hash="h", first_polled_at=clock.now())
    await recorded(store, feed, replace(ended(feed, clock.now()), state=state))
    await store.sync_feeds([replace(spec(), kind="jsonfeed")], clock.now())
    (again,) = await store.claim_due_feeds(clock.now(), limit=1, force=True)
    assert (again.state.etag, again.state.last_modified, again.state.body_hash) == (None, None, "")
    assert again.state.first_polled_at == clock.now()


async def test_two_processes_may_configure_at_once(store: Store, database_url: str, clock: FakeClock) -> None:
    other = Store(database_url, clock=clock)
    await other.open()
    try:
        specs = [spec(number) for number in range(40)]
        await asyncio.gather(store.sync_feeds(specs, clock.now()), other.sync_feeds(specs, clock.now()))
    finally:
        await other.close()
    assert (await store.get_status()).feeds == 40


async def test_a_transaction_that_raises_leaves_nothing(store: Store, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    before = await store.get_status()

    async def fail_at_the_end() -> None:
        async with store.transaction() as transaction:
            await transaction.check_lease(feed)
            (entry_id,) = await transaction.add_entries(feed, [new(entry(), "alert")], clock.now())
            assert entry_id is not None
            await transaction.open_stories(clock.now())
            story = await transaction.add_story(member(entry_id, clock.now()), summary(), clock.now())
            await transaction.queue_story(story, clock.now(), edit_after=timedelta(0))
            await transaction.finish_poll(feed, ended(feed, clock.now(), hits=1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_at_the_end()
    assert await store.get_status() == before
    assert await store.find_known(feed.id, [entry()]) == frozenset()
    await recorded(store, feed, ended(feed, clock.now()))


async def test_a_time_without_zone_is_refused(store: Store, clock: FakeClock) -> None:
    with pytest.raises(ValueError, match="without zone"):
        await store.sync_feeds([spec()], clock.now().replace(tzinfo=None))


async def test_all_feeds_of_the_configuration_are_listed_with_their_state(store: Store, clock: FakeClock) -> None:
    await store.sync_feeds([spec(1), spec(2), spec(3)], clock.now())
    (feed,) = await store.claim_due_feeds(clock.now(), limit=1, urls=[spec(2).url])
    record = ended(feed, clock.now(), hits=2)
    await recorded(store, feed, record)
    await store.sync_feeds([spec(1), spec(2)], clock.now())
    first, second = await store.list_feeds()
    assert (first.spec, first.polled_at, first.hits) == (spec(1), None, 0)
    assert (second.spec, second.state, second.polled_at, second.hits) == (spec(2), record.state, clock.now(), 2)


async def test_breaking_news_call_feeds_sooner_as_their_servers_allow(store: Store, clock: FakeClock) -> None:
    waits = {1: (60, 10), 2: (60, 45), 3: (20, None), 4: (5, 5), 5: (60, -5)}  # minutes to the next and to the earliest
    await store.sync_feeds([spec(number) for number in waits], clock.now())
    for feed in await store.claim_due_feeds(clock.now(), limit=9):
        due, earliest = waits[int(feed.spec.name.split()[1])]
        allowed = None if earliest is None else clock.now() + timedelta(minutes=earliest)
        record = ended(feed, clock.now(), after=timedelta(minutes=due))
        await recorded(store, feed, replace(record, state=replace(record.state, earliest_poll_at=allowed)))
    assert await store.hasten_feeds(clock.now()) == 3
    minutes = [(record.state.next_poll_at - clock.now()) / timedelta(minutes=1) for record in await store.list_feeds()]
    assert minutes == [10, 45, 20, 5, 0]
    assert await store.hasten_feeds(clock.now()) == 0


async def test_the_newest_alert_is_found_if_it_is_young(store: Store, clock: FakeClock) -> None:
    opened = clock.now()
    assert await store.find_newest_alert(opened) is None
    feed = await claimed_feed(store, opened)
    async with store.transaction() as transaction:
        ids = await transaction.add_entries(feed, [new(entry(number)) for number in (1, 2)], opened)
        for entry_id, level in zip(ids, (Level.ALERT, Level.DIGEST), strict=True):
            assert entry_id is not None
            await transaction.open_stories(opened)
            await transaction.add_story(member(entry_id, opened), summary(level=level), opened)
            clock.advance(60)
    assert await store.find_newest_alert(opened) == opened
    assert await store.find_newest_alert(opened + timedelta(seconds=1)) is None


async def test_a_feed_that_moved_counts_for_its_new_host(store: Store, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    record = ended(feed, clock.now(), after=timedelta(0))
    moved = replace(record.state, history=FeedHistory(address="https://host2.example/feed"))
    await recorded(store, feed, replace(record, state=moved))
    await store.sync_feeds([spec(1), spec(2)], clock.now())
    assert len(await store.claim_due_feeds(clock.now(), limit=5, per_host=1)) == 1


async def test_a_shorter_longest_interval_is_heeded_at_once(store: Store, clock: FakeClock) -> None:
    slow = replace(spec(), max_interval=timedelta(hours=6))
    await store.sync_feeds([slow], clock.now())
    (feed,) = await store.claim_due_feeds(clock.now(), limit=1)
    await recorded(store, feed, ended(feed, clock.now(), after=timedelta(hours=6)))
    await store.sync_feeds([replace(slow, max_interval=timedelta(hours=1))], clock.now())
    (stored,) = await store.list_feeds()
    assert stored.state.next_poll_at == clock.now() + timedelta(hours=1)


async def test_entries_of_many_feeds_stay_with_their_feeds(store: Store, clock: FakeClock) -> None:
    """However many there are of each: they are made rows some fifty at a time."""
    brought = [1, 0, 49, 1, 120, 3, 50]
    await store.sync_feeds([spec(number) for number in range(len(brought))], clock.now())
    feeds = await store.claim_due_feeds(clock.now(), limit=len(brought))
    wanted = {
        feed.id: [new(entry(number, title=f"{feed.spec.name}, {number}")) for number in range(count)]
        for feed, count in zip(feeds, brought, strict=True)
    }
    written = await store.record_polls([(feed, ended(feed, clock.now())) for feed in feeds], wanted)
    assert written == {feed.id: count for feed, count in zip(feeds, brought, strict=True)}
    for feed in feeds:
        stored = await store.newest_entries(feed.id, 200)
        assert sorted(one.title for one in stored) == sorted(item.entry.title for item in wanted[feed.id])


async def test_polls_recorded_together_bring_their_new_entries_once_and_only_if_still_leased(
    store: Store, clock: FakeClock
) -> None:
    await store.sync_feeds([spec(number) for number in range(3)], clock.now())
    polled = await store.claim_due_feeds(clock.now(), limit=3)
    clock.advance(LEASE.total_seconds())
    (taken,) = await store.claim_due_feeds(clock.now(), limit=1, urls=[polled[2].spec.url])
    records = [(feed, ended(feed, clock.now())) for feed in polled]
    found = [new(entry(1, title="first")), new(entry(1, title="again")), new(entry(2))]
    written = await store.record_polls(records, {feed.id: found for feed in polled})
    assert written == {polled[0].id: 2, polled[1].id: 2}
    for feed in polled[:2]:
        assert await store.count_titles(feed.id, ["first", "again"]) == {"first": 1}
        assert await store.newest_entries(feed.id, 5) == (entry(2), entry(1, title="first"))
        assert await store.newest_entries(feed.id, 1) == (entry(2),)
    assert not await store.count_titles(taken.id, ["first"])
    assert not await store.newest_entries(taken.id, 5)
    assert [record.entries for record in await store.list_feeds()] == [2, 2, 0]
    (again,) = await store.claim_due_feeds(clock.now(), limit=1, force=True, urls=[polled[0].spec.url])
    assert await store.record_polls([(again, ended(again, clock.now()))], {again.id: found}) == {again.id: 0}
