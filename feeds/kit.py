"""What everything that reads news in rounds works with, polls and second looks alike."""

from __future__ import annotations

from dataclasses import dataclass

from core.ports import Clock, Observer, PollStore
from feeds.fetch import Fetcher
from feeds.judging import Judging
from feeds.options import FeedOptions


@dataclass(frozen=True, slots=True)
class Kit:
    """One for a process: fetching keeps its pace per host, and judging its packs, whoever asks."""

    store: PollStore
    judging: Judging
    fetcher: Fetcher
    clock: Clock
    options: FeedOptions
    observe: Observer
