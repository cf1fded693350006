"""Who gets the next parser process: small bodies go first, and nobody is passed over for ever."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.lending import Lending
from feeds.options import FeedOptions
from feeds.parsing import ParseWorker


async def turn() -> None:
    """Let everybody who can go on go on."""
    for _ in range(5):
        await asyncio.sleep(0)


class Desk:
    """One thing that is lent; whoever has it is the last of `served` until `end` is called."""

    def __init__(self) -> None:
        self.lending = Lending(["the only one"])
        self.served: list[int] = []
        self.tasks: list[asyncio.Task[None]] = []
        self._ended = asyncio.Event()

    async def ask(self, size: int) -> int:
        number = len(self.tasks)
        self.tasks.append(asyncio.create_task(self._serve(number, size)))
        await turn()
        return number

    async def _serve(self, number: int, size: int) -> None:
        thing = await self.lending.take(size)
        self.served.append(number)
        try:
            await self._ended.wait()
        finally:
            self.lending.give(thing)

    async def end(self) -> None:
        """Whoever has the thing gives it back."""
        self._ended.set()
        self._ended = asyncio.Event()
        await turn()


async def test_a_small_body_overtakes_the_large_that_wait() -> None:
    desk = Desk()
    large = [await desk.ask(8_000_000) for _ in range(4)]
    small = await desk.ask(50_000)
    for _ in range(4):
        await desk.end()
    assert desk.served == [large[0], small, *large[1:]]


async def test_a_large_body_is_overtaken_by_its_own_size_and_no_more() -> None:
    desk = Desk()
    await desk.ask(1)
    large = await desk.ask(100)
    for _ in range(30):
        await desk.ask(10)
        await desk.end()
    assert desk.served.index(large) == 11


@given(st.lists(st.one_of(st.integers(0, 20), st.none()), max_size=60))
def test_all_are_served_and_nobody_is_overtaken_by_twice_the_own_size(steps: list[int | None]) -> None:
    """Steps are sizes of those that ask; None: somebody ends."""

    async def run() -> None:
        desk, sizes = Desk(), [size for size in steps if size is not None]
        for size in steps:
            await (desk.end() if size is None else desk.ask(size))
        for _ in sizes:
            await desk.end()
        assert sorted(desk.served) == list(range(len(sizes)))
        for place, number in enumerate(desk.served):
            overtakers = [sizes[other] for other in desk.served[:place] if other > number]
            assert sum(overtakers) < max(2 * sizes[number], 1)

    asyncio.run(run())


async def test_whoever_leaves_takes_nothing_along() -> None:
    desk = Desk()
    first, gone, last = [await desk.ask(1) for _ in range(3)]
    desk.tasks[gone].cancel()
    await desk.end()
    assert desk.served == [first, last]


async def test_whoever_leaves_when_it_was_lent_the_thing_passes_it_on() -> None:
    lending = Lending(["the only one"])
    thing = await lending.take(1)
    leaving, staying = (asyncio.create_task(lending.take(1)) for _ in range(2))
    await turn()
    lending.give(thing)
    leaving.cancel()
    assert await staying == thing
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_a_good_feed_waits_for_the_body_that_is_being_read_only() -> None:
    item = b"<item><title>A</title><link>https://host.example/%d</link></item>"
    large = b"<rss version='2.0'><channel>%b</channel></rss>" % b"".join(item % number for number in range(1_000))
    small = b"<rss version='2.0'><channel>%b</channel></rss>" % (item % 1)
    done: list[int] = []
    async with ParseWorker(FeedOptions(parse_workers=1)) as parser:

        async def read(body: bytes) -> None:
            await parser.parse("rss", body, url="https://host.example/feed")
            done.append(len(body))

        await asyncio.gather(*(read(body) for body in (large, large, large, small)))
    assert done == [len(large), len(small), len(large), len(large)]
