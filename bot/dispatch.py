"""The one road of a command: authorise -> limit -> parse -> run -> answer. Never raises to the platform."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Collection, Sequence
from dataclasses import replace
from weakref import WeakValueDictionary

from bot import access, texts
from bot.asking import ACTOR_RATE, ActorLimit
from bot.command import Command, Commands, Context, UnknownCommand, parse, split_line
from bot.languages import TopicTitles, speak, understood
from bot.pacing import Rate
from bot.texts import ENGLISH, Texts
from bot.tools import Tools
from core.errors import BadCorrection, CommandError, MinskError, StoreError
from core.message import Button, LineKind, Message, line, plain
from core.model import Role, Subscription, Target
from core.observing import unobserved
from core.ports import ChatStore, Clock, MenuEntry, Observer, Request
from matching.people import Roster

_log = logging.getLogger(__name__)


class Dispatcher:
    """A core.ports.CommandHandler. `operators` are actors such as "telegram:12345". `say` is the language of who
    chose none and whose client speaks none of ours.

    Of actors, only a count under a keyed hash is held in memory, for a minute.
    """

    def __init__(
        self,
        commands: Commands,
        store: ChatStore,
        titles: TopicTitles,
        clock: Clock,
        *,
        operators: Collection[str] = (),
        say: Texts = ENGLISH,
        rate: Rate = ACTOR_RATE,
        observe: Observer = unobserved,
        tools: Tools | None = None,
    ) -> None:
        self._commands = commands
        self._store = store
        self._titles = titles
        self._clock = clock
        self._operators = frozenset(operators)
        self._say = say
        self._observe = observe
        self._tools = tools or Tools()
        self._limit = ActorLimit(clock, rate)
        self._changing: WeakValueDictionary[Target, asyncio.Lock] = WeakValueDictionary()

    def change(self, operators: Collection[str], roster: Roster) -> None:
        """Go by other operators and persons from now on."""
        self._operators = frozenset(operators)
        self._tools = replace(self._tools, roster=roster)

    def menu(self) -> Sequence[MenuEntry]:
        return self._commands.menu()

    async def __call__(self, request: Request) -> Message | None:
        """Answer a command; None when it was not for us, or when the asker was already told to slow down."""
        name = "?"
        say = speak(None, self._tools.chosen.find(request.target) or request.actor.lang, self._say)
        try:
            word, words = split_line(request.line, say, request.prefix)
            if self._is_for_another(word, request):
                return None
            wait, told = self._limit.spend(request.actor) if request.counted else (0, False)
            if wait:
                slow = replace(plain(say.say(texts.TOO_FAST, n=wait)), private=True, failed=True, lang=say.lang)
                return None if told else slow
            mine = await self._store.find_subscription(request.target)
            say = speak(mine.options, request.actor.lang, self._say) if mine else say
            one = self._commands.get(word, say, request.prefix)
            name = one.name
            answer = await self._run(one, words, request, say, mine)
            if mine is None:
                async with self._one_at_a_time(request.target):  # what is changed meanwhile is not undone
                    await self._keep_language(request)
        except BadCorrection as error:
            answer = self._explain(error, say)
        except StoreError:  # it speaks of the database, in English: that is for the log
            answer = self._apologise(name, say)
        except MinskError as error:
            answer = self._explain(error, say)
        except Exception:
            answer = self._apologise(name, say)
        self._observe("command", name=name, platform=request.target.platform)
        return replace(answer, lang=say.lang)

    def _is_for_another(self, word: str, request: Request) -> bool:
        return self._commands.find(word) is None and not (request.addressed or request.private)

    async def _keep_language(self, request: Request) -> None:
        """A chat that has just subscribed keeps the language that it was spoken to in, for its alerts."""
        lang = self._tools.chosen.find(request.target) or understood(request.actor.lang)
        mine = await self._store.find_subscription(request.target) if lang else None
        if mine is not None and not mine.options.language:
            await self._store.set_options(request.target, replace(mine.options, language=lang), self._clock.now())
            self._tools.chosen.keep(request.target, "")

    async def _run(
        self, one: Command, words: Sequence[str], request: Request, say: Texts, mine: Subscription | None
    ) -> Message:
        role = access.role_of(request, self._operators)
        access.require(role, one.role, say, str(request.actor) if request.private else "")
        now = self._clock.now()
        topics = self._titles.in_(say)
        ctx = Context(
            request, role, self._store, topics, now, self._commands, say, self._tools, self._say, self._titles, mine
        )
        values = parse(one, words, ctx)
        if one.role is Role.VIEWER:
            answer = await one.function(ctx, *values)
        else:  # one change of a chat at a time, so that two quick taps both count
            async with self._one_at_a_time(request.target):
                answer = await one.function(ctx, *values)
            if one.changes and not answer.unchanged:
                await self._record(ctx, " ".join((one.name, *words)))
        return replace(answer, private=one.private)

    def _one_at_a_time(self, target: Target) -> asyncio.Lock:
        return self._changing.setdefault(target, asyncio.Lock())

    async def _record(self, ctx: Context, line: str) -> None:
        """Remember what was asked to change, for /audit. What is done already must not seem to have failed."""
        try:
            await self._store.record_change(ctx.request.target, ctx.role, line, ctx.now)
        except MinskError:
            _log.exception("A change is missing from the audit log")

    def _explain(self, error: MinskError, say: Texts) -> Message:
        hint = say.tell(error.hint) if isinstance(error, CommandError) else ""
        lines = [line(text) for text in say.tell(error.words).split("\n")]
        lines += [line(text, kind=LineKind.SMALL) for text in hint.split("\n") if text]
        near = error.near if isinstance(error, UnknownCommand) else ""
        return Message(tuple(lines), ((Button(near, command=near),),) if near else (), private=True, failed=True)

    def _apologise(self, name: str, say: Texts) -> Message:
        reference = secrets.token_hex(3)
        _log.exception("A command failed", extra={"command": name, "reference": reference})
        apology = line(say.say(texts.APOLOGY, reference=reference))
        hint = line(say.say(texts.APOLOGY_HINT), kind=LineKind.SMALL)
        return Message((apology, hint), private=True, failed=True)
