"""One chat platform refuses its token: those who read on the other one are served all the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.parts import make_parts
from app.program import REFUSED_SECONDS, Program
from core.clock import SystemClock
from core.config import load_settings
from tests.patience import PATIENCE
from tests.slack_server import SlackServer
from tests.telegram_server import TelegramServer


class ImpatientClock(SystemClock):
    """Does not wait for a refused token."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(0 if seconds == REFUSED_SECONDS else seconds)


async def test_the_other_platform_goes_on_and_the_refused_one_comes_back(
    tmp_path: Path, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with TelegramServer() as telegram, SlackServer() as slack:
        slack.add_channel("C1", {"U1", slack.bot_user})
        config = tmp_path / "config.toml"
        config.write_text(f'{telegram.table}{slack.table}[storage]\nurl = "{sqlite_url}"\n', encoding="utf-8")
        telegram.revoke()
        parts = make_parts(load_settings(config, {}), clock=ImpatientClock(), roles=frozenset({"chat"}))
        stop = asyncio.Event()
        running = asyncio.create_task(Program(parts, web=False).run(stop))
        try:
            await refused(telegram)
            await slack.connected()
            assert (await slack.slash("U1", "C1", "help")).status == 200
            assert "token:1" in parts.attention.details()["needs a hand"]
            telegram.revoked = False
            await telegram.polled()
            assert "needs a hand" not in parts.attention.details()
            telegram.revoke()  # while it is at work
            await refused(telegram)
            assert (await slack.slash("U1", "C1", "help")).status == 200
            assert not running.done()
            assert caplog.text.count("refuses its token, the others go on") == 2  # once each time
        finally:
            stop.set()
            await asyncio.wait_for(running, PATIENCE)


async def refused(telegram: TelegramServer) -> None:
    """Wait until the bot has asked twice more who it is."""
    wanted = len(telegram.of("getMe")) + 2
    await telegram.until(lambda: len(telegram.of("getMe")) >= wanted)
