"""Command lines and deep links, read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.telegram_updates import MAX_PAYLOAD, Typed, link_payload, read_line, read_payload

TOKEN = "7000000001:a-token"


@pytest.mark.parametrize(
    ("text", "line", "addressed"),
    [
        ("/latest", "latest", False),
        ("  /latest \n 3 ", "latest 3", False),
        ("/latest@OurBot", "latest", True),
        ("/latest 3@ourbot", "latest 3", True),
        ("/why @ourbot", "why", True),
        ("/why https://news.example/@ourbot", "why https://news.example/@ourbot", False),
        ("/why me@mail.example", "why me@mail.example", False),
        ("@ourbot: latest", "latest", True),
        ("@OURBOT\nlatest", "latest", True),
        ("/latest@otherbot", None, False),
        ("/latest 3@otherbot", None, False),
        ("/", None, False),
        ("//", None, False),
        ("/@ourbot", None, False),
        ("@ourbots latest", None, False),
        ("@ourbot_two latest", None, False),
        ("ask @ourbot", None, False),
        ("latest", None, False),
        ("", None, False),
    ],
)
def test_line_in_a_group(text: str, line: str | None, addressed: bool) -> None:
    assert read_line(text, "ourbot", private=False) == (None if line is None else Typed(line, addressed))


@pytest.mark.parametrize(("text", "line"), [("latest 3", "latest 3"), ("/latest 3", "latest 3"), ("@ourbot hi", "hi")])
def test_line_in_private_is_always_addressed(text: str, line: str) -> None:
    assert read_line(text, "ourbot", private=True) == Typed(line, addressed=True)


@given(st.text(), st.booleans())
def test_any_text_is_a_line_or_none(text: str, private: bool) -> None:
    typed = read_line(text, "ourbot", private=private)
    assert typed is None or typed.line == typed.line.strip()
    assert typed is not None or not private or not text.strip() or text.strip().startswith("/")


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_payload_stands_for_its_line(line: str) -> None:
    payload = link_payload(line, TOKEN)
    assert len(payload) <= MAX_PAYLOAD
    assert all(c.isascii() and (c.isalnum() or c in "-_") for c in payload)
    assert not payload or read_payload(f"start {payload}", TOKEN) == line
    assert payload or not line or len(line.encode()) > 30


@pytest.mark.parametrize("line", ["why 123456789012", "story 12", "latest 10 prisoner-release"])
def test_usual_lines_fit_into_a_payload(line: str) -> None:
    assert link_payload(line, TOKEN)


def test_payload_of_others_runs_nothing() -> None:
    forged = link_payload("stop", "7000000001:guessed")
    assert read_payload(f"start {forged}", TOKEN) == "start"
    assert read_payload("start run-A-000000000000", TOKEN) == "start"
    assert read_payload("start prisoner-release", TOKEN) == "start prisoner-release"
    assert read_payload(f"latest {link_payload('stop', TOKEN)}", TOKEN).startswith("latest run-")
