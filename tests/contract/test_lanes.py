"""What any store promises of own hosts, which are asked several things at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from storage.store import Store
from tests.contract.store_steps import ended, recorded, spec
from tests.fake_clock import FakeClock


async def test_feeds_of_a_host_with_lanes_are_polled_side_by_side_one_in_each(store: Store, clock: FakeClock) -> None:
    """Of 9 feeds in 3 lanes 3 at a time; a poll that brought something new leaves its feed in its lane."""
    specs = [replace(spec(number, host="own"), lanes=3) for number in range(9)]
    await store.sync_feeds([*specs, spec(99)], clock.now())
    for _ in range(3):
        polled = await store.claim_due_feeds(clock.now(), limit=9)
        assert len([feed for feed in polled if feed.spec in specs]) == 3
        assert not [feed for feed in await store.claim_due_feeds(clock.now(), limit=9) if feed.spec in specs]
        for feed in polled:
            record = ended(feed, clock.now())
            await recorded(store, feed, replace(record, state=replace(record.state, etag=f"of {feed.id}")))
    clock.advance(3600)
    assert len([feed for feed in await store.claim_due_feeds(clock.now(), limit=10) if feed.spec in specs]) == 3


async def test_a_host_becomes_ones_own_and_a_strangers_again(store: Store, clock: FakeClock) -> None:
    public = [spec(number, host="own") for number in range(4)]
    own = [replace(one, lanes=2) for one in public]
    for specs, at_once in ((public, 1), (own, 2), (public, 1)):
        await store.sync_feeds(specs, clock.now())
        polled = await store.claim_due_feeds(clock.now(), limit=9)
        assert len(polled) == at_once
        for feed in polled:
            await recorded(store, feed, ended(feed, clock.now(), after=timedelta(0)))
