"""What is said of a host that has more feeds than can be polled at their intervals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from app import notice_texts as told
from core.health import FeedRecord
from core.noticing import NoticeKey
from core.sentence import Sentence
from feeds.crowding import Crowd, crowds


def crowded_hosts(records: Iterable[FeedRecord], pause: timedelta) -> dict[NoticeKey, Sentence]:
    """A sentence for each such host, by the key of its notice; feeds that are paused do not count."""
    polled = [record.spec for record in records if record.paused_at is None]
    return {("host", crowd.host): crowded(crowd) for crowd in crowds(polled, pause)}


def crowded(crowd: Crowd) -> Sentence:
    minutes = f"{max(round(crowd.round / timedelta(minutes=1)), 1)}"
    return Sentence(told.CROWDED, host=crowd.host, count=str(crowd.feeds), minutes=minutes)
