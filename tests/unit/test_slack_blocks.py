"""Whatever stands in a message, Slack gets valid blocks within every limit, and readers get its words."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.platforms.slack_blocks import (
    MAX_JSON,
    Rendered,
    escape,
    render,
    render_all,
    unescape,
)
from bot.split import ELLIPSIS, escaped
from core.message import Button, Line, LineKind, Message, Span, Style, foreign, line, plain
from tests.slack_server_blocks import buttons, called, links, readable, refusal, shown

NOON = datetime(2026, 3, 19, 12, 0, tzinfo=UTC)

NASTY = st.sampled_from(
    [
        "<!channel>",
        "<@U1>",
        "<b>",
        "&amp;",
        "&",
        "*_~`",
        "> ",
        ":smile:",
        "\u202e",
        "\ud800",
        "\x00",
        "\n",
        "|",
        "”",
        "🇧🇾",
        "Ж",
    ]
)
TEXTS = st.lists(st.one_of(st.text(max_size=30), NASTY), max_size=6).map("".join)
URLS = st.one_of(
    st.just(""),
    st.sampled_from(
        ["https://a.example/", "javascript:alert(1)", "https://a.example/?q=<x>|y&z", "http://[bad", "//x"]
    ),
    st.text(max_size=40).map(lambda text: f"https://a.example/{text}"),
    st.integers(1, 3000).map(lambda length: "https://a.example/" + "x" * length),
)
SPANS = st.builds(Span, TEXTS, st.sampled_from(Style), URLS, st.one_of(st.none(), st.just(NOON)))
LINES = st.builds(Line, st.lists(SPANS, max_size=5).map(tuple), st.sampled_from(LineKind))
BUTTONS = st.one_of(st.builds(Button, TEXTS, command=st.text("abc 0", max_size=40)), st.builds(Button, TEXTS, url=URLS))
ROWS = st.lists(st.lists(BUTTONS, max_size=30).map(tuple), max_size=8).map(tuple)
MESSAGES = st.builds(Message, st.lists(LINES, max_size=15).map(tuple), ROWS, tag=st.text(max_size=40))


def check(rendered: Rendered) -> None:
    for fields in (rendered.fields, rendered.plain_fields):
        assert refusal(fields) == ("", [])
        assert called(fields) == []
    assert len(json.dumps(list(rendered.blocks), ensure_ascii=False)) <= MAX_JSON * 1.1
    json.dumps(rendered.fields, ensure_ascii=False).encode()  # no lone surrogates


def words(text: str) -> list[str]:
    cleaned = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(" " if ord(letter) < 32 or letter == "\x7f" else letter for letter in cleaned).split()


@given(MESSAGES)
@settings(max_examples=60, deadline=None)
def test_any_message_is_valid_and_says_its_words(message: Message) -> None:
    rendered = render(message)
    check(rendered)
    if escaped(message.text) <= 3000 and words(message.text):
        assert words(readable(rendered.text)) == words(message.text)
        assert words(shown(rendered.blocks)) == words(message.text)


@given(MESSAGES)
@settings(max_examples=60, deadline=None)
def test_any_answer_is_valid_and_says_all_its_words(message: Message) -> None:
    parts = render_all(message)
    for part in parts:
        check(part)
    said = "".join("".join(words(shown(part.blocks))) for part in parts)
    assert said.replace(ELLIPSIS, "") == "".join(words(message.text)).replace(ELLIPSIS, "")


@given(st.text())
def test_escaping_is_undone_by_readers(text: str) -> None:
    assert unescape(escape(text)) == text
    assert readable(escape(text)) == text


@given(TEXTS)
def test_title_survives_as_foreign_text(title: str) -> None:
    """The way of a headline: made safe once, then shown exactly so."""
    safe = foreign(title)
    if safe:
        for kind in LineKind:
            assert shown(render(Message((line(safe, kind=kind),))).blocks) == safe


@pytest.mark.parametrize("length", [149, 150, 151, 300, 3800])
@pytest.mark.parametrize("letter", ["x", "&", "Ж", "🇧🇾"])
def test_titles_at_the_limits(length: int, letter: str) -> None:
    rendered = render(Message((line(letter * length, kind=LineKind.TITLE), line("more"))))
    check(rendered)
    assert shown(rendered.blocks).startswith(letter * min(length, 100))


@pytest.mark.parametrize("size", [2990, 3000, 3001, 3500])
def test_small_print_at_the_limit(size: int) -> None:
    lines = [line("&" * 69, kind=LineKind.SMALL) for _ in range(size // 350)]
    lines.append(line("&" * ((size - 350 * len(lines)) // 5), kind=LineKind.SMALL))
    rendered = render(Message(tuple(lines)))
    check(rendered)
    assert shown(rendered.blocks) == "\n".join(one.text for one in lines if one.text)


def test_hundreds_of_styles_give_way_to_the_words() -> None:
    spans = tuple(Span(letter, style) for letter in "abcdefghij" * 30 for style in (Style.BOLD, Style.PLAIN))
    rendered = render(Message((Line(spans),)))
    check(rendered)
    assert shown(rendered.blocks) == "".join(span.text for span in spans)


def test_many_blocks_give_way_to_one() -> None:
    kinds = [LineKind.SMALL, LineKind.TITLE] * 40
    rendered = render(Message(tuple(line(f"line {number}", kind=kind) for number, kind in enumerate(kinds))))
    check(rendered)
    assert shown(rendered.blocks).split("\n") == [f"line {number}" for number in range(80)]


def test_addresses_that_are_too_long_in_all_are_left_out_the_longest_first() -> None:
    sizes = [100, 1800, 1850, 200, 1870, 1860, 1880, 300]
    lines = [line(Span(f"source {size}", url="https://a.example/" + "x" * size)) for size in sizes]
    rendered = render(Message(tuple(lines)))
    check(rendered)
    assert shown(rendered.blocks).split("\n") == [f"source {size}" for size in sizes]
    kept = {int(label.split()[1]) for label in links(rendered.blocks)}
    assert kept == set(sorted(sizes)[: len(kept)])
    assert 4 <= len(kept) < 8


def test_command_buttons_come_before_links_that_do_not_fit() -> None:
    row = (
        Button("Why?", command="why 1"),
        *(Button(f"B{n}", url="https://a.example/" + "x" * 1800) for n in range(20)),
    )
    rendered = render(Message((line("alert"),), (row,)))
    check(rendered)
    assert "Why?" in buttons(rendered.blocks)
    assert 3 <= len(buttons(rendered.blocks)) < 21


def test_labels_are_cut_and_useless_buttons_left_out() -> None:
    row = (Button("<" * 80, command="a"), Button("", command="b"), Button("No", url="ftp://x"), Button("Neither"))
    rendered = render(Message((line("alert"),), (row,)))
    check(rendered)
    (label,) = buttons(rendered.blocks)
    assert label == "<" * 18 + ELLIPSIS


def test_action_ids_are_one_of_a_kind() -> None:
    rows = tuple(tuple(Button(f"{row}-{place}", command="latest") for place in range(3)) for row in range(6))
    rendered = render(Message((line("choose"),), rows))
    check(rendered)
    assert len({button["action_id"] for button in buttons(rendered.blocks).values()}) == 18


def test_moments_are_shown_in_the_reader_s_own_zone() -> None:
    rendered = render(Message((line("at ", Span("19 Mar 2026 12:00 UTC", at=NOON, url="https://a.example/")),)))
    date = rendered.blocks[0]["elements"][0]["elements"][1]
    assert date["type"] == "date"
    assert (date["timestamp"], date["fallback"]) == (1773921600, "19 Mar 2026 12:00 UTC")
    assert links(rendered.blocks) == {"19 Mar 2026 12:00 UTC": "https://a.example/"}


def test_lists_and_quotes_stay_together() -> None:
    message = Message(
        (
            line("one", kind=LineKind.BULLET),
            line("two", kind=LineKind.BULLET),
            line("said", kind=LineKind.QUOTE),
            line("so", kind=LineKind.QUOTE),
            line("and"),
            line("more"),
        )
    )
    (block,) = render(message).blocks
    kinds = [element["type"] for element in block["elements"]]
    assert kinds == ["rich_text_list", "rich_text_quote", "rich_text_section"]
    assert shown([block]) == message.text


def test_empty_message_still_says_something() -> None:
    for message in (Message(()), plain(""), plain("\x00 \n")):
        check(render(message))
        assert render(message).text == ELLIPSIS
