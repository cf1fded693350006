"""What the docs name is there: files, links, targets of make, subcommands, keys of the configuration."""

from __future__ import annotations

import dataclasses
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
    for link in re.findall(r"\]\(([^)#\s]+)", text):
        if "://" not in link and not link.startswith("mailto:") and not (doc.parent / link).exists():
            yield f"link {link}"
    for path in re.findall(r"`([\w.-]+/[\w./-]*\.(?:py|toml|md|yaml|json|jsonl|sh|html|css))`", text):
        if "NAME" not in path and not (ROOT / path).exists():
            yield f"file {path}"
    yield from (f"make {target}" for target in set(re.findall(r"`make ([a-z-]+)", text)) - TARGETS)
    yield from (f"main.py {name}" for name in set(re.findall(r"python main\.py ([a-z][a-z-]+)", text)) - subcommands())
    for section, key in re.findall(r"`(\w+)\.(\w+)(?:`| = )", text):
        keys = {field.name for field in dataclasses.fields(SECTIONS[section])} if section in SECTIONS else {key}
        if key not in keys and not is_step(f"{section}.{key}"):
            yield f"key {section}.{key}"


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
