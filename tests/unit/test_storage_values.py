"""Column types and error sentences, without a database."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from core.errors import StoreError
from core.model import Analysis, Evidence, Facts
from storage.columns import Coded, ExactText, UtcTime, clean, digest, sqlite_time
from storage.dialect import batches, explain, parse_url

SQLITE = make_url("sqlite+aiosqlite://").get_dialect()()
POSTGRESQL = make_url("postgresql+asyncpg://").get_dialect()()
ANY_TEXT = st.text(st.characters(exclude_categories=[]))


@given(ANY_TEXT)
def test_cleaning_keeps_the_length_and_makes_text_storable(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) == len(text)
    assert "\x00" not in cleaned
    assert cleaned.encode().decode() == cleaned == clean(cleaned)


@given(ANY_TEXT)
def test_exact_text_is_exact(text: str) -> None:
    kind = ExactText()
    assert kind.process_result_value(kind.process_bind_param(text, SQLITE), SQLITE) == text


def test_nothing_stays_nothing() -> None:
    for kind in (ExactText(), UtcTime(), Coded(Facts)):
        assert kind.process_bind_param(None, POSTGRESQL) is None
        assert kind.process_result_value(None, POSTGRESQL) is None


@given(st.lists(st.text(max_size=3), min_size=1, max_size=3), st.lists(st.text(max_size=3), min_size=1, max_size=3))
def test_digests_tell_texts_apart(one: list[str], other: list[str]) -> None:
    if "\x00" not in "".join(one + other) and any(one) and any(other):
        assert (digest(*one) == digest(*other)) == (one == other)
    assert len(digest(*one)) == (16 if any(one) else 0)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))])))
def test_times_are_written_to_sqlite_as_sqlalchemy_writes_them(moment: datetime) -> None:
    slowly = UtcTime().dialect_impl(SQLITE).bind_processor(SQLITE)
    assert slowly is not None
    assert sqlite_time(moment) == slowly(moment)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))])))
def test_times_come_back_as_utc(moment: datetime) -> None:
    for dialect in (SQLITE, POSTGRESQL):
        bound = UtcTime().process_bind_param(moment, dialect)
        assert bound is not None
        assert (bound.tzinfo is None) == (dialect is SQLITE)
        back = UtcTime().process_result_value(bound, dialect)
        assert back is not None
        assert back.utcoffset() == timedelta(0)
        assert abs(back - moment) < timedelta(hours=15) if back.year in (1, 9999) else back == moment


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without zone"):
        UtcTime().process_bind_param(datetime(2026, 3, 19), SQLITE)


def test_coded_values_come_back() -> None:
    kind = Coded(Analysis)
    value = Analysis(evidence=(Evidence("t", "c", "w\x00\ud800", "title", 1.0, "p"),), facts=Facts(counts=(("A", 5),)))
    text = kind.process_bind_param(value, SQLITE)
    assert text is not None
    back = kind.process_result_value(text, SQLITE)
    assert back.facts == value.facts
    assert back.evidence[0].text == "w\x00\ufffd"


def test_batches_hold_everything_once() -> None:
    assert [len(batch) for batch in batches(range(1001), 500)] == [500, 500, 1]
    assert list(batches([])) == []


URL = parse_url("postgresql+asyncpg://user:hunter2@db.example/minsk")


class _Refused(Exception):
    sqlstate = "28P01"


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        (_Refused("password authentication failed"), "correct user and password in storage.url"),
        (sqlite3.OperationalError("database is locked"), "another program holds its lock"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "may only be read"),
        (sqlite3.DatabaseError("database disk image is malformed"), "restore a backup"),
        (sqlite3.OperationalError("disk I/O error"), "check the disk"),
        (ConnectionRefusedError(111, "Connect call failed"), "cannot be reached"),
        (TimeoutError(), "cannot be reached"),
        (RuntimeError("never seen before"), "report it as a bug"),
    ],
)
def test_errors_say_what_to_do_and_no_password(origin: Exception, told: str) -> None:
    for error in (origin, OperationalError("SELECT 1", {}, origin)):
        explained = explain(error, URL)
        assert isinstance(explained, StoreError)
        assert str(explained).startswith("Database postgresql+asyncpg://user:***@db.example/minsk: ")
        assert told in str(explained)
