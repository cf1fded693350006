"""The first tables.

Types are spelled out here and not taken from storage.schema: a migration must not change when the schema does.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.migrations.claiming import CREATE_CLAIM_FEEDS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


# The index of words that searches use; see storage.search, which puts new entries into it.
_WORDS = {
    "sqlite": (
        "CREATE VIRTUAL TABLE entry_words USING fts5(words, content='entries', content_rowid='id', detail=none, "
        "columnsize=0, tokenize='ascii')",
        "CREATE TRIGGER entry_words_deleted AFTER DELETE ON entries BEGIN "
        "INSERT INTO entry_words(entry_words, rowid, words) VALUES ('delete', old.id, old.words); END",
        "CREATE TRIGGER entry_words_changed AFTER UPDATE OF words ON entries BEGIN "
        "INSERT INTO entry_words(entry_words, rowid, words) VALUES ('delete', old.id, old.words); "
        "INSERT INTO entry_words(rowid, words) VALUES (new.id, new.words); END",
    ),
    "postgresql": (
        "CREATE INDEX ix_entries_words ON entries USING gin (array_to_tsvector(string_to_array(btrim(words), ' ')))",
    ),
}


def _column(name: str, kind: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=options.pop("nullable", False), **options)


def _text(name: str) -> sa.Column[Any]:
    return _column(name, sa.Text(), server_default="")


def _count(name: str, kind: Any = BIG) -> sa.Column[Any]:
    return _column(name, kind, server_default="0")


def _foreign(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}", ondelete="CASCADE")


def _primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def upgrade() -> None:
    _create_feeds()
    _create_entries()
    _create_looks()
    _create_stories()
    _create_subscriptions()
    _create_outbox()
    _create_watches()
    _create_audit()
    op.create_table(
        "feedback",
        _column("kind", sa.Text()),
        _column("name_digest", sa.LargeBinary()),
        _column("verdict", sa.Text()),
        _column("name", sa.Text()),
        _count("total"),
        _primary("feedback", "kind", "name_digest", "verdict"),
    )
    op.create_table(
        "proposals",
        _column("target_digest", sa.LargeBinary()),
        _column("mark", sa.Text()),
        _column("body", sa.LargeBinary()),
        _column("kept_at", TIME),
        _primary("proposals", "target_digest", "mark"),
    )
    op.create_index("ix_proposals_kept_at", "proposals", ["kept_at"])
    _create_agreements()
    op.create_table(
        "installations",
        _column("platform", sa.Text()),
        _column("team", sa.Text()),
        _column("token", sa.Text()),
        _text("bot_user"),
        _column("installed_at", TIME),
        _primary("installations", "platform", "team"),
    )
    op.create_table(
        "updates",
        _column("event_digest", sa.LargeBinary()),
        _column("seen_at", TIME),
        _primary("updates", "event_digest"),
    )
    op.create_index("ix_updates_seen_at", "updates", ["seen_at"])


def _create_feeds() -> None:
    op.create_table(
        "feeds",
        _column("id", BIG),
        _column("url_digest", sa.LargeBinary()),
        _column("host", sa.Text()),
        _column("spec", sa.Text()),
        _column("active", sa.Boolean(), server_default=sa.false()),
        _column("origin", sa.Text(), server_default="config"),
        _column("paused_at", TIME, nullable=True),
        _column("next_poll_at", TIME),
        _column("etag", sa.LargeBinary(), nullable=True),
        _column("last_modified", sa.LargeBinary(), nullable=True),
        _text("body_hash"),
        _column("first_polled_at", TIME, nullable=True),
        _column("last_polled_at", TIME, nullable=True),
        _column("last_ok_at", TIME, nullable=True),
        _count("failures", sa.Integer()),
        _text("last_outcome"),
        _text("last_error"),
        _column("earliest_poll_at", TIME, nullable=True),
        _column("history", sa.Text()),
        _count("entries_total"),
        _count("hits_total"),
        _column("lease_until", TIME, nullable=True),
        _count("epoch"),
        _primary("feeds", "id"),
        _unique("feeds", "url_digest"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_feeds_next_poll_at", "feeds", ["next_poll_at", "id"])
    op.create_index("ix_feeds_lease_until", "feeds", ["lease_until"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(CREATE_CLAIM_FEEDS)


def _create_entries() -> None:
    op.create_table(
        "identities",
        _column("id", BIG),
        _column("feed_id", BIG),
        _column("identity_digest", sa.LargeBinary()),
        _column("link_digest", sa.LargeBinary()),
        _column("last_seen_at", TIME),
        _foreign("identities", "feed_id", "feeds"),
        _primary("identities", "id"),
        _unique("identities", "feed_id", "identity_digest"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_identities_link_digest", "identities", ["link_digest"])
    op.create_table(
        "entries",
        _column("id", BIG, autoincrement=False),
        _column("feed_id", BIG),
        _column("url_digest", sa.LargeBinary(), nullable=True),
        _column("seen_at", TIME),
        _column("published_at", TIME, nullable=True),
        *(_text(name) for name in ("identity", "title", "url", "link_key", "summary", "text", "lang", "words")),
        _text("outcome"),
        _text("reason"),
        _column("analysis", sa.Text()),
        _foreign("entries", "feed_id", "feeds"),
        _foreign("entries", "id", "identities"),
        _primary("entries", "id"),
    )
    _create_partial_index("ix_entries_url_digest", "entries", ["url_digest"], "url_digest IS NOT NULL")
    op.create_index("ix_entries_seen_at", "entries", ["seen_at"])
    for statement in _WORDS[op.get_bind().dialect.name]:
        op.execute(statement)


def _create_looks() -> None:
    op.create_table(
        "looks",
        _column("entry_id", BIG, autoincrement=False),
        _column("feed_id", BIG),
        _column("at", TIME),
        _column("asked_at", TIME),
        _column("due_at", TIME, nullable=True),
        _column("started_at", TIME, nullable=True),
        _column("done_at", TIME, nullable=True),
        _count("attempts", sa.Integer()),
        _column("lease_until", TIME, nullable=True),
        _count("epoch"),
        _text("result"),
        _text("detail"),
        _foreign("looks", "entry_id", "entries"),
        _foreign("looks", "feed_id", "feeds"),
        _primary("looks", "entry_id"),
    )
    op.create_index("ix_looks_due_at", "looks", ["due_at"])
    op.create_index("ix_looks_started_at", "looks", ["started_at"])


def _create_stories() -> None:
    op.create_table(
        "stories",
        _column("id", BIG),
        _column("revision", sa.Integer()),
        _column("level", sa.Text()),
        _column("facts", sa.Text()),
        _column("opened_at", TIME),
        _column("updated_at", TIME),
        _column("merged_into", BIG, nullable=True),
        _column("parted", sa.Boolean(), server_default=sa.false()),
        _primary("stories", "id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_stories_opened_at", "stories", ["opened_at", "id"])
    op.create_index("ix_stories_updated_at", "stories", ["updated_at"])
    _create_partial_index("ix_stories_merged_into", "stories", ["merged_into"], "merged_into IS NOT NULL")
    op.create_table(
        "story_topics",
        _column("story_id", BIG),
        _column("topic", sa.Text()),
        _column("position", sa.Integer()),
        _column("opened_at", TIME),
        _foreign("story_topics", "story_id", "stories"),
        _primary("story_topics", "story_id", "topic"),
    )
    op.create_index("ix_story_topics_opened_at", "story_topics", ["topic", "opened_at", "story_id"])
    op.create_table(
        "members",
        _column("story_id", BIG),
        _column("entry_id", BIG, autoincrement=False),
        _column("at", TIME),
        _column("member", sa.Text()),
        _foreign("members", "story_id", "stories"),
        _primary("members", "story_id", "entry_id"),
        _unique("members", "entry_id"),
    )


def _create_subscriptions() -> None:
    op.create_table(
        "targets",
        _column("id", BIG),
        _column("platform", sa.Text()),
        _column("chat", sa.Text()),
        _column("thread", sa.Text()),
        _text("moved_from"),
        _count("sent_total"),
        _column("lease_until", TIME, nullable=True),
        _count("epoch"),
        _column("blocked_until", TIME, nullable=True),
        _primary("targets", "id"),
        _unique("targets", "platform", "chat", "thread"),
        sqlite_autoincrement=True,
    )
    _create_partial_index("ix_targets_lease_until", "targets", ["lease_until"], "lease_until IS NOT NULL")
    op.create_table(
        "subscriptions",
        _column("id", BIG),
        _column("target_id", BIG),
        _column("created_at", TIME),
        _column("source", sa.Text()),
        _text("paused_reason"),
        _column("options", sa.Text()),
        _foreign("subscriptions", "target_id", "targets"),
        _primary("subscriptions", "id"),
        _unique("subscriptions", "target_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "subscription_topics",
        _column("subscription_id", BIG),
        _column("topic", sa.Text()),
        _column("position", sa.Integer()),
        _foreign("subscription_topics", "subscription_id", "subscriptions"),
        _primary("subscription_topics", "subscription_id", "topic"),
    )
    op.create_index("ix_subscription_topics_topic", "subscription_topics", ["topic"])


def _create_agreements() -> None:
    op.create_table(
        "platform_limits",
        _column("name", sa.Text()),
        _count("first_at"),
        _count("free_at"),
        _column("blocked_until", TIME, nullable=True),
        _primary("platform_limits", "name"),
    )
    op.create_table(
        "leases",
        _column("name", sa.Text()),
        _column("owner", sa.Text()),
        _count("epoch"),
        _column("lease_until", TIME),
        _text("value"),
        _primary("leases", "name"),
    )
    op.create_table(
        "replicas",
        _column("owner", sa.Text()),
        _column("version", sa.Text()),
        _column("revision", sa.Text()),
        _column("roles", sa.Text()),
        _column("started_at", TIME),
        _column("seen_at", TIME),
        _primary("replicas", "owner"),
    )
    op.create_table(
        "notices",
        _column("id", BIG),
        _column("kind", sa.Text()),
        _column("name_digest", sa.LargeBinary()),
        _column("name", sa.Text()),
        _text("text"),
        _text("said"),
        _column("over_at", TIME, nullable=True),
        _text("told"),
        _primary("notices", "id"),
        _unique("notices", "kind", "name_digest"),
        sqlite_autoincrement=True,
    )


def _create_audit() -> None:
    op.create_table(
        "audit",
        _column("id", BIG),
        _column("target_id", BIG),
        _column("at", TIME),
        _column("role", sa.Integer()),
        _text("line"),
        _foreign("audit", "target_id", "targets"),
        _primary("audit", "id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_target_id", "audit", ["target_id", "id"])


def _create_watches() -> None:
    op.create_table(
        "watches",
        _column("id", BIG),
        _column("target_id", BIG),
        _column("key", sa.Text()),
        _column("spec", sa.Text()),
        _column("created_at", TIME),
        _foreign("watches", "target_id", "targets"),
        _primary("watches", "id"),
        _unique("watches", "target_id", "key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_watches_key", "watches", ["key"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        _column("id", BIG),
        _column("subscription_id", BIG),
        _column("target_id", BIG),
        _column("story_id", BIG),
        _column("wanted", sa.Integer()),
        _count("sent", sa.Integer()),
        _text("message_ref"),
        _text("watched"),
        _column("queued_at", TIME),
        _column("not_before", TIME),
        _column("sent_at", TIME, nullable=True),
        _count("attempts", sa.Integer()),
        _text("last_error"),
        _column("dead_reason", sa.Text(), nullable=True),
        _text("deferred_reason"),
        _column("held_reason", sa.Text(), nullable=True),
        _column("told", sa.Text(), nullable=True),
        _foreign("outbox", "story_id", "stories"),
        _foreign("outbox", "subscription_id", "subscriptions"),
        _primary("outbox", "id"),
        _unique("outbox", "subscription_id", "story_id"),
        sqlite_autoincrement=True,
    )
    waiting, dead = "dead_reason IS NULL AND held_reason IS NULL AND wanted > sent", "dead_reason IS NOT NULL"
    _create_partial_index("ix_outbox_due", "outbox", ["not_before", "id"], waiting)
    _create_partial_index("ix_outbox_lane", "outbox", ["target_id", "id"], waiting)
    _create_partial_index("ix_outbox_dead", "outbox", ["id"], dead)
    op.create_index("ix_outbox_story_id", "outbox", ["story_id"])
    _create_partial_index("ix_outbox_message", "outbox", ["target_id", "message_ref"], "sent > 0")


def _create_partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
