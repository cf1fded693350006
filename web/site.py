"""The status page, the feeds and the JSON API: which address answers what, to whom, under which headers.

Public addresses (stories) and operator addresses (feeds, deliveries, counts) are switched apart. What only a chat's own
watchlist found (Level.NONE) is shown nowhere: nobody else may learn of it.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode

from core.chart import Point, points
from core.errors import StoreError
from core.health import FeedHealth, FeedRecord
from core.model import Level, Story
from core.overview import DeliveryState, OverviewStore
from core.ports import Clock, HttpRequest, HttpResponse, Route
from core.story_json import dump, story_json
from matching.timeline import KnownEvent
from web import api, operators, pages
from web.access import Gate
from web.pages import Frame
from web.syndication import FORMATS, Channel

PAGE = 30
MOST_PAGE = 100
MOST_MARKS = 1000
MOST_ROWS = 100
CHART_SPAN = timedelta(days=2 * 365)
_STYLE = Path(__file__).with_name("style.css")
_HTML, _JSON = "text/html; charset=utf-8", "application/json; charset=utf-8"
_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?|\[[0-9A-Fa-f:]+\](:\d{1,5})?")
# Nothing but our own style sheet, and forms that lead to us (https://www.w3.org/TR/CSP3/).
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_log = logging.getLogger(__name__)

Answer = Callable[[HttpRequest], Awaitable[HttpResponse]]


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """`public` shows stories to everybody, `operator` all to whoever has `token`; `base` as https://host, or ""."""

    public: bool = False
    operator: bool = False
    token: str = ""
    base: str = ""


class _BadQuery(Exception):
    """A query that cannot be answered; str() says why."""


class Site:
    """Answers for `routes`, of which there are none when neither switch is on."""

    def __init__(
        self,
        store: OverviewStore,
        clock: Clock,
        topics: Mapping[str, str],
        options: SiteOptions,
        *,
        known: tuple[KnownEvent, ...] = (),
        judge: Callable[[FeedRecord], FeedHealth],
        attention: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        self._store = store
        self._clock = clock
        self._topics = topics
        self._options = options
        self._known = known
        self._judge = judge
        self._attention = attention
        self._gate = Gate(options.token if options.operator else "", clock)

    @property
    def routes(self) -> tuple[Route, ...]:
        options = self._options
        if not (options.public or options.operator):
            return ()
        stories: dict[str, Answer] = {
            "/": self._stories,
            "/stories/{id}": self._story,
            "/api/v1/stories": self._api_stories,
            "/api/v1/stories/{id}": self._api_story,
            **{f"/stories.{name}": self._syndicated for name in FORMATS},
        }
        routes = [Route("GET", path, self._guarded(answer, open_=options.public)) for path, answer in stories.items()]
        routes += [
            Route("GET", "/style.css", self._guarded(_style, open_=True)),
            Route("GET", "/api/v1/openapi.json", self._guarded(_description, open_=True)),
        ]
        if options.operator:
            closed: dict[str, Answer] = {
                "/feeds": self._feeds,
                "/deliveries": self._deliveries,
                "/api/v1/status": self._api_status,
            }
            routes += [Route("GET", path, self._guarded(answer, open_=False)) for path, answer in closed.items()]
            routes += [
                Route("GET", "/sign-in", self._guarded(self._ask_token, open_=True)),
                Route("POST", "/sign-in", self._guarded(self._sign_in, open_=True)),
                Route("POST", "/sign-out", self._guarded(self._sign_out, open_=True)),
            ]
        return tuple(routes)

    @property
    def missing(self) -> Answer | None:
        """Answers for every address that leads nowhere; None where the site itself is off."""
        return self._guarded(self._nowhere, open_=True) if self.routes else None

    # --- around every answer ----------------------------------------------------------------------------------------

    def _guarded(self, answer: Answer, *, open_: bool) -> Answer:
        """The answer with the headers of the site; refusals and failures as pages or as JSON, as was asked for."""

        async def guarded(request: HttpRequest) -> HttpResponse:
            if not open_ and not self._gate.allows(request):
                return _finished(request, self._refusal(request), private=True)
            try:
                response = await answer(request)
            except _BadQuery as error:
                response = self._said(request, 400, "That cannot be answered", str(error))
            except StoreError as error:
                _log.warning("a page could not be made: %s", error)
                sentence = "The database does not answer at present; try again in a minute."
                response = self._said(request, 503, "Not now", sentence)
            return _finished(request, response, private=not open_ or self._gate.allows(request))

        return guarded

    def _refusal(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/"):
            challenge = {"WWW-Authenticate": 'Bearer realm="minskwatch"'}
            refused = self._said(request, 401, "", "This needs the header Authorization: Bearer TOKEN.")
            return replace(refused, headers={**refused.headers, **challenge})
        return HttpResponse(303, headers={"Location": "/sign-in"})

    def _said(self, request: HttpRequest, status: int, title: str, sentence: str) -> HttpResponse:
        if request.path.startswith("/api/"):
            return _json({"error": sentence}, status)
        return _page(operators.message_page(self._frame(request), title, sentence), status)

    async def _nowhere(self, request: HttpRequest) -> HttpResponse:
        more = "; /api/v1/openapi.json tells what there is" if request.path.startswith("/api/") else ""
        return self._said(request, 404, "No such page", f"There is nothing at this address{more}.")

    def _frame(self, request: HttpRequest) -> Frame:
        operator = self._gate.allows(request)
        return Frame(self._topics, request.path, operator, self._attention() if operator else ())

    # --- stories ----------------------------------------------------------------------------------------------------

    async def _read_stories(self, query: Mapping[str, str], most: int) -> tuple[tuple[Story, ...], bool, str]:
        """Stories of the query, whether there are older ones, and the topic. Raises _BadQuery."""
        topic = query.get("topic", "")
        if topic and topic not in self._topics:
            raise _BadQuery(f"There is no topic of that name; there are {', '.join(self._topics)}.")
        limit = _number(query, "limit", 1, MOST_PAGE) or most
        before = _number(query, "before", 1, 2**62)
        found = await self._store.latest_stories(
            limit + 1, topics=[topic] if topic else (), level=Level.DIGEST, before=before
        )
        return found[:limit], len(found) > limit, topic

    async def _find_story(self, request: HttpRequest) -> Story | None:
        number = request.path.rpartition("/")[2]
        if not re.fullmatch(r"[1-9]\d{0,17}", number, re.ASCII):
            return None
        story = await self._store.find_story(int(number))
        return story if story and story.level in (Level.DIGEST, Level.ALERT) else None

    async def _stories(self, request: HttpRequest) -> HttpResponse:
        query = _query(request)
        stories, more, topic = await self._read_stories(query, PAGE)
        now = self._clock.now()
        drawn = () if "before" in query else await self._points(now, topic)
        frame = self._frame(request)
        return _page(pages.stories_page(frame, stories, drawn, now.date(), topic, more=more))

    async def _points(self, now: datetime, topic: str) -> tuple[Point, ...]:
        since = now - CHART_SPAN
        marks = await self._store.list_marks(since, MOST_MARKS)
        if topic:
            marks = tuple(mark for mark in marks if topic in mark.topics)
        known = [event for event in self._known if since.date() <= event.day <= now.date()]
        return points(marks, known)

    async def _story(self, request: HttpRequest) -> HttpResponse:
        story = await self._find_story(request)
        if story is None:
            return self._said(request, 404, "No such story", "It may be older than what is kept.")
        return _page(pages.story_page(self._frame(request), story))

    async def _syndicated(self, request: HttpRequest) -> HttpResponse:
        stories, _, topic = await self._read_stories(_query(request), PAGE)
        content_type, render = FORMATS[request.path.rpartition(".")[2]]
        title = f"Minsk Watch: {self._topics[topic]}" if topic else "Minsk Watch"
        path = request.path + (f"?{urlencode({'topic': topic})}" if topic else "")
        channel = Channel(title, self._base(request), path, self._topics)
        return HttpResponse(200, render(channel, stories), {"Content-Type": content_type})

    def _base(self, request: HttpRequest) -> str:
        """Where readers reach us: as configured, else where this one did."""
        host = request.headers.get("host", "")
        return self._options.base or f"http://{host if _HOST.fullmatch(host) else 'localhost'}"

    # --- JSON API ---------------------------------------------------------------------------------------------------

    async def _api_stories(self, request: HttpRequest) -> HttpResponse:
        stories, more, topic = await self._read_stories(_query(request), PAGE)
        following = None
        if more:
            query = {"before": str(stories[-1].id), "limit": str(len(stories)), **({"topic": topic} if topic else {})}
            following = f"/api/v1/stories?{urlencode(query)}"
        return _json({"stories": [story_json(story) for story in stories], "next": following})

    async def _api_story(self, request: HttpRequest) -> HttpResponse:
        story = await self._find_story(request)
        if story is None:
            return self._said(request, 404, "", "There is no such story; it may be older than what is kept.")
        return _json(story_json(story, evidence=True))

    async def _api_status(self, request: HttpRequest) -> HttpResponse:
        return _json(api.status_json(await self._store.get_status(), self._attention()))

    # --- operators --------------------------------------------------------------------------------------------------

    async def _feeds(self, request: HttpRequest) -> HttpResponse:
        feeds = [(feed, self._judge(feed)) for feed in await self._store.list_feeds()]
        status = await self._store.get_status()
        return _page(operators.feeds_page(self._frame(request), feeds, status, self._clock.now()))

    async def _deliveries(self, request: HttpRequest) -> HttpResponse:
        rows = {state: await self._store.list_deliveries(state, MOST_ROWS) for state in DeliveryState}
        status = await self._store.get_status()
        return _page(operators.deliveries_page(self._frame(request), rows, status, self._clock.now()))

    async def _ask_token(self, request: HttpRequest) -> HttpResponse:
        return _page(operators.sign_in_page(self._frame(request)))

    async def _sign_in(self, request: HttpRequest) -> HttpResponse:
        if self._gate.is_besieged:
            trouble = "Too many attempts failed; wait a minute."
            return _page(operators.sign_in_page(self._frame(request), trouble), 429)
        cookie = self._gate.sign_in(request)
        if cookie is None:
            _log.warning("signing in to the operator pages failed")
            return _page(operators.sign_in_page(self._frame(request), "That is not the token."), 403)
        return HttpResponse(303, headers={"Location": "/feeds", "Set-Cookie": cookie})

    async def _sign_out(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(303, headers={"Location": "/sign-in", "Set-Cookie": self._gate.sign_out(request)})


async def _style(_: HttpRequest) -> HttpResponse:
    return HttpResponse(200, _STYLE.read_bytes(), {"Content-Type": "text/css; charset=utf-8"})


async def _description(_: HttpRequest) -> HttpResponse:
    return HttpResponse(200, api.DESCRIPTION.read_bytes(), {"Content-Type": _JSON})


def _page(body: bytes, status: int = 200) -> HttpResponse:
    return HttpResponse(status, body, {"Content-Type": _HTML})


def _json(value: Mapping[str, object], status: int = 200) -> HttpResponse:
    return HttpResponse(status, dump(value), {"Content-Type": _JSON})


def _query(request: HttpRequest) -> dict[str, str]:
    """The last value of every key. Raises _BadQuery."""
    try:
        pairs = parse_qs(request.query, keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise _BadQuery("The query has too many parts.") from None
    return {key: values[-1] for key, values in pairs.items()}


def _number(query: Mapping[str, str], key: str, least: int, most: int) -> int | None:
    text = query.get(key, "")
    if not text:
        return None
    if not re.fullmatch(r"\d{1,19}", text, re.ASCII) or not least <= int(text) <= most:
        raise _BadQuery(f"{key} must be a whole number from {least} to {most}.")
    return int(text)


def _finished(request: HttpRequest, response: HttpResponse, *, private: bool) -> HttpResponse:
    """With the headers of the site; 304 when the reader has the same already."""
    headers = {**HEADERS, "Cache-Control": "no-store" if private else "public, max-age=30", **response.headers}
    if response.status == 200 and not private:
        etag = f'"{hashlib.blake2b(response.body, digest_size=12).hexdigest()}"'
        headers["ETag"] = etag
        if etag in request.headers.get("if-none-match", ""):
            headers.pop("Content-Type", None)
            return HttpResponse(304, b"", headers)
    if not private:
        headers["Vary"] = "Cookie, Authorization"
    return replace(response, headers=headers)
