"""Does the matcher still say the same as another commit, of every text at hand? For changes that may only be quicker.

Run: PYTHONPATH=. python benchmarks/same_matching.py [COMMIT] [FILE.jsonl ...]      (default: HEAD)

Compares all that is found (concept, place, words, pattern), the whole analysis (points, evidence, facts, signature) and
the sentences and offsets of all words, of: the labelled items of tests/data but for the closed set, one by one, a dozen
joined as an article with their language, and the same line by line without one; the varied news of the benchmarks; and
the given files, with "title" and "body" (or "summary") and perhaps "lang" in each line. Prints the first differences;
ends with 1 if any.
"""

from __future__ import annotations

import dataclasses
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOZEN = 12
VARIED = 20  # entries of the benchmarks' varied news in each language, with labelled items among their sentences
ANSWER = "--answer"  # what a child is told
SHOWN = 5
Text = tuple[str, str, str]


def texts(files: Sequence[Path]) -> Iterator[Text]:
    """Title, body and language of every text to compare."""
    from benchmarks.news_text import LANGS, Writer  # not where a child looks for the matcher of another tree

    items: list[Text] = []
    for file in sorted((ROOT / "tests" / "data").glob("news-*.jsonl")):
        if file.stem != "news-closed":  # differences are printed, and nobody looks at that one
            items += rows_of(file)
    yield from items
    by_language: dict[str, list[str]] = defaultdict(list)
    for title, body, lang in items:
        by_language[lang].append(f"{title}. {body}")
    for lang, pieces in by_language.items():
        for first in range(0, len(pieces), DOZEN):
            yield pieces[first], " ".join(pieces[first : first + DOZEN]), lang
            yield pieces[first], "\n".join(pieces[first : first + DOZEN]), ""
    for lang in LANGS:
        for number in range(VARIED):
            writer = Writer(lang, number)
            yield (
                writer.sentence(),
                writer.text(3_000, [f"{title}. {body}" for title, body, _ in items[number::97]], 3),
                lang,
            )
    for file in files:
        yield from rows_of(file)


def rows_of(file: Path) -> Iterator[Text]:
    """The texts of a file of JSON lines; lines without a title (of stories) are left out."""
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if "title" in row:
            yield row["title"], row.get("body", row.get("summary", "")), row.get("lang", "")


def answers() -> None:
    """Read texts from the input, write what the matcher on the path says of them; one JSON line each."""
    from matching.matcher import load_matcher
    from matching.reading import read

    matcher = load_matcher()
    for line in sys.stdin:
        title, body, lang = json.loads(line)
        reading = read(matcher.lexicon, title, body, lang)
        words = [list(token) for passage in (reading.title, reading.body) for token in passage.tokens]
        analysis = dataclasses.asdict(matcher.analyse(title, body, lang=lang))
        print(json.dumps([analysis, [list(item) for item in reading.found], words], ensure_ascii=False))


def ask(tree: Path, lines: str) -> list[str]:
    """The answers of the matcher of a source tree."""
    made = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, __file__, ANSWER],
        input=lines,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONIOENCODING": "utf-8"},
    )
    return made.stdout.splitlines()


def main(arguments: Sequence[str]) -> int:
    commit = next((word for word in arguments if not word.endswith(".jsonl")), "HEAD")
    news = list(texts([Path(word) for word in arguments if word.endswith(".jsonl")]))
    lines = "".join(json.dumps(text) + "\n" for text in news)
    archive = ["git", "archive", commit, "core", "matching"]
    packed = subprocess.run(archive, stdout=subprocess.PIPE, check=True, cwd=ROOT).stdout  # noqa: S603 - our own
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(packed)) as tree:
            tree.extractall(folder, filter="data")
        before = ask(Path(folder), lines)
    rows = zip(news, before, ask(ROOT, lines), strict=True)
    different = [(text, old, new) for text, old, new in rows if old != new]
    for (title, *_), old, new in different[:SHOWN]:
        at = next((at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), 0)
        print(f"{title}\n  {commit}: ... {old[max(0, at - 60) : at + 60]}\n  now: ... {new[max(0, at - 60) : at + 60]}")
    print(f"{len(news)} texts, {len(different)} different from {commit}")
    return 1 if different else 0


if __name__ == "__main__":
    if sys.argv[1:] == [ANSWER]:
        answers()
    else:
        sys.exit(main(sys.argv[1:]))
