"""Whether what a run takes of its host levels off: tables, files and logs by the day, processes by the hour.

What is kept for so long must be gone after it, and from then on nothing may grow but what is said here, up to where it
is said. Growth is the median of all slopes, so that one busy day or one midnight is not mistaken for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from statistics import median

from core.proposing import KEEP_PROPOSALS
from storage import audit, notices, retention
from tests.soak.measure import Alive, Measured, Stored
from tests.soak.news import START

KEEP, KEEP_SEEN = timedelta(days=5), timedelta(days=8)  # what the run's configuration says
HOUSEKEEPING = timedelta(hours=3)  # hourly, unless a process was killed, stood still or had no database just then
DAY = timedelta(days=1)
FEWEST = 4  # points from which growth can be told
SHARE = 0.3  # that what has levelled off may have grown since, for days differ
YOUNG = timedelta(hours=12)  # a process fills its caches, if not for half its life
OLD = timedelta(days=2)  # what it gathers can be told
QUARTER = DAY / 4
NEAR = timedelta(hours=1)
MEMORY = 24 * 1024  # KiB that a process may grow by in its whole life, after its youth

# Until when a table fills up; what is not named here never grows after people have come, on the first two days.
FULL_AFTER: Mapping[str, timedelta] = {
    "entries": KEEP,
    "looks": KEEP,
    "outbox": KEEP_SEEN,
    "stories": KEEP_SEEN,
    "members": KEEP_SEEN,
    "story_topics": KEEP_SEEN,
    "updates": retention.KEEP_UPDATES,
}
# These stay as long as their story, and some stories go on for weeks.
LASTING = ("members", "story_topics")
# What grows for longer than a soak lasts, and how far: rows for each of a table's rows.
UP_TO: Mapping[str, tuple[int, str]] = {
    "identities": (retention.KEEP_PER_FEED, "feeds"),
    "audit": (audit.KEEP, "targets"),
}
# How old the oldest row of a table may be.
OLDEST: Mapping[str, timedelta] = {
    "entries": KEEP,
    "updates": retention.KEEP_UPDATES,
    "replicas": notices.FORGET_AFTER,
    "proposals": KEEP_PROPOSALS,
}


@dataclass(frozen=True)
class Course:
    """How something went: values by the day since the start. It is full after `full` days.

    `slack`: what it may grow by in all whatever its size; `most`: where it ends when it grows beyond the run.
    """

    name: str
    values: Sequence[tuple[float, float]]
    full: float = 0.0
    slack: float = 3.0
    share: float = SHARE
    most: float | None = None

    @property
    def settled(self) -> list[tuple[float, float]]:
        return [point for point in self.values if point[0] > self.full]

    @property
    def a_day(self) -> float:
        """What it grows by a day, since it was full."""
        points = self.settled
        slopes = [
            (later - earlier) / (after - before)
            for place, (before, earlier) in enumerate(points)
            for after, later in points[place + 1 :]
        ]
        return median(slopes) if slopes else 0.0

    @property
    def level(self) -> float:
        return median(value for _, value in self.settled or self.values)

    def fault(self) -> str:
        """What must not be, or ""."""
        largest = max((value for _, value in self.values), default=0.0)
        if self.most is not None:
            return f"{self.name}: {largest:,.0f}, and {self.most:,.0f} are kept at most" if largest > self.most else ""
        points = self.settled
        if len(points) < FEWEST:
            return ""
        days = points[-1][0] - points[0][0]
        if self.a_day * days <= max(self.slack, self.share * self.level):
            return ""
        return (
            f"{self.name} grows: {self.a_day:,.1f} a day for {days:.1f} days, from {points[0][1]:,.0f} to "
            f"{points[-1][1]:,.0f}, and was to level off by day {self.full:.1f}"
        )

    @property
    def verdict(self) -> str:
        if self.fault():
            return "GROWS"
        if self.most is not None:
            return f"up to {self.most:,.0f}"
        return "level" if len(self.settled) >= FEWEST else "too short to say"

    def line(self) -> str:
        first, last = (self.values[place][1] for place in (0, -1))
        numbers = "".join(f"{number:>12,.0f}" for number in (first, self.level, last))
        return f"{self.name:24}{numbers}{self.a_day:>12,.1f}  {self.verdict}"


HEAD = f"{'':24}{'first day':>12}{'level':>12}{'last':>12}{'a day':>12}"


def courses(measured: Measured) -> list[Course]:
    """All that is judged."""
    return [*_tables(measured.stored), *_files(measured.stored), *_processes(measured.alive)]


def faults(measured: Measured) -> Iterator[str]:
    """What grew that must not, and what was kept for too long."""
    yield from filter(None, (course.fault() for course in courses(measured)))
    for table, kept in OLDEST.items():
        age, at = max(((one.ages.get(table, timedelta(0)), one.at) for one in measured.stored), default=(DAY * 0, None))
        if at and age > kept + HOUSEKEEPING:
            yield f"{table}: a row of {age / DAY:.1f} days on {at:%d %H:%M}, and {kept / DAY:.1f} days are kept"


def _tables(stored: Sequence[Stored]) -> Iterator[Course]:
    days = _by_day(stored)
    names = days[0][1].rows if days else ()
    for name in names:
        values = [(day, float(one.rows[name])) for day, one in days]
        share = 2 * SHARE if name in LASTING else SHARE
        if name in UP_TO:
            each, table = UP_TO[name]
            most = max(each * one.rows[table] for _, one in days)
            yield Course(name, values, most=most)
        elif ", " in name:  # a backlog, which is as long as the hour has it
            yield Course(name, values, full=1, slack=30, share=0.5)
        else:
            yield Course(name, values, full=FULL_AFTER.get(name, 2 * DAY) / DAY + 0.5, slack=10, share=share)


def _files(stored: Sequence[Stored]) -> Iterator[Course]:
    days = _by_day(stored)
    if not days:
        return
    full = KEEP_SEEN / DAY + 0.5
    yield Course("database, KiB", [(day, one.size / 1024) for day, one in days], full=full)
    yield Course("pages in use, KiB", [(day, one.used / 1024) for day, one in days], full=full)
    most = max(one.wal_most for _, one in days)
    yield Course("write-ahead log, KiB", [(day, one.wal / 1024) for day, one in days], most=most / 1024)
    logged = [(later[0], (later[1].log - before[1].log) / 1024) for before, later in pairwise(days)]
    if logged:
        yield Course("log, KiB of a day", logged, full=1, slack=20, share=1.0)


def _by_day(stored: Sequence[Stored]) -> list[tuple[float, Stored]]:
    """The days' ends, as days since the start; what is measured when a run ends is of a part of one."""
    ends = [(round((one.at - START) / DAY), one) for one in stored]
    return [(float(day), one) for day, one in ends if day and abs(one.at - START - day * DAY) < NEAR]


def _processes(alive: Sequence[Alive]) -> Iterator[Course]:
    """What a process gathers while it is left alone, for each that lived long enough to tell."""
    by_pid: dict[int, list[Alive]] = defaultdict(list)
    for one in alive:
        by_pid[one.pid].append(one)
    for place, lived in enumerate(sorted(by_pid.values(), key=lambda lived: lived[0].at)):
        if lived[-1].at - lived[0].at >= OLD:
            yield from _process(f"process {place + 1}", lived)


def _process(name: str, lived: Sequence[Alive]) -> Iterator[Course]:
    young = max(YOUNG, (lived[-1].at - lived[0].at) / 2)
    full = (lived[0].at + young - START) / DAY

    def course(what: str, read: Callable[[Alive], float], slack: float, share: float = 0.0) -> Course:
        return Course(f"{name}, {what}", _least(lived, read), full=full, slack=slack, share=share)

    yield course("memory, KiB", lambda one: one.memory, slack=MEMORY)
    yield course("descriptors", lambda one: one.descriptors, slack=6)
    yield course("threads", lambda one: one.threads, slack=2)
    yield course("parsers", lambda one: one.children, slack=2)
    yield course("tasks", lambda one: one.tasks, slack=2)
    yield course("objects", lambda one: one.objects, slack=15_000)


def _least(lived: Sequence[Alive], read: Callable[[Alive], float]) -> list[tuple[float, float]]:
    """The least of each quarter of a day: what comes and goes is not gathered."""
    quarters: dict[int, list[float]] = defaultdict(list)
    for one in lived:
        if one.tasks:  # it has counted
            quarters[int((one.at - START) / QUARTER)].append(read(one))
    return [(quarter * QUARTER / DAY, min(values)) for quarter, values in quarters.items()]


def report(measured: Measured) -> Iterator[str]:
    """A table for people."""
    found = courses(measured)
    if found:
        yield HEAD
        yield from (course.line() for course in found)
    hours = [later - before for before, later in pairwise(measured.took)]
    if hours:
        yield f"A day took {min(hours):.0f} to {max(hours):.0f} s, {median(hours):.0f} as a rule."
