"""Feed files from the wild: read whole, counted as feedparser counts them, without a crash.

They belong to their publishers and are no part of this repository: MINSK_FEED_CORPUS names a tar archive of them.
"""

from __future__ import annotations

import asyncio
import io
import os
import random
import tarfile
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import feedparser
import pytest

from core.errors import ParseError
from core.model import FeedSpec, Outcome
from feeds.items import HASH, TRACE
from feeds.options import FeedOptions
from feeds.parsing import ParseWorker
from feeds.sources.rss import SOURCE
from tests.feed_server import reply, stall
from tests.mutating import check_unseen, damage, read_damaged
from tests.polling import polling

ARCHIVE = Path(os.environ.get("MINSK_FEED_CORPUS", "no corpus"))
SERVED = 200

pytestmark = pytest.mark.skipif(
    not ARCHIVE.exists(), reason="no feed corpus: set MINSK_FEED_CORPUS to an archive of feeds"
)


class File(NamedTuple):
    name: str
    body: bytes
    entries: int  # by feedparser alone


@pytest.fixture(scope="module")
def corpus() -> list[File]:
    with tarfile.open(ARCHIVE) as archive:
        streams = [(member.name, archive.extractfile(member)) for member in archive]
        bodies = [(name, stream.read()) for name, stream in streams if stream is not None]
    return [File(name, body, count(body)) for name, body in bodies]


def count(body: bytes) -> int:
    document = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    return len(document.entries)


async def test_real_feeds_are_polled_whole(corpus: list[File]) -> None:
    files = sorted((file for file in corpus if file.entries), key=lambda file: len(file.body))[-SERVED:]
    async with ParseWorker(FeedOptions(parse_workers=2)) as worker, polling(parser=worker) as it:
        urls = [it.server.on(f"/{number}", reply(file.body)) for number, file in enumerate(files)]
        await it.store.sync_feeds([FeedSpec(url, url) for url in urls], it.clock.now())
        results = {result.url: result for result in await it.poller.poll_once()}
        told = [(results[url].outcome, results[url].entries) for url in urls]
        assert told == [(Outcome.OK, file.entries) for file in files]
        again = await it.poller.poll_once(force=True)
        assert {result.outcome for result in again} <= {Outcome.NOT_MODIFIED, Outcome.OK}
        assert sum(result.new for result in again) == 0


async def test_a_hanging_feed_among_real_ones_delays_none(corpus: list[File]) -> None:
    async with polling(timeout=timedelta(minutes=5)) as it:
        hanging = FeedSpec("hanging", it.server.on("/hanging", stall(b"")))
        await it.store.sync_feeds([hanging], it.clock.now())
        waiting = asyncio.create_task(it.poller.poll_once())
        for number, file in enumerate(sorted(corpus, key=lambda file: file.entries)[-5:]):
            assert (await it.poll(it.server.on(f"/{number}", reply(file.body)))).outcome is Outcome.OK
        assert not waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


def test_no_file_loses_an_entry(corpus: list[File]) -> None:
    lost, refused = [], []
    for file in corpus:
        try:
            feed = SOURCE.parse(file.body, url="https://news.example/feed")
        except ParseError as error:
            refused.append((error.outcome, file.entries))
            continue
        if len(feed.entries) < file.entries or not all(entry.identity for entry in feed.entries):
            lost.append(file.name)
    assert lost == []
    assert set(refused) == {(Outcome.NOT_A_FEED, 0)}
    assert len(refused) < len(corpus) / 20


def test_reading_only_what_is_new_gives_the_same_entries(corpus: list[File]) -> None:
    """Each document is split, every other item is taken for seen, and the rest must come out as from the whole."""
    url = "https://news.example/feed"
    itemwise, differing = 0, []
    for file in corpus:
        if not file.entries:
            continue
        whole = SOURCE.parse_unseen(file.body, url=url)
        seen = b"".join(whole.seen[at : at + TRACE] for at in range(0, len(whole.seen), 2 * TRACE))
        part = SOURCE.parse_unseen(file.body, url=url, seen=seen)
        keys = [whole.seen[at : at + HASH] for at in range(0, len(whole.seen), TRACE)]
        known = set(keys[::2])
        expected = [entry for number, entry in enumerate(whole.feed.entries) if not seen or keys[number] not in known]
        if list(part.feed.entries) != expected or part.total != whole.total:
            differing.append(file.name)
        itemwise += len(part.feed.entries) < whole.total
    assert differing == []
    assert itemwise > len(corpus) / 4


def test_damaged_files_give_a_feed_or_a_parse_error(corpus: list[File]) -> None:
    rng = random.Random(19)
    read = 0
    for file in sorted(corpus, key=lambda file: len(file.body))[-300:]:
        body = damage(file.body[:30_000], rng)
        read += bool(read_damaged("rss", body))
        check_unseen(body)
    assert read > 200
