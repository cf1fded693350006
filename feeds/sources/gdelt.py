"""GDELT DOC 2.0 article lists: what a query found in the news of the world. Needs no key.

At most one query in five seconds is allowed. https://blog.gdeltproject.org/gdelt-doc-2-0-api-debuts/
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from core.model import Entry, FeedSpec
from core.ports import FetchRequest, ParsedFeed
from core.sentence import Sentence
from feeds import fault_texts as told
from feeds.decode import no_feed
from feeds.entries import MAX_TITLE, as_text, distinguish, make_entry, plain_text
from feeds.jsontext import ACCEPT, objects, read_object

PARAMETERS = {"mode": "artlist", "format": "json", "sort": "datedesc"}

# GDELT writes titles with blanks before punctuation.
_BLANK_BEFORE = re.compile(r"(?<=\S) (?=[,.;:!?%)\]»”](?:\s|$))")
_LANGUAGE_NAMES = (
    "arabic:ar armenian:hy azerbaijani:az belarusian:be bosnian:bs bulgarian:bg chinese:zh croatian:hr czech:cs "
    "danish:da dutch:nl english:en estonian:et finnish:fi french:fr georgian:ka german:de greek:el hebrew:he "
    "hungarian:hu italian:it japanese:ja kazakh:kk korean:ko latvian:lv lithuanian:lt macedonian:mk norwegian:no "
    "polish:pl portuguese:pt romanian:ro russian:ru serbian:sr slovak:sk slovenian:sl spanish:es swedish:sv "
    "turkish:tr ukrainian:uk"
)
_LANGUAGES = dict(pair.split(":") for pair in _LANGUAGE_NAMES.split())


class GdeltSource:
    """The source type "gdelt"; the address is https://api.gdeltproject.org/api/v2/doc/doc?query=..."""

    kind = "gdelt"

    def request(self, spec: FeedSpec) -> FetchRequest:
        """The address with the parameters that ask for a list of articles in JSON, where it lacks them."""
        given = {name.lower() for name, _ in parse_qsl(urlsplit(spec.url).query, keep_blank_values=True)}
        missing = "&".join(f"{name}={value}" for name, value in PARAMETERS.items() if name not in given)
        join = "&" if "?" in spec.url else "?"
        return FetchRequest(spec.url + join + missing if missing else spec.url, {"Accept": ACCEPT})

    def parse(self, body: bytes, *, url: str, content_type: str = "") -> ParsedFeed:
        """Read an answer; raises ParseError only. `published_at` is when GDELT saw the article."""
        tree = read_object(body, content_type)
        if tree and not isinstance(tree.get("articles"), list):
            raise no_feed(Sentence(told.NO_ARTICLES))
        entries = [_entry(article, url) for article in objects(tree.get("articles"))]
        return ParsedFeed("GDELT", "", distinguish(entries, ""))


SOURCE = GdeltSource()


def _entry(article: dict[str, Any], url: str) -> Entry:
    title = " ".join(plain_text(article.get("title"), MAX_TITLE).split())
    return make_entry(
        url=url,
        link=article.get("url") or article.get("url_mobile"),
        title=_BLANK_BEFORE.sub("", title),
        lang=_LANGUAGES.get(as_text(article.get("language")).strip().lower(), ""),
        published=article.get("seendate"),
    )
