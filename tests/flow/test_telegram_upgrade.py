"""A Telegram group that becomes a supergroup is one chat, in whatever order its updates come."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.platforms.telegram import SETTLES
from tests.fake_clock import WaitingClock
from tests.telegram_bot import receiving, target
from tests.telegram_server import TelegramServer


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


@pytest.mark.parametrize("told", ["join to from", "to from join", "from join to", "join to", "join from"])
async def test_a_group_that_becomes_a_supergroup_is_greeted_once(server: TelegramServer, told: str) -> None:
    clock = WaitingClock()
    async with receiving(server, clock=clock) as bench:
        group = server.chats.group(super_=False)
        server.bot_becomes(group, "member", before="left")
        await server.sent(group)
        new = server.migrate(group, told=told)
        await bench.until(lambda: bench.told.moved != [] and clock.sleepers > 0)
        clock.advance(SETTLES)
        await server.drained()
        assert set(bench.told.moved) == {(target(group), target(new))}
        assert server.messages(new) == []
        server.bot_becomes(new, "left")
        server.bot_becomes(new, "member", before="left")
        await bench.until(lambda: clock.sleepers > 0)
        clock.advance(SETTLES)
        assert len(await server.sent(new)) == 1
