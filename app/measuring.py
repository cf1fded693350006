"""What is measured around the parts: observers joined into one, and fetching and parsing with their times told."""

from __future__ import annotations

import time
from typing import Any

from core.ports import Clock, FetchRequest, Observer
from feeds.fetch import Fetched, Fetcher
from feeds.options import FeedOptions
from feeds.parsing import ParseWorker
from feeds.wire import Parsed


def joined(*observers: Observer) -> Observer:
    """One observer that tells all of them, in order."""

    def observe(event: str, /, **fields: Any) -> None:
        for one in observers:
            one(event, **fields)

    return observe


class MeasuredFetcher(Fetcher):
    """Tells `fetched` (seconds) of every fetch, also of those that fail."""

    def __init__(self, options: FeedOptions, clock: Clock, observe: Observer) -> None:
        super().__init__(options, clock)
        self._observe = observe

    async def fetch(
        self,
        request: FetchRequest,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        user_agent: str = "",
        proxy: str = "",
    ) -> Fetched:
        began = time.perf_counter()
        try:
            return await super().fetch(
                request, etag=etag, last_modified=last_modified, user_agent=user_agent, proxy=proxy
            )
        finally:
            self._observe("fetched", seconds=time.perf_counter() - began)


class MeasuredParser(ParseWorker):
    """Tells `parsed` (seconds) of every body, and `parser_died` of every parser process that died or hung (of
    which feed the poll's own failure tells)."""

    def __init__(self, options: FeedOptions, observe: Observer) -> None:
        super().__init__(options)
        self._observe = observe
        self._told = 0

    async def parse(self, kind: str, body: bytes, *, url: str, content_type: str = "", seen: bytes = b"") -> Parsed:
        began = time.perf_counter()
        try:
            return await super().parse(kind, body, url=url, content_type=content_type, seen=seen)
        finally:
            self._observe("parsed", seconds=time.perf_counter() - began)
            while self._told < self.deaths:
                self._told += 1
                self._observe("parser_died")
