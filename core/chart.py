"""The chart of releases against diplomatic events: an SVG without scripts or styles of its own, for pages and chats.

Above the axis a bar for each release, as high as the number of people (square root, so that one person is seen beside
hundreds); below it a mark for each meeting, statement and change of sanctions. What this program read itself is in
colour and leads to its story; what the shipped timeline knows is grey. Marks are also told apart by shape. `cumulated`
draws the sum of all releases so far instead, in steps, by an even scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Protocol

from core.markup import Html, join, tag
from core.overview import StoryMark

WIDTH, HEIGHT = 960, 300
LEFT, _RIGHT, _TOP = 72, 14, 14
_AXIS = 210
_BANDS = {"diplomacy": 236, "sanctions": 262}
_KINDS = {"release": "release", "pardon": "release", "diplomacy": "diplomacy", "statement": "diplomacy"}
_TICKS = (1, 10, 50, 100, 250, 500, 1000)
_MOST_LABELS = 12
_LETTER = 7  # about the width of one in a label


# What a day or a month is called on an axis.
Naming = Callable[[date], str]


class Known(Protocol):
    """An event of the shipped timeline; matching.timeline.KnownEvent is one."""

    @property
    def day(self) -> date: ...
    @property
    def kind(self) -> str: ...
    @property
    def released(self) -> int: ...
    @property
    def title(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Point:
    """One mark: `kind` is release, diplomacy or sanctions; `href` leads to its story, "" for what is only known."""

    day: date
    kind: str
    released: int
    label: str
    href: str = ""


def points(marks: Iterable[StoryMark], known: Iterable[Known]) -> tuple[Point, ...]:
    """What is drawn, oldest first, known events before the stories about them."""
    found = [
        Point(event.day, _KINDS.get(event.kind, event.kind), event.released, f"{event.day:%-d %B %Y}: {event.title}")
        for event in known
        if _KINDS.get(event.kind, event.kind) in ("release", *_BANDS)
    ]
    for mark in marks:
        kind = _kind_of(mark)
        day, count = mark.opened_at.date(), mark.facts.released or 0
        words = (
            f"{count} released" if count else {"release": "release", "sanctions": "sanctions"}.get(kind, "diplomacy")
        )
        found.append(Point(day, kind, count, f"{day:%-d %B %Y}: {words} (story {mark.id})", f"/stories/{mark.id}"))
    return tuple(sorted(found, key=lambda point: (point.day, point.href)))


def _kind_of(mark: StoryMark) -> str:
    if mark.facts.released or mark.topics[:1] == ("prisoner-release",):
        return "release"
    return "sanctions" if "sanctions" in mark.topics else "diplomacy"


def chart(drawn: Sequence[Point], until: date) -> Html:
    """The SVG, or nothing when there is nothing to draw."""
    if not drawn:
        return Html("")
    scale = _Scale(drawn, until)
    return tag(
        "svg",
        tag("title", "Releases of prisoners against diplomatic events"),
        tag("desc", f"{len(drawn)} events from {drawn[0].day:%B %Y} to {until:%B %Y}; the table below holds them all."),
        _frame(scale),
        [_mark(point, scale) for point in drawn],
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label="Releases of prisoners against diplomatic events",
    )


def month_name(month: date) -> str:
    """ "Nov 2026"; with two digits it would read as a day."""
    return f"{month:%b %Y}"


def cumulated(
    drawn: Sequence[Point], until: date, *, bands: tuple[str, str], month: Naming = month_name, **place: int
) -> Html:
    """The SVG with the sum of releases so far; `bands` names talks and sanctions, `month` what a month is called on the
    axis, `place` goes into its attributes."""
    if not drawn:
        return Html("")
    sums = list(accumulate(point.released for point in drawn))
    scale = _Even(drawn, until, max(10, sums[-1]))
    steps = [(scale.x(scale.start), scale.y(0))]
    for point, total in zip(drawn, sums, strict=True):
        steps += [(scale.x(point.day), steps[-1][1]), (scale.x(point.day), scale.y(total))]
    steps.append((scale.x(until), steps[-1][1]))
    line = " ".join(f"{x},{y}" for x, y in steps)
    marks = [_mark(point, scale) for point in drawn if point.kind != "release"]
    body = [_frame(scale, bands, month), tag("polyline", points=line, class_="sum"), marks]
    return tag("svg", body, viewBox=f"0 0 {WIDTH} {HEIGHT}", **place)


class _Scale:
    ticks: Sequence[int] = _TICKS

    def __init__(self, drawn: Sequence[Point], until: date) -> None:
        self.start = min(drawn[0].day, until).replace(day=1)
        self.end = max(drawn[-1].day, until) + timedelta(days=7)
        self.most = max(10, *(point.released for point in drawn))

    def x(self, day: date) -> float:
        share = (day - self.start).days / max(1, (self.end - self.start).days)
        return round(LEFT + share * (WIDTH - LEFT - _RIGHT), 1)

    def y(self, released: int) -> float:
        return round(_AXIS - math.sqrt(released / self.most) * (_AXIS - _TOP), 1)


class _Even(_Scale):
    """Heights in proportion, with about five round ticks."""

    def __init__(self, drawn: Sequence[Point], until: date, most: int) -> None:
        super().__init__(drawn, until)
        self.most = most
        step = 10 ** max(0, len(str(most)) - 1)
        step = next(size for size in (step // 2 or 1, step, 2 * step, 5 * step) if most / size <= 6)
        self.ticks = range(step, most + 1, step)

    def y(self, released: int) -> float:
        return round(_AXIS - released / self.most * (_AXIS - _TOP), 1)


def _frame(scale: _Scale, bands: tuple[str, str] = ("talks", "sanctions"), month: Naming = month_name) -> Html:
    """Grid lines with counts, the months, the names of the bands."""
    rows = zip(bands, _BANDS.values(), strict=True)
    return join(
        [
            *_counts(scale),
            *_months(scale, month),
            *(
                tag("text", name, x=LEFT - 6, y=y + 4, text_anchor="end", class_="band", font_size=11)
                for name, y in rows
            ),
        ]
    )


def _counts(scale: _Scale) -> Iterator[Html]:
    yield tag("line", x1=LEFT, x2=WIDTH - _RIGHT, y1=_AXIS, y2=_AXIS, class_="grid")
    last = float(_AXIS)
    for count in scale.ticks:
        y = scale.y(count)
        if count <= scale.most and last - y >= 14:
            last = y
            yield tag("line", x1=LEFT, x2=WIDTH - _RIGHT, y1=y, y2=y, class_="grid")
            yield tag("text", count, x=LEFT - 6, y=y + 4, text_anchor="end")


def _months(scale: _Scale, named: Naming) -> Iterator[Html]:
    months, month = [], scale.start
    while month <= scale.end:
        months.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    step = max(1, math.ceil(len(months) / _MOST_LABELS))
    for month in months[::step]:
        x = scale.x(month)
        yield tag("line", x1=x, x2=x, y1=_AXIS, y2=HEIGHT - 22, class_="grid")
        label = named(month)
        if x + _LETTER * len(label) <= WIDTH:  # what does not fit at the end would be cut in two
            yield tag("text", label, x=x, y=HEIGHT - 8)


def _mark(point: Point, scale: _Scale) -> Html:
    x = scale.x(point.day)
    colour = point.kind if point.href else "known"
    hint = tag("title", point.label)
    if point.kind == "release":
        top = min(scale.y(point.released), _AXIS - 3)
        width = 6 if point.href else 4
        shape = tag(
            "g", hint, tag("rect", x=x - width / 2, y=top, width=width, height=round(_AXIS - top, 1)), class_=colour
        )
    elif point.kind == "sanctions":
        y = _BANDS["sanctions"]
        shape = tag("g", hint, tag("rect", x=x - 5, y=y - 5, width=10, height=10), class_=colour)
    else:
        y = _BANDS["diplomacy"]
        shape = tag("g", hint, tag("polygon", points=f"{x},{y - 7} {x + 7},{y} {x},{y + 7} {x - 7},{y}"), class_=colour)
    return tag("a", shape, href=point.href, aria_label=point.label) if point.href else shape
