"""What became of a story in one chat, for /why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.model import Target


@dataclass(frozen=True, slots=True)
class Showing:
    """A row of the outbox as its chat may know it. At most one of `dead`, `held` and `put_off` says why it ends there.

    `waits`: something is still to be shown, not before `not_before`; `trouble` is what went wrong last, in words.
    """

    queued_at: datetime
    not_before: datetime
    shown_at: datetime | None = None
    waits: bool = False
    dead: str = ""
    held: str = ""
    put_off: str = ""
    trouble: str = ""


class ShowingStore(Protocol):
    async def find_showing(self, target: Target, story_id: int) -> Showing | None:
        """What became of a story in a chat; None when it was never queued for it."""
        ...
