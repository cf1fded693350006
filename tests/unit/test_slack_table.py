"""Answers that are tables: Slack's table block within its limits, or the lines that say the same."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.platforms.slack_blocks import render, render_all
from core.message import Button, Line, LineKind, Message, Span, Table, line
from tests.slack_server_blocks import buttons, called, links, refusal, shown
from tests.unit.test_slack_blocks import LINES, TEXTS

TABLES = st.builds(
    Table,
    st.lists(TEXTS, max_size=25).map(tuple),
    st.lists(st.lists(LINES, max_size=6).map(tuple), max_size=12).map(tuple),
    st.just(()),
    st.frozensets(st.integers(0, 30), max_size=3),
)


def ranking(rows: int, *, width: int = 2, letters: int = 5) -> Message:
    said = tuple(line(f"source {number}: {number}", kind=LineKind.BULLET) for number in range(rows))
    cells = tuple(tuple(line("x" * letters) for _ in range(width)) for _ in range(rows))
    table = Table(tuple(f"Head {n}" for n in range(width)), cells, said)
    return Message((line("Sources:"), *said, line("end")), ((Button("More", command="more"),),), table=table)


@settings(deadline=None, max_examples=60)
@given(TABLES, st.lists(LINES, max_size=4).map(tuple))
def test_any_table_is_valid_and_holds_no_markup(table: Table, lines: tuple[Line, ...]) -> None:
    for part in render_all(Message(lines, table=table)):
        assert refusal(part.fields) == ("", [])
        assert called(part.fields) == []


def test_a_table_stands_for_the_lines_that_say_the_same() -> None:
    said = (line("Reuters: 3 stories", kind=LineKind.BULLET),)
    cells = ((line(Span("Reuters", url="https://r.example/?utm_source=x&a=1")), line("3"), line("")),)
    message = Message(
        (line("Sources:"), *said), table=Table(("Source", "Stories", "First"), cells, said, frozenset({1}))
    )
    (part,) = render_all(message)
    assert shown(part.blocks).splitlines() == ["Sources:", "Source | Stories | First", "Reuters | 3 | –"]
    assert links(part.blocks) == {"Reuters": "https://r.example/?a=1"}
    assert part.blocks[-1]["column_settings"] == [{"is_wrapped": True}, {"align": "right"}, {"is_wrapped": True}]
    assert part.text == part.plain == "Sources:\nReuters: 3 stories", (
        "for notifications, and for a Slack without tables"
    )


def test_buttons_stay_beside_a_table() -> None:
    (part,) = render_all(ranking(3))
    assert [block["type"] for block in part.blocks] == ["rich_text", "table", "actions"]
    assert list(buttons(part.blocks)) == ["More"]


def test_what_no_table_holds_is_told_in_lines() -> None:
    for message in (ranking(100), ranking(2, width=21), ranking(30, letters=400), ranking(0)):
        parts = render_all(message)
        assert all(block["type"] != "table" for part in parts for block in part.blocks)
        assert "\n".join(shown(part.blocks) for part in parts) == message.text
    assert any(block["type"] == "table" for block in render_all(ranking(99))[0].blocks)


def test_alerts_have_no_table() -> None:
    assert all(block["type"] != "table" for block in render(ranking(3)).blocks)
