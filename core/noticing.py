"""What operators are told once, however many processes notice it and however often they are started again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

# What a notice is about: its kind, and the name of the thing ("" when there is one of the kind).
NoticeKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that needs a hand, in a sentence. It is over by itself at `over_at`, unless that is None.

    A `text` that is a core.sentence.Sentence is stored as one, and told to each operator in the chat's language.

    `told` holds the marks of the operators who know of it.
    """

    kind: str
    name: str
    text: str
    over_at: datetime | None = None
    told: frozenset[str] = frozenset()

    @property
    def key(self) -> NoticeKey:
        return self.kind, self.name


class NoticeStore(Protocol):
    async def list_notices(self, now: datetime) -> tuple[Notice, ...]:
        """Those that are not over, in the order in which they began."""
        ...

    async def begin_notices(self, notices: Sequence[Notice], now: datetime) -> tuple[Notice, ...]:
        """Add notices; those that were not there are returned, and each to one caller only."""
        ...

    async def prolong_notices(self, keys: Collection[NoticeKey], over_at: datetime) -> None:
        """Let those that are there be over by themselves at `over_at` only."""
        ...

    async def end_notices(self, keys: Collection[NoticeKey]) -> frozenset[NoticeKey]:
        """Remove notices; those that were there."""
        ...

    async def mark_noticed(self, keys: Collection[NoticeKey], mark: str) -> None:
        """Remember that the operator of that mark knows of them."""
        ...
