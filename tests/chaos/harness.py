"""Runs the program, breaks everything around and in it, and keeps the ledger. A seed chooses what goes wrong when."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import select

from app.demo.server import SampleServer
from core.clock import SystemClock
from core.failpoints import STEPS
from storage.database import Database
from storage.schema import entries, leases, outbox, targets
from storage.store import Store
from tests.chaos.process import LANE_LEASE
from tests.chaos.world import StormyTelegram, feed_server
from tests.pgbouncer import running_pgbouncer
from tests.postgres import new_database, running_postgres

ROOT = Path(__file__).parents[2]
CHATS = 6
FEEDS = 3
STARTED = "=== started"
IN_FLIGHT = 4.0  # seconds that one call may take, so that what came before is noted


@dataclass(frozen=True)
class Stop:
    """When something that loses deliveries under way began and was over, by time.monotonic."""

    began: float
    ended: float


@dataclass
class Ledger:
    """What was due and what came of it. `lost`, `disorder` and `early` must be empty."""

    name: str
    processes: int
    seconds: float
    disturbed: Counter[str]
    faults: Counter[str]
    entries: int
    published: int
    due: int
    sent: int
    lost: list[str]
    repeated: int
    may_repeat: int
    disorder: list[str]
    early: list[str]
    findings: list[str]
    takeovers: list[float] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        wrong = [*self.lost, *self.disorder, *self.early, *self.findings]
        return not wrong and self.repeated <= self.may_repeat and self.entries == self.published

    def row(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted((self.disturbed + self.faults).items()))
        return (
            f"| {self.name} | {self.processes} | {self.entries}/{self.published} | {self.due} | {self.sent} | "
            f"{len(self.lost)} | {self.repeated} (at most {self.may_repeat}) | {len(self.disorder)} | "
            f"{len(self.early)} | {kinds} |"
        )


HEAD = (
    "| database | processes | entries stored/published | alerts due | sent | lost | repeated | order breaks "
    "| too early | faults |\n|---|---|---|---|---|---|---|---|---|---|"
)


@contextmanager
def database_of(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite+aiosqlite:///{folder}/minskwatch.db"
        return
    with running_postgres() as server:
        if server is None:
            raise RuntimeError("no PostgreSQL: set TEST_POSTGRES_URL, or install postgresql")
        with new_database(server) as url:
            if kind == "postgresql":
                yield url
                return
            with running_pgbouncer(url, connections=8) as pooled:
                yield pooled


class Chaos:
    """One run: `processes` of the program on one database, disturbed for `seconds`."""

    def __init__(
        self, kind: str, url: str, folder: Path, *, processes: int, seconds: float, seed: int, kinds: Sequence[str] = ()
    ) -> None:
        self.kind, self.url, self.folder = kind, url, folder
        self.count, self.seconds = processes, seconds
        self.rng = random.Random(seed)
        self.telegram = StormyTelegram(random.Random(seed + 1), 0.12)
        self.feeds: SampleServer = feed_server(FEEDS, max(3, int(seconds)))
        self.running: dict[int, asyncio.subprocess.Process] = {}
        self.disturbed: Counter[str] = Counter()
        self.takeovers: list[float] = []
        self.stops: list[Stop] = []
        self.arguments: tuple[str, ...] = ()
        self.kinds = kinds
        self.anew = True  # all processes are started anew in the end
        self.steps = list(STEPS)
        self.rng.shuffle(self.steps)

    # --- processes --------------------------------------------------------------------------------------------------

    async def start(self, place: int, *arguments: str) -> None:
        command = [sys.executable, "-m", "tests.chaos.process", str(self.folder / "config.toml")]
        command += [*self.arguments, *arguments]
        with (self.folder / f"{place}.log").open("a") as log:
            log.write(f"{STARTED} {arguments}\n")
            log.flush()
            self.running[place] = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stderr=log, stdout=log)

    async def kill(self, place: int) -> None:
        process = self.running[place]
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    def write_config(self) -> None:
        tables = "".join(f'[[feeds.feed]]\nurl = "{self.feeds.url_of(one)}"\nlang = "en"\n' for one in self.feeds.feeds)
        hosts = ", ".join(f'"{self.feeds.url_of(one).split("/")[2]}"' for one in self.feeds.feeds)
        chats = "".join(f'[[subscriptions]]\ntarget = "telegram:{chat}"\n' for chat in self.chats)
        (self.folder / "config.toml").write_text(
            f'[telegram]\ntoken = "{self.telegram.token}"\napi_base = "{self.telegram.url}"\n[http]\nport = 0\n'
            f'[storage]\nurl = "{self.url}"\n[delivery]\nedit_after = "1s"\n[log]\nlevel = "info"\n'
            f'[feeds]\ninterval = "1s"\nmin_interval = "1s"\nhost_pause = "0s"\nbackfill = "1d"\n'
            f"allow_private = [{hosts}]\n{chats}{tables}",
            encoding="utf-8",
        )

    # --- disturbances -----------------------------------------------------------------------------------------------

    async def disturb(self) -> None:
        """One thing that goes wrong, chosen by the seed, of `kinds` if given."""
        kinds = ["kill", "kill at a step", "kill at a step", "freeze", "wrong clock"]
        kinds += ["disk full"] if self.kind == "sqlite" else ["connections lost", "database crash"]
        kind = self.rng.choice(self.kinds or kinds)
        self.disturbed[kind] += 1
        place = self.rng.choice(sorted(self.running))
        began = time.monotonic()
        await self.break_by(kind, place)
        self.stops.append(Stop(began, time.monotonic()))

    async def break_by(self, kind: str, place: int) -> None:
        match kind:
            case "kill":
                await self.kill(place)
                await self.start(place)
            case "kill at a step":
                await self.kill(place)
                await self.start(place, "--die-at", self.steps[self.disturbed[kind] % len(self.steps)])
            case "wrong clock":
                await self.kill(place)
                skew = self.rng.choice((-7200, 7200)) if self.kind != "sqlite" else 30
                await self.start(place, "--skew", str(skew))
            case "freeze":
                await self.freeze(await self.leader() or place)
            case "disk full":
                await self.kill(place)
                with closing(sqlite3.connect(self.folder / "minskwatch.db")) as file:
                    pages = file.execute("PRAGMA page_count").fetchone()[0]
                await self.start(place, "--pages", str(pages + 2))
            case "connections lost":
                await self.administer("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> $1")
            case "database crash":
                await self.administer("")

    async def freeze(self, place: int) -> None:
        """Stand still for longer than the leases last."""
        process = self.running[place]
        if process.returncode is not None:
            return
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(LANE_LEASE.total_seconds() + 2)
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)

    async def administer(self, statement: str) -> None:
        """Run a statement with our own pid, or without one let a server process die, which ends all of them."""
        connection = await self.connected()
        pid = await connection.fetchval("SELECT pg_backend_pid()")
        with suppress(asyncpg.PostgresError, OSError):
            if statement:
                await connection.fetch(statement, pid)
            else:
                os.kill(pid, signal.SIGKILL)
        connection.terminate()

    async def connected(self, within: float = 60.0) -> asyncpg.Connection[Any]:
        """A connection, also while the server recovers from the crash before."""
        deadline = time.monotonic() + within
        while True:
            try:
                return await asyncpg.connect(self.url.replace("+asyncpg", ""), statement_cache_size=0)
            except (asyncpg.PostgresError, OSError):
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)

    async def leader(self) -> int | None:
        """The place of the process that asks Telegram for updates."""
        database = Database(self.url, busy_timeout=5)
        await database.open()
        try:
            async with database.read() as connection:
                query = select(leases.c.owner).where(leases.c.name.like("telegram:%"))
                owner = (await connection.execute(query)).scalar_one_or_none()
        except Exception:
            return None
        finally:
            await database.close()
        pid = int(owner.split(":")[1]) if owner else 0
        return next((place for place, process in self.running.items() if process.pid == pid), None)

    async def keep_alive(self) -> None:
        """What has died is started again, as a service manager does."""
        while True:
            for place, process in tuple(self.running.items()):
                if process.returncode is not None:
                    self.disturbed["deaths"] += process.returncode == -signal.SIGKILL
                    self.stops.append(Stop(time.monotonic() - 2, time.monotonic()))
                    await self.start(place)
            await asyncio.sleep(0.5)

    async def all_ready(self, within: float = 120.0) -> None:
        """Wait until every process has started up, or has died again."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            texts = {place: (self.folder / f"{place}.log").read_text() for place in self.running}
            if all(" ready " in text.rpartition(STARTED)[2] for text in texts.values()):
                return
            await asyncio.sleep(0.25)

    # --- the run ----------------------------------------------------------------------------------------------------

    async def run(self) -> Ledger:
        began = time.monotonic()
        async with self.world():
            keeping = asyncio.create_task(self.keep_alive())
            up = 0.0
            while up < self.seconds:
                await self.all_ready()
                await self.telegram.next_call(within=20)
                pause = self.rng.uniform(1, 4)
                for _ in range(3):
                    if self.feeds.wave < self.feeds.last_wave:
                        self.feeds.publish_next()
                    await asyncio.sleep(pause / 3)
                up += pause
                await self.disturb()
            self.telegram.trouble = 0.0
            keeping.cancel()
            began = time.monotonic()
            for place in self.running if self.anew else ():
                await self.kill(place)
                await self.start(place)
            self.stops.append(Stop(began, time.monotonic()))
            await self.settle()
            return await self.ledger(time.monotonic() - began)

    @asynccontextmanager
    async def world(self) -> AsyncIterator[None]:
        await self.telegram.start()
        await self.feeds.start()
        self.chats = [self.telegram.chats.private(500 + number).id for number in range(CHATS)]
        self.write_config()
        for place in range(self.count):
            await self.start(place)
        try:
            yield
        finally:
            for place, process in self.running.items():
                if process.returncode is None:
                    with suppress(ProcessLookupError):
                        process.send_signal(signal.SIGCONT)
                    await self.kill(place)
            await self.feeds.stop()
            await self.telegram.stop()

    async def settle(self, patience: float = 90.0) -> None:
        """Wait until everything that was published is stored and all of it shown, or nothing more happens."""
        last, since = (0, 0), time.monotonic()
        while time.monotonic() - since < patience:
            await asyncio.sleep(1)
            with suppress(Exception):
                stored, waiting = await self.state()
                if stored == self.published and not waiting:
                    return
                if (stored, waiting) != last:
                    last, since = (stored, waiting), time.monotonic()

    @property
    def published(self) -> int:
        return len(self.feeds.feeds) * (self.feeds.wave + 1)

    async def state(self) -> tuple[int, int]:
        rows, waiting = await self.read()
        return rows, sum(one.dead_reason is None and one.wanted > one.sent for one in waiting)

    async def read(self) -> tuple[int, Any]:
        """How many entries are stored, and the outbox with the chat of each row."""
        database = Database(self.url, busy_timeout=10)
        await database.open()
        try:
            async with database.read() as connection:
                stored = len((await connection.execute(select(entries.c.id))).all())
                query = select(outbox, targets.c.chat).join(targets, targets.c.id == outbox.c.target_id)
                return stored, (await connection.execute(query.order_by(outbox.c.id))).all()
        finally:
            await database.close()

    async def ledger(self, seconds: float) -> Ledger:
        stored, rows = await self.read()
        first: dict[tuple[str, int], float] = {}
        sends: dict[tuple[str, int], list[float]] = defaultdict(list)
        for one in self.telegram.shown:
            if not one.edit and one.story:
                first.setdefault((one.chat, one.story), one.at)
                sends[one.chat, one.story].append(one.at)
        due = [(row.chat, row.story_id) for row in rows]
        lost = [f"story {story} in {chat}" for chat, story in due if (chat, story) not in first]
        lost += [f"row {row.id} waits" for row in rows if row.dead_reason is None and row.wanted > row.sent]
        lost += [f"row {row.id} was given up: {row.dead_reason}" for row in rows if row.dead_reason is not None]
        disorder = []
        for chat in {chat for chat, _ in due}:
            shown = [(story, first[chat, story]) for to, story in due if to == chat and (chat, story) in first]
            pairs = pairwise(shown)
            disorder += [f"{chat}: {b[0]} before {a[0]}" for a, b in pairs if b[1] < a[1]]
        store = Store(self.url)
        await store.open()
        findings = await store.reconcile(await store.read_clock() or SystemClock().now())
        await store.close()
        return Ledger(
            name=self.kind,
            processes=self.count,
            seconds=seconds,
            disturbed=self.disturbed,
            faults=self.telegram.faults,
            entries=stored,
            published=self.published,
            due=len(due),
            sent=len(first),
            lost=lost,
            repeated=sum(len(times) - 1 for times in sends.values()),
            may_repeat=self.telegram.faults["drop after"] + self.in_flight(),
            disorder=disorder,
            early=self.telegram.early,
            findings=[f"{one.sentence} {one.ids}" for one in findings] + list(self.unexplained(sends)),
            takeovers=self.takeovers,
        )

    def in_flight(self) -> int:
        """Messages shown so shortly before, or during, something that stops a delivery that they may not be noted."""
        return sum(
            len({one.chat for one in self.telegram.shown if stop.began - IN_FLIGHT <= one.at <= stop.ended})
            for stop in self.stops
        )

    def unexplained(self, sends: dict[tuple[str, int], list[float]]) -> Iterator[str]:
        """Repeats with no reason between the first showing and the next: nothing stopped, no answer was lost."""
        for (chat, story), times in sends.items():
            for first, again in pairwise(times):
                stopped = any(stop.began <= again and stop.ended >= first for stop in self.stops)
                if not stopped and not any(first <= at <= again for at in self.telegram.dropped.get(chat, ())):
                    yield f"story {story} came twice to {chat} for no reason, {again - first:.1f} s apart"
