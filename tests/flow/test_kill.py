"""kill -9 between any two steps: every alert still comes, on SQLite and on PostgreSQL, and at most one comes twice."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.demo.server import SampleEntry, SampleFeed, SampleServer
from core.clock import SystemClock
from core.failpoints import STEPS
from tests.feed_server import FeedServer, reply
from tests.run_program import running
from tests.wire_platform import WireServer

FEED = SampleFeed(
    "Wire News",
    "wire.rss",
    "rss",
    "en",
    "wire",
    (
        SampleEntry(0, "Weather in Minsk", "Rain."),
        SampleEntry(
            1, "Belarus frees 52 political prisoners after US envoy Coale visits Minsk", "They are in Lithuania."
        ),
        SampleEntry(1, "Lukashenko pardons 25 convicts on Unity Day", "Most are women, says his press service."),
    ),
)
CHATS = 2
AFTER_THE_LEASES = 3600.0


@pytest.fixture
async def server() -> AsyncIterator[SampleServer]:
    server = SampleServer(SystemClock(), (FEED,))
    await server.start()
    server.publish_next()
    yield server
    await server.stop()


def write_config(config: Path, server: SampleServer, port: int, database: str) -> Path:
    return write_feed_config(config, server.url_of(FEED), port, database)


def write_feed_config(config: Path, url: str, port: int, database: str) -> Path:
    config.write_text(
        f"""
        [storage]
        url = "{database}"
        [feeds]
        interval = "1s"
        backfill = "2h"
        min_interval = "1s"
        allow_private = ["{url.split("/")[2]}"]
        [[feeds.feed]]
        url = "{url}"
        lang = "en"
        [platforms.wire]
        port = {port}
        [[subscriptions]]
        target = "wire:one"
        [[subscriptions]]
        target = "wire:two"
        """,
        encoding="utf-8",
    )
    return config


def everything(calls: list[dict[str, str]]) -> bool:
    return len({(call["chat"], call["tag"]) for call in calls if call["do"] == "send"}) == 4


@pytest.mark.parametrize("step", [step for step in STEPS if not step.startswith("look.")])
async def test_no_alert_is_lost(
    step: str, server: SampleServer, sqlite_url: str, postgres_url: str, tmp_path: Path
) -> None:
    """Both databases at once: the time goes into starting processes."""
    await asyncio.gather(*(die_and_go_on(step, server, tmp_path, url) for url in (sqlite_url, postgres_url)))


async def die_and_go_on(step: str, server: SampleServer, folder: Path, database: str) -> None:
    async with WireServer() as wire:
        config = write_config(folder / f"{database.partition(':')[0]}.toml", server, wire.port, database)
        async with running(config, die_at=step) as dying:
            assert await dying.ended() == -signal.SIGKILL, dying.log
        async with running(config, ahead=AFTER_THE_LEASES) as again:
            await wire.wait_for(everything)
            again.terminate()
            assert await again.ended() == 0, again.log
        assert len(wire.sent()) <= 4 + (CHATS if step.startswith("delivery.") else 0)  # one for each chat in flight


# --- second looks: the entry says one side only, its page the other ---------------------------------------------------

_FEED = b"<rss version='2.0'><channel>%s</channel></rss>"
_HALF = "<item><title>Political prisoners of Belarus</title><guid>1</guid><link>{url}</link></item>"
_PAGE = "".join(
    f"<p>Belarus released {number} political prisoners after talks with the US envoy John Coale in Minsk.</p>"
    for number in (52, 52, 52)
)


@pytest.mark.parametrize("step", [step for step in STEPS if step.startswith("look.")])
async def test_no_second_look_is_lost(step: str, sqlite_url: str, postgres_url: str, tmp_path: Path) -> None:
    """Both databases at once, each with a feed of its own."""
    async with FeedServer() as server:
        item = _HALF.format(url=server.url("/page"))
        page = f"<html><body><article>{_PAGE}</article></body></html>".encode()
        server.on("/page", reply(page, headers=[("Content-Type", "text/html")]))
        documents = [reply(_FEED % part) for part in (b"", item.encode())]
        async with asyncio.TaskGroup() as group:
            for path, database in (("/one", sqlite_url), ("/two", postgres_url)):
                feed = server.on(path, *documents)
                group.create_task(die_and_read_on(step, feed, tmp_path, database))


async def die_and_read_on(step: str, url: str, folder: Path, database: str) -> None:
    async with WireServer() as wire:
        config = folder / f"{database.partition(':')[0]}.toml"
        write_feed_config(config, url, wire.port, database)
        text = config.read_text(encoding="utf-8")  # read in full whatever the pack says of the headline
        config.write_text(text.replace("[feeds]", '[feeds]\n        full_text = "always"'), encoding="utf-8")
        async with running(config, die_at=step) as dying:
            assert await dying.ended() == -signal.SIGKILL, dying.log
        async with running(config, ahead=AFTER_THE_LEASES) as again:
            await wire.wait_for(lambda calls: len({call["chat"] for call in calls if call["do"] == "send"}) == 2)
            again.terminate()
            assert await again.ended() == 0, again.log
        assert len(wire.sent()) == 2
