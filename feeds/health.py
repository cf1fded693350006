"""How a feed is, judged by what its polls have shown. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from core.health import Condition, FeedHealth
from core.history import REFUSALS
from core.model import FeedSpec, FeedState, Outcome
from core.sentence import Recognised, Sentence
from feeds import desk_texts as told
from feeds import fault_texts as faults

TROUBLE_AFTER = 3  # failures in a row, and empty documents in a row
QUIET_LEAST = timedelta(days=2)
QUIET_TIMES = 3  # of the longest silence in its record
RESTS_LONG = timedelta(hours=12)  # because the server asks for it
ARRIVALS = 40  # remembered; one an hour at most, so that a busy feed's record spans more than a night
_GAPS_LEAST = 3

_LASTING = frozenset({Outcome.GONE, Outcome.BLOCKED, Outcome.NOT_A_FEED})
_WELL = Sentence(told.WELL)  # said after nearly every poll

recognise = Recognised(faults)


def is_trouble(state: FeedState) -> bool:
    """Whether a feed's failures are worth telling: several in a row, or one that will not pass by itself."""
    if not state.failures:
        return False
    if state.failures >= TROUBLE_AFTER:
        return True
    since = state.history.failing_since
    if state.last_outcome == Outcome.RATE_LIMITED and since and state.next_poll_at - since > RESTS_LONG:
        return True
    passing = state.history.status in REFUSALS  # some sites refuse now and then
    return state.last_outcome in _LASTING and not passing


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
    condition, reason = judge(state, now)
    since = state.history.failing_since if condition.bad else None
    return FeedHealth(spec.name, spec.url, condition, reason, since)


def judge(state: FeedState, now: datetime) -> tuple[Condition, str]:
    """A feed's condition, and why it is so."""
    return _trouble(state) or _well(state, now)


def _trouble(state: FeedState) -> tuple[Condition, str] | None:
    history = state.history
    if is_trouble(state):
        reason, at = recognise(state.last_error), _when(state.next_poll_at)
        if history.failing_since:
            since = _when(history.failing_since)
            return _kind(state), Sentence(told.FAILING_SINCE, reason=reason, since=since, at=at)
        return _kind(state), Sentence(told.FAILING, reason=reason, at=at)
    if history.empty >= TROUBLE_AFTER:
        return Condition.NOT_A_FEED, Sentence(told.EMPTY, n=history.empty)
    return None


def _kind(state: FeedState) -> Condition:
    if state.last_outcome == Outcome.GONE:
        return Condition.GONE
    if state.history.status in REFUSALS or faults.CHALLENGED in state.last_error:
        return Condition.BLOCKED
    return Condition.NOT_A_FEED if state.last_outcome == Outcome.NOT_A_FEED else Condition.FAILING


def _well(state: FeedState, now: datetime) -> tuple[Condition, str]:
    history = state.history
    if state.first_polled_at is None:
        error = recognise(state.last_error)
        return Condition.NEW, Sentence(told.UNREAD_REASON, reason=error) if error else Sentence(told.UNREAD)
    if history.address:
        return Condition.MOVED, Sentence(told.MOVED, address=history.address)
    limit = quiet_after(history.arrivals)
    if limit is not None:
        last = datetime.fromtimestamp(history.arrivals[-1], UTC)
        if now - last > limit:
            hours = round(max(gaps(history.arrivals)).total_seconds() / 3600)
            unit, n = (told.QUIET_HOURS, hours) if hours < 48 else (told.QUIET_DAYS, round(hours / 24))
            return Condition.QUIET, Sentence(unit, at=_when(last), n=n)
    if state.last_error:
        error, at = recognise(state.last_error), _when(state.next_poll_at)
        return Condition.HEALTHY, Sentence(told.FALTERS, reason=error, at=at)
    return Condition.HEALTHY, _WELL


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
