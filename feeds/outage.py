"""Tells an outage of ours from failures of feeds: when nearly all hosts fail at once, none is to blame. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.model import Outcome

WINDOW = timedelta(minutes=10)
LEAST_HOSTS = 5
SHARE = 0.8

_OURS = frozenset({Outcome.NETWORK, Outcome.TIMEOUT})


class OutageWatch:
    """Remembers how the last poll of each host ended."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[datetime, bool]] = {}
        self._failing = 0  # of them: counting anew at every poll would take longer than the poll
        self.since: datetime | None = None

    def note(self, host: str, outcome: Outcome, now: datetime) -> bool:
        """Take the end of a poll into account; True when an outage began or ended with it."""
        failed = outcome in _OURS
        self._forget(host)
        self._last[host] = (now, failed)
        self._failing += failed
        while self._last and next(iter(self._last.values()))[0] < now - WINDOW:
            self._forget(next(iter(self._last)))
        out = self._is_outage()
        changed = out != (self.since is not None)
        if changed:
            self.since = now if out else None
        return changed

    def _forget(self, host: str) -> None:
        _, failed = self._last.pop(host, (None, False))
        self._failing -= failed

    def _is_outage(self) -> bool:
        least = 1 if self.since else LEAST_HOSTS  # it lasts until somebody answers
        return self._failing >= least and self._failing >= SHARE * len(self._last)
