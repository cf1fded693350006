"""Which entries of a document are new, and which of the new ones must stay quiet. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.audits import AUDIT
from core.model import Analysis, Entry, Feed, Level

REPEATS_LEAST = 3  # entries whose headlines were read before
COPIES = 3  # of a headline that are stored
REISSUE_LEAST = 8  # entries; a document as small may well be all new


READ_BEFORE = "old", "The feed published it anew under another address or id; its headline or text was read before."
_LATE = timedelta(hours=1)  # so much later than it says may an entry come up in its feed


def says_old(feed: Feed, entry: Entry) -> bool:
    """Whether an entry would have been there when its feed was last read, by the day that it says of itself."""
    published, last_ok = entry.published_at, feed.state.last_ok_at
    return published is not None and last_ok is not None and published < last_ok - _LATE


def without_repeats(entries: Sequence[Entry], known: frozenset[str]) -> list[Entry]:
    """Entries not known, each once, by identity and by link."""
    seen: set[str] = set()
    fresh = []
    for entry in entries:
        if entry.identity not in known and entry.identity not in seen and entry.link_key not in seen:
            fresh.append(entry)
        seen.update((entry.identity, entry.link_key))
        seen.discard("")
    return fresh


@dataclass(frozen=True, slots=True)
class Reissue:
    """A document published anew, as after a redesign of its site, or by a feed that changes its ids.

    `whole`: nothing in it was known. `repeated`: headline -> how often the feed has brought it before.
    """

    whole: bool = False
    repeated: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.whole or bool(self.repeated)

    def without_copies(self, fresh: Sequence[Entry]) -> list[Entry]:
        """Entries without those whose headline is stored often enough: a feed that changes its ids has no end."""
        return [entry for entry in fresh if self.repeated.get(entry.title, 0) < COPIES]


def is_suspect(feed: Feed, total: int, fresh: Sequence[Entry]) -> bool:
    """Whether so much of a known feed is unknown that it may have been published anew."""
    return feed.state.first_polled_at is not None and len(fresh) >= REPEATS_LEAST and 2 * len(fresh) >= total


def find_reissue(total: int, fresh: Sequence[Entry], copies: Mapping[str, int]) -> Reissue:
    """What a suspect document is; `copies` tells how often the feed has brought each headline before."""
    repeated = {entry.title: copies[entry.title] for entry in fresh if copies.get(entry.title)}
    again = sum(entry.title in repeated for entry in fresh)
    if again < max(REPEATS_LEAST, len(fresh) / 2):
        repeated = {}
    return Reissue(len(fresh) == total >= REISSUE_LEAST, repeated)


def why_quiet(
    feed: Feed, entry: Entry, *, reissue: Reissue, backfill: timedelta, now: datetime
) -> tuple[str, str] | None:
    """Outcome and reason for an entry that must not alert, whatever it says."""
    published = entry.published_at
    if feed.state.first_polled_at is None:
        if not backfill:
            return "baseline", "It was in the feed already when the feed was first polled."
        if published is None or published < now - backfill:
            return "old", "It was published before the time that the first poll looks back to (feeds.backfill)."
    elif entry.title in reissue.repeated:
        return READ_BEFORE
    elif reissue.whole and says_old(feed, entry):
        return "old", "The whole feed was published anew under other addresses; this entry is from before that."
    return None


def verdict(analysis: Analysis) -> tuple[str, str]:
    """Outcome and reason of an entry by its analysis alone; placing it in a story may change them."""
    if analysis.level is Level.NONE:
        return "no_match", "No topic was found in it."
    if analysis.level is Level.HALF:
        missing = "; ".join(f"{topic} lacks {', '.join(groups)}" for topic, groups in analysis.missing.items())
        return "half", f"Only one side of a topic was found: {missing}." if missing else "Only one side was found."
    return analysis.level.value, f"It speaks of {', '.join(analysis.topics)}."


def audit_verdict(analysis: Analysis) -> tuple[str, str]:
    """`verdict` for a feed that alerts nobody but tells what the others miss."""
    if not analysis.relevant:
        return verdict(analysis)
    return AUDIT, "It came from a query that checks the other feeds; whether they bring it too is seen later."
