"""Old entries that come up under another address or id, one by one or all at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from core.model import Analysis, Entry, Feed, Level, NewEntry
from core.ports import PollStore
from feeds.retelling import count_retold
from feeds.sifting import READ_BEFORE, Reissue, find_reissue, is_suspect, says_old

_MOST_STORED = 200  # entries that a document is held against


async def hush_read_before(
    store: PollStore, feed: Feed, new: Sequence[NewEntry], watched: Collection[str]
) -> list[NewEntry]:
    """New entries, quiet where one says that it is old and its feed has had its headline: then its address or id was
    changed. Only those are looked up that say something here, or are `watched` (identities), which old ones seldom are.
    Raises StoreError."""
    telling = [item for item in new if item.analysis.level is not Level.NONE or item.entry.identity in watched]
    asked = {id(item) for item in telling if says_old(feed, item.entry)}
    if not asked:
        return list(new)
    known = await store.count_titles(feed.id, [item.entry.title for item in new if id(item) in asked])
    return [
        NewEntry(item.entry, Analysis(), *READ_BEFORE) if id(item) in asked and known.get(item.entry.title) else item
        for item in new
    ]


async def look_for_reissue(store: PollStore, feed: Feed, total: int, fresh: Sequence[Entry]) -> Reissue:
    """What a document is of which `fresh` are not known: by its headlines, and when nothing in it is known by these
    either, by what it says. Raises StoreError."""
    if not is_suspect(feed, total, fresh):
        return Reissue()
    copies = await store.count_titles(feed.id, [entry.title for entry in fresh])
    reissue = find_reissue(total, fresh, copies)
    if reissue.repeated or len(fresh) < total:
        return reissue
    stored = await store.newest_entries(feed.id, min(2 * total, _MOST_STORED))
    return find_reissue(total, fresh, {**count_retold(fresh, stored), **copies})
