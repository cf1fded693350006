"""Tells operators in their chats what needs a hand: by one process at a time, each operator once, in the chat's
language.

What was told stands in the database. A process that ends between telling and noting it down lets it be told again.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from app import notice_texts as texts
from bot.languages import Chosen, speak
from bot.speech import ENGLISH, Texts
from core.errors import DeliveryError, MinskError, TargetGone
from core.message import LineKind, Message, line
from core.model import Subscription, Target
from core.noticing import Notice, NoticeStore
from core.ports import ChatPlatform
from core.replicas import Lease, LeaseStore

log = logging.getLogger("minskwatch")

LEASE = "attention"
LEASE_TTL = timedelta(minutes=5)  # asked for every minute
SEND_WITHIN = 30.0  # seconds
GATHER = timedelta(hours=1)  # between two messages about feeds, which are many and harm nobody at once
PATIENT = frozenset({"feed", "gone", "feed_state", "feed_moved", "feed_reissued", "audit"})
MOST_AT_ONCE = 10  # lines of one message


class TellingStore(NoticeStore, LeaseStore, Protocol):
    async def find_subscription(self, target: Target) -> Subscription | None: ...


class Teller:
    """`owner` is who we are among the processes. Operators on platforms that this process does not serve are passed
    over. `say` is the language of chats that chose none, `chosen` has those of chats that are not subscribed."""

    def __init__(
        self,
        store: TellingStore,
        platforms: Mapping[str, ChatPlatform],
        operators: Iterable[str],
        owner: str,
        *,
        say: Texts = ENGLISH,
        chosen: Chosen | None = None,
    ) -> None:
        self._store = store
        self._platforms = platforms
        self._owner = owner
        self._say = say
        self._chosen = chosen or Chosen()
        self._spoken: dict[Target, Texts] = {}  # for when the database is away
        self._operators: tuple[Target, ...] = ()
        self._unreached: set[Target] = set()
        self._later: set[Target] = set()  # who waits to be told, which the log has said
        self._told_without: set[Target] = set()
        self._heard_at: dict[Target, datetime] = {}
        self._lease: Lease | None = None
        self.change(operators)

    @property
    def leads(self) -> bool:
        """Whether this process was the one that tells, when that was last asked."""
        return self._lease is not None

    def change(self, operators: Iterable[str]) -> None:
        """Tell other operators from now on; who is new is told what there is."""
        self._operators = tuple(map(Target.parse, operators))
        self._unreached &= set(self._operators)
        self._later &= set(self._operators)

    async def tell(self, notices: Sequence[Notice], now: datetime) -> None:
        """Tell what an operator does not know yet, if this process is the one that tells. Raises StoreError."""
        self._told_without.clear()
        if not self._reachable():
            return
        self._lease = await self._store.take_lease(LEASE, self._owner, now, ttl=LEASE_TTL)
        if self._lease is None:
            return
        for target in self._reachable():
            untold = [notice for notice in notices if mark_of(target) not in notice.told]
            if not untold:
                self._later.discard(target)  # what it waited for is over
                continue
            if self._heard_lately(target, now) and all(notice.kind in PATIENT for notice in untold):
                continue
            if await self._send(target, [notice.text for notice in untold], await self._language(target)):
                await self._store.mark_noticed([notice.key for notice in untold], mark_of(target))
                if any(notice.kind in PATIENT for notice in untold):
                    self._heard_at[target] = now

    def _heard_lately(self, target: Target, now: datetime) -> bool:
        """Whether an operator was told of feeds a short while ago: what follows is gathered for one report."""
        return now - self._heard_at.get(target, now - GATHER) < GATHER

    async def tell_without_database(self, text: str) -> None:
        """Tell operators a sentence, noting nothing down: each once until the database is back."""
        for target in self._reachable():
            say = self._spoken.get(target) or self._unsubscribed(target)
            if target not in self._told_without and await self._send(target, [text], say):
                self._told_without.add(target)

    async def leave(self, now: datetime) -> None:
        """Let another process tell. Raises StoreError."""
        lease, self._lease = self._lease, None
        if lease is not None:
            await self._store.drop_lease(lease, now)

    def _reachable(self) -> tuple[Target, ...]:
        there = (target for target in self._operators if target.platform in self._platforms)
        return tuple(target for target in there if target not in self._unreached)

    async def _language(self, target: Target) -> Texts:
        """What a chat chose, as it does for alerts and answers. Raises StoreError."""
        mine = await self._store.find_subscription(target)
        default = self._unsubscribed(target)
        self._spoken[target] = say = speak(mine.options, "", default) if mine else default
        return say

    def _unsubscribed(self, target: Target) -> Texts:
        return speak(None, self._chosen.find(target), self._say)

    async def _send(self, target: Target, sentences: Sequence[str], say: Texts) -> bool:
        try:
            async with asyncio.timeout(SEND_WITHIN):
                await self._platforms[target.platform].send(target, _message(sentences, say))
        except TargetGone as error:
            log.warning("operator %s cannot be told, write to the bot first: %s", self._place(target), error)
            self._unreached.add(target)
        except (DeliveryError, TimeoutError) as error:
            level = logging.DEBUG if target in self._later else logging.INFO  # it is tried each minute
            reason = str(error) or f"no answer within {SEND_WITHIN:g} s."
            log.log(level, "operator %s is told later: %s", self._place(target), reason)
            self._later.add(target)
        except MinskError as error:
            log.warning("operator %s could not be told: %s", self._place(target), error)
        else:
            if target in self._later:
                log.info("operator %s has been told now", self._place(target))
                self._later.discard(target)
            return True
        return False

    def _place(self, target: Target) -> str:
        """How the log names an operator: no address of a chat stands there."""
        number = self._operators.index(target) + 1 if target in self._operators else "?"
        return f"{number} of access.operators ({target.platform})"


def mark_of(target: Target) -> str:
    """What stands for an operator beside what was told: no address is stored."""
    return hashlib.blake2b(str(target).encode(), digest_size=8).hexdigest()


def _message(sentences: Sequence[str], say: Texts) -> Message:
    lines = [say.line(texts.TITLE, LineKind.TITLE)]
    lines += [line(say.tell(one), kind=LineKind.BULLET) for one in sentences[:MOST_AT_ONCE]]
    if len(sentences) > MOST_AT_ONCE:
        lines.append(say.line(texts.MORE, LineKind.SMALL, n=len(sentences) - MOST_AT_ONCE))
    return Message(tuple(lines), lang=say.lang)
