"""kill -9 between any two steps: every alert still comes, on SQLite and on PostgreSQL, and at most one comes twice."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.demo.server import SampleEntry, SampleFeed, SampleServer
from core.failpoints import STEPS
from tests.fake_clock import FakeClock
from tests.wire_platform import WireServer

ROOT = Path(__file__).parents[2]
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
        SampleEntry(1, "US Treasury lifts sanctions on Belarusian airline Belavia", "OFAC delists the carrier."),
    ),
)
AFTER_THE_LEASES = 3600.0


@pytest.fixture
async def server() -> AsyncIterator[SampleServer]:
    server = SampleServer(FakeClock(), (FEED,))
    await server.start()
    yield server
    await server.stop()


def write_config(folder: Path, server: SampleServer, port: int, database: str) -> Path:
    url = server.url_of(FEED)
    config = folder / "config.toml"
    config.write_text(
        f"""
        [storage]
        url = "{database}"
        [feeds]
        interval = "1s"
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


async def start(config: Path, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.run_program", str(config), *arguments, cwd=ROOT, stderr=asyncio.subprocess.DEVNULL
    )


async def end(process: asyncio.subprocess.Process) -> None:
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def read_silently(server: SampleServer, config: Path) -> None:
    """The first run: baseline, then an orderly end."""
    process = await start(config)
    await server.wait_until_asked(2)
    await end(process)


def everything(calls: list[dict[str, str]]) -> bool:
    return len({(call["chat"], call["tag"]) for call in calls if call["do"] == "send"}) == 4


@pytest.mark.parametrize("step", STEPS)
async def test_no_alert_is_lost(step: str, database_url: str, server: SampleServer, tmp_path: Path) -> None:
    async with WireServer() as wire:
        config = write_config(tmp_path, server, wire.port, database_url)
        await read_silently(server, config)
        assert wire.calls == []
        server.publish_next()
        dying = await start(config, "--die-at", step)
        assert await asyncio.wait_for(dying.wait(), 60) == -signal.SIGKILL
        before = len(wire.sent())
        again = await start(config, "--ahead", str(AFTER_THE_LEASES))
        await wire.wait_for(everything)
        await end(again)
        repeated = len(wire.sent()) - 4
        assert repeated <= (2 if step == "delivery.shown" else 0)  # one for each chat in flight
        assert before <= 4
