"""What a process itself knows of its deliveries, written into its log as it happens, for the ledger.

A line each: "CHAOS {...}" with the kind, the process, and the time of the monotonic clock, which all processes share.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.model import Lane, OutboxItem
from core.ports import DeliveryStore

MARK = "CHAOS "


@dataclass(frozen=True)
class Claim:
    """A process took a chat's lane; `began` and `ends` are as the database was told."""

    pid: int
    at: float
    chat: str
    epoch: int
    began: float
    ends: float


@dataclass(frozen=True)
class Release:
    """A process was about to let a lane go."""

    pid: int
    at: float
    chat: str
    epoch: int


@dataclass(frozen=True)
class Note:
    """What a process wrote down of a message: `shown` or put off (`later`, with the reason).

    `written` is False when the lane was another's by then, None when the database failed until the end.
    """

    pid: int
    at: float
    chat: str
    story: int
    epoch: int
    kind: str
    written: bool | None
    reason: str = ""


Event = Claim | Release | Note


def say(event: Event) -> None:
    """One write, so that lines of several processes do not mix, and none is lost when the process is killed."""
    line = MARK + json.dumps([type(event).__name__, list(event.__dict__.values())]) + "\n"
    os.write(2, line.encode())


def heard(log: str) -> list[Event]:
    """The events in a log; a last line that was cut off is passed over."""
    kinds: dict[str, Callable[..., Event]] = {"Claim": Claim, "Release": Release, "Note": Note}
    found = []
    for line in log.splitlines():
        if line.startswith(MARK) and line.endswith("]]"):
            kind, values = json.loads(line.removeprefix(MARK))
            found.append(kinds[kind](*values))
    return found


class Witness:
    """A DeliveryStore that passes all on to `store` and says what came of it."""

    def __init__(self, store: DeliveryStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def claim_lanes(self, now: datetime, *, lease: timedelta, **asked: Any) -> tuple[Lane, ...]:
        lanes = await self._store.claim_lanes(now, lease=lease, **asked)
        for lane in lanes:
            began, ends = now.timestamp(), (now + lease).timestamp()
            say(Claim(os.getpid(), time.monotonic(), str(lane.target), lane.epoch, began, ends))
        return lanes

    async def release_lane(self, lane: Lane) -> None:
        say(Release(os.getpid(), time.monotonic(), str(lane.target), lane.epoch))
        await self._store.release_lane(lane)

    async def mark_sent(self, lane: Lane, item: OutboxItem, message_ref: str, *more: Any) -> bool:
        if item.message_ref:  # an edit, which may come twice unseen
            return await self._store.mark_sent(lane, item, message_ref, *more)
        return await self._told(lane, item, "shown", "", self._store.mark_sent(lane, item, message_ref, *more))

    async def mark_later(self, lane: Lane, item: OutboxItem, not_before: datetime, reason: str) -> bool:
        return await self._told(lane, item, "later", reason, self._store.mark_later(lane, item, not_before, reason))

    async def _told(self, lane: Lane, item: OutboxItem, kind: str, reason: str, writing: Awaitable[bool]) -> bool:
        written: bool | None = None
        try:
            written = await writing
            return written
        finally:
            chat = str(lane.target)
            say(Note(os.getpid(), time.monotonic(), chat, item.story_id, lane.epoch, kind, written, reason[:120]))
