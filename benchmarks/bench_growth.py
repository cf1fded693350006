"""How the cost of a feed and the memory grow with the number of feeds; the latter beside a bare `import aiogram`.

    PYTHONPATH=. python benchmarks/bench_growth.py [--feeds 1000 4000]

Each size is a fresh process with aiogram loaded, polling small feeds (3 entries) as fast as it can: first poll, then
304. CPU per feed includes the parser process and the database; peak memory is the program's own and the parser's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import aiohttp

from app.loop import run_async
from benchmarks.bench_polling import measure
from benchmarks.feed_server import addresses, running_server
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

BARE = "import aiogram, resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"

# In a process of its own: what migrating takes in memory (Alembic, some 11 MiB) no later start of the program takes.
CREATE = "import asyncio, sys; from storage.store import Store; asyncio.run(Store(sys.argv[1]).open())"


async def poll(port: int, feeds: int, folder: Path) -> dict[str, float]:
    import aiogram  # noqa: F401 - the running program has it loaded

    url = f"sqlite+aiosqlite:///{folder}/{feeds}.db"
    await (await asyncio.create_subprocess_exec(sys.executable, "-c", CREATE, url)).wait()
    urls = addresses(port, feeds)
    hosts = tuple({url.split("/")[2] for url in urls})
    options = FeedOptions(allow_private=hosts, concurrency=20)
    clock, store = SystemClock(), Store(url)
    await store.open()
    await store.sync_feeds([FeedSpec(f"site{number}", url) for number, url in enumerate(urls)], clock.now())
    took: dict[str, float] = {}
    async with Fetcher(options, clock) as fetcher, ParseWorker(options) as parser:
        await parser.parse("rss", b"<rss><channel/></rss>", url=urls[0])
        matcher = load_matcher()
        matcher.analyse("The tables of the pack are read on first use.")
        kit = Kit(store, Judging(matcher, StoryBook()), fetcher, clock, options, unobserved)
        poller = Poller(kit, parser)

        async def once() -> None:
            for start in range(0, feeds, 4_000):
                await poller.poll_once(urls[start : start + 4_000], force=True)

        for phase in ("first", "304"):
            async with aiohttp.ClientSession() as session:
                await (await session.get(f"{urls[0].rpartition('/')[0]}/phase/{phase}/40")).read()
            took[phase] = await measure(feeds, once, lambda: parser.pids)
        took["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        took["parser"] = max(_peak_of(pid) for pid in parser.pids)
    await store.close()
    return took


def _peak_of(pid: int) -> float:
    """Peak memory of a process in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def fresh(*arguments: str) -> Any:
    """What a new interpreter prints, as JSON."""
    done = subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True)  # noqa: S603 - ours
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, nargs="+", default=[1_000, 4_000])
    parser.add_argument("--child", type=int, nargs=2, metavar=("PORT", "FEEDS"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        port, feeds = args.child
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(run_async(poll(port, feeds, Path(folder)))))
        return
    bare = float(fresh("-c", BARE))
    print(f"bare `import aiogram`: {bare:.0f} MiB\n")
    print(f"{'feeds':>8}{'first ms':>10}{'304 ms':>9}{'peak MiB':>10}{'to bare':>9}{'parser MiB':>12}")
    for feeds in args.feeds:
        with running_server(entries=3) as port:
            took = fresh("-m", "benchmarks.bench_growth", "--child", str(port), str(feeds))
        print(
            f"{feeds:8}{took['first']:10.2f}{took['304']:9.2f}{took['peak']:10.1f}{took['peak'] / bare:9.3f}"
            f"{took['parser']:12.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
