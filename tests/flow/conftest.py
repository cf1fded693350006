"""Fixtures of the tests of Telegram: the local Bot API server, and a platform that receives from it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.telegram_bot import Bench, receiving
from tests.telegram_server import TelegramServer


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as started:
        yield started


@pytest.fixture
async def bench(server: TelegramServer) -> AsyncIterator[Bench]:
    async with receiving(server) as started:
        yield started
