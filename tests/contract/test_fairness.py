"""What any store promises of a host that has more feeds than can be polled in time: all have their turn, nobody waits
because of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.model import Feed
from storage.store import Store
from tests.contract.store_steps import ended, recorded, spec
from tests.fake_clock import FakeClock

CROWD = 12
TAKES = timedelta(seconds=20)
INTERVAL = timedelta(seconds=60)  # so a quarter of the crowd can be polled in its time


async def end(store: Store, feed: Feed, now: datetime, after: timedelta) -> None:
    record = ended(feed, now, after=after)
    await recorded(store, feed, replace(record, state=replace(record.state, earliest_poll_at=now + after)))


@pytest.mark.parametrize("breaking", [False, True])
async def test_the_feeds_of_a_crowded_host_have_their_turn_one_after_the_other(
    store: Store, clock: FakeClock, breaking: bool
) -> None:
    """Also when half of them wish for a much shorter interval, and while news break again and again."""
    crowd = [spec(number, host="crowd") for number in range(CROWD)]
    quick = {one.url for one in crowd[::2]}
    others = [spec(100 + number) for number in range(4)]
    await store.sync_feeds([*crowd, *others], clock.now())
    order, late = [], Counter[str]()
    for turn in range(CROWD * 4):
        if breaking and turn % 3 == 0:
            await store.hasten_feeds(clock.now())
        polled = await store.claim_due_feeds(clock.now(), limit=3 + len(others))
        of_crowd = [feed for feed in polled if feed.spec in crowd]
        assert len(of_crowd) == 1
        for feed in polled:
            if feed.spec in others:
                late[feed.spec.url] = max(
                    late[feed.spec.url], round((clock.now() - feed.state.next_poll_at).total_seconds())
                )
                await end(store, feed, clock.now(), INTERVAL)
        clock.advance(TAKES.total_seconds())
        order.append(of_crowd[0].spec.url)
        await end(store, of_crowd[0], clock.now(), INTERVAL / 6 if order[-1] in quick else INTERVAL)
    turns = Counter(order)
    assert set(turns) == {one.url for one in crowd}
    assert max(turns.values()) - min(turns.values()) <= 2
    assert len(late) == len(others)
    assert max(late.values()) <= TAKES.total_seconds()


async def test_a_start_with_everything_due_asks_each_host_once_and_all_hosts(store: Store, clock: FakeClock) -> None:
    hosts = [f"host-{number}" for number in range(6)]
    feeds = [spec(n * 100 + one, host=host) for n, host in enumerate(hosts) for one in range(30)]
    await store.sync_feeds(feeds, clock.now())
    clock.advance(24 * 3600)
    claimed = await store.claim_due_feeds(clock.now(), limit=20)
    claimed += await store.claim_due_feeds(clock.now(), limit=20)
    claimed += await store.claim_due_feeds(clock.now(), limit=20)
    assert Counter(feed.spec.url.split("/")[2] for feed in claimed) == {f"{host}.example": 1 for host in hosts}
