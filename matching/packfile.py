"""Reads packs: TOML files that a journalist can edit. Every fault is named with file and line, all at once.

A pack is NAME.toml (concepts, groups, topics, sources) with NAME.people.toml (persons), NAME.learned.toml (points that
training found) and NAME.wording.toml (what it found of words) beside it; NAME.timeline.toml belongs to the timeline and
is not read here. Several packs load together; a later one adds to the concepts of an earlier one and may not redefine
its persons or topics.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PACKS = Path(__file__).parent / "packs"
LANGUAGES = ("en", "be", "ru", "uk", "pl", "lt", "lv", "et", "de", "fr", "cs", "sk", "bg", "ro", "it", "es", "sv")

_HEADER = re.compile(r"^\s*\[+\s*([^\]]+?)\s*\]+")
_TOML_LINE = re.compile(r"\(at line (\d+), column \d+\)")


@dataclass(frozen=True, slots=True)
class Row:
    """One table of a pack file, such as [concept.release], with its place."""

    kind: str
    name: str
    values: Mapping[str, Any]
    file: str
    line: int
    lines: tuple[str, ...] = field(repr=False, default=())

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"

    def place_of(self, text: str) -> str:
        """file:line of a string inside the table; of the table itself when it is not found."""
        return f"{self.file}:{self.line_of(text)}"

    def line_of(self, text: str) -> int:
        for quoted in (f'"{text}"', f"'{text}'"):
            for number, line in enumerate(self.lines):
                if quoted in line:
                    return self.line + number
        return self.line

    def line_of_key(self, key: str) -> int:
        for number, line in enumerate(self.lines):
            if re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", line):
                return self.line + number
        return self.line


def pack_paths(paths: Sequence[Path] | None = None) -> tuple[Path, ...]:
    """Files to read: of the shipped packs, or of the given files and folders; what belongs to a pack follows it.

    A folder without TOML files stays a folder, which read_rows tells of.
    """
    found: list[Path] = []
    for path in [PACKS] if paths is None else paths:
        if path.is_dir():
            files = sorted(path.glob("*.toml")) or [path]
            found += (file for file in files if not file.name.endswith(".timeline.toml"))
            continue
        found.append(path)
        for kind in ("people", "learned", "wording"):
            beside = path.with_name(path.name.removesuffix(".toml") + f".{kind}.toml")
            if beside.exists():
                found.append(beside)
    return tuple(dict.fromkeys(found))


def read_rows(path: Path, faults: list[str]) -> list[Row]:
    """Tables of one file in document order; what cannot be read goes to `faults`."""
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except IsADirectoryError:
        faults.append(f"{path}: no pack in this folder; packs are files NAME.toml.")
        return []
    except OSError as error:
        faults.append(f"{path}: cannot be read ({error.strerror}); check the path.")
        return []
    except UnicodeDecodeError as error:
        faults.append(f"{path.name}: is not UTF-8 (byte {error.start}). Save the file as UTF-8.")
        return []
    except tomllib.TOMLDecodeError as error:
        found = _TOML_LINE.search(str(error))
        place = f":{found[1]}" if found else ""
        faults.append(f"{path.name}{place}: is not TOML: {_TOML_LINE.sub('', str(error)).strip()}.")
        return []
    if not tables:
        faults.append(f"{path}: nothing stands in this pack; it needs a table such as [concept.NAME].")
    return list(_rows(path.name, text.splitlines(), tables, faults))


def _rows(file: str, lines: list[str], tables: Mapping[str, Any], faults: list[str]) -> Iterator[Row]:
    headers = _headers(lines)
    for kind, named in tables.items():
        if kind not in KINDS:
            line = next((at for key, (at, _) in headers.items() if key.split(".")[0] == kind), 1)
            faults.append(f"{file}:{line}: unknown table [{kind}]; known are {', '.join(KINDS)}.")
            continue
        if not isinstance(named, dict):
            faults.append(f"{file}:1: {kind} must be a table, such as [{kind}.NAME].")
            continue
        for name, values in named.items():
            at, end = headers.get(f"{kind}.{name}", headers.get(kind, (1, len(lines))))
            if not isinstance(values, dict):
                values = {"": values}
            yield Row(kind, name, values, file, at, tuple(lines[at - 1 : end]))


def _headers(lines: list[str]) -> dict[str, tuple[int, int]]:
    """Header -> (its line, last line before the next header of another table), counted from 1."""
    starts: list[tuple[str, int]] = []
    for number, line in enumerate(lines, 1):
        match = _HEADER.match(line)
        if match:
            starts.append((match[1].replace('"', "").replace(" ", ""), number))
    found: dict[str, tuple[int, int]] = {}
    for position, (key, number) in enumerate(starts):
        end = len(lines)
        for other, at in starts[position + 1 :]:
            if not other.startswith(key + "."):
                end = at - 1
                break
        found.setdefault(key, (number, end))
    return found


KINDS = ("pack", "concept", "group", "topic", "source", "person", "name", "given", "learned", "wording")
