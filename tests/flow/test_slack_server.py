"""The local Slack keeps Slack's rules, seen through slack_sdk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack_server import SlackServer
from tests.slack_server_blocks import called, readable, refusal, shown
from tests.slack_server_values import Fault


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        server.add_channel("C1", {"U1", server.bot_user})
        yield server


@pytest.fixture
async def client(slack: SlackServer) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(slack.bot_token, slack.api_base, session=session, retry_handlers=[])


async def refused(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_channels_and_their_members(slack: SlackServer, client: AsyncWebClient) -> None:
    slack.add_channel("C2", {"U1"})
    slack.add_channel("C3", {"U1"}, "private")
    slack.add_channel("C4", {slack.bot_user}, archived=True)
    for channel, word in {
        "C2": "not_in_channel",
        "C3": "channel_not_found",
        "C4": "is_archived",
        "C9": "channel_not_found",
    }.items():
        assert await refused(client.chat_postMessage(channel=channel, text="x")) == word
    slack.scopes |= {"chat:write.public"}
    assert (await client.chat_postMessage(channel="C2", text="x"))["ok"]


async def test_every_message_has_a_ts_of_its_own(slack: SlackServer, client: AsyncWebClient) -> None:
    answers = [await client.chat_postMessage(channel="C1", text=f"{number}") for number in range(5)]
    stamps = [answer["ts"] for answer in answers]
    assert stamps == sorted(set(stamps))
    await client.chat_update(channel="C1", ts=stamps[2], text="two")
    await client.chat_delete(channel="C1", ts=stamps[4])
    assert [one.text for one in slack.messages("C1")] == ["0", "1", "two", "3"]
    assert await refused(client.chat_update(channel="C1", ts=stamps[4], text="x")) == "message_not_found"
    assert await refused(client.chat_delete(channel="C1", ts="1.1")) == "message_not_found"


async def test_messages_of_people_are_theirs(slack: SlackServer, client: AsyncWebClient) -> None:
    await slack.user_says("U1", "C1", "mine")
    ts = slack.messages("C1")[0].ts
    assert await refused(client.chat_update(channel="C1", ts=ts, text="x")) == "cant_update_message"
    assert await refused(client.chat_delete(channel="C1", ts=ts)) == "cant_delete_message"


async def test_tokens_and_scopes(slack: SlackServer) -> None:
    async with aiohttp.ClientSession() as session:

        def with_token(token: str) -> AsyncWebClient:
            return AsyncWebClient(token, slack.api_base, session=session, retry_handlers=[])

        assert await refused(with_token("").auth_test()) == "not_authed"
        assert await refused(with_token("xoxb-no").auth_test()) == "invalid_auth"
        assert await refused(with_token(slack.app_token).auth_test()) == "not_allowed_token_type"
        assert await refused(with_token(slack.bot_token).apps_connections_open(app_token=slack.bot_token))
        assert await refused(with_token(slack.bot_token).conversations_open(users="U1")) == "missing_scope"
        assert await refused(with_token(slack.bot_token).api_call("chat.shout")) == "unknown_method"


async def test_users_channels_and_home(slack: SlackServer, client: AsyncWebClient) -> None:
    slack.scopes |= {"channels:read", "im:write"}
    slack.add_user("U2", admin=True)
    assert (await client.users_info(user="U2"))["user"]["is_admin"] is True
    assert await refused(client.users_info(user="U9")) == "user_not_found"
    assert (await client.conversations_info(channel="C1"))["channel"]["is_member"] is True
    assert (await client.conversations_open(users="U2"))["channel"]["id"] == "DU2"
    view = {"type": "home", "blocks": [{"type": "divider"}]}
    assert await refused(client.views_publish(user_id="U2", view={"type": "home", "blocks": []})) == "invalid_arguments"
    first = (await client.views_publish(user_id="U2", view=view))["view"]["hash"]
    await client.views_publish(user_id="U2", view=view, hash=first)
    assert await refused(client.views_publish(user_id="U2", view=view, hash=first)) == "hash_conflict"


async def test_ephemeral_messages_are_for_members_and_never_found_again(
    slack: SlackServer, client: AsyncWebClient
) -> None:
    slack.add_user("U2")
    await client.chat_postEphemeral(channel="C1", user="U1", text="psst")
    assert await refused(client.chat_postEphemeral(channel="C1", user="U2", text="psst")) == "user_not_in_channel"
    assert slack.messages("C1") == []
    assert [one.text for one in slack.whispers("C1", "U1")] == ["psst"]


async def test_response_url_is_used_five_times_in_half_an_hour(slack: SlackServer) -> None:
    async def use(url: str, **fields: Any) -> tuple[int, str]:
        async with session.post(url, json={"text": "x", **fields}) as answer:
            return answer.status, await answer.text()

    async with aiohttp.ClientSession() as session:
        url = slack.new_response_url("C1", "U1")
        assert await use(url, text="") == (404, "no_text")
        assert [await use(url) for _ in range(6)] == [(200, "ok")] * 5 + [(404, "used_url")]
        late = slack.new_response_url("C1", "U1")
        assert await use(late, response_type="in_channel") == (200, "ok")
        slack.time += 1801
        assert await use(late) == (404, "expired_url")
    assert (len(slack.whispers("C1", "U1")), len(slack.messages("C1"))) == (5, 1)


async def test_faults_are_met_in_order(slack: SlackServer, client: AsyncWebClient) -> None:
    slack.fail(
        "chat.postMessage", Fault(error="ratelimited", retry_after="3"), Fault(drop="before"), Fault(drop="after")
    )
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C1", text="limited")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "3")
    for text in ("before", "after"):
        with pytest.raises(aiohttp.ClientError):
            await client.chat_postMessage(channel="C1", text=text)
    gate = asyncio.Event()
    slack.fail("chat.postMessage", Fault(hold=gate))
    slow = asyncio.create_task(client.chat_postMessage(channel="C1", text="slow"))
    await slack.wait_until(lambda: slack.faults_left("chat.postMessage") == 0)
    await client.chat_postMessage(channel="C1", text="quick")
    gate.set()
    await slow
    assert [one.text for one in slack.messages("C1")] == ["after", "quick", "slow"]
    assert [call.answer == "dropped" for call in slack.called("chat.postMessage")] == [False, True, True, False, False]


SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "x"}}
PLAIN = {"type": "plain_text", "text": "x"}
BUTTON = {"type": "button", "action_id": "a", "text": PLAIN}


def rich(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(parts)}]}


@pytest.mark.parametrize(
    ("blocks", "word"),
    [
        ([SECTION] * 50, ""),
        ([SECTION] * 51, "invalid_blocks"),
        ([{**SECTION, "text": {"type": "mrkdwn", "text": "x" * 3001}}], "invalid_blocks"),
        ([{"type": "section"}], "invalid_blocks"),
        ([{"type": "section", "fields": [PLAIN] * 11}], "invalid_blocks"),
        ([{"type": "header", "text": {"type": "plain_text", "text": "x" * 150}}], ""),
        ([{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}], "invalid_blocks"),
        ([{"type": "header", "text": SECTION["text"]}], "invalid_blocks"),
        ([{"type": "context", "elements": [PLAIN] * 11}], "invalid_blocks"),
        ([{"type": "context", "elements": [{"type": "plain_text", "text": " "}]}], "invalid_blocks"),
        ([{"type": "actions", "elements": [{**BUTTON, "action_id": f"{n}"} for n in range(26)]}], "invalid_blocks"),
        ([{"type": "actions", "elements": [BUTTON, BUTTON]}], "invalid_blocks"),
        ([{"type": "actions", "elements": [{**BUTTON, "text": {**PLAIN, "text": "x" * 76}}]}], "invalid_blocks"),
        ([{"type": "actions", "elements": [{**BUTTON, "value": "x" * 2001}]}], "invalid_blocks"),
        ([{"type": "actions", "elements": [{**BUTTON, "url": "no address"}]}], "invalid_blocks"),
        ([{**SECTION, "block_id": "x" * 256}], "invalid_blocks"),
        ([{"type": "divider"}, {"type": "marquee"}], "invalid_blocks"),
        ([rich({"type": "text", "text": ""})], "invalid_blocks"),
        ([rich({"type": "link", "url": "javascript:x"})], "invalid_blocks"),
        ([rich({"type": "text", "text": "x", "style": {"blink": True}})], "invalid_blocks"),
        ([rich({"type": "text", "text": "x" * 13_200})], "msg_blocks_too_long"),
        ("[", "invalid_blocks_format"),
    ],
)
def test_blocks_are_judged(blocks: Any, word: str) -> None:
    assert refusal({"text": "x", "blocks": blocks})[0] == word


def test_texts_and_metadata_are_judged() -> None:
    assert refusal({"text": " "})[0] == "no_text"
    assert refusal({"text": "x" * 4001})[0] == "msg_too_long"
    assert refusal({"text": "x", "metadata": {"event_type": "x"}})[0] == "invalid_metadata_format"
    big = {"event_type": "x", "event_payload": {"x": "x" * 16_000}}
    assert refusal({"text": "x", "metadata": big})[0] == "metadata_too_large"


def test_what_acts_and_what_is_read() -> None:
    text = "<!channel> <@U1> <https://a.example/|bank> &lt;!here&gt; 1 &lt; 2 &amp; *so*"
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": text}},
        rich({"type": "text", "text": "<!here> &lt;"}),
    ]
    assert called({"text": text}) == ["<!channel>", "<@U1>", "<https://a.example/>"]
    assert called({"blocks": blocks}) == called({"text": text})
    assert called({"blocks": [rich({"type": "broadcast", "range": "here"})]}) == ["broadcast"]
    assert readable(text) == "!channel @U1 bank <!here> 1 < 2 & *so*"
    assert shown(blocks[1:]) == "<!here> &lt;", "rich text is shown as it stands"
