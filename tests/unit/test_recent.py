"""Stories that many chats are told of are read once, and never older than what is wanted."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import cast

import pytest

from bot.recent import RecentStories
from core.errors import NotFound
from core.model import Facts, Level, OutboxItem, Story
from core.ports import DeliveryStore
from tests.fake_chat import NOON
from tests.fake_clock import FakeClock


class Shelf:
    """Counts how often a story was read; reading takes a turn of the loop."""

    def __init__(self) -> None:
        self.stories = {n: Story(n, 1, Level.ALERT, (), Facts(), NOON, NOON, ()) for n in range(1, 200)}
        self.read: Counter[int] = Counter()

    async def get_story(self, story_id: int) -> Story:
        self.read[story_id] += 1
        await asyncio.sleep(0)
        if story_id not in self.stories:
            raise NotFound("gone")
        return self.stories[story_id]


def item(story_id: int = 1, wanted: int = 1) -> OutboxItem:
    return OutboxItem(1, 1, story_id, wanted, 0, "", 0, NOON)


async def test_a_story_for_many_chats_is_read_once() -> None:
    shelf, clock = Shelf(), FakeClock(NOON)
    recent = RecentStories(cast(DeliveryStore, shelf), clock)
    found = await asyncio.gather(*(recent.get(item()) for _ in range(50)))
    assert {story.id for story in found} == {1}
    assert shelf.read == {1: 1}
    clock.advance(1)
    await recent.get(item())
    assert shelf.read == {1: 2}, "a second later it may have changed"


async def test_what_is_wanted_is_never_shown_older() -> None:
    shelf = Shelf()
    recent = RecentStories(cast(DeliveryStore, shelf), FakeClock(NOON))
    await recent.get(item())
    shelf.stories[1] = replace(shelf.stories[1], revision=2)
    assert (await recent.get(item(wanted=1))).revision == 1
    assert (await recent.get(item(wanted=2))).revision == 2


async def test_a_story_that_is_gone_is_told_to_all_who_wait() -> None:
    shelf = Shelf()
    recent = RecentStories(cast(DeliveryStore, shelf), FakeClock(NOON))
    told = await asyncio.gather(*(recent.get(item(500)) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in told] == [NotFound] * 3
    with pytest.raises(NotFound):
        await recent.get(item(500))


async def test_few_stories_are_kept() -> None:
    shelf = Shelf()
    recent = RecentStories(cast(DeliveryStore, shelf), FakeClock(NOON))
    for number in range(1, 200):
        await recent.get(item(number))
    assert len(recent._read) <= 50
    assert recent._reading == {}
