"""A bench for what is told to operators: fake chats, notices in memory and processes that see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from app.attention import Attention
from app.telling import Teller
from core.health import FeedRecord
from core.model import FeedSpec, FeedState, Status, Target
from core.replicas import Replica
from storage.schema import REVISION
from tests.fake_chat import FakeChat
from tests.fake_clock import FakeClock
from tests.fake_notices import FakeNotices

OPERATOR = Target("telegram", "600")


class Desk:
    """Processes over one store, a disk and a chat, all of which the test sets; `attention` is the first of them."""

    def __init__(self, operators: tuple[str, ...] = ("telegram:600", "slack:U1")) -> None:
        self.clock = FakeClock()
        self.chat = FakeChat(self.clock)
        self.store = FakeNotices()
        self.status = Status(feeds=2, last_ok_at=self.clock.now())
        self.used = 0.5
        self.operators = operators
        self.started = 0
        self.attention = self.start()

    def start(self, version: str = "1.0.0", *, revision: str = REVISION, chats: bool = True) -> Attention:
        self.started += 1
        me = Replica(f"host:{self.started}:ab", version, revision, (), self.clock.now())
        platforms = {"telegram": self.chat} if chats else {}
        folder = Path("/data")
        teller = Teller(self.store, platforms, self.operators, me.owner)
        return Attention(self.clock, self.store, teller, folder, me, lambda _: self.used)

    @property
    def status(self) -> Status:
        return self.store.status

    @status.setter
    def status(self, status: Status) -> None:
        self.store.status = status

    def fails(self, *numbers: int, failures: int = 9, why: str = "410 Gone.") -> None:
        """These feeds cannot be read, and all others can."""
        self.store.feeds = tuple(failing(number, failures, self.clock.now(), why) for number in numbers)
        self.status = replace(self.status, feeds_failing=len(numbers))

    @property
    def told(self) -> list[str]:
        return ["\n".join(str(one) for one in texts_of(call.message)) for call in self.chat.calls if call.shown]


def failing(number: int, failures: int, now: datetime, why: str = "410 Gone.") -> FeedRecord:
    spec = FeedSpec(f"Feed {number}", f"https://a.example/{number}")
    state = FeedState(next_poll_at=now, failures=failures, last_outcome="timeout", last_error=why)
    return FeedRecord(number, spec, state)


def texts_of(message: object) -> list[str]:
    return [line.text for line in getattr(message, "lines", ())]
