"""Documents damaged byte by byte, the same for the same seed, and what must hold of whatever comes of them.

`python -m tests.mutating FOLDER [--rounds N] [--seed N]` does so to every file of a folder, as a feed.
"""

from __future__ import annotations

import argparse
import json
import random
import time
import traceback
from copy import deepcopy
from pathlib import Path

from core.errors import ParseError
from core.model import Entry, Outcome
from feeds.items import HASH, TRACE
from feeds.sources import SOURCES
from feeds.sources.rss import SOURCE
from feeds.wire import Parsed, dump_parsed, load_parsed, pack, unpack
from feeds.worker import read_document

URL = "https://news.example/feed"
MOST_ENTRIES = 50
MOST_SECONDS = 2.0  # of CPU for a body of tens of kilobytes, on a busy machine; most take milliseconds
LONGEST_TITLE = 1000
_MARKS = (
    b"<",
    b">",
    b"&",
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b"\xff",
    b"\x00",
    b"&#xD800;",
    b'"',
    b"{",
    b"[",
    b"\xd0",
    b"=",
)
_CODECS = ("cp1251", "koi8-u", "cp1250", "iso8859-2", "cp1252", "utf-16", "utf-16-be", "shift_jis")
_VALUES: tuple[object, ...] = (
    *(None, True, -1, 0, 1.5, 10**400, 1e308, float("nan"), float("inf"), "", " ", "x" * 5000, "\ud800", "\x00", "<"),
    *("http://[", "//a.example/1", "javascript:alert(1)", "2026-13-45T99:99:99Z", "&#xD800;", [], {}, [[[]]]),
)


def damage(body: bytes, rng: random.Random) -> bytes:
    """Some bytes changed, cut, repeated or put elsewhere; now and then all in another encoding before."""
    if rng.random() < 0.1:
        body = body.decode("utf-8", "replace").encode(rng.choice(_CODECS), "ignore")
    damaged = bytearray(body)
    for _ in range(rng.randint(1, 12)):
        at, length = rng.randrange(len(damaged) + 1), rng.choice((0, 0, 1, 1, 3, 20, 200))
        other = rng.randrange(len(damaged) + 1)
        new = rng.choice((rng.choice(_MARKS), bytes(damaged[other : other + 40]), bytes([rng.randrange(256)])))
        damaged[at : at + length] = new
    return bytes(damaged)


def damage_tree(body: bytes, rng: random.Random) -> bytes:
    """JSON that is still JSON, with some of its values replaced by something else."""
    tree = json.loads(body)
    for _ in range(rng.randint(1, 4)):
        node = tree
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            key = rng.choice(keys)
            if isinstance(node[key], (dict, list)) and node[key] and rng.random() < 0.9:
                node = node[key]
                continue
            node[key] = deepcopy(rng.choice((*_VALUES, node[key], [node[key]], {"name": node[key]})))
            break
    return json.dumps(tree, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def read_damaged(kind: str, body: bytes) -> tuple[Entry, ...]:
    """The entries read as the parser process reads them, none after a ParseError. Raises AssertionError."""
    began = time.process_time()
    try:
        read = read_document(body, kind=kind, url=URL, content_type="", max_entries=MOST_ENTRIES)
    except ParseError as error:
        if error.outcome not in (Outcome.NOT_A_FEED, Outcome.PARSE, Outcome.BLOCKED) or not str(error):
            raise AssertionError(f"a ParseError that says {error.outcome} {error}") from error
        return ()
    finally:
        assert time.process_time() - began < MOST_SECONDS, "it takes too long"
    entries = read.feed.entries
    assert len(entries) <= MOST_ENTRIES
    for entry in entries:
        assert entry.identity
        assert "\x00" not in entry.title + entry.body + entry.identity
        assert len(entry.title) <= LONGEST_TITLE
        assert entry.url == "" or entry.url.lower().startswith(("http://", "https://"))
        (entry.title + entry.body + entry.identity + entry.url + entry.lang).encode()
    header, texts = dump_parsed(read)
    assert load_parsed(unpack(pack(header)[8:]), texts) == Parsed(read.feed, read.total, read.dropped, read.seen)
    return entries


def check_unseen(body: bytes) -> None:
    """That a feed of which every other item was seen gives the others as the whole does. Raises AssertionError."""
    try:
        whole = SOURCE.parse_unseen(body, url=URL)
    except ParseError:
        return
    seen = b"".join(whole.seen[at : at + TRACE] for at in range(0, len(whole.seen), 2 * TRACE))
    keys = [whole.seen[at : at + HASH] for at in range(0, len(whole.seen), TRACE)]
    known = set(keys[::2])
    part = SOURCE.parse_unseen(body, url=URL, seen=seen)
    rest = [entry for number, entry in enumerate(whole.feed.entries) if not seen or keys[number] not in known]
    assert list(part.feed.entries) in (rest, list(whole.feed.entries))
    assert part.total == whole.total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bytes", type=int, default=30_000, help="the beginning of each file that is taken")
    args = parser.parse_args()
    tried = read = 0
    faults: list[str] = []
    for file in sorted(path for path in args.folder.rglob("*") if path.is_file()):
        whole = file.read_bytes()[: args.bytes]
        rng = random.Random(f"{args.seed} {file.name}")
        for number in range(args.rounds):
            body = damage(whole, rng)
            kinds = SOURCES.names if number == 0 else ("rss",)
            for kind in kinds:
                tried += 1
                try:
                    read += bool(read_damaged(kind, body))
                    if kind == "rss":
                        check_unseen(body)
                except Exception as error:
                    line = traceback.extract_tb(error.__traceback__)[-1].line
                    faults.append(f"{file} {kind} round {number}: {type(error).__name__} {line} {str(error)[:200]}")
                    print(faults[-1], flush=True)
    print(f"{tried:,} bodies, {read:,} with entries, {len(faults)} faults")


if __name__ == "__main__":
    main()
