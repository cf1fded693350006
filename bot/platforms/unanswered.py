"""Notices when a platform that is always asked for news has not answered for long: it may be that no alert is due, and
nobody else would see it."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.ports import Clock, Observer

UNANSWERED = timedelta(minutes=15)


class Unanswered:
    """Tells its observer `platform_silent` (platform, reason), once, and `platform_answers` (platform) after that.

    The first answer is told too: the process before us may have said that there is none.
    """

    def __init__(self, platform: str, clock: Clock, observe: Observer) -> None:
        self._platform = platform
        self._clock = clock
        self._observe = observe
        self._since: datetime | None = None
        self._told = False
        self._heard = False

    def failed(self, reason: str) -> None:
        """It was asked in vain."""
        now = self._clock.now()
        self._since = self._since or now
        if not self._told and now - self._since >= UNANSWERED:
            self._told = True
            self._observe("platform_silent", platform=self._platform, reason=reason)

    def answered(self) -> None:
        if self._told or not self._heard:
            self._observe("platform_answers", platform=self._platform)
        self._since, self._told, self._heard = None, False, True
