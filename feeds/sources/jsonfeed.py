"""JSON Feed 1.0 and 1.1. https://www.jsonfeed.org/version/1.1/"""

from __future__ import annotations

from typing import Any

from core.errors import ParseError
from core.links import clean_link, link_key
from core.model import Entry, FeedSpec, Outcome
from core.ports import FetchRequest, ParsedFeed
from core.sentence import Sentence
from feeds import fault_texts as told
from feeds.decode import no_feed
from feeds.entries import MAX_SUMMARY, MAX_TEXT, MAX_TITLE, distinguish, lang_tag, make_entry, plain_text, sound_text
from feeds.jsontext import ACCEPT, objects, read_object

VERSIONS = "jsonfeed.org/version/"


class JsonFeedSource:
    """The source type "jsonfeed"."""

    kind = "jsonfeed"

    def request(self, spec: FeedSpec) -> FetchRequest:
        return FetchRequest(spec.url, {"Accept": ACCEPT})

    def parse(self, body: bytes, *, url: str, content_type: str = "") -> ParsedFeed:
        """Read a document; raises ParseError only. Items without id are kept: link or content identifies them."""
        tree = read_object(body, content_type)
        declared = VERSIONS in sound_text(tree.get("version"))
        if not declared and not ("title" in tree and isinstance(tree.get("items"), list)):
            raise no_feed(Sentence(told.NO_JSON_FEED))
        if not isinstance(tree.get("items"), list):
            raise ParseError(Outcome.PARSE, Sentence(told.NO_ITEMS))
        lang = lang_tag(tree.get("language"))
        home = link_key(clean_link(sound_text(tree.get("home_page_url")), url))
        entries = [_entry(item, url, lang) for item in objects(tree["items"])]
        return ParsedFeed(plain_text(tree.get("title"), MAX_TITLE), lang, distinguish(entries, home))


SOURCE = JsonFeedSource()


def _entry(item: dict[str, Any], url: str, lang: str) -> Entry:
    html = plain_text(item.get("content_html"), MAX_TEXT)
    return make_entry(
        url=url,
        guid=item.get("id"),
        link=item.get("url") or item.get("external_url"),
        title=plain_text(item.get("title"), MAX_TITLE),
        summary=plain_text(item.get("summary"), MAX_SUMMARY, markup=False),
        text=html or plain_text(item.get("content_text"), MAX_TEXT, markup=False),
        lang=lang_tag(item.get("language")) or lang,
        published=item.get("date_published") or item.get("date_modified"),
    )
