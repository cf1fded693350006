"""What polls ask at the same time is asked together; nobody waits for company that will not come."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from feeds.gathering import Gathering, Traffic

FOR_EVER = 3600.0


class Doubler:
    """Answers numbers by their doubles, refuses odd ones, and remembers which came together."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    async def work(self, jobs: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(jobs))
        if 0 in jobs:
            raise RuntimeError("the work failed")
        return [ValueError(str(job)) if job % 2 else 2 * job for job in jobs]


@contextmanager
def poll_of(traffic: Traffic) -> Iterator[None]:
    traffic.begin()
    try:
        yield
    finally:
        traffic.rest()


def gathering(doubler: Doubler, traffic: Traffic) -> Gathering[int, int]:
    return Gathering(doubler.work, traffic, FOR_EVER)


async def test_one_alone_does_not_wait() -> None:
    doubler, traffic = Doubler(), Traffic()
    with poll_of(traffic):
        assert await gathering(doubler, traffic).ask(4) == 8
    assert doubler.batches == [[4]]


async def test_all_that_are_at_work_are_waited_for_and_answered_each() -> None:
    doubler, traffic = Doubler(), Traffic()
    asked = gathering(doubler, traffic)
    steps = {number: asyncio.Event() for number in (2, 3, 6)}

    async def poll(number: int) -> int:
        with poll_of(traffic):
            await steps[number].wait()
            return await asked.ask(number)

    polls = [asyncio.create_task(poll(number)) for number in steps]
    for number, step in steps.items():
        await asyncio.sleep(0)
        assert doubler.batches == [], number
        step.set()
    results = await asyncio.gather(*polls, return_exceptions=True)
    assert [results[0], str(results[1]), results[2]] == [4, "3", 12]
    assert doubler.batches == [[2, 3, 6]]


async def test_a_poll_that_ends_otherwise_holds_up_nobody() -> None:
    doubler, traffic = Doubler(), Traffic()
    asked = gathering(doubler, traffic)
    goes = asyncio.Event()

    async def fails() -> None:
        with poll_of(traffic):
            await goes.wait()
            raise ZeroDivisionError

    async def asks() -> int:
        with poll_of(traffic):
            return await asked.ask(2)

    failing, asking = asyncio.create_task(fails()), asyncio.create_task(asks())
    await asyncio.sleep(0)
    goes.set()
    assert await asking == 4
    with pytest.raises(ZeroDivisionError):
        await failing


async def test_work_that_fails_is_told_to_all_and_who_has_gone_is_left_alone() -> None:
    doubler, traffic = Doubler(), Traffic()
    asked = gathering(doubler, traffic)
    asking = [asyncio.ensure_future(asked.ask(number)) for number in (0, 2, 4)]
    await asyncio.sleep(0)
    asking[1].cancel()
    results = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(result) for result in results] == [RuntimeError, asyncio.CancelledError, RuntimeError]
    assert doubler.batches == [[0, 2, 4]]
    assert await asked.ask(6) == 12


async def test_finishing_asks_at_once() -> None:
    doubler, traffic = Doubler(), Traffic()
    asked = gathering(doubler, traffic)
    with poll_of(traffic):  # somebody stays at work
        asking = asyncio.ensure_future(asked.ask(2))
        await asyncio.sleep(0)
        await asked.finish()
        assert await asking == 4
    await asked.finish()
    assert doubler.batches == [[2]]


async def test_nobody_waits_for_long() -> None:
    doubler, traffic = Doubler(), Traffic()
    asked: Gathering[int, int] = Gathering(doubler.work, traffic, 0.001)
    with poll_of(traffic), poll_of(traffic):
        assert await asked.ask(2) == 4
