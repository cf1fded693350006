"""What is asked all the time costs the same with five times the rows: no statement reads a growing table to its end.

Work is counted, not timed (tests/work.py), on databases filled by benchmarks/filled.py.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.filled import NOON, RARE, TOPICS, USUAL, Filled, fill
from core.model import Story, Target
from core.options import Verdict
from core.overview import DeliveryState
from core.search import SearchTerm
from storage.store import Store
from tests.contract.store_steps import EDIT_AFTER, ended, entry, member, new, summary
from tests.postgres import EmptyDatabases
from tests.work import recorded, settle, work_of

FEW, MANY = Filled(2_000, 200), Filled(10_000, 1_000)
LEASE = timedelta(minutes=2)
CHAT = Target("telegram", "5")


async def end_a_poll(store: Store) -> None:
    (feed,) = await store.claim_due_feeds(NOON, limit=1)
    async with store.transaction() as transaction:
        await transaction.check_lease(feed)
        await transaction.add_entries(feed, [new(entry(10**8))], NOON)
        await transaction.finish_poll(feed, ended(feed, NOON))


async def end_quiet_polls(store: Store) -> None:
    feeds = await store.claim_due_feeds(NOON, limit=5)
    await store.record_polls([(feed, ended(feed, NOON)) for feed in feeds])


async def deliver(store: Store) -> None:
    for lane in await store.claim_lanes(NOON, platforms=["telegram"], limit=5, per_lane=20, lease=LEASE):
        for item in lane.items:
            await store.mark_sent(lane, item, f"new{item.id}", item.wanted, NOON)
        await store.release_lane(lane)


async def tell_of_one_more_report(store: Store) -> None:
    """Of a story that 50 chats were told of: only those get an edit."""
    async with store.transaction() as transaction:
        await transaction.open_stories(NOON - timedelta(hours=2))
        story = await transaction.join_story(1, member(10**9, NOON), summary(52), NOON)
        await transaction.queue_story(story, NOON, edit_after=EDIT_AFTER, edits_only=True)


def found_by(word: str, *, prefix: bool = False) -> list[SearchTerm]:
    return [SearchTerm(word, prefix)]


ASKED: dict[str, Callable[[Store], Awaitable[object]]] = {
    "due feeds": lambda store: store.claim_due_feeds(NOON, limit=20, lease=LEASE),
    "known entries": lambda store: store.find_known(1, [entry(number) for number in range(40)]),
    "the end of a poll": end_a_poll,
    "the end of quiet polls": end_quiet_polls,
    "the newest alert": lambda store: store.find_newest_alert(NOON - timedelta(hours=1)),
    "due deliveries": lambda store: store.claim_lanes(NOON, platforms=["telegram"], limit=20, per_lane=20, lease=LEASE),
    "a delivery": deliver,
    "one more report": tell_of_one_more_report,
    "a second look": lambda store: store.claim_looks(NOON, limit=5, per_hour=100, lease=LEASE),
    "the latest": lambda store: store.latest_stories(5),
    "the latest of topics": lambda store: store.latest_stories(5, topics=TOPICS, before=200),
    "the latest of a topic without stories": lambda store: store.latest_stories(5, topics=["sanctions"]),
    "stories by a usual word": lambda store: store.search_stories(found_by(USUAL), 5),
    "stories by a rare word": lambda store: store.search_stories(found_by(RARE), 5),
    "stories by an unknown word": lambda store: store.search_stories(found_by("nowhere"), 5),
    "stories by a part": lambda store: store.search_stories(found_by("nowh", prefix=True), 5, before=200),
    "entries by a usual word": lambda store: store.search_entries(found_by(USUAL, prefix=True), 5),
    "entries by an unknown word": lambda store: store.search_entries(found_by("nowhere"), 5),
    "what became of an address": lambda store: store.find_entry("https://host.example/77"),
    "the story of a message": lambda store: store.find_story_of_message(CHAT, "m55"),
    "a subscription": lambda store: store.find_subscription(CHAT),
    "what a chat was shown": lambda store: store.find_showing(CHAT, 1),
    "deliveries that wait": lambda store: store.list_deliveries(DeliveryState.WAITING, 20),
    "feedback": lambda store: store.add_feedback([("feed", "Feed 1")], Verdict.USEFUL),
    "an update": lambda store: store.first_sight("telegram", "1", NOON),
    "a chat that is gone": lambda store: store.retire_target(Target("telegram", "9"), "gone"),
    "a chat that leaves": lambda store: store.unsubscribe(Target("telegram", "8")),
}


async def break_a_story(store: Store) -> Story:
    """All chats are to be told of it."""
    async with store.transaction() as transaction:
        await transaction.open_stories(NOON - timedelta(hours=2))
        story = await transaction.add_story(member(3, NOON), summary(), NOON)
        await transaction.queue_story(story, NOON, edit_after=EDIT_AFTER)
    return story


async def work_with(url: str, size: Filled, names: Iterable[str]) -> dict[str, list[tuple[int, str, str]]]:
    """By what is asked: the work of each statement, its plan and its text."""
    store = Store(url)
    await store.open()
    try:
        await fill(store._database, size)
        if size.per_story > 1:  # else every entry has its story already
            await break_a_story(store)
        await settle(url)
        found = {}
        for name in names:
            with recorded(store) as asked:
                await ASKED[name](store)
            found[name] = [(*await work_of(url, one), one.sql) for one in asked]
        return found
    finally:
        await store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Two empty databases of a kind."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/few.db", f"sqlite+aiosqlite:///{tmp_path}/many.db"
        return
    databases: EmptyDatabases = request.getfixturevalue("postgres_databases")
    with databases.one() as few, databases.one() as many:
        yield few, many


async def grown(urls: tuple[str, str], few: Filled, many: Filled, names: Collection[str]) -> str:
    """What costs much more with many, with its plans."""
    one, other = await work_with(urls[0], few, names), await work_with(urls[1], many, names)
    found = []
    for name in names:
        before, after = (sum(work for work, *_ in done[name]) for done in (one, other))
        if after > before * 2 + 300:
            plans = "\n".join(f"{work}: {sql}\n{plan}" for work, plan, sql in other[name])
            found.append(f"{name}: {before} -> {after}\n{plans}")
    return "\n\n".join(found)


async def test_what_is_asked_all_the_time_does_not_grow(urls: tuple[str, str]) -> None:
    assert await grown(urls, FEW, MANY, ASKED) == ""


async def test_searches_do_not_grow_where_stories_have_one_entry(urls: tuple[str, str]) -> None:
    """PostgreSQL thinks otherwise of such: it went from the words to the stories, and read all entries."""
    searches = [name for name in ASKED if " by " in name]
    assert await grown(urls, replace(FEW, per_story=1), replace(MANY, per_story=1), searches) == ""
