"""Brings every chat to what the outbox wants: claim lanes -> render -> send or edit -> mark. At least once, in order.

A lane is one chat; lanes run side by side, and within a lane nothing overtakes: what cannot be shown now stops its
lane until then. What the platform answers decides, by the kind of error:

    RetryLater       the chat (or the whole platform) gets nothing before retry_after has passed
    TargetMoved      the chat goes on under its new address
    TargetGone       its subscriptions are paused, what waited is dropped
    MessageMissing   sent anew instead of edited
    MessageRejected  once more in few plain words, then a dead letter
    OutcomeUnknown   shown perhaps: again later (`on_unknown = "retry"`, it may come twice) or left (`"skip"`)
    Unreachable      later, a little longer each time; when several chats fail in a row, the platform rests
    BadCredentials   the platform rests; the observer is told once
    anything else    logged, later; in plain words after 3 attempts, a dead letter after 8
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot import render
from bot.pacing import Pacer
from bot.texts import ENGLISH, Texts
from bot.watched import with_watched
from core.errors import (
    BadCredentials,
    DeliveryError,
    MessageMissing,
    MessageRejected,
    NotFound,
    OutcomeUnknown,
    RetryLater,
    TargetGone,
    TargetMoved,
    Unreachable,
)
from core.failpoints import reach
from core.message import Message
from core.model import Lane, OutboxItem, Story, Target
from core.ports import ChatPlatform, Clock, DeliveryStore, Observer

PLAIN_AFTER = 3
DEAD_AFTER = 8
_FIRST_WAIT = 5.0
_LONGEST_WAIT = timedelta(minutes=15)
_LONGEST_REST = timedelta(minutes=1)
_REFUSED_REST = timedelta(minutes=5)
_FAILING_CHATS = 3

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeliveryOptions:
    """`lanes` at once, `per_lane` alerts a claim, a `lease` for that; `send_within` bounds one call to a platform.

    A lane waits for its pace up to `longest_wait` before it gives its place to others; a tick waits up to `patience`
    seconds for slow lanes, which then go on beside the next ticks.
    """

    on_unknown: str = "retry"
    lanes: int = 50
    per_lane: int = 20
    lease: timedelta = timedelta(minutes=3)
    send_within: timedelta = timedelta(seconds=60)
    longest_wait: timedelta = timedelta(seconds=2)
    patience: float = 1.0


def _unobserved(event: str, /, **fields: Any) -> None:
    """Tell nobody."""


class _Unexpected(DeliveryError):
    """A platform raised what it should not."""


class Deliverer:
    """Tells its observer `alert` (platform, story, edited), `alert_dead` (platform, story, reason), `chat_gone`
    (platform, reason), `platform_rests` (platform, until, reason) and `credentials_refused` (platform, reason).
    """

    def __init__(
        self,
        store: DeliveryStore,
        platforms: Mapping[str, ChatPlatform],
        clock: Clock,
        options: DeliveryOptions = DeliveryOptions(),
        observe: Observer = _unobserved,
        *,
        topics: Mapping[str, str] | None = None,
        say: Texts = ENGLISH,
        pacer: Pacer | None = None,
    ) -> None:
        self._store = store
        self._platforms = platforms
        self._clock = clock
        self._options = options
        self._observe = observe
        self._topics = topics or {}
        self._say = say
        self._pacer = pacer or Pacer()
        self._running: dict[int, asyncio.Task[None]] = {}
        self._shown = 0
        self._draining = False
        self._failing: dict[str, set[int]] = {name: set() for name in platforms}
        self._rests: dict[str, int] = dict.fromkeys(platforms, 0)
        self._refused: set[str] = set()

    @property
    def busy(self) -> bool:
        """Whether lanes are under way."""
        return bool(self._running)

    async def tick(self) -> int:
        """Start what is due, give it `patience`; returns the number of alerts shown since the last tick."""
        started = await self._start_due()
        if not started and len(self._running) >= self._options.lanes:
            started = tuple(self._running.values())
        if started:
            await asyncio.wait(started, timeout=self._options.patience)
        shown, self._shown = self._shown, 0
        return shown

    async def deliver_due(self) -> int:
        """Show all that can be shown now, however long it takes; returns the number of alerts shown."""
        before = self._shown
        while started := await self._start_due() or tuple(self._running.values()):
            await asyncio.wait(started)
        shown, self._shown = self._shown - before, before
        return shown

    async def drain(self, deadline: float) -> None:
        """Begin nothing more; let what is being shown be marked, for up to `deadline` seconds, then give up."""
        self._draining = True
        running = tuple(self._running.values())
        if running:
            _, late = await asyncio.wait(running, timeout=deadline)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _start_due(self) -> tuple[asyncio.Task[None], ...]:
        now = self._clock.now()
        free = self._options.lanes - len(self._running)
        awake = [name for name in self._platforms if self._pacer.held_until(name, now) <= now]
        if self._draining or free <= 0 or not awake:
            return ()
        lanes = await self._store.claim_lanes(
            now, platforms=awake, limit=free, per_lane=self._options.per_lane, lease=self._options.lease
        )
        reach("delivery.claimed")
        started = []
        for lane in lanes:
            if lane.target_id not in self._running:
                task = asyncio.create_task(self._serve(lane, now + self._options.lease - self._options.send_within))
                self._running[lane.target_id] = task
                started.append(task)
        return tuple(started)

    async def _serve(self, lane: Lane, last_start: datetime) -> None:
        """Show a lane's alerts in order until one cannot be shown, then let the lane go."""
        try:
            for item in sorted(lane.items, key=lambda item: item.id):
                if not await self._deliver(lane, item, last_start):
                    break
        except Exception:
            _log.exception("Delivery to a chat stopped", extra={"platform": lane.target.platform})
            with self._logged(lane):
                await self._store.block_lane(lane, self._clock.now() + timedelta(seconds=_FIRST_WAIT))
        finally:
            del self._running[lane.target_id]
            with self._logged(lane):
                await self._store.release_lane(lane)

    @contextmanager
    def _logged(self, lane: Lane) -> Iterator[None]:
        """Survive a failing store: the lease will end by itself."""
        try:
            yield
        except Exception:
            _log.exception("A chat stays leased until its lease ends", extra={"platform": lane.target.platform})

    async def _deliver(self, lane: Lane, item: OutboxItem, last_start: datetime) -> bool:
        """Show one alert; False when the lane must stop."""
        plain = item.attempts >= PLAIN_AFTER
        while True:
            try:
                story = await self._store.get_story(item.story_id)
            except NotFound as error:
                return await self._bury(lane, item, str(error))
            message = with_watched(self._message(story, plain=plain), item.watched, self._say)
            if not await self._wait_turn(lane, last_start):
                return False
            try:
                reference = await self._show(lane.target, item, message)
            except MessageMissing as error:
                if not item.message_ref:
                    return await self._bury(lane, item, str(error))
                if not await self._store.mark_missing(lane, item):
                    return False
                item = replace(item, sent=0, message_ref="")
            except MessageRejected as error:
                if plain:
                    return await self._bury(lane, item, str(error))
                plain = True
            except DeliveryError as error:
                return await self._put_off(lane, item, story, error)
            else:
                return await self._mark(lane, item, story, reference)

    async def _wait_turn(self, lane: Lane, last_start: datetime) -> bool:
        """Wait for the chat's next free moment; False when it lies too far ahead, or time is up."""
        while not self._draining:
            now = self._clock.now()
            if now >= last_start:
                return False
            at = self._pacer.take(now, lane.target)
            if at <= now:
                return True
            if at - now > self._options.longest_wait:
                await self._store.block_lane(lane, at)
                return False
            await self._clock.sleep((at - now).total_seconds())
        return False

    def _message(self, story: Story, *, plain: bool) -> Message:
        if not plain:
            try:
                return render.alert(story, self._topics, self._say)
            except Exception:
                _log.exception("A story could not be shown in full", extra={"story": story.id})
        return render.plain_alert(story, self._topics, self._say)

    async def _show(self, target: Target, item: OutboxItem, message: Message) -> str:
        """Send or edit; returns the message's reference. Raises DeliveryError only."""
        reach("delivery.rendered")
        platform = self._platforms[target.platform]
        limit = self._options.send_within.total_seconds()
        try:
            async with asyncio.timeout(limit):
                if not item.message_ref:
                    return await platform.send(target, message)
                await platform.edit(target, item.message_ref, message)
                return item.message_ref
        except TimeoutError:
            raise OutcomeUnknown(f"No answer within {limit:g} s.") from None
        except DeliveryError:
            raise
        except Exception as error:
            _log.exception("A chat platform failed unexpectedly", extra={"platform": target.platform})
            raise _Unexpected(f"{type(error).__name__} in the platform {target.platform}; see the log.") from error

    async def _mark(self, lane: Lane, item: OutboxItem, story: Story, reference: str) -> bool:
        reach("delivery.shown")
        self._is_well(lane.target.platform)
        self._shown += 1
        marked = await self._store.mark_sent(lane, item, reference, story.revision, self._clock.now())
        reach("delivery.marked")
        edited = bool(item.message_ref)
        self._observe("alert", platform=lane.target.platform, story=story.id, edited=edited)
        return marked

    async def _bury(self, lane: Lane, item: OutboxItem, reason: str) -> bool:
        self._observe("alert_dead", platform=lane.target.platform, story=item.story_id, reason=reason)
        return await self._store.mark_dead(lane, item, reason)

    async def _put_off(self, lane: Lane, item: OutboxItem, story: Story, error: DeliveryError) -> bool:
        """Do what the error asks for; True when the lane may go on with its next alert."""
        now = self._clock.now()
        match error:
            case RetryLater():
                await self._obey(lane, error, now)
            case TargetMoved() if error.moved_to != lane.target:
                await self._store.move_target(lane.target, error.moved_to, now)
            case TargetGone():
                self._observe("chat_gone", platform=lane.target.platform, reason=str(error))
                await self._store.retire_target(lane.target, str(error), now)
            case BadCredentials():
                self._refuse(lane.target.platform, error, now)
            case OutcomeUnknown() if self._options.on_unknown == "skip" and not item.message_ref:
                return await self._store.mark_sent(lane, item, "", story.revision, now)
            case _Unexpected() if item.attempts >= DEAD_AFTER:
                return await self._bury(lane, item, str(error))
            case _:
                await self._later(lane, item, error, now)
        return False

    async def _obey(self, lane: Lane, error: RetryLater, now: datetime) -> None:
        """Nothing before the time that the platform asked for, also after a restart."""
        until = now + timedelta(seconds=max(0.0, error.retry_after))
        if error.scope == "platform":
            self._rest(lane.target.platform, until, str(error))
        else:
            self._pacer.hold_chat(lane.target, until)
        await self._store.block_lane(lane, until)

    async def _later(self, lane: Lane, item: OutboxItem, error: DeliveryError, now: datetime) -> None:
        """Count the attempt; the whole lane waits, so that nothing overtakes the alert."""
        longest = _LONGEST_WAIT
        if isinstance(error, Unreachable):
            longest = _LONGEST_REST
            self._is_failing(lane, str(error), now)
        until = now + _backoff(item.attempts, longest)
        if await self._store.mark_later(lane, item, until, str(error)):
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

    def _is_well(self, platform: str) -> None:
        self._failing[platform].clear()
        self._rests[platform] = 0
        self._refused.discard(platform)

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
    return min(longest, timedelta(seconds=_FIRST_WAIT * 2 ** min(attempts, 16)))
