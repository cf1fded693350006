"""What any store promises of stories that operators merge and split: reports, chats' messages, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from core.errors import BadCorrection, NotFound
from core.model import Facts, Level, Member, StorySummary
from storage.store import Store
from tests.contract.store_steps import CHAT, OTHER, TEAM, TOPICS, added_story, joined_story, lanes, shown
from tests.fake_clock import FakeClock


def summarise(members: Sequence[Member]) -> StorySummary:
    return StorySummary(Level.ALERT, TOPICS, Facts(released=len(members)))


async def due(store: Store, clock: FakeClock) -> dict[str, list[tuple[int, str, int, int]]]:
    """Chat -> (story, message, sent, wanted) of what is to be shown; nothing is marked."""
    found = {}
    for lane in await lanes(store, clock.now()):
        found[lane.target.chat] = [(one.story_id, one.message_ref, one.sent, one.wanted) for one in lane.items]
        await store.release_lane(lane)
    return found


async def test_a_merged_story_has_all_reports_and_the_facts_of_all(store: Store, clock: FakeClock) -> None:
    first, _ = await added_story(store, clock.now(), number=1)
    later = clock.now() + timedelta(hours=1)
    second, _ = await added_story(store, later, number=2, at=later)
    await joined_story(store, second, later, number=3)
    done = await store.merge_stories(first.id, second.id, summarise, later)
    assert [member.at for member in done.story.members] == sorted(member.at for member in done.story.members)
    assert (len(done.story.members), done.story.facts.released, done.story.revision) == (3, 3, 3)
    assert (done.story.opened_at, done.story.merged_into) == (first.opened_at, None)
    assert (done.other.id, done.other.merged_into, done.other.members) == (second.id, first.id, done.story.members)
    assert [story.id for story in await store.latest_stories(9)] == [first.id]
    async with store.transaction() as transaction:
        assert [story.id for story in await transaction.open_stories(first.opened_at)] == [first.id]


async def test_chats_follow_a_merger_by_what_they_were_shown(store: Store, clock: FakeClock) -> None:
    """CHAT was shown both, OTHER the second only, TEAM nothing yet."""
    await store.subscribe(CHAT, TOPICS, clock.now())
    first, _ = await added_story(store, clock.now(), number=1)
    await shown(store, clock.now())
    await store.subscribe(OTHER, TOPICS, clock.now())
    second, _ = await added_story(store, clock.now(), number=2)
    await shown(store, clock.now())
    await store.subscribe(TEAM, TOPICS, clock.now())
    await joined_story(store, second, clock.now(), number=3)
    done = await store.merge_stories(first.id, second.id, summarise, clock.now())
    revision = done.story.revision
    assert done.chats == 3
    assert await due(store, clock) == {
        CHAT.chat: [(first.id, f"m1-{first.id}", 1, revision), (second.id, f"m1-{second.id}", 1, done.other.revision)],
        OTHER.chat: [(first.id, f"m1-{second.id}", 1, revision)],
        TEAM.chat: [(first.id, "", 0, revision)],
    }
    replied = await store.find_story_of_message(CHAT, f"m1-{second.id}")
    assert replied is not None
    assert replied.id == first.id


async def test_what_waits_in_both_stories_is_shown_once(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    first, _ = await added_story(store, clock.now(), number=1)
    second, _ = await added_story(store, clock.now(), number=2)
    done = await store.merge_stories(first.id, second.id, summarise, clock.now())
    assert await due(store, clock) == {CHAT.chat: [(first.id, "", 0, done.story.revision)]}


async def test_a_chat_shown_the_second_alone_keeps_one_message_when_the_first_still_waits(
    store: Store, clock: FakeClock
) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    second, _ = await added_story(store, clock.now(), number=1)
    await shown(store, clock.now())
    first, _ = await added_story(store, clock.now(), number=2)
    done = await store.merge_stories(first.id, second.id, summarise, clock.now())
    assert await due(store, clock) == {CHAT.chat: [(first.id, f"m1-{second.id}", 1, done.story.revision)]}


async def test_a_split_story_is_new_and_the_old_is_edited(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    story, _ = await added_story(store, clock.now(), number=1)
    await shown(store, clock.now())
    later = clock.now() + timedelta(hours=2)
    story, _ = await joined_story(store, story, later, number=2)
    story, _ = await joined_story(store, story, later, number=3)
    leaving = [member.entry_id for member in story.members[1:]]
    done = await store.split_story(story.id, leaving, summarise, later)
    assert [member.entry_id for member in done.other.members] == leaving
    assert (done.other.revision, done.other.opened_at, done.other.facts.released) == (1, later, 2)
    assert (done.story.revision, done.story.facts.released, len(done.story.members)) == (4, 1, 1)
    clock.advance(3 * 3600)
    assert await due(store, clock) == {
        CHAT.chat: [(story.id, f"m1-{story.id}", 1, 4), (done.other.id, "", 0, 1)],
    }
    assert done.chats == 1


async def test_a_split_undoes_a_merger(store: Store, clock: FakeClock) -> None:
    first, _ = await added_story(store, clock.now(), number=1)
    second, _ = await added_story(store, clock.now(), number=2)
    gone = [member.entry_id for member in second.members]
    await store.merge_stories(first.id, second.id, summarise, clock.now())
    done = await store.split_story(first.id, gone, summarise, clock.now())
    assert done.story.members == first.members
    assert done.other.members == second.members


async def test_a_story_merged_twice_leads_to_the_last(store: Store, clock: FakeClock) -> None:
    stories = [(await added_story(store, clock.now(), number=number))[0] for number in (1, 2, 3)]
    await store.merge_stories(stories[1].id, stories[0].id, summarise, clock.now())
    await store.merge_stories(stories[2].id, stories[1].id, summarise, clock.now())
    found = await store.find_story(stories[0].id)
    assert found is not None
    assert (found.merged_into, len(found.members)) == (stories[2].id, 3)


async def test_what_makes_no_sense_is_refused_and_changes_nothing(store: Store, clock: FakeClock) -> None:
    first, _ = await added_story(store, clock.now(), number=1)
    second, _ = await added_story(store, clock.now(), number=2)
    now, only = clock.now(), [member.entry_id for member in first.members]
    with pytest.raises(BadCorrection, match="itself"):
        await store.merge_stories(first.id, first.id, summarise, now)
    with pytest.raises(NotFound):
        await store.merge_stories(first.id, 999, summarise, now)
    with pytest.raises(BadCorrection, match="at least one must stay"):
        await store.split_story(first.id, only, summarise, now)
    with pytest.raises(BadCorrection, match="no report 987"):
        await store.split_story(first.id, [*only, 987], summarise, now)
    with pytest.raises(BadCorrection, match="must leave"):
        await store.split_story(first.id, [], summarise, now)
    assert await store.find_story(first.id) == first
    await store.merge_stories(first.id, second.id, summarise, now)
    with pytest.raises(BadCorrection, match="already been merged"):
        await store.merge_stories(first.id, second.id, summarise, now)
    with pytest.raises(BadCorrection, match="has been merged"):
        await store.split_story(second.id, only, summarise, now)
