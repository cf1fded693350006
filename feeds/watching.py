"""What chats watch for beyond the topics: asked of every new entry before the transaction that stores it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from core.model import FeedSpec, NewEntry
from core.watch import Watcher, WatchHit

QUIET = frozenset(("baseline", "old"))  # outcomes of entries that must not alert, whatever they say
_YIELD_AFTER = 0.004  # seconds after which the loop gets its turn


def without_quiet(
    watched: Mapping[str, tuple[WatchHit, ...]], new: Sequence[NewEntry]
) -> Mapping[str, tuple[WatchHit, ...]]:
    """What is watched for of entries that do not come quietly."""
    quiet = {item.entry.identity for item in new if item.outcome in QUIET}
    return {identity: hits for identity, hits in watched.items() if identity not in quiet}


async def find_watched(
    watcher: Watcher | None, spec: FeedSpec, new: Sequence[NewEntry]
) -> Mapping[str, tuple[WatchHit, ...]]:
    """Identity -> what the entry is watched for; entries that nobody watches for, or that come quietly, are left out.

    Raises StoreError.
    """
    asked = [item for item in new if item.outcome not in QUIET]
    if watcher is None or not asked or not await watcher.refresh():
        return {}
    loop = asyncio.get_running_loop()
    began = loop.time()
    found: dict[str, tuple[WatchHit, ...]] = {}
    for item in asked:
        hits = watcher.find(spec, item.entry, item.analysis)
        if hits:
            found[item.entry.identity] = hits
        if loop.time() - began > _YIELD_AFTER:
            await asyncio.sleep(0)
            began = loop.time()
    return found
