"""Column types that make both databases keep the same values: aware UTC, safe text, exact strings, coded values."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary, Text, TypeDecorator

from core import codec

# PostgreSQL takes neither in text (https://www.postgresql.org/docs/current/datatype-character.html).
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

# 64 bits on both: SQLite's rowid is one only when the column is declared INTEGER (https://www.sqlite.org/autoinc.html).
BIG_ID = BigInteger().with_variant(Integer(), "sqlite")

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)


def clean(text: str) -> str:
    """Replace NUL and lone surrogates by U+FFFD, one for one, so that offsets into the text stay right."""
    if _has_surrogates(text):
        return _UNSTORABLE.sub("\ufffd", text)
    return text.replace("\x00", "\ufffd") if "\x00" in text else text


def _has_surrogates(text: str) -> bool:
    try:
        text.encode("utf-16-le")  # finds them many times sooner than a search, and three times as soon as UTF-8
    except UnicodeEncodeError:
        return True
    return False


def clean_all(texts: list[str]) -> list[str]:
    """`clean` of many texts, mostly by one look at all of them."""
    everything = "".join(texts)
    return list(map(clean, texts)) if "\x00" in everything or _has_surrogates(everything) else texts


def digest(*parts: str) -> bytes:
    """16 bytes that stand for a text of any length in an index; b"" for no text at all."""
    text = parts[0] if len(parts) == 1 else "\x00".join(parts) if any(parts) else ""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() if text else b""


def sqlite_time(value: datetime | None) -> str | None:
    """What UtcTime stores in SQLite, in one step instead of three. Refuses naive times (ValueError)."""
    return None if value is None else _in_utc(value).isoformat(" ", "microseconds")[:26]


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError(f"a time without zone cannot be stored: {value!r}")
    try:
        return value.astimezone(UTC)
    except OverflowError:  # a feed may say 0001-01-01T00:00+03:00
        return _EARLIEST if value.year == 1 else _LATEST


class UtcTime(TypeDecorator[datetime]):
    """Aware UTC with microseconds. Refuses naive times (ValueError)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        value = _in_utc(value) if value is not None else None
        return value.replace(tzinfo=None) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo is not None else value.replace(tzinfo=UTC)


class CleanText(TypeDecorator[str]):
    """Text from outside, cleaned of what PostgreSQL cannot store; the same on SQLite, so that both agree."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean(value)


class ExactText(TypeDecorator[str]):
    """Text given back exactly, surrogates and all: HTTP validators are bytes that were read as text."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.encode("utf-8", "surrogatepass")

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else value.decode("utf-8", "surrogatepass")


class Coded(TypeDecorator[Any]):
    """A value of the model as JSON text by core.codec. Values read are shared and must not be changed."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: Any = Mapping[str, Any]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else _decode(self.kind, value)


def encode(value: Any) -> str:
    """JSON text, its strings cleaned as the other text is, so that quotes still fit the texts they are from."""
    return clean(json.dumps(codec.dump(value), ensure_ascii=False, separators=(",", ":")))


# Reading the open stories anew for every hit would decode the same members again and again.
@lru_cache(maxsize=2048)
def _decode(kind: Any, text: str) -> Any:
    return codec.load(kind, json.loads(text))
