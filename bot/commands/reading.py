"""Looking up what happened."""

from __future__ import annotations

from typing import Annotated

from bot import render, texts
from bot.command import Between, Context, Topics, command
from core.errors import CommandError
from core.message import Button, Line, LineKind, Message
from core.model import Level, Story

MOST_REPORTS = 30


@command(examples=("latest", "latest 3", "latest 10 sanctions"))
async def latest(ctx: Context, count: Annotated[int, Between(1, 10)] = 5, topics: Topics = ()) -> Message:
    """The last stories, on all topics or on those named."""
    stories = await ctx.store.latest_stories(count, topics=topics)
    if not stories:
        about = ctx.say.line(texts.LATEST_NONE_ABOUT, topics=render.topic_names(topics, ctx.topics))
        return Message((about if topics else ctx.say.line(texts.LATEST_NONE),))
    lines: list[Line] = [ctx.say.line(texts.LATEST_INTRO, n=len(stories))]
    for story in stories:
        lines += render.brief(story, ctx.topics, ctx.say)
    buttons = [Button(f"#{story.id}", command=f"story {story.id}") for story in stories]
    return Message(tuple(lines), tuple(tuple(buttons[at : at + 5]) for at in range(0, len(buttons), 5)))


@command(examples=("story 12",))
async def story(ctx: Context, number: int) -> Message:
    """One story in full, with every report of it."""
    found = await get_story(ctx, number)
    message = render.alert(found, ctx.topics, ctx.say)
    lines = [*message.lines, ctx.say.line(texts.ALL_REPORTS, kind=LineKind.SMALL)]
    lines += [render.report(member, ctx.say) for member in found.members[:MOST_REPORTS]]
    rest = len(found.members) - MOST_REPORTS
    if rest > 0:
        lines.append(ctx.say.line(texts.MORE_REPORTS, kind=LineKind.SMALL, n=rest))
    return Message(tuple(lines), message.buttons, tag=message.tag, revision=found.revision)


async def get_story(ctx: Context, number: int) -> Story:
    """Raise CommandError when there is none of that number."""
    found = await ctx.store.find_story(number) if 0 < number < 2**63 else None
    if found is not None and found.merged_into is not None:
        found = await ctx.store.find_story(found.merged_into)
    if found is not None and found.level is Level.NONE:  # found by watchlists: for those chats alone
        found = found if await ctx.store.find_watched(ctx.request.target, number) is not None else None
    if found is None:
        hint = ctx.say.say(texts.STORY_UNKNOWN_HINT, latest=ctx.typed("latest"))
        raise CommandError(ctx.say.say(texts.STORY_UNKNOWN, n=str(number)), hint)
    return found
