"""Which clock somebody means: an IANA zone, a city in any language of the interface, or a distance from UTC.

Zones such as `Etc/GMT-3` count backwards: it is three hours ahead of UTC (https://data.iana.org/time-zones/tzdb/etcetera).
"GMT+3" and "UTC+3" mean three hours ahead to people; so they are read, and so they are shown.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from bot.languages import INTERFACE

MOST_NEAR = 3

_DISTANCE = re.compile(r"(?:utc|gmt|z)?\s*([+\-−–])\s*(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_ETC = re.compile(r"Etc/GMT([+-])(\d{1,2})")
_NOT_CHOSEN = frozenset(("localtime", "Factory"))


@dataclass(frozen=True, slots=True)
class Found:
    """`zone` is an IANA name, "" for UTC, None when nothing is sure; `near` are those that may be meant."""

    zone: str | None
    near: tuple[str, ...] = ()


def find(typed: str, now: datetime, lang: str = "en") -> Found:
    """The zone that is meant; `lang` is the language in which cities are looked up first."""
    wanted = typed.strip().casefold()
    if wanted in ("utc", "gmt", "z"):
        return Found("")
    distance = _DISTANCE.fullmatch(wanted)
    if distance:
        return _by_distance(distance, now)
    known = _known()
    wanted = wanted.replace(" ", "_")
    cities = [zone for zone in known if "/" in zone and _city(zone) == wanted]
    sure = [zone for zone in known if zone.casefold() == wanted] or ([cities[0]] if _same(cities) else [])
    sure = sure or list(_translated(wanted, lang))
    if sure:
        return Found(sure[0])
    folded = {zone.casefold(): zone for zone in known} | {_city(zone): zone for zone in known}
    near = cities or [folded[one] for one in difflib.get_close_matches(wanted, folded, n=MOST_NEAR)]
    return Found(None, tuple(near[:MOST_NEAR]))


def shown(zone: str) -> str:
    """A zone as people read it: "UTC+3" for `Etc/GMT-3`, the name for any other, "UTC" for none."""
    etc = _ETC.fullmatch(zone)
    return f"UTC{'+' if etc[1] == '-' else '-'}{etc[2]}" if etc else zone or "UTC"


def _by_distance(typed: re.Match[str], now: datetime) -> Found:
    """Full hours have zones of their own; of other distances, the places that have them now are named."""
    hours, minutes = int(typed[2]), int(typed[3] or 0)
    ahead = timedelta(hours=hours, minutes=minutes) * (1 if typed[1] == "+" else -1)
    if not ahead:
        return Found("")
    etc = f"Etc/GMT{'-' if typed[1] == '+' else '+'}{hours}"
    if not minutes and etc in _known():
        return Found(etc)
    places = (zone for zone in _known() if "/" in zone and not zone.startswith("Etc/"))
    return Found(None, tuple(zone for zone in places if ZoneInfo(zone).utcoffset(now) == ahead)[:MOST_NEAR])


def _same(zones: list[str]) -> bool:
    """Whether zones are one under several names, as America/Buenos_Aires and America/Argentina/Buenos_Aires are."""
    years = [datetime(year, month, 1) for year in (1995, 2010, 2024) for month in (1, 7)]  # noqa: DTZ001 - no zone yet
    return len({tuple(ZoneInfo(zone).utcoffset(at) for at in years) for zone in zones}) == 1


def _translated(wanted: str, lang: str) -> Iterator[str]:
    """The zone of a city by its name in the language, else in another one of the interface."""
    from babel import Locale

    for code in (lang, *(code for code in INTERFACE if code != lang)):
        for zone, names in Locale(code).time_zones.items():
            city = names.get("city", "")
            if city and city.casefold().replace(" ", "_") == wanted and zone in _known():
                yield zone


def _city(zone: str) -> str:
    return zone.casefold().rpartition("/")[2]


@cache
def _known() -> tuple[str, ...]:
    return tuple(sorted(available_timezones() - _NOT_CHOSEN))
