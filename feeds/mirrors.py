"""Where else a feed is found. Entries of a mirror are entries of the feed: identities name the feed's own host,
wherever the document came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.links import host_of, link_key
from core.model import Entry, Feed, FeedSpec


def other_addresses(feed: Feed) -> tuple[str, ...]:
    """Where else a feed may be found: at the address configured, should it have moved, and at its mirrors."""
    moved = (feed.spec.url,) if feed.address != feed.spec.url else ()
    return (*moved, *feed.spec.mirrors)


def under_own_host(entries: Sequence[Entry], spec: FeedSpec) -> tuple[Entry, ...]:
    """The entries with the hosts of the feed's mirrors replaced in identities and link keys; addresses stay."""
    own = host_of(spec.url)
    mirrors = {host_of(url) for url in spec.mirrors} - {own}
    if not mirrors:
        return tuple(entries)

    def rename(text: str) -> str:
        key = link_key(text) if "://" in text else text
        host, slash, rest = key.partition("/")
        return f"{own}{slash}{rest}" if host in mirrors else text

    return tuple(replace(e, identity=rename(e.identity), link_key=rename(e.link_key)) for e in entries)
