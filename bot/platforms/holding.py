"""Chats that a platform asked to leave alone, until when, in this process: for alerts, answers and notices alike.

The outbox's lanes know the same for alerts, in the database (bot.setbacks). Answers and notices pass by no lane: a call
that shows something in a chat is made within `obeying`, whoever asks for it, so that a wait asked of one holds for all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from math import ceil
from typing import TypeVar

from bot.speech import Texts
from bot.texts import CHAT_HELD
from core.errors import RetryLater
from core.model import Target
from core.ports import Clock

T = TypeVar("T")

LONGEST_WAIT = 60.0  # seconds that an answer waits: whoever asked no longer looks after that
_MOST_HELD = 10_000
_ALL = ""

_Key = tuple[str, str]


class Holding:
    """`clock` must be the delivery's: what is held here is put off there by the same time.

    The threads of a chat share its hold. A wait that the platform asks for as a whole holds all of its chats.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[_Key, datetime] = {}
        self._same: dict[_Key, _Key] = {}

    def join(self, target: Target, other: Target) -> None:
        """Two addresses of one chat, as Slack has of a person: what is asked for one holds for both."""
        first, second = _key(target), _key(other)
        if first == second:
            return
        if len(self._same) >= _MOST_HELD:
            self._same.clear()
        self._same[first], self._same[second] = second, first

    def left(self, target: Target) -> float:
        """Seconds for which nothing may be shown in the chat; 0 when it is free."""
        return max(self._left(key) for key in (*self._keys(target), (target.platform, _ALL)))

    @contextmanager
    def obeying(self, target: Target) -> Iterator[None]:
        """Around a call that shows something in a chat. Raises RetryLater without calling while the chat is held."""
        whole = self._left((target.platform, _ALL))
        left = self.left(target)
        if left > 0:
            scope = "platform" if whole >= left else "chat"
            raise RetryLater(f"{target}: nothing may be shown for {ceil(left)} s more, as asked before.", left, scope)
        try:
            yield
        except RetryLater as error:
            self._hold(target, error)
            raise

    async def patiently(self, call: Callable[[], Awaitable[T]], longest: float = LONGEST_WAIT) -> T:
        """Make a call, again after each wait that it is asked for; raises RetryLater when that takes too long.

        Only its own task waits.
        """
        latest = self._clock.now() + timedelta(seconds=longest)
        while True:
            try:
                return await call()
            except RetryLater as error:
                wait = error.retry_after
                if self._clock.now() + timedelta(seconds=min(wait, 2 * longest)) > latest:
                    raise
            await self._clock.sleep(wait)

    async def free(self, target: Target) -> None:
        """Wait until something may be shown in the chat; raises RetryLater when that takes too long."""

        async def try_it() -> None:
            with self.obeying(target):
                return

        await self.patiently(try_it)

    def refusal(self, target: Target, say: Texts) -> str:
        """What is said where an answer cannot wait so long; "" where it can."""
        left = self.left(target)
        return say.say(CHAT_HELD, n=ceil(left / 60)) if left > LONGEST_WAIT else ""

    def _left(self, key: _Key) -> float:
        until = self._until.get(key)
        return max(0.0, (until - self._clock.now()).total_seconds()) if until is not None else 0.0

    def _keys(self, target: Target) -> tuple[_Key, ...]:
        key = _key(target)
        other = self._same.get(key)
        return (key,) if other is None else (key, other)

    def _hold(self, target: Target, error: RetryLater) -> None:
        now = self._clock.now()
        until = now + timedelta(seconds=min(max(0.0, error.retry_after), 1e9))
        if len(self._until) >= _MOST_HELD:
            lasting = sorted(((at, key) for key, at in self._until.items() if at > now), reverse=True)
            self._until = {key: at for at, key in lasting[: _MOST_HELD // 2]}
        for key in self._keys(target) if error.scope == "chat" else ((target.platform, _ALL),):
            self._until[key] = max(until, self._until.get(key, until))


def _key(target: Target) -> _Key:
    return (target.platform, target.chat)
