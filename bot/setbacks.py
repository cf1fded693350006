"""What becomes of a chat whose message could not be shown: wait, move, pause, or let the whole platform rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.pacing import Pacer
from core.errors import BadCredentials, DeliveryError, RetryLater, TargetGone, TargetMoved, Unreachable
from core.model import Lane, OutboxItem
from core.ports import DeliveryStore, Observer

FIRST_WAIT = 5.0
_LONGEST_WAIT = timedelta(minutes=15)
_LONGEST_REST = timedelta(minutes=1)
_REFUSED_REST = timedelta(minutes=5)
_FAILING_CHATS = 3


class Setbacks:
    """Does what an error asks for; `platforms` are the names of all."""

    def __init__(self, store: DeliveryStore, platforms: Iterable[str], pacer: Pacer, observe: Observer) -> None:
        self._store = store
        self._pacer = pacer
        self._observe = observe
        self._failing: dict[str, set[int]] = {name: set() for name in platforms}
        self._rests = dict.fromkeys(self._failing, 0)
        self._refused: set[str] = set()

    async def put_off(self, lane: Lane, items: Sequence[OutboxItem], error: DeliveryError, now: datetime) -> None:
        """Nothing of these items was shown; the lane must stop."""
        match error:
            case RetryLater():
                await self._obey(lane, error, now)
            case TargetMoved() if error.moved_to != lane.target:
                await self._store.move_target(lane.target, error.moved_to)
            case TargetGone():
                self._observe("chat_gone", platform=lane.target.platform, reason=str(error))
                await self._store.retire_target(lane.target, str(error))
            case BadCredentials():
                self._refuse(lane.target.platform, error, now)
            case _:
                await self._later(lane, items, error, now)

    def is_well(self, platform: str) -> None:
        """Something was shown there."""
        self._failing[platform].clear()
        self._rests[platform] = 0
        self._refused.discard(platform)

    async def _obey(self, lane: Lane, error: RetryLater, now: datetime) -> None:
        """Nothing before the time that the platform asked for, also after a restart."""
        until = now + timedelta(seconds=max(0.0, error.retry_after))
        if error.scope == "platform":
            self._rest(lane.target.platform, until, str(error))
            await self._store.hold_platform(lane.target.platform, until)
        else:
            self._pacer.hold_chat(lane.target, until)
        await self._store.block_lane(lane, until)

    async def _later(self, lane: Lane, items: Sequence[OutboxItem], error: DeliveryError, now: datetime) -> None:
        """Count the attempt; the whole lane waits, so that nothing overtakes the alert."""
        longest = _LONGEST_WAIT
        if isinstance(error, Unreachable):
            longest = _LONGEST_REST
            self._is_failing(lane, str(error), now)
        until = now + _backoff(min(item.attempts for item in items), longest)
        if all([await self._store.mark_later(lane, item, until, str(error)) for item in items]):
            await self._store.block_lane(lane, until)

    def _is_failing(self, lane: Lane, reason: str, now: datetime) -> None:
        platform = lane.target.platform
        if self._pacer.held_until(platform, now) > now:
            return
        self._failing[platform].add(lane.target_id)
        if len(self._failing[platform]) >= _FAILING_CHATS:
            self._rest(platform, now + _backoff(self._rests[platform], _LONGEST_REST), reason)
            self._rests[platform] += 1
            self._failing[platform].clear()

    def _refuse(self, platform: str, error: BadCredentials, now: datetime) -> None:
        if platform not in self._refused:
            self._refused.add(platform)
            self._observe("credentials_refused", platform=platform, reason=str(error))
        self._pacer.hold_platform(platform, now + _REFUSED_REST)

    def _rest(self, platform: str, until: datetime, reason: str) -> None:
        self._pacer.hold_platform(platform, until)
        self._observe("platform_rests", platform=platform, until=until, reason=reason)


def _backoff(attempts: int, longest: timedelta) -> timedelta:
    """5 s, 10 s, 20 s ... up to `longest`."""
    return min(longest, timedelta(seconds=FIRST_WAIT * 2 ** min(attempts, 16)))
