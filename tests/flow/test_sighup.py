"""A real process reads its configuration again on SIGHUP."""

from __future__ import annotations

import signal
from contextlib import AsyncExitStack
from pathlib import Path

from app.demo.server import SampleEntry, SampleFeed, SampleServer
from core.clock import SystemClock
from tests.flow.test_whole import running
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
        f'[telegram]\ntoken = "{telegram.token}"\napi_base = "{telegram.url}"\n'
        f'[http]\nport = 0\npublic_pages = "on"\n[storage]\nurl = "{database}"\n[log]\nformat = "json"\n'
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
