"""How updates come in from Telegram: polling and webhook, repeats, rivals, outages, and the end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.telegram_lanes import MOST_AT_ONCE, lane_of
from core.errors import BadCredentials
from core.message import Message, plain
from core.ports import Request
from tests.echo import SeenEvents
from tests.fakes import Events
from tests.patience import PATIENCE
from tests.telegram_bot import MENU, Bench, receiving
from tests.telegram_server import TelegramServer
from tests.telegram_wire import Fault, flood, refuse


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.sampled_from(["chat", "message", "from", "id"])
    return st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=3)


KINDS = ["callback_query", "channel_post", "inline_query", "message", "message_reaction", "my_chat_member"]


# --- polling ----------------------------------------------------------------------------------------------------------


async def test_only_the_kinds_that_are_handled_are_asked_for(server: TelegramServer, bench: Bench) -> None:
    await server.until(lambda: bool(server.of("getUpdates")))
    call = server.of("getUpdates")[0]
    assert call["allowed_updates"] == KINDS
    assert call["timeout"] == 25


async def test_update_is_confirmed_only_after_it_was_handled(
    server: TelegramServer, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.telegram_polling.PEEK_SECONDS", 0.01)
    chat = server.chats.private()
    bench.echo.hold = asyncio.Event()
    server.user_says(chat, "/latest")
    await bench.echo.asked()
    await server.polled_again(3)
    assert len(server.waiting) == 1
    bench.echo.hold.set()
    await server.drained()
    assert len(server.messages(chat)) == 1


def answering_slowly(bench: Bench) -> asyncio.Event:
    """Let commands with "slow" in them wait for the event; all others are answered at once."""
    free = asyncio.Event()

    async def answer(request: Request) -> Message:
        if "slow" in request.line:
            await free.wait()
        return plain(f"done {request.line}")

    bench.echo.answer = answer
    return free


async def test_a_slow_command_holds_up_its_own_chat_alone(
    server: TelegramServer, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is confirmed before the slow one has ended, and what came behind it is handled once."""
    monkeypatch.setattr("bot.platforms.telegram_polling.PEEK_SECONDS", 0.01)
    slow, quick = server.chats.private(1), server.chats.private(2)
    free = answering_slowly(bench)
    server.user_says(slow, "/slow")
    server.user_says(slow, "/after")
    for number in range(3):
        server.user_says(quick, f"/quick {number}")
        await server.sent(quick, number + 1)
    assert server.messages(slow) == []
    await server.polled_again(3)
    assert len(server.waiting) == 5, "an update behind one that is not handled is not confirmed either"
    free.set()
    await server.drained()
    assert [shown["text"] for shown in server.messages(slow)] == ["done slow", "done after"]
    assert [shown["text"] for shown in server.messages(quick)] == [f"done quick {number}" for number in range(3)]
    assert server.messages(slow)[0]["message_id"] < server.messages(slow)[1]["message_id"]


async def test_what_waits_behind_a_slow_command_is_handled_at_the_next_start(
    server: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.telegram_polling.PEEK_SECONDS", 0.01)
    slow, quick, seen = server.chats.private(1), server.chats.private(2), SeenEvents()
    async with receiving(server, seen=seen) as first:

        async def answer(request: Request) -> Message:
            if "slow" in request.line:
                await asyncio.Event().wait()
            return plain("quick")

        first.echo.answer = answer
        server.user_says(slow, "/slow")
        server.user_says(slow, "/after")
        server.user_says(quick, "/quick")
        await server.sent(quick)
    async with receiving(server, seen=seen):
        await server.drained()
    assert [shown["text"] for shown in server.messages(slow)] == ["you said slow", "you said after"]
    assert [shown["text"] for shown in server.messages(quick)] == ["quick"], "it is not answered again"


async def test_only_so_many_are_handled_at_once(
    server: TelegramServer, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.telegram_polling.PEEK_SECONDS", 0.01)
    bench.echo.hold = asyncio.Event()
    chats = [server.chats.private(number) for number in range(1, MOST_AT_ONCE + 4)]
    for chat in chats:
        server.user_says(chat, "/slow")
    await bench.echo.asked(MOST_AT_ONCE)
    await server.polled_again(3)
    assert len(bench.echo.requests) == MOST_AT_ONCE
    bench.echo.hold.set()
    await server.drained()
    assert [len(server.messages(chat)) for chat in chats] == [1] * len(chats)


@given(st.dictionaries(st.text(max_size=8), st.recursive(st.none() | st.integers() | st.text(max_size=4), _nested)))
def test_any_json_has_a_lane(raw: dict[str, Any]) -> None:
    assert isinstance(lane_of(raw), str)


async def test_command_cut_off_by_the_end_is_run_at_the_next_start(server: TelegramServer) -> None:
    chat, seen = server.chats.private(), SeenEvents()
    async with receiving(server, seen=seen) as first:
        first.echo.hold = asyncio.Event()
        server.user_says(chat, "/subscribe")
        await first.echo.asked()
    async with receiving(server, seen=seen) as second:
        await server.sent(chat)
        assert second.echo.requests[0].line == "subscribe"


async def test_update_that_comes_again_is_handled_once(server: TelegramServer, bench: Bench) -> None:
    chat = server.chats.private()
    message = server.user_says(chat, "/latest")
    await server.sent(chat)
    await server.drained()
    repeated = int(server.of("getUpdates")[-1]["offset"]) - 1
    server.put("message", message, update_id=repeated)
    server.user_says(chat, "/status")
    await server.sent(chat, 2)
    assert [request.line for request in bench.echo.requests] == ["latest", "status"]


async def test_update_handled_before_a_restart_is_not_answered_again(server: TelegramServer) -> None:
    chat, seen = server.chats.private(), SeenEvents()
    async with receiving(server, seen=seen):
        message = server.user_says(chat, "/latest")
        await server.sent(chat)
        await server.drained()
    handled = int(server.of("getUpdates")[-1]["offset"]) - 1
    server.put("message", message, update_id=handled)
    async with receiving(server, seen=seen) as second:
        server.user_says(chat, "/status")
        await server.sent(chat, 2)
        assert second.echo.requests[-1].line == "status"
        await server.drained()
    assert [shown["text"] for shown in server.messages(chat)] == ["you said latest", "you said status"]


async def test_memory_that_fails_costs_no_answer_to_the_next(
    server: TelegramServer, bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    chat = server.chats.private()
    bench.seen.failing = True
    server.user_says(chat, "/latest")
    (answer,) = await server.sent(chat)
    assert answer["text"] == "you said latest"
    assert "the database is locked" in caplog.text


async def test_unreadable_update_is_passed_over(
    server: TelegramServer, bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    chat = server.chats.private()
    server.put("message", {"message_id": "no number", "date": None, "chat": {"id": 1, "type": "hologram"}})
    server.put("message", {})
    server.user_says(chat, "/latest")
    (answer,) = await server.sent(chat)
    assert answer["text"] == "you said latest"
    assert "could not be read" in caplog.text


async def test_kinds_that_were_not_asked_for_are_passed_over(server: TelegramServer, bench: Bench) -> None:
    chat = server.chats.private()
    await server.until(lambda: bool(server.of("getUpdates")))
    server.put("hologram", {"depth": 3})
    server.user_says(chat, "/latest")
    assert len(await server.sent(chat)) == 1


async def test_outage_is_waited_out(server: TelegramServer, bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    chat, port = server.chats.private(), server.port
    await server.until(lambda: bool(server.of("getUpdates")))
    await server.stop(back=True)
    await bench.until(lambda: len(bench.clock.slept) >= 6)
    assert bench.clock.slept[:6] == [1, 2, 5, 10, 30, 30]
    await server.start(port)
    server.user_says(chat, "/latest")
    assert len(await server.sent(chat)) == 1
    assert "Telegram gives no updates" in caplog.text
    assert server.token not in caplog.text


async def test_a_long_outage_is_told_once_and_so_is_its_end(
    server: TelegramServer, caplog: pytest.LogCaptureFixture
) -> None:
    events = Events()
    async with receiving(server, observe=events) as bench:
        await server.until(lambda: bool(server.of("getUpdates")))
        port = server.port
        await server.stop(back=True)
        await bench.until(lambda: sum(bench.clock.slept) > 3600)
        (told,) = events.named("platform_silent")
        assert told["platform"] == "telegram"
        await server.start(port)
        server.user_says(server.chats.private(), "/latest")  # else it would answer when a long poll ends
        await bench.until(lambda: [event for event, _ in events.seen][-1] == "platform_answers")
    assert caplog.text.count("Telegram gives no updates") == 1


@pytest.mark.parametrize(
    "fault",
    [Fault(drop="before"), Fault(garble=True), Fault(page=(502, b"<html>")), refuse(500, "Internal Server Error")],
)
async def test_failed_request_for_updates_is_repeated(server: TelegramServer, fault: Fault) -> None:
    chat = server.chats.private()
    server.user_says(chat, "/latest")
    server.fail("getUpdates", fault)
    async with receiving(server) as bench:
        assert len(await server.sent(chat)) == 1
        assert bench.clock.slept == [1]


async def test_wait_that_telegram_asks_for_is_kept(server: TelegramServer) -> None:
    chat = server.chats.private()
    server.user_says(chat, "/latest")
    server.fail("getUpdates", flood(41))
    async with receiving(server) as bench:
        await server.sent(chat)
        assert bench.clock.slept == [41]


async def test_two_programs_with_one_token_say_so_and_lose_nothing(
    server: TelegramServer, caplog: pytest.LogCaptureFixture
) -> None:
    chat, seen = server.chats.private(), SeenEvents()
    async with receiving(server, seen=seen) as one, receiving(server, seen=seen) as other:
        await one.until(lambda: "Two programs use the same Telegram token" in caplog.text)
        for number in range(20):
            server.user_says(chat, f"/latest {number}")
        answers = await server.sent(chat, 20)
        await server.drained()
        assert {answer["text"] for answer in answers} == {f"you said latest {number}" for number in range(20)}
        assert len(server.messages(chat)) == 20
        assert one.clock.slept or other.clock.slept


async def test_forgotten_webhook_is_removed(server: TelegramServer, caplog: pytest.LogCaptureFixture) -> None:
    chat = server.chats.private()
    server.webhook = {"url": "http://127.0.0.1:9/", "secret": ""}
    server.fail("deleteWebhook", refuse(500, "Internal Server Error"))
    async with receiving(server):
        await server.until(lambda: not server.webhook)
        server.user_says(chat, "/latest")
        assert len(await server.sent(chat)) == 1
    assert "the webhook is removed" in caplog.text


async def test_token_revoked_while_running_ends_receiving(server: TelegramServer, bench: Bench) -> None:
    await server.until(lambda: bool(server.of("getUpdates")))
    server.token = "7000000001:another-token"
    server.user_says(server.chats.private(), "/latest")
    assert bench.task is not None
    with pytest.raises(BadCredentials, match="BotFather"):
        async with asyncio.timeout(PATIENCE):
            await bench.task


async def test_receiving_may_be_begun_again(server: TelegramServer, bench: Bench) -> None:
    chat = server.chats.private()
    assert bench.task is not None
    bench.task.cancel()
    await asyncio.gather(bench.task, return_exceptions=True)
    bench.task = asyncio.create_task(bench.platform.run(bench.echo, MENU))
    server.user_says(chat, "/latest")
    assert len(await server.sent(chat)) == 1


@pytest.mark.parametrize("busy", ["waiting", "handling", "answering", "flooded"])
async def test_end_comes_within_two_seconds(server: TelegramServer, busy: str) -> None:
    chat = server.chats.private()
    async with receiving(server) as bench:  # its end fails after 2 seconds
        if busy == "handling":
            bench.echo.hold = asyncio.Event()
        fault = Fault(hold=True) if busy == "answering" else flood(50)
        if busy in ("answering", "flooded"):
            server.fail("sendMessage", *[fault] * 3)
        if busy != "waiting":
            server.user_says(chat, "/latest")
            await bench.echo.asked()
        await server.until(lambda: bool(server.of("getUpdates")) and (fault.reached.is_set() or busy[0] in "wh"))
    assert bench.task is not None
    assert bench.task.done()
