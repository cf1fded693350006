"""Years of work in a second: what is stored stops growing, and nothing in it contradicts the rest."""

from __future__ import annotations

from datetime import timedelta

from storage.retention import KEEP_PER_FEED
from storage.store import Store
from tests.contract.store_steps import (
    CHAT,
    OTHER,
    RETENTION,
    TEAM,
    TOPICS,
    added_story,
    claimed_feed,
    counts,
    ended,
    entry,
    joined_story,
    new,
    shown,
)
from tests.fake_clock import FakeClock

MONTH = 30 * 24 * 3600
QUIET = 44  # entries a month that are about nothing here; one more opens a story, and a later report joins it
KEPT_MONTHS, KNOWN_MONTHS = 3, 25  # as many as lie within RETENTION, rounded up


async def a_month(store: Store, clock: FakeClock, month: int) -> None:
    """A story that is told, grows and is edited; other news; housekeeping."""
    story, _ = await added_story(store, clock.now(), number=month * 100)
    await shown(store, clock.now())
    await joined_story(store, story, clock.now(), number=month * 100 + 1)
    clock.advance(60)
    await shown(store, clock.now())
    feed = await claimed_feed(store, clock.now())
    async with store.transaction() as transaction:
        news = [new(entry(month * 100 + 2 + number)) for number in range(QUIET)]
        await transaction.add_entries(feed, news, clock.now())
        await transaction.finish_poll(feed, ended(feed, clock.now(), after=timedelta(0)))
    await store.first_sight("telegram", str(month), clock.now())
    clock.advance(MONTH - 60)
    await store.prune(clock.now(), **RETENTION)


async def test_two_and_a_half_years(store: Store, database_url: str, clock: FakeClock) -> None:
    for chat in (CHAT, TEAM):
        await store.subscribe(chat, TOPICS, clock.now())
    clock.advance(1)
    for month in range(1, 31):
        await a_month(store, clock, month)
        if month == 14:
            await store.unsubscribe(TEAM)
            await store.subscribe(OTHER, TOPICS, clock.now())
            clock.advance(1)
        if month % 10 == 0:
            assert await store.reconcile(clock.now()) == (), f"in month {month}"
    left = await counts(database_url)
    assert left["entries"] <= (QUIET + 1) * KEPT_MONTHS
    assert left["outbox"] <= 2 * KEPT_MONTHS
    assert KEPT_MONTHS < left["stories"] <= KNOWN_MONTHS
    assert KEEP_PER_FEED < left["identities"] <= (QUIET + 1) * KNOWN_MONTHS
    assert left.get("updates", 0) <= 1
    assert (await store.get_status()).entries == 30 * (QUIET + 1), "totals count what was ever stored"
    first = entry(2 * 100 + 2)
    assert await store.find_known(1, [first]) == set(), "known for two years, then new again"
