"""What the store costs beside its raw drivers, in the same run: entries stored in batches, claims of 20 feeds.

    PYTHONPATH=. python benchmarks/bench_storage.py [--rounds 5] [--sqlite-only]

The raw side has the databases do the same work: the same rows, all columns and the index of words included, into the
same tables with prepared statements and as many commits, and one UPDATE ... RETURNING a claim. Its rows are made, and
their words found, outside the time measured; the store makes its own within. "Like for like" is the other way: the raw
side too makes its rows (words, digests, coded values) within the time measured, plainly and without our classes. By the
clock, and for the store by the CPU time of the process too, since a busy machine lets its two threads wait for one
another. PostgreSQL is a server of our own (see tests/postgres.py); what autovacuum does anywhere else within a minute,
ANALYZE, is done before claims are measured.
"""

from __future__ import annotations

import argparse
import functools
import sqlite3
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import asyncpg

from app.loop import run_async
from benchmarks.databases import databases
from core.links import link_key
from core.model import Analysis, Entry, Feed, FeedSpec, NewEntry
from storage.columns import digest, encode
from storage.search import index_words, words_of
from storage.store import Store

BATCH, BATCHES, FEEDS, CLAIMS = 500, 6, 2_000, 60
NOW = datetime(2026, 3, 19, 12, 0, tzinfo=UTC)
LEASE = timedelta(minutes=2)
NOTHING = Analysis()
numbers = count(1)
Step = Callable[..., Awaitable["Pace"]]
Rows = tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]


class Pace:
    """How much was done in a second of the clock and of this process's CPU time, counted from now on."""

    def __init__(self) -> None:
        self._began, self._used = time.perf_counter(), time.process_time()
        self.clock = self.cpu = 0.0

    def after(self, done: int) -> Pace:
        self.clock = done / (time.perf_counter() - self._began)
        self.cpu = done / (time.process_time() - self._used)
        return self


IDENTITIES = ("feed_id", "identity_digest", "link_digest", "last_seen_at")
ENTRIES = (
    "id", "feed_id", "seen_at", "identity", "title", "url", "link_key", "summary", "words", "outcome",
    "reason", "analysis",
)  # fmt: skip
CLAIM = (
    "UPDATE feeds SET lease_until = {0}, epoch = epoch + 1 WHERE id IN (SELECT id FROM feeds WHERE active AND "
    "next_poll_at <= {1} AND (lease_until IS NULL OR lease_until <= {1}) ORDER BY next_poll_at, id LIMIT 20{2}) "
    "RETURNING *"
)


def new_entries() -> list[NewEntry]:
    made = []
    for number in (next(numbers) for _ in range(BATCH)):
        url = f"https://host.example/news/{number}"
        title, summary = f"Дзевяць чалавек на волі {number}", "Кароткі змест навіны. " * 12
        entry = Entry(f"guid-{number}", title, url, link_key(url), summary)
        made.append(NewEntry(entry, NOTHING, "no_match", "No topic was found in it."))
    return made


def raw_rows(new: list[NewEntry], feed_id: int, now: Any) -> Rows:
    """Rows of both tables, ready to be bound."""
    entries = [item.entry for item in new]
    ids = [(feed_id, digest(entry.identity), digest(entry.link_key), now) for entry in entries]
    rows = [
        (number, feed_id, now, entry.identity, entry.title, entry.url, entry.link_key, entry.summary,
         words_of(entry.title, entry.body), "no_match", "No topic was found in it.", encode(Analysis()))
        for number, entry in zip((int(entry.identity[5:]) + 10_000_000 for entry in entries), entries, strict=True)
    ]  # fmt: skip
    return ids, rows


def prepared(make: Callable[[list[NewEntry]], Rows], within: bool) -> tuple[Pace, Iterator[Rows]]:
    """Rows of all batches, and the pace from the moment when they are there, or are still to be made."""
    new = [new_entries() for _ in range(BATCHES)]
    rows = map(make, new) if within else iter([make(batch) for batch in new])
    return Pace(), rows


def insert_statement(table: str, columns: tuple[str, ...], mark: str) -> str:
    marks = ", ".join(mark.format(number) for number in range(1, len(columns) + 1))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - our own names


async def store_batches(store: Store, feed: Feed) -> Pace:
    batches = [new_entries() for _ in range(BATCHES)]
    pace = Pace()
    for batch in batches:
        async with store.transaction() as transaction:
            await transaction.add_entries(feed, batch, NOW)
    return pace.after(BATCH * BATCHES)


async def store_claims(store: Store) -> Pace:
    later = NOW + timedelta(days=next(numbers))
    pace = Pace()
    for _ in range(CLAIMS):
        assert len(await store.claim_due_feeds(later, limit=20, lease=LEASE)) == 20
    return pace.after(CLAIMS)


def sqlite_steps(path: str, feed: Feed) -> dict[str, Step]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON")

    async def insert(within: bool = False) -> Pace:
        made = functools.partial(raw_rows, feed_id=feed.id, now="2026-03-19 12:00:00.000000")
        pace, batches = prepared(made, within)
        for ids, rows in batches:
            connection.execute("BEGIN IMMEDIATE")
            first = connection.execute("SELECT coalesce(max(id), 0) FROM identities").fetchone()[0] + 1
            connection.executemany(insert_statement("identities", IDENTITIES, "?"), ids)
            numbered = [(first + place, *row[1:]) for place, row in enumerate(rows)]
            connection.executemany(insert_statement("entries", ENTRIES, "?"), numbered)
            index_words(connection, [(row[0], row[ENTRIES.index("words")]) for row in numbered])
            connection.execute("COMMIT")
        return pace.after(BATCH * BATCHES)

    async def claim() -> Pace:
        later = NOW + timedelta(days=next(numbers))
        now, until = (moment.strftime("%Y-%m-%d %H:%M:%S.%f") for moment in (later, later + LEASE))
        pace = Pace()
        for _ in range(CLAIMS):
            connection.execute("BEGIN IMMEDIATE")
            rows = connection.execute(CLAIM.format("?1", "?2", ""), (until, now)).fetchall()
            connection.execute("COMMIT")
            assert len(rows) == 20
        return pace.after(CLAIMS)

    return {"insert": insert, "claim": claim}


async def postgresql_steps(url: str, feed: Feed) -> tuple[dict[str, Step], Callable[[], Awaitable[None]]]:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))

    async def insert(within: bool = False) -> Pace:
        pace, batches = prepared(functools.partial(raw_rows, feed_id=feed.id, now=NOW), within)
        for ids, rows in batches:
            async with connection.transaction():
                first = await connection.fetchval("SELECT coalesce(max(id), 0) FROM identities") + 1
                numbered = [(first + place, *row) for place, row in enumerate(ids)]
                await connection.executemany(insert_statement("identities", ("id", *IDENTITIES), "${}"), numbered)
                rows = [(first + place, *row[1:]) for place, row in enumerate(rows)]
                await connection.executemany(insert_statement("entries", ENTRIES, "${}"), rows)
                await connection.execute("SELECT setval('identities_id_seq', (SELECT max(id) FROM identities))")
        return pace.after(BATCH * BATCHES)

    async def claim() -> Pace:
        later = NOW + timedelta(days=next(numbers))
        statement = CLAIM.format("$1::timestamptz", "$2::timestamptz", " FOR UPDATE SKIP LOCKED")
        pace = Pace()
        for _ in range(CLAIMS):
            assert len(await connection.fetch(statement, later + LEASE, later)) == 20
        return pace.after(CLAIMS)

    return {"insert": insert, "claim": claim}, connection.close


async def analyse(url: str) -> None:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute("ANALYZE")
    await connection.close()


def ratio(mine: list[Pace], theirs: list[Pace]) -> float:
    return statistics.median(one.clock / other.clock for one, other in zip(mine, theirs, strict=True))


async def measure(name: str, url: str, rounds: int) -> None:
    store = Store(url)
    await store.open()
    specs = [FeedSpec(f"Feed {number}", f"https://host{number}.example/feed.xml") for number in range(FEEDS)]
    await store.sync_feeds(specs, NOW)
    (feed,) = await store.claim_due_feeds(NOW, limit=1)
    if name == "SQLite":
        raw, close = sqlite_steps(url.partition("///")[2], feed), None
    else:
        raw, close = await postgresql_steps(url, feed)
        await analyse(url)
    ours: dict[str, Step] = {"insert": lambda: store_batches(store, feed), "claim": lambda: store_claims(store)}
    for step, unit in (("insert", f"entries/s in batches of {BATCH}"), ("claim", "claims of 20 feeds/s")):
        mine, theirs, whole = [], [], []
        for _ in range(rounds):
            theirs.append(await raw[step]())
            mine.append(await ours[step]())
            if step == "insert":
                whole.append(await raw[step](within=True))
        store_pace, cpu_pace, raw_pace = (
            statistics.median(found)
            for found in ([one.clock for one in mine], [one.cpu for one in mine], [one.clock for one in theirs])
        )
        print(
            f"{name:11} {unit:30} store {store_pace:9.0f} (by CPU {cpu_pace:9.0f})   raw driver {raw_pace:9.0f}"
            f"   ratio {ratio(mine, theirs):.2f}" + (f"   like for like {ratio(mine, whole):.2f}" if whole else "")
        )
    if close is not None:
        await close()
    await store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sqlite-only", action="store_true")
    options = parser.parse_args()
    for name, (url,) in databases(sqlite_only=options.sqlite_only):
        run_async(measure(name, url, options.rounds))


if __name__ == "__main__":
    main()
