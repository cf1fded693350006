"""How a poll of a feed ended, and what its polls have shown over time: read by the schedule and by its health."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """How one poll of one feed ended; the words of `poll-once --json`.

    BLOCKED: the site refuses programs (REFUSALS, a browser check), or the gate refuses the address.
    """

    OK = "ok"
    NOT_MODIFIED = "not_modified"
    EMPTY = "empty"
    HTTP = "error:http"
    GONE = "error:gone"
    RATE_LIMITED = "error:rate_limited"
    TIMEOUT = "error:timeout"
    TOO_LARGE = "error:too_large"
    NOT_A_FEED = "error:not_a_feed"
    PARSE = "error:parse"
    REDIRECT = "error:redirect"
    BLOCKED = "error:blocked"
    NETWORK = "error:network"

    @property
    def failed(self) -> bool:
        return self.value.startswith("error:")


# HTTP statuses by which a site refuses programs, or this one: the poll ends BLOCKED, as it does at a browser check.
REFUSALS = frozenset({401, 403, 406, 451})


@dataclass(frozen=True, slots=True)
class FeedHistory:
    """`arrivals` are the times (Unix seconds, oldest first, one an hour at most) at which polls brought new entries.

    `empty` counts the polls in a row that found no entry although the feed once `had_entries`. `failing_since` is the
    time of the first of the failures in a row, `status` the HTTP status of the last (0: none came). `address` is the
    one adopted after permanent redirects ("": as configured); `moved_to` is being seen: in `moved_seen` different hours
    so far, last at `moved_at`. `condition` is the one last told, "" before the first.
    """

    arrivals: tuple[int, ...] = ()
    had_entries: bool = False
    empty: int = 0
    failing_since: datetime | None = None
    status: int = 0
    address: str = ""
    moved_to: str = ""
    moved_seen: int = 0
    moved_at: datetime | None = None
    condition: str = ""
