"""What to do with the items that are due in one chat: show alone, gather into a digest, put off, keep back. Pure.

A chat gets at most BURST alerts of its own; when more are due, all become one summary. When even summaries would be too
many, what is not major waits until there is room. Edits of what is shown already disturb nobody and are never put off,
unless something material changed, which is told in a reply.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import texts, timing
from bot.changes import changes
from bot.digest import MOST
from bot.pacing import Rate
from bot.timing import Form, Timing
from core.model import OutboxItem, Story
from core.options import Options

BURST = Rate(5, 600)


@dataclass(frozen=True, slots=True)
class Alone:
    """Show as a message of its own, or edit that; with `reply`, what changed is told in a reply first."""

    item: OutboxItem
    reply: bool = True


@dataclass(frozen=True, slots=True)
class Together:
    """Show in one digest; `many` when there is one only because so many are due."""

    items: tuple[OutboxItem, ...]
    many: bool = False


@dataclass(frozen=True, slots=True)
class PutOff:
    items: tuple[OutboxItem, ...]
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class KeepBack:
    item: OutboxItem
    reason: str


@dataclass(frozen=True, slots=True)
class Settle:
    """Nothing that the chat must be told: the item counts as shown."""

    item: OutboxItem


Step = Alone | Together | PutOff | KeepBack | Settle


@dataclass(frozen=True, slots=True)
class Due:
    """An item with its story, when that had to be read: None for one that a chat without wishes gets anyway."""

    item: OutboxItem
    story: Story | None


def is_plain(item: OutboxItem, options: Options) -> bool:
    """Whether the item can be shown without a look at its story: no wishes, and new or edited."""
    return not options.are_wishes and (bool(item.message_ref) or not item.sent)


def plan(due: Sequence[Due], options: Options, now: datetime, *, room: int, room_at: datetime) -> list[Step]:
    """Steps in the order of the items. `room` alerts may still be shown; when 0, from `room_at` on."""
    steps: list[Step] = []
    alone: list[Due] = []
    gathered: list[OutboxItem] = []
    for one in due:
        step = _step(one, options, now)
        if step is not None:
            steps.append(step)
        elif _timing(one, options, now).form is Form.DIGEST:
            gathered.append(one.item)
        else:
            alone.append(one)
    steps += _gathered(gathered, many=False)
    if len(alone) <= room:
        steps += [Alone(one.item) for one in alone]
    elif room > 0:
        steps += _gathered([one.item for one in alone], many=True)
    else:
        steps += _crowded(alone, room_at)
    return sorted(steps, key=_first)


def _step(one: Due, options: Options, now: datetime) -> Step | None:
    """What to do with an item that is not to be shown anew now; None for one that is."""
    item, story = one.item, one.story
    if story is None:
        return Alone(item) if item.message_ref else None
    if item.sent and not changes(item.told, timing.counted(story, options)):
        return Alone(item, reply=False) if item.message_ref else Settle(item)
    when = _timing(one, options, now)
    if when.form is Form.NEVER:
        return Alone(item, reply=False) if item.message_ref else KeepBack(item, when.reason)
    if when.at > now:
        return PutOff((item,), when.at, when.reason)
    return Alone(item) if item.message_ref and when.form is Form.ALERT else None


def _timing(one: Due, options: Options, now: datetime) -> Timing:
    if one.story is None:
        return Timing(Form.ALERT, now)
    return timing.decide(one.story, options, now, one.item.queued_at)


def _crowded(alone: Sequence[Due], room_at: datetime) -> Iterator[Step]:
    """Major news goes out all the same."""
    major = [one.item for one in alone if one.story is not None and timing.is_major(one.story.facts)]
    yield from map(Alone, major)
    rest = tuple(one.item for one in alone if one.item not in major)
    if rest:
        yield PutOff(rest, room_at, texts.KEPT_MANY)


def _gathered(items: Sequence[OutboxItem], *, many: bool) -> Iterator[Step]:
    """Digests, each as large as fits one message; a story alone comes as an alert."""
    for at in range(0, len(items), MOST):
        part = tuple(items[at : at + MOST])
        yield Together(part, many) if len(part) > 1 else Alone(part[0])


def _first(step: Step) -> int:
    return step.items[0].id if isinstance(step, (Together, PutOff)) else step.item.id


def room_left(shown_at: Sequence[datetime], now: datetime, rate: Rate = BURST) -> tuple[int, datetime]:
    """How many alerts may still be shown after those shown at these times, oldest first, and when one more may."""
    window = timedelta(seconds=rate.seconds)
    recent = [at for at in shown_at if now - at < window]
    if len(recent) < rate.count:
        return rate.count - len(recent), now
    return 0, recent[-rate.count] + window
