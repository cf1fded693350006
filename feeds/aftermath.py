"""What a poll leaves in the history of its feed. Pure: the history before and what was seen -> the history after."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from core.history import FeedHistory
from feeds.health import ARRIVALS

ADOPT_AFTER = 3  # polls in different hours that were all redirected for good to the same address
_HOUR = timedelta(hours=1)


def after_answer(history: FeedHistory, now: datetime, permanent_url: str, configured: str = "") -> FeedHistory:
    """The feed answered; `permanent_url` is where it redirects for good, or the `configured` address itself where that
    answers again in place of the one adopted; "" for neither."""
    if history.failing_since or history.status:
        history = replace(history, failing_since=None, status=0)
    history = _seen_moving(history, now, permanent_url)
    return replace(history, address="") if history.address and history.address == configured else history


def after_document(history: FeedHistory, now: datetime, *, total: int, arrived: bool) -> FeedHistory:
    """A document with `total` entries was read; `arrived`: some of them are news."""
    arrivals = history.arrivals
    if arrived and (not arrivals or now.timestamp() - arrivals[-1] >= _HOUR.total_seconds()):
        arrivals = (*arrivals, int(now.timestamp()))[-ARRIVALS:]
    empty = history.empty + 1 if history.had_entries and not total else 0
    return replace(history, arrivals=arrivals, had_entries=history.had_entries or total > 0, empty=empty)


def after_same(history: FeedHistory) -> FeedHistory:
    """The document is still the one that was read last: if that was empty, it still is."""
    return replace(history, empty=history.empty + 1) if history.empty else history


def after_failure(history: FeedHistory, now: datetime, status: int) -> FeedHistory:
    return replace(history, failing_since=history.failing_since or now, status=status)


def _seen_moving(history: FeedHistory, now: datetime, target: str) -> FeedHistory:
    """Count sights of a permanent redirect, one an hour, and adopt its target in the end."""
    if not target:
        return replace(history, moved_to="", moved_seen=0, moved_at=None) if history.moved_to else history
    if target != history.moved_to:
        return replace(history, moved_to=target, moved_seen=1, moved_at=now)
    if history.moved_at is not None and _hour(history.moved_at) == _hour(now):
        return history
    if history.moved_seen + 1 >= ADOPT_AFTER:
        return replace(history, address=target, moved_to="", moved_seen=0, moved_at=None)
    return replace(history, moved_seen=history.moved_seen + 1, moved_at=now)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
