"""Brings every chat to what the outbox wants: claim lanes -> render -> send or edit -> mark. At least once, in order.

A lane is one chat; lanes run side by side, and within a lane nothing overtakes: what cannot be shown now stops its
lane until then, but for what the chat itself wants later (bot.agenda): that stays in the outbox, and in its time comes
alone or in a digest, whose items are marked together. What the platform answers decides, by the kind of error:

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
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import agenda, timing
from bot.agenda import BURST, Alone, Due, KeepBack, PutOff, Settle, Step, Together
from bot.away import Away
from bot.changes import told_of
from bot.insisting import insisting
from bot.languages import TopicTitles
from bot.pacing import Pacer, Rate
from bot.recent import RecentStories
from bot.setbacks import FIRST_WAIT, Setbacks
from bot.telling import Teller, Unexpected
from bot.texts import ENGLISH, Texts
from bot.turns import PlatformTurns
from core.errors import DeliveryError, MessageMissing, MessageRejected, NotFound, OutcomeUnknown, StoreError
from core.failpoints import reach
from core.message import Message
from core.model import Lane, OutboxItem, Story, Target
from core.observing import unobserved
from core.ports import ChatPlatform, Clock, DeliveryStore, Observer

PLAIN_AFTER = 3
DEAD_AFTER = 8
_MOST_REMEMBERED = 10_000
_MOST_ENTRIES = 10  # of a story, in the log

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeliveryOptions:
    """`lanes` at once, `per_lane` alerts a claim, a `lease` for that; `send_within` bounds one call to a platform.

    A lane waits for its pace up to `longest_wait` before it gives its place to others; a tick waits up to `patience`
    seconds for slow lanes, which then go on beside the next ticks. More than `burst` new alerts become a summary,
    except on the platforms that `programs` read.
    """

    on_unknown: str = "retry"
    lanes: int = 50
    per_lane: int = 50
    lease: timedelta = timedelta(minutes=3)
    send_within: timedelta = timedelta(seconds=60)
    longest_wait: timedelta = timedelta(seconds=2)
    patience: float = 1.0
    burst: Rate = BURST
    programs: frozenset[str] = frozenset({"webhook"})


class Deliverer:
    """Tells its observer `alert` (platform, story, edited), `alert_reply` (platform, story), `digest` (platform,
    stories), `alert_dead` (platform, story, reason), `chat_gone` (platform, reason), `platform_rests` (platform, until,
    reason) and `credentials_refused` (platform, reason). What was shown is told with its `delivery` and `entries`.
    """

    def __init__(
        self,
        store: DeliveryStore,
        platforms: Mapping[str, ChatPlatform],
        clock: Clock,
        options: DeliveryOptions = DeliveryOptions(),
        observe: Observer = unobserved,
        *,
        titles: TopicTitles,
        say: Texts = ENGLISH,
        pacer: Pacer | None = None,
    ) -> None:
        self._away = Away()
        self._store = store = insisting(store, clock, self._away)
        self._stories = RecentStories(store, clock)
        self._platforms = platforms
        self._clock = clock
        self._options = options
        self._observe = observe
        self._titles = titles
        self._say = say
        self._pacer = pacer or Pacer()
        self._turns = PlatformTurns(store, clock, self._pacer)
        self._running: dict[int, asyncio.Task[None]] = {}
        self._shown = 0
        self._draining = False
        self._setbacks = Setbacks(store, platforms, self._pacer, observe)
        self._recent: dict[int, deque[datetime]] = {}
        self._odd: dict[int, int] = {}  # failures that may be the message's own, by row: those of an outage are not

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
        await self._turns.close()

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
            for step in await self._plan(lane):
                if not await self._take(lane, step, last_start):
                    break
        except Exception as error:
            if isinstance(error, StoreError):
                self._away.failed(error)
            else:
                _log.exception("Delivery to a chat stopped", extra={"platform": lane.target.platform})
            with self._logged(lane):
                await self._store.block_lane(lane, self._clock.now() + timedelta(seconds=FIRST_WAIT))
        finally:
            del self._running[lane.target_id]
            with self._logged(lane):
                await self._store.release_lane(lane)
                self._away.answered()

    @contextmanager
    def _logged(self, lane: Lane) -> Iterator[None]:
        """Survive a failing store: the lease will end by itself."""
        try:
            yield
        except StoreError as error:
            self._away.failed(error)
        except Exception:
            _log.exception("A chat stays leased until its lease ends", extra={"platform": lane.target.platform})

    # --- one lane ---------------------------------------------------------------------------------------------------

    async def _plan(self, lane: Lane) -> Sequence[Step]:
        """What to do with all that is due in a chat. Stories are read only where they decide."""
        now = self._clock.now()
        room, room_at = agenda.room_left(self._recent.get(lane.target_id, ()), now, self._options.burst)
        if lane.target.platform in self._options.programs:
            room = len(lane.items)
        due = []
        for item in sorted(lane.items, key=lambda item: item.id):
            if room and agenda.is_plain(item, lane.options):
                due.append(Due(item, None))
                continue
            try:
                due.append(Due(item, await self._stories.get(item)))
            except NotFound as error:
                await self._bury(lane, item, str(error))
        return agenda.plan(due, lane.options, now, room=room, room_at=room_at)

    async def _take(self, lane: Lane, step: Step, last_start: datetime) -> bool:
        """Do one step; False when the lane must stop."""
        match step:
            case Alone():
                return await self._alone(lane, step, last_start)
            case Together():
                return await self._together(lane, step, last_start)
            case PutOff():
                return await self._store.mark_deferred(lane, step.items, step.until, step.reason)
            case KeepBack():
                return await self._store.mark_held(lane, step.item, step.reason)
            case Settle():
                item = step.item
                return await self._store.mark_sent(lane, item, item.message_ref, item.wanted, self._clock.now())

    async def _alone(self, lane: Lane, step: Alone, last_start: datetime) -> bool:
        """Show one alert, or tell what changed in it and edit it; False when the lane must stop."""
        item = step.item
        plain = self._odd.get(item.id, 0) >= PLAIN_AFTER
        while True:
            try:
                story = timing.counted(await self._stories.get(item), lane.options)
            except NotFound as error:
                return await self._bury(lane, item, str(error))
            try:
                told = await self._reply(lane, item, story, last_start) if step.reply else item
                if told is None or not await self._wait_turn(lane, last_start):
                    return False
                item = told
                message = self._teller(lane).alert(item, story, plain=plain)
                reference = await self._show(lane.target, message, item.message_ref)
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

    async def _reply(self, lane: Lane, item: OutboxItem, story: Story, last_start: datetime) -> OutboxItem | None:
        """Say under the alert what changed, if anything; the item as it is then, or None when the lane must stop."""
        teller = self._teller(lane)
        news = teller.news(item, story) if item.message_ref else ()
        if not news:
            return item
        if not await self._wait_turn(lane, last_start):
            return None
        await self._show(lane.target, teller.reply(story, news), reply_to=item.message_ref)
        reach("delivery.shown")
        told = told_of(story, item.told)
        if not await self._store.mark_told(lane, item, told):
            return None
        reach("delivery.marked")
        self._observe("alert_reply", platform=lane.target.platform, story=story.id, **_way([(item, story)]))
        return replace(item, told=told)

    async def _together(self, lane: Lane, step: Together, last_start: datetime) -> bool:
        """Show a digest and mark all of it; one that is refused in every form is shown story by story."""
        stories: list[tuple[OutboxItem, Story]] = []
        for item in step.items:
            try:
                stories.append((item, timing.counted(await self._stories.get(item), lane.options)))
            except NotFound as error:
                await self._bury(lane, item, str(error))
        for message in self._teller(lane).digests(stories, many=step.many):
            if not await self._wait_turn(lane, last_start):
                return False
            try:
                await self._show(lane.target, message)
            except (MessageRejected, Unexpected):
                continue
            except DeliveryError as error:
                if not self._is_skipped(error):
                    await self._setbacks.put_off(lane, step.items, error, self._clock.now())
                    return False
            return await self._mark_all(lane, stories)
        for item, _ in stories:
            if not await self._alone(lane, Alone(item), last_start):
                return False
        return True

    async def _mark_all(self, lane: Lane, stories: Sequence[tuple[OutboxItem, Story]]) -> bool:
        reach("delivery.shown")
        self._count(lane)
        rows = [(item, story.revision, told_of(story, item.told)) for item, story in stories]
        marked = await self._store.mark_all_sent(lane, rows, self._clock.now())
        reach("delivery.marked")
        self._observe("digest", platform=lane.target.platform, stories=len(rows), **_way(stories))
        return marked

    def _count(self, lane: Lane, *, new: bool = True) -> None:
        """One message more was shown; new ones count towards a burst."""
        self._setbacks.is_well(lane.target.platform)
        self._shown += 1
        if new:
            if len(self._recent) >= _MOST_REMEMBERED:
                self._recent = dict(sorted(self._recent.items(), key=lambda one: one[1][-1])[_MOST_REMEMBERED // 2 :])
            times = self._recent.setdefault(lane.target_id, deque(maxlen=self._options.burst.count))
            times.append(self._clock.now())

    async def _wait_turn(self, lane: Lane, last_start: datetime) -> bool:
        """Wait for the chat's next free moment; False when it lies too far ahead, or time is up."""
        while not self._draining:
            now = self._clock.now()
            if now >= last_start:
                return False
            at = self._pacer.next_at(now, lane.target)
            if at <= now:
                if await self._turns.take(lane.target, last_start):
                    return not self._draining
                continue
            if at - now > self._options.longest_wait:
                await self._store.block_lane(lane, at)
                return False
            await self._clock.sleep((at - now).total_seconds())
        return False

    def _teller(self, lane: Lane) -> Teller:
        return Teller.of(lane.options, self._titles, self._say)

    async def _show(self, target: Target, message: Message, message_ref: str = "", *, reply_to: str = "") -> str:
        """Send, or edit the message of that reference; returns the message's reference. Raises DeliveryError only."""
        reach("delivery.rendered")
        platform = self._platforms[target.platform]
        limit = self._options.send_within.total_seconds()
        try:
            async with asyncio.timeout(limit):
                if not message_ref:
                    return await platform.send(target, message, reply_to=reply_to)
                await platform.edit(target, message_ref, message)
                return message_ref
        except TimeoutError:
            raise OutcomeUnknown(f"No answer within {limit:g} s.") from None
        except DeliveryError:
            raise
        except Exception as error:
            _log.exception("A chat platform failed unexpectedly", extra={"platform": target.platform})
            raise Unexpected(f"{type(error).__name__} in the platform {target.platform}; see the log.") from error

    async def _mark(self, lane: Lane, item: OutboxItem, story: Story, reference: str) -> bool:
        reach("delivery.shown")
        edited = bool(item.message_ref)
        self._odd.pop(item.id, None)
        self._count(lane, new=not edited)
        told = told_of(story, item.told)
        marked = await self._store.mark_sent(lane, item, reference, story.revision, self._clock.now(), told)
        reach("delivery.marked")
        waited = round((self._clock.now() - item.queued_at).total_seconds(), 3)
        way = _way([(item, story)])
        self._observe("alert", platform=lane.target.platform, story=story.id, edited=edited, waited=waited, **way)
        return marked

    async def _bury(self, lane: Lane, item: OutboxItem, reason: str) -> bool:
        self._odd.pop(item.id, None)
        self._observe(
            "alert_dead", platform=lane.target.platform, story=item.story_id, delivery=f"d{item.id}", reason=reason
        )
        return await self._store.mark_dead(lane, item, reason)

    def _is_skipped(self, error: DeliveryError) -> bool:
        return isinstance(error, OutcomeUnknown) and self._options.on_unknown == "skip"

    async def _put_off(self, lane: Lane, item: OutboxItem, story: Story, error: DeliveryError) -> bool:
        """Do what the error asks for; True when the lane may go on with its next alert."""
        now = self._clock.now()
        if self._is_skipped(error) and not item.message_ref:
            return await self._store.mark_sent(lane, item, "", story.revision, now, told_of(story, item.told))
        if isinstance(error, (Unexpected, OutcomeUnknown)):
            if len(self._odd) >= _MOST_REMEMBERED:
                self._odd.clear()
            self._odd[item.id] = tries = self._odd.get(item.id, 0) + 1
            if isinstance(error, Unexpected) and tries > DEAD_AFTER:
                return await self._bury(lane, item, str(error))
        await self._setbacks.put_off(lane, [item], error, now)
        return False


def _way(shown: Sequence[tuple[OutboxItem, Story]]) -> dict[str, str]:
    """Which rows of the outbox were shown, and their newest entries, by the names that polls gave them in the log."""
    entries = [f"e{member.entry_id}" for _, story in shown for member in story.members[-_MOST_ENTRIES:]]
    return {"delivery": " ".join(f"d{item.id}" for item, _ in shown), "entries": " ".join(entries)}
