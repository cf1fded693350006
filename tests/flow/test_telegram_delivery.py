"""Sending and editing in Telegram: every refusal and every lost connection, and what it means for the alert."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from core.errors import (
    BadCredentials,
    DeliveryError,
    MessageMissing,
    MessageRejected,
    OutcomeUnknown,
    RetryLater,
    TargetGone,
    TargetMoved,
    Unreachable,
)
from core.message import Line, LineKind, Message, Span, Style, line, plain
from core.model import Target
from tests.telegram_bot import Bench, alert, make, opened, settings, target
from tests.telegram_chats import BOT_ID
from tests.telegram_entities import part, units
from tests.telegram_server import TelegramServer
from tests.telegram_wire import Fault, flood, refuse


@pytest.fixture
async def bench(server: TelegramServer) -> AsyncIterator[Bench]:
    async with opened(server) as started:
        yield started


BAD = "Bad Request: "
REFUSALS = [
    (400, BAD + "chat not found", TargetGone),
    (400, BAD + "not enough rights to send text messages to the chat", TargetGone),
    (400, BAD + "need administrator rights in the channel chat", TargetGone),
    (400, BAD + "CHAT_WRITE_FORBIDDEN", TargetGone),
    (400, BAD + "message thread not found", TargetGone),
    (400, BAD + "TOPIC_CLOSED", TargetGone),
    (400, BAD + "group chat was upgraded to a supergroup chat", TargetGone),
    (403, "Forbidden: bot was blocked by the user", TargetGone),
    (403, "Forbidden: bot was kicked from the supergroup chat", TargetGone),
    (403, "Forbidden: user is deactivated", TargetGone),
    (403, "Forbidden: bot is not a member of the channel chat", TargetGone),
    (403, "Forbidden: bot can't initiate conversation with a user", TargetGone),
    (400, BAD + "can't parse entities: Can't find end of the entity", MessageRejected),
    (400, BAD + "message is too long", MessageRejected),
    (400, BAD + "BUTTON_DATA_INVALID", MessageRejected),
    (413, "Request Entity Too Large", MessageRejected),
    (401, "Unauthorized", BadCredentials),
    (404, "Not Found", BadCredentials),
    (500, "Internal Server Error", Unreachable),
    (502, "Bad Gateway: restart", Unreachable),
    (429, "Too Many Requests: retry after 9", RetryLater),
]


@pytest.mark.parametrize(("status", "description", "error"), REFUSALS)
async def test_refusal_of_a_message_says_what_to_do(
    server: TelegramServer, bench: Bench, status: int, description: str, error: type[DeliveryError]
) -> None:
    chat = server.chats.private()
    server.fail("sendMessage", refuse(status, description))
    with pytest.raises(error) as caught:
        await bench.platform.send(target(chat), alert())
    assert type(caught.value) is error
    assert server.token.partition(":")[2] not in str(caught.value)
    if isinstance(caught.value, RetryLater):
        bench.clock.advance(caught.value.retry_after)
    assert (
        await bench.platform.send(target(chat), alert()) == f"{BOT_ID}:1"
    )  # nothing was shown before, and the next one is


async def test_flood_says_how_long(server: TelegramServer, bench: Bench) -> None:
    server.fail("sendMessage", flood(37))
    with pytest.raises(RetryLater, match="37 s") as caught:
        await bench.platform.send(target(server.chats.private()), alert())
    assert (caught.value.retry_after, caught.value.scope) == (37.0, "chat")


async def test_group_that_became_a_supergroup_says_where_it_is(server: TelegramServer, bench: Bench) -> None:
    group = server.chats.group(super_=False)
    new = server.migrate(group, quietly=True)
    with pytest.raises(TargetMoved) as caught:
        await bench.platform.send(target(group), alert())
    assert caught.value.moved_to == target(new)
    assert await bench.platform.send(caught.value.moved_to, alert()) == f"{BOT_ID}:1"


@pytest.mark.parametrize("address", ["telegram:404", "telegram:@nowhere", "telegram:nonsense", "telegram:-1001/x"])
async def test_unknown_chat_is_gone(bench: Bench, address: str) -> None:
    with pytest.raises(TargetGone, match=address):
        await bench.platform.send(Target.parse(address), alert())


async def test_public_channel_is_reached_by_its_name(server: TelegramServer, bench: Bench) -> None:
    channel = server.chats.channel("minsknews")
    reference = await bench.platform.send(Target("telegram", "@minsknews"), alert())
    await bench.platform.edit(Target("telegram", "@minsknews"), reference, plain("later"))
    assert [message["text"] for message in server.messages(channel)] == ["later"]


async def test_topic_is_reached_and_an_unknown_one_is_gone(server: TelegramServer, bench: Bench) -> None:
    forum = server.chats.group(forum=True)
    thread = server.chats.topic(forum, "Releases")
    await bench.platform.send(target(forum, thread), alert())
    assert server.messages(forum)[0]["message_thread_id"] == thread
    with pytest.raises(TargetGone):
        await bench.platform.send(target(forum, 999), alert())


# --- editing ----------------------------------------------------------------------------------------------------------


async def test_edit_changes_words_and_buttons(server: TelegramServer, bench: Bench) -> None:
    chat = server.chats.private()
    reference = await bench.platform.send(target(chat), alert())
    await bench.platform.edit(target(chat), reference, plain("Retracted"))
    (message,) = server.messages(chat)
    assert message["text"] == "Retracted"
    assert "reply_markup" not in message


async def test_edit_to_the_same_is_a_success(server: TelegramServer, bench: Bench) -> None:
    chat = server.chats.private()
    reference = await bench.platform.send(target(chat), alert())
    await bench.platform.edit(target(chat), reference, alert())
    assert server.of("editMessageText")[0]["message_id"] == 1


@pytest.mark.parametrize("reference", [f"{BOT_ID}:999", "1", "7000000002:1", "", "C012:1.2"])
async def test_edit_of_what_is_not_there_is_missing(server: TelegramServer, bench: Bench, reference: str) -> None:
    with pytest.raises(MessageMissing):
        await bench.platform.edit(target(server.chats.private()), reference, alert())


@pytest.mark.parametrize("description", ["message can't be edited", "MESSAGE_ID_INVALID", "message to edit not found"])
async def test_edit_that_is_impossible_is_missing(server: TelegramServer, bench: Bench, description: str) -> None:
    server.fail("editMessageText", refuse(400, BAD + description))
    with pytest.raises(MessageMissing):
        await bench.platform.edit(target(server.chats.private()), f"{BOT_ID}:5", alert())


# --- lost connections -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        (Fault(drop="before"), 0),
        (Fault(drop="after"), 1),
        (Fault(garble=True), 1),
        (Fault(page=(502, b"<html>Bad Gateway</html>")), 0),
        (Fault(page=(200, b'{"ok": \xff\xfe}')), 0),
    ],
)
async def test_lost_answer_leaves_the_outcome_unknown_and_repeats_nothing(
    server: TelegramServer, bench: Bench, fault: Fault, shown: int
) -> None:
    chat = server.chats.private()
    server.fail("sendMessage", fault)
    with pytest.raises(OutcomeUnknown):
        await bench.platform.send(target(chat), alert())
    assert len(server.messages(chat)) == shown
    assert len(server.of("sendMessage")) == 1


async def test_no_connection_means_that_nothing_was_shown(server: TelegramServer, bench: Bench) -> None:
    chat = server.chats.private()
    port = server.port
    await server.stop(back=True)
    with pytest.raises(Unreachable):
        await bench.platform.send(target(chat), alert())
    await server.start(port)
    assert await bench.platform.send(target(chat), alert()) == f"{BOT_ID}:1"


async def test_redirect_is_not_followed(server: TelegramServer, bench: Bench) -> None:
    elsewhere = f"{server.url}/bot{server.token}/sendDocument"
    server.fail("sendMessage", Fault(redirect=elsewhere))
    with pytest.raises(Unreachable, match="redirects") as caught:
        await bench.platform.send(target(server.chats.private()), alert())
    assert server.of("sendDocument") == []
    assert server.token not in str(caught.value)


async def test_answer_with_something_new_in_it_is_still_understood(server: TelegramServer, bench: Bench) -> None:
    chat = server.chats.private()
    chat.username = ["not", "a", "text"]  # type: ignore[assignment]
    assert await bench.platform.send(target(chat), alert()) == f"{BOT_ID}:1"
    await bench.platform.edit(target(chat), f"{BOT_ID}:1", plain("later"))


async def test_cancelled_send_ends_at_once_and_leaves_the_platform_sound(server: TelegramServer, bench: Bench) -> None:
    chat = server.chats.private()
    fault = server.fail("sendMessage", Fault(hold=True))
    sending = asyncio.create_task(bench.platform.send(target(chat), alert()))
    await fault.reached.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    fault.release.set()
    assert await bench.platform.send(target(chat), alert()) == f"{BOT_ID}:2"


# --- opening ----------------------------------------------------------------------------------------------------------


async def test_open_says_who_we_are_and_changes_nothing(server: TelegramServer) -> None:
    bench = make(settings(server, mode="webhook", webhook_url=server.url, webhook_secret="x"))
    assert await bench.platform.open() == "@minskwatchbot"
    assert [call.method for call in server.calls] == ["getme"]
    await bench.stop()


@pytest.mark.parametrize("token", ["7000000001:wrong-token-wrong-token-wrong-token", "nonsense", "12:a b", "x:y", ""])
async def test_wrong_token_is_refused_with_a_remedy_and_without_the_token(
    server: TelegramServer, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    bench = make(settings(server, token=token))
    with caplog.at_level(logging.DEBUG), pytest.raises(BadCredentials, match="BotFather") as caught:
        await bench.platform.open()
    assert token == "" or (token not in str(caught.value) and token not in caplog.text)
    await bench.stop()


@pytest.mark.parametrize("base", ["http://127.0.0.1:9", "http://nowhere.invalid"])
async def test_server_that_is_not_there_is_unreachable(server: TelegramServer, base: str) -> None:
    bench = make(settings(server, api_base=base))
    with pytest.raises(Unreachable, match="no connection"):
        await bench.platform.open()
    await bench.stop()


@pytest.mark.parametrize("fault", [flood(9), Fault(drop="before"), Fault(page=(503, b"down")), refuse(500, "Internal")])
async def test_server_out_of_order_is_unreachable(server: TelegramServer, fault: Fault) -> None:
    server.fail("getMe", fault)
    bench = make(settings(server))
    with pytest.raises(Unreachable):
        await bench.platform.open()
    assert await bench.platform.open() == "@minskwatchbot"
    await bench.stop()


async def test_send_before_open_and_after_close_is_unreachable(server: TelegramServer) -> None:
    bench = make(settings(server))
    chat = target(server.chats.private())
    with pytest.raises(Unreachable):
        await bench.platform.send(chat, alert())
    await bench.platform.open()
    await bench.stop()
    with pytest.raises(Unreachable):
        await bench.platform.send(chat, alert())


# --- texts ------------------------------------------------------------------------------------------------------------

TITLES = [
    "<b>&*_~`[x](y)",
    "&lt;i&gt; &amp; 5 < 6 > 4 </b>",
    "שוחררו 14 אסירים \u200f(מינסק)\u200e",
    "أُفرج عن ١٤ سجينًا",
    "👩‍👩‍👧‍👦 🇧🇾 вызвалены",
    "lone \ud83d half",
    "nul \x00 and tab \t and return \r",
]


@pytest.mark.parametrize("title", TITLES)
async def test_title_from_outside_arrives_as_it_is(server: TelegramServer, bench: Bench, title: str) -> None:
    chat = server.chats.private()
    await bench.platform.send(target(chat), alert(title))
    (message,) = server.messages(chat)
    (link,) = [entity for entity in message["entities"] if entity["type"] == "text_link"][:1]
    expected = title.replace("\ud83d", "\ufffd").translate(dict.fromkeys(range(32), " "))
    assert part(message["text"], link) == expected


@pytest.mark.parametrize("length", [4095, 4096, 4097, 9000])
@pytest.mark.parametrize("letter", ["a", "я", "🕊", "👩‍👩‍👧‍👦"])
async def test_alert_at_the_limit_is_one_message(
    server: TelegramServer, bench: Bench, length: int, letter: str
) -> None:
    chat = server.chats.private()
    body = (letter * length)[: length // max(1, units(letter) // len(letter))]
    message = Message((Line((Span(body, Style.BOLD, "https://news.example/"),), LineKind.TITLE), line("small print")))
    await bench.platform.send(target(chat), message)
    (shown,) = server.messages(chat)
    assert units(shown["text"]) <= 4096
    assert units(shown["text"]) > 3900


async def test_message_without_a_word_is_rejected(server: TelegramServer, bench: Bench) -> None:
    with pytest.raises(MessageRejected):
        await bench.platform.send(target(server.chats.private()), plain(" "))
