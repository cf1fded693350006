"""The Slack platform under test, opened against the local Slack and receiving."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from bot.platforms.context import PlatformContext
from bot.platforms.slack import Slack
from core.installs import InstallStore
from core.message import Message
from core.ports import MenuEntry, Request
from core.settings import Settings, SlackSettings
from tests.echo import SeenEvents
from tests.fake_clock import FakeClock
from tests.patience import PATIENCE
from tests.slack_server import SlackServer
from web.server import HttpServer

Answering = Callable[[Request], Awaitable[Message | None]]


def settings(server: SlackServer, **changes: Any) -> SlackSettings:
    slack = SlackSettings(
        bot_token=server.bot_token,
        app_token=server.app_token,
        signing_secret=server.signing_secret,
        api_base=server.api_base,
    )
    return replace(slack, **changes)


def make(
    slack: SlackSettings,
    seen: SeenEvents | None = None,
    installs: InstallStore | None = None,
    clock: FakeClock | None = None,
) -> Slack:
    """`clock` is the delivery's where there is one: both must agree on when a chat may be written to again."""
    log, known = logging.getLogger("tests.slack"), seen or SeenEvents()
    return Slack(PlatformContext(Settings(slack=slack), clock or FakeClock(), known, log, installs=installs))


@asynccontextmanager
async def opened(server: SlackServer, *, clock: FakeClock | None = None, **changes: str) -> AsyncIterator[Slack]:
    """Opened for sending, not receiving."""
    platform = make(settings(server, **changes), clock=clock)
    await platform.open()
    try:
        yield platform
    finally:
        await platform.close()


@asynccontextmanager
async def receiving(
    server: SlackServer,
    answer: Answering,
    menu: Sequence[MenuEntry] = (),
    installs: InstallStore | None = None,
    clock: FakeClock | None = None,
    **changes: str,
) -> AsyncIterator[Slack]:
    """Opened and receiving, by Socket Mode or behind the program's own HTTP server."""
    platform = make(settings(server, **changes), installs=installs, clock=clock)
    await platform.open()
    http = HttpServer("127.0.0.1", 0, health=good, ready=good, routes=platform.routes)
    running = asyncio.create_task(platform.run(answer, menu))
    try:
        base = await http.start() if platform.routes else ""
        server.pages_url = base
        if changes.get("mode") == "http":
            server.events_url = base + platform.routes[0].path
        else:
            await server.connected()
        yield platform
    finally:
        running.cancel()
        await asyncio.wait([running], timeout=PATIENCE)
        assert running.done(), "run() ends when it is cancelled"
        await platform.close()
        await http.stop()


def good() -> tuple[bool, dict[str, str]]:
    return True, {}
