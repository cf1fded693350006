"""A replica goes by the database's clock, whatever its own says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.errors import StoreError
from storage.clock import ServerClock
from storage.store import Store
from tests.fake_chat import NOON


class Host:
    """A host whose clock is wrong and may jump, and whose ticks are right."""

    def __init__(self, wrong_by: float) -> None:
        self.ticks = 1000.0
        self.wrong_by = timedelta(seconds=wrong_by)
        self.delay = 0.0
        self.clock = ServerClock(self.wall, lambda: self.ticks)

    @property
    def true(self) -> datetime:
        return NOON + timedelta(seconds=self.ticks - 1000)

    def wall(self) -> datetime:
        return self.true + self.wrong_by

    async def read(self) -> datetime | None:
        self.ticks += self.delay / 2
        at = self.true
        self.ticks += self.delay / 2
        return at


async def test_the_servers_time_counts() -> None:
    host = Host(wrong_by=3600)
    assert host.clock.now() == NOON + timedelta(hours=1)
    assert await host.clock.follow(host.read) == timedelta(hours=1)
    host.ticks += 90
    assert host.clock.now() == host.true


async def test_a_jump_of_the_hosts_clock_changes_nothing() -> None:
    host = Host(wrong_by=0)
    await host.clock.follow(host.read)
    host.wrong_by = timedelta(days=-2)
    assert host.clock.now() == host.true
    assert await host.clock.follow(host.read) == timedelta(days=-2)


async def test_slow_answers_do_not_spoil_what_is_known() -> None:
    host = Host(wrong_by=0)
    host.delay = 3.0
    await host.clock.follow(host.read)
    assert abs(host.clock.now() - host.true) <= timedelta(seconds=1.5), "better than nothing"
    host.delay = 0.01
    await host.clock.follow(host.read)
    assert abs(host.clock.now() - host.true) <= timedelta(seconds=0.01)
    known = host.clock.now() - host.true
    host.delay = 3.0
    await host.clock.follow(host.read)
    assert host.clock.now() - host.true == known


async def test_without_an_answer_what_is_known_stays() -> None:
    host = Host(wrong_by=60)

    async def broken() -> datetime | None:
        raise StoreError("the server is restarting")

    async def none() -> datetime | None:
        return None

    with pytest.raises(StoreError):
        await host.clock.follow(broken)
    assert host.clock.now() == host.wall()
    assert await host.clock.follow(none) == timedelta(0)
    await host.clock.follow(host.read)
    with pytest.raises(StoreError):
        await host.clock.follow(broken)
    assert host.clock.now() == host.true


async def test_postgresql_tells_its_time_and_sqlite_has_none(postgres_url: str, sqlite_url: str) -> None:
    for url, known in ((postgres_url, True), (sqlite_url, False)):
        store = Store(url)
        await store.open()
        before = datetime.now(UTC)
        at = await store.read_clock()
        after = datetime.now(UTC)
        await store.close()
        assert (at is not None) == known
        if at is not None:
            assert before - timedelta(seconds=1) <= at <= after + timedelta(seconds=1)
