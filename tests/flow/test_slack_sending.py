"""Alerts to Slack over the wire: what is shown, and what each refusal is told as."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.errors import (
    BadCredentials,
    DeliveryError,
    MessageMissing,
    MessageRejected,
    OutcomeUnknown,
    RetryLater,
    TargetGone,
    Unreachable,
)
from core.message import Button, LineKind, Message, Span, Style, line, plain
from core.model import Target
from tests.slack_bot import make, opened, settings
from tests.slack_server import SlackServer
from tests.slack_server_blocks import buttons, called, readable
from tests.slack_server_values import Fault

HERE = Target("slack", "C1")
NOON = datetime(2026, 3, 19, 12, 0, tzinfo=UTC)


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        server.add_channel("C1", {"U1", server.bot_user})
        yield server


def alert(title: str = "Nine freed in Minsk", url: str = "https://a.example/nine") -> Message:
    return Message(
        (
            line("Prisoner releases · 2 sources · #12", kind=LineKind.SMALL),
            line(Span(title, Style.BOLD, url), Span(" (Polish)", Style.ITALIC), kind=LineKind.TITLE),
            line("Reported freed: ", Span("9", Style.CODE), kind=LineKind.BULLET),
            line("Named: A, B", kind=LineKind.BULLET),
            line(Span("A paper", url=url), ", ", Span("19 Mar 2026 12:00 UTC", at=NOON), kind=LineKind.QUOTE),
            line("Matched: “freed”", kind=LineKind.SMALL),
        ),
        ((Button("Why?", command="why 12"), Button("A paper ↗", url=url)),),
        tag="story:12",
        revision=3,
    )


# --- shown ----------------------------------------------------------------------------------------------------------


async def test_alert_is_shown_and_found_again(slack: SlackServer) -> None:
    async with opened(slack) as bot:
        reference = await bot.send(HERE, alert())
    shown = slack.messages("C1")[0]
    assert reference == f"C1:{shown.ts}"
    assert shown.shown == alert().text
    assert shown.links["Nine freed in Minsk"] == "https://a.example/nine"
    assert readable(shown.text) == alert().text
    assert shown.metadata == {"event_type": "minsk_watch_story", "event_payload": {"story": 12, "revision": 3}}
    assert {shown.fields[key] for key in ("unfurl_links", "unfurl_media", "mrkdwn")} == {False}
    assert buttons(shown.blocks)["Why?"]["value"] == "why 12"
    assert buttons(shown.blocks)["A paper ↗"]["url"] == "https://a.example/nine"
    assert [block["type"] for block in shown.blocks] == ["context", "rich_text", "context", "actions"]


async def test_edit_changes_the_message(slack: SlackServer) -> None:
    async with opened(slack) as bot:
        reference = await bot.send(HERE, alert())
        await bot.edit(HERE, reference, alert("Ten freed in Minsk"))
        await bot.edit(HERE, reference.partition(":")[2], alert("Eleven freed in Minsk"))
    (shown,) = slack.messages("C1")
    assert "Eleven freed" in shown.shown
    assert shown.edited == 2


async def test_same_edit_twice_is_fine(slack: SlackServer) -> None:
    async with opened(slack) as bot:
        reference = await bot.send(HERE, alert())
        await bot.edit(HERE, reference, alert())
    assert len(slack.called("chat.update")) == 1


async def test_person_and_channel_name_as_targets(slack: SlackServer) -> None:
    async with opened(slack) as bot:
        reference = await bot.send(Target("slack", "U1"), plain("to you"))
        await bot.edit(Target("slack", "U1"), reference, plain("to you alone"))
        assert (await bot.send(Target("slack", "#channel-c1"), plain("to all"))).startswith("C1:")
    assert reference.startswith("DU1:")
    assert [one.shown for one in slack.messages("DU1")] == ["to you alone"]


async def test_thread_of_a_configured_target(slack: SlackServer) -> None:
    async with opened(slack) as bot:
        await bot.send(Target("slack", "C1", "1760000000.000001"), plain("in the thread"))
    assert slack.messages("C1")[0].thread_ts == "1760000000.000001"


@pytest.mark.parametrize("silent", [False, True])
async def test_reply_stands_in_the_thread_and_is_seen_in_the_channel_unless_silent(
    slack: SlackServer, silent: bool
) -> None:
    async with opened(slack) as bot:
        first = await bot.send(HERE, alert())
        await bot.send(HERE, replace(plain("and one more"), silent=silent), reply_to=first)
    alert_shown, reply = slack.messages("C1")
    assert reply.thread_ts == alert_shown.ts
    assert reply.fields["reply_broadcast"] is not silent


async def test_reply_to_a_message_that_is_gone_stands_alone(slack: SlackServer) -> None:
    slack.fail("chat.postMessage", Fault(error="thread_not_found"))
    async with opened(slack) as bot:
        await bot.send(HERE, plain("and one more"), reply_to="C1:1.1")
    assert [(one.shown, one.thread_ts) for one in slack.messages("C1")] == [("and one more", "")]


@pytest.mark.parametrize(
    "title",
    [
        "5 < 6 & 7 > 6",
        "<b>&*_~ <!channel>",
        "<!here> <@U1> <#C1|x> <https://evil.example|bank>",
        "*bold* _italic_ ~gone~ `code` ```pre``` > quote",
        "&amp; &lt;b&gt; &#39;",
        "\u202eright to left\u202c \u200fעברית\u200e",
        ":smile: :tada:",
        "Ж" * 300,
        '"quoted" \\ back\\slash',
        "\ud800 lone, \x00 zero, \x1b[31m red",
    ],
)
async def test_any_title_is_shown_as_its_words(slack: SlackServer, title: str) -> None:
    async with opened(slack) as bot:
        await bot.send(HERE, alert(title))
        await bot.send(HERE, Message((line(title, kind=LineKind.SMALL), line(title, kind=LineKind.TITLE))))
    expected = title.replace("\ud800", "\ufffd").replace("\x00", " ").replace("\x1b", " ")
    linked, bare = slack.messages("C1")
    assert linked.shown.split("\n")[1] == f"{expected} (Polish)"
    assert bare.shown == f"{expected}\n{expected}"
    for shown in (linked, bare):
        assert called({"text": shown.text, "blocks": shown.blocks}) == []
        assert expected in readable(shown.text)


async def test_what_does_not_fit_is_cut_and_the_title_stays(slack: SlackServer) -> None:
    lines = [line(f"detail {number} " + "&" * 100, kind=LineKind.BULLET) for number in range(200)]
    async with opened(slack) as bot:
        await bot.send(HERE, Message((line("The title", kind=LineKind.TITLE), *lines)))
    shown = slack.messages("C1")[0]
    assert shown.shown.startswith("The title\ndetail 0 ")
    assert shown.shown.endswith("…")


async def test_refused_blocks_leave_the_words(slack: SlackServer) -> None:
    slack.fail("chat.postMessage", Fault(error="invalid_blocks", more={"errors": ["something new"]}))
    slack.fail("chat.update", Fault(error="invalid_blocks"))
    async with opened(slack) as bot:
        reference = await bot.send(HERE, alert())
        sent = slack.messages("C1")[0]
        await bot.edit(HERE, reference, alert("Ten freed"))
    edited = slack.messages("C1")[0]
    assert sent.blocks == edited.blocks == ()
    assert "Nine freed in Minsk (https://a.example/nine)" in sent.text
    assert "Ten freed (https://a.example/nine)" in edited.text


# --- refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("channel_not_found", TargetGone),
        ("not_in_channel", TargetGone),
        ("is_archived", TargetGone),
        ("is_inactive", TargetGone),
        ("user_not_found", TargetGone),
        ("cannot_dm_bot", TargetGone),
        ("restricted_action_read_only_channel", TargetGone),
        ("message_not_found", MessageMissing),
        ("cant_update_message", MessageMissing),
        ("edit_window_closed", MessageMissing),
        ("msg_too_long", MessageRejected),
        ("no_text", MessageRejected),
        ("metadata_too_large", MessageRejected),
        ("some_new_word", MessageRejected),
        ("invalid_auth", BadCredentials),
        ("not_authed", BadCredentials),
        ("token_revoked", BadCredentials),
        ("token_expired", BadCredentials),
        ("account_inactive", BadCredentials),
        ("missing_scope", BadCredentials),
        ("ratelimited", RetryLater),
        ("service_unavailable", Unreachable),
        ("internal_error", OutcomeUnknown),
        ("fatal_error", OutcomeUnknown),
    ],
)
async def test_refusal_is_told_as_what_it_means(slack: SlackServer, word: str, kind: type[DeliveryError]) -> None:
    async with opened(slack) as bot:
        reference = await bot.send(HERE, plain("before"))
        for method, act in (("chat.postMessage", bot.send), ("chat.update", bot.edit)):
            slack.fail(method, Fault(error=word))
            arguments = (HERE, alert()) if method == "chat.postMessage" else (HERE, reference, alert())
            with pytest.raises(DeliveryError) as caught:
                await act(*arguments)
            assert type(caught.value) is kind or (kind is MessageRejected and isinstance(caught.value, kind))
            assert slack.bot_token not in str(caught.value)


async def test_blocks_refused_twice_are_a_rejected_message(slack: SlackServer) -> None:
    slack.fail("chat.postMessage", Fault(error="invalid_blocks"), Fault(error="invalid_blocks"))
    async with opened(slack) as bot:
        with pytest.raises(MessageRejected, match="slack:C1: invalid_blocks"):
            await bot.send(HERE, alert())


@pytest.mark.parametrize(("told", "seconds"), [("7", 7.0), ("", 30.0), ("soon", 30.0), ("0", 1.0)])
async def test_too_fast(slack: SlackServer, told: str, seconds: float) -> None:
    slack.fail("chat.postMessage", Fault(error="ratelimited", retry_after=told))
    async with opened(slack) as bot:
        with pytest.raises(RetryLater) as caught:
            await bot.send(HERE, alert())
    assert (caught.value.retry_after, caught.value.scope) == (seconds, "chat")
    assert len(slack.called("chat.postMessage")) == 1, "the library itself repeats nothing"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(status=503, body="<html>busy</html>"), Unreachable),
        (Fault(status=500, body=""), OutcomeUnknown),
        (Fault(status=502, body="<html>bad gateway</html>"), OutcomeUnknown),
        (Fault(status=404, body="not here"), Unreachable),
        (Fault(status=200, body="<html>log in to this network</html>"), OutcomeUnknown),
        (Fault(status=200, body="log in to this network"), OutcomeUnknown),
        (Fault(status=502, body="bad gateway"), OutcomeUnknown),
        (Fault(drop="before"), OutcomeUnknown),
        (Fault(drop="after"), OutcomeUnknown),
    ],
)
async def test_trouble_on_the_way(slack: SlackServer, fault: Fault, kind: type[DeliveryError]) -> None:
    slack.fail("chat.postMessage", fault)
    async with opened(slack) as bot:
        with pytest.raises(DeliveryError) as caught:
            await bot.send(HERE, alert())
    assert type(caught.value) is kind
    assert len(slack.called("chat.postMessage")) == 1
    assert len(slack.messages("C1")) == (1 if fault.drop == "after" else 0)


async def test_out_of_order_with_a_time_given(slack: SlackServer) -> None:
    slack.fail("chat.postMessage", Fault(status=503, body="busy", retry_after="12"))
    async with opened(slack) as bot:
        with pytest.raises(RetryLater) as caught:
            await bot.send(HERE, alert())
    assert (caught.value.retry_after, caught.value.scope) == (12.0, "platform")


async def test_slow_answer_is_an_unknown_outcome(slack: SlackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.platforms.slack.SEND_WITHIN", 0.2)
    slack.fail("chat.postMessage", Fault(hold=asyncio.Event()))
    async with opened(slack) as bot:
        with pytest.raises(OutcomeUnknown, match="did not answer in time"):
            await bot.send(HERE, alert())


async def test_server_that_is_gone(slack: SlackServer) -> None:
    async with opened(slack) as bot:
        await slack.stop()
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1"):
            await bot.send(HERE, alert())


async def test_reference_that_is_none(slack: SlackServer) -> None:
    async with opened(slack) as bot:
        for reference in ("", "C1:", "C1:1.2"):
            with pytest.raises(MessageMissing):
                await bot.edit(HERE, reference, alert())


async def test_message_of_another(slack: SlackServer) -> None:
    async with opened(slack) as bot:
        await slack.user_says("U1", "C1", "mine")
        with pytest.raises(MessageMissing, match="cant_update_message"):
            await bot.edit(HERE, f"C1:{slack.messages('C1')[0].ts}", alert())


# --- opening --------------------------------------------------------------------------------------------------------


async def test_open_says_who_we_are(slack: SlackServer) -> None:
    bot = make(settings(slack))
    assert await bot.open() == "@minskwatch in Tests"
    await bot.close()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"bot_token": "xoxb-wrong-token-1234"}, "slack.bot_token"),
        ({"bot_token": "xapp-1-A0APP-app-token-of-tests"}, "slack.bot_token"),
        ({"app_token": "xapp-wrong-token-1234"}, "slack.app_token"),
        ({"app_token": "xoxb-1000-bot-token-of-tests"}, "slack.app_token"),
        ({"app_token": ""}, "slack.app_token"),
        ({"mode": "http", "signing_secret": ""}, "slack.signing_secret"),
    ],
)
async def test_bad_token_is_found_at_open(slack: SlackServer, changes: dict[str, str], told: str) -> None:
    with pytest.raises(BadCredentials, match=told) as caught:
        await make(settings(slack, **changes)).open()
    for secret in (slack.bot_token, slack.app_token, slack.signing_secret, *filter(None, changes.values())):
        assert secret == "http" or secret not in str(caught.value)


async def test_token_of_a_person(slack: SlackServer) -> None:
    slack.bot_id = ""
    with pytest.raises(BadCredentials, match="belongs to a person"):
        await make(settings(slack)).open()


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
@pytest.mark.parametrize("fault", [Fault(status=500), Fault(drop="before"), Fault(hold=asyncio.Event())])
async def test_server_in_trouble_is_found_at_open(
    slack: SlackServer, method: str, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.slack.OPEN_WITHIN", 0.2)
    fresh = replace(fault, hold=asyncio.Event()) if fault.hold else fault
    slack.fail(method, fresh)
    with pytest.raises(Unreachable, match=r"slack\.api_base"):
        await make(settings(slack)).open()


async def test_no_server_is_found_at_open(slack: SlackServer) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unreachable, match=f"127.0.0.1:{port}"):
        await make(settings(slack, api_base=f"http://127.0.0.1:{port}/api/")).open()


async def test_asked_too_often_is_no_bad_app_token(slack: SlackServer) -> None:
    slack.fail("apps.connections.open", Fault(error="ratelimited", retry_after="30"))
    async with opened(slack):
        assert len(slack.called("apps.connections.open")) == 1


async def test_http_mode_needs_no_app_token_and_opens_no_socket(slack: SlackServer) -> None:
    async with opened(slack, mode="http", app_token=""):
        assert [call.method for call in slack.calls] == ["auth.test"]
