"""Addresses that others wrote: the feeds that a page names, the pages of a feed's entries.

Whoever wrote one reaches no private network by it: neither one that the operator listed for feeds of the own, nor one
more that the operator would be advised to list.
"""

from __future__ import annotations

from core.errors import FetchError
from core.links import host_of
from core.model import FeedSpec, Outcome
from core.ports import FetchRequest
from core.sentence import Sentence
from feeds import fault_texts as told
from feeds.discovery import Candidate
from feeds.fetch import Fetched, Fetcher
from feeds.gate import AddressRefused
from feeds.sources import SOURCES


def check_named(fetcher: Fetcher, url: str, by: str) -> None:
    """Raise FetchError when a page or feed at `by` names an address that was listed for the operator's own."""
    if fetcher.leads_inside(url, by):
        raise _refused(Sentence(told.IS_PRIVATE, shown=host_of(url)))


async def fetch_named(
    fetcher: Fetcher, request: FetchRequest, by: str, *, user_agent: str = "", proxy: str = ""
) -> Fetched:
    """As Fetcher.fetch, of an address that stands in the page or feed at `by`. Raises FetchError."""
    check_named(fetcher, request.url, by)
    try:
        return await fetcher.fetch(request, user_agent=user_agent, proxy=proxy)
    except AddressRefused as error:
        raise _refused(error.why) from error


async def fetch_candidate(fetcher: Fetcher, candidate: Candidate, page: str) -> Fetched:
    """Fetch what may be a feed by the page at `page`. Raises FetchError."""
    spec = FeedSpec(candidate.url, candidate.url, candidate.kind)
    return await fetch_named(fetcher, SOURCES.get(candidate.kind).request(spec), page)


def _refused(why: Sentence) -> FetchError:
    return FetchError(Outcome.BLOCKED, Sentence(told.NAMED_REFUSED, why=why))
