"""Which of a story's reports stand for it."""

from __future__ import annotations

from collections.abc import Iterable

from core.model import Member, Story


def lead(story: Story) -> Member:
    """The report whose headline stands for the story: the first that tells the count which the alert tells, else the
    first that is no mere follow-up.
    """
    reports = [member for member in story.members if not member.update] or story.members
    count = story.facts.released
    return next((one for one in reports if count is not None and one.analysis.facts.released == count), reports[0])


def one_per_source(members: Iterable[Member]) -> tuple[Member, ...]:
    """The first report of each source, in order."""
    first: dict[str, Member] = {}
    for member in members:
        first.setdefault(member.source.casefold(), member)
    return tuple(first.values())
