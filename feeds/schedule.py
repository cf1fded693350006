"""When to poll a feed next. Pure. What servers and documents ask for lengthens the wait and never shortens it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from core.model import FeedSpec, Outcome
from core.ports import Hints
from feeds.health import gaps

DAY = timedelta(days=1)
LONGEST_HINT = DAY
LONGEST_RETRY = timedelta(days=30)
LONGEST_BACKOFF = timedelta(hours=6)
GONE_WAIT = timedelta(days=7)
LIMITED_WAIT = timedelta(hours=1)
JITTER = 0.1
POLLS_PER_GAP = 24  # how finely the time between two arrivals is divided: news of a daily feed is an hour old at most

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Wait:
    """When a feed is polled next by its own rhythm, and when its server allows it at the earliest."""

    due_at: datetime
    earliest_at: datetime


def next_wait(
    now: datetime,
    spec: FeedSpec,
    outcome: Outcome,
    pace: timedelta,
    *,
    hints: Hints | None = None,
    fresh_for: timedelta | None = None,
    rng: random.Random,
) -> Wait:
    """The wait after a good answer: at least `interval` and what was asked for, and `pace` if that is longer."""
    earliest = next_poll_at(now, spec, outcome, hints=hints, fresh_for=fresh_for, rng=rng)
    if pace <= spec.interval:
        return Wait(earliest, earliest)
    slow = now + pace * (1 + JITTER * rng.random())
    return Wait(max(earliest, skip_quiet_times(slow, hints) if hints else slow), earliest)


def own_pace(spec: FeedSpec, arrivals: tuple[int, ...], first_polled_at: datetime, now: datetime) -> timedelta:
    """The interval that suits a feed, between `interval` and `max_interval`.

    A part of the time that usually passes between two arrivals, or of the present silence if that is longer.
    """
    if spec.max_interval is None:
        return spec.interval
    last = datetime.fromtimestamp(arrivals[-1], UTC) if arrivals else first_polled_at
    usual = timedelta(seconds=median([gap.total_seconds() for gap in gaps(arrivals)] or [0.0]))
    wanted = max(now - last, usual) / POLLS_PER_GAP
    return max(spec.interval, min(wanted, spec.max_interval))


def next_poll_at(
    now: datetime,
    spec: FeedSpec,
    outcome: Outcome,
    *,
    failures: int = 0,
    hints: Hints | None = None,
    fresh_for: timedelta | None = None,
    retry_after: float | None = None,
    rng: random.Random,
) -> datetime:
    """The time of the next poll, never earlier than `now + spec.interval`.

    `failures` counts the failed polls in a row, this one included; `retry_after` is in seconds. After failures the wait
    doubles up to six hours and never becomes for ever. Nonsense in hints is cut to a day, in Retry-After to a month.
    Up to a tenth is added at random, so that feeds polled together drift apart.
    """
    if outcome.failed:
        wait = _after_failure(spec.interval, outcome, failures)
    else:
        wait = spec.interval
        for asked in (fresh_for, hints.ttl if hints else None):
            if asked and asked > wait:
                wait = max(wait, min(asked, LONGEST_HINT))
    if retry_after is not None:
        wait = max(wait, min(timedelta(seconds=min(retry_after, 1e9)), LONGEST_RETRY))
    moment = now + wait * (1 + JITTER * rng.random())
    return skip_quiet_times(moment, hints) if hints and not outcome.failed else moment


def _after_failure(interval: timedelta, outcome: Outcome, failures: int) -> timedelta:
    if outcome is Outcome.GONE:
        return max(interval, GONE_WAIT)
    doubled: timedelta = interval * (1 << min(max(failures - 1, 0), 12))
    wait = max(interval, min(doubled, LONGEST_BACKOFF))
    return max(wait, LIMITED_WAIT) if outcome is Outcome.RATE_LIMITED else wait


def skip_quiet_times(moment: datetime, hints: Hints) -> datetime:
    """The first moment from `moment` on that lies in no hour (GMT) or day that the feed asks to skip.

    A feed that skips all 24 hours or all 7 days means something else, and is not heeded.
    https://www.rssboard.org/skip-hours-days
    """
    if not (hints.skip_hours or hints.skip_days):
        return moment
    hours = frozenset(hints.skip_hours) if len(set(hints.skip_hours)) < 24 else frozenset()
    days = frozenset(hints.skip_days) if len(set(hints.skip_days)) < 7 else frozenset()
    for _ in range(24 * 7):
        if moment.hour not in hours and _DAYS[moment.weekday()] not in days:
            return moment
        moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return moment
