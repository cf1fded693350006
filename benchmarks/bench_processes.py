"""How much more 2 and 4 processes poll and deliver than one, on one PostgreSQL, in one run.

    PYTHONPATH=. python benchmarks/bench_processes.py [--processes 1 2 4] [--chats 2000] [--feeds 2000]

Each process claims what is due in batches of 20 and writes the outcome, as the program does around a poll and a
message, without network and platform: what the database and the store bear. All share the cores with the server, so on
two cores more than two processes show only that nothing is done twice and little is lost to waiting.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from dataclasses import replace
from datetime import timedelta
from multiprocessing.pool import Pool

from app.loop import run_async
from benchmarks.filled import NOON, PER_FEED, TOPICS, Filled, fill
from core.model import Feed, Outcome, PollRecord
from core.options import Told
from storage.store import Store
from tests.contract.store_steps import EDIT_AFTER, member, summary
from tests.postgres import new_database, running_postgres

LEASE = timedelta(minutes=2)
BATCH = 20


async def prepare(url: str, chats: int, feeds: int) -> None:
    """Every feed is due, and a story waits for every chat."""
    store = Store(url)
    await store.open()
    await fill(store._database, Filled(feeds * PER_FEED // 1_000 * 1_000, chats))
    async with store.transaction() as transaction:
        await transaction.open_stories(NOON - timedelta(minutes=1))
        story = await transaction.add_story(member(3, NOON), summary(), NOON)
        await transaction.queue_story(story, NOON, edit_after=EDIT_AFTER)
    await store.close()


async def _deliver(store: Store) -> int:
    done = 0
    while lanes := await store.claim_lanes(NOON, platforms=["telegram"], limit=BATCH, per_lane=BATCH, lease=LEASE):
        for lane in lanes:
            for item in lane.items:
                done += await store.mark_sent(lane, item, "m1", item.wanted, NOON, Told())
            await store.release_lane(lane)
    return done


def _ended(feed: Feed) -> PollRecord:
    state = replace(feed.state, next_poll_at=NOON + timedelta(days=2), last_ok_at=NOON)
    return PollRecord(Outcome.OK, state, NOON)


async def _poll(store: Store) -> int:
    done, later = 0, NOON + timedelta(days=1)
    while feeds := await store.claim_due_feeds(later, limit=BATCH, lease=LEASE):
        done += len(await store.record_polls([(feed, _ended(feed)) for feed in feeds]))
    return done


def work(task: tuple[str, str]) -> int:
    """In a process: do what is there to be done; how much it was."""
    what, url = task

    async def run() -> int:
        store = Store(url)
        await store.open()
        try:
            return await (_poll if what == "polls" else _deliver)(store)
        finally:
            await store.close()

    return run_async(run())


def ready(_: int) -> int:
    """Started, with all that is imported."""
    time.sleep(0.2)
    return os.getpid()


def measure(pool: Pool, processes: int, what: str, url: str) -> tuple[float, list[int]]:
    """How many a second, and how many by each process."""
    began = time.perf_counter()
    done = pool.map(work, [(what, url)] * processes, chunksize=1)
    return sum(done) / (time.perf_counter() - began), done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--chats", type=int, default=2_000)
    parser.add_argument("--feeds", type=int, default=2_000)
    args = parser.parse_args()
    print(
        f"{os.cpu_count()} cores, topics {', '.join(TOPICS)}\n{'processes':>9}  {'what':11}{'a second':>9}{'ratio':>7}"
    )
    first: dict[str, float] = {}
    with running_postgres() as server:
        if server is None:
            print("not measured: no PostgreSQL is installed")
            return
        for processes in args.processes:
            with new_database(server) as url, multiprocessing.get_context("spawn").Pool(processes) as pool:
                run_async(prepare(url, args.chats, args.feeds))
                pool.map(ready, range(processes * 2), chunksize=1)
                for what in ("polls", "deliveries"):
                    rate, done = measure(pool, processes, what, url)
                    ratio = rate / first.setdefault(what, rate)
                    print(f"{processes:9}  {what:11}{rate:9.0f}{ratio:7.2f}   by each: {done}", flush=True)


if __name__ == "__main__":
    main()
