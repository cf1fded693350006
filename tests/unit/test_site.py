"""The status page: what it shows and to whom, that foreign text stays text, and the headers that hold it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree

import aiohttp
import pytest

from app.site import is_loopback, site_options
from core.chart import Point, chart, points
from core.model import Facts
from core.ports import HttpRequest
from core.settings import HttpSettings
from feeds.desk import judge
from matching.timeline import KnownEvent, load_timeline
from tests.fake_chat import NOON
from tests.fake_clock import FakeClock
from tests.site_content import TOPICS, SampleStore, sample_stories, served
from web.access import MOST_FAILURES, Gate
from web.html import outward, tag
from web.pages import fact_rows
from web.site import Site, SiteOptions
from web.syndication import FORMATS, Channel

TOKEN = "a-token-of-sixteen-or-more"
BOTH = SiteOptions(public=True, operator=True, token=TOKEN)
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PUBLIC = ("/", "/stories/5", "/stories/4", "/stories.rss", "/stories.atom", "/stories.json", "/api/v1/stories")
CLOSED = ("/feeds", "/deliveries", "/api/v1/status")
VOID = {"meta", "link", "input"}


class Page(HTMLParser):
    """Reads a page and refuses what is badly nested; remembers tags, attributes and words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((name, dict(attrs)))
        if name not in VOID:
            self.open.append(name)

    def handle_startendtag(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((name, dict(attrs)))

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name

    def handle_data(self, data: str) -> None:
        self.words += data

    def links(self) -> list[str]:
        return [attributes["href"] or "" for _, attributes in self.tags if "href" in attributes]


class Reader:
    """A browser without cookies: `get` gives status, headers and text."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self._session, self._base = session, base

    async def get(self, path: str, method: str = "GET", **options: object) -> tuple[int, Mapping[str, str], str]:
        url = self._base + path
        async with self._session.request(method, url, allow_redirects=False, **options) as answer:  # type: ignore[arg-type]
            return answer.status, answer.headers, await answer.text()


@asynccontextmanager
async def reading(
    options: SiteOptions = BOTH, store: SampleStore | None = None, clock: FakeClock | None = None
) -> AsyncIterator[Reader]:
    clock = clock or FakeClock(NOON)
    site = Site(
        store or SampleStore(),
        clock,
        TOPICS,
        options,
        known=load_timeline(),
        judge=lambda feed: judge(feed, clock),
        attention=lambda: ("The feed <b>X</b> cannot be read.",),
    )
    async with (
        served(site.routes, site.missing) as base,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        yield Reader(session, base)


async def test_the_timeline_shows_stories_with_facts_and_sources() -> None:
    async with reading() as reader:
        status, headers, text = await reader.get("/")
    page = Page(text)
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    for words in ("Belarus frees 52 prisoners", "at least 52", "Sample Wire: 52, Узор: 51", "Still held1150"):
        assert words in page.words, words
    assert "Узор (independent), 19 Mar 2026 12:00" in page.words
    assert "/stories/5" in page.links()
    assert "/stories/1" not in page.links()  # what only a watchlist found is nobody else's business
    assert "minor" in page.words
    languages = {attributes.get("lang") for name, attributes in page.tags if name == "span"}
    assert {"en"} <= languages


async def test_a_story_shows_every_report_and_its_evidence() -> None:
    async with reading() as reader:
        page = Page((await reader.get("/stories/5"))[2])
        missing = await reader.get("/stories/77")
        secret = await reader.get("/stories/1")
        odd = [await reader.get(f"/stories/{path}") for path in ("0", "-1", "x", "٣", "9" * 30)]
    assert page.words.count("first seen") == 3
    assert "follow-up" in page.words
    assert "Matched: freed, prisoners" in page.words
    assert "Prisoner releases 6.5" in page.words
    assert missing[0] == secret[0] == 404
    assert {answer[0] for answer in odd} == {404}


@pytest.mark.parametrize("path", ["/", "/stories/4", "/feeds", "/deliveries"])
async def test_foreign_text_stays_text_and_links_stay_http(path: str) -> None:
    async with reading() as reader:
        _, _, text = await reader.get(path, headers=BEARER)
    page = Page(text)
    assert "<script" not in text
    assert "<b>" not in text
    assert "javascript:" not in text
    assert "\u202e" not in text
    assert "alert(1)" in page.words
    assert not any(name.startswith("on") or name == "style" for _, attributes in page.tags for name in attributes)
    assert not {"script", "style", "iframe", "object"} & {name for name, _ in page.tags}
    assert all(re.match(r"https?://|/|#|data:,$", link) for link in page.links()), page.links()


async def test_every_answer_has_the_headers_that_hold_it() -> None:
    async with reading() as reader:
        for path in (*PUBLIC, *CLOSED, "/style.css", "/sign-in", "/stories/77", "/?limit=0"):
            status, headers, _ = await reader.get(path, headers=BEARER)
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert status in (200, 400, 404)


async def test_topics_pages_and_bad_queries() -> None:
    async with reading() as reader:
        sanctions = Page((await reader.get("/?topic=sanctions"))[2])
        assert "Sanctions" in sanctions.words
        assert "/stories/2" in sanctions.links()
        assert "/stories/5" not in [link for link in sanctions.links() if link.startswith("/stories/5")]
        first = Page((await reader.get("/?limit=2"))[2])
        assert "/?before=4" in first.links()
        second = Page((await reader.get("/?before=4&topic=us-diplomacy"))[2])
        assert "/stories/3" in second.links()
        assert "Older stories" not in second.words
        for query in (
            "topic=%3Cx%3E",
            "limit=0",
            "limit=101",
            "before=-1",
            "before=x",
            "limit=%D9%A3",
            "a&" * 30 + "b=1",
        ):
            status, _, text = await reader.get(f"/?{query}")
            assert status == 400, query
            assert "cannot be answered" in text


async def test_an_empty_store_is_a_page_too() -> None:
    async with reading(store=SampleStore(stories=(), feeds=())) as reader:
        assert "No stories yet" in (await reader.get("/"))[2]
        assert "No feed is configured" in (await reader.get("/feeds", headers=BEARER))[2]


async def test_a_silent_database_is_a_sentence_without_its_address() -> None:
    async with reading(store=SampleStore(broken=True)) as reader:
        for path in (*PUBLIC, *CLOSED):
            status, _, text = await reader.get(path, headers=BEARER)
            assert status == 503
            assert "does not answer" in text
            assert "secret" not in text


@pytest.mark.parametrize("name", FORMATS)
def test_an_item_stays_the_same_when_an_older_report_is_found(name: str) -> None:
    _, render = FORMATS[name]
    channel = Channel("Minsk Watch", "https://example.org", f"/stories.{name}", TOPICS)
    story = sample_stories()[0]
    older = replace(story, opened_at=story.opened_at - timedelta(days=2))
    (identity,) = {re.search(r"tag:[^\"<]+", render(channel, [one]).decode())[0] for one in (story, older)}  # type: ignore[index]
    assert identity.endswith(f"story/{story.id}")


async def test_unchanged_answers_cost_nothing_and_head_is_answered() -> None:
    async with reading() as reader:
        _, headers, _ = await reader.get("/stories.atom")
        status, again, body = await reader.get("/stories.atom", headers={"If-None-Match": headers["ETag"]})
        assert (status, body, again["ETag"]) == (304, "", headers["ETag"])
        status, _, body = await reader.get("/", method="HEAD")
        assert (status, body) == (200, "")


# --- who may see what -----------------------------------------------------------------------------------------------


async def test_operator_pages_want_the_token() -> None:
    async with reading() as reader:
        for path in CLOSED:
            for headers in (
                {},
                {"Authorization": "Bearer wrong"},
                {"Authorization": TOKEN},
                {"Cookie": "minskwatch=x"},
            ):
                status, answer, text = await reader.get(path, headers=headers)
                assert (status, answer.get("Location", "")) in ((303, "/sign-in"), (401, "")), path
                assert "flood" not in text
            status, answer, _ = await reader.get(path, headers=BEARER)
            assert (status, answer["Cache-Control"]) == (200, "no-store")


async def test_signing_in_and_out() -> None:
    async with reading() as reader:
        assert "password" in (await reader.get("/sign-in"))[2]
        status, headers, _ = await reader.get("/sign-in", "POST", data={"token": "wrong"})
        assert status == 403
        assert "Set-Cookie" not in headers
        status, headers, _ = await reader.get("/sign-in", "POST", data={"token": f" {TOKEN} "})
        assert (status, headers["Location"]) == (303, "/feeds")
        cookie = headers["Set-Cookie"]
        assert "HttpOnly; SameSite=Strict" in cookie
        assert TOKEN not in cookie
        assert "Secure" not in cookie
        own = {"Cookie": cookie.partition(";")[0]}
        status, _, text = await reader.get("/feeds", headers=own)
        assert status == 200
        assert "The feed &lt;b&gt;X&lt;/b&gt; cannot be read." in text
        assert "Needs a hand" not in (await reader.get("/"))[2]
        proxied = await reader.get("/sign-in", "POST", data={"token": TOKEN}, headers={"X-Forwarded-Proto": "https"})
        assert proxied[1]["Set-Cookie"].endswith("; Secure; Max-Age=2592000")
        assert "Max-Age=0" in (await reader.get("/sign-out", "POST"))[1]["Set-Cookie"]


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer \udcff"},
        {"cookie": 'minskwatch="\udcff"'},
        {"cookie": 'minskwatch=\udcff\x00; ;=;"', "authorization": "\udcff"},
    ],
)
def test_bytes_that_are_no_text_are_not_the_token(headers: dict[str, str]) -> None:
    gate = Gate(TOKEN, FakeClock(NOON))
    assert not gate.allows(HttpRequest("GET", "/feeds", headers, b""))


async def test_a_form_that_is_not_ours_is_not_the_token() -> None:
    async with reading() as reader:
        for body in (b"a=1&" * 50 + f"token={TOKEN}".encode(), b"\xff\x00&&=", b"token=%ff%00"):
            assert (await reader.get("/sign-in", "POST", data=body))[0] == 403


async def test_guessing_is_slowed_down() -> None:
    clock = FakeClock(NOON)
    async with reading(clock=clock) as reader:
        for _ in range(MOST_FAILURES):
            assert (await reader.get("/sign-in", "POST", data={"token": "guess"}))[0] == 403
        assert (await reader.get("/sign-in", "POST", data={"token": TOKEN}))[0] == 429
        assert (await reader.get("/feeds", headers=BEARER))[0] == 200
        clock.advance(61)
        assert (await reader.get("/sign-in", "POST", data={"token": TOKEN}))[0] == 303


async def test_switches_are_separate() -> None:
    async with reading(SiteOptions(public=True)) as reader:
        assert {(await reader.get(path))[0] for path in PUBLIC} == {200}
        assert {(await reader.get(path, headers=BEARER))[0] for path in (*CLOSED, "/sign-in")} == {404}
    async with reading(SiteOptions(operator=True, token=TOKEN)) as reader:
        assert {(await reader.get(path))[0] for path in PUBLIC} == {303, 401}
        assert {(await reader.get(path, headers=BEARER))[0] for path in (*PUBLIC, *CLOSED)} == {200}
    async with reading(SiteOptions()) as reader:
        assert {(await reader.get(path))[0] for path in (*PUBLIC, *CLOSED, "/style.css")} == {404}


async def test_a_wrong_address_gives_a_page_with_a_way_back_and_the_api_a_sentence() -> None:
    async with reading(SiteOptions(public=True)) as reader:
        status, headers, text = await reader.get("/storys/<b>?x=1")
        page = Page(text)
        assert (status, headers["Content-Type"]) == (404, "text/html; charset=utf-8")
        assert "There is nothing at this address." in page.words
        assert page.links().count("/") >= 2
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "storys" not in text
        status, headers, text = await reader.get("/api/v1/storys")
        assert (status, headers["Content-Type"]) == (404, "application/json; charset=utf-8")
        assert "/api/v1/openapi.json" in json.loads(text)["error"]
        assert (await reader.get("/nowhere", "POST", data=b"x" * 100))[0] == 404
        assert (await reader.get("/nowhere", "HEAD"))[2] == ""
        assert (await reader.get("/stories/5", "POST"))[0] == 405, "the address is right"
    async with reading(SiteOptions()) as reader:
        assert (await reader.get("/nowhere"))[2] == "404: Not Found", "there is no site to lead back to"


async def test_an_empty_token_lets_nobody_in() -> None:
    async with reading(SiteOptions(operator=True, token="")) as reader:
        for headers in ({"Authorization": "Bearer "}, {"Authorization": "Bearer"}, {"Cookie": "minskwatch="}):
            assert (await reader.get("/feeds", headers=headers))[0] == 303
        assert (await reader.get("/sign-in", "POST", data={"token": ""}))[0] == 403


@pytest.mark.parametrize(
    ("host", "public", "operator", "token", "expected"),
    [
        ("127.0.0.1", "auto", "auto", TOKEN, (True, True)),
        ("::1", "auto", "auto", "", (True, False)),
        ("localhost", "off", "off", TOKEN, (False, False)),
        ("0.0.0.0", "auto", "auto", TOKEN, (False, False)),
        ("0.0.0.0", "on", "auto", TOKEN, (True, False)),
        ("192.0.2.1", "auto", "on", TOKEN, (False, True)),
        ("host.example", "auto", "on", "", (False, False)),
    ],
)
def test_what_is_on_by_default(host: str, public: str, operator: str, token: str, expected: tuple[bool, bool]) -> None:
    http = HttpSettings(host=host, public_pages=public, operator_pages=operator, operator_token=token)
    options = site_options(http)
    assert (options.public, options.operator) == expected
    assert is_loopback("127.8.9.1")


# --- HTML and chart -------------------------------------------------------------------------------------------------


def test_tags_escape_by_themselves() -> None:
    made = tag("p", "<&>\"'", [1, None, tag("b", "x")], class_='a"b', data_label="<", hidden=True, id=None)
    assert made == '<p class="a&quot;b" data-label="&lt;" hidden>&lt;&amp;&gt;&quot;&#x27;1<b>x</b></p>'
    assert outward("javascript:x", "<w>") == "&lt;w&gt;"
    assert outward("https://u:p@h.example/", "w") == "w"
    assert 'href="https://h.example/?a=1&amp;b=%22"' in outward('https://h.example/?a=1&b="', "w")


def test_the_chart_is_sound_svg_with_a_mark_for_each_event() -> None:
    known = tuple(event for event in load_timeline() if event.day <= NOON.date())
    drawn = (*points((), known), Point(NOON.date(), "sanctions", 0, 'A "label" <x>', "/stories/9"))
    text = chart(drawn, NOON.date())
    root = ElementTree.fromstring(text)
    assert len(root.findall(".//g")) == len(drawn) > 20
    assert root.find(".//a").get("aria-label") == 'A "label" <x>'  # type: ignore[union-attr]
    for mark in root.iter("rect"):
        assert 0 <= float(mark.get("x", "-1")) <= 960
        assert float(mark.get("y", "-1")) >= 0
        assert float(mark.get("height", "-1")) > 0
    assert "style=" not in text
    assert chart((), NOON.date()) == ""


@pytest.mark.parametrize("until", [date(2026, month, day) for month in range(1, 13) for day in (1, 14, 28)])
def test_every_month_is_named_in_full_within_the_chart(until: date) -> None:
    drawn = points((), [event for event in load_timeline() if event.day <= until])
    labels = ElementTree.fromstring(chart(drawn, until)).findall(".//text[@y='292']")
    assert len(labels) > 5
    assert max(float(label.get("x", "0")) + 6 * len(label.text or "") for label in labels) <= 960


def test_what_was_given_in_return_is_called_by_its_name() -> None:
    assert ("In return", "Belavia, potash") in list(fact_rows(Facts(in_return=("belavia", "potash"))))


def test_one_event_alone_can_be_drawn() -> None:
    event = KnownEvent("x", NOON.date(), "One person", "pardon", 1, "A", "")
    (point,) = points((), [event])
    assert point.kind == "release"
    assert ElementTree.fromstring(chart([point], NOON.date())) is not None


def test_the_shipped_timeline_is_in_order() -> None:
    events = load_timeline()
    assert [event.day for event in events] == sorted(event.day for event in events)
    assert {event.kind for event in events} <= {"release", "pardon", "diplomacy", "sanctions", "statement"}
    assert sum(event.released for event in events) > 100
