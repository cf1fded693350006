"""The world around the program: feeds that grow, and a Telegram that fails at random and writes down what came when."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections import Counter
from dataclasses import dataclass

from aiohttp import web

from app.demo.server import SampleEntry, SampleFeed, SampleServer
from core.clock import SystemClock
from tests.telegram_chats import Params, Refusal
from tests.telegram_server import TelegramServer
from tests.telegram_wire import Fault, flood

_STORY = re.compile(r'"why (\d+)')
_SHOWING = ("sendmessage", "editmessagetext")
PLACES = (
    *("Hrodna", "Brest", "Vitebsk", "Mahiliou", "Babruisk", "Pinsk"),
    *("Orsha", "Polatsk", "Lida", "Slutsk", "Mazyr", "Zhodzina"),
)


def growing_feed(number: int, waves: int) -> SampleFeed:
    """One report a wave, each about another event."""
    entries = tuple(
        SampleEntry(
            wave,
            f"Belarus frees {11 + 7 * wave + number} political prisoners from the {PLACES[wave % 12]} colony",
            f"Report {wave} of {number}: they were taken from {PLACES[(wave + number) % 12]} to Lithuania.",
        )
        for wave in range(1, waves + 1)
    )
    return SampleFeed(
        f"Wire {number}", f"wire{number}.rss", "rss", "en", "wire", (SampleEntry(0, "Rain", "."), *entries)
    )


def feed_server(feeds: int, waves: int) -> SampleServer:
    return SampleServer(SystemClock(), tuple(growing_feed(number, waves) for number in range(1, feeds + 1)))


@dataclass(frozen=True)
class Shown:
    """A message that Telegram took: `edit` when it changed an older one."""

    at: float
    chat: str
    story: int
    edit: bool


class StormyTelegram(TelegramServer):
    """Fails calls that show something, with the chance `trouble`, until it is set to 0."""

    def __init__(self, rng: random.Random, trouble: float) -> None:
        super().__init__()
        self._rng = rng
        self.trouble = trouble
        self.shown: list[Shown] = []
        self.faults: Counter[str] = Counter()
        self.early: list[str] = []
        self.attempts = 0
        self.polls: list[float] = []
        self.since: dict[str, float] = {}
        self.dropped: dict[str, list[float]] = {}  # per chat: when an answer was lost after the message was taken
        self._held: dict[str, float] = {}

    async def _act(self, request: web.Request, method: str, params: Params, fault: Fault) -> web.StreamResponse:
        now = time.monotonic()
        if method == "getupdates":
            self.polls.append(now)
        if method not in _SHOWING:
            return await super()._act(request, method, params, fault)
        self.attempts += 1
        chat = str(params.get("chat_id"))
        if now < self._held.get(chat, 0.0):
            self.early.append(f"{method} to {chat}, {self._held[chat] - now:.2f} s too early")
        kind, fault = self._choose(fault)
        before = len(self.shown)
        answer = await super()._act(request, method, params, fault)
        took = kind in ("", "drop after") and (answer.status == 200)
        if took:
            found = _STORY.search(json.dumps(params.get("reply_markup") or "").replace("\\", ""))
            self.shown.append(Shown(now, chat, int(found[1]) if found else 0, method != "sendmessage"))
            assert len(self.shown) > before
        if kind:
            self.faults[kind] += 1
        if kind == "drop after":
            self.dropped.setdefault(chat, []).append(now)
        if isinstance(fault.refusal, Refusal) and fault.refusal.status == 429:
            wait = int(fault.refusal.parameters["retry_after"])
            self._held[chat] = time.monotonic() + wait
        return answer

    def _choose(self, fault: Fault) -> tuple[str, Fault]:
        if self._rng.random() >= self.trouble:
            return "", fault
        kind = self._rng.choice(("429", "5xx", "drop before", "drop after"))
        match kind:
            case "429":
                return kind, flood(self._rng.randint(1, 3))
            case "5xx":
                return kind, Fault(page=(502, b"<html>Bad Gateway</html>"))
            case "drop before":
                return kind, Fault(drop="before")
            case _:
                return kind, Fault(drop="after")

    async def next_call(self, within: float) -> None:
        """Wait until something is being shown, so that what goes wrong next hits deliveries under way."""
        deadline, before = time.monotonic() + within, self.attempts
        while self.attempts == before and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    async def next_poll(self, after: float, within: float) -> float | None:
        """Seconds from `after` to the next request for updates."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            later = [at for at in self.polls if at > after]
            if later:
                return later[0] - after
            await asyncio.sleep(0.05)
        return None
