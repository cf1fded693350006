"""Hits into stories and stories into the outbox, inside the transaction that ends a poll."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.correcting import elder_first
from core.model import Action, Facts, Feed, FeedSpec, Level, Member, NewEntry, Placement, Story, StorySummary
from core.ports import Observer, Stories, Transaction
from core.watch import WatchHit

_NO_TOPIC = StorySummary(Level.NONE, (), Facts())


@dataclass(frozen=True, slots=True)
class Placed:
    """A stored entry that says something, the time that counts for it, and what it is watched for."""

    entry_id: int
    new: NewEntry
    at: datetime
    watched: tuple[WatchHit, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """Where an entry went: its story, whether it opened it for those who have topics, and the alerts it caused."""

    entry_id: int
    story_id: int
    opened: bool
    alerts: int


def totals(ways: Sequence[Way]) -> tuple[int, int]:
    """The numbers of stories opened and of alerts queued."""
    return sum(way.opened for way in ways), sum(way.alerts for way in ways)


def tell_ways(observe: Observer, ways: Sequence[Way], *, feed: str, by: str) -> None:
    """Tell `story` of each: which poll (or second look, `by`) brought which entry to which story."""
    for way in ways:
        entry = f"e{way.entry_id}"
        observe("story", feed=feed, by=by, entry=entry, story=way.story_id, opened=way.opened, alerts=way.alerts)


def poll_name(feed: Feed) -> str:
    """What one poll of one feed is called in the log."""
    return f"p{feed.id}.{feed.epoch}"


@dataclass(frozen=True, slots=True)
class Placing:
    """Places what one feed brought, within one transaction. `watching` says that chats may have been shown a story for
    a watchlist.
    """

    transaction: Transaction
    stories: Stories
    spec: FeedSpec
    now: datetime
    edit_after: timedelta
    watching: bool = False

    async def hits(self, hits: Sequence[Placed]) -> tuple[Way, ...]:
        """Join, open or ignore for each hit in the order given; returns the ways of those that went into a story.

        Every hit ends with an outcome and a reason. Entries that half match may join a story as context, but open none.
        """
        if not hits:
            return ()
        since = min(self.now, *(hit.at for hit in hits)) - self.stories.window
        open_stories = {story.id: story for story in await self.transaction.open_stories(since)}
        told = {story.id: story for story in _told(open_stories.values())}
        ways = []
        for hit in hits:
            story, opened, alerts = None, False, 0
            if hit.new.analysis.level is not Level.NONE:
                story, alerts = await self._place(hit, told)
            if story is not None:
                opened = story.id not in told
                told[story.id] = story
            if hit.watched:
                story = story or await self._watched_story(hit, open_stories)
                open_stories[story.id] = story
                alerts += await self.transaction.queue_watched(story, hit.watched, self.now)
            if story is not None:
                ways.append(Way(hit.entry_id, story.id, opened, alerts))
        return tuple(ways)

    async def again(self, hit: Placed) -> tuple[Way, ...] | None:
        """`hits` for an entry that is known better now; None when it is in no story that is open.

        Its story keeps it, and tells what it says now. A story that only watchers were shown becomes one for all,
        unless another story tells the same.
        """
        open_stories = await self.transaction.open_stories(min(self.now, hit.at) - self.stories.window)
        home = next((one for one in open_stories if hit.entry_id in [member.entry_id for member in one.members]), None)
        if home is None:
            return None
        opened, alerts = False, 0
        if hit.new.analysis.relevant and await self._is_its_own(hit, home, open_stories):
            before = next(member for member in home.members if member.entry_id == hit.entry_id)
            member = replace(_member(self.spec, hit), update=before.update)
            members = tuple(member if one is before else one for one in home.members)
            story = await self.transaction.replace_member(home.id, member, self.stories.summarise(members), hit.at)
            opened = home.level is Level.NONE
            news = story.level is not home.level or not set(story.topics) <= set(home.topics)
            if story.level is Level.ALERT:
                only = member.update and not news
                alerts = await self._queue(story, edits_only=only)
            await self.transaction.set_outcome(
                hit.entry_id, story.level.value, "Read in full, it tells more of its story."
            )
        if hit.watched:
            alerts += await self.transaction.queue_watched(home, hit.watched, self.now)
        return (Way(hit.entry_id, home.id, opened, alerts),) if opened or alerts else ()

    async def _is_its_own(self, hit: Placed, home: Story, open_stories: Sequence[Story]) -> bool:
        """Whether the story of an entry may tell it; of a story that only watchers know, whether no other tells it."""
        if home.level is not Level.NONE:
            return True
        placement = place_alone(self.stories, self.spec, hit, open_stories)
        if placement.action is not Action.OPEN:
            await self.transaction.set_outcome(hit.entry_id, "ignored", placement.reason)
        return placement.action is Action.OPEN

    async def _place(self, hit: Placed, told: dict[int, Story]) -> tuple[Story | None, int]:
        """The story that takes a hit, queued and with the outcome recorded, or None, and the number of alerts."""
        placement = self.stories.place(_member(self.spec, hit), tuple(told.values()))
        story = await self._follow(_member(self.spec, hit, placement), placement, told, hit.at)
        for other in placement.same:
            story = await self._merge(story, other, told)
        half = hit.new.analysis.level is Level.HALF
        if story is None:
            await self.transaction.set_outcome(hit.entry_id, "half" if half else "ignored", placement.reason)
            return None, 0
        alerts = 0
        if story.level is Level.ALERT:
            alerts = await self._queue(story, edits_only=half or placement.update)
        elif self.watching and story.id in told:  # chats that watch for something in it may have been shown it
            await self._queue(story, edits_only=True)
        await self.transaction.set_outcome(hit.entry_id, "half" if half else story.level.value, placement.reason)
        return story, alerts

    async def _merge(self, story: Story | None, other: int, told: dict[int, Story]) -> Story | None:
        """Make one of the story that a report joined and of another that it shows to be the same; the elder stays."""
        if story is None or other not in told:
            return story
        kept, gone = elder_first(story, told[other])
        del told[gone.id]
        return await self.transaction.merge_stories(kept.id, gone.id, self.stories.summarise, self.now)

    async def _watched_story(self, hit: Placed, open_stories: dict[int, Story]) -> Story:
        """A story for those who watch alone: the one with the same headline, or a new one, without topic and level."""
        member = _member(self.spec, hit)
        for story in open_stories.values():
            if story.level is Level.NONE and _headline(story.members[0]) == _headline(member):
                joined = await self.transaction.join_story(story.id, member, _NO_TOPIC, hit.at)
                await self._queue(joined, edits_only=True)
                return joined
        return await self.transaction.add_story(member, _NO_TOPIC, hit.at)

    async def _queue(self, story: Story, *, edits_only: bool) -> int:
        return await self.transaction.queue_story(story, self.now, edit_after=self.edit_after, edits_only=edits_only)

    async def _follow(
        self, member: Member, placement: Placement, open_stories: dict[int, Story], at: datetime
    ) -> Story | None:
        """Do what a placement says; None when the hit belongs to no story."""
        if placement.action is Action.JOIN and placement.story_id in open_stories:
            members = (*open_stories[placement.story_id].members, member)
            summary = self.stories.summarise(members)
            return await self.transaction.join_story(placement.story_id, member, summary, at)
        if placement.action is Action.OPEN and member.analysis.level is not Level.HALF:
            return await self.transaction.add_story(member, self.stories.summarise((member,)), at)
        return None


def place_alone(stories: Stories, spec: FeedSpec, hit: Placed, open_stories: Sequence[Story]) -> Placement:
    """Where an entry would go, with nothing done about it."""
    return stories.place(_member(spec, hit), _told(open_stories))


def _told(open_stories: Iterable[Story]) -> tuple[Story, ...]:
    """The stories that are for all, not for those who watch alone."""
    return tuple(story for story in open_stories if story.level is not Level.NONE)


def _headline(member: Member) -> str:
    """What makes reports of different sources one reprint; the address for one without a headline."""
    return " ".join(member.title.casefold().split()) or member.url


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
