"""One process leads at a time: killed, frozen, skewed or cut off from the database."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from core.errors import StoreError
from core.leadership import TTL, Leadership, this_process
from core.replicas import Lease
from storage.store import Store
from tests.fake_clock import FakeClock
from tests.patience import PATIENCE


class StillClock(FakeClock):
    """Sleeps for ever, so that only the test renews."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


@pytest.fixture
def still() -> StillClock:
    return StillClock()


def two(store: Store, clock: FakeClock) -> tuple[Leadership, Leadership]:
    return Leadership(store, clock, "telegram:1", owner="a"), Leadership(store, clock, "telegram:1", owner="b")


async def test_one_leads_and_the_other_follows_when_it_is_gone(store: Store, still: StillClock) -> None:
    a, b = two(store, still)
    assert await a.renew()
    assert not await b.renew()
    still.advance(TTL.total_seconds() - 1)
    assert not await b.renew()
    still.advance(1)
    assert await b.renew()
    assert not a.holds()
    assert not await a.renew()


async def test_an_orderly_end_lets_another_go_on_at_once(store: Store, still: StillClock) -> None:
    a, b = two(store, still)
    await a.renew()
    await a.keep_value("7")
    await a.release()
    assert await b.renew()
    assert b.value == "7"


async def test_who_was_frozen_writes_nothing_any_more(store: Store, still: StillClock) -> None:
    a, b = two(store, still)
    await a.renew()
    still.advance(TTL.total_seconds())
    await b.renew()
    assert await b.keep_value("9")
    assert not await a.keep_value("3")
    await a.release()  # takes nothing away from b
    assert await b.renew()
    assert b.value == "9"


async def test_half_the_time_without_renewal_ends_it(store: Store, still: StillClock) -> None:
    a, _ = two(store, still)
    await a.renew()
    still.advance(TTL.total_seconds() / 2 - 0.1)
    assert a.holds()
    still.advance(0.1)
    assert not a.holds()
    assert await a.renew(), "nobody took it, so it goes on"


async def test_epochs_rise_with_owners_only(store: Store, clock: FakeClock) -> None:
    first = await store.take_lease("x", "a", clock.now(), ttl=TTL)
    again = await store.take_lease("x", "a", clock.now(), ttl=TTL)
    clock.advance(TTL.total_seconds())
    other = await store.take_lease("x", "b", clock.now(), ttl=TTL)
    assert [lease.epoch for lease in (first, again, other) if lease] == [1, 1, 2]
    assert await store.take_lease("y", "a", clock.now(), ttl=TTL) == Lease("y", "a", 1)


async def test_of_many_who_ask_at_once_one_gets_it(database_url: str, clock: FakeClock) -> None:
    stores = [Store(database_url) for _ in range(3)]
    for store in stores:
        await store.open()
    asked = [
        store.take_lease("x", f"{place}-{number}", clock.now(), ttl=TTL)
        for place, store in enumerate(stores)
        for number in range(4)
    ]
    assert sum(lease is not None for lease in await asyncio.gather(*asked)) == 1
    for store in stores:
        await store.close()


class Flaky:
    """A LeaseStore that can fail, or not answer."""

    def __init__(self) -> None:
        self.fault = ""

    async def take_lease(self, name: str, owner: str, now: datetime, *, ttl: timedelta) -> Lease | None:
        if self.fault == "error":
            raise StoreError("the server is restarting")
        if self.fault == "silence":
            await asyncio.Event().wait()
        return Lease(name, owner, 1)

    async def keep_value(self, lease: Lease, value: str) -> bool:
        return True

    async def drop_lease(self, lease: Lease, now: datetime) -> None:
        raise StoreError("the server is restarting")


async def test_a_database_that_fails_for_a_moment_ends_nothing(still: StillClock) -> None:
    store = Flaky()
    lead = Leadership(store, still, "x", ttl=timedelta(seconds=0.3))
    await lead.renew()
    for fault in ("error", "silence"):
        store.fault = fault
        assert await lead.renew()
    still.advance(0.2)
    assert not await lead.renew()
    await lead.release()


async def test_work_ends_when_the_lease_does(still: StillClock) -> None:
    store = Flaky()
    lead = Leadership(store, still, "x", ttl=timedelta(seconds=0.06))
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    await lead.renew()
    doing = asyncio.create_task(lead.while_held(work()))
    await asyncio.sleep(0)
    still.advance(0.06)  # nobody renews; the time that was waited for is real
    await doing
    assert ended == ["cancelled"]
    assert not lead.holds()


async def test_work_that_ends_or_fails_by_itself_says_so(still: StillClock) -> None:
    lead = Leadership(Flaky(), still, "x")
    await lead.renew()

    async def work(fail: bool) -> int:
        if fail:
            raise KeyError("bug")
        return 7

    assert await lead.while_held(work(False)) == 7
    with pytest.raises(KeyError):
        await lead.while_held(work(True))
    assert lead.holds()


async def test_keeping_takes_it_and_begins_says_so(still: StillClock) -> None:
    lead = Leadership(Flaky(), still, "x")
    keeping = asyncio.create_task(lead.keep())
    await asyncio.wait_for(lead.begins(), PATIENCE)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


def test_a_forked_process_is_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    name = this_process()
    assert this_process() == name
    monkeypatch.setattr("os.getpid", lambda: 7)  # what a fork changes
    assert ":7:" in this_process()
    assert this_process() != name
