"""What response headers say about time: Retry-After, Cache-Control and Expires. Pure; nonsense means nothing said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,12})", re.IGNORECASE)
_NO_STORE = re.compile(r"(?:^|[\s,])no-(?:store|cache)(?:$|[\s,=])", re.IGNORECASE)


def http_date(text: str) -> datetime | None:
    """An HTTP date as aware UTC, or None for nonsense."""
    try:
        moment = parsedate_to_datetime(text.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait by Retry-After; a date counts from the response's own Date, so that wrong clocks cancel out.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,12}", text):
        return float(text)
    return _until(text, headers, now)


def fresh_for(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds for which the answer stays fresh: max-age less Age, else Expires.

    https://www.rfc-editor.org/rfc/rfc9111#section-4.2.1
    """
    control = headers.get("Cache-Control", "")
    if control and _NO_STORE.search(control):
        return None
    found = _MAX_AGE.search(control) if control else None
    if found:
        age = headers.get("Age", "").strip()
        return max(0.0, float(found[1]) - (float(age) if re.fullmatch(r"\d{1,9}", age) else 0.0))
    return _until(headers.get("Expires", ""), headers, now)


def _until(text: str, headers: Mapping[str, str], now: datetime) -> float | None:
    moment = http_date(text) if text else None
    if moment is None:
        return None
    return max(0.0, (moment - (http_date(headers.get("Date", "")) or now)).total_seconds())
