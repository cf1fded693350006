"""Reports of the same event find one another, in whatever languages they are written.

A report's signature is a small weighted vector: persons, numbers of people, objects, what happened. Likeness is the
cosine of two vectors, corrected for what the reports say outright: the same count of people freed, or another one.
Weights are fixed (matching/words/stories.toml): the same reports in the same order always make the same stories.

Order matters a little, since a report is placed when it comes: docs/stories.md states how much, and
tests/unit/test_stories.py measures it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice

from core.model import LEVELS, Action, Level, Member, Placement, Story, StorySummary
from matching import story_texts as told
from matching.cues import read_table
from matching.likeness import Likeness, parted_by_persons, parted_by_subject, parted_by_worth, weigh
from matching.voting import vote
from matching.weighing import WEEKDAY, Days, is_group

_LOOKED_AT = 40  # the first and the latest members of a story, at most so many each
_DAY = timedelta(days=1)
_TELLING = 3  # one report of so many tells what was achieved; the others are reactions, interviews
_MERGE_LOOK = 6  # reports of the smaller story that are compared before two stories become one


class StoryBook:
    """Implements core.ports.Stories. Holds nothing: the open stories are given with every call.

    A report is compared with at most 80 members of every open story, so that placing is linear in the number of new
    reports; the caller keeps the open stories few by the window (updated within the last days).
    """

    def __init__(self, window: timedelta | None = None, rules: Mapping[str, float] | None = None) -> None:
        """`rules` replace thresholds and weights of matching/words/stories.toml; fitting tries others."""
        self._rules = {**usual_rules(), **(rules or {})}
        self.window = window or timedelta(days=self._rules["window_days"])

    def place(self, member: Member, open_stories: Sequence[Story]) -> Placement:
        """Say where a report belongs: the likest story, a new one, or none when it is a half match of its own.

        A report that would join two stories which by now are alike shows that they are one.
        """
        compared = ((self.compare(member, story), story) for story in open_stories)
        rated = [(likeness, story) for likeness, story in compared if likeness is not None]
        rated.sort(key=lambda row: (-row[0].score, row[1].id))
        whole = member.analysis.relevant
        if rated:
            likeness, story = rated[0]
            needed = self._rules["join"] if whole else self._rules["join_half"]
            alike = likeness.shared or member.analysis.signature.get("only_country")
            if likeness.score >= needed and (whole or alike):
                update = follows_up(member, story, told_before=likeness.reprint)
                same = tuple(self._same(member, story, rated[1:])) if whole else ()
                return Placement(Action.JOIN, _reason(likeness, story.id, same), story.id, update, same)
        if whole:
            return Placement(Action.OPEN, told.NONE_LIKE_IT)
        return Placement(Action.IGNORE, told.HALF_ALONE)

    def summarise(self, members: Sequence[Member]) -> StorySummary:
        """Topics and level of all members together, and the facts they vote for."""
        level = max((member.analysis.level for member in members), key=LEVELS.index, default=Level.NONE)
        topics = dict.fromkeys(topic for member in members for topic in member.analysis.topics)
        return StorySummary(level, tuple(topics), vote(members))

    def _same(self, member: Member, story: Story, rated: Sequence[tuple[Likeness, Story]]) -> Iterator[int]:
        """Which of the other stories tell the same event: those that a report joins as well as the one it joined, of
        the same day, and whose own reports would join it by now."""
        joined = replace(story, members=(*story.members, member), updated_at=max(story.updated_at, member.at))
        for likeness, other in rated:
            if likeness.score < self._rules["join"]:
                return
            apart = abs(story.opened_at - other.opened_at) / _DAY
            if apart > self._rules["merge_days"] or _kept_apart(joined, other, self._rules["main"]):
                continue
            few, many = sorted((joined, other), key=lambda one: (len(one.members), one.id))
            found = [self.compare(one, many) for one in few.members[:_MERGE_LOOK]]
            scores = [one.score for one in found if one is not None]
            if scores and sum(scores) / len(scores) >= self._rules["merge"]:
                yield other.id

    def compare(self, member: Member, story: Story) -> Likeness | None:
        """How much a report is like a story; None when the story's time is over or it has no reports."""
        gap = max(timedelta(), member.at - story.updated_at, story.opened_at - member.at)
        if gap > self.window or not story.members:
            return None
        signatures = [other.analysis.signature for other in _looked_at(story.members)]
        days = Days(abs(member.at - story.opened_at) / _DAY, gap / _DAY, _dates(member, story))
        return weigh(member.analysis.signature, signatures, days, self._rules)


def usual_rules() -> dict[str, float]:
    """Thresholds and weights of matching/words/stories.toml."""
    table = read_table("stories")
    return {**table["rules"], **table["addends"]}


def _dates(member: Member, story: Story) -> frozenset[int]:
    """The day of a story's first report and the one before, for reports of another day; days of the month and of the
    week, UTC."""
    if member.at <= story.opened_at + _DAY / 2:
        return frozenset()
    began, today = (story.opened_at.date(), story.opened_at.date() - _DAY), member.at.date()
    dates = {day.day for day in began if day != today}
    return frozenset(dates | {WEEKDAY + day.weekday() for day in began if day.weekday() != today.weekday()})


def _reason(likeness: Likeness, joined: int, same: Sequence[int]) -> str:
    if not same:
        return likeness.reason
    return f"{likeness.reason}; {told.MADE_ONE.format(stories=', '.join(f'#{one}' for one in (joined, *same)))}"


def _kept_apart(story: Story, other: Story, main: float) -> bool:
    """May two stories never be made one by a report: an operator parted them, one is of talks and the other of what
    came of them or of what a concession is worth, or single persons were let out, or the titles are of other things: a
    stroke, a birth to come?"""
    one, two = ([report.analysis.signature for report in each.members] for each in (story, other))
    single = not is_group([*one, *two]) and parted_by_persons(one, two)
    worth = parted_by_worth(one, two, main) or parted_by_subject(one, two, main)
    return story.parted or other.parted or single or worth or _achieved(story) != _achieved(other)


def _achieved(story: Story) -> bool:
    """Do reports say that people are free or penalties eased? Talks are another story than what comes of them."""
    telling = sum(bool(member.analysis.signature.get("k")) for member in story.members)
    return _TELLING * telling >= len(story.members)


def follows_up(member: Member, story: Story, *, told_before: bool = False) -> bool:
    """Is a report a mere follow-up: nothing new in it, and it does not tell the event itself, or only a day later?

    New is a topic, a count, a concession or a level that the story does not have yet. A headline that was `told_before`
    may bring that too, where one feed has it alone and another with the text below it.
    """
    facts, known = member.analysis.facts, story.facts
    news = (
        set(member.analysis.topics) - set(story.topics)
        or (facts.released is not None and known.released is None)
        or set(facts.in_return) - set(known.in_return)
        or LEVELS.index(member.analysis.level) > LEVELS.index(story.level)
    )
    tells = not told_before and member.analysis.signature.get("k") and member.at - story.opened_at < _DAY
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
