"""What a chat was asked about and has not answered yet: lines and files too long for the data of a button."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from core.model import Target

KEEP_PROPOSALS = timedelta(days=1)


class ProposalStore(Protocol):
    """Proposals stand under a digest of their chat, until they are used, the chat is erased, or a day has passed."""

    async def keep_proposal(self, target: Target, body: bytes, now: datetime) -> str:
        """Its mark: `#` and ten characters, the same for the same body. The newest megabyte of a chat is kept."""
        ...

    async def find_proposal(self, target: Target, mark: str, now: datetime) -> bytes | None:
        """What the mark stands for in this chat; None once it is gone."""
        ...

    async def drop_proposal(self, target: Target, mark: str) -> None: ...
