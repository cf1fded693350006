"""Finds what must not be: entries without outcome, alerts that no outbox row stands for, rows that contradict others.

Only reads. Each check is one query that counts the rows at fault and names up to three.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select

from core.audits import AUDIT, COVERED, MISSED
from core.model import Level
from storage.connection import AsyncConnection
from storage.schema import (
    audit,
    entries,
    feeds,
    leases,
    members,
    outbox,
    platform_limits,
    stories,
    story_topics,
    subscription_topics,
    subscriptions,
    targets,
)

# Every entry ends with one of these, written in the transaction that stored it.
OUTCOMES = frozenset(
    {"no_match", "half", "ignored", "baseline", "old", AUDIT, COVERED, MISSED, *(level.value for level in Level)}
)
# No process leases or blocks anything for longer; a snooze or quiet hours may.
_LONGEST_LEASE = timedelta(hours=1)
_LONGEST_RIGHT = timedelta(days=1, hours=1)  # that to audit is taken for a day
_LONGEST_BLOCK = timedelta(days=1)
# Alerts of what is still news are asked about; older ones may have been pruned.
_LOOK_BACK = timedelta(days=7)
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, in a sentence with what to do; the number of rows, and the ids of some."""

    sentence: str
    rows: int
    ids: tuple[str, ...]


Query = Select[Any]
Check = tuple[str, Callable[[datetime], Query]]

REPORT = "Nothing repairs this by itself: keep a backup of the database and report it as a bug."


def _entries_without_outcome(now: datetime) -> Query:
    return select(entries.c.id).where(entries.c.outcome.not_in(OUTCOMES))


def _alerts_outside_stories(now: datetime) -> Query:
    member = select(members.c.entry_id).where(members.c.entry_id == entries.c.id).exists()
    return select(entries.c.id).where(entries.c.outcome.in_([Level.ALERT.value]), ~member)


def _alerts_not_queued(now: datetime) -> Query:
    """A chat that was there when the story opened, with a topic of it and no change since, and no row in the outbox."""
    shared = (
        select(story_topics.c.topic)
        .join(subscription_topics, subscription_topics.c.topic == story_topics.c.topic)
        .where(
            story_topics.c.story_id == stories.c.id,
            subscription_topics.c.subscription_id == subscriptions.c.id,
        )
        .exists()
    )
    queued = (
        select(outbox.c.id)
        .where(outbox.c.story_id == stories.c.id, outbox.c.subscription_id == subscriptions.c.id)
        .exists()
    )
    changed = (
        select(audit.c.id)
        .where(audit.c.target_id == subscriptions.c.target_id, audit.c.at >= stories.c.opened_at)
        .exists()
    )
    return (
        select(stories.c.id)
        .join_from(stories, subscriptions, subscriptions.c.created_at < stories.c.opened_at)
        .where(
            stories.c.level == Level.ALERT.value,
            stories.c.opened_at > now - _LOOK_BACK,
            subscriptions.c.paused_reason == "",
            subscriptions.c.source != "config",  # its topics follow the file, whose changes nobody records
            shared,
            ~queued,
            ~changed,
        )
    )


def _outbox_beyond_story(now: datetime) -> Query:
    story = select(stories.c.revision).where(stories.c.id == outbox.c.story_id).scalar_subquery()
    wrong = or_(outbox.c.wanted > story, outbox.c.sent > story, outbox.c.sent > outbox.c.wanted, outbox.c.sent < 0)
    return select(outbox.c.id).where(wrong)


def _outbox_shown_without_sending(now: datetime) -> Query:
    return select(outbox.c.id).where(outbox.c.message_ref != "", outbox.c.sent == 0)


def _outbox_of_another_chat(now: datetime) -> Query:
    return (
        select(outbox.c.id)
        .join(subscriptions, subscriptions.c.id == outbox.c.subscription_id)
        .where(outbox.c.target_id != subscriptions.c.target_id)
    )


def _stories_without_reports(now: datetime) -> Query:
    return select(stories.c.id).where(~select(members.c.entry_id).where(members.c.story_id == stories.c.id).exists())


def _feeds_leased_for_long(now: datetime) -> Query:
    return select(feeds.c.id).where(feeds.c.lease_until > now + _LONGEST_LEASE)


def _chats_leased_for_long(now: datetime) -> Query:
    wrong = or_(targets.c.lease_until > now + _LONGEST_LEASE, targets.c.blocked_until > now + _LONGEST_BLOCK)
    return select(targets.c.id).where(wrong)


def _platforms_held_for_long(now: datetime) -> Query:
    return select(platform_limits.c.name).where(platform_limits.c.blocked_until > now + _LONGEST_BLOCK)


def _rights_leased_for_long(now: datetime) -> Query:
    return select(leases.c.name).where(leases.c.lease_until > now + _LONGEST_RIGHT)


_CLOCK = "A clock was wrong when it was written; set the clocks right, it ends by itself then, or is to be set to NULL."

CHECKS: tuple[Check, ...] = (
    (f"entries have no recorded outcome. {REPORT}", _entries_without_outcome),
    (f"entries count as alerts but are in no story. {REPORT}", _alerts_outside_stories),
    (f"alerts that a chat should have had are not in the outbox. {REPORT}", _alerts_not_queued),
    (f"outbox rows want or show more than their story has. {REPORT}", _outbox_beyond_story),
    (f"outbox rows have a message that was never sent. {REPORT}", _outbox_shown_without_sending),
    (f"outbox rows belong to another chat than their subscription. {REPORT}", _outbox_of_another_chat),
    (f"stories have no report. {REPORT}", _stories_without_reports),
    (f"feeds are leased for more than an hour. {_CLOCK}", _feeds_leased_for_long),
    (f"chats are leased for an hour or blocked for a day. {_CLOCK}", _chats_leased_for_long),
    (f"platforms are held for more than a day. {_CLOCK}", _platforms_held_for_long),
    (f"rights of one process are leased for more than a day. {_CLOCK}", _rights_leased_for_long),
)


async def find(connection: AsyncConnection, now: datetime) -> tuple[Finding, ...]:
    """All that is wrong, empty when nothing is."""
    findings = []
    for sentence, query in CHECKS:
        found = query(now).subquery()
        rows = (await connection.execute(select(func.count()).select_from(found))).scalar_one()
        if rows:
            named = (await connection.execute(select(found.c[0]).distinct().limit(_NAMED))).scalars()
            findings.append(Finding(f"{rows} {sentence}", rows, tuple(map(str, named))))
    return tuple(findings)
