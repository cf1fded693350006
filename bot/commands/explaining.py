"""Why something was sent, or was not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bot import render, texts
from bot.command import Context, Rest, command
from bot.commands.reading import get_story
from bot.links import clean_link
from bot.retelling import retell, trouble
from bot.watch_texts import YOU_WATCH
from bot.wishes import local
from core.errors import CommandError
from core.links import link_key
from core.message import Line, LineKind, Message, Span, Style, foreign
from core.model import EntryTrace, Level, Role, Story
from core.options import Options
from core.showing import Showing

MOST_ADDRESS = 2048
MOST_MEMBERS = 2


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
    lines += await _here(ctx, story)
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
    return Message(tuple(await _path(ctx, trace)))


async def _path(ctx: Context, trace: EntryTrace) -> list[Line]:
    """Read, matched or not, in which story, queued and shown: to the step where it ended."""
    say = ctx.say
    title = Span(foreign(trace.title, 200), url=clean_link(trace.url))
    seen = Span(say.moment(trace.seen_at), at=trace.seen_at)
    lines = [
        say.line(texts.TRACE_TITLE, kind=LineKind.TITLE),
        say.line(texts.TRACE_SEEN, feed=foreign(trace.feed, 60), at=seen, title=title),
        *render.evidence_lines(trace.analysis.evidence, ctx.topics, trace.analysis.scores, say),
    ]
    if not trace.analysis.evidence:
        lines.append(say.line(texts.TRACE_NONE_FOUND))
    if trace.analysis.long_free:
        since = {name: say.day(date.fromisoformat(day)) for name, day in trace.analysis.long_free.items()}
        freed = [f"{say.person(name)} ({day})" for name, day in since.items()]
        lines.append(say.line(texts.TRACE_LONG_FREE, people=foreign(say.listed(freed), 300)))
    for topic, groups in trace.analysis.missing.items():
        missing = foreign(", ".join(render.concept_name(group, say) for group in groups), 200)
        lines.append(say.line(texts.EVIDENCE_MISSING, title=render.topic_names([topic], ctx.topics), groups=missing))
    outcome = texts.OUTCOMES.get(trace.outcome)
    lines.append(say.line(outcome) if outcome else say.line(texts.TRACE_REASON, reason=foreign(trace.outcome, 40)))
    if trace.reason:
        lines.append(say.line(texts.TRACE_REASON, reason=foreign(retell(trace.reason, say), 300)))
    if trace.look is not None:
        lines.append(say.line(texts.LOOKS[trace.look.result.value]))
        lines += [say.line(texts.TRACE_REASON, reason=foreign(trace.look.detail, 300))] if trace.look.detail else []
    if trace.story_id is not None:
        lines.append(say.line(texts.TRACE_STORY, n=str(trace.story_id)))
        story = await ctx.store.find_story(trace.story_id)
        lines += await _here(ctx, story) if story is not None else []
        if ctx.role >= Role.OPERATOR:
            lines += [say.line(texts.TRACE_SENT, n=trace.sent)] if trace.sent else []
            lines += [say.line(texts.TRACE_QUEUED, n=trace.queued)] if trace.queued else []
            lines += [] if trace.sent or trace.queued else [say.line(texts.TRACE_NOBODY)]
    return lines


async def _here(ctx: Context, story: Story) -> list[Line]:
    """What became of a story in this very chat, and why it ended where it did."""
    say = ctx.say
    mine = await ctx.store.find_subscription(ctx.request.target)
    if mine is None:
        return [say.line(texts.HERE_NOTHING, subscribe=ctx.typed("subscribe"))]
    showing = await ctx.store.find_showing(ctx.request.target, story.id)
    if showing is not None:
        return list(_shown(ctx, showing, mine.options))
    missing = {topic for topic in story.topics if topic not in mine.topics}
    if mine.paused_reason:
        return [say.line(texts.HERE_PAUSED, reason=trouble(mine.paused_reason, say))]
    if len(missing) == len(story.topics):
        return [say.line(texts.HERE_TOPICS, topics=render.topic_names(story.topics, ctx.topics))]
    if story.level is not Level.ALERT:
        return [say.line(texts.HERE_WEAK)]
    return [say.line(texts.HERE_EARLIER if mine.created_at > story.opened_at else texts.HERE_OUTSIDE)]


def _shown(ctx: Context, showing: Showing, options: Options) -> Iterator[Line]:
    say = ctx.say
    if showing.shown_at is not None:
        yield say.line(texts.HERE_SHOWN, at=Span(local(showing.shown_at, options, say), at=showing.shown_at))
    if showing.dead:
        yield say.line(texts.HERE_DEAD, reason=_kept(ctx, showing.dead))
    elif showing.held:
        yield say.line(texts.HERE_HELD, reason=_kept(ctx, showing.held))
    elif showing.waits and showing.put_off:
        until = Span(local(showing.not_before, options, say), at=showing.not_before)
        yield say.line(texts.HERE_PUT_OFF, reason=_kept(ctx, showing.put_off), until=until)
    elif showing.waits and showing.trouble:
        yield say.line(texts.HERE_TROUBLE, reason=_kept(ctx, showing.trouble))
    elif showing.waits:
        yield say.line(texts.HERE_WAITS if showing.shown_at is None else texts.HERE_EDIT)


def _kept(ctx: Context, reason: str) -> str:
    """A reason that is kept in English, in the reader's language."""
    return ctx.say.say(reason) if reason in texts.KEPT else trouble(reason, ctx.say)
