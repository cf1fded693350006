"""What every chat platform is given when it is made."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.model import Target
from core.ports import Clock, UpdateStore
from core.settings import Settings


class KnownChats(Protocol):
    """Told when a platform hears that a chat is gone or has a new address, before anything is sent to it."""

    async def retire_target(self, target: Target, reason: str, now: datetime) -> None: ...
    async def move_target(self, old: Target, new: Target, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class PlatformContext:
    """Settings (the platform reads its own section), the clock, the memory of handled events, a log, the known chats.

    A platform shipped apart from the built-in ones finds its section in `settings.platforms[NAME]`.
    """

    settings: Settings
    clock: Clock
    updates: UpdateStore
    log: logging.Logger
    chats: KnownChats | None = None
