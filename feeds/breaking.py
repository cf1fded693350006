"""While a story is breaking, feeds are polled as often as they allow, and those that wait longer are called sooner."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.health import FeedBook

BREAKING = timedelta(hours=2)
LOOK_EVERY = timedelta(minutes=1)


class BreakingNews:
    """Asks the store, so that all processes know, and a restart does not forget. `now`: a story is breaking."""

    def __init__(self, store: FeedBook) -> None:
        self._store = store
        self._looked_at: datetime | None = None
        self._newest: datetime | None = None
        self.now = False

    def look_again(self) -> None:
        """Something has happened: the next `look` asks the store."""
        self._looked_at = None

    async def look(self, now: datetime) -> None:
        """Ask, once a minute at most, whether a story broke in the last two hours. Raises StoreError."""
        if self._looked_at is not None and now - self._looked_at < LOOK_EVERY:
            return
        newest = await self._store.find_newest_alert(now - BREAKING)
        if newest is not None and newest != self._newest:
            await self._store.hasten_feeds(now)
        self._looked_at, self._newest, self.now = now, newest, newest is not None
