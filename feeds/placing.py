"""Hits into stories and stories into the outbox, inside the transaction that ends a poll."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.model import Action, FeedSpec, Level, Member, NewEntry, Placement, Story
from core.ports import Stories, Transaction


@dataclass(frozen=True, slots=True)
class Placed:
    """A stored entry that says something, and the time that counts for it."""

    entry_id: int
    new: NewEntry
    at: datetime


async def place_hits(
    transaction: Transaction,
    stories: Stories,
    spec: FeedSpec,
    hits: Sequence[Placed],
    now: datetime,
    *,
    edit_after: timedelta,
) -> tuple[int, int]:
    """Join, open or ignore for each hit in the order given; returns the numbers of stories opened and of alerts queued.

    Every hit ends with an outcome and a reason. Entries that half match may join a story as context, but open none.
    """
    if not hits:
        return 0, 0
    since = min(now, *(hit.at for hit in hits)) - stories.window
    open_stories = {story.id: story for story in await transaction.open_stories(since)}
    opened = alerts = 0
    for hit in hits:
        placement = stories.place(_member(spec, hit), tuple(open_stories.values()))
        story = await _follow(transaction, stories, _member(spec, hit, placement), placement, open_stories, hit.at)
        if story is None:
            outcome = "half" if hit.new.analysis.level is Level.HALF else "ignored"
            await transaction.set_outcome(hit.entry_id, outcome, placement.reason)
            continue
        opened += story.id not in open_stories
        open_stories[story.id] = story
        half = hit.new.analysis.level is Level.HALF
        if story.level is Level.ALERT:
            alerts += await transaction.queue_story(
                story, now, edit_after=edit_after, edits_only=half or placement.update
            )
        await transaction.set_outcome(hit.entry_id, "half" if half else story.level.value, placement.reason)
    return opened, alerts


def _member(spec: FeedSpec, hit: Placed, placement: Placement | None = None) -> Member:
    entry = hit.new.entry
    return Member(
        entry_id=hit.entry_id,
        source=spec.name,
        owner=spec.owner,
        lang=entry.lang or spec.lang,
        title=entry.title,
        url=entry.url,
        at=hit.at,
        analysis=hit.new.analysis,
        published_at=entry.published_at,
        update=placement.update if placement else False,
    )


async def _follow(
    transaction: Transaction,
    stories: Stories,
    member: Member,
    placement: Placement,
    open_stories: dict[int, Story],
    at: datetime,
) -> Story | None:
    """Do what a placement says; None when the hit belongs to no story."""
    if placement.action is Action.JOIN and placement.story_id in open_stories:
        members = (*open_stories[placement.story_id].members, member)
        summary = stories.summarise(members)
        return await transaction.join_story(placement.story_id, member, summary, at)
    if placement.action is Action.OPEN and member.analysis.level is not Level.HALF:
        return await transaction.add_story(member, stories.summarise((member,)), at)
    return None
