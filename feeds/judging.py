"""What decides about an entry, wherever it was read: in a feed's document, or in full on its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.model import Analysis, Entry, FeedSpec, NewEntry
from core.ports import Matcher, Stories
from core.watch import Watcher, WatchHit
from feeds.watching import find_watched


@dataclass(frozen=True, slots=True)
class Judging:
    """The packs, the rules of stories, and what chats watch for (None: nothing is watched)."""

    matcher: Matcher
    stories: Stories
    watcher: Watcher | None = None

    @property
    def watching(self) -> bool:
        """Whether entries are held against watchlists."""
        return self.watcher is not None

    def analyse(self, spec: FeedSpec, entry: Entry, text: str, seen_at: datetime) -> Analysis:
        """What an entry with this text below its title is about; its feed and its site say part of that, and when it
        was published, or else seen."""
        implies = tuple(dict.fromkeys((*spec.implies, *self.matcher.implied_by(entry.url or spec.url))))
        lang, when = entry.lang or spec.lang, entry.told_at(seen_at)
        return self.matcher.analyse(entry.title, text, lang=lang, implies=implies, when=when)

    async def find_watched(self, spec: FeedSpec, new: Sequence[NewEntry]) -> Mapping[str, tuple[WatchHit, ...]]:
        """See feeds.watching. Raises StoreError."""
        return await find_watched(self.watcher, spec, new)
