"""Serve the sample feeds on loopback as RSS 2.0, Atom 1.0 and RSS 1.0 (RDF), growing wave by wave.

Formats: https://www.rssboard.org/rss-specification, https://www.rfc-editor.org/rfc/rfc4287,
http://purl.org/rss/1.0/spec. Conditional requests are answered with 304, as a good server does.
"""

from __future__ import annotations

import asyncio
import hashlib
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from aiohttp import web

from core.ports import Clock

NEWS = Path(__file__).with_name("news.toml")


@dataclass(frozen=True, slots=True)
class SampleEntry:
    wave: int
    title: str
    summary: str


@dataclass(frozen=True, slots=True)
class SampleFeed:
    name: str
    path: str
    format: str
    lang: str
    owner: str
    entries: tuple[SampleEntry, ...]
    encoding: str = "utf-8"


def load_samples() -> tuple[SampleFeed, ...]:
    """The sample feeds of news.toml."""
    return tuple(_feed(table) for table in tomllib.loads(NEWS.read_text(encoding="utf-8"))["feed"])


def load_days() -> tuple[datetime, ...]:
    """The moment at which each wave of news.toml appears."""
    return tuple(tomllib.loads(NEWS.read_text(encoding="utf-8"))["days"])


def _feed(table: dict[str, Any]) -> SampleFeed:
    entries = tuple(SampleEntry(**entry) for entry in table.pop("entry"))
    return SampleFeed(entries=entries, **table)


class SampleServer:
    """Loopback server of the samples, a port for each, as feeds are spread over hosts.

    `publish_next` lets the next wave appear. Entries carry the time of their wave.
    """

    def __init__(self, clock: Clock, feeds: tuple[SampleFeed, ...] | None = None) -> None:
        self.feeds = load_samples() if feeds is None else feeds
        self._clock = clock
        self._published: dict[int, datetime] = {0: clock.now() - timedelta(days=3)}
        self._asked: dict[str, int] = {}
        self._told = asyncio.Condition()
        self._runner = web.AppRunner(self._application(), access_log=None, handle_signals=False)
        self._bases: dict[str, str] = {}

    @property
    def wave(self) -> int:
        return max(self._published)

    @property
    def last_wave(self) -> int:
        return max(entry.wave for feed in self.feeds for entry in feed.entries)

    def publish_next(self) -> None:
        """Let the next wave appear."""
        self._published[self.wave + 1] = self._clock.now()
        self._asked.clear()

    def asked_by_all(self, times: int) -> bool:
        """Whether every feed was asked for that often since the last wave."""
        return all(self._asked.get(feed.path, 0) >= times for feed in self.feeds)

    async def wait_until_asked(self, times: int) -> None:
        """Return when every feed was asked for that often since the last wave."""
        async with self._told:
            await self._told.wait_for(lambda: self.asked_by_all(times))

    def url_of(self, feed: SampleFeed) -> str:
        return f"{self._bases[feed.path]}/{feed.path}"

    async def start(self) -> None:
        await self._runner.setup()
        for feed in self.feeds:
            await web.TCPSite(self._runner, "127.0.0.1", 0).start()
            host, port = self._runner.addresses[-1][:2]
            self._bases[feed.path] = f"http://{host}:{port}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    def _application(self) -> web.Application:
        application = web.Application()
        for feed in self.feeds:
            application.router.add_get(f"/{feed.path}", partial(self._answer, feed))
        return application

    async def _answer(self, feed: SampleFeed, request: web.Request) -> web.Response:
        async with self._told:
            self._asked[feed.path] = self._asked.get(feed.path, 0) + 1
            self._told.notify_all()
        body = self.render(feed)
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        kinds = {"rss": "application/rss+xml", "atom": "application/atom+xml", "rdf": "application/rdf+xml"}
        return web.Response(body=body, headers={"ETag": etag, "Content-Type": kinds[feed.format]})

    def render(self, feed: SampleFeed) -> bytes:
        """The document of a feed as of the present wave, newest entry first."""
        entries = [
            (number, entry, self._published[entry.wave])
            for number, entry in enumerate(feed.entries)
            if entry.wave <= self.wave
        ]
        document = {"rss": _rss, "atom": _atom, "rdf": _rdf}[feed.format](
            feed, self._bases.get(feed.path, "http://127.0.0.1"), entries[::-1]
        )
        return f'<?xml version="1.0" encoding="{feed.encoding}"?>\n{document}'.encode(feed.encoding)


_Entries = list[tuple[int, SampleEntry, datetime]]


def _link(base: str, feed: SampleFeed, number: int) -> str:
    return f"{base}/{feed.path.partition('.')[0]}/{number + 1}"


def _rss(feed: SampleFeed, base: str, entries: _Entries) -> str:
    items = "".join(
        f"<item><title>{escape(entry.title)}</title><link>{_link(base, feed, number)}</link>"
        f"<guid>{_link(base, feed, number)}</guid><pubDate>{format_datetime(at)}</pubDate>"
        f"<description>{escape(entry.summary)}</description></item>\n"
        for number, entry, at in entries
    )
    return (
        f'<rss version="2.0"><channel><title>{escape(feed.name)}</title><link>{base}</link>'
        f"<description>{escape(feed.name)}</description><language>{feed.lang}</language>\n{items}</channel></rss>\n"
    )


def _atom(feed: SampleFeed, base: str, entries: _Entries) -> str:
    items = "".join(
        f"<entry><id>{_link(base, feed, number)}</id><title>{escape(entry.title)}</title>"
        f"<link href={quoteattr(_link(base, feed, number))}/><updated>{at.isoformat()}</updated>"
        f"<summary>{escape(entry.summary)}</summary></entry>\n"
        for number, entry, at in entries
    )
    newest = max(at for _, _, at in entries).isoformat()
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{feed.lang}"><id>{base}/{feed.path}</id>'
        f"<title>{escape(feed.name)}</title><updated>{newest}</updated>\n{items}</feed>\n"
    )


def _rdf(feed: SampleFeed, base: str, entries: _Entries) -> str:
    items = "".join(
        f"<item rdf:about={quoteattr(_link(base, feed, number))}><title>{escape(entry.title)}</title>"
        f"<link>{_link(base, feed, number)}</link><dc:date>{at.isoformat()}</dc:date>"
        f"<description>{escape(entry.summary)}</description></item>\n"
        for number, entry, at in entries
    )
    listed = "".join(f'<rdf:li rdf:resource="{_link(base, feed, number)}"/>' for number, _, _ in entries)
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="{base}/{feed.path}">'
        f"<title>{escape(feed.name)}</title><link>{base}</link><description>{escape(feed.name)}</description>"
        f"<items><rdf:Seq>{listed}</rdf:Seq></items></channel>\n{items}</rdf:RDF>\n"
    )
