"""The event loop stays free for the chats while feeds are polled: what is done between two of its turns, by count.

A task that does nothing but take its turn again counts them; what the program does of a kind in one turn is time in
which nobody else gets one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from core.model import Analysis
from storage import search
from storage.store import Store
from tests.contract.store_steps import ended, entry, new, spec
from tests.fake_clock import FakeClock
from tests.feed_server import feed_xml, reply
from tests.polling import polling

LONG = 0.005  # seconds; what takes as long has the turn to itself, on a quick machine as on a slow one


class Turns:
    """Counts what is done in each turn of the loop."""

    def __init__(self) -> None:
        self.taken = 0
        self.done: Counter[tuple[int, str]] = Counter()

    def most(self, kind: str) -> int:
        """The most that was done of a kind in one turn."""
        return max(count for (_, one), count in self.done.items() if one == kind)

    def counting(self, kind: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **given: Any) -> Any:
            self.done[self.taken, kind] += 1
            return call(*args, **given)

        return counted


@asynccontextmanager
async def turns() -> AsyncIterator[Turns]:
    counted = Turns()

    async def take() -> None:
        while True:
            counted.taken += 1
            await asyncio.sleep(0)

    taking = asyncio.create_task(take())
    await asyncio.sleep(0)
    try:
        yield counted
    finally:
        taking.cancel()


async def test_entries_that_take_long_to_match_are_matched_one_in_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    nothing = Analysis()

    def slowly(*_: object, **__: object) -> Analysis:
        began = loop.time()
        while loop.time() - began < LONG:
            pass
        return nothing

    async with polling() as rig, turns() as counted:
        later = feed_xml(*(f"News {number}" for number in range(12)))
        url = rig.server.on("/feed", reply(feed_xml("News 0")), reply(later))
        await rig.poll(url)
        monkeypatch.setattr(rig.matcher, "analyse", counted.counting("matched", slowly))
        assert (await rig.poll(url)).new == 11
    assert counted.most("matched") == 1


async def test_of_many_entries_some_fifty_are_made_rows_in_a_turn(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.sync_feeds([spec(number) for number in range(4)], clock.now())
    feeds = await store.claim_due_feeds(clock.now(), limit=4)
    brought = {feed.id: [new(entry(number)) for number in range(70)] for feed in feeds}
    async with turns() as counted:
        monkeypatch.setattr(search, "words_of", counted.counting("row", search.words_of))
        written = await store.record_polls([(feed, ended(feed, clock.now())) for feed in feeds], brought)
    assert set(written.values()) == {70}
    assert counted.most("row") <= 50
