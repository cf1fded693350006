"""How a second look at an entry stands: see core.secondlook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LookResult(StrEnum):
    """`SHORT`: the page says no more than the feed did. `REFUSED`: it wants a login, a payment or a browser, or asks
    programs to keep away. `BUDGET`: too many others were before it."""

    WAITING = "waiting"
    MATCHED = "matched"
    ONE_SIDE = "one side"
    SHORT = "short"
    REFUSED = "refused"
    FAILED = "failed"
    BUDGET = "budget"


@dataclass(frozen=True, slots=True)
class LookTrace:
    """What /why tells: `detail` is a sentence or "", `at` the time of the result, None while it waits."""

    result: LookResult
    detail: str = ""
    at: datetime | None = None
