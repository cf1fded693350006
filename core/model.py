"""Frozen values that every room speaks of: feeds, entries, what a text was found to say, stories, subscriptions.

Times are aware UTC. Mappings and tuples are never changed after construction.
Anything stored as JSON goes through core.codec.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from core.errors import BadTarget
from core.feed import Feed as Feed
from core.feed import FeedSpec as FeedSpec
from core.feed import FeedState as FeedState
from core.feed import PollRecord as PollRecord
from core.feed import PollResult as PollResult
from core.history import Outcome as Outcome
from core.looking import LookTrace
from core.options import Options, Told


class Role(IntEnum):
    """What an actor may do in a chat; a higher role includes the lower ones."""

    VIEWER = 1
    EDITOR = 2
    ADMIN = 3
    OPERATOR = 4


@dataclass(frozen=True, slots=True)
class Target:
    """Platform and address of a chat, with the thread (a Telegram forum topic) when there is one."""

    platform: str
    chat: str
    thread: str = ""

    @classmethod
    def parse(cls, text: str) -> Target:
        """Read `telegram:-100123`, `telegram:@name`, `telegram:-100123/7` or `slack:C0123`; raise BadTarget."""
        platform, colon, address = text.strip().partition(":")
        chat, _, thread = address.partition("/")
        if not (platform and colon and chat):
            raise BadTarget(text)
        return cls(platform, chat, thread)

    def __str__(self) -> str:
        return f"{self.platform}:{self.chat}" + (f"/{self.thread}" if self.thread else "")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who typed a command. Never stored: only the present command knows it."""

    platform: str
    id: str
    lang: str = ""

    def __str__(self) -> str:
        return f"{self.platform}:{self.id}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed, as published, in plain text (markup removed, not escaped).

    `identity` is the guid, else the normalised link, else a hash of the content. `link_key` is the normalised link
    or "": an entry is known when either is. `published_at` is what the feed says: shown, never trusted for decisions.
    """

    identity: str
    title: str
    url: str = ""
    link_key: str = ""
    summary: str = ""
    text: str = ""
    lang: str = ""
    published_at: datetime | None = None

    @property
    def body(self) -> str:
        """The longest account of the entry that the feed gave: its full text, else its summary."""
        return self.text or self.summary

    def told_at(self, seen_at: datetime) -> datetime:
        """When it was published, as far as that can be: not after it was seen, which stands for a missing date."""
        return min(self.published_at or seen_at, seen_at)


class Level(StrEnum):
    """How far an entry got: no topic, one side of a topic only, worth a digest, worth an alert."""

    NONE = "none"
    HALF = "half"
    DIGEST = "digest"
    ALERT = "alert"


LEVELS = tuple(Level)  # the least first


@dataclass(frozen=True, slots=True)
class Evidence:
    """One addend of a topic's score.

    `text` are the words as they stand in the entry, `where` is title, first (sentence), body, source or rule, `weight`
    is in points, `pattern` names pattern and place in the pack (`pl:uwoln*4 belarus-us.toml:120`), `start` and `end`
    are character offsets into the title (where == "title") or the body, -1 when the evidence is not in the text.
    """

    topic: str
    concept: str
    text: str
    where: str
    weight: float
    pattern: str
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class Facts:
    """What is reported to have happened. Empty fields mean "not said".

    `released` and `remaining` are counts of people; `at_least` marks a lower bound ("over 100"). `evidence` maps
    a field's name to the words it was read from. `counts` keeps the numbers told by sources: (source name, released).
    `people` are those told as freed, `named` prisoners of whom neither that nor anything of the kind is told.
    `told_by` is in whose name a report tells `released` ("16, Trump says"), "" when it is its own.
    """

    released: int | None = None
    at_least: bool = False
    remaining: int | None = None
    people: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    mediators: tuple[str, ...] = ()
    destination: str | None = None
    in_return: tuple[str, ...] = ()
    evidence: Mapping[str, str] = field(default_factory=dict)
    counts: tuple[tuple[str, int], ...] = ()
    told_by: str = ""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the matcher says of one text. `missing` names, per topic that half matched, the groups without evidence.

    `people` are canonical names found in the text, `long_free` those of them who had long been free when it was
    published, with the day (YYYY-MM-DD); `signature` is JSON-able and opaque to all but matching.stories.
    """

    level: Level = Level.NONE
    topics: tuple[str, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    people: tuple[str, ...] = ()
    long_free: Mapping[str, str] = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)
    signature: Mapping[str, Any] = field(default_factory=dict)

    @property
    def relevant(self) -> bool:
        return self.level in (Level.ALERT, Level.DIGEST)


@dataclass(frozen=True, slots=True)
class Member:
    """One report within a story: the entry, who published it, when it was first seen, and what it says.

    `at` decides (first sight, or the publication time of a backfilled entry); `update` marks a follow-up such as a
    reaction, which does not alert anew.
    """

    entry_id: int
    source: str
    owner: str
    lang: str
    title: str
    url: str
    at: datetime
    analysis: Analysis
    published_at: datetime | None = None
    update: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """Reports of the same event. `revision` grows whenever what an alert shows has changed; members oldest first.

    `merged_into` is the story that this one has become part of; topics, facts and members are that story's then.
    `parted` says that an operator has split it: it is never merged without being asked.
    """

    id: int
    revision: int
    level: Level
    topics: tuple[str, ...]
    facts: Facts
    opened_at: datetime
    updated_at: datetime
    members: tuple[Member, ...]
    merged_into: int | None = None
    parted: bool = False


class Action(StrEnum):
    JOIN = "join"
    OPEN = "open"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a member belongs, and the reason in words. `story_id` is set for JOIN only.

    `same` are further open stories that this report shows to be the one that it joins: they are to be merged into it.
    """

    action: Action
    reason: str
    story_id: int | None = None
    update: bool = False
    same: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StorySummary:
    """A story's members seen together: topics, level and the facts voted over all reports."""

    level: Level
    topics: tuple[str, ...]
    facts: Facts


@dataclass(frozen=True, slots=True)
class Subscription:
    """A target and the topics it wants. `source` is "chat" (typed there) or "config"."""

    id: int
    target: Target
    topics: tuple[str, ...]
    created_at: datetime
    source: str = "chat"
    paused_reason: str = ""
    options: Options = Options()


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry about to be stored, with the one recorded outcome that every entry ends with and a sentence why.

    Outcomes: `baseline` (first poll, quiet), `no_match`, `half`, `digest`, `alert` (in a story), `ignored` (a hit that
    no story took), `old` (outside the backfill window).
    """

    entry: Entry
    analysis: Analysis
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """Desired state of one alert in one chat: show `wanted`; `sent` is shown now (0: nothing) under `message_ref`.

    What was shown within a digest has no `message_ref`. `queued_at` is since when something waits to be shown.
    `watched` names what of the chat's watchlist the story was found by, "" when only by its topics.
    """

    id: int
    subscription_id: int
    story_id: int
    wanted: int
    sent: int
    message_ref: str
    attempts: int
    queued_at: datetime
    watched: str = ""
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """A chat under lease with what is due for it, oldest first. Writes with a stale `epoch` change nothing."""

    target_id: int
    target: Target
    epoch: int
    items: tuple[OutboxItem, ...]
    options: Options = Options()


@dataclass(frozen=True, slots=True)
class EntryTrace:
    """The path of one stored entry, for /why: what was read, what was found, where it ended and what was sent."""

    entry_id: int
    feed: str
    title: str
    url: str
    seen_at: datetime
    outcome: str
    reason: str
    analysis: Analysis
    story_id: int | None = None
    sent: int = 0
    queued: int = 0
    look: LookTrace | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """Counts for /status, readiness and the final line of a run; ages are derived by the reader from the times."""

    feeds: int = 0
    feeds_failing: int = 0
    entries: int = 0
    hits: int = 0
    stories: int = 0
    subscriptions: int = 0
    alerts_sent: int = 0
    outbox_waiting: int = 0
    outbox_dead: int = 0
    oldest_waiting_at: datetime | None = None
    last_poll_at: datetime | None = None
    last_ok_at: datetime | None = None
