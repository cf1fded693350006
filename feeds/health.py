"""How a feed is, judged by what its polls have shown. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from core.health import Condition, FeedHealth
from core.model import FeedSpec, FeedState, Outcome
from feeds.decode import CHALLENGE

TROUBLE_AFTER = 3  # failures in a row, and empty documents in a row
QUIET_LEAST = timedelta(days=2)
QUIET_TIMES = 3  # of the longest silence in its record
ARRIVALS = 40  # remembered; one an hour at most, so that a busy feed's record spans more than a night
_GAPS_LEAST = 3

_LASTING = frozenset({Outcome.GONE, Outcome.BLOCKED, Outcome.NOT_A_FEED})
_REFUSALS = frozenset({401, 403, 406, 451})


def is_trouble(state: FeedState) -> bool:
    """Whether a feed's failures are worth telling: several in a row, or one that will not pass by itself."""
    return state.failures >= TROUBLE_AFTER or (state.failures > 0 and state.last_outcome in _LASTING)


def gaps(arrivals: tuple[int, ...]) -> tuple[timedelta, ...]:
    """The times between arrivals; nothing when there are too few to speak of a rhythm."""
    found = tuple(timedelta(seconds=late - early) for early, late in pairwise(arrivals))
    return found if len(found) >= _GAPS_LEAST else ()


def quiet_after(arrivals: tuple[int, ...]) -> timedelta | None:
    """The silence that is longer than a feed's own rhythm; None when its rhythm is not known yet."""
    known = gaps(arrivals)
    return max(QUIET_LEAST, QUIET_TIMES * max(known)) if known else None


def assess(spec: FeedSpec, state: FeedState, now: datetime) -> FeedHealth:
    """A feed's condition and why."""
    condition, reason = _trouble(state) or _well(state, now)
    since = state.history.failing_since if condition.bad else None
    return FeedHealth(spec.name, spec.url, condition, reason, since)


def _trouble(state: FeedState) -> tuple[Condition, str] | None:
    history = state.history
    if is_trouble(state):
        since = f" Failing since {_when(history.failing_since)}." if history.failing_since else ""
        return _kind(state), f"{state.last_error}{since} Next try {_when(state.next_poll_at)}."
    if history.empty >= TROUBLE_AFTER:
        return (
            Condition.NOT_A_FEED,
            f"The last {history.empty} answers held no entry, although there used to be some; check the address.",
        )
    return None


def _kind(state: FeedState) -> Condition:
    if state.last_outcome == Outcome.GONE:
        return Condition.GONE
    if state.history.status in _REFUSALS or CHALLENGE in state.last_error:
        return Condition.BLOCKED
    return Condition.NOT_A_FEED if state.last_outcome == Outcome.NOT_A_FEED else Condition.FAILING


def _well(state: FeedState, now: datetime) -> tuple[Condition, str]:
    history = state.history
    if state.first_polled_at is None:
        return Condition.NEW, "It was not read yet." + (f" {state.last_error}" if state.last_error else "")
    if history.address:
        return Condition.MOVED, f"It has moved to {history.address} and is read there; change the address."
    limit = quiet_after(history.arrivals)
    if limit is not None:
        last = datetime.fromtimestamp(history.arrivals[-1], UTC)
        if now - last > limit:
            usual = max(gaps(history.arrivals))
            return (
                Condition.QUIET,
                f"Nothing new since {_when(last)}; it was never silent for more than {_how_long(usual)} before.",
            )
    return Condition.HEALTHY, "It is read, and all is well."


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _how_long(time: timedelta) -> str:
    hours = round(time.total_seconds() / 3600)
    return f"{hours} hours" if hours < 48 else f"{round(hours / 24)} days"
