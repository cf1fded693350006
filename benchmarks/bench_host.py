"""How long a round takes of many feeds on one of the operator's own hosts, beside as many feeds on hosts of their own.

    PYTHONPATH=. python benchmarks/bench_host.py [--feeds 400] [--concurrency 20] [--seconds 6]

Fetcher, poller and SQLite are real, the parser is in the process, the server another process on loopback that answers
304 to whoever knows the document. By `tick`, as the program does. Only the ratio compares between machines.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import aiohttp

from app.loop import run_async
from benchmarks.feed_server import HOSTS, addresses, running_server
from core.clock import SystemClock
from core.model import FeedSpec
from core.observing import unobserved
from feeds.fetch import Fetcher
from feeds.judging import Judging
from feeds.kit import Kit
from feeds.options import FeedOptions
from feeds.parsing import ParseWorker
from feeds.poller import Poller
from matching.matcher import load_matcher
from matching.stories import StoryBook
from storage.store import Store


async def measure(specs: list[FeedSpec], options: FeedOptions, file: Path, seconds: float) -> tuple[float, float]:
    """Seconds until all were polled once, and polls a second after that, when all are due again and again."""
    store, clock = Store(f"sqlite+aiosqlite:///{file}"), SystemClock()
    await store.open()
    await store.sync_feeds(specs, clock.now())
    async with Fetcher(options, clock) as fetcher, ParseWorker(options) as parser:
        poller = Poller(Kit(store, Judging(load_matcher(), StoryBook()), fetcher, clock, options, unobserved), parser)
        seen: set[str] = set()
        began = time.perf_counter()
        while len(seen) < len(specs):
            seen |= {result.url for result in await poller.tick()}
            await asyncio.sleep(0.05)
        first = time.perf_counter() - began
        polls, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            polls += len(await poller.tick())
            await asyncio.sleep(0.05)
        rate = polls / (time.perf_counter() - began)
        await poller.drain(1)
    await store.close()
    return first, rate


async def run(port: int, feeds: int, concurrency: int, seconds: float) -> None:
    urls = addresses(port, feeds)
    one_host = [f"http://{HOSTS[0]}:{port}/{number}" for number in range(feeds)]
    options = FeedOptions(allow_private=tuple(f"{host}:{port}" for host in HOSTS), concurrency=concurrency)
    async with aiohttp.ClientSession() as session:
        await (await session.get(f"http://{HOSTS[0]}:{port}/phase/304/40")).read()
    print(f"{feeds} feeds, {concurrency} places\n\n{'':24}first poll of all, s   polls a second")
    with tempfile.TemporaryDirectory() as folder:
        for name, addressed in (("hosts of their own", urls), ("one own host", one_host)):
            lanes = max(concurrency // 2, 1)  # as Settings.spec_of has it
            specs = [FeedSpec(url, url, interval=timedelta(seconds=1), lanes=lanes) for url in addressed]
            first, rate = await measure(specs, options, Path(folder, f"{name}.db"), seconds)
            print(f"{name:24}{first:20.1f} {rate:16.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=400)
    parser.add_argument("--concurrency", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=6.0, help="for how long polls are counted")
    args = parser.parse_args()
    with running_server() as port:
        run_async(run(port, args.feeds, args.concurrency, args.seconds))


if __name__ == "__main__":
    main()
