"""The language that a chat is spoken to in."""

from __future__ import annotations

from dataclasses import replace

from bot import texts, wishes
from bot.command import Context, Rest, command
from bot.commands.subscribing import greeting, languages
from bot.languages import INTERFACE, speak, texts_in
from core.errors import CommandError
from core.message import Message, foreign
from core.model import Role

AUTOMATIC = "auto"


@command(role=Role.EDITOR, examples=("language", "language be", "language auto"), aliases=("lang",), private=False)
async def language(ctx: Context, name: Rest = "") -> Message:
    """The language of the messages in this chat.

    A code or a name. `auto` goes by the language of your app. Headlines stay in the language of their source, and names
    of commands in English.
    """
    mine = await ctx.store.find_subscription(ctx.request.target)
    wanted = _read(ctx, name.strip()) if name.strip() else None
    if wanted is not None and mine is None:
        ctx.tools.chosen.keep(ctx.request.target, wanted)
        say = speak(None, wanted or ctx.request.actor.lang, ctx.default)
        return await greeting(replace(ctx, say=say, topics=ctx.titles.in_(say)))
    if wanted is not None:
        options = await wishes.change(ctx, language=wanted)
        ctx = replace(ctx, say=speak(options, ctx.request.actor.lang, ctx.default))
    chosen = wanted if wanted is not None else mine.options.language if mine else ""
    told = texts.LANGUAGE_SET if chosen else texts.LANGUAGE_AUTOMATIC
    return wishes.answer(ctx, told, languages(ctx), changed=name)


def _read(ctx: Context, text: str) -> str:
    """The code of a language named by code or by name, in English, in itself or as here; "" for `auto`."""
    wanted = text.casefold()
    if wanted == AUTOMATIC:
        return ""
    for code, name in INTERFACE.items():
        names = (code, name, texts_in("en").language(code), ctx.say.language(code))
        if wanted in [one.casefold() for one in names]:
            return code
    languages = ", ".join(f"{name} ({code})" for code, name in INTERFACE.items())
    hint = ctx.say.say(texts.LANGUAGE_HINT, languages=languages)
    raise CommandError(ctx.say.say(texts.LANGUAGE_UNKNOWN, word=foreign(text, 40)), hint)
