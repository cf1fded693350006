"""What the site of an entry implies, as the packs say: a Belarusian paper need not write "Belarus"."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from matching.lexicon import Lexicon


def implied_by(lexicon: Lexicon) -> Callable[[str], tuple[str, ...]]:
    """A function from an entry's URL to the concepts that the packs say its site implies."""

    def implied(url: str) -> tuple[str, ...]:
        host = (urlsplit(url).hostname or "").lower()
        while host:
            if host in lexicon.sources:
                return tuple(lexicon.sources[host])
            host = host.partition(".")[2]
        return ()

    return implied
