"""What the rooms ask of one another, as Protocols; main wires the real things together.

feeds asks for Matcher, Stories, PollStore; bot for DeliveryStore, ChatStore; web for Status; one class answers all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from core.audit import AuditStore
from core.correcting import CorrectingStore, Summarise
from core.files import GivenFile
from core.health import FeedBook
from core.message import Message
from core.model import (
    Actor,
    Analysis,
    Entry,
    EntryTrace,
    Feed,
    FeedSpec,
    Lane,
    Level,
    Member,
    NewEntry,
    OutboxItem,
    Placement,
    PollRecord,
    Role,
    Status,
    Story,
    StorySummary,
    Subscription,
    Target,
)
from core.options import Feedback, Options, Told, Verdict
from core.proposing import ProposalStore
from core.replicas import LimitStore, WorkforceStore
from core.search import SearchStore
from core.secondlook import LookStore, LookTransaction
from core.showing import ShowingStore
from core.source import FetchRequest as FetchRequest
from core.source import Hints as Hints
from core.source import ParsedFeed as ParsedFeed
from core.source import Source as Source
from core.watch import WatchHit, WatchStore


class Clock(Protocol):
    def now(self) -> datetime: ...
    async def sleep(self, seconds: float) -> None: ...


# --- matching -------------------------------------------------------------------------------------------------------


class Matcher(Protocol):
    """Pure: text in, decision out. Never raises on any text."""

    version: str

    @property
    def topics(self) -> Mapping[str, str]:
        """Topic name -> title, in the order of the packs."""

    def implied_by(self, url: str) -> tuple[str, ...]:
        """Concepts that the site of an address implies: a Belarusian paper need not write "Belarus"."""
        ...

    def analyse(
        self, title: str, body: str = "", *, lang: str = "", implies: Sequence[str] = (), when: datetime | None = None
    ) -> Analysis:
        """`when` the text was published, or found, tells who had long been free by then; without it nobody had."""


class Stories(Protocol):
    """Pure: a member and the stories that are open -> where it belongs."""

    window: timedelta

    def place(self, member: Member, open_stories: Sequence[Story]) -> Placement: ...
    def summarise(self, members: Sequence[Member]) -> StorySummary: ...


# --- storage --------------------------------------------------------------------------------------------------------


class Transaction(LookTransaction, Protocol):
    """The one transaction that ends a poll. Everything in it happens, or nothing."""

    async def check_lease(self, feed: Feed) -> None:
        """Raise LeaseLost when another process has claimed the feed since."""
        ...

    async def add_entries(self, feed: Feed, entries: Sequence[NewEntry], now: datetime) -> tuple[int | None, ...]:
        """Store entries; ids in the order given, None for those that were stored already."""
        ...

    async def open_stories(self, since: datetime) -> tuple[Story, ...]:
        """Lock story keeping for this transaction and return the stories updated since, oldest first."""
        ...

    async def add_story(self, member: Member, summary: StorySummary, now: datetime) -> Story: ...

    async def join_story(self, story_id: int, member: Member, summary: StorySummary, now: datetime) -> Story:
        """Add a member; the revision grows by one. Returns the story with all its members."""
        ...

    async def merge_stories(self, into: int, other: int, summarise: Summarise, now: datetime) -> Story:
        """Move all reports of `other` into `into`; chats' messages follow, and none is alerted (core.correcting)."""
        ...

    async def queue_story(self, story: Story, now: datetime, *, edit_after: timedelta, edits_only: bool = False) -> int:
        """Raise `wanted` to the story's revision in one outbox row per active subscription that shares a topic.

        Rows shown already become due `edit_after` from now (edits are debounced), others at once. With `edits_only` (a
        mere follow-up) no new row is made. Returns the number of rows made new: the alerts that this report caused.
        """
        ...

    async def queue_watched(self, story: Story, hits: Sequence[WatchHit], now: datetime) -> int:
        """Queue a story for every chat whose watchlist has one of the hits; the number of rows made new."""
        ...

    async def set_outcome(self, entry_id: int, outcome: str, reason: str) -> None: ...

    async def finish_poll(self, feed: Feed, record: PollRecord) -> None:
        """Write validators, next poll time and counts, and release the lease. Raises LeaseLost."""
        ...


class PollStore(FeedBook, LookStore, Protocol):
    async def sync_feeds(self, specs: Sequence[FeedSpec], now: datetime) -> None:
        """Make the stored feeds follow the configuration; feeds no longer configured are kept but never due."""
        ...

    async def claim_due_feeds(
        self,
        now: datetime,
        *,
        limit: int,
        per_host: int = 1,
        lease: timedelta = timedelta(minutes=2),
        force: bool = False,
        urls: Sequence[str] = (),
    ) -> tuple[Feed, ...]:
        """Lease up to `limit` feeds that are due (all that are free with `force`), `per_host` of a host at once."""
        ...

    async def count_titles(self, feed_id: int, titles: Sequence[str]) -> Mapping[str, int]:
        """How many of the newest 2,000 entries of a feed have each of these headlines; those without are left out."""
        ...

    async def newest_entries(self, feed_id: int, limit: int) -> tuple[Entry, ...]: ...  # newest first

    async def find_known_all(self, asked: Mapping[int, Sequence[Entry]]) -> Mapping[int, frozenset[str]]:
        """By feed the identities, among those asked for, of entries that it is known to have by identity or by link."""
        ...

    async def open_stories(self, since: datetime) -> tuple[Story, ...]: ...  # as of a transaction, without its lock
    def transaction(self) -> AbstractAsyncContextManager[Transaction]: ...

    async def record_polls(
        self, polls: Sequence[tuple[Feed, PollRecord]], entries: Mapping[int, Sequence[NewEntry]] | None = None
    ) -> Mapping[int, int]:
        """`finish_poll` for different feeds at once, with the new `entries` of each, none of them a hit.

        By feed how many entries were stored anew; feeds that are left out were lost (LeaseLost).
        """


class DeliveryStore(LimitStore, Protocol):
    async def claim_lanes(
        self, now: datetime, *, platforms: Sequence[str], limit: int, per_lane: int, lease: timedelta
    ) -> tuple[Lane, ...]:
        """Lease chats with due outbox rows, those waiting longest first; each row's `wanted` is above its `sent`.

        One thread of a chat at a time, over all processes, and none of a platform that is held.
        """
        ...

    async def get_story(self, story_id: int) -> Story: ...
    async def mark_sent(
        self, lane: Lane, item: OutboxItem, message_ref: str, revision: int, now: datetime, told: Told | None = None
    ) -> bool:
        """False when the lane was lost (nothing written). Without `told`, what was told before stays."""
        ...

    async def mark_all_sent(self, lane: Lane, shown: Sequence[tuple[OutboxItem, int, Told]], now: datetime) -> bool:
        """`mark_sent` for the items of one digest, all or none: each with the revision shown and what was told."""
        ...

    async def mark_told(self, lane: Lane, item: OutboxItem, told: Told) -> bool:
        """Remember that what has changed was told in a reply; the item still waits to be edited."""
        ...

    async def mark_deferred(self, lane: Lane, items: Sequence[OutboxItem], not_before: datetime, reason: str) -> bool:
        """Put items off because the chat wants it so: no attempt is counted, a change of its options asks again."""
        ...

    async def mark_held(self, lane: Lane, item: OutboxItem, reason: str) -> bool:
        """Keep back this revision because of the chat's options; a new revision, or other options, ask again."""
        ...

    async def mark_later(self, lane: Lane, item: OutboxItem, not_before: datetime, reason: str) -> bool:
        """Count an attempt and put one item off."""
        ...

    async def mark_missing(self, lane: Lane, item: OutboxItem) -> bool:
        """Forget the message shown, so that the item is sent anew."""
        ...

    async def mark_dead(self, lane: Lane, item: OutboxItem, reason: str) -> bool: ...
    async def block_lane(self, lane: Lane, until: datetime) -> bool:
        """Let nothing be sent to this chat, in any of its threads, before `until`."""
        ...

    async def release_lane(self, lane: Lane) -> None: ...
    async def retire_target(self, target: Target, reason: str) -> None:
        """Pause all subscriptions of a chat that is gone; what was queued for it is dropped with the reason."""
        ...

    async def move_target(self, old: Target, new: Target) -> None:
        """A chat has a new address; subscriptions and what is queued go along, joined with any that are there."""
        ...

    async def next_delivery_at(self) -> datetime | None: ...


class ChatStore(
    WatchStore, SearchStore, AuditStore, CorrectingStore, ShowingStore, ProposalStore, WorkforceStore, Protocol
):
    async def find_subscription(self, target: Target) -> Subscription | None: ...
    async def subscribe(
        self, target: Target, topics: Sequence[str], now: datetime, *, source: str = "chat"
    ) -> Subscription:
        """Create the target's subscription, or replace its topics and end its pause."""
        ...

    async def set_options(self, target: Target, options: Options, now: datetime) -> Subscription:
        """Replace a chat's options; what they kept back in the last day is asked about again. Raises NotFound."""
        ...

    async def add_feedback(self, names: Sequence[tuple[str, str]], verdict: Verdict) -> None:
        """Count a verdict under each (kind, name)."""
        ...

    async def list_feedback(self, kind: str, *, limit: int) -> tuple[Feedback, ...]:
        """Counts of a kind, those with most verdicts first."""
        ...

    async def unsubscribe(self, target: Target) -> bool:
        """Erase the target with everything kept about it; False when there was nothing."""
        ...

    async def sync_subscriptions(self, wanted: Mapping[Target, Sequence[str]], now: datetime) -> None:
        """Make subscriptions with source "config" follow the configuration; those made in chats are left alone."""
        ...

    async def latest_stories(
        self, limit: int, *, topics: Sequence[str] = (), level: Level = Level.ALERT, before: int | None = None
    ) -> tuple[Story, ...]:
        """The newest stories of at least `level`, newest first; with `before`, those older than that story."""
        ...

    async def find_story(self, story_id: int) -> Story | None: ...
    async def find_story_of_message(self, target: Target, message_ref: str) -> Story | None: ...
    async def find_entry(self, url: str) -> EntryTrace | None: ...
    async def get_status(self) -> Status: ...


class UpdateStore(Protocol):
    """Remembers which platform events were handled, so that a repeated one does nothing."""

    async def first_sight(self, platform: str, event_id: str, now: datetime) -> bool: ...


# --- chats ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """One command, translated from a platform: `line` is the command line without slash, bot name or mention.

    `role` is what the platform says of the actor in this chat, operators of the configuration not yet counted.
    `private` marks a chat with one person. `message_ref` is the alert that the command was given under, or "".
    `addressed` is False when the line may be meant for another bot (a bare /word in a group): unknown commands are then
    passed over. `prefix` is how a command is typed here: "/" in Telegram, "/minsk " in Slack, "" in a terminal.
    `counted` is False for what the platform asks by itself, such as a page shown again after a change made on it.
    `file` came with the command, or with the message that it replies to.
    """

    actor: Actor
    target: Target
    line: str
    role: Role = Role.VIEWER
    private: bool = False
    message_ref: str = ""
    addressed: bool = True
    prefix: str = "/"
    counted: bool = True
    file: GivenFile | None = None


CommandHandler = Callable[[Request], Awaitable[Message | None]]


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A command in menus: `role` is the least that may use it; `form` names what it does nothing without, for platforms
    with forms; `translations` are descriptions by language; `private` answers are for the asker alone where possible.
    """

    name: str
    description: str
    role: Role = Role.VIEWER
    form: str = ""
    translations: Mapping[str, str] = field(default_factory=dict)
    private: bool = False


@dataclass(frozen=True, slots=True)
class HttpRequest:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: str = ""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """A path of the HTTP server that a platform answers, such as POST /slack/events. Header names are lower case."""

    method: str
    path: str
    handler: Callable[[HttpRequest], Awaitable[HttpResponse]]


@dataclass(frozen=True, slots=True)
class TokenState:
    """A token of a platform, by the name of its setting: whether it is accepted, and as whom, or why not."""

    name: str
    accepted: bool
    detail: str


@runtime_checkable
class HasSpareTokens(Protocol):
    """A platform with tokens that stand by."""

    async def check_tokens(self) -> Sequence[TokenState]:
        """Each token, if there is more than one."""
        ...


class ChatPlatform(Protocol):
    """A place with chats. `send` and `edit` raise DeliveryError only.

    Life: `open` (checks the credentials; BadCredentials, Unreachable), `run` (receives until cancelled), `close`.
    """

    name: str

    @property
    def routes(self) -> Sequence[Route]: ...

    async def open(self) -> str:
        """Connect and return who we are there ("@minskwatchbot")."""
        ...

    async def run(self, handle: CommandHandler, menu: Sequence[MenuEntry]) -> None: ...
    async def send(self, target: Target, message: Message, *, reply_to: str = "") -> str:
        """Show a message, as a reply to the one of that reference; returns the reference by which it can be edited."""
        ...

    async def edit(self, target: Target, message_ref: str, message: Message) -> None: ...
    async def close(self) -> None: ...


# --- wiring ---------------------------------------------------------------------------------------------------------


class Observer(Protocol):
    """Told of what happens, for progress lines, metrics and health; must not raise and must not wait."""

    def __call__(self, event: str, /, **fields: Any) -> None: ...
