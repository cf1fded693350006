"""What happens besides the news: what breaks, and what people do in their chats. Planned beforehand, by a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.soak.news import PAPERS, START
from tests.soak.press import TROUBLES

# A chat of each kind; those EQUAL get the same as the controls, to which nothing happens.
CONTROL, CONTROL_SLACK = "telegram:501", "slack:C0"
PLAIN, CLEANER, BLOCKER = "telegram:502", "telegram:503", "telegram:504"
SLEEPER, QUIET, DAILY, WATCHER = "telegram:505", "telegram:506", "telegram:507", "telegram:508"
OPERATOR = "telegram:599"
CHANNEL = "telegram:-1002000000001"
MUTER, BELARUSIAN = "telegram:509", "telegram:510"
SLACK_PLAIN, SLACK_SLEEPER = "slack:C1", "slack:C2"
CALM = 12  # days: in the second half of so many, processes are left alone


@dataclass(frozen=True)
class Doing:
    """One thing that happens: `what` to whom (a chat, a feed's number, nobody), with which words or seconds."""

    at: datetime
    what: str
    whom: str = ""
    how: str = ""


def lives(days: int, seed: int, breaks: tuple[str, ...]) -> list[Doing]:
    """All doings of so many days, in the order of time. `breaks` are the ways in which the database fails."""
    rng = random.Random(seed)
    doings = list(_begin())
    for day in range(days):
        start = START + timedelta(days=day)
        doings += _breaks(rng, start, day, breaks)
        doings += _people(rng, start, day)
    return sorted(doings, key=lambda one: one.at)


def _begin() -> Iterator[Doing]:
    at = START + timedelta(minutes=20)
    for chat, words in (
        (BLOCKER, "/subscribe"),
        (SLEEPER, "/subscribe"),
        (QUIET, "/subscribe"),
        (QUIET, "/quiet 22:00 07:00 strict"),
        (DAILY, "/subscribe"),
        (DAILY, "/when daily 9:00"),
        (WATCHER, "/watch Ales Bialiatski"),
        (WATCHER, "/watch Maria Kalesnikava"),
        (SLACK_SLEEPER, "subscribe"),
        (MUTER, "/subscribe"),
        (BELARUSIAN, "/subscribe"),
        (BELARUSIAN, "/language be"),
        (BELARUSIAN, "/confirmed 2"),
    ):
        at += timedelta(seconds=30)
        yield Doing(at, "say", chat, words)


def _breaks(rng: random.Random, start: datetime, day: int, breaks: tuple[str, ...]) -> Iterator[Doing]:
    def moment(first: float = 0, last: float = 23.5) -> datetime:
        return start + timedelta(hours=rng.uniform(first, last))

    ends = ("kill", "kill when sending", "kill when sending", "kill when sent", "kill when sent", "kill when sent")
    alone = day % CALM >= CALM / 2  # so long no process ends, so that it shows what it gathers
    for what in (*ends, "kill at a step", "kill at a step", "terminate", "freeze", "reload"):
        at = moment(1)
        if rng.random() < 0.8 and not (alone and what.startswith(("kill", "terminate"))):
            yield Doing(at, what)
    for _ in range(4):
        at = moment(0, 19)
        yield Doing(at, "storm", how=str(rng.choice((0.1, 0.3, 0.6, 1.0))))
        yield Doing(at + timedelta(minutes=rng.randint(20, 200)), "storm", how="0")
    for _ in range(3):
        paper, at = str(rng.randrange(len(PAPERS))), moment(0, 20)
        yield Doing(at, "trouble", paper, rng.choice(TROUBLES))
        yield Doing(at + timedelta(minutes=rng.randint(20, 200)), "trouble", paper, "")
    if rng.random() < 0.5:
        yield Doing(moment(), "slack changes")
    for what in breaks:
        if rng.random() < 0.7:
            yield Doing(moment(), what)


def _people(rng: random.Random, start: datetime, day: int) -> Iterator[Doing]:
    def at(hours: float) -> datetime:
        return start + timedelta(hours=hours + rng.random() / 2)

    yield Doing(at(8), "delete", CLEANER)
    yield Doing(at(14), "delete", CLEANER)
    if day % 2 == 0:
        yield Doing(at(9), "block", BLOCKER)
        yield Doing(at(15), "unblock", BLOCKER)
    if day % 3 == 0:
        yield Doing(at(10), "expel", CHANNEL)
        yield Doing(at(13), "readmit", CHANNEL)
    if day == 1:
        yield Doing(at(10), "migrate")
    yield Doing(at(10), "silence", SLEEPER, f"/snooze {rng.choice((1, 2, 3))}h")
    if day % 2:
        yield Doing(at(16), "silence", SLEEPER, "/stop")
        yield Doing(at(19), "say", SLEEPER, "/subscribe")
    yield Doing(at(11), "mute", MUTER)
    yield Doing(at(17), "mute", MUTER)
    yield Doing(at(12), "silence", SLACK_SLEEPER, f"snooze {rng.choice((1, 2))}h")
    for chat, words in ((PLAIN, "/latest 3"), (PLAIN, "/status"), (OPERATOR, "/feeds"), (OPERATOR, "/status")):
        yield Doing(at(rng.uniform(0, 23)), "say", chat, words)
