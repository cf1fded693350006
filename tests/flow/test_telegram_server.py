"""The local Bot API server refuses what Telegram refuses, whatever form a call comes in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import ClientSession, FormData

from tests.telegram_chats import Json
from tests.telegram_entities import BadEntities, check, read_html
from tests.telegram_server import TelegramServer


async def call(server: TelegramServer, method: str, **how: Any) -> Json:
    async with ClientSession() as session, session.post(f"{server.url}/bot{server.token}/{method}", **how) as answer:
        return dict(await answer.json())


FIELDS = {"chat_id": "501", "text": "Released", "entities": '[{"type": "bold", "offset": 0, "length": 8}]'}


@pytest.mark.parametrize(
    "how",
    [
        {"data": FIELDS},
        {"json": FIELDS | {"chat_id": 501, "entities": json.loads(FIELDS["entities"])}},
        {"params": FIELDS},
    ],
)
async def test_call_is_read_from_form_json_and_query(server: TelegramServer, how: dict[str, Any]) -> None:
    chat = server.chats.private()
    assert (await call(server, "sendMessage", **how))["ok"]
    assert server.messages(chat)[0]["entities"] == [{"type": "bold", "offset": 0, "length": 8}]


async def test_file_is_attached_by_multipart(server: TelegramServer) -> None:
    server.chats.private()
    form = FormData({"chat_id": "501", "document": "attach://part"})
    form.add_field("part", b"0123456789", filename="digest.txt")
    answer = await call(server, "sendDocument", data=form)
    assert answer["result"]["document"]["file_size"] == 10


@pytest.mark.parametrize(
    ("fields", "description"),
    [
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": " "}, "message text is empty"),
        ({"chat_id": "1"}, "chat not found"),
        ({"message_thread_id": "5"}, "message thread not found"),
        ({"reply_parameters": '{"message_id": 9}'}, "message to be replied not found"),
        ({"entities": '[{"type": "bold", "offset": 0, "length": 9}]'}, "ends after the text"),
        ({"text": "5 < 6", "entities": "", "parse_mode": "HTML"}, "Unsupported start tag"),
        ({"reply_markup": '{"inline_keyboard": [[{"text": "x"}]]}'}, "exactly one"),
        ({"reply_markup": '{"inline_keyboard": [[{"text": "", "callback_data": "x"}]]}'}, "Text buttons"),
        ({"reply_markup": '{"inline_keyboard": [[{"text": "x", "url": "http://localhost"}]]}'}, "Wrong HTTP URL"),
        (
            {"reply_markup": json.dumps({"inline_keyboard": [[{"text": "x", "callback_data": "я" * 33}]]})},
            "BUTTON_DATA_INVALID",
        ),
    ],
)
async def test_bad_message_is_refused(server: TelegramServer, fields: dict[str, str], description: str) -> None:
    chat = server.chats.private()
    answer = await call(server, "sendMessage", data=FIELDS | fields)
    assert (answer["ok"], answer["error_code"]) == (False, 400)
    assert description in answer["description"]
    assert server.messages(chat) == []


BAD_ENTITIES: list[tuple[str, list[Json]]] = [
    ("abcd", [{"type": "glitter", "offset": 0, "length": 1}]),
    ("abcd", [{"type": "bold", "offset": 0, "length": 0}]),
    ("abcd", [{"type": "bold", "offset": -1, "length": 2}]),
    ("🕊abc", [{"type": "bold", "offset": 1, "length": 2}]),
    ("a  d", [{"type": "bold", "offset": 1, "length": 2}]),
    ("abcd", [{"type": "text_link", "offset": 0, "length": 2, "url": "javascript:x"}]),
    ("abcd", [{"type": "date_time", "offset": 0, "length": 2, "unix_time": 1, "date_time_format": "td"}]),
    ("abcd", [{"type": "bold", "offset": 0, "length": 3}, {"type": "italic", "offset": 1, "length": 3}]),
    ("abcd", [{"type": "bold", "offset": 0, "length": 4}, {"type": "code", "offset": 1, "length": 1}]),
    (
        "abcd",
        [{"type": "blockquote", "offset": 0, "length": 4}, {"type": "expandable_blockquote", "offset": 0, "length": 1}],
    ),
    (
        "abcd",
        [
            {"type": "text_link", "offset": 0, "length": 4, "url": "https://x.example"},
            {"type": "date_time", "offset": 1, "length": 1, "unix_time": 1},
        ],
    ),
    ("a" * 101, [{"type": "bold", "offset": at, "length": 1} for at in range(101)]),
]


@pytest.mark.parametrize(("text", "entities"), BAD_ENTITIES)
def test_bad_entities_are_refused(text: str, entities: list[Json]) -> None:
    with pytest.raises(BadEntities):
        check(text, entities)


def test_html_is_read() -> None:
    text, entities = read_html('🕊 <b>5 &lt; 6 <i>&amp;</i></b> <a href="https://x.example/?a=1&amp;b=2">link</a>')
    assert text == "🕊 5 < 6 & link"
    assert entities == [
        {"type": "bold", "offset": 3, "length": 7},
        {"type": "italic", "offset": 9, "length": 1},
        {"type": "text_link", "offset": 11, "length": 4, "url": "https://x.example/?a=1&b=2"},
    ]
    check(text, entities)


@pytest.mark.parametrize("source", ["5 < 6", "<p>x</p>", "<b>x", "<b>x</i>", "x</b>", '<a href="a"b">x</a>'])
def test_bad_html_is_refused(source: str) -> None:
    with pytest.raises(BadEntities):
        read_html(source)


async def test_message_of_another_cannot_be_edited_or_deleted(server: TelegramServer) -> None:
    chat = server.chats.private()
    number = server.user_says(chat, "hello")["message_id"]
    fields = {"chat_id": "501", "message_id": str(number), "text": "x"}
    assert "can't be edited" in (await call(server, "editMessageText", data=fields))["description"]
    assert "can't be deleted" in (await call(server, "deleteMessage", data=fields))["description"]


async def test_own_message_is_edited_once_and_deleted_once(server: TelegramServer) -> None:
    chat = server.chats.private()
    number = (await call(server, "sendMessage", data=FIELDS))["result"]["message_id"]
    fields = {"chat_id": "501", "message_id": str(number), "text": "x"}
    assert (await call(server, "editMessageText", data=fields))["ok"]
    assert "not modified" in (await call(server, "editMessageText", data=fields))["description"]
    assert (await call(server, "deleteMessage", data=fields))["result"] is True
    assert "not found" in (await call(server, "deleteMessage", data=fields))["description"]
    assert server.messages(chat) == []


async def test_pressed_button_is_answered_once(server: TelegramServer) -> None:
    chat = server.chats.private()
    keyboard = '{"inline_keyboard": [[{"text": "Why?", "callback_data": "why 1"}]]}'
    await call(server, "sendMessage", data=FIELDS | {"reply_markup": keyboard})
    press = server.press(chat, server.messages(chat)[0], "Why?")
    too_long = {"callback_query_id": press.id, "text": "x" * 201}
    assert not (await call(server, "answerCallbackQuery", data=too_long))["ok"]
    assert (await call(server, "answerCallbackQuery", data={"callback_query_id": press.id}))["ok"]
    assert not (await call(server, "answerCallbackQuery", data={"callback_query_id": press.id}))["ok"]


async def test_offset_confirms_and_kinds_are_kept(server: TelegramServer) -> None:
    chat = server.chats.private()
    for text in ("one", "two", "three"):
        server.user_says(chat, text)
    first = (await call(server, "getUpdates", data={"limit": "2"}))["result"]
    assert [update["message"]["text"] for update in first] == ["one", "two"]
    rest = (await call(server, "getUpdates", data={"offset": str(first[-1]["update_id"] + 1)}))["result"]
    assert [update["message"]["text"] for update in rest] == ["three"]
    assert (await call(server, "getUpdates", data={"allowed_updates": '["callback_query"]'}))["result"] == []


async def test_token_is_checked(server: TelegramServer) -> None:
    for token, code in (("7000000001:wrong", 401), ("wrong", 404)):
        async with ClientSession() as session, session.get(f"{server.url}/bot{token}/getMe") as answer:
            assert (answer.status, (await answer.json())["ok"]) == (code, False)
    assert (await call(server, "getMe"))["result"]["username"] == "minskwatchbot"
    assert (await call(server, "getMoon"))["error_code"] == 404
