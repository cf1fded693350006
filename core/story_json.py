"""A story as JSON for other programs: the API and the webhooks show the same. web/openapi.json describes it.

Times are ISO 8601 in UTC. Texts are as published, without markup: whoever shows them must escape them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.links import clean_link
from core.model import Facts, Member, Story
from core.reports import lead


def story_json(story: Story, *, evidence: bool = False) -> dict[str, Any]:
    """A story; with `evidence` each report says what it was matched by."""
    return {
        "id": story.id,
        "revision": story.revision,
        "level": story.level.value,
        "topics": list(story.topics),
        "headline": lead(story).title,
        "opened_at": time_json(story.opened_at),
        "updated_at": time_json(story.updated_at),
        "facts": {
            **facts_json(story.facts),
            "counts": [{"source": source, "released": count} for source, count in story.facts.counts],
        },
        "reports": [_report(member, evidence=evidence) for member in story.members],
    }


def facts_json(facts: Facts) -> dict[str, Any]:
    """What is told, of a story as of a single text."""
    return {
        "released": facts.released,
        "at_least": facts.at_least,
        "remaining": facts.remaining,
        "people": list(facts.people),
        "refused": list(facts.refused),
        "held": list(facts.held),
        "named": list(facts.named),
        "mediators": list(facts.mediators),
        "destination": facts.destination,
        "in_return": list(facts.in_return),
    }


def _report(member: Member, *, evidence: bool) -> dict[str, Any]:
    report: dict[str, Any] = {
        "source": member.source,
        "owner": member.owner,
        "lang": member.lang,
        "title": member.title,
        "url": clean_link(member.url),
        "first_seen_at": time_json(member.at),
        "published_at": time_json(member.published_at),
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


def dump(value: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8; lone surrogates of foreign text become question marks."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def time_json(at: datetime | None) -> str | None:
    """ISO 8601, or None for no time."""
    return at.isoformat() if at else None
