"""Slack over the wire: the real slack-bolt against a local Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.message import Button, Message, line, plain
from core.model import Actor, Role, Target
from tests.slack_bot import Echo, opened, receiving
from tests.slack_server import SlackServer


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        server.add_channel("C1", {"U1", server.bot_user})
        yield server


@pytest.fixture
def echo() -> Echo:
    return Echo()


# --- commands come in -----------------------------------------------------------------------------------------------


async def test_slash_command_is_acknowledged_and_answered_in_the_channel(slack: SlackServer, echo: Echo) -> None:
    async with receiving(slack, echo):
        ack = await slack.slash("U1", "C1", "latest 3")
        answer = await slack.posted("C1")
    assert (ack.status, ack.body) == (200, "")
    assert answer.shown == "you said latest 3"
    request = echo.requests[0]
    assert request.actor == Actor("slack", "U1")
    assert request.target == Target("slack", "C1")
    assert (request.line, request.prefix, request.private, request.role) == ("latest 3", "/minsk ", False, Role.ADMIN)
