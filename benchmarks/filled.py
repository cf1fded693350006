"""Databases with many rows, made by a few INSERT ... SELECT: what takes the program years takes seconds here.

The rows are as the program writes them, but alike: a feed has 20 entries, every tenth entry (`per_story`) is a report
of a story of its own, stories lie ten minutes apart and end at NOON, every chat has one subscription with both topics,
and one story in SHOWN_OF was shown to each of CHATS_TOLD chats.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from core.history import FeedHistory
from core.model import Analysis, Facts, FeedSpec, Level, Member
from core.options import Options, Told
from storage.columns import encode
from storage.connection import AsyncConnection
from storage.database import Database
from storage.search import index_all

NOON = datetime(2026, 3, 19, 12, 0, tzinfo=UTC)
TOPICS = ("prisoner-release", "us-diplomacy")
PER_FEED, PER_STORY = 20, 10
APART = timedelta(minutes=10)
SHOWN_OF, CHATS_TOLD = 100, 50
# A word that every entry has, one that every thousandth has, and the words in between.
USUAL, RARE = "minsk", "rareword"

_SPAN = "WITH RECURSIVE span(i) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT i + 1 FROM span WHERE i < :count)"
# What the two databases write differently; {0} is a number, a time is in seconds from NOON.
_WORDS = {
    "sqlite": {
        "key": "CAST(printf('%016d', {0}) AS BLOB)",
        "time": "strftime('%Y-%m-%d %H:%M:%S.000000', CAST(strftime('%s', :noon) AS INTEGER) + {0}, 'unixepoch')",
    },
    "postgresql": {
        "key": "convert_to(lpad(CAST({0} AS text), 16, '0'), 'UTF8')",
        "time": "(CAST(:noon AS timestamptz) + {0} * interval '1 second')",
    },
}


@dataclass(frozen=True, slots=True)
class Filled:
    """How many there are of each."""

    entries: int = 0
    chats: int = 0
    per_story: int = PER_STORY

    @property
    def feeds(self) -> int:
        return self.entries // PER_FEED

    @property
    def stories(self) -> int:
        return self.entries // self.per_story


class Filling:
    """The statements in the words of one database; `one("key", n)` is what stands for a number there."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._words = _WORDS[connection.dialect.name]

    def one(self, word: str, number: str) -> str:
        return self._words[word].format(number)

    async def insert(self, table: str, count: int, values: dict[str, str], **given: Any) -> None:
        """Insert a row for each number `i` from 1 to `count`."""
        if not count:
            return
        selected = ", ".join(values.values())
        statement = f"INSERT INTO {table} ({', '.join(values)}) {_SPAN} SELECT {selected} FROM span"  # noqa: S608 - ours
        asked = {"count": count, "noon": NOON.isoformat(sep=" ")[:19]} | given
        if self._connection.dialect.name == "postgresql":
            asked["noon"] = NOON
        await self._connection.execute(text(statement), {k: v for k, v in asked.items() if f":{k}" in statement})

    async def begin(self) -> None:
        """Let PostgreSQL check no foreign keys, which takes most of its time; only its superuser may."""
        if self._connection.dialect.name == "postgresql":
            await self._connection.execute(text("SET LOCAL session_replication_role = replica"))

    async def end(self) -> None:
        """Let PostgreSQL give the next ids from behind the last."""
        if self._connection.dialect.name == "postgresql":
            for table in ("feeds", "identities", "stories", "targets", "subscriptions", "outbox"):
                last = f"setval(pg_get_serial_sequence('{table}', 'id'), greatest(1, (SELECT max(id) FROM {table})))"  # noqa: S608 - ours
                await self._connection.execute(text(f"SELECT {last}"))


async def fill(database: Database, wanted: Filled) -> None:
    """Fill a database whose tables are empty; the entries must be a multiple of 1,000."""
    async with database.write() as connection:
        filling = Filling(connection)
        await filling.begin()
        await _add_entries(filling, wanted)
        await _add_stories(filling, wanted)
        await _add_chats(filling, wanted)
        await index_all(connection)
        await filling.end()
    async with database.write() as connection:
        await connection.execute(text("ANALYZE"))


async def _add_entries(filling: Filling, wanted: Filled) -> None:
    """Feeds are due one after the other, a second apart, the first half before NOON."""
    time = filling.one
    await filling.insert(
        "feeds",
        wanted.feeds,
        {
            "id": "i",
            "url_digest": filling.one("key", "i"),
            "host": "'host' || i || '.example'",
            "spec": "replace(:spec, 'feed-0', 'feed-' || i)",
            "active": "true",
            "next_poll_at": time("time", "((i * 7919) % 1000 - 500)"),
            "history": ":history",
        },
        spec=encode(FeedSpec("Feed", "https://host.example/feed-0.xml")),
        history=encode(FeedHistory()),
    )
    count = wanted.entries
    feed = f"((i - 1) / {PER_FEED} + 1)"
    seen = time("time", f"CAST((i - {count}) * {APART.total_seconds() / wanted.per_story:.0f} AS int)")
    await filling.insert(
        "identities",
        count,
        {
            "id": "i",
            "feed_id": feed,
            "identity_digest": filling.one("key", "i"),
            "link_digest": filling.one("key", "i"),
            "last_seen_at": seen,
        },
    )
    words = " || ".join(f"' w{modulus}x' || (i % {modulus})" for modulus in (7, 31, 127, 509, 2039, 8191, 32749))
    await filling.insert(
        "entries",
        count,
        {
            "id": "i",
            "feed_id": feed,
            "seen_at": seen,
            "identity": "'guid-' || i",
            "title": "'Headline ' || i",
            "url": "'https://host.example/' || i",
            "link_key": "'https://host.example/' || i",
            "summary": ":summary",
            "words": f"' {USUAL}' || {words} || :more || CASE i % 1000 WHEN 0 THEN ' {RARE} ' ELSE ' ' END",
            "outcome": f"CASE i % {wanted.per_story} WHEN 0 THEN 'alert' ELSE 'no_match' END",
            "analysis": ":analysis",
        },
        summary="A few sentences of a report, as they stand in a feed. " * 12,
        more="".join(f" other{number}" for number in range(60)),
        analysis=encode(Analysis()),
    )


async def _add_stories(filling: Filling, wanted: Filled) -> None:
    count = wanted.stories
    at = filling.one("time", f"CAST((i - {count}) * {APART.total_seconds():.0f} AS int)")
    own: dict[str, str] = {"id": "i", "revision": "1", "level": "'alert'", "facts": ":facts"}
    own |= {"opened_at": at, "updated_at": at}
    await filling.insert("stories", count, own, facts=encode(Facts(released=14)))
    for position, topic in enumerate(TOPICS):
        tagged = {"story_id": "i", "topic": f"'{topic}'", "position": str(position), "opened_at": at}
        await filling.insert("story_topics", count, tagged)
    report = Member(
        0, "Feed 1", "independent", "en", "Report", "https://host.example/1", NOON, Analysis(Level.ALERT, TOPICS)
    )
    joined = {
        "story_id": "i",
        "entry_id": f"i * {wanted.per_story}",
        "at": at,
        "member": "replace(:member, 'Report', 'R' || i)",
    }
    await filling.insert("members", count, joined, member=encode(report))


async def _add_chats(filling: Filling, wanted: Filled) -> None:
    count = wanted.chats
    chat = {"id": "i", "platform": "'telegram'", "chat": "CAST(i AS text)", "thread": "''"}
    await filling.insert("targets", count, chat)
    own = {"id": "i", "target_id": "i", "created_at": filling.one("time", "0"), "source": "'chat'"}
    await filling.insert("subscriptions", count, own | {"options": ":options"}, options=encode(Options()))
    for position, topic in enumerate(TOPICS):
        tagged = {"subscription_id": "i", "topic": f"'{topic}'", "position": str(position)}
        await filling.insert("subscription_topics", count, tagged)
    told = min(CHATS_TOLD, wanted.chats)
    if not told:
        return
    shown = {
        "subscription_id": f"(i % {told} + 1)",
        "target_id": f"(i % {told} + 1)",
        "story_id": f"((i - 1) / {told} * {SHOWN_OF} + 1)",
        "wanted": "1",
        "sent": "1",
        "message_ref": "'m' || i",
        "queued_at": filling.one("time", "-3600"),
        "not_before": filling.one("time", "-3600"),
        "sent_at": filling.one("time", "-3590"),
        "told": ":told",
    }
    await filling.insert("outbox", wanted.stories // SHOWN_OF * told, shown, told=encode(Told()))
