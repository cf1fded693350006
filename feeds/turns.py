"""One request at a time to a host, and a pause between two: whoever asks, polls, second looks and searches alike."""

from __future__ import annotations

import asyncio

from core.ports import Clock

# What a service asks for beyond `pause`, in seconds: https://blog.gdeltproject.org/gdelt-doc-2-0-api-debuts/
_OWN_PAUSES = {"api.gdeltproject.org": 5.0}
_REMEMBERED = 5_000


def pause_of(host: str, pause: float) -> float:
    """Seconds between two requests to a host: `pause`, or what the service asks for."""
    return max(pause, _OWN_PAUSES.get(host, 0.0))


class Turns:
    """Gives hosts out in the order of asking. Counts for this process; a feed's lease keeps other processes away."""

    def __init__(self, clock: Clock, pause: float) -> None:
        self._clock = clock
        self._pause = pause
        self._queues: dict[str, list[asyncio.Future[None]]] = {}
        self._ended: dict[str, float] = {}

    async def take(self, host: str, *, spaced: bool = True) -> None:
        """Wait until nobody else asks this host, and, if `spaced`, until the pause after the last request is over."""
        queue = self._queues.get(host)
        if queue is None:
            self._queues[host] = []
        else:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            queue.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if not turn.cancelled():  # it was given the turn, and passes it on
                    self._next(host)
                elif turn in queue:
                    queue.remove(turn)
                raise
        if spaced and host in self._ended:
            await self._rest(host)

    async def _rest(self, host: str) -> None:
        pause = pause_of(host, self._pause)
        wait = self._ended[host] + pause - self._clock.now().timestamp()
        try:
            if 0 < wait <= pause:  # a clock that was set back makes nobody wait for long
                await self._clock.sleep(wait)
        except asyncio.CancelledError:
            self._next(host)
            raise

    def give(self, host: str) -> None:
        """The request has ended; the next in line goes on."""
        self._ended.pop(host, None)
        self._ended[host] = self._clock.now().timestamp()
        if len(self._ended) > _REMEMBERED:
            del self._ended[next(iter(self._ended))]
        self._next(host)

    def _next(self, host: str) -> None:
        queue = self._queues[host]
        while queue:
            turn = queue.pop(0)
            if not turn.done():
                turn.set_result(None)
                return
        del self._queues[host]
