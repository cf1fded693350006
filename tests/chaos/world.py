"""The world around the program: feeds that grow, a Telegram and a Slack that fail at random."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiohttp import web

from app.demo.server import SampleEntry, SampleFeed, SampleServer
from core.clock import SystemClock
from tests.chaos.ledger import Shown
from tests.slack_server import SlackServer
from tests.slack_server_api import read_fields
from tests.slack_server_values import Fault as SlackFault
from tests.slack_server_values import Posted
from tests.telegram_chats import Params
from tests.telegram_server import TelegramServer
from tests.telegram_wire import Fault, flood

_STORY = re.compile(r'"why (\d+)')
SHOWING = ("sendmessage", "editmessagetext", "chat.postMessage", "chat.update")
_KINDS = ("429", "5xx", "drop before", "drop after")
PROCESS = "X-Chaos-Process"  # the header in which a process says its number
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


class Storm:
    """What goes wrong on the way to the platforms, and what came of it. Chats are named as the program names them."""

    def __init__(self, rng: random.Random, trouble: float, now: Callable[[], float] = time.monotonic) -> None:
        self._rng = rng
        self.now = now
        self.trouble = trouble  # the chance that a call fails
        self.longest_rest = 3  # seconds
        self.spared: frozenset[str] = frozenset()  # chats to which nothing goes wrong
        self.shown: list[Shown] = []
        self.faults: dict[str, Counter[str]] = {"telegram": Counter(), "slack": Counter()}
        self.early: list[str] = []
        self.attempts = 0
        self._held: dict[str, float] = {}
        self._called = asyncio.Event()

    def choose(self, chat: str, method: str) -> tuple[str, int]:
        """How a call that shows something fails ("" for not at all), and for how many seconds the chat is to rest."""
        now = self.now()
        self.attempts += 1
        self._called.set()
        if now < self._held.get(chat, 0.0):
            self.early.append(f"{method} to {chat}, {self._held[chat] - now:.2f} s before its rest was over")
        if chat in self.spared or self._rng.random() >= self.trouble:
            return "", 0
        kind = self._rng.choice(_KINDS)
        self.faults[chat.partition(":")[0]][kind] += 1
        return kind, self._rng.randint(1, self.longest_rest)

    def rests(self, chat: str, seconds: int) -> None:
        """The chat has been told to rest."""
        self._held[chat] = self.now() + seconds

    def forgive(self) -> None:
        """Rests end: the clock of a program that knows no other was set forward."""
        self._held.clear()

    async def next_call(self, within: float) -> None:
        """Wait until something is being shown, so that what goes wrong next hits deliveries under way."""
        self._called.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._called.wait()


def _sender(request: web.Request) -> int:
    return int(request.headers.get(PROCESS, "0"))


class StormyTelegram(TelegramServer):
    """Fails calls that show something as the storm says."""

    def __init__(self, storm: Storm) -> None:
        super().__init__()
        self._storm = storm
        self.polls: list[float] = []

    async def _act(self, request: web.Request, method: str, params: Params, fault: Fault) -> web.StreamResponse:
        if method == "getupdates":
            self.polls.append(time.monotonic())
        if method not in SHOWING:
            return await super()._act(request, method, params, fault)
        chat = f"telegram:{params.get('chat_id')}"
        kind, rest = self._storm.choose(chat, method)
        answer = await super()._act(request, method, params, _telegram_fault(kind, rest))
        if kind == "429":
            self._storm.rests(chat, rest)
        if kind in ("", "drop after") and answer.status == 200:
            self._taken(chat, method, params, _sender(request), lost=bool(kind))
        return answer

    def _taken(self, chat: str, method: str, params: Params, pid: int, *, lost: bool) -> None:
        """Telegram took a message or an edit from the process of that number; its answer was `lost`, or comes."""
        found = _STORY.search(json.dumps(params.get("reply_markup") or "").replace("\\", ""))
        if method == "sendmessage" and found:
            self._storm.shown.append(Shown(self._storm.now(), chat, int(found[1]), pid))

    async def next_poll(self, after: float, within: float) -> float | None:
        """Seconds from `after` to the next request for updates."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            later = [at for at in self.polls if at > after]
            if later:
                return later[0] - after
            await asyncio.sleep(0.05)
        return None


def _telegram_fault(kind: str, rest: int) -> Fault:
    match kind:
        case "429":
            return flood(rest)
        case "5xx":
            return Fault(page=(502, b"<html>Bad Gateway</html>"))
        case "drop before" | "drop after":
            return Fault(drop=kind.removeprefix("drop "))
    return Fault()


class StormySlack(SlackServer):
    """Fails calls that show something as the storm says."""

    def __init__(self, storm: Storm) -> None:
        super().__init__()
        self._storm = storm

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if method not in SHOWING:
            return await super()._call(request)
        fields = await read_fields(request)
        chat = f"slack:{fields.get('channel')}"
        kind, rest = self._storm.choose(chat, method)
        if kind:
            self.fail(method, _slack_fault(kind, rest))
        before = self.by_bot(str(fields.get("channel")))
        answer = await super()._call(request)
        if kind == "429":
            self._storm.rests(chat, rest)
        changed = [one for one in self.by_bot(str(fields.get("channel"))) if one not in before]
        for one in changed[:1]:
            self._taken(chat, method, fields, one, _sender(request), lost=bool(kind))
        return answer

    def _taken(self, chat: str, method: str, fields: dict[str, Any], one: Posted, pid: int, *, lost: bool) -> None:
        """Slack took a message or an edit from the process of that number; its answer was `lost`, or comes."""
        metadata = fields.get("metadata") or {}
        metadata = json.loads(metadata) if isinstance(metadata, str) else metadata
        story = metadata.get("event_payload", {}).get("story", 0)
        if method == "chat.postMessage" and story and not one.thread_ts:
            self._storm.shown.append(Shown(self._storm.now(), chat, story, pid))


def _slack_fault(kind: str, rest: int) -> SlackFault:
    match kind:
        case "429":
            return SlackFault(error="ratelimited", retry_after=str(rest))
        case "5xx":
            return SlackFault(status=502, body="<html>Bad Gateway</html>")
    return SlackFault(drop=kind.removeprefix("drop "))
