"""Answers in groups that the asker alone sees, through the real aiogram and the local Bot API server."""

from __future__ import annotations

from dataclasses import replace

from core.files import Attachment
from core.message import Button, Message, plain
from core.ports import MenuEntry
from tests.telegram_bot import Bench, alert, receiving, target
from tests.telegram_chats import Chat, Json, person
from tests.telegram_server import TelegramServer
from tests.telegram_wire import refuse

LONG = replace(plain("reason " * 50), private=True)
TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


def seen_by(chat: Chat, user: int) -> list[Json]:
    """The bot's ephemeral messages for a member."""
    return [one for one in chat.alone.values() if one["seen_by"] == user and one["from"]["is_bot"]]


async def pressed_why(server: TelegramServer, bench: Bench, group: Chat, user: int, thread: int = 0) -> None:
    await bench.platform.send(target(group, thread), alert())
    press = server.press(group, server.messages(group)[0], "Why?", user=person(user))
    await server.pressed(press)
    await server.drained()


async def test_long_private_answer_to_a_press_in_a_group_is_seen_by_the_asker_alone(
    server: TelegramServer, bench: Bench
) -> None:
    group = server.chats.group(forum=True)
    thread = server.chats.topic(group, "Releases")
    bench.echo.answer = LONG
    await pressed_why(server, bench, group, 10, thread)
    (answer,) = seen_by(group, 10)
    assert answer["text"].startswith("reason reason")
    assert answer["message_thread_id"] == thread
    assert len(server.messages(group)) == 1
    assert [call.method for call in server.calls if call.method in ("sendmessage", "answercallbackquery")] == [
        "sendmessage",
        "sendmessage",
        "answercallbackquery",
    ]


async def test_what_cannot_be_shown_to_the_asker_alone_stands_under_the_message(
    server: TelegramServer, bench: Bench
) -> None:
    """The right to it ends after 15 seconds, and Bot API servers of one's own may not know it yet."""
    group = server.chats.group()
    await bench.platform.send(target(group), alert())
    bench.echo.answer = LONG
    server.fail("sendMessage", refuse(400, TOO_OLD))
    press = server.press(group, server.messages(group)[0], "Why?", user=person(10))
    assert await server.pressed(press) == {}
    shown, answer = await server.sent(group, 2)
    assert answer["reply_to_message"]["message_id"] == shown["message_id"]
    assert seen_by(group, 10) == []


async def test_file_for_the_asker_alone(server: TelegramServer, bench: Bench) -> None:
    group = server.chats.group()
    bench.echo.answer = Message(
        plain("1 story").lines, file=Attachment("stories.csv", "text/csv", b"a,b"), private=True
    )
    await pressed_why(server, bench, group, 10)
    (answer,) = seen_by(group, 10)
    assert (answer["document"]["file_name"], answer["caption"]) == ("stories.csv", "1 story")


async def test_ephemeral_command_is_answered_so_even_when_the_answer_is_for_the_chat(
    server: TelegramServer, bench: Bench
) -> None:
    group = server.chats.group()
    bench.echo.answer = plain("Subscribed.")
    question = server.user_says(group, "/subscribe", user=person(10), alone=True)
    await server.until(lambda: bool(seen_by(group, 10)))
    assert question["message_id"] == 0
    assert server.messages(group) == []
    assert server.of("sendMessage")[0]["reply_parameters"] == {"ephemeral_message_id": 1}
    assert bench.echo.requests[0].message_ref == ""


async def test_answer_to_an_ephemeral_command_is_never_shown_to_the_group(server: TelegramServer, bench: Bench) -> None:
    group = server.chats.group()
    bench.echo.answer = LONG
    server.fail("sendMessage", refuse(400, TOO_OLD), refuse(400, TOO_OLD))
    server.user_says(group, "/why 12", user=person(10), alone=True)
    await server.drained()
    await bench.until(lambda: len(server.of("sendMessage")) == 2)
    assert server.messages(group) == []


async def test_button_of_an_ephemeral_message_works(server: TelegramServer, bench: Bench) -> None:
    group = server.chats.group()
    bench.echo.answer = replace(LONG, buttons=((Button("More", command="latest 9"),),))
    server.user_says(group, "/latest", user=person(10), alone=True)
    await server.until(lambda: bool(seen_by(group, 10)))
    await server.pressed(server.press(group, seen_by(group, 10)[0], "More", user=person(10)))
    await server.drained()
    assert [(request.line, request.message_ref) for request in bench.echo.requests] == [
        ("latest", ""),
        ("latest 9", ""),
    ]
    assert len(seen_by(group, 10)) == 2


async def test_menus_of_groups_mark_what_is_answered_to_the_asker_alone(server: TelegramServer) -> None:
    menu = (MenuEntry("latest", "The last stories", private=True), MenuEntry("start", "Begin"))
    for wanted in (True, False):
        async with receiving(server, menu=menu, ephemeral=wanted):
            await server.until(lambda: "de" in server.profile.short_descriptions)
        marked = {
            scope: [command["command"] for command in shown if command.get("is_ephemeral")]
            for (scope, _), shown in server.profile.menus.items()
        }
        among_others = ["latest"] if wanted else []
        assert marked == {
            "default": among_others,
            "all_private_chats": [],
            "all_chat_administrators": among_others,
        }
        server.profile.short_descriptions.clear()


async def test_switched_off_answers_to_presses_are_shown_to_the_group(server: TelegramServer) -> None:
    async with receiving(server, ephemeral=False) as bench:
        group = server.chats.group()
        bench.echo.answer = LONG
        await pressed_why(server, bench, group, 10)
        await server.sent(group, 2)
    assert seen_by(group, 10) == []
