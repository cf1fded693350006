"""Reports of the same event find one another, in whatever languages they are written.

A report's signature is a small weighted vector: persons, numbers of people, objects, what happened. Likeness is the
cosine of two vectors, corrected for what the reports say outright: the same count of people freed, or another one.
Weights are fixed (matching/words/stories.toml): the same reports in the same order always make the same stories.

Order matters a little, since a report is placed when it comes. Over 20 shuffles of the labelled reports of three busy
days, stories agree with those of the first order to B-cubed F1 .91 to .99 on average (worst shuffle .68): the worst is
a release and the concession made for it told apart before a report joins them. tests/unit/test_stories.py measures it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from core.model import Action, Level, Member, Placement, Story, StorySummary
from matching.cues import read_table
from matching.facts import vote

_LEVELS = (Level.NONE, Level.HALF, Level.DIGEST, Level.ALERT)
_NEAREST = 3  # members of a story that a report is compared with, the likest ones
_LOOKED_AT = 40  # the first and the latest members of a story, at most so many each
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much a report is like a story, and why."""

    score: float
    reason: str
    reprint: bool = False
    shared: bool = False  # shares a person, a number or wording, not only the subject


class StoryBook:
    """Implements core.ports.Stories. Holds nothing: the open stories are given with every call.

    A report is compared with at most 80 members of every open story, so that placing is linear in the number of new
    reports; the caller keeps the open stories few by the window (updated within the last days).
    """

    def __init__(self, window: timedelta | None = None) -> None:
        self._rules: Mapping[str, float] = read_table("stories")["rules"]
        self.window = window or timedelta(days=self._rules["window_days"])

    def place(self, member: Member, open_stories: Sequence[Story]) -> Placement:
        """Say where a report belongs: the likest story, a new one, or none when it is a half match of its own."""
        best: tuple[float, int, Story, Likeness] | None = None
        for story in open_stories:
            likeness = self._compare(member, story)
            if likeness is None:
                continue
            key = (likeness.score, -story.id)
            if best is None or key > best[:2]:
                best = (*key, story, likeness)
        whole = member.analysis.relevant
        if best is not None:
            story, likeness = best[2], best[3]
            needed = self._rules["join"] if whole else self._rules["join_half"]
            if likeness.score >= needed and (whole or likeness.shared):
                update = likeness.reprint or follows_up(member, story)
                return Placement(Action.JOIN, likeness.reason, story.id, update)
        if whole:
            return Placement(Action.OPEN, "no open story is like it")
        return Placement(Action.IGNORE, "only half a match, and no open story shares its persons, numbers or wording")

    def summarise(self, members: Sequence[Member]) -> StorySummary:
        """Topics and level of all members together, and the facts they vote for."""
        level = max((member.analysis.level for member in members), key=_LEVELS.index, default=Level.NONE)
        topics = dict.fromkeys(topic for member in members for topic in member.analysis.topics)
        return StorySummary(level, tuple(topics), vote(members))

    def _compare(self, member: Member, story: Story) -> Likeness | None:
        gap = max(timedelta(), member.at - story.updated_at, story.opened_at - member.at)
        if gap > self.window or not story.members:
            return None
        mine = member.analysis.signature
        signatures = [other.analysis.signature for other in _looked_at(story.members)]
        if mine.get("h") and any(mine["h"] == other.get("h") for other in signatures):
            return Likeness(2.0, "a reprint of an earlier report", reprint=True, shared=True)
        return self._likeness(mine, signatures, gap / _DAY)

    def _likeness(self, mine: Mapping[str, Any], signatures: Sequence[Mapping[str, Any]], days: float) -> Likeness:
        """The cosine to the likest members, and what the reports say outright."""
        rules = self._rules
        vector = mine.get("v", {})
        cosines = sorted((_cosine(vector, other.get("v", {}), rules["thin"]) for other in signatures), reverse=True)
        cosines = cosines[:_NEAREST]
        score = rules["best"] * cosines[0] + (1 - rules["best"]) * sum(cosines) / len(cosines)
        reasons = [f"likeness {score:.2f}"]
        words = max(_overlap(mine.get("w", ()), other.get("w", ())) for other in signatures)
        if words >= rules["same_words"]:
            score += words
            reasons.append(f"same wording {words:.2f}")
        shared = _shared(vector, signatures)
        persons = [key for key in shared if key.startswith("p:")]
        score += rules["same_person"] * bool(persons) + self._strangers(vector, signatures, bool(persons))
        counts, why = self._counts(mine, signatures, bool(persons))
        score += counts - rules["per_day"] * max(0.0, days - 1) + rules["same_day"] * (days <= 1)
        reasons += why
        phase, why = self._phase(mine, signatures, days)
        score += phase
        reasons += why
        if days > 1:
            reasons.append(f"{days:.0f} days later")
        if shared:
            reasons.append("shares " + ", ".join(key[2:] for key in shared[:4]))
        return Likeness(score, "; ".join(reasons), shared=bool(shared) or words >= rules["same_words"])

    def _phase(
        self, mine: Mapping[str, Any], signatures: Sequence[Mapping[str, Any]], days: float
    ) -> tuple[float, list[str]]:
        """Talks of the day before are another story than their result; a release and a concession of one day are the
        two halves of one deal."""
        here, there = set(mine.get("k", ())), {kind for other in signatures for kind in other.get("k", ())}
        if here and not there and days > 0.5:
            return -self._rules["new_phase"], ["talks before, a result now"]
        if here and there and here.isdisjoint(there) and days <= 1:
            return self._rules["same_deal"], ["a release and a concession of one day"]
        return 0.0, []

    def _strangers(self, vector: Mapping[str, float], signatures: Sequence[Mapping[str, Any]], shared: bool) -> float:
        """Both name prisoners, and none in common: less alike."""
        both = any(key.startswith("p:") for key in vector) and any(
            key.startswith("p:") for other in signatures for key in other.get("v", {})
        )
        return -self._rules["other_person"] if both and not shared else 0.0

    def _counts(
        self, mine: Mapping[str, Any], signatures: Sequence[Mapping[str, Any]], persons: bool
    ) -> tuple[float, list[str]]:
        """The same number freed joins. Another splits, unless a report tells both, as whole and part, or both reports
        name the same prisoner."""
        released = mine.get("r")
        told = {other["r"] for other in signatures if other.get("r")}
        if not released or not told:
            return 0.0, []
        if released in told:
            return self._rules["same_count"], [f"the same count {released}"]
        family = set().union(*(other.get("x", ()) for other in signatures))
        if persons or released in family or told & set(mine.get("x", ())):
            return 0.0, []
        return -self._rules["other_count"], [f"another count: {released} and {', '.join(map(str, sorted(told)))}"]


def follows_up(member: Member, story: Story) -> bool:
    """Is a report a mere follow-up: nothing new in it, and it does not tell the event itself, or only a day later?

    New is a topic, a count, a concession or a level that the story does not have yet.
    """
    facts, known = member.analysis.facts, story.facts
    news = (
        set(member.analysis.topics) - set(story.topics)
        or (facts.released is not None and known.released is None)
        or set(facts.in_return) - set(known.in_return)
        or _LEVELS.index(member.analysis.level) > _LEVELS.index(story.level)
    )
    tells = member.analysis.signature.get("k") and member.at - story.opened_at < _DAY
    return not (news or tells)


def taken_for(member: Member, story: Story) -> tuple[str, ...]:
    """The topics of a report in its story: its own, or for half a match the one of the story that it is closest to."""
    if member.analysis.topics:
        return member.analysis.topics
    near = [topic for topic in story.topics if topic in member.analysis.scores]
    return (max(near, key=member.analysis.scores.__getitem__),) if near else story.topics[:1]


def _looked_at(members: Sequence[Member]) -> list[Member]:
    if len(members) <= 2 * _LOOKED_AT:
        return list(members)
    return [*islice(members, _LOOKED_AT), *members[-_LOOKED_AT:]]


def _cosine(one: Mapping[str, float], other: Mapping[str, float], thin: float) -> float:
    """The cosine, less for reports that say little: `thin` is added to the product of their lengths."""
    if len(one) > len(other):
        one, other = other, one
    product = sum(weight * other.get(key, 0.0) for key, weight in one.items())
    if not product:
        return 0.0
    return product / (_length(one.values()) * _length(other.values()) + thin)


def _length(weights: Iterable[float]) -> float:
    return math.sqrt(sum(weight * weight for weight in weights))


def _overlap(one: Sequence[int], other: Sequence[int]) -> float:
    """Share of equal word hashes: an estimate of how much of the wording is the same."""
    if not one or not other:
        return 0.0
    return len(set(one) & set(other)) / max(len(one), len(other))


def _shared(vector: Mapping[str, float], signatures: Sequence[Mapping[str, Any]]) -> list[str]:
    """Prisoners and numbers that the report has in common with a story."""
    telling = [key for key in vector if key.startswith(("p:", "n:"))]
    return [key for key in telling if any(key in other.get("v", {}) for other in signatures)]
