"""The one road of a command: roles, rate, refusals, faults; nothing is ever raised to the platform."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.command import Commands, Context, command, load_commands
from bot.dispatch import Dispatcher
from bot.pacing import Rate
from core.errors import StoreError
from core.message import Message, plain
from core.model import Actor, Role, Subscription, Target
from core.options import Options
from core.ports import ChatStore, Request
from storage.store import Store
from tests.fake_chat import TITLES
from tests.fake_clock import FakeClock


class Book:
    """A store without chats that only remembers what was changed."""

    def __init__(self) -> None:
        self.changes: list[tuple[Role, str]] = []

    async def find_subscription(self, target: Target) -> None:
        """No chat is subscribed."""

    async def record_change(self, target: Target, role: Role, line: str, now: datetime) -> None:
        self.changes.append((role, line))


GROUP = Target("telegram", "-100")


@command()
async def hello(ctx: Context) -> Message:
    """Greets."""
    return plain(f"hello, {ctx.role.name}")


@command(role=Role.EDITOR, private=False)
async def change(ctx: Context) -> Message:
    """Changes something, in two steps."""
    before = steps[-1]
    await asyncio.sleep(0)
    steps.append(before + 1)
    return plain("changed")


@command(role=Role.OPERATOR)
async def secret(ctx: Context) -> Message:
    """For operators."""
    return plain("secret")


@command()
async def broken(ctx: Context, how: str = "") -> Message:
    """Fails."""
    if how == "known":
        raise StoreError("The database is locked. Try again in a minute.")
    raise RuntimeError("a bug, with telegram:42 in its text")


steps = [0]
COMMANDS = Commands([hello, change, secret, broken])


def ask(line: str, actor: str = "42", **more: Any) -> Request:
    return Request(Actor("telegram", actor), GROUP, line, **more)


@pytest.fixture
def dispatcher(clock: FakeClock) -> Dispatcher:
    return Dispatcher(COMMANDS, cast(ChatStore, Book()), TITLES, clock, operators=["telegram:1"], rate=Rate(3, 60))


async def test_answers_carry_who_may_see_them(dispatcher: Dispatcher) -> None:
    assert await dispatcher(ask("hello")) == Message(plain("hello, VIEWER").lines, private=True)
    shown = await dispatcher(ask("change", role=Role.EDITOR))
    assert shown is not None
    assert not shown.private


async def test_roles_are_required(dispatcher: Dispatcher) -> None:
    refused = await dispatcher(ask("change"))
    assert refused is not None
    assert refused.text.startswith("Only those who manage this chat may do that.")
    refused = await dispatcher(ask("secret", role=Role.OPERATOR))
    assert refused is not None
    assert refused.text == "Only the operators of this bot may do that."
    at_home = await dispatcher(replace(ask("secret", actor="2"), private=True))
    assert at_home is not None
    assert at_home.text.endswith('name yourself in access.operators of its configuration: "telegram:2"')
    assert await dispatcher(ask("secret", actor="1")) == Message(plain("secret").lines, private=True)


async def test_an_unknown_command_is_answered_with_a_button_or_passed_over(dispatcher: Dispatcher) -> None:
    answer = await dispatcher(ask("helo <b>&*_~"))
    assert answer is not None
    assert answer.text == "There is no command “helo”.\nDid you mean /hello?"
    assert answer.buttons[0][0].command == "hello"
    assert await dispatcher(ask("weather", addressed=False)) is None
    assert await dispatcher(ask("weather", addressed=False, private=True)) is not None
    assert await dispatcher(ask("hello", addressed=False)) is not None


async def test_passing_over_costs_nothing_of_the_rate(dispatcher: Dispatcher) -> None:
    for _ in range(10):
        assert await dispatcher(ask("weather", addressed=False)) is None
    assert "hello" in (await dispatcher(ask("hello")) or plain("")).text


async def test_too_many_commands_are_refused_once_then_in_silence(dispatcher: Dispatcher, clock: FakeClock) -> None:
    for _ in range(3):
        assert await dispatcher(ask("nothing")) is not None
    clock.advance(20)
    told = await dispatcher(ask("hello"))
    assert told is not None
    assert told.text == "Too many commands at once. Go on in 40 seconds."
    assert await dispatcher(ask("hello")) is None
    assert await dispatcher(ask("hello", actor="43")) is not None
    clock.advance(40)
    assert "hello" in (await dispatcher(ask("hello")) or plain("")).text


async def test_known_faults_are_told_and_unknown_ones_excused(
    dispatcher: Dispatcher, caplog: pytest.LogCaptureFixture
) -> None:
    for how, cause in (("", "a bug"), (" known", "The database is locked")):
        with caplog.at_level(logging.ERROR):
            excused = await dispatcher(ask(f"broken{how}"))
        assert excused is not None
        reference = caplog.records[-1].__dict__["reference"]
        assert f"(reference {reference})" in excused.text
        assert "Try again" in excused.text
        assert cause not in excused.text
        assert cause in caplog.text


async def test_changes_of_one_chat_do_not_run_into_one_another(dispatcher: Dispatcher) -> None:
    steps[:] = [0]
    await asyncio.gather(*(dispatcher(ask("change", actor=str(n), role=Role.ADMIN)) for n in range(5)))
    assert steps == [0, 1, 2, 3, 4, 5]


async def test_a_wish_told_right_after_the_subscription_is_not_undone(sqlite_url: str, clock: FakeClock) -> None:
    """The language that a new chat keeps is written after the answer, when the next command may be at work."""

    class Slow(Store):
        async def set_options(self, target: Target, options: Options, now: datetime) -> Subscription:
            if options.language and not options.languages:  # as was read before the wish; give that its time
                wishes.append(asyncio.create_task(dispatcher(ask("languages be ru", role=Role.ADMIN))))
                await asyncio.wait(wishes, timeout=0.3)
            return await super().set_options(target, options, now)

    wishes: list[asyncio.Task[Message | None]] = []
    store = Slow(sqlite_url, clock=clock)
    await store.open()
    dispatcher = Dispatcher(load_commands(), store, TITLES, clock)
    await dispatcher(Request(Actor("telegram", "42", lang="be"), GROUP, "subscribe", role=Role.ADMIN))
    await asyncio.gather(*wishes)
    mine = await store.find_subscription(GROUP)
    await store.close()
    assert mine is not None
    assert (mine.options.language, mine.options.languages) == ("be", ("be", "ru"))


async def test_no_name_of_an_actor_is_kept(dispatcher: Dispatcher) -> None:
    for _ in range(5):
        await dispatcher(ask("hello", actor="987654321"))
    held = [repr(vars(part)) for part in (dispatcher, dispatcher._limit, dispatcher._limit._windows)]
    assert "987654321" not in "".join(held)


async def test_the_observer_hears_of_commands_not_of_people(clock: FakeClock) -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    dispatcher = Dispatcher(
        COMMANDS, cast(ChatStore, Book()), TITLES, clock, observe=lambda event, /, **more: told.append((event, more))
    )
    await dispatcher(ask("hello"))
    await dispatcher(ask("nonsense"))
    assert told == [
        ("command", {"name": "hello", "platform": "telegram"}),
        ("command", {"name": "?", "platform": "telegram"}),
    ]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.text(max_size=200) | st.sampled_from(["why " + "x" * 5000, "latest " + "9" * 5000, "story -1", "\ud800"]))
def test_any_line_gets_an_answer(line: str) -> None:
    """The store is missing, so that the commands themselves fail: even then, words come back."""
    dispatcher = Dispatcher(load_commands(), cast(ChatStore, Book()), TITLES, FakeClock())
    answer = asyncio.run(dispatcher(ask(line, private=True)))
    assert answer is not None
    assert 0 < len(answer.text) < 4000


def test_the_menu_leaves_operators_commands_out(dispatcher: Dispatcher) -> None:
    assert [entry.name for entry in dispatcher.menu()] == ["broken", "change", "hello"]
