"""The read-only JSON API: stories, one story with its evidence, counts. web/openapi.json describes it; a test compares.

Times are ISO 8601 in UTC. Texts are as published, without markup: whoever shows them must escape them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from core.links import clean_link
from core.model import Facts, Member, Status, Story
from core.reports import lead

DESCRIPTION = Path(__file__).with_name("openapi.json")


def story_json(story: Story, *, evidence: bool = False) -> dict[str, Any]:
    """A story; with `evidence` each report says what it was matched by."""
    return {
        "id": story.id,
        "revision": story.revision,
        "level": story.level.value,
        "topics": list(story.topics),
        "headline": lead(story).title,
        "opened_at": _time(story.opened_at),
        "updated_at": _time(story.updated_at),
        "facts": _facts(story.facts),
        "reports": [_report(member, evidence=evidence) for member in story.members],
    }


def _facts(facts: Facts) -> dict[str, Any]:
    return {
        "released": facts.released,
        "at_least": facts.at_least,
        "remaining": facts.remaining,
        "people": list(facts.people),
        "refused": list(facts.refused),
        "held": list(facts.held),
        "mediators": list(facts.mediators),
        "destination": facts.destination,
        "in_return": list(facts.in_return),
        "counts": [{"source": source, "released": count} for source, count in facts.counts],
    }


def _report(member: Member, *, evidence: bool) -> dict[str, Any]:
    report: dict[str, Any] = {
        "source": member.source,
        "owner": member.owner,
        "lang": member.lang,
        "title": member.title,
        "url": clean_link(member.url),
        "first_seen_at": _time(member.at),
        "published_at": _time(member.published_at),
        "follow_up": member.update,
    }
    if evidence:
        report["scores"] = dict(member.analysis.scores)
        report["evidence"] = [
            {
                "topic": one.topic,
                "concept": one.concept,
                "text": one.text,
                "where": one.where,
                "weight": one.weight,
                "pattern": one.pattern,
            }
            for one in member.analysis.evidence
        ]
    return report


def status_json(status: Status, attention: tuple[str, ...]) -> dict[str, Any]:
    """The counts of /status, and what needs a hand."""
    return {
        "feeds": status.feeds,
        "feeds_failing": status.feeds_failing,
        "entries": status.entries,
        "hits": status.hits,
        "stories": status.stories,
        "subscriptions": status.subscriptions,
        "alerts_sent": status.alerts_sent,
        "outbox_waiting": status.outbox_waiting,
        "outbox_dead": status.outbox_dead,
        "oldest_waiting_at": _time(status.oldest_waiting_at),
        "last_poll_at": _time(status.last_poll_at),
        "last_ok_at": _time(status.last_ok_at),
        "needs_a_hand": list(attention),
    }


def dump(value: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8; lone surrogates of foreign text become question marks."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
