"""What was changed in a chat."""

from __future__ import annotations

from typing import Annotated

from bot import search_texts as told
from bot.command import Between, Context, command
from core.message import LineKind, Message, Span, Style, foreign
from core.model import Role


@command(role=Role.EDITOR, examples=("audit", "audit 30"), changes=False)
async def audit(ctx: Context, count: Annotated[int, Between(1, 30)] = 10) -> Message:
    """The last commands that change this chat: when, by which role, in which words.

    Who gave them is not kept. The list goes when the chat is erased.
    """
    changes = await ctx.store.changes(ctx.request.target, count)
    if not changes:
        return Message((ctx.say.line(told.AUDIT_NONE),))
    lines = [ctx.say.line(told.AUDIT, n=len(changes))]
    lines += [
        ctx.say.line(
            told.AUDIT_LINE,
            kind=LineKind.BULLET,
            at=Span(ctx.say.moment(change.at), at=change.at),
            role=ctx.say.say(told.ROLES[int(change.role)]),
            line=Span(foreign(change.line, 100), Style.CODE),
        )
        for change in changes
    ]
    return Message(tuple(lines))
