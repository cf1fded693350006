"""The tables. migrations/ builds them; a test holds the two against each other on both databases.

Foreign text never stands in an index (PostgreSQL refuses index rows above 2,704 bytes): digests of it do. Entries are
in two tables: `identities` remembers for long that something was seen, `entries` keeps the text for a while.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    and_,
    false,
    literal_column,
)

from core.history import FeedHistory
from core.model import Analysis, Facts, FeedSpec, Member
from core.options import Options, Told
from core.watch import WatchSpec
from storage.columns import BIG_ID, CleanText, Coded, ExactText, UtcTime

# The newest migration; a test compares it with migrations/versions.
REVISION = "0001"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", BIG_ID, primary_key=True)


def _ref(name: str, table: str, **options: Any) -> Column[int]:
    return Column(name, BIG_ID, ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=False, **options)


def _text(name: str) -> Column[str]:
    return Column(name, CleanText(), nullable=False, server_default="")


def _count(name: str) -> Column[int]:
    return Column(name, BIG_ID, nullable=False, server_default="0")


feeds = Table(
    "feeds",
    metadata,
    _id(),
    Column("url_digest", LargeBinary, nullable=False, unique=True),
    Column("host", CleanText(), nullable=False),
    Column("spec", Coded(FeedSpec), nullable=False),
    Column("active", Boolean, nullable=False, server_default=false()),
    Column("origin", Text, nullable=False, server_default="config"),
    Column("paused_at", UtcTime()),
    Column("next_poll_at", UtcTime(), nullable=False),
    Column("etag", ExactText()),
    Column("last_modified", ExactText()),
    _text("body_hash"),
    Column("first_polled_at", UtcTime()),
    Column("last_polled_at", UtcTime()),
    Column("last_ok_at", UtcTime()),
    Column("failures", Integer, nullable=False, server_default="0"),
    _text("last_outcome"),
    _text("last_error"),
    Column("earliest_poll_at", UtcTime()),
    Column("history", Coded(FeedHistory), nullable=False),
    _count("entries_total"),
    _count("hits_total"),
    Column("lease_until", UtcTime()),
    _count("epoch"),
    sqlite_autoincrement=True,
)
Index("ix_feeds_next_poll_at", feeds.c.next_poll_at, feeds.c.id)
Index("ix_feeds_lease_until", feeds.c.lease_until)

identities = Table(
    "identities",
    metadata,
    _id(),
    _ref("feed_id", "feeds"),
    Column("identity_digest", LargeBinary, nullable=False),
    Column("link_digest", LargeBinary, nullable=False),
    Column("last_seen_at", UtcTime(), nullable=False),
    UniqueConstraint("feed_id", "identity_digest"),
    sqlite_autoincrement=True,
)
Index("ix_identities_link_digest", identities.c.link_digest)

entries = Table(
    "entries",
    metadata,
    Column("id", BIG_ID, ForeignKey("identities.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    _ref("feed_id", "feeds"),
    # NULL where `url` is found by the identity's link digest, as most are (storage.entries).
    Column("url_digest", LargeBinary),
    Column("seen_at", UtcTime(), nullable=False),
    Column("published_at", UtcTime()),
    _text("identity"),
    _text("title"),
    _text("url"),
    _text("link_key"),
    _text("summary"),
    _text("text"),
    _text("lang"),
    # The words that a search looks at, as the matcher compares them, each between two spaces.
    _text("words"),
    _text("outcome"),
    _text("reason"),
    Column("analysis", Coded(Analysis), nullable=False),
)
Index("ix_entries_seen_at", entries.c.seen_at)

# Entries that are to be read in full, were, or could not be. `started_at` is of the last attempt: the budget counts it.
looks = Table(
    "looks",
    metadata,
    Column("entry_id", BIG_ID, ForeignKey("entries.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    _ref("feed_id", "feeds"),
    Column("at", UtcTime(), nullable=False),
    Column("asked_at", UtcTime(), nullable=False),
    Column("due_at", UtcTime()),
    Column("started_at", UtcTime()),
    Column("done_at", UtcTime()),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("lease_until", UtcTime()),
    _count("epoch"),
    _text("result"),
    _text("detail"),
)
# NULL when nothing is to be done any more.
Index("ix_looks_due_at", looks.c.due_at)
Index("ix_looks_started_at", looks.c.started_at)


def _partial(condition: ColumnElement[bool]) -> dict[str, Any]:
    """An index of some rows only, on PostgreSQL as well: that is not said here, since it would load its dialect."""
    return {"sqlite_where": condition}


Index("ix_entries_url_digest", entries.c.url_digest, **_partial(entries.c.url_digest.is_not(None)))

stories = Table(
    "stories",
    metadata,
    _id(),
    Column("revision", Integer, nullable=False),
    Column("level", Text, nullable=False),
    Column("facts", Coded(Facts), nullable=False),
    Column("opened_at", UtcTime(), nullable=False),
    Column("updated_at", UtcTime(), nullable=False),
    # The story that this one has been merged into; its reports stand there.
    Column("merged_into", BIG_ID),
    # An operator has split it: it is not merged again without being asked.
    Column("parted", Boolean, nullable=False, server_default=false()),
    sqlite_autoincrement=True,
)
Index("ix_stories_opened_at", stories.c.opened_at, stories.c.id)
Index("ix_stories_updated_at", stories.c.updated_at)
Index("ix_stories_merged_into", stories.c.merged_into, **_partial(stories.c.merged_into.is_not(None)))

story_topics = Table(
    "story_topics",
    metadata,
    _ref("story_id", "stories", primary_key=True),
    Column("topic", CleanText(), primary_key=True),
    Column("position", Integer, nullable=False),
    # The story's, repeated so that the newest of a topic are found without looking at all others.
    Column("opened_at", UtcTime(), nullable=False),
)
Index("ix_story_topics_opened_at", story_topics.c.topic, story_topics.c.opened_at, story_topics.c.story_id)

# A member is a report as it was when it joined: it outlives the entry's own text.
members = Table(
    "members",
    metadata,
    _ref("story_id", "stories", primary_key=True),
    Column("entry_id", BIG_ID, primary_key=True, autoincrement=False, unique=True),
    Column("at", UtcTime(), nullable=False),
    Column("member", Coded(Member), nullable=False),
)

# One row is a chat and its lane: who may send there now, and not before when.
targets = Table(
    "targets",
    metadata,
    _id(),
    Column("platform", CleanText(), nullable=False),
    Column("chat", CleanText(), nullable=False),
    Column("thread", CleanText(), nullable=False),
    # The address in the configuration of a chat that has moved since, "" otherwise.
    _text("moved_from"),
    _count("sent_total"),
    Column("lease_until", UtcTime()),
    _count("epoch"),
    Column("blocked_until", UtcTime()),
    UniqueConstraint("platform", "chat", "thread"),
    sqlite_autoincrement=True,
)

subscriptions = Table(
    "subscriptions",
    metadata,
    _id(),
    _ref("target_id", "targets", unique=True),
    Column("created_at", UtcTime(), nullable=False),
    Column("source", Text, nullable=False),
    _text("paused_reason"),
    Column("options", Coded(Options), nullable=False),
    sqlite_autoincrement=True,
)

subscription_topics = Table(
    "subscription_topics",
    metadata,
    _ref("subscription_id", "subscriptions", primary_key=True),
    Column("topic", CleanText(), primary_key=True),
    Column("position", Integer, nullable=False),
)
Index("ix_subscription_topics_topic", subscription_topics.c.topic)

# What a chat watches beyond its topics; `key` stands for the spec, of which many chats may have the same.
watches = Table(
    "watches",
    metadata,
    _id(),
    _ref("target_id", "targets"),
    Column("key", Text, nullable=False),
    Column("spec", Coded(WatchSpec), nullable=False),
    Column("created_at", UtcTime(), nullable=False),
    UniqueConstraint("target_id", "key"),
    sqlite_autoincrement=True,
)
Index("ix_watches_key", watches.c.key)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    _ref("subscription_id", "subscriptions"),
    # The subscription's target, repeated for the sake of the lane's index.
    Column("target_id", BIG_ID, nullable=False),
    _ref("story_id", "stories"),
    Column("wanted", Integer, nullable=False),
    Column("sent", Integer, nullable=False, server_default="0"),
    _text("message_ref"),
    _text("watched"),
    Column("queued_at", UtcTime(), nullable=False),
    Column("not_before", UtcTime(), nullable=False),
    Column("sent_at", UtcTime()),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _text("last_error"),
    Column("dead_reason", CleanText()),
    # Put off until not_before, or kept back at this revision, because the chat wants it so.
    _text("deferred_reason"),
    Column("held_reason", CleanText()),
    Column("told", Coded(Told)),
    UniqueConstraint("subscription_id", "story_id"),
    sqlite_autoincrement=True,
)


def waiting() -> ColumnElement[bool]:
    """Rows that still have something to show; written as in the partial indexes, so that these are used."""
    return and_(outbox.c.dead_reason.is_(None), outbox.c.held_reason.is_(None), outbox.c.wanted > outbox.c.sent)


def shown() -> ColumnElement[bool]:
    """Rows that a chat has been shown, written as in the partial index."""
    return outbox.c.sent > literal_column("0")


Index("ix_targets_lease_until", targets.c.lease_until, **_partial(targets.c.lease_until.is_not(None)))
Index("ix_outbox_due", outbox.c.not_before, outbox.c.id, **_partial(waiting()))
Index("ix_outbox_lane", outbox.c.target_id, outbox.c.id, **_partial(waiting()))
Index("ix_outbox_dead", outbox.c.id, **_partial(outbox.c.dead_reason.is_not(None)))
Index("ix_outbox_story_id", outbox.c.story_id)
Index("ix_outbox_message", outbox.c.target_id, outbox.c.message_ref, **_partial(shown()))

# What readers said of alerts, counted: nobody knows who said it.
feedback = Table(
    "feedback",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("name_digest", LargeBinary, primary_key=True),
    Column("verdict", Text, primary_key=True),
    Column("name", CleanText(), nullable=False),
    _count("total"),
)

# What was asked to change in a chat and by which role; by whom is not kept. Gone with the chat.
audit = Table(
    "audit",
    metadata,
    _id(),
    _ref("target_id", "targets"),
    Column("at", UtcTime(), nullable=False),
    Column("role", Integer, nullable=False),
    _text("line"),
    sqlite_autoincrement=True,
)
Index("ix_audit_target_id", audit.c.target_id, audit.c.id)

# What a chat was asked about and has not answered; gone when it is used, with the chat, or after a day.
proposals = Table(
    "proposals",
    metadata,
    Column("target_digest", LargeBinary, primary_key=True),
    Column("mark", CleanText(), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("kept_at", UtcTime(), nullable=False),
)
Index("ix_proposals_kept_at", proposals.c.kept_at)

# What a platform bears, shared by all processes: when the last turn begins and the next is free, in microseconds since
# 1970, and until when the platform has asked for rest.
platform_limits = Table(
    "platform_limits",
    metadata,
    Column("name", Text, primary_key=True),
    _count("first_at"),
    _count("free_at"),
    Column("blocked_until", UtcTime()),
)

# What only one process at a time may do, and what the last one kept for the next.
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", CleanText(), nullable=False),
    _count("epoch"),
    Column("lease_until", UtcTime(), nullable=False),
    _text("value"),
)

# The processes at work, so that one that was left at an old release is noticed.
replicas = Table(
    "replicas",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("revision", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("started_at", UtcTime(), nullable=False),
    Column("seen_at", UtcTime(), nullable=False),
)

# What needs a hand: `said` is `text` as core.sentence packs it, `told` marks who knows. Over by itself at `over_at`.
notices = Table(
    "notices",
    metadata,
    _id(),
    Column("kind", Text, nullable=False),
    Column("name_digest", LargeBinary, nullable=False),
    Column("name", CleanText(), nullable=False),
    *map(_text, ("text", "said")),
    Column("over_at", UtcTime()),
    _text("told"),
    UniqueConstraint("kind", "name_digest"),
    sqlite_autoincrement=True,
)

# Workspaces that installed the app of a platform by OAuth. The token is a secret.
installations = Table(
    "installations",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("team", Text, primary_key=True),
    Column("token", Text, nullable=False),
    _text("bot_user"),
    Column("installed_at", UtcTime(), nullable=False),
)

# Platform events handled, so that a repeated one does nothing.
updates = Table(
    "updates",
    metadata,
    Column("event_digest", LargeBinary, primary_key=True),
    Column("seen_at", UtcTime(), nullable=False),
)
Index("ix_updates_seen_at", updates.c.seen_at)
