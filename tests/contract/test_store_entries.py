"""What any store promises of entries: each stored once, known for long, text kept as it can be, its path told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.model import Analysis, Entry, EntryTrace, Evidence, Facts, Feed, Level
from storage.store import Store
from tests.contract.store_steps import (
    CHAT,
    TEAM,
    TOPICS,
    added_story,
    claimed_feed,
    ended,
    entry,
    member,
    new,
    recorded,
    shown,
    summary,
)
from tests.fake_clock import FakeClock


async def add(store: Store, feed: Feed, now: datetime, *entries: Entry) -> tuple[int | None, ...]:
    async with store.transaction() as transaction:
        return await transaction.add_entries(feed, [new(item) for item in entries], now)


async def test_ids_come_in_the_order_given_and_none_for_what_is_stored(store: Store, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    first = await add(store, feed, clock.now(), *(entry(number) for number in range(1300)))
    assert None not in first
    assert list(first) == sorted(set(first), key=lambda entry_id: entry_id or 0)
    second = await add(store, feed, clock.now(), entry(5), entry(2000), entry(7), entry(2000))
    assert second[0] is None
    assert second[1] is not None
    assert second[2:] == (None, None)
    assert await add(store, feed, clock.now()) == ()


async def test_of_many_entries_the_new_ones_get_their_own_text(store: Store, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    known = await add(store, feed, clock.now(), *(entry(number, title="Before") for number in range(0, 200, 3)))
    ids = await add(store, feed, clock.now(), *(entry(number) for number in range(200)))
    assert [number for number, entry_id in enumerate(ids) if entry_id is None] == list(range(0, 200, 3))
    for number in (0, 1, 3, 98, 149, 151, 198, 199):
        trace = await store.find_entry(entry(number).url)
        assert trace is not None
        wanted = (known[number // 3], "Before") if number % 3 == 0 else (ids[number], f"Title {number}")
        assert (trace.entry_id, trace.title) == wanted


async def test_the_same_identity_in_another_feed_is_another_entry(store: Store, clock: FakeClock) -> None:
    first = await claimed_feed(store, clock.now(), 1)
    second = await claimed_feed(store, clock.now(), 2)
    assert (await add(store, first, clock.now(), entry()))[0] is not None
    assert await store.find_known(second.id, [entry()]) == frozenset()
    assert (await add(store, second, clock.now(), entry()))[0] is not None


async def test_an_entry_is_known_by_identity_or_by_link(store: Store, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    await add(store, feed, clock.now(), entry(1), entry(2))
    renamed = replace(entry(1), identity="another guid")
    moved = replace(entry(2), link_key="https://host.example/elsewhere")
    bare = replace(entry(3), link_key="")
    assert await store.find_known(feed.id, [renamed, moved, bare]) == {"another guid", "guid-2"}
    assert await store.find_known(feed.id, []) == frozenset()


async def test_entries_without_link_are_not_taken_for_one_another(store: Store, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    await add(store, feed, clock.now(), replace(entry(1), url="", link_key=""))
    assert await store.find_known(feed.id, [replace(entry(2), url="", link_key="")]) == frozenset()


async def test_a_link_shared_by_many_entries_hides_none_of_them(store: Store, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    page = "https://host.example/live"
    await add(store, feed, clock.now(), entry(1, link_key=page))
    assert await store.find_known(feed.id, [entry(1, link_key=page), entry(2, link_key=page)]) == {"guid-1"}


async def test_many_entries_are_looked_up_at_once(store: Store, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    await add(store, feed, clock.now(), *(entry(number) for number in range(0, 3000, 2)))
    known = await store.find_known(feed.id, [entry(number) for number in range(3000)])
    assert known == {f"guid-{number}" for number in range(0, 3000, 2)}


async def test_feeds_asked_for_together_know_only_their_own(store: Store, clock: FakeClock) -> None:
    feeds = [await claimed_feed(store, clock.now(), number) for number in range(1, 7)]
    for place, feed in enumerate(feeds):
        await add(store, feed, clock.now(), *(entry(number) for number in range(place * 100, place * 100 + 150)))
    # All ask for what some have; the last two for more than one statement holds.
    asked = {feed.id: [entry(number) for number in range(0, 700, 50)] for feed in feeds[:4]}
    asked |= {feed.id: [entry(number) for number in range(700)] for feed in feeds[4:]}
    moved = replace(entry(20), identity="another guid")
    asked[feeds[0].id] += [moved]
    asked[feeds[1].id] += [moved]
    known = await store.find_known_all(asked)
    for place, feed in enumerate(feeds):
        own = set(range(place * 100, place * 100 + 150)) & set(range(0, 700, 50) if place < 4 else range(700))
        assert known[feed.id] == {f"guid-{number}" for number in own} | ({"another guid"} if place == 0 else set())
    assert await store.find_known_all({feeds[0].id: []}) == {feeds[0].id: frozenset()}


async def test_an_identity_of_any_length_is_kept_apart(store: Store, clock: FakeClock) -> None:
    feed = await claimed_feed(store, clock.now())
    long = "x" * 50_000
    one, two = entry(1, identity=long + "1", link_key=long), entry(2, identity=long + "2", link_key="", url=long)
    assert None not in await add(store, feed, clock.now(), one, two)
    assert await store.find_known(feed.id, [one, two, entry(3, identity=long)]) == {one.identity, two.identity}


TEXT = st.text(st.characters(exclude_categories=[]), max_size=40) | st.sampled_from(
    [
        "\x00",
        "a\x00b",
        "\ud83d",
        "x\udfffy",
        "\ud83d\ude00",
        "😀",
        "\u2028",
        "\r\n",
        "'; DROP TABLE entries; --",
        "%s ? :a",
    ]
)


def stored_form(text: str) -> str:
    return "".join("\ufffd" if c == "\x00" or "\ud800" <= c <= "\udfff" else c for c in text)


def analysed(words: str) -> Analysis:
    evidence = Evidence("t", "c", words, "title", 1.5, "p", 0, 3)
    return Analysis(Level.HALF, evidence=(evidence,), missing={words: ("a", words)}, signature={"w": [words, 1]})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(identity=TEXT, title=TEXT, link=TEXT, words=TEXT)
async def test_any_text_comes_back(
    store: Store, clock: FakeClock, identity: str, title: str, link: str, words: str
) -> None:
    clock.advance(3600)
    feed = await claimed_feed(store, clock.now())
    url = f"https://host.example/{clock.now():%s}/{link}"
    item = Entry(identity=f"{clock.now():%s}{identity}", title=title, url=url, link_key=url, summary=words, text=words)
    async with store.transaction() as transaction:
        (entry_id,) = await transaction.add_entries(feed, [new(item, "half", analysed(words))], clock.now())
        assert entry_id is not None
        await transaction.set_outcome(entry_id, "ignored", words)
        await transaction.finish_poll(feed, ended(feed, clock.now()))
    assert await store.find_known(feed.id, [item]) == {item.identity}
    trace = await store.find_entry(url)
    assert trace is not None
    assert (trace.title, trace.url, trace.reason) == tuple(map(stored_form, (title, url, words)))
    assert trace.analysis == analysed("".join(c if c == "\x00" else stored_form(c) for c in words))


@pytest.mark.parametrize(
    "published",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=3))),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=-3))),
        datetime.max.replace(tzinfo=UTC),
        datetime.min.replace(tzinfo=UTC),
    ],
)
async def test_no_date_of_a_feed_is_too_odd(store: Store, clock: FakeClock, published: datetime) -> None:
    feed = await claimed_feed(store, clock.now())
    assert None not in await add(store, feed, clock.now(), entry(published_at=published))


async def test_the_path_of_an_entry_is_told(store: Store, clock: FakeClock) -> None:
    await store.subscribe(CHAT, TOPICS, clock.now())
    await store.subscribe(TEAM, TOPICS, clock.now())
    story, _ = await added_story(store, clock.now())
    (lane,) = await store.claim_lanes(clock.now(), platforms=["slack"], limit=1, per_lane=1, lease=timedelta(minutes=1))
    await store.mark_sent(lane, lane.items[0], "m1", 1, clock.now())
    trace = await store.find_entry(entry(1).url)
    assert trace == EntryTrace(
        entry_id=story.members[0].entry_id,
        feed="Feed 1",
        title="Title 1",
        url=entry(1).url,
        seen_at=clock.now(),
        outcome="alert",
        reason="because",
        analysis=Analysis(),
        story_id=story.id,
        sent=1,
        queued=1,
    )
    assert await store.find_entry("https://host.example/unknown") is None
    assert await store.find_entry("") is None


async def test_an_entry_is_found_by_its_link_and_rather_with_its_story(store: Store, clock: FakeClock) -> None:
    now = clock.now()
    first = await claimed_feed(store, now, 1)
    second = await claimed_feed(store, now, 2)
    link = "https://host.example/key"
    async with store.transaction() as transaction:
        (entry_id,) = await transaction.add_entries(first, [new(entry(1, link_key=link), "alert")], now)
        assert entry_id is not None
        story = await transaction.add_story(member(entry_id, now), summary(), now)
        await transaction.add_entries(second, [new(entry(1, link_key=link))], now)
    for address in (link, entry(1).url):
        trace = await store.find_entry(address)
        assert trace is not None
        assert (trace.entry_id, trace.story_id) == (entry_id, story.id)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://site.example/news/1", "site.example/news/1"),
        ("http://site.example/news/1/", "site.example/news/1"),
        ("https://site.example/news/1?utm_source=rss", "site.example/news/1"),
        ("https://site.example/news?id=1&utm_source=rss", "site.example/news?id=1"),
        ("https://Site.example/news/1#top", "site.example/news/1"),
        ("https://mirror.example/news/1", "site.example/news/1"),
        ("https://site.example/", "made-of-its-content"),
        ("https://site.example/live", ""),
        ("https://?", ""),
    ],
)
async def test_an_entry_is_found_by_its_address_whatever_its_key(
    store: Store, clock: FakeClock, url: str, key: str
) -> None:
    feed = await claimed_feed(store, clock.now())
    others = [entry(2, url=f"{url}x", link_key=key), entry(3, url="", link_key=""), entry(4, url="", link_key=key)]
    ids = await add(store, feed, clock.now(), *others, entry(1, url=url, link_key=key))
    trace = await store.find_entry(url)
    assert trace is not None
    assert (trace.entry_id, trace.url) == (ids[3], url)
    assert await store.is_covered("", url)
    assert not await store.is_covered("", f"{url}y")


async def test_the_analysis_of_an_entry_is_kept_whole(store: Store, clock: FakeClock) -> None:
    analysis = Analysis(
        level=Level.ALERT,
        topics=("prisoner-release",),
        scores={"prisoner-release": 7.25},
        evidence=(Evidence("prisoner-release", "release", "вызвалілі", "first", 3.0, "be:вызвал*", 4, 13),),
        missing={"sanctions": ("lifting",)},
        people=("Alieś Bialiacki",),
        facts=Facts(
            released=52, at_least=True, people=("A", "B"), evidence={"released": "52"}, counts=(("BelTA", 52),)
        ),
        signature={"tokens": ["a", "b"], "n": 3},
    )
    feed = await claimed_feed(store, clock.now())
    async with store.transaction() as transaction:
        await transaction.add_entries(feed, [new(entry(), "alert", analysis)], clock.now())
    trace = await store.find_entry(entry().url)
    assert trace is not None
    assert trace.analysis == analysis


async def test_status_counts_what_there_is(store: Store, clock: FakeClock) -> None:
    assert (await store.get_status()).last_poll_at is None
    await store.subscribe(CHAT, TOPICS, clock.now())
    await added_story(store, clock.now(), number=1)
    await shown(store, clock.now())
    clock.advance(60)
    await added_story(store, clock.now(), number=2)
    feed = await claimed_feed(store, clock.now(), 2)
    await recorded(store, feed, replace(ended(feed, clock.now()), state=replace(feed.state, failures=2)))
    status = await store.get_status()
    assert (status.feeds, status.feeds_failing, status.entries, status.hits, status.stories) == (2, 1, 2, 2, 2)
    assert (status.subscriptions, status.alerts_sent, status.outbox_waiting, status.outbox_dead) == (1, 1, 1, 0)
    assert (status.oldest_waiting_at, status.last_poll_at) == (clock.now(), clock.now())
    assert status.last_ok_at == clock.now()


async def test_copies_are_counted_whatever_stands_in_a_headline(store: Store, clock: FakeClock) -> None:
    titles = ["Łódź \"quoted\" \\ 'q' \n,]", "", "NUL \x00 and \ud800", "🕊", "[1]"]
    feed = await claimed_feed(store, clock.now())
    found = [new(entry(number, title=titles[number % len(titles)])) for number in range(7)]
    await store.record_polls([(feed, ended(feed, clock.now()))], {feed.id: found})
    kept = [*titles[:2], "NUL \ufffd and \ufffd", *titles[3:]]
    assert await store.count_titles(feed.id, [*titles, "unknown"]) == dict(zip(kept, [2, 2, 1, 1, 1], strict=True))
    assert await store.count_titles(feed.id, ["unknown"] * 600) == {}
