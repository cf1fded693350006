"""What a chat was asked about: kept for that chat, for a day, until it is used or the chat erased."""

from __future__ import annotations

from dataclasses import replace

from core.proposing import KEEP_PROPOSALS
from storage.proposals import KEEP, MOST_BYTES
from storage.retention import Pruned
from storage.store import Store
from tests.contract.store_steps import CHAT, OTHER, RETENTION, TEAM, TOPICS, counts
from tests.fake_clock import FakeClock

LINE = "мінск AND (potash OR belavia)".encode()


async def test_found_in_its_chat_and_by_any_process(store: Store, database_url: str, clock: FakeClock) -> None:
    mark = await store.keep_proposal(CHAT, LINE, clock.now())
    assert len(mark) == 11
    assert mark[0] == "#"
    assert await store.keep_proposal(CHAT, LINE, clock.now()) == mark
    another = Store(database_url, clock=clock)
    await another.open()
    try:
        assert await another.find_proposal(replace(CHAT, thread="7"), mark, clock.now()) == LINE
    finally:
        await another.close()
    for target, wrong in ((OTHER, mark), (replace(CHAT, platform="slack"), mark), (CHAT, "#0"), (CHAT, "")):
        assert await store.find_proposal(target, wrong, clock.now()) is None
    assert await counts(database_url) == {"proposals": 1}, "a chat that only asks gets no other row"


async def test_bytes_come_back_as_they_were(store: Store, clock: FakeClock) -> None:
    for body in (b"", b"\x00\xff\xfe", bytes(range(256)) * 4096):
        mark = await store.keep_proposal(CHAT, body, clock.now())
        assert await store.find_proposal(CHAT, mark, clock.now()) == body


async def test_gone_when_used_and_with_the_chat(store: Store, database_url: str, clock: FakeClock) -> None:
    mark = await store.keep_proposal(CHAT, LINE, clock.now())
    theirs = await store.keep_proposal(TEAM, LINE, clock.now())
    await store.drop_proposal(CHAT, mark)
    await store.drop_proposal(CHAT, mark)
    assert await store.find_proposal(CHAT, mark, clock.now()) is None
    await store.keep_proposal(CHAT, LINE, clock.now())
    assert not await store.unsubscribe(CHAT), "there was no subscription"
    assert await store.find_proposal(TEAM, theirs, clock.now()) == LINE
    await store.subscribe(TEAM, TOPICS, clock.now())
    assert await store.unsubscribe(TEAM)
    assert await counts(database_url) == {}


async def test_a_day_later_it_is_not_found_and_then_deleted(store: Store, database_url: str, clock: FakeClock) -> None:
    mark = await store.keep_proposal(CHAT, LINE, clock.now())
    clock.advance(KEEP_PROPOSALS.total_seconds())
    assert await store.find_proposal(CHAT, mark, clock.now()) == LINE
    clock.advance(1)
    assert await store.find_proposal(CHAT, mark, clock.now()) is None
    young = await store.keep_proposal(CHAT, b"young", clock.now())
    assert await store.prune(clock.now(), **RETENTION) == Pruned(proposals=1)
    assert await counts(database_url) == {"proposals": 1}
    assert await store.find_proposal(CHAT, young, clock.now()) == b"young"


async def test_of_one_chat_the_newest_are_kept(store: Store, database_url: str, clock: FakeClock) -> None:
    marks = []
    for number in range(KEEP + 3):
        marks.append(await store.keep_proposal(CHAT, str(number).encode(), clock.now()))
        clock.advance(1)
    there = [await store.find_proposal(CHAT, mark, clock.now()) is not None for mark in marks]
    assert there == [False] * 3 + [True] * KEEP
    large = await store.keep_proposal(CHAT, b"x" * MOST_BYTES, clock.now())
    clock.advance(1)
    larger = await store.keep_proposal(CHAT, b"y" * (MOST_BYTES + 1), clock.now())
    assert await store.find_proposal(CHAT, large, clock.now()) is not None
    assert await store.find_proposal(CHAT, larger, clock.now()) is not None
    assert await counts(database_url) == {"proposals": 2}, "small ones went with the megabyte"


async def test_a_chat_that_moves_takes_them_along(store: Store, database_url: str, clock: FakeClock) -> None:
    mark = await store.keep_proposal(CHAT, LINE, clock.now())
    both = await store.keep_proposal(CHAT, b"both", clock.now())
    await store.keep_proposal(OTHER, b"both", clock.now())
    await store.move_target(CHAT, OTHER)
    assert await store.find_proposal(CHAT, mark, clock.now()) is None
    assert await store.find_proposal(OTHER, mark, clock.now()) == LINE
    assert await store.find_proposal(OTHER, both, clock.now()) == b"both"
    await store.move_target(OTHER, OTHER)
    assert await counts(database_url) == {"proposals": 2}
