"""Commands from Slack over the wire: the real slack-bolt against a local Slack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.message import Button, Message, Span, line, plain
from core.model import Actor, Role, Target
from tests.echo import Echo
from tests.slack_bot import opened, receiving
from tests.slack_server import SlackServer
from tests.slack_server_values import Fault


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        server.add_channel("C1", {"U1", server.bot_user})
        yield server


@pytest.fixture
def echo() -> Echo:
    return Echo()


def for_asker(*texts: str) -> Message:
    return Message(tuple(line(text) for text in texts), private=True)


# --- ways in --------------------------------------------------------------------------------------------------------


async def test_slash_command_is_acknowledged_empty_and_answered_in_the_channel(slack: SlackServer, echo: Echo) -> None:
    async with receiving(slack, echo):
        ack = await slack.slash("U1", "C1", "latest 3")
        answer = await slack.posted("C1")
    assert (ack.status, ack.body) == (200, "")
    assert answer.shown == "you said latest 3"
    request = echo.requests[0]
    assert request.actor == Actor("slack", "U1", "en-US")
    assert request.target == Target("slack", "C1")
    assert (request.line, request.prefix, request.private, request.role) == ("latest 3", "/minsk ", False, Role.ADMIN)


async def test_private_answer_is_seen_by_the_asker_alone(slack: SlackServer, echo: Echo) -> None:
    echo.answer = for_asker("for your eyes")
    async with receiving(slack, echo):
        await slack.slash("U1", "C1", "status")
        answer = await slack.whispered("C1", "U1")
    assert answer.shown == "for your eyes"
    assert slack.by_bot("C1") == []
    assert not slack.called("chat.postMessage")


async def test_renamed_slash_command_is_ours_and_hints_follow_its_name(slack: SlackServer, echo: Echo) -> None:
    slack.commands.add("/belarus")
    async with receiving(slack, echo):
        await slack.slash("U1", "C1", "help", command="/belarus")
        await slack.posted("C1")
    assert echo.requests[0].prefix == "/belarus "


@pytest.mark.parametrize(
    ("typed", "command", "addressed"),
    [
        ("@minskwatch latest 3", "latest 3", True),
        ("  @minskwatch: latest 3", "latest 3", True),
        ("@minskwatch", "", True),
        ("@minskwatch why https://a.example/x?a=1&b=2", "why https://a.example/x?a=1&b=2", True),
        ("@minskwatch why <b> & co", "why <b> & co", True),
        ("thanks @minskwatch for that", "for that", False),
    ],
)
async def test_mention(slack: SlackServer, echo: Echo, typed: str, command: str, addressed: bool) -> None:
    async with receiving(slack, echo):
        await slack.user_says("U1", "C1", typed)
        await slack.posted("C1")
    request = echo.requests[0]
    assert (request.line, request.addressed, request.private) == (command, addressed, False)


async def test_links_are_read_as_addresses(slack: SlackServer, echo: Echo) -> None:
    """Slack marks addresses up before it hands them on."""
    event = {"type": "app_mention", "user": "U1", "channel": "C1", "ts": "1.1"}
    text = f"<@{slack.bot_user}> why <https://a.example/x?a=1&amp;b=2|a.example/x>"
    async with receiving(slack, echo):
        await slack.happens("app_mention", {**event, "text": text})
        await slack.posted("C1")
    assert echo.requests[0].line == "why https://a.example/x?a=1&b=2"


async def test_mention_in_a_thread_is_about_its_first_message_and_answered_there(
    slack: SlackServer, echo: Echo
) -> None:
    async with receiving(slack, echo) as bot:
        reference = await bot.send(Target("slack", "C1"), plain("an alert"))
        alert = slack.by_bot("C1")[0]
        await slack.user_says("U1", "C1", "@minskwatch why", thread_ts=alert.ts)
        answer = await slack.posted("C1", 2)
    assert echo.requests[0].message_ref == reference == f"C1:{alert.ts}"
    assert echo.requests[0].target == Target("slack", "C1"), "a thread is no chat of its own"
    assert answer.thread_ts == alert.ts


async def test_private_answer_to_a_mention(slack: SlackServer, echo: Echo) -> None:
    echo.answer = for_asker("for your eyes")
    async with receiving(slack, echo):
        await slack.user_says("U1", "C1", "@minskwatch status")
        answer = await slack.whispered("C1", "U1")
    assert answer.shown == "for your eyes"
    assert slack.by_bot("C1") == []


async def test_private_chat_needs_no_mention_and_hides_nothing(slack: SlackServer, echo: Echo) -> None:
    echo.answer = for_asker("all is private here")
    async with receiving(slack, echo):
        await slack.user_says("U1", "DU1", "latest")
        answer = await slack.posted("DU1")
    assert answer.shown == "all is private here"
    request = echo.requests[0]
    assert (request.line, request.private, request.addressed, request.role) == ("latest", True, True, Role.ADMIN)


@pytest.mark.parametrize(
    "more",
    [{"bot_id": "B9"}, {"subtype": "message_changed"}, {"subtype": "channel_join"}, {"user": "U0BOT"}, {"user": ""}],
)
async def test_what_bots_and_slack_itself_say_is_no_command(
    slack: SlackServer, echo: Echo, more: dict[str, str]
) -> None:
    event = {"type": "message", "channel_type": "im", "user": "U1", "channel": "DU1", "ts": "1.1", "text": "latest"}
    async with receiving(slack, echo):
        assert (await slack.happens("message.im", {**event, **more})).status == 200
        await slack.user_says("U1", "DU1", "status")
        await slack.posted("DU1")
    assert [request.line for request in echo.requests] == ["status"]


async def test_messages_of_channels_are_none_of_our_business(slack: SlackServer, echo: Echo) -> None:
    """A workspace may subscribe the app to more than the manifest asks for."""
    event = {"type": "message", "channel_type": "channel", "user": "U1", "channel": "C1", "ts": "1.1", "text": "latest"}
    async with receiving(slack, echo):
        assert (await slack.happens("message.im", event)).status == 200
        await slack.user_says("U1", "C1", "@minskwatch status")
        await slack.posted("C1")
    assert [request.line for request in echo.requests] == ["status"]


@pytest.mark.parametrize("kind", ["member_joined_channel", "channel_left"])
async def test_events_without_a_use_are_acknowledged(slack: SlackServer, echo: Echo, kind: str) -> None:
    async with receiving(slack, echo):
        body = {"type": "event_callback", "event_id": "Ev1", "team_id": "T0TEAM", "event": {"type": kind, "user": "U1"}}
        assert (await slack.deliver("events_api", body)).status == 200
    assert echo.requests == []


async def test_buttons_are_command_lines(slack: SlackServer, echo: Echo) -> None:
    buttons = ((Button("Why?", command="why 12"), Button("Open", url="https://a.example/")),)
    async with receiving(slack, echo) as bot:
        reference = await bot.send(Target("slack", "C1"), Message((line("an alert"),), buttons))
        alert = slack.by_bot("C1")[0]
        assert (await slack.press("U1", alert, "Why?")).status == 200
        await slack.posted("C1", 2)
        assert (await slack.press("U1", alert, "Open")).status == 200, (
            "a link needs an acknowledgement and nothing more"
        )
    request = echo.requests[0]
    assert (request.line, request.message_ref, request.target) == ("why 12", reference, Target("slack", "C1"))
    assert len(echo.requests) == 1


async def test_button_of_a_private_answer(slack: SlackServer, echo: Echo) -> None:
    """Ephemeral messages come without their text, and can never be edited: no reference is made up."""
    echo.answer = Message((line("did you mean"),), ((Button("latest", command="latest"),),), private=True)
    async with receiving(slack, echo):
        await slack.slash("U1", "C1", "latets")
        await slack.press("U1", await slack.whispered("C1", "U1"), "latest")
        await slack.whispered("C1", "U1", 2)
    assert (echo.requests[1].line, echo.requests[1].message_ref) == ("latest", "")


async def test_five_thousand_characters_arrive_whole(slack: SlackServer, echo: Echo) -> None:
    async with receiving(slack, echo):
        await slack.slash("U1", "C1", "why " + "x" * 5000)
        await slack.user_says("U1", "C1", "@minskwatch why " + "<" * 5000)
        await echo.asked(2)
    assert [request.line for request in echo.requests] == ["why " + "x" * 5000, "why " + "<" * 5000]


async def test_long_answer_comes_in_several_messages_with_all_its_words(slack: SlackServer, echo: Echo) -> None:
    words = [f"word{number}<&>" for number in range(1500)]
    echo.answer = plain(*(" ".join(words[start : start + 100]) for start in range(0, 1500, 100)))
    async with receiving(slack, echo):
        await slack.slash("U1", "C1", "help")
        await slack.posted("C1", 7)
    assert " ".join(one.shown for one in slack.by_bot("C1")).split() == words


async def test_no_answer_posts_nothing(slack: SlackServer) -> None:
    asked = asyncio.Event()

    async def silent(_: object) -> Message | None:
        asked.set()
        return None

    async with receiving(slack, silent):
        await slack.user_says("U1", "C1", "thanks @minskwatch")
        await asked.wait()
    assert slack.by_bot("C1") == []


async def test_failing_command_leaves_the_others_alone(
    slack: SlackServer, echo: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    async def failing(request: object) -> Message | None:
        if not echo.requests:
            await echo(request)  # type: ignore[arg-type]
            raise RuntimeError("broken")
        return plain("fine")

    async with receiving(slack, failing):
        await slack.slash("U1", "C1", "one")
        await echo.asked()
        await slack.slash("U1", "C1", "two")
        assert (await slack.posted("C1")).shown == "fine"
    assert "A command from Slack failed" in caplog.text


async def test_slow_command_is_acknowledged_at_once(slack: SlackServer, echo: Echo) -> None:
    echo.hold = asyncio.Event()
    async with receiving(slack, echo):
        assert (await slack.slash("U1", "C1", "slow")).status == 200
        await echo.asked()
        assert slack.by_bot("C1") == []
        echo.hold.set()
        await slack.posted("C1")


# --- who may --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rights", "role"),
    [({}, Role.VIEWER), ({"admin": True}, Role.ADMIN), ({"owner": True}, Role.ADMIN)],
)
async def test_channels_managed_by_admins(slack: SlackServer, echo: Echo, rights: dict[str, bool], role: Role) -> None:
    slack.add_user("U1", admin=rights.get("admin", False), owner=rights.get("owner", False))
    async with receiving(slack, echo, managers="admins"):
        await slack.slash("U1", "C1", "subscribe")
        await echo.asked()
        await slack.slash("U1", "DU1", "subscribe")
        await echo.asked(2)
    assert [request.role for request in echo.requests] == [role, Role.ADMIN], "everybody's own chat is theirs"


async def test_who_cannot_be_asked_about_may_only_look(slack: SlackServer, echo: Echo) -> None:
    slack.add_user("U1", admin=True)
    slack.fail("users.info", Fault(error="user_not_found"))
    async with receiving(slack, echo, managers="admins"):
        await slack.slash("U1", "C1", "subscribe")
        await slack.posted("C1")
    assert echo.requests[0].role is Role.VIEWER


async def test_the_language_of_who_asks_is_asked_for_once(slack: SlackServer, echo: Echo) -> None:
    slack.add_user("U1", locale="be-BY")
    async with receiving(slack, echo):
        await slack.slash("U1", "C1", "subscribe")
        await slack.posted("C1")
        await slack.slash("U1", "C1", "topics")
        await slack.posted("C1", 2)
    assert [request.actor.lang for request in echo.requests] == ["be-BY", "be-BY"]
    assert [call.method for call in slack.calls] == [
        *("auth.test", "apps.connections.open", "users.info", "chat.postMessage", "chat.postMessage")
    ]


@pytest.mark.parametrize("error", ["missing_scope", "user_not_found"])
async def test_where_slack_does_not_say_the_language_commands_work_and_it_is_not_asked_again(
    slack: SlackServer, echo: Echo, error: str
) -> None:
    slack.fail("users.info", Fault(error=error))
    async with receiving(slack, echo):
        await slack.slash("U1", "C1", "subscribe")
        await slack.posted("C1")
        await slack.slash("U1", "C1", "topics")
        await slack.posted("C1", 2)
    assert [(request.actor.lang, request.role) for request in echo.requests] == [("", Role.ADMIN)] * 2
    assert [call.method for call in slack.calls].count("users.info") == 1


# --- where answers cannot go ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["public", "private"])
async def test_where_the_bot_is_not_the_asker_is_told_to_invite_it(slack: SlackServer, echo: Echo, kind: str) -> None:
    slack.add_channel("C2", {"U1"}, kind)
    async with receiving(slack, echo):
        await slack.slash("U1", "C2", "subscribe")
        answer = await slack.whispered("C2", "U1")
    assert answer.shown.startswith("you said subscribe\n")
    assert "/invite @minskwatch" in answer.shown


async def test_used_up_response_url_falls_back_to_an_ephemeral_message(slack: SlackServer, echo: Echo) -> None:
    echo.answer = for_asker(*["long " * 500] * 10)
    async with receiving(slack, echo):
        await slack.slash("U1", "C1", "help")
        await slack.whispered("C1", "U1", 7)
    assert len(slack.called("response_url")) > 5
    assert slack.called("chat.postEphemeral")
    words = " ".join(one.shown for one in slack.whispers("C1", "U1")).split()
    assert words == ["long"] * 5000


async def test_too_old_response_url(slack: SlackServer, echo: Echo) -> None:
    echo.hold, echo.answer = asyncio.Event(), for_asker("late")
    async with receiving(slack, echo):
        await slack.slash("U1", "C1", "status")
        await echo.asked()
        slack.time += 31 * 60
        echo.hold.set()
        assert (await slack.whispered("C1", "U1")).shown == "late"
    assert [call.answer for call in slack.called("response_url")] == ["expired_url"]


async def test_answer_waits_once_when_slack_asks_to(slack: SlackServer, echo: Echo) -> None:
    slack.fail("chat.postMessage", Fault(error="ratelimited", retry_after="7"))
    async with receiving(slack, echo):
        await slack.slash("U1", "C1", "status")
        await slack.posted("C1")
    assert len(slack.called("chat.postMessage")) == 2


async def test_answer_that_may_have_been_taken_is_not_repeated(
    slack: SlackServer, echo: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    slack.fail("chat.postMessage", Fault(drop="after"))
    async with receiving(slack, echo):
        await slack.slash("U1", "C1", "status")
        await slack.posted("C1")
    assert len(slack.by_bot("C1")) == 1
    assert "could not be shown in Slack" in caplog.text


@pytest.mark.parametrize("private", [False, True])
async def test_answer_whose_blocks_are_refused_comes_in_plain_words(
    slack: SlackServer, echo: Echo, private: bool
) -> None:
    echo.answer = Message((line("see ", Span("here", url="https://a.example/")),), private=private)
    slack.fail("chat.postEphemeral" if private else "chat.postMessage", Fault(error="invalid_blocks"))
    async with receiving(slack, echo):
        await slack.user_says("U1", "C1", "@minskwatch help")
        answer = await (slack.whispered("C1", "U1") if private else slack.posted("C1"))
    assert (answer.shown, answer.blocks) == ("see here (https://a.example/)", ())


# --- repeated events ------------------------------------------------------------------------------------------------


async def test_repeated_event_is_acted_on_once(slack: SlackServer, echo: Echo) -> None:
    async with receiving(slack, echo):
        acks = await slack.user_says("U1", "C1", "@minskwatch latest", event_id="Ev7", times=3)
        await slack.posted("C1")
        await slack.user_says("U1", "C1", "@minskwatch status")
        await slack.posted("C1", 2)
    assert [ack.status for ack in acks] == [200, 200, 200]
    assert [request.line for request in echo.requests] == ["latest", "status"]


# --- the local server keeps its promises ----------------------------------------------------------------------------


async def test_nothing_comes_for_which_the_app_has_no_scope(slack: SlackServer, echo: Echo) -> None:
    slack.scopes -= {"im:history"}
    async with receiving(slack, echo):
        assert [ack.status for ack in await slack.user_says("U1", "DU1", "latest")] == [-1]
    assert echo.requests == []


async def test_call_without_its_scope_is_refused(slack: SlackServer) -> None:
    slack.scopes -= {"chat:write"}
    async with opened(slack) as bot:
        with pytest.raises(Exception, match="chat:write"):
            await bot.send(Target("slack", "C1"), plain("hello"))
