"""Parser processes: what they answer, and that one that dies or hangs costs its own feed only."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import ParseError
from core.model import Entry, Outcome
from core.ports import Hints, ParsedFeed
from feeds.options import FeedOptions
from feeds.parsing import ParseWorker
from feeds.wire import Parsed, dump_parsed, load_parsed
from feeds.worker import keep_newest
from tests.feed_server import feed_xml
from tests.patience import PATIENCE, hurry

LONG = timedelta(seconds=PATIENCE)
URL = "https://news.example/feed"
SLOW = b"<rss><channel>" + b"<item><title>aaaa aaaa</title></item>" * 200_000 + b"</channel></rss>"


@pytest.fixture
async def worker() -> AsyncIterator[ParseWorker]:
    async with ParseWorker(FeedOptions()) as running:
        yield running


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_a_feed_is_read_in_another_process(worker: ParseWorker) -> None:
    body = feed_xml("Лукашенко", "Two", head="<ttl>60</ttl><skipHours><hour>3</hour></skipHours>")
    parsed = await worker.parse("rss", body, url=URL)
    assert [entry.title for entry in parsed.feed.entries] == ["Лукашенко", "Two"]
    assert parsed.feed.hints == Hints(timedelta(hours=1), (3,))
    (pid,) = worker.pids
    assert pid != os.getpid()
    await worker.parse("rss", body, url=URL)
    assert worker.pids == (pid,)


async def test_errors_come_back_as_they_are(worker: ParseWorker) -> None:
    with pytest.raises(ParseError, match="JSON") as caught:
        await worker.parse("rss", b"{}", url=URL)
    assert caught.value.outcome is Outcome.NOT_A_FEED


async def test_no_process_is_left_behind() -> None:
    async with ParseWorker(FeedOptions(parse_workers=2)) as worker:
        await asyncio.gather(*(worker.parse("rss", feed_xml("One"), url=URL) for _ in range(4)))
        pids = worker.pids
        assert len(pids) == 2
    assert all(gone(pid) for pid in pids)
    assert worker.pids == ()
    await worker.close()


async def test_a_body_that_takes_too_long_is_stopped_and_the_next_is_read() -> None:
    options = FeedOptions(parse_timeout=LONG)
    async with ParseWorker(options) as worker:
        await worker.parse("rss", feed_xml("One"), url=URL)
        (pid,) = worker.pids
        hurry(options, parse_timeout=timedelta(seconds=0.5))
        with pytest.raises(ParseError, match=r"over 0\.5 s") as caught:
            await worker.parse("rss", SLOW, url=URL)
        assert caught.value.outcome is Outcome.PARSE
        assert gone(pid)
        hurry(options, parse_timeout=LONG)
        assert (await worker.parse("rss", feed_xml("One"), url=URL)).total == 1


async def test_a_slow_body_delays_no_other_when_there_are_two_processes() -> None:
    async with ParseWorker(FeedOptions(parse_timeout=LONG, parse_workers=2)) as worker:
        slow = asyncio.create_task(worker.parse("rss", SLOW, url=URL))
        for _ in range(5):
            assert (await worker.parse("rss", feed_xml("One"), url=URL)).total == 1
        assert not slow.done()
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow


async def test_a_body_that_needs_too_much_memory_is_refused() -> None:
    async with ParseWorker(FeedOptions(parse_memory=150_000_000)) as worker:
        with pytest.raises(ParseError) as caught:
            await worker.parse("rss", feed_xml("word " * 6_000_000), url=URL)
        assert caught.value.outcome is Outcome.PARSE
        assert "memory" in str(caught.value)
        assert (await worker.parse("rss", feed_xml("One"), url=URL)).total == 1


async def test_a_process_that_dies_costs_one_feed(worker: ParseWorker) -> None:
    await worker.parse("rss", feed_xml("One"), url=URL)
    (pid,) = worker.pids
    task = asyncio.create_task(worker.parse("rss", SLOW, url=URL))
    await asyncio.sleep(0)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(ParseError, match="parser ended"):
        await task
    assert (await worker.parse("rss", feed_xml("One"), url=URL)).total == 1


async def test_a_cancelled_job_leaves_no_answer_for_the_next(worker: ParseWorker) -> None:
    task = asyncio.create_task(worker.parse("rss", SLOW, url=URL))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await worker.parse("rss", feed_xml("Next"), url=URL)).feed.entries[0].title == "Next"


def test_the_process_ends_when_its_parent_does() -> None:
    command = [sys.executable, "-m", "feeds.worker", str(2**30), "5"]
    result = subprocess.run(command, input=b"", capture_output=True, check=False, timeout=PATIENCE)
    assert result.returncode == 0
    assert b"ready" in result.stdout


def test_the_program_itself_does_not_load_the_parsers_libraries() -> None:
    script = "import sys, feeds.poller, feeds.sources.rss; sys.exit(bool({'feedparser', 'chardet'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_what_is_parsed_survives_the_wire() -> None:
    moment = datetime(2026, 3, 19, 12, 0, 1, tzinfo=UTC)
    entries = (
        Entry("1", "A 😀", "https://news.example/a", "news.example/a", "s", "t", "be", moment),
        Entry("2", ""),
    )
    parsed = Parsed(
        ParsedFeed("T", "ru", entries, Hints(timedelta(hours=1), (1, 2), ("monday",)), False), 7, 5, b"seen"
    )
    assert load_parsed(*dump_parsed(parsed)) == parsed
    empty = Parsed(ParsedFeed("", "", (), Hints()), 0)
    assert load_parsed(*dump_parsed(empty)) == empty


def test_no_text_of_an_entry_is_taken_for_two_on_the_wire() -> None:
    entries = (Entry("1", "a\x00b", summary="\x00"), Entry("2", "\x00"))
    read = load_parsed(*dump_parsed(Parsed(ParsedFeed("", "", entries), 2)))
    assert [(e.identity, e.title, e.summary) for e in read.feed.entries] == [
        ("1", "a\ufffdb", "\ufffd"),
        ("2", "\ufffd", ""),
    ]
    header, body = dump_parsed(Parsed(ParsedFeed("", "", entries), 2))
    for wrong in (body + b"\x00", body[:-1]):
        with pytest.raises(ValueError, match="texts for 2 entries"):
            load_parsed(header, wrong)


def test_the_newest_entries_are_kept_in_their_order() -> None:
    days = [3, 1, 5, 2, 4]
    entries = tuple(Entry(str(day), "", published_at=datetime(2026, 3, day, tzinfo=UTC)) for day in days)
    assert [entry.identity for entry in keep_newest(entries, 3)] == ["3", "5", "4"]
    undated = (*entries, Entry("undated", ""))
    assert keep_newest(undated, 2) == undated[:2]
    assert keep_newest(entries, 5) is entries
