"""Why a text matched, or what was missing: as lines for people (command line, /why) and as JSON for programs."""

from __future__ import annotations

from calendar import month_name
from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from core.model import Analysis, Evidence, Facts, Level
from core.story_json import facts_json

VERDICTS = {
    Level.ALERT: "alert",
    Level.DIGEST: "digest only: the evidence is there, but thin",
    Level.HALF: "no alert: one side of a topic only",
    Level.NONE: "no alert: nothing of the topics in this text",
}
_PLACES = {
    "title": "in the title",
    "first": "in the first sentence",
    "body": "further down",
    "source": "known of the source",
    "rule": "in one sentence",
    "lead": "in the title and the first sentences",
}


def lines(
    analysis: Analysis, titles: Mapping[str, str], needed: Mapping[str, float] = MappingProxyType({})
) -> Iterator[str]:
    """The verdict, what is reported, then topic by topic what counted, with words, place, pattern and line of the pack.

    `titles` maps topic names to their titles (core.ports.Matcher.topics), `needed` to the points of an alert.
    """
    matched = ", ".join(titles.get(topic, topic) for topic in analysis.topics)
    yield f"Verdict: {VERDICTS[analysis.level]}{f' ({matched})' if matched else ''}."
    facts = list(_facts(analysis.facts))
    if facts:
        yield ""
        yield "Reported:"
        yield from (f"  {line}" for line in facts)
    if analysis.people:
        yield ""
        yield f"People: {', '.join(_person(name, analysis) for name in analysis.people)}"
    for topic, score in sorted(analysis.scores.items(), key=lambda item: (item[0] not in analysis.topics, -item[1])):
        verdict = "matched" if topic in analysis.topics else "not matched"
        needs = f" (an alert needs {needed[topic]:g})" if topic in needed else ""
        yield ""
        yield f"{titles.get(topic, topic)}: {score:.1f} points, {verdict}{needs}"
        for item in analysis.evidence:
            if item.topic == topic:
                yield f"  {_addend(item)}"
        if topic in analysis.missing:
            yield f"  missing: {'; '.join(analysis.missing[topic])}"


def as_json(analysis: Analysis) -> dict[str, Any]:
    """The object that `explain --json` prints."""
    return {
        "relevant": analysis.relevant,
        "level": analysis.level.value,
        "topics": list(analysis.topics),
        "scores": dict(analysis.scores),
        "evidence": [
            {
                "topic": item.topic,
                "concept": item.concept,
                "text": item.text,
                "where": item.where,
                "weight": item.weight,
                "pattern": item.pattern,
            }
            for item in analysis.evidence
        ],
        "missing": {topic: list(groups) for topic, groups in analysis.missing.items()},
        "people": list(analysis.people),
        "long_free": dict(analysis.long_free),
        "facts": facts_json(analysis.facts),
    }


def _person(name: str, analysis: Analysis) -> str:
    if name not in analysis.long_free:
        return name
    day = date.fromisoformat(analysis.long_free[name])
    return f"{name} (freed on {day.day} {month_name[day.month]} {day.year}, long before this report)"


def _addend(item: Evidence) -> str:
    if item.where == "rule" and not item.text:
        return f"{item.weight:+.1f} {item.pattern}"  # of the rule, or learned: no words of the text
    words = f" «{' '.join(item.text.split())}»" if item.text else ""
    return f"{item.weight:+.1f} {item.concept}{words} {_PLACES.get(item.where, item.where)} ({item.pattern})"


def _facts(facts: Facts) -> Iterator[str]:
    if facts.released is not None:
        yield f"released: {'at least ' if facts.at_least else ''}{facts.released}{_read_from(facts, 'released')}"
    if facts.remaining is not None:
        yield f"still held: {facts.remaining}{_read_from(facts, 'remaining')}"
    for label, names in (
        ("freed", facts.people),
        ("refused to leave", facts.refused),
        ("named as still held", facts.held),
        ("named, neither as freed nor as held", facts.named),
        ("mediated by", facts.mediators),
        ("in return", facts.in_return),
    ):
        if names:
            yield f"{label}: {', '.join(names)}"
    if facts.destination:
        yield f"taken to: {facts.destination}"


def _read_from(facts: Facts, field: str) -> str:
    words = facts.evidence.get(field, "")
    return f" («{' '.join(words.split())}»)" if words else ""
