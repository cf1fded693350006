"""Logs: one line an event, fields kept, secrets nowhere."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from app.parts import log_event
from core.log import redact, set_up

TOKEN = "123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc"


@pytest.fixture(autouse=True)
def root_logger() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


@pytest.mark.parametrize("form", ["console", "json"])
def test_secrets_are_masked_in_message_fields_and_traceback(form: str) -> None:
    stream = io.StringIO()
    set_up("info", form, secrets=["hunter2"], stream=stream)
    try:
        raise RuntimeError(f"https://api.example/bot{TOKEN}/getMe hunter2")
    except RuntimeError:
        logging.getLogger("x").exception(
            "failed with %s", "hunter2", extra={"url": f"bot{TOKEN}", "app": "xoxb-1234567890-ab"}
        )
    text = stream.getvalue()
    assert "hunter2" not in text
    assert TOKEN not in text
    assert "xoxb" not in text
    assert "RuntimeError" in text


@pytest.mark.parametrize(
    "query",
    ["token=hunter2", "a=1&api_key=hunter2", "access_token=hunter2", "X-Amz-Signature=hunter2", "KEY=hunter2&b=2"],
)
@pytest.mark.parametrize("form", ["console", "json"])
def test_the_key_in_an_address_is_masked(form: str, query: str) -> None:
    stream = io.StringIO()
    set_up("info", form, stream=stream)
    logging.getLogger("x").warning("feed_failing", extra={"url": f"https://news.example/feed?{query}", "reason": "no"})
    assert "hunter2" not in stream.getvalue()
    assert "https://news.example/feed?" in stream.getvalue()
    assert "no" in stream.getvalue().split("***")[-1]


def test_an_address_without_a_key_is_logged_whole() -> None:
    url = "https://news.example/feed?author=hunter2&monkey=2&page=3#key=4"
    assert redact(url) == url


def test_json_lines_carry_fields() -> None:
    stream = io.StringIO()
    set_up("info", "json", stream=stream)
    logging.getLogger("feeds").info("polled", extra={"feed": "A", "entries": 3})
    record = json.loads(stream.getvalue())
    assert record["event"] == "polled"
    assert record["feed"] == "A"
    assert record["level"] == "info"


def test_foreign_text_cannot_forge_a_line() -> None:
    stream = io.StringIO()
    set_up("info", "console", stream=stream)
    logging.getLogger("feeds").info("title: %s", "x\n2026-01-01 error forged\r\x1b[2J\x9b2J\x85\u2028next\x07")
    assert len(stream.getvalue().splitlines()) == 1
    assert stream.getvalue().removesuffix("\n").isprintable()


def test_short_secrets_do_not_mask_everything() -> None:
    assert redact("a sentence", ["a"]) == "a sentence"


def test_an_outage_of_ours_is_told_in_words_to_who_reads_the_log() -> None:
    stream = io.StringIO()
    set_up("info", "console", stream=stream)
    log_event("outage_began", feed="News")
    log_event("outage_ended", feed="News")
    began, ended = stream.getvalue().splitlines()
    assert "warning Nearly all hosts fail at once" in began
    assert "network and DNS of this host" in began
    assert "info    The network is back" in ended
