"""How Slack reaches us: Socket Mode with all its interruptions, signed HTTP with all its forgeries; and the end."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.platforms.slack_socket import SocketMode
from core.errors import Unreachable
from core.message import plain
from core.model import Target
from tests.echo import Echo
from tests.fake_clock import FakeClock
from tests.fakes import Events
from tests.patience import PATIENCE
from tests.slack_bot import good, make, opened, receiving, settings
from tests.slack_server import SlackServer
from tests.slack_server_values import Fault
from web.server import HttpServer

MENTION = {"type": "app_mention", "user": "U1", "channel": "C1", "ts": "1.1", "text": "<@U0BOT> latest"}


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        server.add_channel("C1", {"U1", server.bot_user})
        yield server


@pytest.fixture
def echo() -> Echo:
    return Echo()


# --- Socket Mode ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "too_many_websockets"])
async def test_connection_is_changed_when_slack_asks(slack: SlackServer, echo: Echo, reason: str) -> None:
    async with receiving(slack, echo):
        await slack.disconnect(reason)
        await slack.connected(2)
        await slack.wait_until(lambda: slack.connections == 1)
        assert (await slack.slash("U1", "C1", "after")).status == 200
        await slack.posted("C1")
    assert [request.line for request in echo.requests] == ["after"]


async def test_nothing_is_lost_while_the_connection_is_changed(slack: SlackServer, echo: Echo) -> None:
    """The old connection is read until the new one stands."""
    gate = asyncio.Event()
    async with receiving(slack, echo):
        slack.fail("apps.connections.open", Fault(hold=gate))
        await slack.disconnect()
        assert (await slack.slash("U1", "C1", "in between")).status == 200
        await slack.posted("C1")
        gate.set()
        await slack.connected(2)
    assert [request.line for request in echo.requests] == ["in between"]


async def test_cut_connection_is_opened_anew(slack: SlackServer, echo: Echo) -> None:
    async with receiving(slack, echo):
        for opened_before in range(1, 4):
            slack.abort()
            await slack.connected(opened_before + 1)
            await slack.wait_until(lambda: slack.connections == 1)
        await slack.slash("U1", "C1", "after")
        await slack.posted("C1")


async def test_trouble_while_connecting_is_told_once_and_overcome(
    slack: SlackServer, echo: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with receiving(slack, echo):
        troubles = [Fault(status=500), Fault(error="internal_error"), Fault(drop="before"), Fault(error="ratelimited")]
        slack.fail("apps.connections.open", *troubles)
        slack.abort()
        await slack.connected(2)
        await slack.slash("U1", "C1", "after")
        await slack.posted("C1")
    told = [record.getMessage() for record in caplog.records if "Socket Mode" in record.getMessage()]
    assert told == ["Slack's Socket Mode is not connected", "Slack's Socket Mode is connected again"]


async def test_a_long_outage_is_told_once() -> None:
    clock, events = FakeClock(), Events()
    nothing: Any = None  # nothing is ever connected

    async def open_url() -> str:
        if sum(clock.slept) > 3600:
            raise asyncio.CancelledError
        raise Unreachable("no network")

    socket = SocketMode(nothing, open_url, nothing, clock, logging.getLogger("tests.slack"), events)
    with pytest.raises(asyncio.CancelledError):
        await socket.run()
    assert events.seen == [("platform_silent", {"platform": "slack", "reason": "no network"})]


async def test_address_that_no_longer_works_is_replaced(slack: SlackServer, echo: Echo) -> None:
    """slack_sdk's own client would try the used-up address for ever."""
    platform = make(settings(slack))
    await platform.open()
    slack.forget_tickets()
    running = asyncio.create_task(platform.run(echo, ()))
    await slack.connected()
    assert slack.refused_sockets == 1
    running.cancel()
    await asyncio.wait([running])
    await platform.close()


async def test_address_from_the_check_at_open_is_used(slack: SlackServer, echo: Echo) -> None:
    async with receiving(slack, echo):
        assert len(slack.called("apps.connections.open")) == 1


async def test_app_token_revoked_while_running_is_told(
    slack: SlackServer, echo: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    async with receiving(slack, echo):
        slack.fail("apps.connections.open", Fault(error="invalid_auth"))
        slack.abort()
        await slack.connected(2)
    (told,) = [record for record in caplog.records if "not connected" in record.getMessage()]
    assert "slack.app_token" in vars(told)["reason"]


async def test_nonsense_on_the_wire_is_passed_over(slack: SlackServer, echo: Echo) -> None:
    async with receiving(slack, echo):
        for nonsense in ("", "{", "[1]", '"x"', "{}", '{"type": "slash_commands"}', '{"type": "new_kind", "x": 1}'):
            await slack.send_raw(nonsense)
        await slack.slash("U1", "C1", "after")
        await slack.posted("C1")


async def test_payload_without_what_belongs_there_is_logged_and_survived(
    slack: SlackServer, echo: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    async with receiving(slack, echo):
        action = {"type": "block_actions", "channel": {"id": "C1"}, "actions": [{"action_id": "a", "value": "x"}]}
        assert (await slack.deliver("slash_commands", {"command": "/minsk", "text": "latest"})).status == 200
        assert (await slack.deliver("interactive", action)).status == 200
        await slack.slash("U1", "C1", "after")
        await slack.posted("C1")
    assert [request.line for request in echo.requests] == ["after"]
    assert caplog.text.count("A command from Slack failed") == 2


# --- HTTP -----------------------------------------------------------------------------------------------------------


async def test_signed_requests_of_all_kinds(slack: SlackServer, echo: Echo) -> None:
    async with receiving(slack, echo, mode="http"):
        assert (await slack.slash("U1", "C1", "latest 3 & <more>")).status == 200
        await slack.posted("C1")
        acks = await slack.user_says("U1", "C1", "@minskwatch status", event_id="Ev1", times=3)
        await slack.posted("C1", 2)
        await slack.user_says("U1", "DU1", "help")
        await slack.posted("DU1")
    assert [ack.status for ack in acks] == [200, 200, 200]
    assert [request.line for request in echo.requests] == ["latest 3 & <more>", "status", "help"]
    assert slack.opened == 0


async def test_address_is_confirmed_to_slack(slack: SlackServer, echo: Echo) -> None:
    async with receiving(slack, echo, mode="http"):
        ack = await slack.deliver("events_api", {"type": "url_verification", "challenge": "c1", "token": "t"})
    assert ack.status == 200
    assert json.loads(ack.body) == {"challenge": "c1"}


@pytest.mark.parametrize(
    "forgery",
    [
        {"secret": "another"},
        {"late": 302},
        {"late": -302},
        {"signature": "v0=" + "0" * 64},
        {"signature": "v0=é"},
        {"stamp": "soon"},
        {"stamp": "nan"},
    ],
)
async def test_forged_request_is_refused(slack: SlackServer, echo: Echo, forgery: dict[str, str]) -> None:
    body = {"type": "event_callback", "event_id": "Ev1", "team_id": "T0TEAM", "event": MENTION}
    async with receiving(slack, echo, mode="http"):
        assert (await slack.post("events_api", body, **forgery)).status == 401  # type: ignore[arg-type]
        assert (await slack.post("events_api", body)).status == 200
        await slack.posted("C1")
    assert len(echo.requests) == 1


@pytest.mark.parametrize("raw", [b"", b"[" * 100_000, b"{", b"\xff\xfe", b"payload=%7B", b"ssl_check=1"])
async def test_unsigned_bytes_are_not_even_read(slack: SlackServer, echo: Echo, raw: bytes) -> None:
    async with receiving(slack, echo, mode="http"):
        assert await slack.post_raw(raw) == 401
    assert echo.requests == []


@pytest.mark.parametrize("raw", ["", "[]", "[" * 100_000, "{", '"text"', "payload=%7B", "command=%2Fminsk", "\u0416"])
async def test_signed_nonsense_is_survived(slack: SlackServer, echo: Echo, raw: str) -> None:
    async with receiving(slack, echo, mode="http"):
        assert (await slack.post_signed(raw, "application/json")).status in (200, 400, 404, 500)
        assert (await slack.slash("U1", "C1", "after")).status == 200
        await slack.posted("C1")


async def test_before_and_after_running_slack_is_asked_to_come_again(slack: SlackServer, echo: Echo) -> None:
    async with opened(slack, mode="http") as bot:
        http = HttpServer("127.0.0.1", 0, health=good, ready=good, routes=bot.routes)
        slack.events_url = await http.start() + "/slack/events"
        assert (await slack.slash("U1", "C1", "latest")).status == 503
        await http.stop()


# --- the end --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_end_is_quick_and_leaves_nothing(slack: SlackServer, echo: Echo, mode: str) -> None:
    before = asyncio.all_tasks()
    loop = asyncio.get_running_loop()
    echo.hold = asyncio.Event()
    async with receiving(slack, echo, mode=mode):
        await slack.slash("U1", "C1", "never ends")
        await echo.asked()
        since = loop.time()
    assert loop.time() - since < 2
    assert slack.by_bot("C1") == []
    await slack.wait_until(lambda: slack.connections == 0)
    await slack.stop()
    assert {task for task in asyncio.all_tasks() - before if not task.done()} == set()


async def test_command_under_way_is_answered_before_the_end(slack: SlackServer, echo: Echo) -> None:
    echo.hold = asyncio.Event()
    platform = make(settings(slack))
    await platform.open()
    running = asyncio.create_task(platform.run(echo, ()))
    await slack.connected()
    await slack.slash("U1", "C1", "last")
    await echo.asked()
    running.cancel()
    echo.hold.set()
    await asyncio.wait([running])
    assert (await slack.posted("C1")).shown == "you said last"
    await platform.close()


async def test_end_while_it_cannot_connect(slack: SlackServer, echo: Echo) -> None:
    platform = make(settings(slack))
    await platform.open()
    slack.forget_tickets()
    gate = asyncio.Event()
    slack.fail("apps.connections.open", Fault(hold=gate))
    running = asyncio.create_task(platform.run(echo, ()))
    await slack.wait_until(lambda: slack.refused_sockets == 1)
    running.cancel()
    done, _ = await asyncio.wait([running], timeout=PATIENCE)
    assert done
    gate.set()
    await platform.close()


async def test_secrets_stay_out_of_the_log(slack: SlackServer, echo: Echo, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with receiving(slack, echo) as bot:
        await slack.slash("U1", "C1", "latest")
        await slack.posted("C1")
        slack.fail("apps.connections.open", Fault(error="invalid_auth"), Fault(status=500))
        slack.fail("chat.postMessage", Fault(error="invalid_auth"), Fault(drop="before"))
        slack.abort()
        await slack.connected(2)
        await slack.slash("U1", "C1", "latest")
        with pytest.raises(Exception, match="Slack"):
            await bot.send(Target("slack", "C1"), plain("hello"))
        await slack.stop()
    assert caplog.records
    for secret in (slack.bot_token, slack.app_token, slack.signing_secret, "ticket-", "/respond/"):
        assert secret not in caplog.text


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_environment_of_other_programs_changes_nothing(
    slack: SlackServer, echo: Echo, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """slack_sdk reads proxies without NO_PROXY; slack-bolt reads tokens, and turns to OAuth at a client id."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    for name in ("BOT_TOKEN", "APP_TOKEN", "SIGNING_SECRET", "CLIENT_ID", "CLIENT_SECRET", "VERIFICATION_TOKEN"):
        monkeypatch.setenv(f"SLACK_{name}", "of another program")
    echo.answer = plain("fine")
    async with receiving(slack, echo, mode=mode):
        assert (await slack.slash("U1", "C1", "latest")).status == 200
        assert (await slack.posted("C1")).shown == "fine"
        assert (await slack.user_says("U1", "C1", "@minskwatch latest"))[0].status == 200
        await slack.posted("C1", 2)
