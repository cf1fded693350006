"""The store behind a real PgBouncer that pools transactions: more tasks than connections, each on any of them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from core.model import FeedSpec, Target
from storage.store import Store
from tests.fake_chat import TOPICS, Newsroom
from tests.fake_clock import FakeClock
from tests.pgbouncer import find_pgbouncer, running_pgbouncer

pytestmark = pytest.mark.skipif(find_pgbouncer() is None, reason="pgbouncer is not installed")

TASKS = 24
ROUNDS = 8


async def test_many_at_once(postgres_url: str, clock: FakeClock) -> None:
    with running_pgbouncer(postgres_url, connections=2) as url:
        stores = [Store(url, clock=clock) for _ in range(3)]
        for store in stores:
            await store.open()
        specs = [FeedSpec(f"Feed {number}", f"https://host{number}.example/feed") for number in range(TASKS * ROUNDS)]
        await stores[0].sync_feeds(specs, clock.now())
        claimed: list[int] = []

        async def work(number: int) -> int:
            store, seen = stores[number % len(stores)], 0
            for one in range(ROUNDS):
                claimed.extend(feed.id for feed in await store.claim_due_feeds(clock.now(), limit=1))
                seen += await store.first_sight("telegram", f"{number} {one}", clock.now())
                await store.take_lease(f"lease {number}", "me", clock.now(), ttl=timedelta(seconds=20))
                await store.get_status()
                assert await store.read_clock() is not None
            return seen

        assert sum(await asyncio.gather(*(work(number) for number in range(TASKS)))) == TASKS * ROUNDS
        assert len(claimed) == len(set(claimed)) == TASKS * ROUNDS
        for store in stores:
            await store.close()


async def test_an_alert_and_its_lane(postgres_url: str, clock: FakeClock) -> None:
    with running_pgbouncer(postgres_url, connections=1) as url:
        store = Store(url, clock=clock)
        await store.open()
        await store.sync_feeds([FeedSpec("one", "https://a.example/feed")], clock.now())
        await store.sync_subscriptions({Target("telegram", "1"): tuple(TOPICS)}, clock.now())
        await Newsroom(store, clock).report("Fourteen prisoners freed in Belarus")
        (lane,) = await store.claim_lanes(
            clock.now(), platforms=["telegram"], limit=5, per_lane=5, lease=timedelta(minutes=3)
        )
        assert await store.mark_sent(lane, lane.items[0], "m1", 1, clock.now())
        await store.release_lane(lane)
        assert not await store.reconcile(clock.now())
        await store.close()
