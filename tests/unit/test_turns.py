"""One request at a time to a host, in the order of asking, with a pause between two."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.turns import Turns
from tests.fake_clock import FakeClock
from tests.patience import PATIENCE


async def test_the_second_waits_for_the_first_and_then_for_the_pause(clock: FakeClock) -> None:
    turns, done = Turns(clock, 1.0), []

    async def ask(name: str) -> None:
        await turns.take("a.example")
        done.append((name, clock.now()))
        turns.give("a.example")

    await turns.take("a.example")
    tasks = [asyncio.create_task(ask(name)) for name in ("first", "second")]
    await asyncio.sleep(0)
    assert done == []
    await turns.take("b.example")  # another host has its own line
    turns.give("b.example")
    turns.give("a.example")
    await asyncio.gather(*tasks)
    assert [name for name, _ in done] == ["first", "second"]
    assert clock.slept == [1.0, 1.0]


async def test_a_host_that_rested_long_enough_is_asked_at_once(clock: FakeClock) -> None:
    turns = Turns(clock, 1.0)
    for spaced in (True, False, True):
        await turns.take("a.example", spaced=spaced)
        turns.give("a.example")
        clock.advance(0.4 if spaced else 2)
    assert clock.slept == []


async def test_gdelt_gets_the_five_seconds_that_it_asks_for(clock: FakeClock) -> None:
    turns = Turns(clock, 1.0)
    for _ in range(2):
        await turns.take("api.gdeltproject.org")
        turns.give("api.gdeltproject.org")
    assert clock.slept == [5.0]


async def test_one_who_gives_up_in_the_line_blocks_nobody(clock: FakeClock) -> None:
    turns = Turns(clock, 1.0)
    await turns.take("a.example")
    waiting = [asyncio.create_task(turns.take("a.example", spaced=False)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    turns.give("a.example")
    waiting[1].cancel()  # it has its turn, but has not run yet
    await asyncio.wait_for(waiting[2], PATIENCE)
    turns.give("a.example")
    await asyncio.wait_for(turns.take("a.example", spaced=False), PATIENCE)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.booleans(), st.integers(0, 3)), max_size=12))
def test_nobody_overlaps_and_nobody_is_forgotten(steps: list[tuple[str, bool, int]]) -> None:
    async def play() -> None:
        clock = FakeClock()
        turns = Turns(clock, 1.0)
        inside: list[str] = []
        ended: dict[str, list[float]] = {"a": [], "b": []}

        async def ask(host: str, length: int) -> None:
            await turns.take(host)
            try:
                assert host not in inside
                inside.append(host)
                ended[host].append(clock.now().timestamp())
                for _ in range(length):
                    await asyncio.sleep(0)
            finally:
                inside.remove(host)
                turns.give(host)

        tasks = [asyncio.create_task(ask(host, length)) for host, _, length in steps]
        for task, (_, cancelled, length) in zip(tasks, steps, strict=True):
            if cancelled:
                for _ in range(length):
                    await asyncio.sleep(0)
                task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(result is None or isinstance(result, asyncio.CancelledError) for result in results)
        for times in ended.values():
            assert all(late - early >= 1 for early, late in pairwise(times))
        for host in "ab":
            await asyncio.wait_for(turns.take(host), PATIENCE)

    asyncio.run(play())


@pytest.mark.parametrize("back", [-3600.0, -86400.0])
async def test_a_clock_that_is_set_back_makes_nobody_wait_for_long(clock: FakeClock, back: float) -> None:
    turns = Turns(clock, 1.0)
    await turns.take("a.example")
    turns.give("a.example")
    clock.advance(back)
    await turns.take("a.example")
    assert clock.slept == []
