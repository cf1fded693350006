"""A real process reads its configuration again on SIGHUP; its log follows an entry by one name."""

from __future__ import annotations

import json
import signal
from contextlib import AsyncExitStack
from pathlib import Path

from app.demo.server import SampleEntry, SampleFeed, SampleServer
from core.clock import SystemClock
from tests.flow.test_whole import Running, running
from tests.telegram_server import TelegramServer

FREED = "Belarus frees 52 political prisoners after US envoy Coale's visit"
MORE = "Lukashenko pardons 31 political prisoners after talks with the United States"
FEED = SampleFeed(
    "Sample Wire",
    "wire.rss",
    "rss",
    "en",
    "wire",
    (SampleEntry(0, "Rain", "."), SampleEntry(1, FREED, "In Lithuania.")),
)
SECOND = SampleFeed(
    "Other Wire", "other.rss", "rss", "en", "wire", (SampleEntry(0, "Snow", "."), SampleEntry(1, MORE, "In Vilnius."))
)


def write_config(
    file: Path, telegram: TelegramServer, urls: list[str], chat: int, database: str, hosts: list[str]
) -> Path:
    allowed = ", ".join(f'"{host}"' for host in hosts)
    tables = "".join(f'[[feeds.feed]]\nurl = "{url}"\nlang = "en"\n' for url in urls)
    file.write_text(
        f'{telegram.table}[http]\nport = 0\npublic_pages = "on"\n'
        f'[storage]\nurl = "{database}"\n[log]\nformat = "json"\n'
        f'[feeds]\ninterval = "1s"\nmin_interval = "1s"\nbackfill = "2h"\nallow_private = [{allowed}]\n'
        f'[[subscriptions]]\ntarget = "telegram:{chat}"\n{tables}',
        encoding="utf-8",
    )
    return file


async def test_sighup_adopts_a_good_file_and_refuses_a_bad_one(tmp_path: Path, sqlite_url: str) -> None:
    feeds = SampleServer(SystemClock(), (FEED, SECOND))
    async with TelegramServer() as telegram, AsyncExitStack() as stack:
        await feeds.start()
        stack.push_async_callback(feeds.stop)
        channel = telegram.chats.group(number=77)
        first, second = feeds.url_of(FEED), feeds.url_of(SECOND)
        hosts = [url.split("/")[2] for url in (first, second)]
        config = write_config(tmp_path / "config.toml", telegram, [first], channel.id, sqlite_url, hosts)
        program = await stack.enter_async_context(running(config, '"event": "ready"'))
        good = config.read_text(encoding="utf-8")
        config.write_text(good.replace('interval = "1s"', 'interval = "soon"', 1), encoding="utf-8")
        program.process.send_signal(signal.SIGHUP)
        await program.logged("the configuration stays as it was")
        assert "feeds.interval" in program.log
        feeds.publish_next()
        (alert,) = await telegram.sent(channel)
        assert "52 political prisoners" in alert["text"]
        write_config(config, telegram, [first, second], channel.id, sqlite_url, hosts)
        program.process.send_signal(signal.SIGHUP)
        await program.logged("the configuration was read again")
        await telegram.until(lambda: any("31 political" in one["text"] for one in telegram.messages(channel)))
        await program.end()
        assert len(telegram.messages(channel)) == 2
    assert str(channel.id) not in program.log
    assert "Traceback" not in program.log
    entries = [one["entry"] for one in lines(program, "story")]
    assert len(set(entries)) == 2
    for entry in entries:
        one_entry_can_be_followed(program, entry)


def one_entry_can_be_followed(program: Running, entry: str) -> None:
    """By its name alone, from the poll that brought it to the chat that was told."""
    (story,) = [one for one in lines(program, "story") if one["entry"] == entry]
    (polled,) = [one for one in lines(program, "poll") if one["poll"] == story["by"]]
    assert (polled["feed"], polled["hits"], story["alerts"]) == (story["feed"], "1", "1")
    (alert,) = [one for one in lines(program, "alert") if entry in one["entries"].split()]
    assert (alert["platform"], alert["story"]) == ("telegram", story["story"])
    assert alert["delivery"].startswith("d")


def lines(program: Running, event: str) -> list[dict[str, str]]:
    """The log lines of an event."""
    return [line for line in map(json.loads, program.log.splitlines()) if line["event"] == event]
