"""What feeds bring on each day, planned beforehand: labelled news of our own, unrelated news, and what feeds do to it.

Everything is chosen by a seed. Closed sets stay closed: only those named here are read.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Generic, TypeVar

DATA = Path(__file__).parents[1] / "data"
TOLD = ("dev", "own", "fresh", "slavic", "western", "stories")
UNRELATED = ("features", "ordinary", "everyday")
START = datetime(2025, 12, 10, tzinfo=UTC)  # the days before 123 people were freed
TOLD_A_DAY, NEAR_A_DAY, OTHERS_A_DAY = 24, 8, 24
ONLY_AUDITED = 0.04  # of what comes, in the audited paper alone


@dataclass(frozen=True)
class Paper:
    """A feed: what it is called, its form, and its language. `pages`: entries are read in full at their links."""

    name: str
    kind: str  # rss, atom, jsonfeed, newssitemap, telegram-web
    lang: str
    owner: str
    pages: bool = False
    audit: bool = False


PAPERS = (
    Paper("Sample Wire", "rss", "en", "wire"),
    Paper("Minsk Journal", "atom", "en", "independent"),
    Paper("Office of Samples", "jsonfeed", "en", "government"),
    Paper("Пример", "rss", "ru", "state media"),
    Paper("Образец", "telegram-web", "ru", "independent"),
    Paper("Узор", "rss", "be", "independent"),
    Paper("Прыклад", "jsonfeed", "be", "rights group"),
    Paper("Wzorzec", "atom", "pl", "independent"),
    Paper("Pavyzdys", "newssitemap", "lt", "independent"),
    Paper("Зразок", "rss", "uk", "independent", pages=True),
    Paper("Muster", "atom", "de", "wire"),
    Paper("Exemple", "rss", "", "wire", pages=True),
    Paper("Sample Query", "rss", "", "", audit=True),
)
ANY, AUDITED = 11, 12  # the paper for languages that have none, and the one that is only set beside the others


@dataclass(frozen=True)
class Item:
    """An entry as its feed shows it now. `key` is its id there."""

    key: str
    title: str
    summary: str
    link: str
    at: datetime
    lang: str


@dataclass(frozen=True)
class Change:
    """What happens in a feed: `what` is new, title, address, redesign."""

    at: datetime
    paper: int
    what: str
    item: Item | None = None


def plan(days: int, seed: int) -> list[Change]:
    """All changes of so many days, in the order of time."""
    chosen = _Chosen(random.Random(seed))
    changes = [change for day in range(days) for change in chosen.day(START + timedelta(days=day))]
    return sorted(changes, key=lambda change: change.at)


_T = TypeVar("_T")


class _Pool(Generic[_T]):
    """All of something, in a new order each time that it is used up."""

    def __init__(self, rng: random.Random, everything: Sequence[_T]) -> None:
        self._rng, self._everything = rng, everything
        self.left = self._rng.sample(everything, len(everything))

    def next(self) -> _T:
        if not self.left:
            self.left = self._rng.sample(self._everything, len(self._everything))
        return self.left.pop()


class _Chosen:
    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        rows = list(_rows(TOLD))
        self._by_day: dict[str, list[dict[str, object]]] = defaultdict(list)
        for row in rows:
            if row["relevant"]:
                self._by_day[str(row["published"])].append(row)
        by_story: dict[str, list[dict[str, object]]] = defaultdict(list)
        for row in rows:
            if row["relevant"]:
                by_story[str(row["story"])].append(row)
        self._stories = _Pool(rng, sorted(by_story.values(), key=lambda one: str(one[0]["id"])))
        self._near = _Pool(rng, [row for row in rows if not row["relevant"]])
        self._others = _Pool(rng, list(_rows(UNRELATED)))
        self._used: set[object] = set()
        self._number = 0

    def day(self, start: datetime) -> Iterator[Change]:
        """The changes of one day."""
        told = [row for row in self._by_day[date.isoformat(start.date())] if row["id"] not in self._used]
        told = told[: 2 * TOLD_A_DAY]
        while len(told) < TOLD_A_DAY:
            if not self._stories.left:  # months later the same may be in the news again
                self._used.clear()
            told += [row for row in self._stories.next()[:5] if row["id"] not in self._used and row not in told]
        self._used |= {row["id"] for row in told}
        self._rng.shuffle(told)
        for row in told:
            yield from self._told(row, self._moment(start))
        for pool, count in ((self._near, NEAR_A_DAY), (self._others, OTHERS_A_DAY)):
            for row in (pool.next() for _ in range(count)):
                yield from self._new(row, self._paper(row), self._moment(start))
        if self._rng.random() < 0.3:
            yield Change(self._moment(start), self._rng.randrange(len(PAPERS)), "redesign")

    def _told(self, row: dict[str, object], at: datetime) -> Iterator[Change]:
        """A report, and what may become of it: another paper takes it over, its title or address is put right."""
        first, *_ = new = list(self._new(row, self._paper(row), at))
        yield from new
        assert first.item is not None
        luck = self._rng.random()
        later = at + timedelta(minutes=self._rng.randint(5, 300))
        if luck < 0.2:
            others = [place for place in range(len(PAPERS)) if place != first.paper]
            yield from self._new(row, self._rng.choice(others), later)
        elif luck < 0.35:
            yield Change(later, first.paper, "title", replace(first.item, title=f"{first.item.title} (updated)"))
        elif luck < 0.45:
            fresh = replace(first.item, key=f"{first.item.key}-2", link=f"{first.item.link}-corrected")
            yield Change(later, first.paper, "address", fresh)

    def _new(self, row: dict[str, object], paper: int, at: datetime) -> Iterator[Change]:
        self._number += 1
        link = f"/{at:%Y/%m/%d}/{self._number}"
        item = Item(f"n{self._number}", str(row["title"]), str(row["summary"]), link, at, str(row["lang"]))
        yield Change(at, paper, "new", item)

    def _paper(self, row: dict[str, object]) -> int:
        own = [place for place, paper in enumerate(PAPERS) if paper.lang == row["lang"] and not paper.audit]
        return AUDITED if self._rng.random() < ONLY_AUDITED else self._rng.choice(own or [ANY])

    def _moment(self, start: datetime) -> datetime:
        """Most comes by day, in bursts: several within a few minutes of an hour."""
        hour = self._rng.choice((1, 5, 7, 8, 9, 9, 10, 11, 12, 13, 14, 15, 15, 16, 17, 18, 19, 20, 21, 22))
        minute = self._rng.choice((0, 3, 20, 41)) + self._rng.random() * 4
        return datetime.combine(start.date(), time(hour), UTC) + timedelta(minutes=minute)


def _rows(names: Sequence[str]) -> Iterator[dict[str, object]]:
    for name in names:
        for text in (DATA / f"news-{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(text)
            if row.get("title"):
                yield {"summary": "", "relevant": False, **row}
