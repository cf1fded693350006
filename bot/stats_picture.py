"""The picture of /stats as SVG: stories per day and topic, releases against events, sources and who is first. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.leads import Lead
from core.chart import HEIGHT, LEFT, WIDTH, Naming, Point, cumulated, month_name
from core.markup import Child, Html, join, tag
from core.message import foreign

# Colours that are told apart without red and green (Okabe and Ito, https://jfly.uni-koeln.de/color/).
PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
_STYLE = """
text { font-family: Roboto, sans-serif; font-size: 13px; fill: #333 }
.band { font-size: 11px }
.head { font-size: 18px; font-weight: bold; fill: #111 }
.grid { stroke: #ddd; stroke-width: 1 }
.sum { fill: none; stroke: #0072b2; stroke-width: 2.5 }
.diplomacy { fill: #009e73 } .sanctions { fill: #e69f00 } .release { fill: #0072b2 } .known { fill: #8a8f98 }
.first { fill: #0072b2 } .later { fill: #a9cce3 }
"""
_MARGIN = 14
_DAYS_HEIGHT, _ROW = 190, 26
_HEAD = 34
_NO_XML = str.maketrans("", "", "\ufffe\uffff")  # https://www.w3.org/TR/xml/#charsets


@dataclass(frozen=True, slots=True)
class Wording:
    """All words of the picture, in the reader's language. `source` says of a lead how often it was first; `day` and
    `month` are what the axes call them."""

    days: str
    events: str
    sources: str
    bands: tuple[str, str]
    source: Mapping[str, str]
    day: Naming = "{:%d.%m.}".format
    month: Naming = month_name


@dataclass(frozen=True, slots=True)
class Figures:
    """`per_topic` maps a topic's title to its stories per day, from `begin` on, all equally long."""

    begin: date
    per_topic: Mapping[str, Sequence[int]]
    events: Sequence[Point]
    until: date
    leads: Sequence[Lead]


def stats_svg(figures: Figures, words: Wording) -> str:
    """The whole picture; parts about which nothing is known are left out, "" when that is all."""
    panels: list[tuple[str, int, Html]] = []
    if any(any(columns) for columns in figures.per_topic.values()):
        panels.append((words.days, _DAYS_HEIGHT + _ROW * _legend_rows(figures) + 10, _days(figures, words.day)))
    if figures.events:
        chart = cumulated(
            figures.events, figures.until, bands=words.bands, month=words.month, width=WIDTH, height=HEIGHT
        )
        panels.append((words.events, HEIGHT, chart))
    if figures.leads:
        panels.append((words.sources, _ROW * len(figures.leads) + 8, _sources(figures.leads, words)))
    if not panels:
        return ""
    top, body = _MARGIN, []
    for title, height, panel in panels:
        body.append(tag("text", _shown(title, 110), x=_MARGIN, y=top + 18, class_="head"))
        body.append(tag("g", panel, transform=f"translate(0 {top + _HEAD})"))
        top += _HEAD + height + _MARGIN
    style = tag("style", Html(_STYLE))
    canvas = tag(
        "svg", style, tag("rect", width=WIDTH, height=top, fill="#fff"), body, xmlns="http://www.w3.org/2000/svg",
        width=WIDTH, height=top, viewBox=f"0 0 {WIDTH} {top}",
    )  # fmt: skip
    return str(canvas)


def _legend_rows(figures: Figures) -> int:
    return math.ceil(len(figures.per_topic) / 3)


def _days(figures: Figures, named: Naming) -> Html:
    """Columns of a day each, the topics stacked, and which colour is which topic."""
    axis, top = _DAYS_HEIGHT - 24, 8
    totals = [sum(day) for day in zip(*figures.per_topic.values(), strict=True)]
    most = max(1, *totals)
    width = (WIDTH - LEFT - _MARGIN) / len(totals)
    parts: list[Child] = []
    for count in sorted({math.ceil(most / 2), most}):
        y = round(axis - count / most * (axis - top), 1)
        parts.append(tag("line", x1=LEFT, x2=WIDTH - _MARGIN, y1=y, y2=y, class_="grid"))
        parts.append(tag("text", count, x=LEFT - 6, y=y + 4, text_anchor="end"))
    parts.append(tag("line", x1=LEFT, x2=WIDTH - _MARGIN, y1=axis, y2=axis, class_="grid"))
    for at in range(len(totals)):
        below = 0
        for number, columns in enumerate(figures.per_topic.values()):
            if columns[at]:
                high, low = (axis - (below + n) / most * (axis - top) for n in (columns[at], 0))
                parts.append(
                    tag(
                        "rect", x=round(LEFT + at * width + 1, 1), y=round(high, 1), width=round(max(1, width - 2), 1),
                        height=round(low - high, 1), fill=_colour(number),
                    )
                )  # fmt: skip
                below += columns[at]
    step = max(1, math.ceil(len(totals) / 10))
    for at in range(0, len(totals), step):
        day = figures.begin + timedelta(days=at)
        parts.append(tag("text", named(day), x=round(LEFT + at * width, 1), y=axis + 18))
    return join([*parts, *_legend(figures)])


def _legend(figures: Figures) -> Iterator[Html]:
    wide = (WIDTH - LEFT - _MARGIN) / 3
    for number, (title, columns) in enumerate(figures.per_topic.items()):
        x, y = round(LEFT + number % 3 * wide), _DAYS_HEIGHT + 8 + _ROW * (number // 3)
        yield tag("rect", x=x, y=y, width=14, height=14, fill=_colour(number))
        yield tag("text", f"{_shown(title, 36)}: {sum(columns)}", x=x + 20, y=y + 12)


def _colour(number: int) -> str:
    return PALETTE[number % len(PALETTE)]


def _sources(told: Sequence[Lead], words: Wording) -> Html:
    """A bar per source: the stories it told, those dark in which it was first."""
    left, right = 220, 400
    unit = (WIDTH - left - right) / max(1, *(lead.stories for lead in told))
    parts: list[Html] = []
    for number, lead in enumerate(told):
        y = number * _ROW
        parts += [
            tag("text", _shown(lead.source, 34), x=left - 10, y=y + 14, text_anchor="end"),
            tag("rect", x=left, y=y, width=round(lead.stories * unit, 1), height=18, class_="later"),
            tag("rect", x=left, y=y, width=round(lead.first * unit, 1), height=18, class_="first"),
            tag("text", _shown(words.source[lead.source], 90), x=round(left + lead.stories * unit + 8, 1), y=y + 14),
        ]
    return join(parts)


def _shown(text: str, limit: int) -> str:
    return foreign(text, limit).translate(_NO_XML)
