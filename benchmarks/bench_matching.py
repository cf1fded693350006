"""What matching costs: CPU time per entry of 3,000 characters beside plain keyword search, compile time, memory.

Run: python -m benchmarks.bench_matching [FILE.jsonl ...]   (default: the labelled news of tests/data)

Entries are put together from the labelled items of one language and kind until they have 3,000 characters. Times are
CPU seconds of one core, the best of several rounds; the ratio to `keyword in text` holds on a machine of any speed.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from matching.lexicon import load_lexicon
from matching.matcher import PackMatcher
from matching.reading import read
from matching.text import read_passage

DATA = Path(__file__).parents[1] / "tests" / "data"
SIZE = 3_000
ROUNDS = 3


def entries(files: list[Path]) -> dict[str, list[tuple[str, str, str]]]:
    """Kind -> (title, body, language) of entries of 3,000 characters: hits, near misses, and unrelated text."""
    made: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    texts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            kind = "relevant" if row["relevant"] else "near miss"
            texts[kind, row["lang"]].append(f"{row['title']}. {row['summary']}")
    for (kind, lang), pieces in texts.items():
        body = " ".join(pieces)
        while len(body) < SIZE:
            body += " " + body
        made[kind].append((pieces[0][:90], body[:SIZE], lang))
    plain = {
        "en": "The council approved the new timetable for buses on Monday, and drivers will get longer breaks. ",
        "ru": "Местные власти сообщили о строительстве дороги, которая соединит два района города; начало весной. ",
        "pl": "Gmina ogłosiła przetarg na remont szkoły, a rodzice liczą na nowe boisko jeszcze przed końcem wakacji. ",
    }
    for lang, sentence in plain.items():
        made["unrelated"].append((sentence[:60], (sentence * 40)[:SIZE], lang))
    return made


def cpu(work: Callable[[], object], times: int = 5) -> float:
    """Least CPU microseconds of one call."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - start) / times * 1e6)
    return best


def memory() -> float:
    """Peak resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(files: list[Path]) -> Iterator[str]:
    before = memory()
    start = time.process_time()
    lexicon = load_lexicon()
    yield f"compile the packs       {(time.process_time() - start):7.2f} s CPU"
    matcher = PackMatcher(lexicon)
    keywords = sorted({pattern.elements[0].stem for made in lexicon.concepts.values() for pattern in made})
    columns = "".join(f"{name:>9}" for name in ("keywords", "tokens", "read", "analyse"))
    yield f"{'entry of 3,000 chars':<24}{columns}   microseconds of CPU; ratio to keywords"
    for kind, rows in entries(files).items():
        totals = [0.0] * 4
        for title, body, lang in rows:
            folded = body.lower()
            totals[0] += cpu(lambda folded=folded: [word for word in keywords if word in folded])  # type: ignore[misc]
            totals[1] += cpu(lambda body=body: read_passage(body, "body"))  # type: ignore[misc]
            totals[2] += cpu(lambda t=title, b=body, la=lang: read(lexicon, t, b, la))  # type: ignore[misc]
            totals[3] += cpu(lambda t=title, b=body, la=lang: matcher.analyse(t, b, lang=la))  # type: ignore[misc]
        means = [total / len(rows) for total in totals]
        yield f"{kind:<24}" + "".join(f"{mean:9.0f}" for mean in means) + f"   x {means[3] / means[0]:.2f}"
    size = f"{len(keywords)} distinct stems, {len(lexicon.persons)} persons"
    yield f"memory of matching      {memory() - before:7.1f} MB ({size})"


if __name__ == "__main__":
    given = [Path(name) for name in sys.argv[1:]] or [DATA / "news-dev.jsonl", DATA / "news-own.jsonl"]
    for text in report(given):
        print(text)
