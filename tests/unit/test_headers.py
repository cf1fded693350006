"""Small pure parts of fetching: times in headers, bodies undone under a limit, the name we give ourselves."""

from __future__ import annotations

import gzip
import tomllib
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import FetchError
from core.model import Outcome
from feeds.headers import fresh_for, http_date, retry_after
from feeds.inflate import Inflater
from feeds.options import VERSION, identify
from feeds.outage import LEAST_HOSTS, WINDOW, OutageWatch

NOW = datetime(2026, 3, 19, 12, 0, tzinfo=UTC)


def test_the_version_told_to_servers_is_that_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION
    assert identify("https://operator.example") == f"MinskWatch/{VERSION} (news feed reader; +https://operator.example)"
    assert "+" not in identify()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thu, 19 Mar 2026 12:00:00 GMT", NOW),
        ("Thu, 19 Mar 2026 15:00:00 +0300", NOW),
        ("Thu, 19 Mar 2026 12:00:00", NOW),
        ("Thursday, 19-Mar-26 12:00:00 GMT", NOW),
        ("Thu Mar 19 12:00:00 2026", NOW),
        ("0", None),
        ("-1", None),
        ("", None),
        ("never", None),
        ("Thu, 99 Mar 2026 12:00:00 GMT", None),
        ("Thu, 19 Mar 99999 12:00:00 GMT", None),
    ],
)
def test_http_dates(text: str, expected: datetime | None) -> None:
    assert http_date(text) == expected


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_no_header_raises(one: str, other: str) -> None:
    headers = {"Retry-After": one, "Date": other, "Expires": one, "Cache-Control": other, "Age": one}
    for seconds in (retry_after(headers, NOW), fresh_for(headers, NOW)):
        assert seconds is None or seconds >= 0


@settings(deadline=None)
@given(st.integers(-(10**6), 10**6), st.integers(-(10**8), 10**8))
def test_dates_count_from_the_servers_clock(ahead: int, skew: int) -> None:
    theirs = NOW + timedelta(seconds=skew)
    headers = {
        "Date": format_datetime(theirs, usegmt=True),
        "Retry-After": format_datetime(theirs + timedelta(seconds=ahead), usegmt=True),
    }
    assert retry_after(headers, NOW) == max(0, ahead)


@settings(deadline=None)
@given(st.binary(max_size=3000), st.integers(1, 700), st.sampled_from(["", "gzip", "deflate", "bare"]))
def test_bodies_come_back_whatever_the_chunks(body: bytes, size: int, encoding: str) -> None:
    sent = {"": body, "gzip": gzip.compress(body), "deflate": zlib.compress(body)}.get(
        encoding, zlib.compress(body)[2:-4]
    )
    if encoding == "bare" and len(sent) > 1 and sent[0] & 0x0F == 8 and (sent[0] * 256 + sent[1]) % 31 == 0:
        return  # looks like zlib's own format by chance
    if not encoding and body.startswith(b"\x1f\x8b"):
        return  # what begins so is gzip, announced or not
    inflater = Inflater("deflate" if encoding == "bare" else encoding, 10_000)
    for at in range(0, len(sent), size):
        inflater.feed(sent[at : at + size])
    assert inflater.finish() == body


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_damaged_bodies_are_fetch_errors(body: bytes) -> None:
    inflater = Inflater("gzip", 10_000)
    try:
        inflater.feed(b"\x1f\x8b" + body)
        inflater.finish()
    except FetchError as error:
        assert error.outcome is Outcome.NETWORK  # noqa: PT017 - damage may go unnoticed, but nothing else is raised


@settings(deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=300), st.integers(1, 40))
def test_gzip_members_are_joined_whatever_the_chunks(one: bytes, two: bytes, size: int) -> None:
    sent = gzip.compress(one) + gzip.compress(two) + b"\x00\x00\x00"
    inflater = Inflater("gzip", 10_000)
    for at in range(0, len(sent), size):
        inflater.feed(sent[at : at + size])
    assert inflater.finish() == one + two


def test_a_bomb_is_stopped_before_it_unfolds() -> None:
    inflater = Inflater("gzip", 1_000_000)
    with pytest.raises(FetchError) as caught:
        inflater.feed(gzip.compress(bytes(300_000_000)))
    assert caught.value.outcome is Outcome.TOO_LARGE


def test_an_outage_begins_with_many_hosts_and_ends_with_the_first_answers() -> None:
    watch = OutageWatch()
    changes = [watch.note(f"host{number}", Outcome.NETWORK, NOW) for number in range(LEAST_HOSTS + 2)]
    assert changes == [False] * (LEAST_HOSTS - 1) + [True, False, False]
    assert watch.since == NOW
    assert not watch.note("host0", Outcome.OK, NOW)
    assert watch.note("host1", Outcome.HTTP, NOW)
    assert watch.since is None


def test_failures_among_successes_or_long_ago_are_no_outage() -> None:
    watch = OutageWatch()
    for number in range(20):
        watch.note(f"good{number}", Outcome.NOT_MODIFIED, NOW)
    assert not any(watch.note(f"bad{number}", Outcome.TIMEOUT, NOW) for number in range(10))
    watch = OutageWatch()
    for number in range(10):
        assert not watch.note(f"host{number}", Outcome.TIMEOUT, NOW + number * WINDOW / 3)
