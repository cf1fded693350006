"""Commands and buttons in every kind of Telegram chat, through the real aiogram against a local Bot API server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.message import Button, Message, plain
from core.model import Actor, Role, Target
from core.ports import Request
from tests.telegram_bot import Bench, alert, receiving, target
from tests.telegram_chats import BOT_ID, Refusal, person
from tests.telegram_entities import part
from tests.telegram_server import TelegramServer
from tests.telegram_wire import flood, refuse


async def test_command_in_a_private_chat_is_asked_and_answered(server: TelegramServer, bench: Bench) -> None:
    chat = server.chats.private(77)
    server.user_says(chat, "/latest 3", user=person(77, lang="be"))
    (answer,) = await server.sent(chat)
    assert bench.echo.requests == [
        Request(Actor("telegram", "77", "be"), Target("telegram", "77"), "latest 3", Role.ADMIN, private=True)
    ]
    assert answer["text"] == "you said latest 3"
    assert "reply_to_message" not in answer


async def test_any_text_is_a_command_in_private_only(server: TelegramServer, bench: Bench) -> None:
    private, group = server.chats.private(), server.chats.group()
    server.user_says(group, "latest 3")
    server.user_says(private, "latest 3")
    assert (await bench.echo.asked()).private
    await server.drained()
    assert len(bench.echo.requests) == 1


@pytest.mark.parametrize(
    ("text", "line", "addressed"),
    [
        ("/latest 3", "latest 3", False),
        ("/latest@minskwatchbot 3", "latest 3", True),
        ("/latest@MinskWatchBot", "latest", True),
        ("/latest 3@minskwatchbot", "latest 3", True),
        ("@minskwatchbot latest 3", "latest 3", True),
        ("@MinskWatchBot, /latest 3", "latest 3", True),
        ("@minskwatchbot", "", True),
    ],
)
async def test_command_in_a_group_is_answered_under_it(
    server: TelegramServer, bench: Bench, text: str, line: str, addressed: bool
) -> None:
    group = server.chats.group()
    asked = server.user_says(group, text)
    (answer,) = await server.sent(group)
    request = bench.echo.requests[0]
    assert (request.line, request.addressed, request.private) == (line, addressed, False)
    assert request.target == target(group)
    assert answer["reply_to_message"]["message_id"] == asked["message_id"]


@pytest.mark.parametrize(
    "text",
    ["/latest@otherbot 3", "/latest 3@otherbot", "hello @minskwatchbot", "@minskwatchbots latest", "/", "//x", "hello"],
)
async def test_what_is_for_others_is_passed_over(server: TelegramServer, bench: Bench, text: str) -> None:
    group = server.chats.group()
    server.user_says(group, text)
    server.user_says(group, "/status")
    assert (await bench.echo.asked()).line == "status"
    await server.drained()
    assert len(bench.echo.requests) == 1


async def test_edited_forwarded_and_automatic_messages_are_no_commands(server: TelegramServer, bench: Bench) -> None:
    group = server.chats.group()
    origin = {"type": "hidden_user", "sender_user_name": "Reader", "date": 1}
    written = server.user_says(group, "hello")
    server.user_edits(group, written, "/stop")
    server.user_says(group, "/stop", forward_origin=origin)
    server.user_says(group, "/stop", is_automatic_forward=True, sender_chat=server.chats.channel())
    server.user_says(group, "/stop", user=person(9) | {"is_bot": True})
    server.user_says(group, "/stop", via_bot=person(9) | {"is_bot": True})
    server.user_says(group, "/status")
    await server.sent(group)
    await server.drained()
    assert [request.line for request in bench.echo.requests] == ["status"]


async def test_topic_of_a_forum_is_part_of_the_address(server: TelegramServer, bench: Bench) -> None:
    forum = server.chats.group(forum=True)
    thread = server.chats.topic(forum, "Sanctions")
    server.user_says(forum, "/latest", thread=thread)
    (answer,) = await server.sent(forum)
    assert bench.echo.requests[0].target == Target("telegram", str(forum.id), str(thread))
    assert answer["message_thread_id"] == thread


async def test_thread_of_replies_in_a_plain_group_is_no_topic(server: TelegramServer, bench: Bench) -> None:
    group = server.chats.group()
    server.user_says(group, "/latest", message_thread_id=5)
    await server.sent(group)
    assert bench.echo.requests[0].target == target(group)


async def test_post_in_a_channel_comes_from_an_admin(server: TelegramServer, bench: Bench) -> None:
    channel = server.chats.channel("minsknews")
    server.user_says(channel, "A post about nothing in particular")
    server.user_says(channel, "/subscribe")
    (answer,) = await server.sent(channel)
    (request,) = bench.echo.requests
    assert (request.role, request.target, request.private) == (Role.ADMIN, target(channel), False)
    assert request.actor == Actor("telegram", str(channel.id))
    assert "reply_to_message" not in answer


async def test_channel_configured_by_name_keeps_that_address(server: TelegramServer) -> None:
    channel = server.chats.channel("MinskNews")
    async with receiving(server, targets=["telegram:@minsknews"]) as bench:
        server.user_says(channel, "/status")
        assert (await bench.echo.asked()).target == Target("telegram", "@MinskNews")
        await server.sent(channel)


# --- roles ------------------------------------------------------------------------------------------------------------


async def test_roles_in_a_group_are_those_that_telegram_says(server: TelegramServer, bench: Bench) -> None:
    group = server.chats.group(admins=(11,))
    group.statuses[12] = "creator"
    for number in (10, 11, 12):
        server.user_says(group, "/stop", user=person(number))
    await server.sent(group, 3)
    assert [request.role for request in bench.echo.requests] == [Role.VIEWER, Role.ADMIN, Role.ADMIN]


async def test_anonymous_admin_is_an_admin_and_a_channel_in_a_group_is_not(
    server: TelegramServer, bench: Bench
) -> None:
    group, channel = server.chats.group(), server.chats.channel()
    server.user_says(group, "/stop", sender_chat=group)
    server.user_says(group, "/stop", sender_chat=channel)
    await server.sent(group, 2)
    assert [request.role for request in bench.echo.requests] == [Role.ADMIN, Role.VIEWER]
    assert server.of("getChatMember") == []


async def test_role_is_remembered_shortly(server: TelegramServer, bench: Bench) -> None:
    group = server.chats.group(admins=(11,))
    for _ in range(3):
        server.user_says(group, "/status", user=person(11))
    await server.sent(group, 3)
    assert len(server.of("getChatMember")) == 1
    group.statuses[11] = "member"
    bench.clock.advance(31)
    server.user_says(group, "/stop", user=person(11))
    await server.sent(group, 4)
    assert bench.echo.requests[-1].role is Role.VIEWER


async def test_without_an_answer_about_roles_nobody_is_an_admin(server: TelegramServer, bench: Bench) -> None:
    group = server.chats.group(admins=(11,))
    server.fail("getChatMember", refuse(400, "Bad Request: CHAT_ADMIN_REQUIRED"))
    for _ in range(2):
        server.user_says(group, "/stop", user=person(11))
    await server.sent(group, 2)
    assert [request.role for request in bench.echo.requests] == [Role.VIEWER, Role.ADMIN]


# --- answers ----------------------------------------------------------------------------------------------------------


async def test_command_under_an_alert_names_it(server: TelegramServer, bench: Bench) -> None:
    group = server.chats.group()
    shown = await bench.platform.send(target(group), alert())
    server.user_says(group, "/why", reply_to=int(shown.partition(":")[2]))
    assert (await bench.echo.asked()).message_ref == shown


async def test_long_answer_comes_in_parts_with_the_buttons_under_the_last(server: TelegramServer, bench: Bench) -> None:
    group = server.chats.group()
    long = plain(*(f"{number} " + "слово " * 60 for number in range(40)))
    bench.echo.answer = replace(long, buttons=((Button("More", command="latest 10"),),))
    asked = server.user_says(group, "/latest 10")
    await server.drained()
    parts = server.messages(group)
    assert "".join(part["text"] for part in parts).split() == long.text.split()
    assert len(parts) > 2
    assert ["reply_markup" in part for part in parts] == [False] * (len(parts) - 1) + [True]
    assert parts[0]["reply_to_message"]["message_id"] == asked["message_id"]


async def test_answer_is_given_after_the_wait_that_telegram_asks_for(server: TelegramServer, bench: Bench) -> None:
    chat = server.chats.private()
    server.fail("sendMessage", flood(17))
    server.user_says(chat, "/latest")
    await server.sent(chat)
    assert bench.clock.slept == [17.0]


async def test_answer_that_is_refused_is_given_in_plain_words(server: TelegramServer, bench: Bench) -> None:
    chat = server.chats.private()
    bench.echo.answer = alert()
    server.fail("sendMessage", refuse(400, "Bad Request: can't parse entities: something new"))
    server.user_says(chat, "/latest")
    (answer,) = await server.sent(chat)
    assert answer["entities"] == []
    assert "https://news.example/a?b=1&c=2" in answer["text"]


async def test_answer_follows_a_group_that_became_a_supergroup(server: TelegramServer, bench: Bench) -> None:
    group = server.chats.group(super_=False)
    bench.echo.answer = lambda _: move()
    new = None

    def move() -> Message:
        nonlocal new
        new = server.migrate(group, quietly=True)
        return plain("done")

    server.user_says(group, "/stop")
    await server.until(lambda: new is not None and bool(server.messages(new)))


async def test_failing_command_does_not_hold_up_the_next(
    server: TelegramServer, bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    chat = server.chats.private()
    bench.echo.raising = RuntimeError("a defect")
    server.user_says(chat, "/latest")
    await bench.echo.asked()
    await server.drained()
    bench.echo.raising = None
    server.user_says(chat, "/status")
    (answer,) = await server.sent(chat)
    assert answer["text"] == "you said status"
    assert "An update from Telegram failed" in caplog.text


async def test_no_answer_is_no_message(server: TelegramServer, bench: Bench) -> None:
    chat = server.chats.private()
    bench.echo.answer = lambda _: None
    server.user_says(chat, "/whatever")
    await server.drained()
    assert server.messages(chat) == []


# --- buttons ----------------------------------------------------------------------------------------------------------


async def test_pressed_button_is_its_command_line(server: TelegramServer, bench: Bench) -> None:
    chat = server.chats.private()
    shown = await bench.platform.send(target(chat), alert())
    press = server.press(chat, server.messages(chat)[0], "Why?")
    assert await server.pressed(press) == {}
    request = bench.echo.requests[0]
    assert (request.line, request.message_ref, request.addressed, request.role) == ("why 12", shown, True, Role.ADMIN)
    await server.sent(chat, 2)
    assert len(server.of("answerCallbackQuery")) == 1


async def test_short_private_answer_to_a_press_in_a_group_is_a_popup(server: TelegramServer, bench: Bench) -> None:
    group = server.chats.group()
    await bench.platform.send(target(group), alert())
    bench.echo.answer = replace(plain("Only the admins of this chat may do that."), private=True)
    press = server.press(group, server.messages(group)[0], "Why?", user=person(10))
    assert await server.pressed(press) == {"text": "Only the admins of this chat may do that.", "show_alert": True}
    assert bench.echo.requests[0].role is Role.VIEWER
    await server.drained()
    assert len(server.messages(group)) == 1


async def test_long_answer_to_a_reader_of_a_channel_is_given_in_the_readers_own_chat(
    server: TelegramServer, bench: Bench
) -> None:
    channel, reader = server.chats.channel(), server.chats.private(88)
    await bench.platform.send(target(channel), alert())
    bench.echo.answer = replace(plain("reason " * 50), private=True)
    press = server.press(channel, server.messages(channel)[0], "Why?", user=person(88))
    answer = await server.pressed(press)
    address, _, payload = answer["url"].partition("?start=")
    assert address == "https://t.me/minskwatchbot"
    server.user_says(reader, f"/start {payload}")
    await server.sent(reader)
    assert [request.line for request in bench.echo.requests] == ["why 12", "why 12"]
    assert len(server.messages(channel)) == 1


async def test_press_too_old_to_be_answered_still_has_its_effect(server: TelegramServer, bench: Bench) -> None:
    chat = server.chats.private()
    await bench.platform.send(target(chat), alert())
    server.fail("answerCallbackQuery", refuse(400, "Bad Request: query is too old and response timeout expired"))
    server.press(chat, server.messages(chat)[0], "Why?")
    assert (await server.sent(chat, 2))[1]["text"] == "you said why 12"


async def test_button_of_a_message_no_longer_at_hand_still_works(server: TelegramServer, bench: Bench) -> None:
    chat = server.chats.private()
    await bench.platform.send(target(chat), alert())
    message = server.messages(chat)[0]
    server.press(chat, {**message, "date": 0}, "Why?")
    assert (await bench.echo.asked()).message_ref == f"{BOT_ID}:{message['message_id']}"


# --- membership -------------------------------------------------------------------------------------------------------


async def test_being_blocked_or_removed_is_told(server: TelegramServer, bench: Bench) -> None:
    private, group = server.chats.private(), server.chats.group()
    server.bot_becomes(group, "administrator")
    server.bot_becomes(private, "kicked")
    server.bot_becomes(group, "left")
    await server.drained()
    assert bench.told.retired == [
        (target(private), "The bot was blocked in Telegram."),
        (target(group), "The bot was removed from the Telegram chat."),
    ]


async def test_a_group_that_adds_the_bot_is_greeted_in_the_language_of_who_added_it(
    server: TelegramServer, bench: Bench
) -> None:
    group = server.chats.group(admins=(88,))
    server.bot_becomes(group, "member", before="left", by=person(88, lang="lt"))
    (greeting,) = await server.sent(group)
    assert bench.echo.requests == [Request(Actor("telegram", "88", "lt"), target(group), "start", Role.ADMIN)]
    assert greeting["text"] == "you said start"


async def test_a_channel_that_adds_the_bot_again_is_served_again_and_told_nothing(
    server: TelegramServer, bench: Bench
) -> None:
    """/start resumes what was paused when the bot was removed; a channel's readers cannot answer."""
    channel = server.chats.channel(admins=(88,))
    server.bot_becomes(channel, "administrator", before="left", by=person(88))
    assert await bench.echo.asked() == Request(Actor("telegram", "88", "en"), target(channel), "start", Role.ADMIN)
    await server.drained()
    assert not server.messages(channel)


async def test_who_may_not_write_in_a_group_that_adds_it_goes_on(server: TelegramServer, bench: Bench) -> None:
    group = server.chats.group()
    forbidden = Refusal(400, "Bad Request: not enough rights to send text messages to the chat")
    server.bot_becomes(group, "member", forbidden, before="kicked")
    assert (await bench.echo.asked()).line == "start"
    await server.drained()
    assert bench.told.retired == []


async def test_group_that_became_a_supergroup_is_told(server: TelegramServer, bench: Bench) -> None:
    group = server.chats.group(super_=False)
    new = server.migrate(group)
    await server.drained()
    assert bench.told.moved == [(target(group), target(new))]


async def test_deep_link_of_a_topic_reaches_the_start_command(server: TelegramServer, bench: Bench) -> None:
    chat = server.chats.private()
    server.user_says(chat, "/start prisoner-release")
    assert (await bench.echo.asked()).line == "start prisoner-release"


async def test_alert_looks_as_it_should(server: TelegramServer, bench: Bench) -> None:
    chat = server.chats.private()
    await bench.platform.send(target(chat), replace(alert(at=bench.clock.now()), silent=True))
    (message,) = server.messages(chat)
    found = [(entity["type"], part(message["text"], entity)) for entity in message["entities"]]
    assert message["text"].split("\n") == [
        "Prisoner releases · 2 sources · #12",
        "Fourteen released (Russian)",
        "• Reported freed: 14",
        "Agency, 19 Mar",
        "Paper 19 Mar",
        "Matched: released 14",
    ]
    assert ("bold", "Fourteen released (Russian)") in found
    assert ("text_link", "Fourteen released") in found
    assert ("blockquote", "Agency, 19 Mar\nPaper 19 Mar") in found
    assert ("date_time", "19 Mar") in found
    assert ("code", "released 14") in found
    assert ("italic", "Matched: ") in found
    assert message["silent"]
    call = server.of("sendMessage")[0]
    assert call["link_preview_options"] == {"is_disabled": True}
    assert "parse_mode" not in call
