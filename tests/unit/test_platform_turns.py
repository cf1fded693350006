"""Lanes that wait together ask the store once, get their turns in order, and hear of holds and faults."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from bot.pacing import Pacer
from bot.turns import PlatformTurns
from core import replicas
from core.errors import StoreError
from core.model import Target
from tests.fake_clock import FakeClock

CHATS = [Target("telegram", str(number)) for number in range(1, 41)]


class Book:
    """A store that gives turns by a plan: `given` at most a call."""

    def __init__(self, given: int = 4) -> None:
        self.asked: list[int] = []
        self.given = given
        self.turns: list[datetime] = []
        self.held_until: datetime | None = None
        self.broken = False
        self._next: datetime | None = None

    async def take_turns(self, platform: str, now: datetime, *, count: int, apart: timedelta) -> replicas.Turns:
        await asyncio.sleep(0)
        self.asked.append(count)
        if self.broken:
            raise StoreError("disk full")
        if self.held_until is not None:
            return replicas.Turns((), self.held_until, self.held_until)
        start = max(now, self._next or now)
        given = min(count, self.given)
        self._next = start + given * apart
        turns = tuple(start + place * apart for place in range(given))
        self.turns += turns
        return replicas.Turns(turns, self._next)

    async def hold_platform(self, platform: str, until: datetime) -> None:
        self.held_until = until


async def test_many_lanes_ask_together_and_go_apart(clock: FakeClock) -> None:
    book, went = Book(), list[datetime]()
    turns = PlatformTurns(book, clock, Pacer())
    later = clock.now() + timedelta(minutes=1)

    async def go(target: Target) -> None:
        assert await turns.take(target, later)
        went.append(clock.now())

    await asyncio.gather(*map(go, CHATS))
    assert book.asked == list(range(40, 0, -4))
    assert went == sorted(went)
    assert all(at >= turn for at, turn in zip(went, book.turns, strict=True))
    assert book.turns[30] - book.turns[0] >= timedelta(seconds=1)


async def test_a_hold_is_passed_on_to_the_pacer(clock: FakeClock) -> None:
    book, pacer = Book(), Pacer()
    book.held_until = clock.now() + timedelta(seconds=20)
    turns = PlatformTurns(book, clock, pacer)
    later = clock.now() + timedelta(minutes=1)
    assert await asyncio.gather(*(turns.take(target, later) for target in CHATS[:3])) == [False] * 3
    assert pacer.next_at(clock.now(), CHATS[7]) == book.held_until


async def test_too_late_is_no_turn(clock: FakeClock) -> None:
    assert not await PlatformTurns(Book(), clock, Pacer()).take(CHATS[0], clock.now())


async def test_a_failing_store_is_told_to_all_and_asked_again(clock: FakeClock) -> None:
    book = Book()
    book.broken = True
    turns = PlatformTurns(book, clock, Pacer())
    later = clock.now() + timedelta(minutes=1)
    found = await asyncio.gather(*(turns.take(target, later) for target in CHATS[:3]), return_exceptions=True)
    assert [str(error) for error in found] == ["disk full"] * 3
    book.broken = False
    assert await turns.take(CHATS[0], later)


async def test_who_gives_up_takes_no_turn_of_others(clock: FakeClock) -> None:
    book = Book(given=1)
    turns = PlatformTurns(book, clock, Pacer())
    later = clock.now() + timedelta(minutes=1)
    tasks = [asyncio.create_task(turns.take(target, later)) for target in CHATS[:5]]
    await asyncio.sleep(0)
    for task in tasks[:4]:
        task.cancel()
    assert await tasks[4]
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]
    await turns.close()
