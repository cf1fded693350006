"""When to poll next: hints lengthen, nothing undercuts the interval, no feed is given up."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model import FeedSpec, Outcome
from core.ports import Hints
from feeds.schedule import JITTER, next_poll_at, next_wait, own_pace

NOW = datetime(2026, 3, 19, 12, 0, tzinfo=UTC)  # a Thursday
SPEC = FeedSpec("News", "https://news.example/feed", interval=timedelta(minutes=5))


class NoJitter(random.Random):
    def random(self) -> float:
        return 0.0


def wait(outcome: Outcome = Outcome.OK, **told: Any) -> timedelta:
    return next_poll_at(NOW, SPEC, outcome, rng=NoJitter(), **told) - NOW


def test_without_hints_the_interval_counts() -> None:
    assert wait() == timedelta(minutes=5)
    assert wait(Outcome.NOT_MODIFIED) == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"fresh_for": timedelta(hours=1)}, timedelta(hours=1)),
        ({"fresh_for": timedelta(seconds=10)}, timedelta(minutes=5)),
        ({"fresh_for": timedelta(0)}, timedelta(minutes=5)),
        ({"fresh_for": timedelta(days=400)}, timedelta(days=1)),
        ({"hints": Hints(ttl=timedelta(minutes=30))}, timedelta(minutes=30)),
        ({"hints": Hints(ttl=timedelta(days=30))}, timedelta(days=1)),
        ({"hints": Hints(ttl=timedelta(hours=1)), "fresh_for": timedelta(hours=2)}, timedelta(hours=2)),
        ({"hints": Hints(skip_hours=(12, 13))}, timedelta(hours=2)),
        ({"hints": Hints(skip_hours=tuple(range(24)))}, timedelta(minutes=5)),
        ({"hints": Hints(skip_days=("thursday", "friday"))}, timedelta(hours=36)),
        ({"hints": Hints(skip_days=("monday",))}, timedelta(minutes=5)),
    ],
)
def test_hints_lengthen_within_reason_and_never_shorten(told: dict[str, Any], expected: timedelta) -> None:
    assert wait(**told) == expected


def test_failures_double_the_wait_up_to_six_hours() -> None:
    waits = [wait(Outcome.HTTP, failures=count) for count in range(1, 12)]
    assert waits[:4] == [timedelta(minutes=minutes) for minutes in (5, 10, 20, 40)]
    assert waits[-1] == timedelta(hours=6)
    assert wait(Outcome.NETWORK, failures=10**9) == timedelta(hours=6)


def test_a_feed_that_is_gone_rests_for_a_week_and_not_for_ever() -> None:
    assert wait(Outcome.GONE, failures=1) == timedelta(days=7)


def test_too_many_requests_rest_an_hour_even_when_the_server_does_not_say() -> None:
    assert wait(Outcome.RATE_LIMITED, failures=1) == timedelta(hours=1)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (7200.0, timedelta(hours=2)),
        (86400.0, timedelta(days=1)),
        (0.0, timedelta(hours=1)),
        (1e12, timedelta(days=30)),
    ],
)
def test_retry_after_is_obeyed_up_to_a_month(seconds: float, expected: timedelta) -> None:
    assert wait(Outcome.RATE_LIMITED, failures=1, retry_after=seconds) == expected


def test_a_long_interval_is_not_cut_by_the_limits_of_backoff() -> None:
    slow = FeedSpec("Slow", "https://news.example/feed", interval=timedelta(days=2))
    assert next_poll_at(NOW, slow, Outcome.HTTP, failures=3, rng=NoJitter()) - NOW == timedelta(days=2)


@settings(deadline=None)
@given(
    st.sampled_from(list(Outcome)),
    st.integers(0, 10**6),
    st.one_of(st.none(), st.floats(0, 1e15)),
    st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(days=10**6))),
    st.tuples() | st.lists(st.integers(0, 23)).map(tuple),
    st.integers(),
)
def test_the_wait_is_at_least_the_interval_and_at_most_a_month(
    outcome: Outcome,
    failures: int,
    retry_after: float | None,
    fresh_for: timedelta | None,
    skip_hours: tuple[int, ...],
    seed: int,
) -> None:
    moment = next_poll_at(
        NOW,
        SPEC,
        outcome,
        failures=failures,
        hints=Hints(skip_hours=skip_hours),
        fresh_for=fresh_for,
        retry_after=retry_after,
        rng=random.Random(seed),
    )
    assert SPEC.interval <= moment - NOW <= timedelta(days=30) * (1 + JITTER) + timedelta(days=1)


def test_jitter_spreads_feeds_polled_together() -> None:
    rng = random.Random(1)
    times = {next_poll_at(NOW, SPEC, Outcome.OK, rng=rng) for _ in range(50)}
    assert len(times) == 50
    assert max(times) <= NOW + SPEC.interval * (1 + JITTER)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 10**6), max_size=40),
    st.integers(0, 10**6),
    st.integers(1, 10_000),
    st.none() | st.integers(1, 10**5),
)
def test_a_feeds_own_pace_stays_between_floor_and_ceiling(
    ago: list[int], polled: int, floor: int, ceiling: int | None
) -> None:
    arrivals = tuple(sorted(int(NOW.timestamp()) - seconds for seconds in ago))
    longest = None if ceiling is None else timedelta(seconds=ceiling)
    spec = replace(SPEC, interval=timedelta(seconds=floor), max_interval=longest)
    pace = own_pace(spec, arrivals, NOW - timedelta(seconds=polled), NOW)
    assert spec.interval <= pace <= max(spec.interval, longest or spec.interval)


@pytest.mark.parametrize(
    ("hours", "minutes"),
    [((), 5), ((0, 1, 2, 3, 4), 5), ((0, 6, 12, 18, 24), 15), ((0, 24, 48, 72), 60), ((20, 21, 22, 23, 24), 50)],
)
def test_a_busy_feed_is_polled_often_and_a_sleepy_one_seldom(hours: tuple[int, ...], minutes: int) -> None:
    spec = replace(SPEC, max_interval=timedelta(hours=1))
    arrivals = tuple(int(NOW.timestamp()) - 3600 * ago for ago in reversed(hours))
    assert own_pace(spec, arrivals, NOW, NOW) == timedelta(minutes=minutes)


def test_without_news_the_wait_grows_with_the_silence() -> None:
    spec = replace(SPEC, interval=timedelta(seconds=1), max_interval=timedelta(hours=1))
    waits = [own_pace(spec, (), NOW - timedelta(hours=ago), NOW) for ago in (0, 2, 12, 24, 240)]
    assert waits == [timedelta(seconds=1), *(timedelta(minutes=minutes) for minutes in (5, 30, 60, 60))]


@settings(deadline=None)
@given(
    st.floats(0, 86400),
    st.floats(0, 86400) | st.none(),
    st.frozensets(st.integers(0, 23), max_size=23),
    st.integers(0, 2**32),
)
def test_the_earliest_time_heeds_the_server_and_no_rhythm(
    pace: float, fresh: float | None, hours: frozenset[int], seed: int
) -> None:
    hints = Hints(skip_hours=tuple(hours))
    fresh_for = None if fresh is None else timedelta(seconds=fresh)
    wait = next_wait(
        NOW, SPEC, Outcome.OK, timedelta(seconds=pace), hints=hints, fresh_for=fresh_for, rng=random.Random(seed)
    )
    assert wait.earliest_at - NOW >= max(SPEC.interval, fresh_for or SPEC.interval)
    assert wait.due_at >= wait.earliest_at
    assert wait.due_at - NOW >= timedelta(seconds=pace)
    assert not hours & {wait.earliest_at.hour, wait.due_at.hour}
