"""Real processes that share the roles on one PostgreSQL are one program; an entry is followed through their logs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp

from app.demo.server import SampleEntry, SampleFeed, SampleServer
from core.clock import SystemClock
from tests.flow.test_whole import Running, running
from tests.slack_server import SlackServer
from tests.slack_server_values import Posted
from tests.telegram_server import TelegramServer

FEED = SampleFeed(
    "Sample Wire",
    "wire.rss",
    "rss",
    "en",
    "wire",
    (
        SampleEntry(0, "Rain", "."),
        SampleEntry(1, "Belarus frees 52 political prisoners after US envoy Coale's visit", "In Lithuania."),
    ),
)
FREED = "52 political prisoners"
ROLES = ("poll", "deliver,chat", "chat,web")


def write_config(folder: Path, telegram: TelegramServer, slack: SlackServer, feed: str, chat: int, url: str) -> Path:
    config = folder / "config.toml"
    config.write_text(
        f"""
{telegram.table}{slack.table}
[http]
port = 0
public_pages = "on"
[storage]
url = "{url}"
[log]
format = "json"
[feeds]
interval = "1s"
min_interval = "1s"
allow_private = ["{feed.split("/")[2]}"]
[[feeds.feed]]
name = "{FEED.name}"
url = "{feed}"
lang = "en"
[[subscriptions]]
target = "telegram:{chat}"
[[subscriptions]]
target = "slack:C1"
""",
        encoding="utf-8",
    )
    return config


def lines(program: Running, event: str) -> Iterator[dict[str, Any]]:
    """The log lines of an event."""
    for line in program.log.splitlines():
        fields = json.loads(line)
        if fields["event"] == event:
            yield fields


def mention(slack: SlackServer) -> dict[str, Any]:
    said = slack.keep(Posted("C1", slack.new_ts(), "U1", f"<@{slack.bot_user}> latest"))
    event = {"type": "app_mention", "user": "U1", "channel": "C1", "team": slack.team, "ts": said.ts, "text": said.text}
    body = {"type": "event_callback", "team_id": slack.team, "event_id": "Ev77", "event_time": 1, "event": event}
    return {"envelope_id": "one-for-all", "type": "events_api", "payload": body, "accepts_response_payload": False}


async def test_processes_with_roles_of_their_own_are_one_program(tmp_path: Path, postgres_url: str) -> None:
    feeds = SampleServer(SystemClock(), (FEED,))
    async with TelegramServer() as telegram, SlackServer() as slack, AsyncExitStack() as stack:
        await feeds.start()
        stack.push_async_callback(feeds.stop)
        slack.add_channel("C1", {"U1", slack.bot_user})
        reader = telegram.chats.private(7_130_552_941)  # no number that a time or a port may hold by chance
        channel = telegram.chats.group(number=77)
        config = write_config(tmp_path, telegram, slack, feeds.url_of(FEED), channel.id, postgres_url)
        async with asyncio.TaskGroup() as group:
            starts = [stack.enter_async_context(running(config, '"event": "ready"', role)) for role in ROLES]
            starting = [group.create_task(start) for start in starts]
        poll, deliver, web = programs = [task.result() for task in starting]
        await slack.connected(2)
        await feeds.wait_until_asked(1)
        feeds.publish_next()
        (alert,) = await telegram.sent(channel)
        assert FREED in alert["text"]
        await slack.wait_until(lambda: any(FREED in one.shown for one in slack.by_bot("C1")))
        await the_pages_are_served(web)
        await an_event_for_all_is_answered_once(slack)
        telegram.user_says(reader, "/latest")
        await telegram.sent(reader)
        for program in programs:
            await program.end()
        assert len(telegram.messages(reader)) == 1
        assert len(slack.by_bot("C1")) == len(slack.whispers("C1", "U1")) == 1, "the alert, and one answer"
    one_entry_can_be_followed(poll, deliver)
    assert not [*lines(web, "story"), *lines(web, "alert")]
    for program in programs:
        assert "Traceback" not in program.log
        assert not any(str(address) in program.log for address in (channel.id, reader.id, "slack:C1", '"C1"'))


async def the_pages_are_served(web: Running) -> None:
    (ready,) = lines(web, "ready")
    async with aiohttp.ClientSession() as session, session.get(f"{ready['http']}/") as page:
        assert FREED in await page.text()


async def an_event_for_all_is_answered_once(slack: SlackServer) -> None:
    """Slack gives an event to one connection, and again to another when it has not heard that it was taken."""
    await slack.send_raw(json.dumps(mention(slack)))
    await slack.wait_until(lambda: slack.acknowledged.count("one-for-all") == 2)
    await slack.wait_until(lambda: bool(slack.whispers("C1", "U1")))


def one_entry_can_be_followed(poll: Running, deliver: Running) -> None:
    """By its name alone, from the poll that brought it to each chat that was told; no log names a chat."""
    (story,) = lines(poll, "story")
    (polled,) = [one for one in lines(poll, "poll") if one["poll"] == story["by"]]
    assert (polled["feed"], polled["hits"], story["opened"], story["alerts"]) == (FEED.name, "1", "True", "2")
    alerts = [one for one in lines(deliver, "alert") if story["entry"] in one["entries"].split()]
    assert {(one["platform"], one["story"]) for one in alerts} == {
        ("telegram", story["story"]),
        ("slack", story["story"]),
    }
    assert len({one["delivery"] for one in alerts}) == 2
    assert not [*lines(poll, "alert"), *lines(deliver, "story")]
