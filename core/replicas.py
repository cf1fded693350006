"""What processes that share a database agree by: the rate of a platform, leases, who is at work.

One process alone asks the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

AT_WORK = timedelta(minutes=3)  # a process says each minute that it is


@dataclass(frozen=True, slots=True)
class Turns:
    """When messages may go out, a time each; `again_at` is when to ask for more.

    `held_until` is set, and `at` empty, while the platform has asked for rest.
    """

    at: tuple[datetime, ...]
    again_at: datetime
    held_until: datetime | None = None


class LimitStore(Protocol):
    async def take_turns(self, platform: str, now: datetime, *, count: int, apart: timedelta) -> Turns:
        """Take up to `count` turns of a platform, `apart` from one another and from all that were taken; 0 is no rate.

        Only turns of the next moment are given (AHEAD), so that a platform's call for rest is heard at once.
        """
        ...

    async def hold_platform(self, platform: str, until: datetime) -> None:
        """Let no process send anything to the platform before `until`; a shorter hold does not undo a longer one."""
        ...


@dataclass(frozen=True, slots=True)
class Lease:
    """A right that one process has for a while. Each new owner raises `epoch`; `value` is what the last one kept."""

    name: str
    owner: str
    epoch: int
    value: str = ""


class LeaseStore(Protocol):
    async def take_lease(self, name: str, owner: str, now: datetime, *, ttl: timedelta) -> Lease | None:
        """Take the lease, or renew it, until `ttl` from now; None while another owner has it."""
        ...

    async def keep_value(self, lease: Lease, value: str) -> bool:
        """Keep something with the lease; False when it has another owner by now, and nothing was written."""
        ...

    async def drop_lease(self, lease: Lease, now: datetime) -> None:
        """Let others have it from now on; nothing happens when it has another owner."""
        ...


@dataclass(frozen=True, slots=True)
class Replica:
    """A process at work: `owner` as in leases, the release it runs, and the `revision` of the tables that it knows.

    `seen_at` is when it last said so, None when it says so now.
    """

    owner: str
    version: str
    revision: str
    roles: tuple[str, ...]
    started_at: datetime
    seen_at: datetime | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """Host and process number, for people."""
        return self.owner.rpartition(":")[0] or self.owner


class WorkforceStore(Protocol):
    async def list_replicas(self, since: datetime) -> tuple[Replica, ...]:
        """The processes that have said since that they are at work, in the order in which they were started."""
        ...

    async def list_leases(self, now: datetime) -> tuple[Lease, ...]:
        """The leases that somebody has, by name."""
        ...


class ReplicaStore(WorkforceStore, Protocol):
    async def beat(self, replica: Replica, now: datetime) -> None:
        """Say that the process is at work; rows of processes that have long been silent are removed."""
        ...

    async def leave(self, owner: str) -> None:
        """Say that the process ends."""
        ...

    async def read_revision(self) -> str:
        """The revision that the tables have now; a newer release may have changed it."""
        ...
