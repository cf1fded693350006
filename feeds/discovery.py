"""From a web page to the addresses where its feeds may be. Pure: what is found here is still to be fetched.

https://www.rssboard.org/rss-autodiscovery https://www.jsonfeed.org/version/1.1/#discovery
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from core.errors import ParseError
from core.links import clean_link
from feeds.decode import read_characters
from feeds.entries import MAX_TITLE, plain_text
from feeds.markup import page_tags

MAX_CANDIDATES = 40

_TYPES = {
    "application/rss+xml": "rss",
    "application/atom+xml": "rss",
    "application/rdf+xml": "rss",
    "application/xml": "rss",
    "text/xml": "rss",
    "application/feed+json": "jsonfeed",
    "application/json": "jsonfeed",
}
_USUAL = (
    ("/feed/", "rss"),
    ("/rss", "rss"),
    ("/rss.xml", "rss"),
    ("/feed.xml", "rss"),
    ("/atom.xml", "rss"),
    ("/index.xml", "rss"),
    ("/feed.json", "jsonfeed"),
    ("/sitemap-news.xml", "newssitemap"),
    ("/news-sitemap.xml", "newssitemap"),
)
_FEED_PATH = re.compile(r"/(?:rss|feeds?|atom)(?:[/._?-]|$)|\.(?:rss|atom|rdf)$|[?&](?:feed|format)=(?:rss|atom)", re.I)
_COMMENTS = re.compile(r"/comments/(?:feed|atom)|comments?[-_.]?(?:rss|feed)", re.IGNORECASE)
_WORDPRESS = re.compile(r"/wp-(?:content|includes|json)/|<meta[^<>]{0,200}content=[\"']WordPress", re.IGNORECASE)
_TELEGRAM = re.compile(r"https?://(?:www\.)?(?:t|telegram)\.me/(?:s/)?@?([A-Za-z]\w{3,31})/?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address where a feed may be: the source type to read it by, its title, and why it is thought so.

    `why` is "declared" (the page names it as its feed), "wordpress", "linked", "usual" (a path that many sites use)
    or "telegram".
    """

    url: str
    kind: str
    title: str = ""
    why: str = "usual"


def find_candidates(body: bytes, url: str, content_type: str = "") -> tuple[Candidate, ...]:
    """Candidates for the feeds of the page at `url`, likeliest first, each address once. Never raises."""
    url = clean_link(url)
    if not url:
        return ()
    channel = _TELEGRAM.fullmatch(url)
    if channel:
        return (Candidate(f"https://t.me/s/{channel[1]}", "telegram-web", why="telegram"),)
    try:
        page = read_characters(body, content_type)
    except ParseError:
        page = ""
    declared, linked = _named(page, url)
    wordpress = _wordpress(url) if _WORDPRESS.search(page) else ()
    found: dict[str, Candidate] = {}
    for candidate in (*_without_comments(declared), *wordpress, *_without_comments(linked), *_usual(url)):
        if candidate.url != url:
            found.setdefault(candidate.url, candidate)
    return tuple(found.values())[:MAX_CANDIDATES]


def kinds_of(body: bytes) -> Iterator[str]:
    """The source types that may read a body, judged by its beginning."""
    head = body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] == b"{":
        yield "jsonfeed"
    else:
        yield "rss"
        if b"<urlset" in head:
            yield "newssitemap"


def likely(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    """Those that the page names in some way; where it names none, the paths that many sites use."""
    return [candidate for candidate in candidates if candidate.why != "usual"] or candidates


def _named(page: str, url: str) -> tuple[list[Candidate], list[Candidate]]:
    """What the page declares as its feeds, and what it links to that looks like one."""
    root = url
    declared: list[Candidate] = []
    linked: list[Candidate] = []
    for tag in page_tags(page):
        if tag.closing or tag.name not in ("base", "link", "a"):
            continue
        attributes = tag.attributes()
        link = clean_link(attributes.get("href", ""), root)
        if not link or len(declared) + len(linked) > 10 * MAX_CANDIDATES:
            continue
        title = plain_text(attributes.get("title"), MAX_TITLE).replace("\n", " ")
        kind = _declared_kind(attributes, link)
        if tag.name == "base":
            root = link
        elif tag.name == "link" and kind:
            declared.append(Candidate(link, kind, title, "declared"))
        elif tag.name == "a" and _FEED_PATH.search(link):
            linked.append(Candidate(link, "rss", title, "linked"))
    return declared, linked


def _declared_kind(attributes: dict[str, str], link: str) -> str:
    """The source type of a <link> that declares a feed, or ""."""
    relations = attributes.get("rel", "").lower().split()
    kind = _TYPES.get(attributes.get("type", "").partition(";")[0].strip().lower(), "")
    if "stylesheet" in relations or not {"alternate", "feed"} & set(relations):
        return ""
    if kind == "jsonfeed" and "/wp-json/" in link:  # WordPress declares its API as an alternate too
        return ""
    return kind or ("rss" if "feed" in relations else "")


def _without_comments(candidates: list[Candidate]) -> Iterator[Candidate]:
    return (candidate for candidate in candidates if not _COMMENTS.search(candidate.url))


def _wordpress(url: str) -> Iterator[Candidate]:
    """The feed of the page itself and of the site. https://wordpress.org/documentation/article/wordpress-feeds/"""
    for address in (url.partition("?")[0].partition("#")[0].rstrip("/") + "/feed/", urljoin(url, "/feed/")):
        yield Candidate(address, "rss", why="wordpress")


def _usual(url: str) -> Iterator[Candidate]:
    return (Candidate(urljoin(url, path), kind) for path, kind in _USUAL)
