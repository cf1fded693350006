"""When to poll next: hints lengthen, nothing undercuts the interval, no feed is given up."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model import FeedSpec, Outcome
from core.ports import Hints
from feeds.schedule import JITTER, next_poll_at

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
