"""The feeds of a soak: each a server of its own, in one of five forms, which grows, is put right, and fails."""

from __future__ import annotations

import hashlib
import html
import json
from asyncio import StreamWriter
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from tests.feed_server import FeedServer, Headers, Route, Seen, answer, reply, reset, stall
from tests.soak.news import PAPERS, Change, Item, Paper

SHOWN = 40  # entries of a document
HTML = "text/html; charset=utf-8"
TROUBLES = ("503", "429", "stall", "reset", "nonsense")


class Press:
    """All feeds. `answered` are the times at which a document, or 304, was given."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.papers = [Printed(paper, place, self) for place, paper in enumerate(PAPERS)]
        self.answered: list[datetime] = []
        self.read: list[tuple[datetime, str]] = []

    async def start(self) -> None:
        for paper in self.papers:
            await paper.server.__aenter__()

    async def stop(self) -> None:
        for paper in self.papers:
            await paper.server.__aexit__(None, None, None)

    def change(self, change: Change) -> None:
        self.papers[change.paper].change(change)

    def note(self, paper: str) -> None:
        self.answered.append(self._now())
        self.read.append((self._now(), paper))

    @property
    def table(self) -> str:
        """What config.toml says of the feeds."""
        return "".join(
            f'[[feeds.feed]]\nname = "{one.paper.name}"\nurl = "{one.server.url(one.path)}"\nkind = "{one.kind}"\n'
            f'lang = "{one.paper.lang}"\nowner = "{one.paper.owner}"\naudit = {str(one.paper.audit).lower()}\n'
            f'full_text = "{"always" if one.paper.pages else "never"}"\n'
            for one in self.papers
        )

    @property
    def hosts(self) -> str:
        return ", ".join(f'"{one.server.endpoint}"' for one in self.papers)


class Printed:
    """One feed as it stands. `trouble` is one of TROUBLES, or "" for none."""

    def __init__(self, paper: Paper, place: int, press: Press) -> None:
        self.paper, self._press = paper, press
        self.server = FeedServer()
        self.trouble = ""
        self.troubled: list[tuple[datetime, datetime]] = []
        self.kind = {"atom": "rss"}.get(paper.kind, paper.kind)
        self.path = "/feed"
        self._place = place
        first = Item("n0", "Weather", "Rain, then sun, as the season has it.", "/0", press._now(), paper.lang)
        self.items = [first]
        self._design = ""
        self.server.routes[self.path] = self._route

    def change(self, change: Change) -> None:
        match change.what, change.item:
            case "new", Item() as item:
                self.items.insert(0, item)
                if self.paper.pages:
                    self.server.routes[item.link] = reply(_page(item), headers=[("Content-Type", HTML)])
            case "title", Item() as item:
                self.items = [item if one.key == item.key else one for one in self.items]
            case "address", Item() as item:
                self.items = [item if item.key == f"{one.key}-2" else one for one in self.items]
            case "redesign", _:
                self._design = f"/d{change.at:%j}"
        del self.items[SHOWN:]

    async def _route(self, seen: Seen, writer: StreamWriter) -> None:
        if self.trouble:
            await _trouble(self.trouble)(seen, writer)
            return
        body = self.document()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'.encode()
        same = seen.headers.get("if-none-match") == etag
        headers: Headers = [("ETag", etag), ("Content-Type", _FORMS[self.paper.kind][1])]
        writer.write(answer(b"", "304 Not Modified", headers) if same else answer(body, headers=headers))
        await writer.drain()
        self._press.note(self.paper.name)

    def document(self) -> bytes:
        base = self.server.url("") if self.paper.pages else f"https://paper{self._place}.example{self._design}"
        rows = [(f"{self._design}{one.key}", f"{base}{one.link}", one) for one in self.items]
        return _FORMS[self.paper.kind][0](self.paper, rows).encode()


_Rows = Sequence[tuple[str, str, Item]]  # id, address, and what stands there


def _trouble(kind: str) -> Route:
    match kind:
        case "429":
            return reply(b"", "429 Too Many Requests", [("Retry-After", "1800")])
        case "stall":
            return stall(b"HTTP/1.1 200 OK\r\n")
        case "reset":
            return reset()
        case "nonsense":
            return reply(b"<html><body>We will be back soon</body></html>", headers=[("Content-Type", "text/html")])
    return reply(b"<html>busy</html>", "503 Service Unavailable")


def _page(item: Item) -> bytes:
    """What an entry's link shows."""
    text = f"<p>{html.escape(item.summary or item.title)}</p>" * 3
    return f"<html><body><article><h1>{html.escape(item.title)}</h1>{text}</article></body></html>".encode()


def _rss(paper: Paper, rows: _Rows) -> str:
    items = "".join(
        f"<item><title>{escape(one.title)}</title><guid isPermaLink='false'>{key}</guid><link>{link}</link>"
        f"<pubDate>{format_datetime(one.at)}</pubDate><description>{escape(one.summary)}</description></item>"
        for key, link, one in rows
    )
    return f"<rss version='2.0'><channel><title>{escape(paper.name)}</title>{items}</channel></rss>"


def _atom(paper: Paper, rows: _Rows) -> str:
    items = "".join(
        f"<entry><id>urn:{key}</id><title>{escape(one.title)}</title><link href={quoteattr(link)}/>"
        f"<updated>{one.at.isoformat()}</updated><summary>{escape(one.summary)}</summary></entry>"
        for key, link, one in rows
    )
    start = f"<feed xmlns='http://www.w3.org/2005/Atom'><id>urn:{paper.name}</id><title>{escape(paper.name)}</title>"
    return f"{start}<updated>{rows[0][2].at.isoformat()}</updated>{items}</feed>"


def _json(paper: Paper, rows: _Rows) -> str:
    items = [
        {"id": key, "url": link, "title": one.title, "summary": one.summary, "date_published": one.at.isoformat()}
        for key, link, one in rows
    ]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": paper.name, "items": items})


def _sitemap(paper: Paper, rows: _Rows) -> str:
    news = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    items = "".join(
        f"<url><loc>{link}</loc><news:news><news:publication><news:name>{escape(paper.name)}</news:name>"
        f"<news:language>{one.lang or 'en'}</news:language></news:publication>"
        f"<news:publication_date>{one.at.isoformat()}</news:publication_date>"
        f"<news:title>{escape(one.title)}</news:title></news:news></url>"
        for _, link, one in rows
    )
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" {news}>{items}</urlset>'


def _channel(paper: Paper, rows: _Rows) -> str:
    """Posts have numbers: a corrected one is another post."""
    posts = "".join(
        f'<div class="tgme_widget_message_wrap"><div class="tgme_widget_message" data-post="sample/{_number(key)}">'
        f'<div class="tgme_widget_message_text" dir="auto">{html.escape(one.title)}<br/><br/>'
        f"{html.escape(one.summary)}</div><a class='tgme_widget_message_date' href='{link}'>"
        f'<time datetime="{one.at.isoformat()}" class="time">12:00</time></a></div></div>'
        for key, link, one in reversed(rows)
    )
    title = f'<div class="tgme_channel_info"><div class="tgme_channel_info_header_title">{paper.name}</div></div>'
    return f'<html><body>{title}<section class="tgme_channel_history">{posts}</section></body></html>'


def _number(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")


_FORMS: dict[str, tuple[Callable[[Paper, _Rows], str], str]] = {
    "rss": (_rss, "application/rss+xml"),
    "atom": (_atom, "application/atom+xml"),
    "jsonfeed": (_json, "application/feed+json"),
    "newssitemap": (_sitemap, "application/xml"),
    "telegram-web": (_channel, HTML),
}
