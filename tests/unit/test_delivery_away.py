"""A database that is locked or lost while chats are in flight: one line when it begins, one when it is over."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import AsyncIterator

import pytest

from core import failpoints
from core.errors import StoreError
from core.model import Target
from storage.store import Store
from tests.delivering import Desk
from tests.fake_clock import FakeClock

CHATS = [Target("telegram", str(number)) for number in range(101, 107)]


@pytest.fixture
async def hasty(sqlite_url: str, clock: FakeClock) -> AsyncIterator[Desk]:
    """A desk whose database gives up soon when it is locked."""
    store = Store(sqlite_url, clock=clock, busy_timeout=0.01)
    await store.open()
    desk = Desk(store, clock)
    await desk.subscribe(*CHATS)
    yield desk
    await store.close()


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    ours = [record for record in caplog.records if record.name.startswith("bot")]
    assert [record.message for record in ours if record.exc_info] == [], "no traceback"
    return [record.message.partition(":")[0] for record in ours]


async def test_a_locked_database_is_told_once_and_deliveries_go_on(
    hasty: Desk, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    other = sqlite3.connect(sqlite_url.partition("///")[2], isolation_level=None)

    def lock(step: str) -> None:
        if step == "delivery.shown" and not other.in_transaction:
            other.execute("BEGIN IMMEDIATE")

    for _ in range(2):  # what is over and begins again is said again
        caplog.clear()
        await hasty.news.report("freed")
        with monkeypatch.context() as patched:
            patched.setattr(failpoints, "hook", lock)
            await hasty.deliverer.deliver_due()
        assert lines(caplog) == ["Deliveries wait for the database"]
        other.rollback()
        hasty.clock.advance(200)  # the leases are over
        assert await hasty.deliverer.deliver_due() > 0
        assert lines(caplog) == ["Deliveries wait for the database", "The database is back, deliveries go on"]
    other.close()
    assert all(set(hasty.titles(chat)) == {"freed"} for chat in CHATS)
    assert (await hasty.store.get_status()).outbox_waiting == 0


async def test_a_database_that_cannot_be_read_is_told_once(
    hasty: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    await hasty.news.report("freed")

    async def lost(*_: object, **__: object) -> None:
        raise StoreError("Database postgresql: the connection was lost.")

    with monkeypatch.context() as patched:
        for name in ("get_story", "take_turns", "block_lane", "release_lane"):
            patched.setattr(hasty.store, name, lost)
        assert await hasty.deliverer.deliver_due() == 0
    assert lines(caplog) == ["Deliveries wait for the database"]
    hasty.clock.advance(200)
    assert await hasty.deliverer.deliver_due() == len(CHATS)
    assert lines(caplog)[1:] == ["The database is back, deliveries go on"]


async def test_a_defect_keeps_its_traceback(
    hasty: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await hasty.news.report("freed")

    async def broken(*_: object) -> None:
        raise RuntimeError("a defect")

    with monkeypatch.context() as patched:
        patched.setattr(hasty.store, "get_story", broken)
        await hasty.deliverer.deliver_due()
    assert sum(bool(record.exc_info) for record in caplog.records) == len(CHATS)
