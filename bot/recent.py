"""Stories read a moment ago: a breaking one goes to many chats, and is read once a second instead of once a chat."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from core.model import OutboxItem, Story
from core.ports import Clock, DeliveryStore

FRESH = timedelta(seconds=1)
_MOST = 50


class RecentStories:
    """What is shown may be a second old, never older than the outbox wants: a later revision follows as an edit."""

    def __init__(self, store: DeliveryStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._read: dict[int, tuple[datetime, Story]] = {}
        self._reading: dict[int, asyncio.Lock] = {}

    async def get(self, item: OutboxItem) -> Story:
        """The story of an item; raises NotFound. Those who ask while it is read wait for that."""
        if (known := self._find(item)) is not None:
            return known
        lock = self._reading.setdefault(item.story_id, asyncio.Lock())
        try:
            async with lock:
                if (known := self._find(item)) is not None:
                    return known
                at, story = self._clock.now(), await self._store.get_story(item.story_id)
                self._keep(at, story)
                return story
        finally:
            if not lock.locked():
                self._reading.pop(item.story_id, None)

    def _find(self, item: OutboxItem) -> Story | None:
        known = self._read.get(item.story_id)
        if known is None or known[1].revision < item.wanted or self._clock.now() - known[0] >= FRESH:
            return None
        return known[1]

    def _keep(self, at: datetime, story: Story) -> None:
        if len(self._read) >= _MOST:
            self._read = {key: known for key, known in self._read.items() if at - known[0] < FRESH}
            if len(self._read) >= _MOST:
                self._read.clear()
        self._read[story.id] = at, story
