"""What operators are told stands in the database, and so do the processes at work; the fake of it behaves alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.attention import AttentionStore
from core.noticing import Notice
from core.replicas import Replica
from core.sentence import Sentence
from storage.schema import REVISION
from storage.store import Store
from tests.fake_clock import FakeClock
from tests.fake_notices import FakeNotices

DISK = Notice("disk", "", "The disk is full.")
FEED = Notice("feed", "https://a.example/" + "x" * 5_000, "The feed A cannot be read: 410 Gone.")


@pytest.fixture(params=["sqlite_url", "postgres_url", ""])
def place(request: pytest.FixtureRequest) -> str:
    """A database of each kind, and "" for memory."""
    return str(request.getfixturevalue(request.param)) if request.param else ""


@pytest.fixture
async def notices(place: str, clock: FakeClock) -> AsyncIterator[AttentionStore]:
    if not place:
        yield FakeNotices()
        return
    store = Store(place, clock=clock)
    await store.open()
    yield store
    await store.close()


def replica(clock: FakeClock, owner: str = "host:7:ab", version: str = "1.2.0") -> Replica:
    return Replica(owner, version, REVISION, ("deliver", "poll"), clock.now())


async def test_a_notice_begins_once_for_all_processes(notices: AttentionStore, clock: FakeClock) -> None:
    assert set(await notices.begin_notices([FEED, DISK], clock.now())) == {DISK, FEED}
    assert await notices.begin_notices([FEED, DISK], clock.now()) == ()
    assert {one.key for one in await notices.list_notices(clock.now())} == {FEED.key, DISK.key}
    assert await notices.end_notices([FEED.key, ("feed", "https://b.example/")]) == {FEED.key}
    assert await notices.end_notices([FEED.key]) == frozenset()
    assert await notices.list_notices(clock.now()) == (DISK,)
    assert await notices.begin_notices([FEED], clock.now()) == (FEED,)


async def test_of_many_who_notice_at_once_one_is_the_first(notices: AttentionStore, clock: FakeClock) -> None:
    begun = await asyncio.gather(*(notices.begin_notices([FEED, DISK], clock.now()) for _ in range(8)))
    assert sorted(one.kind for some in begun for one in some) == ["disk", "feed"]


async def test_a_sentence_is_given_back_as_one(notices: AttentionStore, clock: FakeClock) -> None:
    inner = Sentence(("{stories}; and {n} more", "{stories}; and {n} more"), stories="“A {n}” \\ 'b'", n=2)
    said = Sentence(("{n} story: {stories}", "{n} stories: {stories}"), n=1_007, stories=inner)
    await notices.begin_notices([Notice("audit", "", said), DISK], clock.now())
    found = {one.kind: one.text for one in await notices.list_notices(clock.now())}
    assert found == {"audit": "1,007 stories: “A {n}” \\ 'b'; and 2 more", "disk": DISK.text}
    audit = found["audit"]
    assert isinstance(audit, Sentence)
    assert (audit.template, audit.values["n"]) == (said.template, 1_007)
    assert isinstance(audit.values["stories"], Sentence)
    assert audit.values["stories"].values == inner.values
    assert not isinstance(found["disk"], Sentence)


async def test_who_knows_is_remembered_for_each(notices: AttentionStore, clock: FakeClock) -> None:
    await notices.begin_notices([FEED, DISK], clock.now())
    await notices.mark_noticed([FEED.key], "aa")
    await notices.mark_noticed([FEED.key, DISK.key], "bb")
    assert {one.kind: one.told for one in await notices.list_notices(clock.now())} == {
        "feed": frozenset({"aa", "bb"}),
        "disk": frozenset({"bb"}),
    }


async def test_what_nobody_repeats_is_over_at_its_time(notices: AttentionStore, clock: FakeClock) -> None:
    hour = timedelta(hours=1)
    token = Notice("token", "slack", "slack refuses the token.", clock.now() + hour)
    await notices.begin_notices([token], clock.now())
    clock.advance(3500)
    await notices.prolong_notices([token.key, DISK.key], clock.now() + hour)
    clock.advance(3500)
    assert [one.key for one in await notices.list_notices(clock.now())] == [token.key]
    assert await notices.begin_notices([token], clock.now()) == ()
    clock.advance(100)
    assert await notices.list_notices(clock.now()) == ()
    assert await notices.begin_notices([token], clock.now()) == (token,)


async def test_processes_at_work(notices: AttentionStore, clock: FakeClock) -> None:
    first = replica(clock)
    await notices.beat(first, clock.now())
    clock.advance(60)
    second = replica(clock, "host:8:cd", "1.3.0")
    await notices.beat(second, clock.now())
    await notices.beat(first, clock.now())
    since = clock.now()
    assert await notices.list_replicas(since) == (first, second)
    clock.advance(60)
    await notices.beat(first, clock.now())
    assert await notices.list_replicas(clock.now()) == (first,)
    await notices.leave(first.owner)
    assert await notices.list_replicas(since) == (second,)
    assert await notices.read_revision() == REVISION


async def test_leases_that_somebody_has(notices: AttentionStore, clock: FakeClock) -> None:
    for name, owner in (("telegram:7", "host:7:ab"), ("attention", "host:8:cd"), ("housekeeping", "host:8:cd")):
        await notices.take_lease(name, owner, clock.now(), ttl=timedelta(seconds=20 if name != "attention" else 5))
    clock.advance(5)
    found = await notices.list_leases(clock.now())
    assert [(one.name, one.owner) for one in found] == [("housekeeping", "host:8:cd"), ("telegram:7", "host:7:ab")]


async def test_processes_long_gone_are_forgotten(store: Store, clock: FakeClock) -> None:
    began = clock.now()
    await store.beat(replica(clock, "gone"), began)
    clock.advance(25 * 3600)
    await store.beat(replica(clock), clock.now())
    assert [one.owner for one in await store.list_replicas(began)] == ["host:7:ab"]
    assert replica(clock).name == "host:7"


async def test_text_that_postgresql_cannot_store_is_cleaned(store: Store, clock: FakeClock) -> None:
    await store.begin_notices([Notice("feed", "n\x00", "t\ud800")], clock.now())
    (one,) = await store.list_notices(clock.now())
    assert (one.name, one.text) == ("n\ufffd", "t\ufffd")
    await store.begin_notices([Notice("token", "", Sentence("No: {reason}", reason="\x00\ud800{"))], clock.now())
    _, said = await store.list_notices(clock.now())
    assert isinstance(said.text, Sentence)
    assert (said.text, said.text.values) == ("No: \ufffd\ufffd{", {"reason": "\ufffd\ufffd{"})
