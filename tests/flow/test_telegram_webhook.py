"""Receiving by webhook, over real HTTP: the secret, order, repetition, and calls that come too early."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession

from core.errors import DeliveryError
from core.ports import HttpRequest, HttpResponse, Route
from tests.flow.test_telegram_receiving import KINDS, answering_slowly
from tests.telegram_bot import MENU, SECRET, Bench, make, settings
from tests.telegram_server import TelegramServer
from web.server import HttpServer


def _well() -> tuple[bool, dict[str, object]]:
    return True, {}


@asynccontextmanager
async def behind_webhook(server: TelegramServer) -> AsyncIterator[tuple[Bench, str]]:
    """A platform whose updates come through the program's own HTTP server, and the webhook's address."""
    benches: list[Bench] = []

    async def pass_on(request: HttpRequest) -> HttpResponse:
        return await benches[0].platform.routes[0].handler(request)

    route = Route("POST", "/telegram/webhook", pass_on)
    web = HttpServer("127.0.0.1", 0, health=_well, ready=_well, routes=[route])
    address = f"{await web.start()}/telegram/webhook"
    bench = make(settings(server, mode="webhook", webhook_secret=SECRET, webhook_url=address))
    benches.append(bench)
    assert [(one.method, one.path) for one in bench.platform.routes] == [("POST", "/telegram/webhook")]
    await bench.platform.open()
    bench.task = asyncio.create_task(bench.platform.run(bench.echo, MENU))
    await server.until(lambda: bool(server.webhook))
    try:
        yield bench, address
    finally:
        await bench.stop()
        await web.stop()


async def test_webhook_brings_updates(server: TelegramServer) -> None:
    chat = server.chats.private()
    async with behind_webhook(server) as (bench, _):
        server.user_says(chat, "/latest 3")
        (answer,) = await server.sent(chat)
        await server.until(lambda: bool(server.pushed))
        assert (answer["text"], server.pushed) == ("you said latest 3", [200])
        assert server.of("getUpdates") == []
        assert server.of("setWebhook")[0]["allowed_updates"] == KINDS
        assert bench.clock.slept == []


async def test_webhook_answers_only_after_handling(server: TelegramServer) -> None:
    chat = server.chats.private()
    async with behind_webhook(server) as (bench, _):
        bench.echo.hold = asyncio.Event()
        server.user_says(chat, "/latest")
        await bench.echo.asked()
        assert server.pushed == []
        bench.echo.hold.set()
        await server.until(lambda: server.pushed == [200])


async def test_webhook_update_that_comes_again_is_handled_once(server: TelegramServer) -> None:
    chat = server.chats.private()
    async with behind_webhook(server) as (bench, _):
        message = server.user_says(chat, "/latest")
        await server.until(lambda: len(server.pushed) == 1)
        server.put("message", message, update_id=870_000_001)
        await server.until(lambda: len(server.pushed) == 2)
        assert len(bench.echo.requests) == 1
        assert server.pushed == [200, 200]


WRONG: list[tuple[dict[str, str], bytes, int]] = [
    ({}, b'{"update_id": 1}', 401),
    ({"X-Telegram-Bot-Api-Secret-Token": "wrong"}, b'{"update_id": 1}', 401),
    ({"X-Telegram-Bot-Api-Secret-Token": SECRET}, b"no json", 400),
    ({"X-Telegram-Bot-Api-Secret-Token": SECRET}, b"[1]", 400),
    ({"X-Telegram-Bot-Api-Secret-Token": SECRET}, b'{"update_id": "x"}', 400),
    ({"X-Telegram-Bot-Api-Secret-Token": SECRET}, b"[" * 100_000, 400),
    ({"X-Telegram-Bot-Api-Secret-Token": SECRET}, b"\xff\xfe", 400),
    ({"X-Telegram-Bot-Api-Secret-Token": SECRET}, b'{"update_id": 1, "message": {"text": "/stop"}}', 200),
    ({"X-Telegram-Bot-Api-Secret-Token": SECRET}, b'{"update_id": 2, "hologram": {}}', 200),
]


@pytest.mark.parametrize(("headers", "body", "status"), WRONG)
async def test_webhook_refuses_strangers_and_survives_nonsense(
    server: TelegramServer, headers: dict[str, str], body: bytes, status: int
) -> None:
    async with (
        behind_webhook(server) as (bench, address),
        ClientSession() as session,
        session.post(address, data=body, headers=headers) as answer,
    ):
        assert answer.status == status
        assert bench.echo.requests == []


async def test_webhook_call_before_the_start_is_asked_to_come_again(server: TelegramServer) -> None:
    bench = make(settings(server, mode="webhook", webhook_secret=SECRET))
    request = HttpRequest("POST", "/", {"x-telegram-bot-api-secret-token": SECRET}, b'{"update_id": 1}')
    assert (await bench.platform.routes[0].handler(request)).status == 503
    await bench.stop()


async def test_webhook_that_telegram_refuses_is_told(server: TelegramServer) -> None:
    bench = make(settings(server, mode="webhook", webhook_secret=SECRET, webhook_url="http://bot.example/"))
    await bench.platform.open()
    with pytest.raises(DeliveryError, match="HTTPS URL must be provided"):
        await bench.platform.run(bench.echo, MENU)
    await bench.stop()


async def test_polling_has_no_routes(server: TelegramServer) -> None:
    assert make(settings(server)).platform.routes == ()


async def test_webhook_updates_of_one_chat_are_handled_in_order(server: TelegramServer) -> None:
    async with behind_webhook(server) as (bench, _):
        slow, quick = server.chats.private(1), server.chats.private(2)
        free = answering_slowly(bench)
        server.user_says(slow, "/slow")
        await bench.echo.asked(1)
        server.user_says(slow, "/after")
        server.user_says(quick, "/quick")
        await server.sent(quick)
        assert server.messages(slow) == []
        free.set()
        await server.sent(slow, 2)
        assert [shown["text"] for shown in server.messages(slow)] == ["done slow", "done after"]
