"""Whatever commands answer, Slack gets valid views, and what was typed comes back."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.platforms.slack_blocks import render, render_all
from bot.platforms.slack_views import MAX_TYPED, Place, error_words, home_view, modal_view, typed_in
from core.message import Button, Message, line, page, plain
from matching.rules import caret
from tests.slack_server_blocks import called, readable, refusal, shown, view_faults
from tests.unit.test_slack_blocks import LINES, MESSAGES, TEXTS, words

# Whole messages are slow to make up on a busy machine.
CALM = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PAGES = st.lists(MESSAGES, min_size=1, max_size=6).map(lambda parts: page(*parts))
PLACES = st.builds(
    Place, st.sampled_from(["D1", ""]), st.just("/minsk "), st.sampled_from(["", "watch"]), st.text(max_size=60)
)
MINOR = st.builds(Button, TEXTS, command=st.text("abc 0", min_size=1, max_size=60), minor=st.just(True))
PLAIN = st.builds(Button, TEXTS, command=st.just("why 1"))


@given(PAGES, st.one_of(st.none(), MESSAGES))
@CALM
def test_any_page_is_a_valid_home(message: Message, notice: Message | None) -> None:
    view = home_view(message, Place("D1", "/minsk "), notice)
    assert view_faults(view) == []
    assert called(view) == []


@given(st.lists(LINES, min_size=1, max_size=8), st.lists(LINES, min_size=1, max_size=8))
@CALM
def test_a_home_says_all_the_words_of_its_parts(first: list[object], second: list[object]) -> None:
    message = page(Message(tuple(first)), Message(tuple(second)))  # type: ignore[arg-type]
    view = home_view(message, Place("D1"))
    said = [word for word in words(shown(view["blocks"])) if word != "…"]
    assert said == [word for word in words(message.text) if word != "…"]


@given(PLACES, st.one_of(st.none(), MESSAGES, PAGES), st.text(max_size=4000), st.booleans())
@CALM
def test_any_answer_is_a_valid_modal(place: Place, answer: Message | None, typed: str, working: bool) -> None:
    view = modal_view(place, answer, typed, working=working)
    assert view_faults(view) == []
    assert Place.of(view) == place


@given(PAGES)
@CALM
def test_any_page_is_a_valid_message_and_says_its_words(message: Message) -> None:
    parts = render_all(message)
    assert all(refusal(part.fields) == ("", []) for part in parts)
    said = "".join("".join(words(shown(part.blocks))) for part in parts)
    assert said.replace("…", "") == "".join(words(message.text)).replace("…", "")


@given(
    st.lists(st.lists(st.one_of(MINOR, st.builds(Button, TEXTS, command=st.just("why 1"))), max_size=12), max_size=4)
)
@CALM
def test_menus_hold_five_at_most_and_no_command_is_lost(rows: list[list[Button]]) -> None:
    rendered = render(Message((line("alert"),), tuple(map(tuple, rows))))
    assert refusal(rendered.fields) == ("", [])
    values = [
        one["value"]
        for block in rendered.blocks
        if block["type"] == "actions"
        for element in block["elements"]
        for one in element.get("options", (element,))
    ]
    wanted = [button.command for row in rows for button in row if words(button.label)]
    assert sorted(values) == sorted(wanted)


def test_a_mistake_is_told_with_its_place() -> None:
    part, pointer = caret("minsk AND OR potash", 10)
    message = Message((line("A word is missing."), line(part), line(pointer), line("Write minsk OR potash.")))
    assert error_words(message) == "A word is missing. — minsk AND ▸OR potash — Write minsk OR potash."


@given(MESSAGES)
@CALM
def test_any_mistake_is_told_in_few_words(message: Message) -> None:
    assert 1 <= len(error_words(message)) <= 500


@given(st.text(max_size=100))
def test_what_was_typed_is_read_back(typed: str) -> None:
    (field,) = [block for block in modal_view(Place("D1", form="watch"))["blocks"] if block["type"] == "input"]
    state = {"values": {field["block_id"]: {field["element"]["action_id"]: {"value": typed}}}}
    assert typed_in({"state": state}) == typed
    assert field["element"]["max_length"] == MAX_TYPED


def test_a_page_too_long_for_one_message_comes_flat_and_whole() -> None:
    parts = [
        Message((*plain(f"part {number} " + "x" * 900).lines,), ((Button("b", command="a"),),)) for number in range(9)
    ]
    rendered = render_all(page(*parts))
    assert len(rendered) > 1
    assert [word for one in rendered for word in readable(one.text).split() if word.isdecimal()] == list("012345678")
