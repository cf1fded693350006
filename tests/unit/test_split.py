"""Splitting and cutting: every part fits, the words stay the same, nothing that belongs together is torn apart."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.split import ELLIPSIS, Limits, cut, escaped, split, split_line, unformatted, utf16
from core.message import Button, Line, LineKind, Message, Span, Style, line, plain

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
spans = st.builds(
    Span,
    texts,
    st.sampled_from(Style),
    st.sampled_from(("", "https://example.org/a?b=1&c=2")),
    st.sampled_from((None, datetime(2026, 3, 19, tzinfo=UTC))),
)
lines = st.builds(lambda parts, kind: Line(tuple(parts), kind), st.lists(spans, max_size=5), st.sampled_from(LineKind))
messages = st.builds(
    lambda parts: Message(tuple(parts), ((Button("Why?", command="why 1"),),)), st.lists(lines, max_size=8)
)
limits = st.builds(
    Limits,
    characters=st.integers(30, 400),
    size=st.sampled_from((len, utf16, escaped)),
    line_cost=st.integers(1, 3),
    lines=st.integers(1, 20),
)


def squeezed(message: Message) -> str:
    return "".join(message.text.split())


@given(messages, limits)
def test_parts_fit_and_say_the_same(message: Message, limit: Limits) -> None:
    parts = split(message, limit)
    assert all(limit.hold(part.lines) for part in parts)
    assert "".join(map(squeezed, parts)) == squeezed(message)
    assert [part.buttons for part in parts[:-1]] == [()] * (len(parts) - 1)
    assert parts[-1].buttons == message.buttons


words = st.lists(st.text("abcdefžшя", min_size=1, max_size=12), min_size=1, max_size=60)


@given(words, limits)
def test_words_that_fit_are_never_broken(parts: list[str], limit: Limits) -> None:
    message = Message((line(" ".join(parts)),))
    told = [word for part in split(message, limit) for word in part.text.split()]
    assert told == parts


@given(st.lists(words, min_size=2, max_size=6), limits)
def test_words_across_spans_are_kept_apart_and_in_order(groups: list[list[str]], limit: Limits) -> None:
    message = Message((Line(tuple(Span(" ".join(group) + " ", Style.BOLD) for group in groups)),))
    told = [word for part in split(message, limit) for word in part.text.split()]
    assert told == [word for group in groups for word in group]


@given(messages, limits)
def test_a_cut_message_fits_and_invents_nothing(message: Message, limit: Limits) -> None:
    shorter = cut(message, limit)
    assert limit.hold(shorter.lines)
    assert shorter.buttons == message.buttons
    if limit.hold(message.lines):
        assert shorter == message
    before = squeezed(message)
    for shown in shorter.lines:
        assert "".join(shown.text.removesuffix(ELLIPSIS).split()) in before


def test_small_print_goes_before_details_and_the_title_stays() -> None:
    message = Message(
        (
            line("label", kind=LineKind.SMALL),
            line("The headline of the story", kind=LineKind.TITLE),
            *(line(f"fact number {n}", kind=LineKind.BULLET) for n in range(5)),
            *(line(f"source number {n}", kind=LineKind.QUOTE) for n in range(3)),
            line("matched", kind=LineKind.SMALL),
        )
    )
    told = cut(message, Limits(characters=110)).text
    assert "label" not in told
    assert "matched" not in told
    assert "The headline of the story" in told
    assert "source number 2" in told
    assert "fact number 4" not in told
    assert told.endswith(ELLIPSIS)


def test_a_title_too_long_for_the_message_is_shortened_between_words() -> None:
    told = cut(Message((line("one two three four five six seven", kind=LineKind.TITLE),)), Limits(characters=20)).text
    assert told == "one two three four" + ELLIPSIS


@pytest.mark.parametrize(
    "cluster",
    [
        "e\u0301",  # an accent of its own
        "\U0001f469\u200d\U0001f469\u200d\U0001f467",  # a family
        "\U0001f44d\U0001f3fd",  # a thumb with a skin colour
        "\U0001f1e7\U0001f1fe",  # a flag
    ],
)
@pytest.mark.parametrize("room", range(12, 20))
def test_what_is_seen_as_one_character_stays_whole(cluster: str, room: int) -> None:
    limit = Limits(characters=room, line_cost=1)
    for part in split_line(line(cluster * 20), limit, room):
        assert part.text.replace(cluster, "") == ""


def test_an_endless_cluster_is_broken_all_the_same() -> None:
    parts = split(plain("e" + "\u0301" * 500), Limits(characters=40))
    assert "".join(part.text for part in parts) == "e" + "\u0301" * 500


def test_measures() -> None:
    assert utf16("a\U0001f600") == 3
    assert utf16("a\U0001f600") * 2 == len("a\U0001f600".encode("utf-16-le"))
    assert escaped("<&>") == len("&lt;&amp;&gt;")
    assert unicodedata.name("…").startswith("HORIZONTAL")


def test_addresses_count_where_the_platform_counts_them() -> None:
    linked = line(Span("x", url="https://example.org/" + "a" * 80))
    assert Limits(characters=50).hold([linked])
    counting = Limits(characters=50, count_links=True)
    assert not counting.hold([linked])
    assert split(Message((linked,)), counting)[0].lines[0].spans[0].url == ""


def test_a_moment_stays_whole() -> None:
    moment = Span("19 March 2026 12:00 UTC", at=datetime(2026, 3, 19, 12, tzinfo=UTC))
    parts = split(Message((line("word " * 4, moment),)), Limits(characters=30))
    assert parts[-1].lines[0].spans[-1] == moment


def test_unformatted_spells_addresses_out() -> None:
    message = Message(
        (line(Span("Source", Style.BOLD, "https://example.org"), kind=LineKind.QUOTE),), ((Button("x"),),)
    )
    assert unformatted(message) == Message((line("Source (https://example.org)"),))
