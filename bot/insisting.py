"""What became of a message is written down even when the database is away for a moment.

A note that is lost would show the message twice, or let another process send before a chat's retry_after: so a note
that fails is tried again while the lane is leased. Each is written with the lane's epoch, so a late one does no harm.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bot.away import Away
from core.errors import StoreError
from core.ports import Clock, DeliveryStore

# Seconds between attempts: together longer than PostgreSQL takes to recover from a crash, far shorter than a lease.
PAUSES = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0)
_OF_ITEMS = ("mark_sent", "mark_all_sent", "mark_told", "mark_deferred", "mark_held", "mark_later", "mark_missing")
_NOTES = frozenset((*_OF_ITEMS, "mark_dead", "block_lane", "hold_platform", "move_target", "retire_target"))


class InsistingStore:
    """A DeliveryStore that passes all on to `store`, and repeats notes that fail with StoreError, as `away` is told."""

    def __init__(self, store: DeliveryStore, clock: Clock, away: Away) -> None:
        self._store = store
        self._clock = clock
        self._away = away

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if name not in _NOTES:
            return method

        async def insist(*args: Any, **kwargs: Any) -> Any:
            answer = await self._insist(method, args, kwargs)
            self._away.answered()
            return answer

        return insist

    async def _insist(self, method: Callable[..., Awaitable[Any]], args: Any, kwargs: Any) -> Any:
        for pause in PAUSES:
            try:
                return await method(*args, **kwargs)
            except StoreError as error:
                self._away.failed(error)
            await self._clock.sleep(pause)
        return await method(*args, **kwargs)


def insisting(store: DeliveryStore, clock: Clock, away: Away) -> DeliveryStore:
    """The same store, whose notes are tried again for some 15 seconds."""
    wrapped: Any = InsistingStore(store, clock, away)
    given: DeliveryStore = wrapped
    return given
