"""Two stories that a report shows to be one: chats are shown one story, and nobody is alerted twice."""

from __future__ import annotations

from datetime import timedelta

from core.model import Feed, FeedSpec, Level, NewEntry
from feeds.placing import Placed, Placing, totals
from matching.matcher import load_matcher
from matching.packfile import PACKS
from matching.stories import StoryBook
from storage.store import Store
from tests.contract.store_steps import CHAT, OTHER, TEAM, TOPICS, claimed_feed, entry, lanes, shown
from tests.fake_clock import FakeClock

LAUREATE = ("Freed Nobel laureate Ales Bialiatski arrives in Vilnius", "He spent 1,613 days behind bars in Belarus.")
FLAUTIST = ("Belarus lets Maria Kalesnikava go", "The flautist has crossed into Ukraine.")
WHOLE = ("Belarus frees 123 prisoners, Bialiatski and Kalesnikava among them", "They were pardoned by Lukashenko.")
FURTHER = ("Kalesnikava and Bialiatski, two of the 123 whom Belarus freed, thank Trump", "Both were freed on Saturday.")


async def told(store: Store, clock: FakeClock, feed: Feed, number: int, news: tuple[str, str]) -> tuple[int, int]:
    """A feed brings a report; the numbers of stories opened and of alerts queued."""
    analysis = load_matcher([PACKS]).analyse(*news, lang="en")
    brought = NewEntry(entry(number, title=news[0], summary=news[1]), analysis, "alert")
    now = clock.now()
    async with store.transaction() as transaction:
        ids = await transaction.add_entries(feed, [brought], now)
        placed = [Placed(ids[0] or 0, brought, now)]
        spec = FeedSpec(f"Paper {number}", feed.spec.url, owner=f"owner {number}")
        return totals(await Placing(transaction, StoryBook(), spec, now, timedelta(0)).hits(placed))


async def test_a_report_of_the_whole_makes_two_stories_one_without_a_second_alert(
    store: Store, clock: FakeClock
) -> None:
    """CHAT was shown both, OTHER the second only; TEAM comes later and was shown nothing."""
    feed = await claimed_feed(store, clock.now())
    await store.subscribe(CHAT, TOPICS, clock.now())
    assert await told(store, clock, feed, 1, LAUREATE) == (1, 1)
    await shown(store, clock.now())
    await store.subscribe(OTHER, TOPICS, clock.now())
    clock.advance(3600)
    assert await told(store, clock, feed, 2, FLAUTIST) == (1, 2)
    await shown(store, clock.now())
    first, second = sorted(story.id for story in await store.latest_stories(9))
    await store.subscribe(TEAM, TOPICS, clock.now())
    clock.advance(3600)
    assert await told(store, clock, feed, 3, WHOLE) == (0, 1)  # TEAM alone is alerted
    (story,) = await store.latest_stories(9)
    assert (story.id, len(story.members), story.facts.released) == (first, 3, 123)
    gone = await store.find_story(second)
    assert gone is not None
    assert gone.merged_into == first
    waiting = {lane.target.chat: lane.items for lane in await lanes(store, clock.now())}
    assert [(one.story_id, one.message_ref) for one in waiting[CHAT.chat]] == [
        (first, f"m1-{first}"),
        (second, f"m1-{second}"),
    ]
    assert [(one.story_id, one.message_ref) for one in waiting[OTHER.chat]] == [(first, f"m1-{second}")]
    assert [(one.story_id, one.message_ref) for one in waiting[TEAM.chat]] == [(first, "")]
    trace = await store.find_entry(entry(3).url)
    assert trace is not None
    assert f"one: #{second}, #{first}" in trace.reason


async def test_what_an_operator_split_is_not_merged_again(store: Store, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    for number, news in enumerate((LAUREATE, FLAUTIST, WHOLE), 1):
        await told(store, clock, feed, number, news)
        clock.advance(3600)
    (story,) = await store.latest_stories(9)
    away = [member.entry_id for member in story.members if member.title == LAUREATE[0]]
    done = await store.split_story(story.id, away, StoryBook().summarise, clock.now())
    assert (done.story.parted, done.other.parted) == (True, True)
    await told(store, clock, feed, 4, FURTHER)
    assert sorted(len(one.members) for one in await store.latest_stories(9)) == [1, 3]
    assert {one.level for one in await store.latest_stories(9)} == {Level.ALERT}
