"""Google-News sitemaps. https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap"""

from __future__ import annotations

import re
from xml.parsers import expat

from core.errors import ParseError
from core.model import Entry, FeedSpec, Outcome
from core.ports import FetchRequest, ParsedFeed
from core.sentence import Sentence
from feeds import fault_texts as told
from feeds.decode import check_kind, defuse, no_feed, read_characters
from feeds.entries import MAX_TITLE, distinguish, lang_tag, make_entry, plain_text

ACCEPT = "application/xml, text/xml;q=0.9, */*;q=0.8"

_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_BARE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});)")
# Parent and name of the elements that are read, prefixes left aside.
_FIELDS = frozenset(
    {
        ("url", "loc"),
        ("news", "title"),
        ("news", "publication_date"),
        ("publication", "name"),
        ("publication", "language"),
    }
)
_MAX_FIELD = 5_000


class NewsSitemapSource:
    """The source type "newssitemap"."""

    kind = "newssitemap"

    def request(self, spec: FeedSpec) -> FetchRequest:
        return FetchRequest(spec.url, {"Accept": ACCEPT})

    def parse(self, body: bytes, *, url: str, content_type: str = "") -> ParsedFeed:
        """Read a document; raises ParseError only. Addresses without a news title are passed over."""
        text = read_characters(body, content_type)
        _check_root(text)
        reader = _Reader()
        fault = reader.read(_BARE.sub("&amp;", defuse(text)))
        if fault and not reader.rows:
            raise ParseError(Outcome.PARSE, Sentence(told.SITEMAP_BROKEN, fault=fault))
        rows = [row for row in reader.rows if "title" in row]
        if reader.rows and not rows:
            raise no_feed(Sentence(told.NO_NEWS_TITLES))
        entries = distinguish([_entry(row, url) for row in rows], "")
        title = plain_text(rows[0].get("name"), MAX_TITLE) if rows else ""
        return ParsedFeed(title, entries[0].lang if entries else "", entries, whole=not fault)


SOURCE = NewsSitemapSource()


class _Reader:
    """Collects a row of fields per <url>. Namespaces are not resolved: prefixes are forgotten in the wild."""

    def __init__(self) -> None:
        self.rows: list[dict[str, str]] = []
        self._path: list[str] = [""]
        self._row: dict[str, str] = {}

    def read(self, text: str) -> str:
        """Read up to the end or the first fault; returns the fault or ""."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        try:
            parser.Parse(text, True)
        except expat.ExpatError as error:
            return str(error)
        return ""

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._path.append(name.rpartition(":")[2])

    def _end(self, _: str) -> None:
        if self._path.pop() == "url":
            self.rows.append(self._row)
            self._row = {}

    def _characters(self, text: str) -> None:
        parent, name = self._path[-2:] if len(self._path) > 1 else ("", "")
        if (parent, name) in _FIELDS and len(said := self._row.get(name, "")) < _MAX_FIELD:
            self._row[name] = said + text


def _check_root(text: str) -> None:
    """Raise ParseError, saying what came, unless the root element is <urlset>."""
    root = _ROOT.search(text)
    name = root[1].lower() if root else ""
    if name == "sitemapindex":
        raise no_feed(Sentence(told.SITEMAP_INDEX))
    if name != "urlset":
        check_kind(text)
        raise no_feed(Sentence(told.NO_SITEMAP, name=name[:40]))


def _entry(row: dict[str, str], url: str) -> Entry:
    return make_entry(
        url=url,
        link=row.get("loc"),
        title=plain_text(row["title"], MAX_TITLE),
        lang=lang_tag(row.get("language")),
        published=row.get("publication_date"),
    )
