"""The Slack platform under test, opened against the local Slack and receiving."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from bot.platforms.context import PlatformContext
from bot.platforms.slack import Slack
from core.message import Message, plain
from core.ports import Request
from core.settings import Settings, SlackSettings
from tests.fake_clock import FakeClock
from tests.slack_server import SlackServer
from web.server import HttpServer

Answering = Callable[[Request], Awaitable[Message | None]]


class SeenEvents:
    """An UpdateStore in memory."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str]] = set()

    async def first_sight(self, platform: str, event_id: str, now: datetime) -> bool:
        new = (platform, event_id) not in self.seen
        self.seen.add((platform, event_id))
        return new


class Echo:
    """A CommandHandler that answers with `answer`, or the command line itself, and keeps the requests."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answer: Message | None = None
        self.hold: asyncio.Event | None = None
        self.arrived = asyncio.Condition()

    async def __call__(self, request: Request) -> Message | None:
        self.requests.append(request)
        async with self.arrived:
            self.arrived.notify_all()
        if self.hold is not None:
            await self.hold.wait()
        return self.answer or plain(f"you said {request.line}")

    async def asked(self, count: int = 1) -> Request:
        async with asyncio.timeout(5), self.arrived:
            await self.arrived.wait_for(lambda: len(self.requests) >= count)
        return self.requests[-1]


def settings(server: SlackServer, **changes: str) -> SlackSettings:
    slack = SlackSettings(
        bot_token=server.bot_token,
        app_token=server.app_token,
        signing_secret=server.signing_secret,
        api_base=server.api_base,
    )
    return replace(slack, **changes)


def make(slack: SlackSettings, seen: SeenEvents | None = None) -> Slack:
    log = logging.getLogger("tests.slack")
    return Slack(PlatformContext(Settings(slack=slack), FakeClock(), seen or SeenEvents(), log))


@asynccontextmanager
async def opened(server: SlackServer, **changes: str) -> AsyncIterator[Slack]:
    """Opened for sending, not receiving."""
    platform = make(settings(server, **changes))
    await platform.open()
    try:
        yield platform
    finally:
        await platform.close()


@asynccontextmanager
async def receiving(server: SlackServer, answer: Answering, **changes: str) -> AsyncIterator[Slack]:
    """Opened and receiving, by Socket Mode or behind the program's own HTTP server."""
    platform = make(settings(server, **changes))
    await platform.open()
    http = HttpServer("127.0.0.1", 0, health=good, ready=good, routes=platform.routes)
    running = asyncio.create_task(platform.run(answer, ()))
    try:
        if platform.routes:
            server.events_url = await http.start() + platform.routes[0].path
        else:
            await server.connected()
        yield platform
    finally:
        running.cancel()
        await asyncio.wait([running], timeout=2)
        assert running.done(), "run() ends within 2 seconds"
        await platform.close()
        await http.stop()


def good() -> tuple[bool, dict[str, str]]:
    return True, {}
