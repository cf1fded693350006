"""What processes agree by about operators, in memory; held against the real store by tests/contract."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from core.errors import StoreError
from core.health import FeedRecord
from core.model import Status, Subscription, Target
from core.noticing import Notice, NoticeKey
from core.replicas import Lease, Replica
from storage.schema import REVISION


class FakeNotices:
    """Implements app.attention.AttentionStore. `fault` is what every call raises, when it is set."""

    def __init__(self) -> None:
        self.notices: dict[NoticeKey, Notice] = {}
        self.replicas: dict[str, tuple[Replica, datetime]] = {}
        self.leases: dict[str, tuple[Lease, datetime]] = {}
        self.status = Status()
        self.feeds: tuple[FeedRecord, ...] = ()
        self.subscriptions: dict[Target, Subscription] = {}
        self.revision = REVISION
        self.fault: StoreError | None = None

    def _work(self) -> None:
        if self.fault is not None:
            raise self.fault

    async def list_notices(self, now: datetime) -> tuple[Notice, ...]:
        self._work()
        return tuple(one for one in self.notices.values() if one.over_at is None or one.over_at > now)

    async def begin_notices(self, notices: Sequence[Notice], now: datetime) -> tuple[Notice, ...]:
        self._work()
        self.notices = {one.key: one for one in await self.list_notices(now)}
        new = {one.key: one for one in notices if one.key not in self.notices}
        self.notices |= new
        return tuple(new.values())

    async def prolong_notices(self, keys: Collection[NoticeKey], over_at: datetime) -> None:
        self._work()
        self.notices |= {key: replace(self.notices[key], over_at=over_at) for key in keys if key in self.notices}

    async def end_notices(self, keys: Collection[NoticeKey]) -> frozenset[NoticeKey]:
        self._work()
        return frozenset(key for key in keys if self.notices.pop(key, None))

    async def mark_noticed(self, keys: Collection[NoticeKey], mark: str) -> None:
        self._work()
        there = (self.notices[key] for key in keys if key in self.notices)
        self.notices |= {one.key: replace(one, told=one.told | {mark}) for one in there}

    async def beat(self, replica: Replica, now: datetime) -> None:
        self._work()
        self.replicas[replica.owner] = replica, now

    async def list_replicas(self, since: datetime) -> tuple[Replica, ...]:
        self._work()
        seen = (one for one, at in self.replicas.values() if at >= since)
        return tuple(sorted(seen, key=lambda one: (one.started_at, one.owner)))

    async def leave(self, owner: str) -> None:
        self._work()
        self.replicas.pop(owner, None)

    async def read_revision(self) -> str:
        self._work()
        return self.revision

    async def take_lease(self, name: str, owner: str, now: datetime, *, ttl: timedelta) -> Lease | None:
        self._work()
        old, until = self.leases.get(name, (Lease(name, owner, 0), now))
        if old.owner != owner and until > now:
            return None
        lease = replace(old, owner=owner, epoch=old.epoch + (old.owner != owner or not old.epoch))
        self.leases[name] = lease, now + ttl
        return lease

    async def list_leases(self, now: datetime) -> tuple[Lease, ...]:
        self._work()
        return tuple(lease for _, (lease, until) in sorted(self.leases.items()) if until > now)

    async def keep_value(self, lease: Lease, value: str) -> bool:
        self._work()
        old, until = self.leases[lease.name]
        if (old.owner, old.epoch) != (lease.owner, lease.epoch):
            return False
        self.leases[lease.name] = replace(old, value=value), until
        return True

    async def drop_lease(self, lease: Lease, now: datetime) -> None:
        self._work()
        old, _ = self.leases[lease.name]
        if (old.owner, old.epoch) == (lease.owner, lease.epoch):
            self.leases[lease.name] = old, now

    async def find_subscription(self, target: Target) -> Subscription | None:
        self._work()
        return self.subscriptions.get(target)

    async def get_status(self) -> Status:
        self._work()
        return self.status

    async def list_feeds(self) -> tuple[FeedRecord, ...]:
        self._work()
        return self.feeds
