"""A feed: as it is configured, what is remembered of it, and how a poll of it ended. Seen through core.model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.history import FeedHistory, Outcome


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """One feed as configured. `interval` is already resolved against the default and the floor.

    With `max_interval` the wait follows the feed's own rhythm between the two; None: it is always `interval`.
    `full_text` says which entries are read in full (core.secondlook); an `audit` feed alerts nobody (core.audits).
    `lanes` feeds of its host may be polled at a time: more than one on the operator's own hosts.
    """

    name: str
    url: str
    kind: str = "rss"
    lang: str = ""
    owner: str = ""
    interval: timedelta = timedelta(minutes=5)
    user_agent: str = ""
    mirrors: tuple[str, ...] = ()
    implies: tuple[str, ...] = ()
    enabled: bool = True
    max_interval: timedelta | None = None
    proxy: str = ""
    full_text: str = "auto"
    audit: bool = False
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class FeedState:
    """What is remembered of a feed between polls. Validators are kept exactly as received.

    `earliest_poll_at` is when its server and its documents allow the next poll; None after a failure.
    """

    next_poll_at: datetime
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str = ""
    first_polled_at: datetime | None = None
    last_ok_at: datetime | None = None
    failures: int = 0
    last_outcome: str = ""
    last_error: str = ""
    earliest_poll_at: datetime | None = None
    history: FeedHistory = FeedHistory()


@dataclass(frozen=True, slots=True)
class Feed:
    """A stored feed under lease: writes with another `epoch` than the row's are refused."""

    id: int
    spec: FeedSpec
    state: FeedState
    epoch: int = 0

    @property
    def address(self) -> str:
        """Where it is polled: as configured, or where it has moved."""
        return self.state.history.address or self.spec.url


@dataclass(frozen=True, slots=True)
class PollRecord:
    """The result of one poll, to be written in the transaction that ends it."""

    outcome: Outcome
    state: FeedState
    polled_at: datetime
    entries: int = 0
    new: int = 0
    hits: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class PollResult:
    """What `poll-once` and the progress line tell of one poll of one feed."""

    url: str
    name: str
    outcome: Outcome
    entries: int = 0
    new: int = 0
    hits: int = 0
    stories: int = 0
    alerts: int = 0
    error: str = ""
    next_poll_at: datetime | None = None
