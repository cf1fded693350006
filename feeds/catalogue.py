"""The shipped catalogue of real sources, by group: feeds/catalogue/GROUP.toml. docs/sources.md explains it.

What stands there was collected from public material, with its evidence and date; `check-sources` says what is alive.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.errors import ConfigError
from feeds.sources import SOURCES

FOLDER = Path(__file__).with_name("catalogue")
OWNERS = ("state media", "independent", "government", "wire", "rights group")
SHIPS = ("on", "off", "no")
CONFIDENCES = ("high", "medium", "low", "guess")
NO_KIND = "none"  # no source type reads it

_LISTS = frozenset({"langs", "implies", "mirrors"})


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One source. `ship` is "on" (enabled with its group), "off" (enable it by hand; `note` says why) or "no" (dead, or
    read by no source type). `langs` are language codes, empty for many. `designated_in_belarus`: following it is
    punishable there. `mirrors` are addresses of the same feed that were seen. `terms` are terms of use that bind.
    """

    id: str
    group: str
    name: str
    url: str
    kind: str
    owner: str
    ship: str
    confidence: str
    evidence: str
    evidence_date: str = ""
    langs: tuple[str, ...] = ()
    country: str = ""
    implies: tuple[str, ...] = ()
    designated_in_belarus: bool = False
    user_agent: str = ""
    mirrors: tuple[str, ...] = ()
    terms: str = ""
    note: str = ""

    @property
    def lang(self) -> str:
        """The language, if it has one only."""
        return self.langs[0] if len(self.langs) == 1 else ""


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    title: str
    entries: tuple[CatalogueEntry, ...]


def load_catalogue() -> tuple[CatalogueEntry, ...]:
    """All entries of the shipped catalogue, group by group."""
    return tuple(entry for group in groups().values() for entry in group.entries)


@lru_cache(maxsize=1)
def groups() -> Mapping[str, Group]:
    """The groups of the shipped catalogue by name."""
    return read_groups(FOLDER)


def read_groups(folder: Path) -> dict[str, Group]:
    """Read every GROUP.toml of a folder; raises ConfigError with all faults, a sentence each."""
    found: dict[str, Group] = {}
    faults: list[str] = []
    for file in sorted(folder.glob("*.toml")):
        try:
            tree = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            faults.append(f"{file.name}: cannot be read ({error}); correct the line named.")
            continue
        entries = tuple(_entry(row, file, faults) for row in tree.get("source", ()))
        found[file.stem] = Group(file.stem, str(tree.get("title", "")), tuple(filter(None, entries)))
    faults += _repeated(found)
    if faults:
        raise ConfigError(faults)
    return found


def _entry(row: Mapping[str, Any], file: Path, faults: list[str]) -> CatalogueEntry | None:
    where = f"{file.name}: source {row.get('id', '?')!r}"
    fields = {field.name: field for field in dataclasses.fields(CatalogueEntry) if field.name != "group"}
    needed = [name for name, field in fields.items() if field.default is dataclasses.MISSING]
    wrong = [f"unknown key {key!r}; known are {', '.join(fields)}." for key in row if key not in fields]
    wrong += [
        f"{key} is {value!r}; {_expected(key)} is expected." for key, value in row.items() if not _fits(key, value)
    ]
    wrong += [f"{name} is missing." for name in needed if not row.get(name)]
    if not wrong:
        values: dict[str, Any] = {key: tuple(item) if isinstance(item, list) else item for key, item in row.items()}
        entry = CatalogueEntry(group=file.stem, **values)
        wrong = list(_faults(entry))
    faults += [f"{where}: {fault}" for fault in wrong]
    return None if wrong else entry


def _expected(key: str) -> str:
    return "a list" if key in _LISTS else "true or false" if key == "designated_in_belarus" else "a text"


def _fits(key: str, value: object) -> bool:
    if key in _LISTS:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, bool if key == "designated_in_belarus" else str)


def _faults(entry: CatalogueEntry) -> Iterator[str]:
    for name, known in (("owner", OWNERS), ("ship", SHIPS), ("confidence", CONFIDENCES)):
        if getattr(entry, name) not in known:
            yield f"{name} is {getattr(entry, name)!r}; choose one of {', '.join(known)}."
    if entry.kind not in (*SOURCES.names, NO_KIND):
        yield f"kind is {entry.kind!r}; known are {', '.join(SOURCES.names)} and {NO_KIND}."
    if entry.kind == NO_KIND and entry.ship != "no":
        yield "no source type reads it, so ship must be no."
    if entry.ship != "on" and not entry.note:
        yield "the note must say why it is not enabled."
    for url in (entry.url, *entry.mirrors):
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            yield f"{url!r} is no web address."


def _repeated(found: Mapping[str, Group]) -> Iterator[str]:
    """Ids, addresses and names that stand twice."""
    for name in ("id", "url", "name"):
        seen: dict[str, str] = {}
        for entry in (entry for group in found.values() for entry in group.entries):
            value = getattr(entry, name)
            if value in seen:
                yield f"{entry.group}.toml: source {entry.id!r}: the {name} of {seen[value]!r} again."
            seen.setdefault(value, entry.id)
