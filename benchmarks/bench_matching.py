"""What matching costs: CPU per entry of 3,000 characters beside a floor, time to compile the packs, memory.

Run: PYTHONPATH=. python benchmarks/bench_matching.py [FILE.jsonl ...]   (default: labelled news of tests/data)

Kinds of entries, in eight languages:
  unrelated   varied news of nothing that the packs know (benchmarks/news_text.py)
  near miss   the same with a labelled hard negative as headline and lead, and another after every third sentence
  relevant    the same with labelled relevant items
  dense       nothing but labelled relevant items: denser than any article

Every entry is new to the matcher and read once in a round, after as many others as a warm process has seen; a round
uses other entries than the one before. The floor is `re.findall(r"\\w+", text)` and `casefold` of each word. Times are
CPU of one core; on a busy machine only the ratio says something.
"""

from __future__ import annotations

import json
import random
import re
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

from benchmarks.news_text import LANGS, Writer
from matching.lexicon import load_lexicon
from matching.matcher import PackMatcher
from matching.reading import read
from matching.text import read_passage

DATA = Path(__file__).parents[1] / "tests" / "data"
SIZE = 3_000
ROUNDS = 7
PER_LANGUAGE = 6  # entries of a kind and language in a round
KINDS = ("unrelated", "near miss", "relevant", "dense")
Item = tuple[str, str]
Entry = tuple[str, str, str]


def labelled(files: Sequence[Path]) -> dict[tuple[bool, str], list[Item]]:
    """(Relevant?, language) -> title and summary of the labelled items."""
    found: dict[tuple[bool, str], list[Item]] = defaultdict(list)
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found[row["relevant"], row["lang"]].append((row["title"], row["summary"]))
    return found


def make(kind: str, lang: str, number: int, items: dict[tuple[bool, str], list[Item]]) -> Entry:
    """One entry of 3,000 characters; the same number always makes the same."""
    writer = Writer(lang, number)
    if kind == "unrelated":
        return writer.sentence()[:90], writer.text(SIZE)[:SIZE], lang
    rows = list(items[kind != "near miss", lang])
    random.Random(number).shuffle(rows)  # noqa: S311 - the same order for the same number
    titles = rows[0][0]
    pieces = [rows[0][1], *(f"{title}. {summary}" for title, summary in rows[1:])]
    while kind == "dense" and sum(map(len, pieces)) < SIZE:
        pieces += pieces
    every = 0 if kind == "dense" else 3
    return titles, writer.text(SIZE, pieces, every)[:SIZE], lang


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def floor(text: str) -> list[str]:
    """The words of a text, comparable in the simplest way."""
    return [word.casefold() for word in re.findall(r"\w+", text)]


def memory() -> float:
    """Peak resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(matcher: PackMatcher, kind: str, items: dict[tuple[bool, str], list[Item]]) -> tuple[list[float], float]:
    """Median over the rounds of CPU milliseconds per entry: floor, words, read, analyse; and analyse / floor."""
    lexicon = matcher.lexicon
    stages: list[Callable[[Entry], object]] = [
        lambda entry: floor(f"{entry[0]} {entry[1]}"),
        lambda entry: (read_passage(entry[0], "title"), read_passage(entry[1], "body")),
        lambda entry: read(lexicon, *entry),
        lambda entry: matcher.analyse(entry[0], entry[1], lang=entry[2]),
    ]
    rows: list[list[float]] = []
    for number in range(ROUNDS + 1):
        row = []
        for stage, work in enumerate(stages):  # other entries for each stage, or the later ones would be warm
            entries = [
                make(kind, lang, (number * len(stages) + stage) * PER_LANGUAGE + at, items)
                for at in range(PER_LANGUAGE)
                for lang in LANGS
            ]
            row.append(cpu(lambda work=work, entries=entries: [work(entry) for entry in entries]) / len(entries) * 1000)  # type: ignore[misc]  # mypy infers no such lambda
        rows.append(row)
    rows = rows[1:]  # the first one reads tables and fills memories
    return [median(column) for column in zip(*rows, strict=True)], median(row[3] / row[0] for row in rows)


def report(files: Sequence[Path]) -> Iterator[str]:
    before = memory()
    start = time.process_time()
    lexicon = load_lexicon()
    yield f"compile the packs       {(time.process_time() - start):7.2f} s CPU"
    matcher = PackMatcher(lexicon)
    items = labelled(files)
    columns = "".join(f"{name:>9}" for name in ("floor", "words", "read", "analyse"))
    yield f"{'entry of 3,000 chars':<24}{columns}   ms of CPU; analyse / floor"
    for kind in KINDS:
        figures, ratio = measure(matcher, kind, items)
        yield f"{kind:<24}" + "".join(f"{figure:9.3f}" for figure in figures) + f"   x {ratio:.1f}"
    keywords = len({pattern.elements[0].stem for made in lexicon.concepts.values() for pattern in made})
    size = f"{keywords} distinct stems, {len(lexicon.persons)} persons"
    yield f"memory of matching      {memory() - before:7.1f} MB ({size}; with all that was remembered meanwhile)"


if __name__ == "__main__":
    given = [Path(name) for name in sys.argv[1:]] or [DATA / "news-dev.jsonl", DATA / "news-own.jsonl"]
    for text in report(given):
        print(text, flush=True)
