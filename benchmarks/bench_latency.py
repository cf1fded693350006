"""How long a chat command takes while feeds are polled: idle, at 20 feeds a second, and as fast as it goes.

    PYTHONPATH=. python benchmarks/bench_latency.py [--commands 200]

The real dispatcher on the real store (SQLite), the real poller beside it in the same process; every poll brings a
document with a new entry. Milliseconds by the clock, so the machine must be quiet; `idle` of the same run tells how
much of it is the machine's.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import aiohttp

from app.loop import run_async
from benchmarks.feed_server import addresses, running_server
from bot.command import load_commands
from bot.dispatch import Dispatcher
from bot.languages import TopicTitles
from core.clock import SystemClock
from core.model import Actor, FeedSpec, Target
from core.observing import unobserved
from core.ports import Request
from feeds.fetch import Fetcher
from feeds.judging import Judging
from feeds.kit import Kit
from feeds.options import FeedOptions
from feeds.parsing import ParseWorker
from feeds.poller import Poller
from matching.matcher import load_matcher
from matching.stories import StoryBook
from storage.store import Store

FEEDS, APART = 200, 0.05


async def ask(dispatcher: Dispatcher, commands: int) -> list[float]:
    """Milliseconds of each of `commands` questions of as many chats, one every 50 ms."""
    took = []
    for number in range(commands):
        chat = str(1000 + number)
        request = Request(
            Actor("telegram", chat), Target("telegram", chat), ("latest", "status")[number % 2], private=True
        )
        began = time.perf_counter()
        await dispatcher(request)
        took.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(APART)
    return took


async def poll_for_ever(poller: Poller, urls: list[str], base: str, per_second: int | None) -> None:
    """Poll feed after feed; each round of all feeds finds one new entry in each."""
    newest = 41
    async with aiohttp.ClientSession() as session:
        while True:
            await (await session.get(f"{base}/phase/new/{newest}")).read()
            step = per_second or len(urls)
            for start in range(0, len(urls), step):
                pause = asyncio.create_task(asyncio.sleep(1 if per_second else 0))
                for url in urls[start : start + step] if per_second else ():
                    await poller.poll_once([url], force=True)
                if not per_second:
                    await poller.poll_once(force=True)
                await pause
            newest += 1


async def measure(port: int, commands: int, folder: Path) -> None:
    urls = addresses(port, FEEDS)
    base = urls[0].rpartition("/")[0]
    options = FeedOptions(allow_private=tuple({url.split("/")[2] for url in urls}), concurrency=20)
    clock, store, matcher = SystemClock(), Store(f"sqlite+aiosqlite:///{folder}/latency.db"), load_matcher()
    matcher.prepare()  # as the program does before it polls
    await store.open()
    await store.sync_feeds([FeedSpec(f"site{number}", url) for number, url in enumerate(urls)], clock.now())
    async with Fetcher(options, clock) as fetcher, ParseWorker(options) as parser:
        kit = Kit(store, Judging(matcher, StoryBook()), fetcher, clock, options, unobserved)
        poller = Poller(kit, parser)
        await poller.poll_once(force=True)
        dispatcher = Dispatcher(load_commands(), store, TopicTitles({"prisoner-release": "Prisoner releases"}), clock)
        await ask(dispatcher, 20)
        gc.freeze()  # as the program does when it has loaded everything
        print(f"{'while polling':16}{'median ms':>11}{'p99 ms':>9}")
        for name, per_second in (("nothing", 0), ("20 feeds/s", 20), ("all it can", None)):
            work = poll_for_ever(poller, urls, base, per_second)
            polling = asyncio.create_task(asyncio.sleep(1e6) if per_second == 0 else work)
            took = await ask(dispatcher, commands)
            polling.cancel()
            with suppress(asyncio.CancelledError):
                await polling
            if per_second == 0:
                work.close()
            print(f"{name:16}{statistics.median(took):11.1f}{statistics.quantiles(took, n=100)[98]:9.1f}", flush=True)
    await store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commands", type=int, default=200)
    commands = parser.parse_args().commands
    with tempfile.TemporaryDirectory() as folder, running_server() as port:
        run_async(measure(port, commands, Path(folder)))


if __name__ == "__main__":
    main()
