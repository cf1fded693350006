"""What several of these test modules begin with."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from storage.store import Store
from tests.delivering import Desk
from tests.fake_clock import FakeClock


@pytest.fixture
async def desk(sqlite_url: str, clock: FakeClock) -> AsyncIterator[Desk]:
    store = Store(sqlite_url, clock=clock)
    await store.open()
    yield Desk(store, clock)
    await store.close()
