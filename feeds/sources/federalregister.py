"""Documents of the US Federal Register by its API. Needs no key.

https://www.federalregister.gov/developers/documentation/api/v1
"""

from __future__ import annotations

from typing import Any

from core.model import Entry, FeedSpec
from core.ports import FetchRequest, ParsedFeed
from core.sentence import Sentence
from feeds import fault_texts as told
from feeds.decode import no_feed
from feeds.entries import MAX_SUMMARY, MAX_TITLE, distinguish, make_entry, plain_text
from feeds.jsontext import ACCEPT, objects, read_object


class FederalRegisterSource:
    """The source type "federalregister"; the address is .../api/v1/documents.json?conditions[term]=...&order=newest."""

    kind = "federalregister"

    def request(self, spec: FeedSpec) -> FetchRequest:
        return FetchRequest(spec.url, {"Accept": ACCEPT})

    def parse(self, body: bytes, *, url: str, content_type: str = "") -> ParsedFeed:
        """Read an answer; raises ParseError only. A search that finds nothing answers without a list."""
        tree = read_object(body, content_type)
        if not isinstance(tree.get("results"), list) and tree.get("count") != "0":
            raise no_feed(Sentence(told.NO_REGISTER))
        entries = [_entry(document, url) for document in objects(tree.get("results"))]
        title = plain_text(tree.get("description"), MAX_TITLE) or "Federal Register"
        return ParsedFeed(title, "en", distinguish(entries, ""))


SOURCE = FederalRegisterSource()


def _entry(document: dict[str, Any], url: str) -> Entry:
    agencies = [
        plain_text(agency.get("name") or agency.get("raw_name"), MAX_TITLE)
        for agency in objects(document.get("agencies"))
    ]
    said = (plain_text(document.get(field), MAX_SUMMARY) for field in ("abstract", "excerpts"))
    return make_entry(
        url=url,
        guid=document.get("document_number"),
        link=document.get("html_url") or document.get("pdf_url"),
        title=plain_text(document.get("title"), MAX_TITLE),
        summary="\n".join(filter(None, (*said, ", ".join(filter(None, agencies)))))[:MAX_SUMMARY],
        lang="en",
        published=document.get("publication_date") or document.get("filed_at"),
    )
