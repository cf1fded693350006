"""From a function's signature to usage, parsing and clear refusals."""

from __future__ import annotations

import string
from types import ModuleType
from typing import Annotated, Any, Literal, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot.commands
from bot.command import (
    Between,
    Command,
    Commands,
    Context,
    Rest,
    Topics,
    UnknownCommand,
    command,
    load_commands,
    parse,
    split_line,
)
from bot.texts import ENGLISH
from core.errors import CommandError
from core.message import Message, plain
from core.model import Actor, Role, Target
from core.ports import ChatStore, Request
from tests.fake_chat import NOON, TOPICS


@command(examples=("count 3",))
async def count(ctx: Context, number: Annotated[int, Between(1, 10)] = 5, topics: Topics = ()) -> Message:
    """Counts things.

    It counts
    them well.

    Twice.
    """
    return plain(f"{number} {topics}")


@command(role=Role.OPERATOR, aliases=("say",))
async def echo_(ctx: Context, word: str, rest: Rest = "") -> Message:
    """Says it again."""
    return plain(word, rest)


@command()
async def switch(ctx: Context, state: Literal["on", "off"]) -> Message:
    """Turns it on or off."""
    return plain(state)


COMMANDS = Commands([count, echo_, switch])


def context(commands: Commands = COMMANDS, prefix: str = "/") -> Context:
    request = Request(Actor("telegram", "1"), Target("telegram", "1"), "", prefix=prefix)
    return Context(request, Role.ADMIN, cast(ChatStore, None), TOPICS, NOON, commands, ENGLISH)


def read(one: Command, line: str) -> list[Any]:
    return parse(one, line.split(), context())


def refusal(one: Command, line: str) -> tuple[str, str]:
    with pytest.raises(CommandError) as caught:
        read(one, line)
    return str(caught.value), caught.value.hint


def test_usage_and_help_come_from_the_function() -> None:
    assert [one.usage for one in COMMANDS] == ["count [number] [topics ...]", "echo <word> [rest]", "switch <on|off>"]
    assert count.summary == "Counts things"
    assert count.details == ("It counts them well.", "Twice.")
    assert [entry.name for entry in COMMANDS.menu()] == ["count", "switch"]


@pytest.mark.parametrize(
    ("one", "line", "values"),
    [
        (count, "", [5, ()]),
        (count, "3", [3, ()]),
        (count, "#3 sanctions", [3, ("sanctions",)]),
        (count, "sanctions", [5, ("sanctions",)]),
        (count, "٣", [3, ()]),
        (count, "2 all", [2, tuple(TOPICS)]),
        (count, "2 SANC,us-dip sanctions", [2, ("sanctions", "us-diplomacy")]),
        (count, "2 Prisoner releases", [2, ("prisoner-release",)]),
        (count, "diplomacy, prisoner releases", [5, ("prisoner-release", "us-diplomacy")]),
        (echo_, "a", ["a", ""]),
        (echo_, "a b  c", ["a", "b c"]),
        (switch, "ON", ["on"]),
    ],
)
def test_arguments_are_read(one: Command, line: str, values: list[Any]) -> None:
    assert read(one, line) == values


@pytest.mark.parametrize(
    ("one", "line", "message"),
    [
        (count, "0", "number must be from 1 to 10, not 0."),
        (
            count,
            "99999999999999999999",
            "“99999999999999999999” does not fit here: number is written in digits, such as 12.",
        ),
        (count, "+-3", "“+-3” does not fit here: number is written in digits, such as 12."),
        (count, "²", "“²” does not fit here: number is written in digits, such as 12."),
        (count, "3 sport", "There is no topic “sport”."),
        (echo_, "", "“echo” needs word."),
        (switch, "perhaps", "state must be one of on, off, not “perhaps”."),
        (switch, "on off", "“switch” has no use for “off”."),
    ],
)
def test_refusals_say_what_is_wrong_and_how_to_write_it(one: Command, line: str, message: str) -> None:
    told, hint = refusal(one, line)
    assert told == message
    assert hint.endswith(f"Write: /{one.usage}")


def test_a_misspelt_topic_is_guessed() -> None:
    assert "Did you mean sanctions?" in refusal(count, "3 sanktions")[1]
    assert "Did you mean prisoner-release?" in refusal(count, "3 prisoner-releases")[1]


def test_an_unknown_command_names_the_nearest() -> None:
    with pytest.raises(UnknownCommand) as caught:
        COMMANDS.get("cuont", ENGLISH, "/minsk ")
    assert caught.value.near == "count"
    assert caught.value.hint == "Did you mean /minsk count?"
    with pytest.raises(UnknownCommand) as far:
        COMMANDS.get("xyzzy", ENGLISH, "/")
    assert (far.value.near, far.value.hint) == ("", "/help lists what there is.")


def test_names_and_aliases_in_any_case() -> None:
    assert COMMANDS.get("SAY", ENGLISH) is echo_
    assert COMMANDS.find("nothing") is None


def test_two_commands_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="'count'"):
        Commands([count, command(aliases=("count",))(switch.function)])


def test_lines_are_split_without_hidden_characters() -> None:
    assert split_line("\u200flat\u200best\u202e 3\u2066", ENGLISH) == ("latest", ["3"])
    assert split_line(" \n ", ENGLISH) == ("help", [])
    assert split_line("why\n<b>&*_~", ENGLISH) == ("why", ["<b>&*_~"])
    with pytest.raises(CommandError, match="5,004 characters"):
        split_line("why " + "x" * 5000, ENGLISH)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_any_line_is_read_or_refused_in_words(line: str) -> None:
    word, words = split_line(line, ENGLISH)
    assert word
    for one in COMMANDS:
        told = ""
        try:
            assert len(parse(one, words, context())) == len(one.parameters)
        except CommandError as error:
            told = f"{error} {error.hint}"
        assert len(told) < 600
        assert not told or f"/{one.name}" in told


def test_every_command_of_the_package_is_found_documented_and_fits_the_menus() -> None:
    commands = load_commands()
    names = {one.name for one in commands}
    assert names >= {"start", "subscribe", "stop", "topics", "latest", "story", "why", "status", "help"}
    for one in commands:
        assert one.summary, one.name
        assert len(one.summary) <= 256  # https://core.telegram.org/bots/api#botcommand
        assert set(one.name) <= set(string.ascii_lowercase + string.digits + "_")
        for example in one.examples:
            word, words = split_line(example, ENGLISH)
            assert commands.find(word) is one
            assert parse(one, words, context(commands)) is not None


def test_a_new_command_costs_one_function(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "newcomer.py").write_text(
        "from bot.command import Context, command\n"
        "from core.message import Message, plain\n"
        "@command(examples=('ping',))\n"
        "async def ping(ctx: Context) -> Message:\n"
        "    '''Answers.'''\n"
        "    return plain('pong')\n"
    )
    package = ModuleType("bot.commands")
    package.__path__ = [*bot.commands.__path__, str(tmp_path)]
    monkeypatch.setattr(bot.commands, "__path__", package.__path__)
    found = load_commands().find("ping")
    assert found is not None
    assert found.usage == "ping"
