"""What a whole poll costs, as CPU per feed, beside lemon24/reader, a bare aiohttp GET and a bare feedparser.

    PYTHONPATH=. python benchmarks/bench_polling.py [--feeds 200] [--rounds 3] [--no-peer]

All is real: gate, parser process (its CPU counts), matching with the shipped pack, stories, SQLite. The server is
another process on loopback and does not count. All sides open new connections, as pollers do that come every few
minutes. The contestants take turns; medians of the rounds; only ratios compare between machines.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import io
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import aiohttp

from app.loop import run_async
from benchmarks.feed_generator import document
from benchmarks.feed_server import HOSTS, addresses, running_server
from benchmarks.peer import Peer
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

# Read before anything is measured, so that all tables of the pack are there.
FIRST = "Lukashenko freed ten political prisoners after talks with the US envoy in Minsk"
TICKS = os.sysconf("SC_CLK_TCK")
KINDS = ("first", "304", "same", "new")
# CPU of reader over ours, and of ours over the bare GET: what is aimed at.
PEER_MARKS = {"304": 8.0, "same": 50.0, "new": 12.0, "first": 8.0}
BARE_MARKS = {"304": 1.5, "same": 1.6}


def cpu(*pids: int) -> float:
    """CPU seconds used by this process and the given ones."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    total = own.ru_utime + own.ru_stime
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


async def measure(feeds: int, work: Callable[[], Awaitable[object]], pids: Callable[[], tuple[int, ...]]) -> float:
    """CPU milliseconds per feed."""
    before_pids = pids()
    before = cpu(*before_pids)
    await work()
    return (cpu(*before_pids) - before) / feeds * 1000


class Bench:
    def __init__(self, port: int, feeds: int, folder: Path, *, peer: bool) -> None:
        self.peer = peer
        self.base, self.feeds, self.folder = f"http://{HOSTS[0]}:{port}", feeds, folder
        self.options = FeedOptions(allow_private=tuple(f"{host}:{port}" for host in HOSTS), concurrency=20)
        self.urls = addresses(port, feeds)
        self.matcher = load_matcher()
        self.newest = 40

    async def tell(self, session: aiohttp.ClientSession, phase: str) -> None:
        async with session.get(f"{self.base}/phase/{phase}/{self.newest}") as response:
            await response.read()

    async def bare(self, session: aiohttp.ClientSession, etag: str) -> list[bytes]:
        """GET everything as plainly as aiohttp can, 20 at a time."""
        slots = asyncio.Semaphore(20)

        async def get(url: str) -> bytes:
            async with slots, session.get(url, headers={"If-None-Match": etag} if etag else {}) as response:
                return await response.read()

        return await asyncio.gather(*map(get, self.urls))

    async def round(self, number: int) -> dict[str, float]:
        """One database from its first poll on: every kind of poll, and its bare counterpart."""
        took: dict[str, float] = {}
        peer = Peer(self.folder / f"peer{number}.db", self.urls) if self.peer else None
        store = Store(f"sqlite+aiosqlite:///{self.folder}/{number}.db")
        await store.open()
        clock = SystemClock()
        specs = [FeedSpec(f"site{n}", url) for n, url in enumerate(self.urls)]
        await store.sync_feeds(specs, clock.now())
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session,
            Fetcher(self.options, clock) as fetcher,
            ParseWorker(self.options) as parser,
        ):
            # All processes start outside the time measured, and what each does counts from the first poll on.
            begun = (parser.parse("rss", document(0), url=self.urls[0]) for _ in range(self.options.parse_workers))
            await asyncio.gather(*begun)
            kit = Kit(store, Judging(self.matcher, StoryBook()), fetcher, clock, self.options, unobserved)
            poller = Poller(kit, parser)
            self.matcher.analyse(
                FIRST, "The tables of the pack are read on first use, some by the first report that is found."
            )
            gc.freeze()  # as the program does when it has loaded everything
            for kind in KINDS:
                await fetcher.close()
                if kind == "new":
                    self.newest += 1
                await self.tell(session, kind)
                etag = f'"{self.newest}"' if kind == "304" else ""
                took[f"{kind} bare GET"] = await measure(self.feeds, partial(self.bare, session, etag), tuple)
                began = time.perf_counter()
                took[kind] = await measure(self.feeds, partial(poller.poll_once, force=True), lambda: parser.pids)
                took[f"{kind} feeds/s"] = self.feeds / (time.perf_counter() - began)
                if peer:
                    took[f"{kind} peer"] = await asyncio.to_thread(peer.poll) / self.feeds
            bodies = await self.bare(session, "")
            took["feedparser"] = await measure(self.feeds, lambda: parse_bare(bodies), tuple)
        await store.close()
        if peer:
            took["peak of the peer"] = await asyncio.to_thread(peer.close)
        return took


async def parse_bare(bodies: list[bytes]) -> None:
    import feedparser  # the program has it in the parser process alone, which bench_growth.py relies on

    for body in bodies:
        feedparser.parse(io.BytesIO(body))


def report(median: dict[str, float], feeds: int, rounds: int) -> None:
    print(f"{feeds} feeds of 40 entries, medians of {rounds} rounds, CPU ms per feed\n")
    print(
        f"{'poll':8}{'ours':>8}{'reader':>9}{'less':>8}{'mark':>6}{'bare GET':>10}{'ratio':>7}{'mark':>6}{'feeds/s':>9}"
    )
    for kind in KINDS:
        ours, bare, theirs = median[kind], median[f"{kind} bare GET"], median.get(f"{kind} peer")
        against = (
            f"{theirs:9.2f}{theirs / ours:7.1f}x{PEER_MARKS[kind]:5.0f}x" if theirs else f"{'-':>9}{'-':>8}{'-':>6}"
        )
        mark = f"{BARE_MARKS[kind]:6.1f}" if kind in BARE_MARKS else f"{'-':>6}"
        print(f"{kind:8}{ours:8.2f}{against}{bare:10.2f}{ours / bare:7.2f}{mark}{median[f'{kind} feeds/s']:9.0f}")
    print(f"\nfeedparser alone, as it comes: {median['feedparser']:.1f} ms per feed")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process, the bare clients included: {peak:.0f} MiB")
    if "peak of the peer" in median:
        print(f"peak memory of reader: {median['peak of the peer']:.0f} MiB")


async def run(port: int, feeds: int, rounds: int, *, peer: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(port, feeds, Path(folder), peer=peer)
        all_rounds = [await bench.round(number) for number in range(rounds)]
    report({key: statistics.median(took[key] for took in all_rounds) for key in all_rounds[0]}, feeds, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-peer", action="store_true", help="do not install and run lemon24/reader")
    args = parser.parse_args()
    random.seed(1)
    with running_server() as port:
        run_async(run(port, args.feeds, args.rounds, peer=not args.no_peer))


if __name__ == "__main__":
    main()
