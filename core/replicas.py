"""What processes that share a database agree by: the rate of a platform, leases. One process alone asks the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


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
