"""Reports of the same event find one another, in whatever languages they are written.

A report's signature is a small weighted vector: persons, numbers of people, objects, what happened. Likeness is the
cosine of two vectors, corrected for what the reports say outright: the same count of people freed, or another one.
Weights are fixed (matching/words/stories.toml): the same reports in the same order always make the same stories.

Order matters a little, since a report is placed when it comes: docs/stories.md states how much, and
tests/unit/test_stories.py measures it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import islice

from core.model import Action, Level, Member, Placement, Story, StorySummary
from matching import story_texts as told
from matching.cues import read_table
from matching.facts import vote
from matching.likeness import Days, Likeness, weigh

_LEVELS = (Level.NONE, Level.HALF, Level.DIGEST, Level.ALERT)
_LOOKED_AT = 40  # the first and the latest members of a story, at most so many each
_DAY = timedelta(days=1)


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
            alike = likeness.shared or member.analysis.signature.get("only_country")
            if likeness.score >= needed and (whole or alike):
                update = likeness.reprint or follows_up(member, story)
                return Placement(Action.JOIN, likeness.reason, story.id, update)
        if whole:
            return Placement(Action.OPEN, told.NONE_LIKE_IT)
        return Placement(Action.IGNORE, told.HALF_ALONE)

    def summarise(self, members: Sequence[Member]) -> StorySummary:
        """Topics and level of all members together, and the facts they vote for."""
        level = max((member.analysis.level for member in members), key=_LEVELS.index, default=Level.NONE)
        topics = dict.fromkeys(topic for member in members for topic in member.analysis.topics)
        return StorySummary(level, tuple(topics), vote(members))

    def _compare(self, member: Member, story: Story) -> Likeness | None:
        gap = max(timedelta(), member.at - story.updated_at, story.opened_at - member.at)
        if gap > self.window or not story.members:
            return None
        signatures = [other.analysis.signature for other in _looked_at(story.members)]
        days = Days(abs(member.at - story.opened_at) / _DAY, gap / _DAY)
        return weigh(member.analysis.signature, signatures, days, self._rules)


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
