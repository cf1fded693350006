"""Dates as feedparser reads them; the two forms that nearly all feeds use are read here, at a fraction of its cost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: f"{number:02}" for number, name in enumerate(_NAMES, 1)}
# The dates of nearly all feeds: https://www.rfc-editor.org/rfc/rfc5322#section-3.3 and https://www.rfc-editor.org/rfc/rfc3339
_RFC_DATE = re.compile(
    rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ({'|'.join(_MONTHS)}) (\d{{4}}) (\d\d:\d\d:\d\d) "
    r"(?:GMT|([+-]\d\d)(\d\d))",
    re.ASCII,
)
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)", re.ASCII)


def read_moment(text: str) -> Sequence[int] | None:
    """What feedparser makes of a date: year, month, day, hour, minute and second of UTC at least; None for nonsense."""
    moment = usual_moment(text)
    return _parse_date(text) if moment is None else moment.timetuple()


def usual_moment(text: str) -> datetime | None:
    """The moment of UTC that a date in one of the two usual forms says; None for another, and for nonsense."""
    if match := _RFC_DATE.fullmatch(text):
        day, month, year, time, hours, minutes = match.groups("00")
        zone = f"{hours}:{minutes}" if match[5] else "+00:00"
        text = f"{year}-{_MONTHS[month]}-{day}T{time}{zone}"
    elif not _ISO_DATE.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):  # such as the 30th of February
        return None


def _parse_date(text: str) -> Sequence[int] | None:
    import feedparser.datetimes

    read: Sequence[int] | None = feedparser.datetimes._parse_date(text)
    return read
