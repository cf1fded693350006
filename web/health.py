"""What counts as working: polling and delivery have each finished a round lately."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from core.ports import Clock

STALE_AFTER = timedelta(minutes=2)


class Health:
    """Collects signs of work and answers `/healthz` and `/readyz`.

    A round is noted by `worked("poll")` and `worked("deliver")`; a round that fails is not. Before the first round the
    start of the program counts, so that a start-up has STALE_AFTER to get going. `look` adds how the work goes: told,
    but never judged, since a restart cures neither a feed that is gone nor a platform that is down.
    """

    def __init__(
        self,
        clock: Clock,
        parts: tuple[str, ...] = ("poll", "deliver"),
        look: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self._clock = clock
        self._last: dict[str, datetime] = {part: clock.now() for part in parts}
        self._waiting: dict[str, str] = {"program": "starting"}
        self._look = look

    def worked(self, part: str) -> None:
        if part in self._last:
            self._last[part] = self._clock.now()

    def wait_for(self, part: str, why: str) -> None:
        """Not ready until `ready_with(part)`."""
        self._waiting[part] = why

    def ready_with(self, part: str) -> None:
        self._waiting.pop(part, None)

    def health(self) -> tuple[bool, Mapping[str, Any]]:
        ages = {part: (self._clock.now() - at) for part, at in self._last.items()}
        good = all(age <= STALE_AFTER for age in ages.values())
        rounds = {f"seconds since last {part} round": int(age.total_seconds()) for part, age in ages.items()}
        return good, {**rounds, **self._look()}

    def ready(self) -> tuple[bool, Mapping[str, Any]]:
        return not self._waiting, {"waiting for": dict(self._waiting)} if self._waiting else {}
