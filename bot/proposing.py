"""Lines too long for a button, and files that were asked about: the store keeps them, the button names their mark."""

from __future__ import annotations

from bot.command import Context
from core.errors import CommandError
from core.message import MAX_COMMAND_BYTES


async def line_of(ctx: Context, start: str, words: str) -> str:
    """The command line of a button: with the words themselves where they fit, else with their mark."""
    line = f"{start} {words}"
    return line if len(line.encode()) <= MAX_COMMAND_BYTES else f"{start} {await keep(ctx, words.encode())}"


async def keep(ctx: Context, body: bytes) -> str:
    """The mark of a body, by which it is found for a day in this chat."""
    return await ctx.store.keep_proposal(ctx.request.target, body, ctx.now)


async def words_of(ctx: Context, text: str, gone: str) -> str:
    """The words that a mark stands for, or the text itself. Raises CommandError with `gone`."""
    return (await body_of(ctx, text, gone)).decode() if text.startswith("#") else text


async def body_of(ctx: Context, mark: str, gone: str) -> bytes:
    """What a mark stands for. Raises CommandError with the message `gone`."""
    body = await ctx.store.find_proposal(ctx.request.target, mark, ctx.now)
    if body is None:
        raise CommandError(ctx.say.say(gone))
    return body


async def used(ctx: Context, mark: str) -> None:
    """Forget what was done now; a text that is no mark is let be."""
    if mark.startswith("#"):
        await ctx.store.drop_proposal(ctx.request.target, mark)
