"""Searching: the same words find the same entries on both databases."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from core.model import Level
from core.search import DayCount, SearchTerm
from matching.text import distinct_words, read_passage
from storage import search
from storage.columns import clean
from storage.search import BEGINNING
from storage.store import Store
from tests.contract.store_steps import CHAT, added_story, claimed_feed, ended, entry, new
from tests.contract.test_store_watchlists import PERSON, told
from tests.fake_clock import FakeClock

TITLES = (
    "Łukaszenka rozmawia w Mińsku",
    "У Мінску 100% вільгаць",
    "U.S. envoy in Minsk: talks_on potash",
    "MINSK sells potash",
    "Rain",
    "1,234 people freed; ends 'quoted' -- \\ backslash",
)


async def stored(store: Store, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    async with store.transaction() as transaction:
        items = [new(entry(number, title=title, summary="")) for number, title in enumerate(TITLES)]
        items.append(new(entry(99, title="Long", summary="x " * (BEGINNING // 2) + " beyond")))
        await transaction.add_entries(feed, items, clock.now())
        await transaction.finish_poll(feed, ended(feed, clock.now()))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("minsk", [3, 2]),
        ("Minsk potash", [3, 2]),
        ("Мінску", [1]),
        ("lukaszenka", [0]),
        ("lukasz*", [0]),
        ("pot*", [3, 2]),
        ("pot", []),
        ("US", [2]),
        ("1234", [5]),
        ("backslash quoted", [5]),
        ("talks", [2]),
        ("beyond", []),
        ("100", [1]),
    ],
)
async def test_words_find_entries(store: Store, clock: FakeClock, words: str, found: list[int]) -> None:
    await stored(store, clock)
    terms = [
        SearchTerm(token.folded, word.endswith("*"))
        for word in words.split()
        for token in read_passage(word, "search").tokens
    ]
    assert [one.entry.title for one in await store.search_entries(terms, 9)] == [TITLES[at] for at in found]


@pytest.mark.parametrize("word", ["%", "_", "100%", "talks_on", "\\", "'", "/"])
async def test_signs_of_the_database_mean_nothing(store: Store, clock: FakeClock, word: str) -> None:
    await stored(store, clock)
    assert await store.search_entries([SearchTerm(word)], 9) == ()


ODD = (
    "10.5 million tonnes, 10:30, don't",
    "株式会社" * 200,
    "a\ud800b \x00 tail",
    'back\\slash o\'clock "quoted" :* & | !',
    "Łódź №7 ½ ²",
)


async def test_the_index_of_words_names_none_too_few(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the words: what is found among the newest is found by the index too, also after changes."""
    feed = await claimed_feed(store, clock.now())
    async with store.transaction() as transaction:
        items = [new(entry(number, title=title, summary="")) for number, title in enumerate((*TITLES, *ODD))]
        ids = await transaction.add_entries(feed, items, clock.now())
        assert ids[0] is not None
        await transaction.update_entry(ids[0], new(entry(0, title="Rewritten", summary="altogether")))
    words = dict.fromkeys(word for title in (*ODD, "Rewritten altogether") for word in distinct_words(clean(title)))
    asked = [[SearchTerm(word)] for word in words]
    asked += [[SearchTerm(word[: len(word) // 2 + 1], True)] for word in words]
    asked += [[SearchTerm(word, True)] for word in ("nowhere", "'", "\\", ":*", '"', "\ud800", "10.")]
    asked += [[SearchTerm(one[0], True), SearchTerm(other)] for one, other in pairwise(words)]
    near = [await store.search_entries(terms, 9) for terms in asked]
    monkeypatch.setattr(search, "NEAR", 0)
    assert [await store.search_entries(terms, 9) for terms in asked] == near
    assert sum(map(bool, near)) > len(words)
    assert await store.search_entries([SearchTerm("lukaszenka")], 9) == (), "its headline was another one"
    assert len(await store.search_entries([SearchTerm("altogether")], 9)) == 1
    await store.prune(clock.now() + timedelta(days=100), keep_text=timedelta(days=1), keep_identity=timedelta(days=1))
    assert await store.search_entries([SearchTerm("altogether")], 9) == ()


async def test_entries_of_polls_recorded_together_are_in_the_index(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "NEAR", 0)
    feeds = [await claimed_feed(store, clock.now(), number) for number in (1, 2)]
    titles = [f"Headline {word}" for word in ("larch", "alder", "willow")]
    for known in (1, 3):  # the second time the others are new
        polls = [(feed, ended(feed, clock.now(), after=timedelta(0))) for feed in feeds]
        brought = [new(entry(number, title=title, summary="")) for number, title in enumerate(titles[:known])]
        assert await store.record_polls(polls, {feed.id: brought for feed in feeds}) == {
            feed.id: 1 if known == 1 else 2 for feed in feeds
        }
        feeds = [await claimed_feed(store, clock.now(), number) for number in (1, 2)]
        for place, title in enumerate(titles):
            found = await store.search_entries([SearchTerm(title.split()[1])], 9)
            assert [one.entry.title for one in found] == [title] * (2 if place < known else 0)


async def test_an_old_story_is_found_by_a_rare_word(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "NEAR", 1)
    told_of = [(await added_story(store, clock.now(), number=number))[0].id for number in range(1, 5)]
    for words, found in ({"title": told_of[::-1]} | {str(n): [told_of[n - 1]] for n in range(1, 5)}).items():
        assert [story.id for story in await store.search_stories([SearchTerm(words)], 9)] == found
    two = [SearchTerm("title")]
    assert [story.id for story in await store.search_stories(two, 2, before=told_of[2])] == told_of[1::-1]


async def test_the_newest_come_first_with_their_story(store: Store, clock: FakeClock) -> None:
    story, _ = await added_story(store, clock.now(), number=1)
    await store.watch(CHAT, [PERSON], clock.now())
    await told(store, clock, PERSON, number=2)
    second, first = await store.search_entries([SearchTerm("title")], 9)
    assert (first.story_id, first.alerted) == (story.id, True)
    assert second.story_id is None, "a story of a watchlist is told to no stranger"
    assert await store.search_entries([SearchTerm("title")], 1) == (second,)


async def test_stories_are_counted_by_day_and_topic(store: Store, clock: FakeClock) -> None:
    day = clock.now().date()
    await added_story(store, clock.now(), number=1, topics=["sanctions"])
    await added_story(store, clock.now(), number=2, topics=["sanctions", "us-diplomacy"], level=Level.DIGEST)
    clock.advance(24 * 3600)
    await added_story(store, clock.now(), number=3, topics=["sanctions"])
    await store.watch(CHAT, [PERSON], clock.now())
    await told(store, clock, PERSON, number=4)
    assert await store.count_days(clock.now() - timedelta(days=2)) == (
        DayCount(day, "sanctions", 2),
        DayCount(day, "us-diplomacy", 1),
        DayCount(day + timedelta(days=1), "sanctions", 1),
    )
    assert len(await store.count_days(clock.now())) == 1
