"""The missed-item audit: an independent query is polled beside the feeds, and what only it brings was missed.

Relevant entries of an audit feed have the outcome AUDIT until they are judged, then COVERED or MISSED.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.model import Story
from core.watch import StoredEntry

AUDIT, COVERED, MISSED = "audit", "covered", "missed"


@dataclass(frozen=True, slots=True)
class Missed:
    """A relevant story that no other feed brought: its headlines and addresses as the query had them, first seen at."""

    title: str
    url: str
    topics: tuple[str, ...]
    seen_at: datetime
    others: tuple[str, ...] = ()


class AuditedStore(Protocol):
    async def list_audited(self, since: datetime, before: datetime, limit: int) -> tuple[StoredEntry, ...]:
        """Entries of audit feeds seen in that time and not judged yet, newest first."""
        ...

    async def is_covered(self, link_key: str, url: str) -> bool:
        """Whether a feed that is no audit has brought an entry with this link."""
        ...

    async def judge_audited(self, entry_ids: Sequence[int], outcome: str, reason: str) -> None: ...

    async def stories_since(self, since: datetime) -> tuple[Story, ...]:
        """Stories updated since that chats are told of, oldest first."""
        ...
