"""Which sources tell stories, how often first, and how far behind the first otherwise. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from core.model import Story
from core.reports import one_per_source


@dataclass(frozen=True, slots=True)
class Lead:
    """A source: `stories` that it told, in how many it was `first`, and the median wait behind the first in the others.

    A story that one source alone tells counts as told, and as first for nobody: nobody was behind.
    """

    source: str
    stories: int
    first: int
    behind: timedelta | None = None


def leads(stories: Iterable[Story]) -> tuple[Lead, ...]:
    """The sources of stories, those that tell most first. Times of first sight count, which are ours for all alike."""
    told: dict[str, int] = defaultdict(int)
    first: dict[str, int] = defaultdict(int)
    waits: dict[str, list[float]] = defaultdict(list)
    for story in stories:
        reports = sorted(one_per_source(story.members), key=lambda member: member.at)
        for member in reports:
            told[member.source] += 1
            if len(reports) == 1:
                continue
            if member.at == reports[0].at:
                first[member.source] += 1
            else:
                waits[member.source].append((member.at - reports[0].at).total_seconds())
    found = [
        Lead(name, count, first[name], timedelta(seconds=median(waits[name])) if waits[name] else None)
        for name, count in told.items()
    ]
    return tuple(sorted(found, key=lambda lead: (-lead.stories, -lead.first, lead.source.casefold())))
