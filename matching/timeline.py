"""The timelines beside the packs (NAME.timeline.toml): what is known to have happened, as data for charts."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from core.errors import PackError
from matching.packfile import PACKS


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """`kind` is release, pardon, diplomacy, sanctions or statement; `day` the first where it took several.

    `released` counts people who left prison through it, 0 where it was about none. `grade` is A (two or more
    independent outlets), B (one page) or C (second hand); `source` is the address of the first page, "" without.
    `in_return` is what Minsk was given, in the words of the timeline's head; `titles` are translations by language.
    """

    id: str
    day: date
    title: str
    kind: str
    released: int
    grade: str
    source: str
    in_return: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)

    def title_in(self, lang: str) -> str:
        """The title in a language; English where it is not translated."""
        return self.titles.get(lang, self.title)


def load_timeline(folders: Iterable[Path] = (PACKS,)) -> tuple[KnownEvent, ...]:
    """All events, oldest first. Raises PackError with all faults."""
    events, faults = [], []
    for folder in folders:
        for file in sorted(folder.glob("*.timeline.toml")):
            try:
                tables = tomllib.loads(file.read_text(encoding="utf-8"))["event"]
                events += [_event(table) for table in tables]
            except (OSError, ValueError, KeyError, TypeError) as error:
                faults.append(f"{file}: not a timeline ({error!r}); its head says how events are written.")
    if faults:
        raise PackError(faults)
    return tuple(sorted(events, key=lambda event: (event.day, event.id)))


def untranslated(events: Iterable[KnownEvent], langs: Iterable[str]) -> Iterator[str]:
    """A sentence for every event whose title some of these languages lack."""
    wanted = tuple(langs)
    for event in events:
        missing = [lang for lang in wanted if not event.titles.get(lang, "").strip()]
        if missing:
            yield f"timeline event {event.id}: its title is not translated into {', '.join(missing)} (titles.LANG)"


def _event(table: dict[str, object]) -> KnownEvent:
    day = table["date"] if "date" in table else table["from"]
    if not isinstance(day, date):
        raise TypeError(f"{table.get('id')}: {day!r} is no date")
    evidence, given, titles = table.get("evidence"), table.get("in_return"), table.get("titles")
    return KnownEvent(
        id=str(table["id"]),
        day=day,
        title=str(table["title"]),
        kind=str(table["kind"]),
        released=int(str(table.get("released", 0))),
        grade=str(table["grade"]),
        source=str(evidence[0]) if isinstance(evidence, list) and evidence else "",
        in_return=tuple(map(str, given)) if isinstance(given, list) else (),
        titles={lang: str(title) for lang, title in titles.items()} if isinstance(titles, dict) else {},
    )
