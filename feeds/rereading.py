"""Old entries that come up one by one under another address or id."""

from __future__ import annotations

from collections.abc import Sequence

from core.model import Analysis, Feed, Level, NewEntry
from core.ports import PollStore
from feeds.sifting import READ_BEFORE, says_old


async def hush_read_before(store: PollStore, feed: Feed, new: Sequence[NewEntry]) -> list[NewEntry]:
    """New entries, quiet where one says that it is old and its feed has had its headline: then its address or id was
    changed. Only those are looked up that say something here, which old ones seldom do. Raises StoreError."""
    asked = {id(item) for item in new if item.analysis.level is not Level.NONE and says_old(feed, item.entry)}
    titles = [item.entry.title for item in new if id(item) in asked]
    known = await store.count_titles(feed.id, titles) if titles else {}
    return [
        NewEntry(item.entry, Analysis(), *READ_BEFORE) if id(item) in asked and known.get(item.entry.title) else item
        for item in new
    ]
