"""Rounds that fail: the log says so once, at growing intervals, and that it is over."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import pytest

from app.guarding import Guard
from core.errors import FetchError, StoreError
from core.model import Outcome
from tests.fake_clock import FakeClock

Job = Callable[[], Awaitable[None]]
AWAY = StoreError("The database cannot be reached.")


class Work:
    """Does what a round does: nothing, or fail."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    async def __call__(self) -> None:
        if self.error:
            raise self.error


class Bench:
    def __init__(self, clock: FakeClock, log: pytest.LogCaptureFixture) -> None:
        self.clock, self._log = clock, log
        self.worked: list[str] = []
        self.work = Work()
        self._guard = Guard(clock, self.worked.append)
        log.set_level(logging.INFO, "minskwatch")

    def round(self, name: str) -> Job:
        return self._guard.guard(name, self.work)

    async def go(self, *jobs: Job, seconds: int) -> list[str]:
        """A round of each every second; what the log said meanwhile."""
        self._log.clear()
        for _ in range(seconds):
            for job in jobs:
                await job()
            self.clock.advance(1)
        return self._log.messages


@pytest.fixture
def bench(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> Bench:
    return Bench(clock, caplog)


async def test_a_database_that_is_away_is_told_once_then_seldom_and_when_it_is_back(bench: Bench) -> None:
    jobs = [bench.round(name) for name in ("poll", "second look", "deliver")]
    assert await bench.go(*jobs, seconds=5) == []
    bench.work.error = AWAY
    said = await bench.go(*jobs, seconds=50)
    assert said == ["poll round failed: The database cannot be reached."]
    said = await bench.go(*jobs, seconds=4 * 3600)
    assert said[0] == "poll round still fails, since 2026-03-19 12:00 UTC: The database cannot be reached."
    assert len(said) == 8  # after 1, 3, 7, 15, 31, 63, 123 and 183 minutes
    bench.work.error = None
    assert await bench.go(*jobs, seconds=5) == ["the database answers again, after 14450 s"]
    bench.clock.advance(3600)
    bench.work.error = AWAY
    assert len(await bench.go(*jobs, seconds=5)) == 1, "another time is told anew"


async def test_what_comes_and_goes_fills_no_log_either(bench: Bench) -> None:
    job = bench.round("poll")
    said = []
    for _ in range(60):
        bench.work.error = AWAY
        said += await bench.go(job, seconds=1)
        bench.work.error = None
        said += await bench.go(bench.round("clock"), seconds=1)  # which says nothing of what failed in others
        said += await bench.go(job, seconds=1)
    assert [line.partition(",")[0].partition(":")[0] for line in said] == [
        "poll round failed",
        "the database answers again",
        "poll round still fails",
        "the database answers again",
    ]


async def test_a_fault_of_the_program_has_its_trace_and_hides_no_other(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    poll, deliver = bench.round("poll"), bench.round("deliver")
    bench.work.error = KeyError("x")
    assert await bench.go(poll, deliver, seconds=30) == ["poll round failed", "deliver round failed"]
    assert all(record.exc_info for record in caplog.records)
    bench.work.error = FetchError(Outcome.HTTP, "Not there.")
    assert await bench.go(deliver, seconds=1) == []
    bench.work.error = None
    assert await bench.go(poll, deliver, seconds=1) == [
        "poll round works again, after 31 s",
        "deliver round works again, after 31 s",
    ]


async def test_only_what_worked_counts_for_the_health_check(bench: Bench) -> None:
    job = bench.round("poll")
    bench.work.error = AWAY
    await bench.go(job, seconds=3)
    assert bench.worked == []
    bench.work.error = None
    await bench.go(job, seconds=2)
    assert bench.worked == ["poll", "poll"]
