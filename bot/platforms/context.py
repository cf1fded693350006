"""What every chat platform is given when it is made."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from core.ports import Clock, UpdateStore
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class PlatformContext:
    """Settings (the platform reads its own section), the clock, the memory of handled events, and a log.

    A platform shipped apart from the built-in ones finds its section in `settings.platforms[NAME]`.
    """

    settings: Settings
    clock: Clock
    updates: UpdateStore
    log: logging.Logger
