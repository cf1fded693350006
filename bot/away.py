"""A database that is away is told once when that begins and once when it is over, however many chats are in flight."""

from __future__ import annotations

import logging

from core.errors import StoreError

_log = logging.getLogger(__name__)


class Away:
    """Whether what deliveries ask of the store fails."""

    def __init__(self) -> None:
        self._failed = 0

    def failed(self, error: StoreError) -> None:
        self._failed += 1
        if self._failed == 1:
            _log.error("Deliveries wait for the database: %s", error)

    def answered(self) -> None:
        """Something was written."""
        failed, self._failed = self._failed, 0
        if failed:
            _log.info("The database is back, deliveries go on", extra={"failures": failed})
