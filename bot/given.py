"""Files that come with commands, fetched when they are wanted."""

from __future__ import annotations

from bot import feed_texts as told
from bot.command import Context
from core.errors import CommandError
from core.files import MOST_GIVEN
from core.message import foreign


async def read_given(ctx: Context, line: str) -> bytes:
    """The file that came with the command `line`. Raises CommandError, or DeliveryError when it cannot be had."""
    file = ctx.request.file
    if file is None:
        hint = ctx.say.say(told.FILE_HOW, line=ctx.typed(line))
        raise CommandError(ctx.say.say(told.FILE_MISSING), hint)
    if file.size > MOST_GIVEN:
        text = ctx.say.say(told.FILE_TOO_LARGE, name=foreign(file.name, 60), most=MOST_GIVEN // 1024)
        raise CommandError(text)
    return await file.read()
