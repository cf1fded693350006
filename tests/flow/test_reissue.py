"""Feeds that come anew under other ids, addresses and dates: recognised, recorded, told, and no flood of alerts."""

from __future__ import annotations

import pytest

from core.model import Analysis, Entry, FeedSpec, Outcome
from core.watch import WatchHit
from tests.feed_server import reply
from tests.polling import polling

TITLES = [f"N{number} released" for number in range(12)]
CHANGES = {
    "ids": ("guid", "<guid>new-{n}</guid><link>http://news.example/{n}?session={n}{p}</link>"),
    "addresses": ("path", "<link>http://news.example/articles/{p}/{n}</link>"),
    "https": ("https", "<guid>old-{n}</guid><link>https://news.example/{n}</link>"),
    "tracking": ("tracking", "<link>http://news.example/{n}?utm_source=rss&amp;utm_campaign={p}</link>"),
    "host": ("host", "<guid>http://www.news.test/{p}/{n}</guid><link>http://www.news.test/{n}</link>"),
}


def document(form: str, titles: list[str], poll: int = 0, date: str = "") -> bytes:
    items = "".join(
        f"<item><title>{title}</title>{form.format(n=title.split()[0], p=poll)}{date}</item>" for title in titles
    )
    return f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>".encode()


OLD = "<guid>old-{n}</guid><link>http://news.example/{n}</link>"
BARE = "<link>http://news.example/{n}</link>"


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("date", ["", "<pubDate>Thu, 19 Mar 2026 12:30:00 GMT</pubDate>"], ids=["undated", "redated"])
async def test_a_feed_that_comes_anew_alerts_for_what_is_new_only(name: str, date: str) -> None:
    form = CHANGES[name][1]
    before = BARE if name in ("addresses", "tracking") else OLD
    async with polling() as it:
        changed = document(form, ["Really released", *TITLES], 1, date)
        url = it.server.on("/feed", reply(document(before, TITLES)), reply(changed), reply(changed + b" "))
        await it.poll(url)
        it.clock.advance(3600)
        result = await it.poll(url)
        assert (result.outcome, result.entries, result.alerts) == (Outcome.OK, 13, 1)
        assert it.store.outcomes["Really released"] == "alert"
        assert len([one for one in it.store.entries.values() if one.outcome == "alert"]) == 1
        if name not in ("https", "tracking"):  # those are known by guid or link, and nothing to speak of
            assert it.events.named("feed_reissued")[0]["known"] == 12
        it.clock.advance(3600)
        assert (await it.poll(url)).new == 0


async def test_a_feed_that_changes_its_ids_at_every_poll_neither_alerts_nor_grows_for_ever() -> None:
    async with polling() as it:
        form = CHANGES["ids"][1]
        bodies = [document("<guid>{n}-{p}</guid>" + form.partition("</guid>")[2], TITLES, poll) for poll in range(9)]
        url = it.server.on("/feed", *(reply(body) for body in bodies))
        results = []
        for _ in bodies:
            results.append(await it.poll(url))
            it.clock.advance(600)
        assert sum(result.alerts for result in results) == 0
        assert [result.new for result in results] == [12, 12, 12, 0, 0, 0, 0, 0, 0]
        assert all(result.entries == 12 for result in results)
        assert len(it.events.named("feed_reissued")) == 2
        it.server.on("/feed", reply(document(form, ["Really released", *TITLES], 99)))
        assert (await it.poll(url)).alerts == 1


@pytest.mark.parametrize(("date", "alerts"), [("Mon, 19 Jan 2026", 0), ("Thu, 19 Mar 2026", 1)])
async def test_one_old_entry_under_another_address_is_no_news(date: str, alerts: int) -> None:
    """The address of a report is corrected long after its story is over; under a new day it is a new report."""
    january = "<pubDate>Mon, 19 Jan 2026 12:30:00 GMT</pubDate>"
    async with polling() as it:
        first = document(BARE, TITLES, date=january)
        moved = first.replace(b"http://news.example/N3<", b"http://news.example/n3-corrected<")
        moved = moved.replace(b"corrected</link>" + january.encode(), f"corrected</link>{_day(date)}".encode())
        url = it.server.on("/feed", reply(first), reply(moved))
        await it.poll(url)
        it.clock.advance(60 * 86400)
        await it.poll(url)
        assert it.store.outcomes["N3 released"] == ("alert" if alerts else "old")
        assert len(it.store.alerted) == alerts


class Names:
    """A Watcher of one word."""

    def __init__(self, word: str) -> None:
        self.word = word

    async def refresh(self) -> bool:
        return True

    def find(self, feed: FeedSpec, entry: Entry, analysis: Analysis) -> tuple[WatchHit, ...]:
        return (WatchHit("word", self.word),) if self.word in entry.title else ()


@pytest.mark.parametrize("says", ["released", "writes from Hrodna"])  # with a topic, and with none at all
@pytest.mark.parametrize(("date", "told"), [("Mon, 19 Jan 2026", 0), ("Thu, 19 Mar 2026", 1)])
async def test_one_old_entry_under_another_address_reaches_no_watchlist(says: str, date: str, told: int) -> None:
    january = _day("Mon, 19 Jan 2026")
    titles = [f"N{number} {says}" for number in range(12)]
    async with polling(watcher=Names("N3 ")) as it:
        first = document(BARE, titles, date=january)
        moved = first.replace(b"http://news.example/N3<", b"http://news.example/n3-corrected<")
        moved = moved.replace(b"corrected</link>" + january.encode(), f"corrected</link>{_day(date)}".encode())
        fresh = (
            document(BARE, ["N3 is well"], date=_day("Sun, 18 Jan 2026")).partition(b"<item>")[2].partition(b"</item>")
        )
        late = moved.replace(b"<item>", b"<item>" + fresh[0].replace(b"N3<", b"N3-late<") + b"</item><item>", 1)
        url = it.server.on("/feed", reply(first), reply(moved), reply(late))
        await it.poll(url)
        it.clock.advance(60 * 86400)
        await it.poll(url)
        assert len(it.store.watched) == told
        assert (it.store.outcomes[f"N3 {says}"] == "old") is not bool(told)
        it.clock.advance(86400)
        await it.poll(url)
        assert len(it.store.watched) == told + 1, "an old day alone hushes nothing that was not read before"


def _day(date: str) -> str:
    return f"<pubDate>{date} 12:30:00 GMT</pubDate>"


async def test_headlines_that_repeat_by_custom_are_news_every_time() -> None:
    async with polling() as it:
        url = it.server.on("/feed", reply(document(OLD, ["A quiet day"])))
        await it.poll(url)
        for day in range(3):
            it.clock.advance(86400)
            daily = document("<guid>day-" + str(day) + "</guid>", ["N released: the daily count"], day)
            it.server.on("/feed", reply(daily))
            assert (await it.poll(url)).hits == 1
        assert it.events.named("feed_reissued") == []


REPORTS = (
    "Court in Minsk shortens a sentence", "N1 released before the end of the term", "Envoy lands in Vilnius",
    "N2 released with five others", "Relatives wait at the border", "N3 released from prison in Homel",
    "Ministry counts exports", "N4 released after talks", "Sanctions on potash are discussed", "N5 released in Brest",
)  # fmt: skip


def redesigned(titles: list[str], *, said: bool) -> bytes:
    """Everything by which an entry is known is another, and it is dated to now or not at all."""
    items = "".join(
        f"<item><title>{title} | News of Minsk</title><guid>urn:{n}</guid><link>https://new.example/{n}</link>"
        + (f"<description>{report(n)}</description></item>" if said else "</item>")
        for n, title in enumerate(titles)
    )
    return f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>".encode()


def report(number: int) -> str:
    return f"The day brought report {number}, of which the relatives told our correspondent by phone."


@pytest.mark.parametrize("kept", ["headlines", "texts"])
async def test_a_redesign_that_changes_ids_links_and_headlines_alerts_for_what_is_new_only(kept: str) -> None:
    """All headlines got the name of the site; or they are others altogether, and what they stand above is the same."""
    titles = list(REPORTS) if kept == "headlines" else [f"N{n} released, says the council" for n in range(len(REPORTS))]
    before = "".join(
        f"<item><title>{title}</title><guid>{n}</guid><description>{report(n)}</description></item>"
        for n, title in enumerate(REPORTS)
    )
    first = f"<rss version='2.0'><channel><title>News</title>{before}</channel></rss>".encode()
    after = redesigned([*titles, "Really released at last"], said=kept == "texts")
    async with polling() as it:
        url = it.server.on("/feed", reply(first), reply(after), reply(after + b" "))
        await it.poll(url)
        it.clock.advance(3600)
        result = await it.poll(url)
        assert (result.new, result.alerts) == (11, 1)
        assert it.store.outcomes["Really released at last | News of Minsk"] == "alert"
        assert it.events.named("feed_reissued")[0]["known"] == 10
        it.clock.advance(3600)
        assert (await it.poll(url)).new == 0


async def test_a_document_that_is_all_new_is_news() -> None:
    """The feed was not read for days: nothing in it is known, and nothing was said before."""
    async with polling() as it:
        url = it.server.on("/feed", reply(document(OLD, TITLES)))
        await it.poll(url)
        it.clock.advance(3600)
        it.server.on("/feed", reply(redesigned([f"M{n} released from prison number {n}" for n in range(9)], said=True)))
        assert (await it.poll(url)).hits == 9


async def test_a_reordered_feed_brings_nothing_new() -> None:
    async with polling() as it:
        url = it.server.on("/feed", reply(document(OLD, TITLES)), reply(document(OLD, TITLES[::-1])))
        await it.poll(url)
        assert (await it.poll(url)).new == 0
