"""Workspaces that installed the app of a chat platform by OAuth, each with the secret token it gave."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Installation:
    """`team` is the workspace, `bot_user` the bot's own user there. Who installed is not kept."""

    platform: str
    team: str
    token: str = field(repr=False)
    bot_user: str = ""


class InstallStore(Protocol):
    async def save_installation(self, one: Installation, now: datetime) -> None:
        """Keep an installation, in the place of an older one of the same workspace."""
        ...

    async def find_installation(self, platform: str, team: str) -> Installation | None: ...
    async def remove_installation(self, platform: str, team: str) -> None: ...
    async def count_installations(self, platform: str) -> int: ...
    async def retire_team(self, platform: str, team: str, reason: str) -> None:
        """Pause all chats of a workspace, whose addresses begin with `TEAM.`; with "", those of no workspace."""
        ...
