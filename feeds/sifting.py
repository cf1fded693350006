"""Which entries of a document are new, and which of the new ones must stay quiet. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from core.model import Analysis, Entry, Feed, Level

REISSUE_LEAST = 8  # entries; a document as small may well be all new


def without_repeats(entries: Sequence[Entry], known: frozenset[str]) -> list[Entry]:
    """Entries not known, each once, by identity and by link."""
    seen: set[str] = set()
    fresh = []
    for entry in entries:
        if entry.identity not in known and entry.identity not in seen and entry.link_key not in seen:
            fresh.append(entry)
        seen |= {entry.identity, entry.link_key} - {""}
    return fresh


def is_reissue(feed: Feed, total: int, fresh: Sequence[Entry]) -> bool:
    """Whether a known feed brings nothing but unknown entries, as after a redesign of its site."""
    return feed.state.first_polled_at is not None and len(fresh) == total >= REISSUE_LEAST


def why_quiet(
    feed: Feed, entry: Entry, *, reissued: bool, backfill: timedelta, now: datetime
) -> tuple[str, str] | None:
    """Outcome and reason for an entry that must not alert, whatever it says."""
    published, last_ok = entry.published_at, feed.state.last_ok_at
    if feed.state.first_polled_at is None:
        if not backfill:
            return "baseline", "It was in the feed already when the feed was first polled."
        if published is None or published < now - backfill:
            return "old", "It was published before the time that the first poll looks back to (feeds.backfill)."
    elif reissued and published and last_ok and published < last_ok - timedelta(hours=1):
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
