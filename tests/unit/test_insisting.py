"""A database that is away for a moment costs no note of what was shown, and no retry_after."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.away import Away
from bot.insisting import PAUSES, insisting
from core.errors import StoreError
from core.model import Lane, Target
from storage.store import Store
from tests.fake_clock import FakeClock

LANE = Lane(1, Target("telegram", "1"), 1, ())


class AwayStore(Store):
    """Fails its first `failures` calls."""

    def __init__(self, failures: int, clock: FakeClock) -> None:
        super().__init__("sqlite+aiosqlite:///unused.db", clock=clock)
        self.failures = failures
        self.calls = 0

    async def block_lane(self, lane: Lane, until: object) -> bool:
        self._fail()
        return True

    async def release_lane(self, lane: Lane) -> None:
        self._fail()

    def _fail(self) -> None:
        self.calls += 1
        if self.calls <= self.failures:
            raise StoreError("The server is restarting.")


async def test_a_note_is_written_when_the_database_is_back(clock: FakeClock) -> None:
    store, began = AwayStore(4, clock), clock.now()
    assert await insisting(store, clock, Away()).block_lane(LANE, clock.now())
    assert store.calls == 5
    assert clock.now() - began == timedelta(seconds=sum(PAUSES[:4]))


async def test_a_database_that_stays_away_is_told(clock: FakeClock) -> None:
    store = AwayStore(100, clock)
    with pytest.raises(StoreError, match="restarting"):
        await insisting(store, clock, Away()).block_lane(LANE, clock.now())
    assert store.calls == len(PAUSES) + 1


async def test_what_is_no_note_is_asked_once(clock: FakeClock) -> None:
    store = AwayStore(1, clock)
    with pytest.raises(StoreError):
        await insisting(store, clock, Away()).release_lane(LANE)
    assert store.calls == 1
