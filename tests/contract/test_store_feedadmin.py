"""What any store promises of feeds that are added, removed and paused while the program runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from core.health import Origin
from core.model import Feed
from storage.store import Store
from tests.contract.store_steps import LEASE, claimed_feed, ended, entry, new, recorded, spec
from tests.fake_clock import FakeClock


async def due(store: Store, clock: FakeClock) -> list[str]:
    return [feed.spec.name for feed in await store.claim_due_feeds(clock.now(), limit=9, lease=LEASE)]


async def polled(store: Store, clock: FakeClock) -> Feed:
    """Feed 1, added in a chat, read once and with a known entry."""
    assert await store.add_feed(spec(), clock.now())
    (feed,) = await store.claim_due_feeds(clock.now(), limit=1)
    record = ended(feed, clock.now())
    state = replace(record.state, etag='"1"', last_modified="x", body_hash="h", first_polled_at=clock.now())
    async with store.transaction() as transaction:
        await transaction.add_entries(feed, [new(entry())], clock.now())
        await transaction.finish_poll(feed, replace(record, state=state))
    return feed


async def test_a_feed_added_in_a_chat_is_due_at_once_and_outlives_the_configuration(
    store: Store, clock: FakeClock
) -> None:
    await store.sync_feeds([spec(1)], clock.now())
    assert await store.add_feed(replace(spec(2), lang="be"), clock.now())
    assert not await store.add_feed(spec(2), clock.now())
    await store.sync_feeds([spec(3)], clock.now())
    assert sorted(await due(store, clock)) == ["Feed 2", "Feed 3"]
    second, third = await store.list_feeds()
    assert (second.spec, second.origin) == (replace(spec(2), lang="be"), Origin.CHAT)
    assert (third.spec, third.origin) == (spec(3), Origin.CONFIG)


async def test_a_removed_feed_is_not_due_and_knows_its_entries_when_it_comes_back(
    store: Store, clock: FakeClock
) -> None:
    feed = await polled(store, clock)
    assert await store.remove_feed(spec().url)
    assert not await store.remove_feed(spec().url)
    clock.advance(3600)
    assert await due(store, clock) == []
    assert await store.list_feeds() == ()
    assert await store.add_feed(spec(), clock.now())
    (back,) = await store.claim_due_feeds(clock.now(), limit=1)
    assert (back.id, back.state.etag, back.state.body_hash) == (feed.id, '"1"', "h")
    assert back.state.first_polled_at is not None
    assert await store.find_known(back.id, [entry()]) == {entry().identity}


async def test_a_feed_that_comes_back_after_more_than_a_day_begins_silently(store: Store, clock: FakeClock) -> None:
    await polled(store, clock)
    await store.remove_feed(spec().url)
    clock.advance(timedelta(days=1, seconds=1).total_seconds())
    assert await store.add_feed(replace(spec(), name="Renamed"), clock.now())
    (back,) = await store.claim_due_feeds(clock.now(), limit=1)
    assert back.spec.name == "Renamed"
    assert (back.state.first_polled_at, back.state.etag, back.state.body_hash) == (None, None, "")


async def test_a_feed_of_the_configuration_is_removed_there_only(store: Store, clock: FakeClock) -> None:
    await store.sync_feeds([spec()], clock.now())
    assert not await store.add_feed(spec(), clock.now())
    assert not await store.remove_feed(spec().url)
    assert await due(store, clock) == ["Feed 1"]


async def test_the_configuration_takes_over_a_feed_of_a_chat(store: Store, clock: FakeClock) -> None:
    await store.add_feed(spec(), clock.now())
    await store.sync_feeds([replace(spec(), name="Configured")], clock.now())
    (record,) = await store.list_feeds()
    assert (record.spec.name, record.origin) == ("Configured", Origin.CONFIG)
    await store.sync_feeds([], clock.now())
    assert await store.list_feeds() == ()


async def test_a_paused_feed_rests_over_restarts_until_it_is_resumed(store: Store, clock: FakeClock) -> None:
    await store.sync_feeds([spec(1), spec(2)], clock.now())
    assert await store.pause_feed(spec(1).url, clock.now())
    assert await store.pause_feed(spec(1).url, clock.now() + timedelta(minutes=1))
    await store.sync_feeds([spec(1), spec(2)], clock.now())
    assert await store.claim_due_feeds(clock.now(), limit=9, force=True, urls=[spec(1).url]) == ()
    assert await due(store, clock) == ["Feed 2"]
    first, second = await store.list_feeds()
    assert (first.paused_at, second.paused_at) == (clock.now(), None)
    assert (await store.get_status()).feeds == 1
    assert await store.resume_feed(spec(1).url, clock.now())
    assert not await store.resume_feed(spec(1).url, clock.now())
    assert await due(store, clock) == ["Feed 1"]


async def test_a_short_pause_keeps_what_was_known_and_what_the_server_asked_for(store: Store, clock: FakeClock) -> None:
    await store.add_feed(spec(), clock.now())
    (feed,) = await store.claim_due_feeds(clock.now(), limit=1)
    record = ended(feed, clock.now(), after=timedelta(hours=2))
    allowed = clock.now() + timedelta(hours=1)
    state = replace(record.state, etag='"1"', first_polled_at=clock.now(), earliest_poll_at=allowed)
    await recorded(store, feed, replace(record, state=state))
    await store.pause_feed(spec().url, clock.now())
    clock.advance(600)
    await store.resume_feed(spec().url, clock.now())
    (listed,) = await store.list_feeds()
    assert (listed.state.next_poll_at, listed.state.etag) == (allowed, '"1"')


async def test_a_poll_that_is_under_way_when_its_feed_is_paused_writes_nothing(store: Store, clock: FakeClock) -> None:
    await store.sync_feeds([spec()], clock.now())
    feed = await claimed_feed(store, clock.now())
    await store.pause_feed(spec().url, clock.now())
    assert await store.record_polls([(feed, ended(feed, clock.now()))]) == {}
    (listed,) = await store.list_feeds()
    assert (listed.polled_at, listed.paused_at) == (None, clock.now())


async def test_unknown_addresses_are_no_feeds(store: Store, clock: FakeClock) -> None:
    assert not await store.remove_feed("https://nowhere.example/")
    assert not await store.pause_feed("https://nowhere.example/", clock.now())
    assert not await store.resume_feed("https://nowhere.example/", clock.now())


async def test_new_defaults_reach_the_feeds_of_chats_alone(store: Store, clock: FakeClock) -> None:
    await store.sync_feeds([spec(1)], clock.now())
    await store.add_feed(spec(2), clock.now())
    slower = [replace(spec(number), interval=timedelta(hours=1)) for number in (1, 2, 3)]
    await store.update_feeds(slower)
    first, second = await store.list_feeds()
    assert (first.spec.interval, second.spec.interval) == (timedelta(minutes=5), timedelta(hours=1))
