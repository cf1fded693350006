"""What is said of a feed from what its polls have shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.health import Condition
from core.history import FeedHistory
from core.model import FeedSpec, FeedState
from feeds.aftermath import ADOPT_AFTER, after_answer, after_document, after_failure, after_same
from feeds.fault_texts import CHALLENGED
from feeds.health import ARRIVALS, assess, quiet_after

NOW = datetime(2026, 3, 19, 12, 0, tzinfo=UTC)
SPEC = FeedSpec("News", "https://news.example/feed")
HOUR = 3600


def state(history: FeedHistory | None = None, **fields: Any) -> FeedState:
    fields = {"first_polled_at": NOW - timedelta(days=90), **fields}
    return FeedState(next_poll_at=NOW + timedelta(minutes=5), history=history or FeedHistory(), **fields)


def hourly(count: int, ago: int, every: int = HOUR) -> tuple[int, ...]:
    last = int(NOW.timestamp()) - ago
    return tuple(range(last - (count - 1) * every, last + 1, every))


BUSY = hourly(30, 0)
AN_HOUR = timedelta(hours=1)
LIMITED = FeedHistory(status=429, failing_since=NOW)


@pytest.mark.parametrize(
    ("given", "condition", "words"),
    [
        (state(first_polled_at=None), Condition.NEW, "not read yet"),
        (state(first_polled_at=None, failures=1, last_error="500 Oops."), Condition.NEW, "500 Oops."),
        (state(), Condition.HEALTHY, "all is well"),
        (
            state(failures=2, last_outcome="error:http", last_error="500."),
            Condition.HEALTHY,
            "may pass by itself: 500. Next try 2026-03-19 12:05 UTC.",
        ),
        (
            replace(
                state(LIMITED, failures=1, last_outcome="error:rate_limited", last_error="429."),
                next_poll_at=NOW + 11 * AN_HOUR,
            ),
            Condition.HEALTHY,
            "429. Next try 2026-03-19 23:00 UTC.",
        ),
        (
            replace(
                state(LIMITED, failures=1, last_outcome="error:rate_limited", last_error="429."),
                next_poll_at=NOW + 13 * AN_HOUR,
            ),
            Condition.FAILING,
            "429. Failing since 2026-03-19 12:00 UTC. Next try 2026-03-20 01:00 UTC.",
        ),
        (
            state(failures=3, last_outcome="error:http", last_error="500."),
            Condition.FAILING,
            "500. Next try 2026-03-19",
        ),
        (state(failures=1, last_outcome="error:gone", last_error="410."), Condition.GONE, "410. Next try"),
        (state(failures=1, last_outcome="error:not_a_feed", last_error="HTML."), Condition.NOT_A_FEED, "HTML."),
        (
            state(failures=1, last_outcome="error:not_a_feed", last_error=f"{CHALLENGED}."),
            Condition.BLOCKED,
            CHALLENGED,
        ),
        (state(failures=1, last_outcome="error:blocked", last_error=f"{CHALLENGED}."), Condition.BLOCKED, CHALLENGED),
        (state(FeedHistory(status=403), failures=2, last_outcome="error:blocked"), Condition.HEALTHY, "all is well"),
        (
            state(
                FeedHistory(status=403, failing_since=NOW), failures=3, last_outcome="error:blocked", last_error="403."
            ),
            Condition.BLOCKED,
            "403.",
        ),
        (
            state(FeedHistory(status=403, failing_since=NOW), failures=3, last_outcome="error:http", last_error="403."),
            Condition.BLOCKED,
            "403. Failing since 2026-03-19 12:00 UTC.",
        ),
        (state(FeedHistory(empty=2)), Condition.HEALTHY, "all is well"),
        (state(FeedHistory(empty=3)), Condition.NOT_A_FEED, "The last 3 answers held no entry"),
        (state(FeedHistory(address="https://new.example/f")), Condition.MOVED, "https://new.example/f"),
        (state(FeedHistory(arrivals=hourly(30, 40 * HOUR))), Condition.HEALTHY, "all is well"),
        (state(FeedHistory(arrivals=hourly(30, 50 * HOUR))), Condition.QUIET, "more than 1 hour before"),
        (state(FeedHistory(arrivals=hourly(3, 5000 * HOUR))), Condition.HEALTHY, "all is well"),
        (state(FeedHistory(arrivals=hourly(9, 20 * 24 * HOUR, 7 * 24 * HOUR))), Condition.HEALTHY, "all is well"),
        (state(FeedHistory(arrivals=hourly(9, 22 * 24 * HOUR, 7 * 24 * HOUR))), Condition.QUIET, "more than 7 days"),
    ],
)
def test_condition_and_reason(given: FeedState, condition: Condition, words: str) -> None:
    health = assess(SPEC, given, NOW)
    assert health.condition is condition
    assert words in health.reason
    assert (health.since is not None) == (condition.bad and given.history.failing_since is not None)


def test_a_rhythm_needs_some_arrivals_and_never_means_less_than_two_days() -> None:
    assert quiet_after(()) is quiet_after(hourly(3, 0)) is None
    assert quiet_after(BUSY) == timedelta(days=2)
    assert quiet_after(hourly(9, 0, 24 * HOUR)) == timedelta(days=3)


def test_arrivals_are_kept_one_an_hour_and_not_without_end() -> None:
    history = FeedHistory()
    for minute in range(0, 100 * 60, 20):
        now = NOW + timedelta(minutes=minute)
        history = after_document(history, now, total=5, arrived=True)
    assert len(history.arrivals) == ARRIVALS
    assert {late - early for early, late in zip(history.arrivals, history.arrivals[1:], strict=False)} == {HOUR}
    assert after_document(history, NOW + timedelta(days=9), total=5, arrived=False).arrivals == history.arrivals


def test_empty_documents_count_only_where_entries_used_to_be() -> None:
    never = after_document(FeedHistory(), NOW, total=0, arrived=False)
    assert after_same(never).empty == never.empty == 0
    once = after_document(never, NOW, total=1, arrived=True)
    twice = after_same(after_document(once, NOW, total=0, arrived=False))
    assert twice.empty == 2
    assert after_document(twice, NOW, total=1, arrived=False).empty == 0


def test_failures_remember_their_beginning_and_an_answer_ends_them() -> None:
    first = after_failure(FeedHistory(), NOW, 0)
    second = after_failure(first, NOW + timedelta(hours=1), 403)
    assert (second.failing_since, second.status) == (NOW, 403)
    assert after_answer(second, NOW, "") == FeedHistory()


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["", "a", "b"]), st.integers(0, 180)), max_size=30))
def test_an_address_is_adopted_only_after_sights_in_different_hours(polls: list[tuple[str, int]]) -> None:
    history, now, run = FeedHistory(), NOW, ["", set[datetime]()]
    for target, minutes in polls:
        now += timedelta(minutes=minutes)
        before = history.address
        history = after_answer(history, now, target)
        if target != run[0]:
            run = [target, set()]
        hours = run[1]
        assert isinstance(hours, set)
        hours.add(now.replace(minute=0))
        if history.address != before:
            assert history.address == target != ""
            assert len(hours) >= ADOPT_AFTER
            run = ["", set()]
