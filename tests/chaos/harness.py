"""Runs the program, breaks everything around and in it, and keeps the ledger. A seed chooses what goes wrong when."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from sqlalchemy import select

from app.demo.server import SampleServer
from core.clock import SystemClock
from core.failpoints import STEPS
from storage.database import Database
from storage.schema import entries, leases, outbox, targets
from storage.store import Store
from tests.chaos.database import PostgresTrouble
from tests.chaos.ledger import Account, Evidence, Judge, Row, account
from tests.chaos.process import LEASE, forked
from tests.chaos.witness import heard
from tests.chaos.world import Storm, StormySlack, StormyTelegram, feed_server
from tests.patience import PATIENCE

CHATS = {"telegram": 4, "slack": 2}
FEEDS = 3
STARTED = "=== started"
ANYWHERE = ("kill", "kill at a step", "kill at a step", "freeze", "wrong clock", "clock jump")
ON_SQLITE = (*ANYWHERE, "disk full")
ON_POSTGRESQL = (*ANYWHERE, "connections lost", "database crash", "database restart")
AWAY = 1.5  # seconds without a database server

_FORKED = multiprocessing.get_context("forkserver")


@dataclass
class Ledger:
    """What was due and what came of it, a platform each; `findings` are what else must not be."""

    name: str
    processes: int
    seconds: float
    disturbed: Counter[str]
    faults: dict[str, Counter[str]]
    entries: int
    published: int
    accounts: list[Account]
    findings: list[str]

    @property
    def wrong(self) -> list[str]:
        """All that must not be; empty for a sound run."""
        found = [fault for one in self.accounts for fault in one.faults] + self.findings
        if self.entries != self.published:
            found.append(f"{self.entries} of {self.published} entries are stored")
        return found

    def rows(self) -> str:
        return "\n".join(
            f"| {self.name} | {self.processes} | {one.platform} | {one.due} | {one.sent} | {len(one.lost)} "
            f"| {len(one.repeats)} of {one.unnoted} | {len(one.disorder)} | {len(one.early)} "
            f"| {_counts(self.faults[one.platform])} |"
            for one in self.accounts
        )

    def broken(self) -> str:
        """What went wrong around the platforms, and why anything came twice."""
        text = f"{self.name}, {self.processes}: {self.entries} of {self.published} entries stored, in "
        text += f"{self.seconds:.0f} s. Disturbed by {_counts(self.disturbed)}."
        for one in self.accounts:
            text += f" {one.platform}: {one.why or 'nothing came twice'}."
        return text


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counted.items())) or "nothing"


HEAD = (
    "| database | processes | platform | alerts due | sent | lost | repeated, of those not noted | order breaks "
    "| too early | answers |\n|---|---|---|---|---|---|---|---|---|---|"
)


class Chaos:
    """One run: `processes` of the program on one database, disturbed for `seconds`, or once by each of `kinds`."""

    def __init__(
        self,
        kind: str,
        url: str,
        folder: Path,
        *,
        processes: int,
        seconds: float,
        seed: int,
        kinds: Sequence[str] = (),
        platforms: Sequence[str] = tuple(CHATS),
        lease: float = LEASE,
    ) -> None:
        _FORKED.set_forkserver_preload(["tests.chaos.warm", *(f"bot.platforms.{name}" for name in platforms)])
        self.platforms, self.lease = platforms, lease
        self.kind, self.url, self.folder = kind, url, folder
        self.count, self.seconds = processes, seconds
        self.rng = random.Random(seed)
        self.storm = Storm(random.Random(seed + 1), 0.12)
        self.telegram, self.slack = StormyTelegram(self.storm), StormySlack(self.storm)
        self.postgres = PostgresTrouble(url)
        waves = len(kinds) if kinds else int(seconds * 1.5)
        self.feeds: SampleServer = feed_server(FEEDS, max(2, waves))
        self.running: dict[int, BaseProcess] = {}
        self.disturbed: Counter[str] = Counter()
        self.ended: dict[int, float] = {}
        self.frozen: dict[int, list[tuple[float, float]]] = defaultdict(list)
        self.arguments: tuple[str, ...] = ()
        self.kinds = list(kinds)
        self.steps = list(STEPS)
        self.rng.shuffle(self.steps)
        self.backwards = False
        if kind == "sqlite":  # such a program goes by its host's clock, and waits when that is set back
            self.arguments = ("--jump", "15", "--lease", str(lease))
        else:
            self.arguments = ("--jump", "7200", "--lease", str(lease))

    # --- processes --------------------------------------------------------------------------------------------------

    async def start(self, place: int, *arguments: str) -> None:
        log = self.folder / f"{place}.log"
        with log.open("a") as file:
            file.write(f"{STARTED} {arguments}\n")
        words = [str(self.folder / "config.toml"), *self.arguments, *arguments]
        process = _FORKED.Process(target=forked, args=(log, words))
        await asyncio.to_thread(process.start)
        self.running[place] = process

    async def kill(self, place: int) -> None:
        process = self.running[place]
        process.kill()
        await asyncio.to_thread(process.join)
        self.ended.setdefault(process.pid or 0, time.monotonic())

    def write_config(self) -> None:
        tables = "".join(f'[[feeds.feed]]\nurl = "{self.feeds.url_of(one)}"\nlang = "en"\n' for one in self.feeds.feeds)
        hosts = ", ".join(f'"{self.feeds.url_of(one).split("/")[2]}"' for one in self.feeds.feeds)
        chats = "".join(f'[[subscriptions]]\ntarget = "{chat}"\n' for chat in self.chats)
        platforms = {"telegram": self.telegram.table, "slack": self.slack.table}
        (self.folder / "config.toml").write_text(
            f"{''.join(platforms[name] for name in self.platforms)}[http]\nport = 0\n"
            f'[storage]\nurl = "{self.url}"\n[delivery]\nedit_after = "1s"\n[log]\nlevel = "info"\n'
            f'[feeds]\ninterval = "1s"\nmin_interval = "1s"\nhost_pause = "0s"\nbackfill = "1d"\n'
            f"allow_private = [{hosts}]\n{chats}{tables}",
            encoding="utf-8",
        )

    # --- disturbances -----------------------------------------------------------------------------------------------

    async def disturb(self, kind: str = "") -> None:
        """One thing that goes wrong, chosen by the seed unless it is given."""
        kind = kind or self.rng.choice(ON_SQLITE if self.kind == "sqlite" else ON_POSTGRESQL)
        self.disturbed[kind] += 1
        await self.break_by(kind, self.rng.choice(sorted(self.running)))

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
                skew = self.rng.choice((-7200, 7200)) if self.kind != "sqlite" else 15
                if self.kind == "sqlite":
                    self.storm.forgive()
                await self.start(place, "--skew", str(skew))
            case "clock jump":
                self.jump(place)
            case "freeze":
                await self.freeze(await self.leader() or place)
            case "disk full":
                await self.kill(place)
                with closing(sqlite3.connect(self.folder / "minskwatch.db")) as file:
                    pages = file.execute("PRAGMA page_count").fetchone()[0]
                await self.start(place, "--pages", str(pages + 2))
            case "connections lost":
                await self.postgres.cut_connections()
            case "database crash":
                await self.postgres.crash()
            case "database restart":
                await self.postgres.restart(AWAY)

    def jump(self, place: int) -> None:
        """Set the clock of a host forward, the next time back. A program with no other clock ends its waits early."""
        if self.kind == "sqlite" and not self.backwards:
            self.storm.forgive()
        self._signal(place, signal.SIGUSR2 if self.backwards else signal.SIGUSR1)
        self.backwards = not self.backwards

    async def freeze(self, place: int) -> None:
        """Stand still for longer than the leases last."""
        began, pid = time.monotonic(), self.running[place].pid
        self._signal(place, signal.SIGSTOP)
        await asyncio.sleep(self.lease + 2)
        self.frozen[pid or 0].append((began, time.monotonic()))
        self._signal(place, signal.SIGCONT)

    def _signal(self, place: int, number: signal.Signals) -> None:
        process = self.running[place]
        if process.is_alive() and process.pid:
            with suppress(ProcessLookupError):
                os.kill(process.pid, number)

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
                if process.exitcode is not None and process.pid not in self.ended:
                    self.disturbed["deaths"] += process.exitcode == -signal.SIGKILL
                    self.ended[process.pid or 0] = time.monotonic()
                    await self.start(place)
            await asyncio.sleep(0.2)

    async def all_ready(self, within: float = PATIENCE) -> None:
        """Wait until every process has started up, or has died again."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            texts = {place: (self.folder / f"{place}.log").read_text() for place in self.running}
            if all(" ready " in text.rpartition(STARTED)[2] for text in texts.values()):
                return
            await asyncio.sleep(0.1)

    # --- the run ----------------------------------------------------------------------------------------------------

    async def run(self) -> Ledger:
        began = time.monotonic()
        async with self.world():
            keeping = asyncio.create_task(self.keep_alive())
            await (self.disturb_by_kinds() if self.kinds else self.disturb_at_random())
            self.storm.trouble = 0.0
            keeping.cancel()
            for place in () if self.kinds else self.running:
                await self.kill(place)
                await self.start(place)
            if self.kinds:
                keeping = asyncio.create_task(self.keep_alive())
            await self.settle()
            keeping.cancel()
            return await self.ledger(time.monotonic() - began)

    async def disturb_at_random(self) -> None:
        up = 0.0
        while up < self.seconds:
            await self.all_ready()
            await self.storm.next_call(within=20)
            pause = self.rng.uniform(1, 4)
            for _ in range(3):
                self.publish()
                await asyncio.sleep(pause / 3)
            up += pause
            await self.disturb()

    async def disturb_by_kinds(self) -> None:
        """Each disturbance once, while something is being shown."""
        for kind in self.kinds:
            await self.all_ready()
            self.publish()
            await self.storm.next_call(within=60)
            await self.disturb(kind)

    def publish(self) -> None:
        if self.feeds.wave < self.feeds.last_wave:
            self.feeds.publish_next()

    @asynccontextmanager
    async def world(self) -> AsyncIterator[None]:
        await self.telegram.start()
        await self.slack.start()
        await self.feeds.start()
        rooms = [self.telegram.chats.private(500 + number).id for number in range(CHATS["telegram"])]
        self.chats = [f"telegram:{room}" for room in rooms]
        for number in range(CHATS["slack"]):
            self.slack.add_channel(f"C{number}", {"U1", self.slack.bot_user})
            self.chats.append(f"slack:C{number}")
        self.chats = [chat for chat in self.chats if chat.partition(":")[0] in self.platforms]
        self.write_config()
        for place in range(self.count):
            await self.start(place)
        try:
            yield
        finally:
            for place in self.running:
                await self.kill(place)
            await self.feeds.stop()
            await self.slack.stop()
            await self.telegram.stop()

    async def settle(self, patience: float = PATIENCE) -> None:
        """Wait until everything that was published is stored and all of it shown, or nothing more happens."""
        last, since = (0, 0), time.monotonic()
        while time.monotonic() - since < patience:
            await asyncio.sleep(0.5)
            with suppress(Exception):
                stored, rows = await self.read()
                waiting = sum(one.dead_reason is None and one.wanted > one.sent for one in rows)
                if stored == self.published and not waiting:
                    return
                if (stored, waiting) != last:
                    last, since = (stored, waiting), time.monotonic()

    @property
    def published(self) -> int:
        return len(self.feeds.feeds) * (self.feeds.wave + 1)

    async def read(self) -> tuple[int, list[Row]]:
        """How many entries are stored, and the outbox."""
        database = Database(self.url, busy_timeout=10)
        await database.open()
        try:
            async with database.read() as connection:
                stored = len((await connection.execute(select(entries.c.id))).all())
                query = select(outbox, targets.c.platform, targets.c.chat)
                query = query.join(targets, targets.c.id == outbox.c.target_id).order_by(outbox.c.id)
                return stored, [
                    Row(row.id, f"{row.platform}:{row.chat}", row.story_id, row.wanted, row.sent, row.dead_reason)
                    for row in await connection.execute(query)
                ]
        finally:
            await database.close()

    async def ledger(self, seconds: float) -> Ledger:
        stored, rows = await self.read()
        events = [one for log in self.folder.glob("*.log") for one in heard(log.read_text(errors="replace"))]
        evidence = Evidence(self.storm.shown, events, self.ended, self.frozen, self.storm.early)
        store = Store(self.url)
        await store.open()
        findings = await store.reconcile(await store.read_clock() or SystemClock().now())
        await store.close()
        return Ledger(
            name=self.kind,
            processes=self.count,
            seconds=seconds,
            disturbed=self.disturbed,
            faults=self.storm.faults,
            entries=stored,
            published=self.published,
            accounts=[account(platform, rows, evidence) for platform in self.platforms],
            findings=[f"{one.sentence} {one.ids}" for one in findings] + list(Judge(evidence).stolen()),
        )
