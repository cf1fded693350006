"""Why something was sent, or was not."""

from __future__ import annotations

from bot import render, texts
from bot.command import Context, Rest, command
from bot.commands.reading import get_story
from bot.links import clean_link
from bot.watch_texts import YOU_WATCH
from core.errors import CommandError
from core.links import link_key
from core.message import Line, LineKind, Message, Span, Style, foreign
from core.model import EntryTrace, Story

MOST_ADDRESS = 2048
MOST_MEMBERS = 3


@command(examples=("why", "why 12", "why https://example.org/news/1"))
async def why(ctx: Context, story_or_address: Rest = "") -> Message:
    """Why an alert was sent, or why a page was not.

    Give it as a reply to an alert, or with the number of a story or the address of a page.
    """
    text = story_or_address.strip()
    if not text:
        return await _of_story(ctx, await _replied_to(ctx))
    number = text.lower().removeprefix("story").strip().removeprefix("#")
    if number.isdecimal() and len(number) < 19:
        return await _of_story(ctx, await get_story(ctx, int(number)))
    return await _of_address(ctx, text)


async def _replied_to(ctx: Context) -> Story:
    reference = ctx.request.message_ref
    found = await ctx.store.find_story_of_message(ctx.request.target, reference) if reference else None
    if found is None:
        raise CommandError(ctx.say.say(texts.WHY_WHICH), ctx.say.say(texts.WHY_WHICH_HINT, why=ctx.typed("why")))
    return found


async def _of_story(ctx: Context, story: Story) -> Message:
    lines: list[Line] = [ctx.say.line(texts.WHY_STORY, kind=LineKind.TITLE, n=str(story.id))]
    reports = [member for member in story.members if member.analysis.evidence]
    for member in reports[:MOST_MEMBERS]:
        source, title = foreign(member.source, 60), foreign(member.title, 200)
        lines.append(ctx.say.line(texts.WHY_REPORT, source=Span(source, Style.BOLD), title=title))
        lines += render.evidence_lines(member.analysis.evidence, ctx.topics, member.analysis.scores, ctx.say)
    watched = await ctx.store.find_watched(ctx.request.target, story.id)
    if watched:
        lines.append(ctx.say.line(YOU_WATCH, watched=foreign(watched, 200)))
    elif not reports:
        lines.append(ctx.say.line(texts.WHY_NO_EVIDENCE))
    rest = len(reports) - MOST_MEMBERS
    if rest > 0:
        lines.append(ctx.say.line(texts.MORE_REPORTS, kind=LineKind.SMALL, n=rest))
    return Message(tuple(lines), tag=f"story:{story.id}")


async def _of_address(ctx: Context, text: str) -> Message:
    if len(text) > MOST_ADDRESS:
        raise CommandError(ctx.say.say(texts.WHY_TOO_LONG, n=len(text), most=MOST_ADDRESS))
    address = text.strip("<>").partition("|")[0]  # Slack wraps addresses: <https://example.org|example.org>
    address = address if "://" in address else f"https://{address}"
    if " " in text or "." not in address or not clean_link(address):
        hint = ctx.say.say(texts.WHY_WHICH_HINT, why=ctx.typed("why"))
        raise CommandError(ctx.say.say(texts.WHY_NOT_ADDRESS, text=foreign(text, 60)), hint)
    trace = await ctx.store.find_entry(address) or await ctx.store.find_entry(link_key(address))
    if trace is None:
        shown = foreign(address, 200)
        raise CommandError(ctx.say.say(texts.WHY_UNREAD, address=shown), ctx.say.say(texts.WHY_UNREAD_HINT))
    return Message(tuple(_path(ctx, trace)))


def _path(ctx: Context, trace: EntryTrace) -> list[Line]:
    """Read, matched or not, in which story, queued and shown: to the step where it ended."""
    say = ctx.say
    title = Span(foreign(trace.title, 200), url=clean_link(trace.url))
    seen = Span(render.show_time(trace.seen_at), at=trace.seen_at)
    lines = [
        say.line(texts.TRACE_TITLE, kind=LineKind.TITLE),
        say.line(texts.TRACE_SEEN, feed=foreign(trace.feed, 60), at=seen, title=title),
        *render.evidence_lines(trace.analysis.evidence, ctx.topics, trace.analysis.scores, say),
    ]
    if not trace.analysis.evidence:
        lines.append(say.line(texts.TRACE_NONE_FOUND))
    for topic, groups in trace.analysis.missing.items():
        missing = foreign(", ".join(groups), 200)
        lines.append(say.line(texts.EVIDENCE_MISSING, title=render.topic_names([topic], ctx.topics), groups=missing))
    outcome = texts.OUTCOMES.get(trace.outcome)
    lines.append(say.line(outcome) if outcome else say.line(texts.TRACE_REASON, reason=foreign(trace.outcome, 40)))
    if trace.reason:
        lines.append(say.line(texts.TRACE_REASON, reason=foreign(trace.reason, 300)))
    if trace.look is not None:
        lines.append(say.line(texts.LOOKS[trace.look.result.value]))
        lines += [say.line(texts.TRACE_REASON, reason=foreign(trace.look.detail, 300))] if trace.look.detail else []
    if trace.story_id is not None:
        lines.append(say.line(texts.TRACE_STORY, n=str(trace.story_id)))
        lines += [say.line(texts.TRACE_SENT, n=trace.sent)] if trace.sent else []
        lines += [say.line(texts.TRACE_QUEUED, n=trace.queued)] if trace.queued else []
        lines += [] if trace.sent or trace.queued else [say.line(texts.TRACE_NOBODY)]
    return lines
