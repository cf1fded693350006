"""What is asked all the time, with 10^3 and more stored stories and chats: does it cost the same?

    PYTHONPATH=. python benchmarks/bench_stored.py [--stories 1000 10000] [--entries 10] [--sqlite-only]

Databases filled by benchmarks/filled.py: ten entries a story (`--entries`), 20 a feed, as many chats as stories up to
100,000. Milliseconds of the process's CPU (SQLite works in it; of PostgreSQL only our side) and by the clock, medians
of five. A million entries take some minutes to be filled in; tests/contract/test_store_growth.py holds the same by
counting rows.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import count

from app.loop import run_async
from benchmarks.databases import databases
from benchmarks.filled import NOON, PER_STORY, RARE, USUAL, Filled, fill
from core.model import Entry
from core.search import SearchTerm
from storage.store import Store

LEASE = timedelta(minutes=2)
ROUNDS = 5
MOST_CHATS = 100_000
_days = count(1)


def _entries(many: int) -> list[Entry]:
    urls = [f"https://host.example/news/{number}" for number in range(many)]
    return [Entry(f"guid-{url}", "Title", url, url) for url in urls]


async def _claim(store: Store) -> None:
    """At another day each time, so that all feeds are free again."""
    assert len(await store.claim_due_feeds(NOON + timedelta(days=next(_days)), limit=20, lease=LEASE)) == 20


ASKED: dict[str, Callable[[Store], Awaitable[object]]] = {
    "claim 20 feeds": _claim,
    "40 entries known?": lambda store: store.find_known(1, _entries(40)),
    "what is due to chats": lambda store: store.claim_lanes(
        NOON, platforms=["telegram"], limit=20, per_lane=20, lease=LEASE
    ),
    "/latest": lambda store: store.latest_stories(5, topics=["us-diplomacy"]),
    "/search, usual word": lambda store: store.search_stories([SearchTerm(USUAL)], 5),
    "/search, rare word": lambda store: store.search_stories([SearchTerm(RARE)], 5),
    "/search, no such word": lambda store: store.search_stories([SearchTerm("nowhere")], 5),
    "/status": lambda store: store.get_status(),
}


async def measure(url: str, stories: int, entries: int) -> dict[str, tuple[float, float]]:
    """CPU and clock milliseconds of each question."""
    store = Store(url)
    await store.open()
    await fill(store._database, Filled(stories * entries, min(stories, MOST_CHATS), entries))
    took: dict[str, tuple[float, float]] = {}
    for name, ask in ASKED.items():
        await ask(store)
        both = []
        for _ in range(ROUNDS):
            cpu, clock = time.process_time(), time.perf_counter()
            await ask(store)
            both.append((time.process_time() - cpu, time.perf_counter() - clock))
        took[name] = (statistics.median(c for c, _ in both) * 1000, statistics.median(w for _, w in both) * 1000)
    await store.close()
    return took


def show(kind: str, sizes: list[int], found: list[dict[str, tuple[float, float]]]) -> None:
    print(f"\n{kind}, ms of CPU (by the clock)")
    print(f"{'stories':24}" + "".join(f"{size:>18,}" for size in sizes))
    for name in ASKED:
        print(f"{name:24}" + "".join(f"{one[name][0]:9.1f} ({one[name][1]:6.1f})" for one in found), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--entries", type=int, default=PER_STORY, help="of each story")
    parser.add_argument("--sqlite-only", action="store_true")
    args = parser.parse_args()
    for name, urls in databases(len(args.stories), sqlite_only=args.sqlite_only):
        found = [run_async(measure(url, size, args.entries)) for url, size in zip(urls, args.stories, strict=True)]
        show(name, args.stories, found)


if __name__ == "__main__":
    main()
