"""The parser process: frames in, frames out, until its input ends. Started by feeds.parsing as `-m feeds.worker`.

It imports the sources and core only, runs niced, and the system ends it when a body takes too much time or memory.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, BinaryIO

from core.errors import ParseError
from core.model import Entry, Outcome
from core.ports import Source
from core.sentence import Sentence
from feeds import fault_texts as told
from feeds.items import ItemwiseSource, Unseen
from feeds.sources import SOURCES
from feeds.wire import LENGTHS, Parsed, dump_parsed, pack, unpack

RETIRE_GROWTH = 200 * 1024  # KiB: a process that ever grew by more is replaced


Answer = Callable[[dict[str, Any], bytes], tuple[dict[str, Any], bytes]]


def main() -> None:
    """Read feeds until the input ends."""
    serve(_answer, lambda: SOURCES.get("rss").parse(b"<rss><channel/></rss>", url="http://localhost/"))


def serve(answer: Answer, warm: Callable[[], object]) -> None:
    """Serve jobs from standard input. The arguments are the limits: memory in bytes, CPU in seconds.

    `warm` loads the libraries, before the first job's time begins.
    """
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not look like a frame
    warm()
    sink.write(pack({"ready": os.getpid()}))
    sink.flush()
    first = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # may be the parent's: Linux hands it down
    while job := _read(source):
        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + seconds, hard))
        header, body = answer(*job)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - first
        sink.write(pack(header | {"retire": grown > RETIRE_GROWTH}, body))
        sink.flush()


def _read(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    lengths = stream.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    head, body = LENGTHS.unpack(lengths)
    return unpack(stream.read(head)), stream.read(body)


def _answer(job: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """The answer's header and body. A job's body is what was seen before (job["seen"] bytes), then the document."""
    seen, document = body[: job["seen"]], body[job["seen"] :]
    try:
        parsed = read_document(document, **(job | {"seen": seen}))
    except (ParseError, MemoryError, RecursionError) as error:
        return refusal(error), b""
    header, body = dump_parsed(parsed)
    return {"parsed": header}, body


def refusal(error: ParseError | MemoryError | RecursionError) -> dict[str, Any]:
    """The answer's header for a body that was not read."""
    if isinstance(error, ParseError):
        return {"outcome": error.outcome.value, "error": str(error)}
    lacking = Sentence(told.MEMORY if isinstance(error, MemoryError) else told.NESTING)
    return {"outcome": Outcome.PARSE.value, "error": str(lacking)}


def read_document(
    body: bytes, *, kind: str, url: str, content_type: str, max_entries: int, seen: bytes = b""
) -> Parsed:
    """Read a body here and now, without what was seen before if the source can do that; raises ParseError."""
    source, itemwise = _source(kind)
    if itemwise is not None:
        read = itemwise.parse_unseen(body, url=url, content_type=content_type, seen=seen, limit=max_entries)
    else:
        feed = source.parse(body, url=url, content_type=content_type)
        read = Unseen(feed, len(feed.entries))
    kept = keep_newest(read.feed.entries, max_entries)
    dropped = read.dropped + len(read.feed.entries) - len(kept)
    return Parsed(replace(read.feed, entries=kept), read.total, dropped, b"" if dropped else read.seen)


@cache  # to look whether it is an ItemwiseSource takes as long as finding the items of a document
def _source(kind: str) -> tuple[Source, ItemwiseSource | None]:
    source: Source = SOURCES.get(kind)
    return source, source if isinstance(source, ItemwiseSource) else None


def keep_newest(entries: tuple[Entry, ...], limit: int) -> tuple[Entry, ...]:
    """At most `limit` entries in document order: by their dates if all have one, else the first, newest by custom."""
    if len(entries) <= limit:
        return entries
    dates = sorted((entry.published_at.timestamp() for entry in entries if entry.published_at), reverse=True)
    if len(dates) < len(entries):
        return entries[:limit]
    oldest = dates[limit - 1]
    return tuple(e for e in entries if e.published_at and e.published_at.timestamp() >= oldest)[:limit]


if __name__ == "__main__":
    main()
