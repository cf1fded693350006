"""A Slack channel that lets the bot in is greeted, once, in the language of who did it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.command import load_commands
from bot.dispatch import Dispatcher
from core.model import Role
from storage.store import Store
from tests.echo import Echo
from tests.fake_chat import TITLES
from tests.fake_clock import FakeClock
from tests.slack_bot import receiving
from tests.slack_server import SlackServer


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        server.add_channel("C1", {"U1"})
        server.add_channel("C2", {"U1"}, "private")
        yield server


@pytest.mark.parametrize("mode", ["socket", "http"])
@pytest.mark.parametrize("channel", ["C1", "C2"])
async def test_the_bot_greets_who_invites_it_once(slack: SlackServer, mode: str, channel: str) -> None:
    echo = Echo()
    async with receiving(slack, echo, mode=mode):
        for _ in range(2):  # Slack repeats events
            assert (await slack.invite(channel, slack.bot_user, "U1", event_id="Ev7")).status == 200
        assert (await slack.posted(channel)).shown == "you said start"
        await slack.slash("U1", channel, "latest")
        await slack.posted(channel, 2)
    greeting, _ = echo.requests
    assert (greeting.line, greeting.target.chat, str(greeting.actor)) == ("start", channel, "slack:U1")
    assert greeting.role is Role.ADMIN


async def test_it_greets_when_nobody_is_said_to_have_invited_it(slack: SlackServer) -> None:
    async with receiving(slack, Echo()):
        await slack.invite("C1", slack.bot_user)
        assert (await slack.posted("C1")).shown == "you said start"


async def test_people_who_come_are_not_greeted(slack: SlackServer) -> None:
    echo = Echo()
    slack.channels["C1"].members.add(slack.bot_user)
    async with receiving(slack, echo):
        assert (await slack.invite("C1", "U2", "U1")).status == 200
        await slack.slash("U1", "C1", "latest")
        await slack.posted("C1")
    assert [request.line for request in echo.requests] == ["latest"]


async def test_the_greeting_has_the_words_of_start(slack: SlackServer, sqlite_url: str, clock: FakeClock) -> None:
    store = Store(sqlite_url)
    await store.open()
    async with receiving(slack, Dispatcher(load_commands(), store, TITLES, clock)):
        await slack.invite("C1", slack.bot_user, "U1")
        greeting = await slack.posted("C1")
        await slack.slash("U1", "C1", "start")
        assert (await slack.posted("C1", 2)).shown == greeting.shown
    await store.close()
