"""Lets the program live through days of news and trouble, in a time that skips what nobody waits for."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil, inf
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from core.failpoints import STEPS
from tests.chaos.database import PostgresTrouble
from tests.chaos.world import Storm
from tests.soak import growth, life, measure
from tests.soak.diary import ALERT, Diary, DiarySlack, DiaryTelegram, Look
from tests.soak.life import Doing
from tests.soak.measure import Measured
from tests.soak.news import START, Change, plan
from tests.soak.press import Press
from tests.soak.process import forked
from tests.soak.shared_time import NEVER, Leading, SharedTime, loop_of
from tests.telegram_chats import Chat, Refusal, person

_FORKED = multiprocessing.get_context("forkserver")
BLOCKED = "Forbidden: bot was blocked by the user"
EXPELLED = "Forbidden: bot was kicked from the channel chat"
REST = 240  # seconds that a platform asks for, at most
LOCKED = 7  # seconds
AFTER = timedelta(hours=15)  # until the longest wait of a chat is over


@dataclass
class Facts:
    """What is known beside what the platforms took."""

    ends: list[tuple[int, datetime]] = field(default_factory=list)  # processes, and when they were killed
    done: Counter[str] = field(default_factory=Counter)
    silences: list[tuple[str, datetime, datetime | None]] = field(default_factory=list)
    away: list[tuple[str, datetime, datetime | None]] = field(default_factory=list)
    bad_ends: list[str] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    frozen: list[tuple[int, datetime, datetime]] = field(default_factory=list)
    muted: list[tuple[str, int, datetime]] = field(default_factory=list)


class Soak:
    """One run: `processes` of the program on one database for so many `hours`."""

    def __init__(self, kind: str, url: str, folder: Path, *, processes: int, hours: float, seed: int) -> None:
        _FORKED.set_forkserver_preload(["tests.chaos.warm", "bot.platforms.telegram", "bot.platforms.slack"])
        self.kind, self.url, self.folder = kind, url, folder
        self.count, self.hours, self.seed = processes, hours, seed
        self.rng = random.Random(seed)
        self.shared = SharedTime(folder)
        self.shared.ahead = START.timestamp() - time.time()
        self.selector = Leading(self.shared, self._others)
        self.storm = Storm(random.Random(seed + 1), 0.0, self.shared.seconds)
        self.storm.longest_rest = REST
        self.storm.spared = frozenset({life.CONTROL, life.CONTROL_SLACK})
        self.diary = Diary(self.shared.now)
        self.diary.taken = self._taken
        self.telegram, self.slack = DiaryTelegram(self.storm, self.diary), DiarySlack(self.storm, self.diary)
        self.press = Press(self.shared.now)
        self.facts, self.measured = Facts(), Measured()
        self.minutes, self._began = inf, time.monotonic()
        self.postgres = PostgresTrouble(url)
        self.postmaster = 0
        self.running: dict[int, BaseProcess] = {}
        self._doom = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending = False

    def live(self) -> None:
        """The whole run."""
        with asyncio.Runner(loop_factory=lambda: loop_of(self.shared, self.selector)) as runner:
            runner.run(self._live())

    async def _live(self) -> None:
        async with self._world():
            days = ceil(self.hours / 24)
            everything: list[tuple[datetime, Callable[[], Coroutine[Any, Any, None]]]] = []
            everything += [(change.at, self._printing(change)) for change in plan(days, self.seed)]
            doings = life.lives(days, self.seed, self._ways_to_break())
            everything += [(doing.at, self._doing(doing)) for doing in doings]
            hours = [START + timedelta(hours=hour) for hour in range(24 * days)]
            everything += [(at, self._look_at_processes) for at in hours]
            everything += [(at, self._look_at_database) for at in hours[24::24]]
            end = START + timedelta(hours=self.hours)
            for at, act in sorted((one for one in everything if one[0] <= end), key=lambda one: one[0]):
                if act == self._look_at_database and self._is_over():
                    break
                await self._until(at)
                await act()
            await self._calm_down()

    def _is_over(self) -> bool:
        """Whether the time that the run may take is over, at the end of a day."""
        if time.monotonic() - self._began < 60 * self.minutes:
            return False
        self.hours = round((self.shared.now() - START) / timedelta(hours=1))
        return True

    def _ways_to_break(self) -> tuple[str, ...]:
        return ("database locked",) if self.kind == "sqlite" else ("connections lost", "connections lost", "crash")

    def _printing(self, change: Change) -> Callable[[], Coroutine[Any, Any, None]]:
        async def act() -> None:
            self.press.change(change)

        return act

    def _doing(self, doing: Doing) -> Callable[[], Coroutine[Any, Any, None]]:
        async def act() -> None:
            self.facts.done[doing.what] += 1
            await self._do(doing)

        return act

    async def _until(self, at: datetime) -> None:
        wait = (at - self.shared.now()).total_seconds()
        if wait > 0:
            await asyncio.sleep(wait)

    async def _calm_down(self) -> None:
        """Everything works again, all that waits comes, and the processes end in order."""
        self.storm.trouble = 0.0
        self._doom = ""
        for paper in self.press.papers:
            paper.trouble = ""
        await asyncio.sleep(min(AFTER.total_seconds(), 3600 * self.hours / 2))
        await self._look_at_database()
        self._ending = True
        for process in self.running.values():
            process.terminate()
        while self.running:  # noqa: ASYNC110 - their ends are told by the loop
            await asyncio.sleep(0.5)

    # --- processes --------------------------------------------------------------------------------------------------

    def _others(self) -> list[int]:
        return [*(process.pid or 0 for process in self.running.values()), *filter(None, (self.postmaster,))]

    def start(self, place: int, *arguments: str) -> None:
        config = self.folder / "config.toml"
        words = (self.folder / f"{place}.log", self.folder, config, arguments)
        process = _FORKED.Process(target=forked, args=words)
        process.start()
        assert process.pid
        self.shared.expect(process.pid)
        self.running[place] = process
        asyncio.get_running_loop().add_reader(process.sentinel, self._ended, place, process)

    def _ended(self, place: int, process: BaseProcess) -> None:
        asyncio.get_running_loop().remove_reader(process.sentinel)
        process.join()
        self.shared.forget(process.pid or 0)
        del self.running[place]
        if process.exitcode == -signal.SIGKILL:
            self.facts.ends.append((process.pid or 0, self.shared.now()))
        elif process.exitcode not in (0, -signal.SIGTERM, -signal.SIGHUP):  # such signals may come before it is ready
            self.facts.bad_ends.append(f"process {place} ended with {process.exitcode} at {self.shared.now()}")
        if not self._ending:
            task = asyncio.create_task(self._again(place))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _again(self, place: int) -> None:
        """As a service manager does."""
        await asyncio.sleep(self.rng.uniform(1, 60))
        step = self._step if self._step and place == 0 else ""
        self._step = ""
        self.start(place, *filter(None, (step,)))

    _step = ""

    # --- what happens -----------------------------------------------------------------------------------------------

    async def _do(self, doing: Doing) -> None:
        match doing.what:
            case "storm":
                self.storm.trouble = float(doing.how)
            case "trouble":
                self._trouble(int(doing.whom), doing.how)
            case "say":
                self._say(doing.whom, doing.how)
            case "silence":
                self._silence(doing.whom, doing.how)
            case "delete" | "block" | "unblock" | "expel" | "readmit" | "migrate":
                self._in_telegram(doing)
            case "slack changes":
                await self.slack.disconnect()
            case "connections lost":
                await self.postgres.cut_connections()
            case "crash":
                await self.postgres.crash()
            case "database locked":
                await self._lock()
            case "mute":
                self._mute(doing.whom)
            case _:
                self._end_one(doing.what)

    def _end_one(self, what: str) -> None:
        if not self.running:
            return
        place = self.rng.choice(sorted(self.running))
        match what:
            case "kill":
                self.running[place].kill()
            case "terminate":
                self.running[place].terminate()
            case "reload":
                os.kill(self.running[place].pid or 0, signal.SIGHUP)
            case "freeze":
                self._spawn(self._freeze(self.running[place]))
            case "kill at a step" if 0 in self.running:
                self._step = self.rng.choice(STEPS)
                self.running[0].kill()
            case "kill when sent":
                self._doom = "sent"
            case "kill when sending":
                self._doom = "sending"

    async def _freeze(self, process: BaseProcess) -> None:
        """A process stands still, mostly for longer than its leases last, and does not know it."""
        began, pid = self.shared.now(), process.pid or 0
        os.kill(pid, signal.SIGSTOP)
        self.shared.wait_until(pid, NEVER)
        await asyncio.sleep(self.rng.uniform(60, 900))
        self.facts.frozen.append((pid, began, self.shared.now()))
        if process.is_alive():
            self.shared.expect(pid)
            os.kill(pid, signal.SIGCONT)
            self.shared.wake(pid)

    def _mute(self, chat: str) -> None:
        """Somebody has heard enough of the story that came last."""
        alerts = [one for one in self.diary.letters[chat] if one.last.kind == ALERT]
        if alerts:
            story = alerts[-1].last.stories[0]
            self._say(chat, f"/mute {story}")
            self.facts.muted.append((chat, story, self.shared.now()))

    def _taken(self, chat: str, look: Look, new: bool) -> None:
        """A process may end when a platform has taken what it sent, before it knows."""
        if self._doom and new and look.kind == ALERT and any(one.pid == look.pid for one in self.running.values()):
            late, self._doom = self._doom == "sending", ""
            if late:
                asyncio.get_running_loop().call_later(0.002, self._kill, look.pid)
            else:
                self._kill(look.pid)

    def _kill(self, pid: int) -> None:
        if any(process.pid == pid for process in self.running.values()):
            os.kill(pid, signal.SIGKILL)

    def _trouble(self, place: int, kind: str) -> None:
        paper = self.press.papers[place]
        if kind:
            paper.troubled.append((self.shared.now(), self.shared.now() + timedelta(days=1)))
        elif paper.troubled:
            paper.troubled[-1] = (paper.troubled[-1][0], self.shared.now())
        paper.trouble = kind

    def _say(self, chat: str, words: str) -> None:
        self._absence_ends(chat)
        platform, _, name = chat.partition(":")
        if platform == "telegram":
            self.telegram.user_says(self._room(name), words)
        else:
            self._spawn(self._slash(name, words))

    async def _slash(self, name: str, words: str) -> None:
        await self.slack.slash("U1", name, words)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _silence(self, chat: str, words: str) -> None:
        self._say(chat, words)
        hours = int(words.rpartition(" ")[2].removesuffix("h")) if "snooze" in words else 0
        self.facts.silences.append((chat, self.shared.now(), self._after(hours) if hours else None))

    def _after(self, hours: int) -> datetime:
        return self.shared.now() + timedelta(hours=hours)

    def _absence_ends(self, chat: str) -> None:
        now = self.shared.now()
        self.facts.silences = [(c, a, b or now) if c == chat else (c, a, b) for c, a, b in self.facts.silences]
        self.facts.away = [(c, a, b or now) if c == chat else (c, a, b) for c, a, b in self.facts.away]

    def _room(self, name: str) -> Chat:
        return self.telegram.chats.by_id[int(name)]

    def _in_telegram(self, doing: Doing) -> None:
        match doing.what:
            case "delete":
                letters = [one for one in self.diary.letters[doing.whom] if one.gone_at is None]
                for letter in letters[-3:]:
                    self.telegram.delete(doing.whom, letter.ref)
            case "block":
                room = self._room(doing.whom.partition(":")[2])
                self.telegram.bot_becomes(room, "kicked", Refusal(403, BLOCKED))
                self.facts.away.append((doing.whom, self.shared.now(), None))
            case "unblock":
                self.telegram.bot_becomes(self._room(doing.whom.partition(":")[2]), "member", before="kicked")
                self._say(doing.whom, "/subscribe")
            case "expel":
                self.telegram.bot_becomes(self.channel, "kicked", Refusal(403, EXPELLED))
                self.facts.away.append((doing.whom, self.shared.now(), None))
            case "readmit":
                self.telegram.bot_becomes(self.channel, "administrator", before="kicked", by=person(501))
                self._absence_ends(doing.whom)
            case "migrate":
                new = self.telegram.migrate(self.group)
                self.facts.moved[f"telegram:{self.group.id}"] = f"telegram:{new.id}"

    async def _lock(self) -> None:
        """Another program holds the file's lock for longer than the program waits for it."""
        with closing(sqlite3.connect(self.folder / "minskwatch.db", isolation_level=None)) as other:
            self.selector.steady = True
            other.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(LOCKED)
            self.selector.steady = False

    async def _look_at_processes(self) -> None:
        pids = [process.pid or 0 for process in self.running.values()]
        self.measured.alive += measure.processes(pids, self.folder, self.shared.now())

    async def _look_at_database(self) -> None:
        now = self.shared.now()
        self.measured.took.append(time.monotonic() - self._began)
        if self.kind == "sqlite":
            self.measured.stored.append(measure.sqlite_stored(self.folder, now))
        else:
            self.measured.stored.append(await measure.postgres_stored(self.postgres, self.folder, now))

    # --- the world --------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _world(self) -> AsyncIterator[None]:
        await self.telegram.start()
        await self.slack.start()
        await self.press.start()
        for number in (501, 502, 503, 504, 505, 506, 507, 508, 509, 510, 599):
            self.telegram.chats.private(number)
        self.group = self.telegram.chats.group(super_=False)
        self.forum = self.telegram.chats.group(forum=True, number=7)
        self.channel = self.telegram.chats.channel(admins=(501,))
        for name in ("C0", "C1", "C2"):
            self.slack.add_channel(name, {"U1", self.slack.bot_user})
        self.equal = [life.PLAIN, life.CLEANER, *(f"telegram:{one.id}" for one in (self.group, self.forum))]
        self.equal += [life.CHANNEL, life.SLACK_PLAIN]
        self._write_config()
        if self.kind != "sqlite":
            self.postmaster = await self.postgres.postmaster()
        for place in range(self.count):
            self.start(place)
        try:
            yield
        finally:
            self._ending = True
            for process in self.running.values():
                process.kill()
            await self.press.stop()
            await self.slack.stop()
            await self.telegram.stop()

    def _write_config(self) -> None:
        chats = (life.CONTROL, life.CONTROL_SLACK, *self.equal)
        subscriptions = "".join(f'[[subscriptions]]\ntarget = "{chat}"\n' for chat in chats)
        (self.folder / "config.toml").write_text(
            f"{self.telegram.table}{self.slack.table}[http]\nport = 0\n"
            f'[storage]\nurl = "{self.url}"\nkeep = "{growth.KEEP.days}d"\n'
            f'keep_identities = "{growth.KEEP_SEEN.days}d"\n'
            f'[log]\nlevel = "info"\n[access]\noperators = ["{life.OPERATOR}"]\n'
            f'[feeds]\ninterval = "15m"\nmin_interval = "15m"\nmax_interval = "15m"\nhost_pause = "0s"\n'
            f'full_text = "never"\nallow_private = [{self.press.hosts}]\n{subscriptions}{self.press.table}',
            encoding="utf-8",
        )
