"""What the docs name is there: files, links, targets of make, subcommands, keys of the configuration."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import pytest

from app.cli import build_parser
from core.settings import Settings
from tests.unit.test_structure import ROOMS, ROOT, sources

DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
SECTIONS = {name: kind for name, kind in get_type_hints(Settings).items() if dataclasses.is_dataclass(kind)}


def wrong(doc: Path) -> Iterator[str]:
    text = doc.read_text(encoding="utf-8")
    for link, place in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", text):
        if "://" in link or link.startswith("mailto:"):
            continue
        page = doc.parent / link if link else doc
        if not page.exists():
            yield f"link {link}"
        elif place and place not in places(page):
            yield f"place {link}#{place}"
    for path in re.findall(r"`([\w.-]+/[\w./-]*\.(?:py|toml|md|yaml|json|jsonl|sh|html|css))`", text):
        if "NAME" not in path and not (ROOT / path).exists():
            yield f"file {path}"
    yield from (f"make {target}" for target in set(re.findall(r"`make ([a-z-]+)", text)) - TARGETS)
    yield from (f"main.py {name}" for name in set(re.findall(r"python main\.py ([a-z][a-z-]+)", text)) - subcommands())
    for section, key in re.findall(r"`(\w+)\.(\w+)(?:`| = )", text):
        keys = {field.name for field in dataclasses.fields(SECTIONS[section])} if section in SECTIONS else {key}
        if key not in keys and not is_step(f"{section}.{key}"):
            yield f"key {section}.{key}"


def places(page: Path) -> set[str]:
    """What the headings of a page are called in links, as GitHub makes it."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def subcommands() -> set[str]:
    return set(re.findall(r"^    ([a-z][a-z-]+)(?:  |$)", build_parser().format_help(), flags=re.MULTILINE))


def is_step(name: str) -> bool:
    """Whether it is a place where a test can stop the program (core/failpoints.py)."""
    return any(f'"{name}"' in file.read_text(encoding="utf-8") for file in sources(*ROOMS))


def test_there_are_docs_and_subcommands() -> None:
    assert len(DOCS) > 10
    assert {"run", "check-sources", "watch-import"} <= subcommands()


@pytest.mark.parametrize("doc", DOCS, ids=lambda doc: str(doc.relative_to(ROOT)))
def test_what_the_docs_name_is_there(doc: Path) -> None:
    assert list(wrong(doc)) == []


MATCHING = (ROOT / "docs" / "matching.md").read_text(encoding="utf-8")
LEARNED = {"T": "matching/packs/belarus-us.learned.toml", "N": "matching/words/counts.learned.toml"}
SETS = re.findall(r"^\| `(tests/data/news-\w+\.jsonl)` \| (\d+) \| (\d+) \| ([^|]+) \|", MATCHING, flags=re.MULTILINE)


def test_every_module_of_matching_stands_at_its_step() -> None:
    start = MATCHING.index("## From a text to a story")
    named = set(re.findall(r"`(?:matching/)?(\w+\.py)`", MATCHING[start : MATCHING.index("\n## ", start + 1)]))
    assert named == {file.name for file in (ROOT / "matching").glob("*.py")} - {"__init__.py"}


def test_every_labelled_set_is_listed() -> None:
    assert sorted(path for path, *_ in SETS) == sorted(
        str(file.relative_to(ROOT)) for file in (ROOT / "tests" / "data").glob("news-*.jsonl")
    )


@pytest.mark.parametrize(("path", "items", "relevant", "learned"), SETS, ids=[path for path, *_ in SETS])
def test_a_labelled_set_is_as_the_docs_say(path: str, items: str, relevant: str, learned: str) -> None:
    """Its size, and what is learned from it: the second line of each learned file is the command that wrote it."""
    marks = [json.loads(line)["relevant"] for line in (ROOT / path).read_text(encoding="utf-8").splitlines()]
    assert (int(items), int(relevant)) == (len(marks), sum(marks))
    commands = {mark: (ROOT / file).read_text(encoding="utf-8").splitlines()[1] for mark, file in LEARNED.items()}
    assert learned == (", ".join(mark for mark, command in commands.items() if path in command.split()) or "-")
