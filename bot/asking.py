"""How much one person may ask for. In memory alone, under a hash whose key dies with the process, for a minute."""

from __future__ import annotations

import secrets
from hashlib import blake2b
from math import ceil

from bot.pacing import Rate, Windows
from core.model import Actor
from core.ports import Clock

ACTOR_RATE = Rate(20, 60)
_MOST_WARNED = 10_000


class ActorLimit:
    """Counts what each actor asks; of actors, only the count is held."""

    def __init__(self, clock: Clock, rate: Rate = ACTOR_RATE) -> None:
        self._clock = clock
        self._rate = rate
        self._windows = Windows()
        self._warned: set[bytes] = set()
        self._salt = secrets.token_bytes(16)

    def spend(self, actor: Actor) -> tuple[int, bool]:
        """Count one request: (seconds to wait or 0, whether the actor was told so before)."""
        now = self._clock.now()
        key = blake2b(str(actor).encode(), key=self._salt, digest_size=8).digest()
        window = self._windows.get(key, self._rate, now)
        free_at = window.next_at(now)
        if free_at == now:
            window.spend(now)
            self._warned.discard(key)
            return 0, False
        told = key in self._warned
        if len(self._warned) >= _MOST_WARNED:
            self._warned.clear()
        self._warned.add(key)
        return ceil((free_at - now).total_seconds()), told
