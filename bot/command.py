"""Commands: one decorated function each. Its signature gives usage and parsing, its docstring the help.

    @command(examples=("latest 3",))
    async def latest(ctx: Context, count: Annotated[int, Between(1, 10)] = 5) -> Message:
        '''The last stories.'''

Parameter types: `int` (with `Between`), `str` (one word), `Rest` (the rest of the line), `Literal["on", "off"]`, and
`Topics` (topic names to the end of the line; unique beginnings will do). A default makes a parameter optional; an
optional number is passed over when the word is none. `Sure` is the `yes` that a button adds after a question. Every
module of bot/commands/ is searched.
"""

from __future__ import annotations

import difflib
import inspect
import pkgutil
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from bot import texts
from bot.languages import INTERFACE, TopicTitles, texts_in
from bot.texts import ENGLISH, Texts
from bot.tools import Tools
from core.errors import CommandError
from core.message import Message, foreign
from core.model import Role, Subscription
from core.ports import ChatStore, MenuEntry, Request

MAX_LINE = 4096
_SHORTEST_BEGINNING = 3


@dataclass(frozen=True, slots=True)
class Between:
    """Bounds of a number, both included."""

    least: int
    most: int


class Marker:
    """Tells parameters apart whose Python type is not enough."""


SURE = Marker()
REST = Marker()
TOPICS = Marker()
Sure = Annotated[bool, SURE]
Rest = Annotated[str, REST]
Topics = Annotated[tuple[str, ...], TOPICS]


@dataclass(frozen=True, slots=True)
class Context:
    """What a command may use: the request, the asker's role, the store, topics (name -> title), all commands, tools.

    `say` speaks the chat's language; `default` that of chats which chose none. `titles` has the topics in all.
    `mine` is the chat's subscription as it was when the command came.
    """

    request: Request
    role: Role
    store: ChatStore
    topics: Mapping[str, str]
    now: datetime
    commands: Commands
    say: Texts
    tools: Tools = Tools()
    default: Texts = ENGLISH
    titles: TopicTitles = TopicTitles({})
    mine: Subscription | None = None

    def typed(self, line: str) -> str:
        """A command line as it is typed in this chat."""
        return self.request.prefix + line


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: Any
    rule: object
    default: Any

    @property
    def label(self) -> str:
        return self.name.replace("_", " ")

    @property
    def required(self) -> bool:
        return self.default is inspect.Parameter.empty

    @property
    def usage(self) -> str:
        return self.usage_in(ENGLISH)

    def usage_in(self, say: Texts) -> str:
        """How it is written, "" for what buttons add; the words to choose from are the same in every language."""
        if self.rule is SURE:
            return ""
        choices = "|".join(filter(None, get_args(self.kind))) if get_origin(self.kind) is Literal else ""
        label = choices or say.translate(self.label)
        label += " ..." if self.rule is TOPICS else ""
        return f"<{label}>" if self.required else f"[{label}]"


@dataclass(frozen=True)
class Command:
    """One command. `private` answers are for the asker alone where the platform can; `changes` are audited.

    `form` names the argument that a form may ask for when it is missing.
    """

    function: Callable[..., Awaitable[Message]]
    role: Role
    examples: tuple[str, ...]
    aliases: tuple[str, ...]
    private: bool
    changes: bool = False
    form: str = ""

    @property
    def name(self) -> str:
        return self.function.__name__.rstrip("_")

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        hints = get_type_hints(self.function, include_extras=True)
        found = []
        for parameter in list(inspect.signature(self.function).parameters.values())[1:]:
            hint = hints[parameter.name]
            annotated = get_origin(hint) is Annotated
            kind, rule = get_args(hint)[:2] if annotated else (hint, None)
            found.append(Parameter(parameter.name, kind, rule, parameter.default))
        return tuple(found)

    @property
    def usage(self) -> str:
        return self.usage_in(ENGLISH)

    def usage_in(self, say: Texts) -> str:
        """The command with its parameters, those in the language."""
        return " ".join(filter(None, [self.name, *(parameter.usage_in(say) for parameter in self.parameters)]))

    @property
    def summary(self) -> str:
        """The docstring's first line, without its full stop."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0].rstrip(".")

    @property
    def details(self) -> tuple[str, ...]:
        """The paragraphs of the docstring after its first line."""
        paragraphs = (inspect.getdoc(self.function) or "").partition("\n")[2].strip().split("\n\n")
        return tuple(" ".join(paragraph.split()) for paragraph in paragraphs if paragraph)


def command(
    *,
    role: Role = Role.VIEWER,
    examples: Sequence[str] = (),
    aliases: Sequence[str] = (),
    private: bool = True,
    changes: bool | None = None,
    form: str = "",
) -> Callable[[Callable[..., Awaitable[Message]]], Command]:
    """Make a function a command."""

    def make(function: Callable[..., Awaitable[Message]]) -> Command:
        audited = role > Role.VIEWER if changes is None else changes
        return Command(function, role, tuple(examples), tuple(aliases), private, audited, form)

    return make


class UnknownCommand(CommandError):
    """`.near` is the most similar name, or ""."""

    def __init__(self, message: str, hint: str, near: str) -> None:
        self.near = near
        super().__init__(message, hint)


class Commands:
    """All commands by name and alias. Raises ValueError when two claim the same name."""

    def __init__(self, commands: Iterable[Command]) -> None:
        self._by_name: dict[str, Command] = {}
        self._commands = tuple(sorted(commands, key=lambda command: command.name))
        for one in self._commands:
            for name in (one.name, *one.aliases):
                if self._by_name.setdefault(name, one) is not one:
                    raise ValueError(f"two commands are named {name!r}")

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands)

    def with_role(self, name: str, role: Role) -> Commands:
        """The same commands, that one for another role."""
        return Commands(replace(one, role=role) if one.name == name else one for one in self._commands)

    def find(self, name: str) -> Command | None:
        """The command of that name or alias."""
        return self._by_name.get(name.casefold().removeprefix("/"))

    def get(self, name: str, say: Texts, prefix: str = "") -> Command:
        """The command of that name or alias; raises UnknownCommand with the nearest one."""
        found = self.find(name)
        if found is not None:
            return found
        near = next(iter(difflib.get_close_matches(name.casefold(), self._by_name, n=1)), "")
        hint = say.say(texts.NEAREST, near=prefix + near) if near else say.say(texts.SEE_HELP, help=f"{prefix}help")
        raise UnknownCommand(say.say(texts.UNKNOWN_COMMAND, name=foreign(name, 40)), hint, near)

    def menu(self) -> tuple[MenuEntry, ...]:
        """What platforms list, in every language: every command that is not for operators only."""
        others = [texts_in(lang) for lang in INTERFACE if lang != ENGLISH.lang]
        return tuple(
            MenuEntry(
                one.name,
                one.summary,
                one.role,
                one.form,
                {say.lang: say.translate(one.summary) for say in others},
                one.private,
            )
            for one in self
            if one.role < Role.OPERATOR
        )


def load_commands() -> Commands:
    """All commands of the package bot.commands."""
    import bot.commands

    return Commands(found for module in _modules(bot.commands) for found in _declared(module))


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        yield import_module(module.name)


def _declared(module: ModuleType) -> Iterator[Command]:
    for value in vars(module).values():
        if isinstance(value, Command) and value.function.__module__ == module.__name__:
            yield value


def split_line(line: str, say: Texts, prefix: str = "") -> tuple[str, list[str]]:
    """A command line -> its first word and the others, hidden characters removed. Raises CommandError when too long."""
    words = foreign(line, MAX_LINE + 1).split()
    if len(" ".join(words)) > MAX_LINE:
        hint = say.say(texts.SEE_HELP, help=f"{prefix}help")
        raise CommandError(say.say(texts.TOO_LONG_LINE, n=len(line), most=MAX_LINE), hint)
    return (words[0], words[1:]) if words else ("help", [])


def parse(one: Command, words: Sequence[str], ctx: Context) -> list[Any]:
    """Words -> the values of the command's parameters, in order. Raises CommandError with the usage."""
    try:
        return _parse(one, list(words), ctx)
    except CommandError as error:
        usage = ctx.say.say(texts.USAGE_HINT, usage=ctx.typed(one.usage_in(ctx.say)))
        hint = ctx.say.tell(error.hint)
        raise CommandError(error.words, f"{hint}\n{usage}" if hint else usage) from None


def _parse(one: Command, words: list[str], ctx: Context) -> list[Any]:
    values: list[Any] = []
    for index, parameter in enumerate(one.parameters):
        last = index == len(one.parameters) - 1 and parameter.rule is not SURE
        if words and not (_is_passed_over(parameter, words[0]) and not last):
            values.append(_take(parameter, words, ctx))
        elif parameter.required:
            raise CommandError(
                ctx.say.say(texts.MISSING_ARGUMENT, command=one.name, argument=ctx.say.translate(parameter.label))
            )
        else:
            values.append(parameter.default)
    if words:
        raise CommandError(ctx.say.say(texts.TOO_MANY_WORDS, command=one.name, rest=foreign(" ".join(words), 60)))
    return values


def _is_passed_over(parameter: Parameter, word: str) -> bool:
    if parameter.rule is SURE:
        return word.casefold() != "yes"
    return not parameter.required and parameter.kind is int and not word.lstrip("+-#").isdigit()


def _take(parameter: Parameter, words: list[str], ctx: Context) -> Any:
    """Remove the words of one parameter from the front and return its value."""
    if parameter.rule is REST or parameter.rule is TOPICS:
        rest, words[:] = words[:], []
        return " ".join(rest) if parameter.rule is REST else read_topics(rest, ctx)
    word = words.pop(0)
    if parameter.rule is SURE:
        return True
    if parameter.kind is int:
        return _number(parameter, word, ctx.say)
    if get_origin(parameter.kind) is Literal:
        return _choice(parameter, word, ctx.say)
    return word


def _number(parameter: Parameter, word: str, say: Texts) -> int:
    digits = word.removeprefix("#")
    if not digits.lstrip("+-").isdigit() or len(digits) > 18:
        raise CommandError(say.say(texts.NOT_A_NUMBER, argument=say.translate(parameter.label), word=foreign(word, 40)))
    try:
        number = int(digits)
    except ValueError:  # "+-1", "²"
        raise CommandError(
            say.say(texts.NOT_A_NUMBER, argument=say.translate(parameter.label), word=foreign(word, 40))
        ) from None
    rule = parameter.rule
    if isinstance(rule, Between) and not rule.least <= number <= rule.most:
        raise CommandError(
            say.say(
                texts.OUT_OF_RANGE,
                argument=say.translate(parameter.label),
                least=rule.least,
                most=rule.most,
                word=foreign(word, 40),
            )
        )
    return number


def _choice(parameter: Parameter, word: str, say: Texts) -> str:
    choices = tuple(filter(None, get_args(parameter.kind)))
    if word.casefold() not in choices:
        raise CommandError(
            say.say(
                texts.NOT_A_CHOICE,
                argument=say.translate(parameter.label),
                choices=", ".join(choices),
                word=foreign(word, 40),
            )
        )
    return word.casefold()


def read_topics(words: Iterable[str], ctx: Context) -> tuple[str, ...]:
    """Topic names, each once; `all` is every topic. A topic's title in the chat's language, or a word that no other
    title has, will do as well. Raises CommandError with the nearest name.
    """
    found: dict[str, None] = {}
    text = " ".join(words).casefold()
    for name, title in ctx.topics.items():
        text, titled = re.subn(rf"(?<![\w-]){re.escape(title.casefold())}(?![\w-])", " ", text)
        if titled:
            found[name] = None
    for word in text.replace(",", " ").split():
        found.update(dict.fromkeys(ctx.topics if word == "all" else [_topic(word, ctx)]))
    return tuple(found)


def _topic(word: str, ctx: Context) -> str:
    if word in ctx.topics:
        return word
    beginning = [name for name in ctx.topics if name.startswith(word)]
    if len(beginning) == 1 and len(word) >= _SHORTEST_BEGINNING:
        return beginning[0]
    titled = [name for name, title in ctx.topics.items() if word in title.casefold().split()]
    if len(titled) == 1:
        return titled[0]
    near = difflib.get_close_matches(word, ctx.topics, n=1, cutoff=0.5)
    known = ctx.say.say(texts.KNOWN_TOPICS, topics=", ".join(ctx.topics))
    hint = f"{ctx.say.say(texts.NEAREST, near=near[0])} {known}" if near else known
    raise CommandError(ctx.say.say(texts.UNKNOWN_TOPIC, word=foreign(word, 40)), hint)
