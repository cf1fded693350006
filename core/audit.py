"""What was asked to change in a chat: when, by which role, in which words; never by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.model import Role, Target


@dataclass(frozen=True, slots=True)
class Change:
    """`line` is the command as it was given, cut to 200 characters."""

    at: datetime
    role: Role
    line: str


class AuditStore(Protocol):
    async def record_change(self, target: Target, role: Role, line: str, now: datetime) -> None:
        """Remember a change of a chat of which anything is kept; of others nothing is."""
        ...

    async def changes(self, target: Target, limit: int) -> tuple[Change, ...]:
        """The last changes of a chat, newest first."""
        ...
