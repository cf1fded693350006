"""Which new entries are only to be remembered, so that their polls may be recorded together; the others need a
transaction of their own, which takes several times as long."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

from core.model import Action, Entry, Feed, FeedSpec, Level, NewEntry, Story
from core.ports import Stories
from feeds.options import FeedOptions
from feeds.placing import Placed, place_alone
from feeds.secondlook import is_wanted

OpenStories = Callable[[datetime], Awaitable[Sequence[Story]]]  # those updated since, oldest first


def sighted_at(feed: Feed, entry: Entry, now: datetime) -> datetime:
    """The time that counts for an entry: now, but of those found in a feed's first poll their own, if they give one."""
    return now if feed.state.first_polled_at is not None else entry.told_at(now)


async def settle(
    feed: Feed,
    new: Sequence[NewEntry],
    now: datetime,
    *,
    stories: Stories,
    options: FeedOptions,
    find_open: OpenStories,
) -> Sequence[NewEntry] | None:
    """Entries that nobody watches for, with their outcomes; None when one tells a story or is to be read in full.

    Half matches are held against the stories that are open now. One that joins none is settled: should a story open
    before it is written, it came before that story.
    """
    if feed.spec.audit:
        return new
    if any(_says_much(feed.spec, item, options) for item in new):
        return None
    halves = {item.entry.identity: Placed(0, item, sighted_at(feed, item.entry, now)) for item in new if _is_half(item)}
    if not halves:
        return new
    open_stories = await find_open(min(half.at for half in halves.values()) - stories.window)
    reasons = {}
    for identity, half in halves.items():
        placement = place_alone(stories, feed.spec, half, open_stories)
        if placement.action is not Action.IGNORE:
            return None
        reasons[identity] = placement.reason
    return [
        replace(item, outcome="half", reason=reasons[item.entry.identity]) if _is_half(item) else item for item in new
    ]


def _is_half(item: NewEntry) -> bool:
    return item.analysis.level is Level.HALF


def _says_much(spec: FeedSpec, item: NewEntry, options: FeedOptions) -> bool:
    if item.analysis.level not in (Level.NONE, Level.HALF):
        return True
    return bool(options.full_text_per_hour) and is_wanted(spec, item)
