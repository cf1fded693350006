"""What is watched, kept in memory and compiled anew when a watchlist has changed."""

from __future__ import annotations

import logging

from core.model import Analysis, Entry, FeedSpec
from core.watch import WatchHit, WatchSpecs
from matching.lexicon import Lexicon
from matching.watching import WatchBook

log = logging.getLogger("minskwatch")


class StoredWatcher:
    """Implements core.watch.Watcher over what the store keeps."""

    def __init__(self, store: WatchSpecs, lexicon: Lexicon) -> None:
        self._store = store
        self._lexicon = lexicon
        self._version = ""
        self._book: WatchBook | None = None

    def change(self, lexicon: Lexicon) -> None:
        """Compile what is watched anew with the next `refresh`."""
        self._lexicon = lexicon
        self._version = ""

    async def refresh(self) -> bool:
        version = await self._store.get_watch_version()
        if version != self._version:
            specs = await self._store.get_watch_specs()
            self._book = WatchBook(self._lexicon, specs) if specs else None
            for fault in self._book.faults if self._book else ():
                log.warning("a watch is passed over: %s", fault)
            self._version = version
        return self._book is not None

    def find(self, feed: FeedSpec, entry: Entry, analysis: Analysis) -> tuple[WatchHit, ...]:
        return self._book.find(feed, entry, analysis) if self._book else ()
