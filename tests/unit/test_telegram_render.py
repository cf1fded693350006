"""Any message becomes a text and entities that Telegram takes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.platforms.telegram_render import LIMITS, POPUP, popup, render
from bot.split import cut, split
from core.message import Button, Line, LineKind, Message, Span, Style, line, plain
from tests.telegram_entities import check, part, units

TEXTS = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("<b>&*_~`[]()\\\n\r\t\x00\u200f\u202e\u200d🕊👩\ud83d\udc4d\u0301🇧🇾é "),
    ),
    max_size=60,
)
URLS = st.sampled_from(
    ["", "https://news.example/?a=1&b=%22", "http://", "javascript:alert(1)", "ftp://x.example", "http://[x"]
)
MOMENTS = st.one_of(st.none(), st.just(datetime(2026, 3, 19, 12, 0, tzinfo=UTC)))
SPANS = st.builds(Span, TEXTS, st.sampled_from(Style), URLS, MOMENTS)
LINES = st.builds(Line, st.lists(SPANS, max_size=4).map(tuple), st.sampled_from(LineKind))
BUTTONS = st.builds(Button, TEXTS, st.sampled_from(["", "why 12"]), URLS)
MESSAGES = st.builds(
    Message,
    st.lists(LINES, max_size=12).map(tuple),
    st.lists(st.lists(BUTTONS, max_size=10).map(tuple), max_size=4).map(tuple),
)
LONG = st.builds(
    lambda text, times, kind, style: Line((Span(text * times, style, "https://news.example/"),), kind),
    TEXTS,
    st.integers(1, 400),
    st.sampled_from(LineKind),
    st.sampled_from(Style),
)


def checked(message: Message) -> str:
    """The rendered text, after its entities and buttons were found sound."""
    shown = render(message)
    check(shown.text, [entity.model_dump(exclude_none=True) for entity in shown.entities])
    shown.text.encode()
    for row in shown.keyboard.inline_keyboard if shown.keyboard else []:
        assert 1 <= len(row) <= 8
        assert all(button.text.strip() and bool(button.url) != bool(button.callback_data) for button in row)
    return shown.text


@given(MESSAGES)
@settings(max_examples=300)
@example(Message((Line((Span("a", Style.CODE), Span("b")), LineKind.TITLE),)))
@example(Message((Line((Span(" ", Style.BOLD, "https://x.example"),), LineKind.QUOTE), line(" ", kind=LineKind.QUOTE))))
def test_any_message_is_sound_and_keeps_its_words(message: Message) -> None:
    shown = checked(message)
    words = message.text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    kept = "".join(" " if ord(c) < 32 or 127 <= ord(c) < 160 else c for c in words).split()
    assert [word for word in shown.split() if word != "•"] == [word for word in kept if word != "•"]


@given(st.lists(st.one_of(LINES, LONG), min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
@example([Line((Span("🕊" * 2048, Style.BOLD),), LineKind.TITLE)])
@example([Line((Span("a" * 4095 + "🕊", Style.BOLD),), LineKind.TITLE)])
@example([Line((Span("👩‍👩‍👧‍👦" * 1000),), LineKind.BULLET)])
def test_cut_and_split_messages_are_within_the_limit(lines: list[Line]) -> None:
    message = Message(tuple(lines))
    assert units(checked(cut(message, LIMITS))) <= 4096
    for piece in split(message, LIMITS):
        assert units(checked(piece)) <= 4096


@given(TEXTS, st.integers(1, 12))
def test_popup_holds_at_most_200_units(text: str, times: int) -> None:
    words, whole = popup(plain(text * times))
    assert units(words) <= POPUP
    assert whole == (not words.endswith("…") or units(text * times) <= POPUP)


def found(message: Message) -> list[tuple[str, str]]:
    shown = render(message)
    return [(entity.type, part(shown.text, entity.model_dump())) for entity in shown.entities]


def test_style_of_a_line_holds_its_links_and_moments_but_not_code() -> None:
    at = datetime(2026, 3, 19, 12, 0, tzinfo=UTC)
    spans = (Span("a", url="https://x.example"), Span("b", Style.BOLD), Span("c", Style.CODE), Span("d", at=at))
    assert sorted(found(Message((Line(spans, LineKind.TITLE),)))) == [
        ("bold", "ab"),
        ("bold", "d"),
        ("code", "c"),
        ("date_time", "d"),
        ("text_link", "a"),
    ]


@pytest.mark.parametrize(("count", "kind"), [(1, "blockquote"), (6, "blockquote"), (7, "expandable_blockquote")])
def test_long_quotations_are_folded(count: int, kind: str) -> None:
    lines = [line(f"Source {number}", kind=LineKind.QUOTE) for number in range(count)]
    ((shown, text),) = found(Message(tuple(lines)))
    assert (shown, text.count("\n")) == (kind, count - 1)


def test_buttons_that_telegram_would_refuse_are_left_out() -> None:
    buttons = (
        Button("Why?", command="why 12"),
        Button("", command="why 12"),
        Button("no address"),
        Button("local", url="http://localhost/x"),
        Button("script", url="javascript:alert(1)"),
        Button("Open", url="https://news.example/a"),
    )
    keyboard = render(Message((line("x"),), (buttons, (Button("gone"),)))).keyboard
    assert keyboard is not None
    assert [[button.text for button in row] for row in keyboard.inline_keyboard] == [["Why?", "Open"]]
    assert render(Message((line("x"),), ((Button("gone"),),))).keyboard is None
