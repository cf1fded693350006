"""`watch-import`: a list of people onto a chat's watchlist, and a poll that names one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.cli import main
from app.watcher import StoredWatcher
from bot.backtest import back_test, rule_spec
from core.model import FeedSpec, Level, Target
from feeds.fetch import Fetcher
from feeds.judging import Judging
from feeds.kit import Kit
from feeds.options import FeedOptions
from feeds.parsing import ParseWorker
from feeds.poller import Poller
from matching.matcher import load_matcher
from matching.people import Roster
from matching.rules import read_rule
from matching.stories import StoryBook
from storage.store import Store
from tests.contract.store_steps import CHAT, TEAM, lanes
from tests.fake_clock import FakeClock
from tests.fakes import Events
from tests.feed_server import FeedServer, feed_xml, reply

LIST = """name;be;ru;note
Ales Bialiatski;;;known to the packs
;Марына Золатава;Марина Золотова;known or not
Wolf Rubinchyk;;;made from the name
;;;nobody
Алесь Беляцкий;;;the first again
"""


def configured(tmp_path: Path) -> tuple[str, str]:
    url = f"sqlite+aiosqlite:///{tmp_path}/watch.db"
    config = tmp_path / "config.toml"
    config.write_text(f'[storage]\nurl = "{url}"\n', encoding="utf-8")
    return url, str(config)


async def labels(url: str) -> list[str]:
    store = Store(url)
    await store.open()
    try:
        return [item.spec.label for item in await store.watches(CHAT)]
    finally:
        await store.close()


def test_a_list_is_imported_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import asyncio

    url, config = configured(tmp_path)
    people = tmp_path / "people.csv"
    people.write_text(LIST, encoding="utf-8-sig")
    arguments = ["--config", config, "watch-import", str(people), "--target", str(CHAT)]
    assert main([*arguments, "--dry-run"]) == 0
    shown = capsys.readouterr()
    assert "Ales Bialiatski: Bialiatski, Belyatsky" in shown.out
    assert shown.err == "left out: line 5 names nobody\n"
    assert asyncio.run(labels(url)) == []
    assert main(arguments) == 0
    assert f"3 of 3 people are new on the watchlist of {CHAT}." in capsys.readouterr().out
    assert main(arguments) == 0
    assert "0 of 3 people are new" in capsys.readouterr().out
    found = asyncio.run(labels(url))
    assert (found[0], found[2], len(found)) == ("Ales Bialiatski", "Wolf Rubinchyk", 3)


def test_a_list_without_header_and_one_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, config = configured(tmp_path)
    people = tmp_path / "people.csv"
    people.write_text("Maria Kalesnikava\nAles Bialiatski,x\n", encoding="utf-8")
    arguments = ["--config", config, "watch-import", "--target", str(CHAT)]
    assert main([*arguments, str(people)]) == 0
    assert "2 of 2" in capsys.readouterr().out
    assert main([*arguments, str(tmp_path / "none.csv")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    people.write_bytes("Алесь Бяляцкі".encode("windows-1251"))
    assert main([*arguments, str(people)]) == 0
    assert "0 of 1 people are new" in capsys.readouterr().out
    people.write_bytes("Więzień".encode("windows-1250"))
    assert main([*arguments, str(people)]) == 2
    assert "is not UTF-8" in capsys.readouterr().err


# --- from a poll to the chat ----------------------------------------------------------------------------------------


class Station:
    def __init__(self, server: FeedServer, store: Store, clock: FakeClock, poller: Poller, roster: Roster) -> None:
        self.server, self.store, self.clock, self.poller, self.roster = server, store, clock, poller, roster

    async def publish(self, *titles: str, path: str = "/feed") -> None:
        """Poll a feed that has an old item, then one that has these too."""
        before = feed_xml("Rain in Oslo")
        url = self.server.on(path, reply(before), reply(feed_xml(*titles, "Rain in Oslo")))
        await self.store.sync_feeds([FeedSpec(path, url)], self.clock.now())
        await self.poller.poll_once(force=True)
        self.clock.advance(600)
        await self.poller.poll_once(force=True)

    async def waiting(self) -> dict[Target, list[str]]:
        found = await lanes(self.store, self.clock.now())
        return {lane.target: [item.watched for item in lane.items] for lane in found}


@pytest.fixture
async def station(sqlite_url: str, clock: FakeClock) -> AsyncIterator[Station]:
    store = Store(sqlite_url, clock=clock)
    await store.open()
    matcher = load_matcher()
    async with FeedServer() as server:
        options = FeedOptions(allow_private=(server.endpoint,))
        async with Fetcher(options, clock) as fetcher, ParseWorker(options) as parser:
            watcher = StoredWatcher(store, matcher.lexicon)
            kit = Kit(store, Judging(matcher, StoryBook(), watcher), fetcher, clock, options, Events())
            poller = Poller(kit, parser)
            yield Station(server, store, clock, poller, Roster(matcher.lexicon))
            await poller.drain(1)
    await store.close()


async def test_who_watches_is_told_though_no_topic_matched(station: Station) -> None:
    await station.store.watch(CHAT, [station.roster.spec("bialiatski")], station.clock.now())
    await station.publish("Ales Bialiatski gives a reading in Oslo")
    assert await station.waiting() == {CHAT: ["Ales Bialiatski"]}
    assert await station.store.latest_stories(9, level=Level.DIGEST) == ()


async def test_an_old_item_is_no_alert(station: Station) -> None:
    await station.store.watch(CHAT, [station.roster.spec("bialiatski")], station.clock.now())
    url = station.server.on("/old", reply(feed_xml("Ales Bialiatski gives a reading in Oslo")))
    await station.store.sync_feeds([FeedSpec("old", url)], station.clock.now())
    await station.poller.poll_once(force=True)
    assert await station.waiting() == {}


async def test_a_reprint_is_an_edit_and_no_second_message(station: Station) -> None:
    await station.store.watch(CHAT, [station.roster.spec("bialiatski")], station.clock.now())
    await station.publish("Ales Bialiatski gives a reading in Oslo", path="/one")
    await station.publish("Ales Bialiatski gives a  reading in OSLO", path="/two")
    ((item,),) = [lane.items for lane in await lanes(station.store, station.clock.now())]
    assert (item.wanted, item.sent) == (2, 0)


async def test_a_watchlist_changed_meanwhile_counts_from_the_next_poll(station: Station) -> None:
    await station.publish("Ales Bialiatski gives a reading in Oslo", path="/one")
    assert await station.waiting() == {}
    await station.store.watch(TEAM, [station.roster.spec("bialiatski")], station.clock.now())
    await station.publish("Ales Bialiatski travels on to Bergen", path="/two")
    assert await station.waiting() == {TEAM: ["Ales Bialiatski"]}
    await station.store.unwatch(TEAM, [item.id for item in await station.store.watches(TEAM)])
    await station.publish("Ales Bialiatski is back from Bergen", path="/three")
    assert (await station.store.get_status()).outbox_waiting == 1, "only what was told before"


async def test_a_story_of_the_topics_comes_once_to_who_has_both(station: Station) -> None:
    await station.store.subscribe(CHAT, ("prisoner-release",), station.clock.now())
    for chat in (CHAT, TEAM):
        await station.store.watch(chat, [station.roster.spec("bialiatski")], station.clock.now())
    await station.publish("Belarus frees 52 political prisoners, among them Ales Bialiatski, Lukashenko says")
    assert await station.waiting() == {CHAT: ["Ales Bialiatski"], TEAM: ["Ales Bialiatski"]}
    (story,) = await station.store.latest_stories(9)
    assert await station.store.find_watched(TEAM, story.id) == "Ales Bialiatski"


async def test_a_back_test_says_what_watching_brings_item_for_item(station: Station) -> None:
    rule = read_rule("(minsk OR oslo) NOT rain NOT title:football")
    await station.store.watch(CHAT, [rule_spec(rule)], station.clock.now())
    news = [
        "Minsk opens a bridge", "Football in Minsk", "A fair in Oslo", "Rain in Minsk", "Belarus frees 52 political "
        "prisoners in Minsk after US talks", "A fair in Bergen", "Minsk and Oslo exchange letters",
    ]  # fmt: skip
    await station.publish(*news)
    tried = await back_test(rule, station.store, (), station.clock.now())
    ((*items,),) = [lane.items for lane in await lanes(station.store, station.clock.now())]
    live = {(await station.store.get_story(item.story_id)).members[0].title for item in items}
    assert live == {hit.entry.title for hit in tried.hits} == {news[0], news[2], news[4], news[6]}
    assert tried.looked == len(news)
    assert tried.new == len(live)
