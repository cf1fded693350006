"""What every chat platform is given when it is made."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

from core.inquiry import Inquire
from core.installs import InstallStore
from core.model import Story, Target
from core.observing import unobserved
from core.ports import Clock, Observer, UpdateStore
from core.replicas import LeaseStore
from core.settings import Settings


class KnownChats(Protocol):
    """Told when a platform hears that a chat is gone or has a new address, before anything is sent to it."""

    async def retire_target(self, target: Target, reason: str) -> None: ...
    async def move_target(self, old: Target, new: Target) -> None: ...


class StoryReader(Protocol):
    async def get_story(self, story_id: int) -> Story:
        """Raises NotFound."""
        ...


@dataclass(frozen=True, slots=True)
class PlatformContext:
    """Settings (the platform reads its own section), clock, memory of handled events, log, known chats, stories,
    and installations of a platform's app.

    What only one of several processes may do is done under a lease; without `leases` this one is alone.
    `inquire` searches for whom types into any chat.
    A platform shipped apart from the built-in ones finds its section in `settings.platforms[NAME]`.
    """

    settings: Settings
    clock: Clock
    updates: UpdateStore
    log: logging.Logger
    chats: KnownChats | None = None
    stories: StoryReader | None = None
    leases: LeaseStore | None = None
    observe: Observer = unobserved
    installs: InstallStore | None = None
    inquire: Inquire | None = None
