"""Looking back: words in what is kept, and the events of the past months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from bot import search_texts as told
from bot import texts
from bot.command import Between, Context, Rest, command
from bot.links import clean_link
from bot.render import lead
from bot.speech import Texts
from core.errors import CommandError
from core.message import Button, Line, LineKind, Message, Span, Style, Table, foreign, line
from core.model import Level, Story
from core.search import SearchTerm
from core.watch import StoredEntry
from matching.text import read_passage
from matching.timeline import KnownEvent

MOST_FOUND = 10
MOST_WORDS = 12
ENDINGS = (1, 2, 3)  # letters, tried in this order
SHORTEST_STEM = 4


@command(examples=("search potash", "search belavia lukash*"), form=told.FORM)
async def search(ctx: Context, words: Rest = "") -> Message:
    """The newest reports that hold all the words, in any letter case, with or without accents.

    lukash* finds every word that begins so. Headlines and the beginnings of reports are searched.
    """
    terms = read_terms(ctx, words)
    found = await ctx.store.search_entries(terms, MOST_FOUND)
    shown = foreign(words, 100)
    if not found:
        return await _nothing(ctx, terms, shown)
    lines = [ctx.say.line(told.SEARCH_FOUND, n=len(found), words=shown), *(_found(ctx, one) for one in found)]
    numbers = dict.fromkeys(one.story_id for one in found if one.story_id is not None)
    buttons = tuple(Button(f"#{number}", command=f"story {number}") for number in numbers)
    return Message(tuple(lines), tuple(buttons[at : at + 5] for at in range(0, len(buttons), 5)))


@command(examples=("timeline", "timeline 20"))
async def timeline(ctx: Context, count: Annotated[int, Between(1, 20)] = 10) -> Message:
    """The events of the past months: who was freed, and what was given in return.

    Events known beforehand, then the stories found here since the last of them.
    """
    events = [event for event in ctx.tools.timeline if event.day <= ctx.now.date()]
    since = events[-1].day if events else date.min
    stories = [story for story in await ctx.store.latest_stories(count) if story.opened_at.date() > since]
    found = [*(_event(ctx, event) for event in events), *(_story(ctx, story) for story in reversed(stories))][-count:]
    if not found:
        return Message((ctx.say.line(told.TIMELINE_NONE),))
    listed = tuple(one.line(ctx) for one in found)
    lines = [ctx.say.line(told.TIMELINE_INTRO, n=len(found)), *listed]
    if events:
        month, freed = ctx.say.month(events[0].day), sum(event.released for event in events)
        lines.append(ctx.say.line(told.TIMELINE_SUM, kind=LineKind.SMALL, since=month, n=freed))
    head = (told.COLUMN_DAY, told.COLUMN_EVENT, told.COLUMN_FREED, told.COLUMN_RETURN, told.COLUMN_NOTE)
    rows = tuple(one.row(ctx) for one in found)
    return Message(tuple(lines), table=Table(tuple(map(ctx.say.say, head)), rows, listed, frozenset({2})))


async def _nothing(ctx: Context, terms: list[SearchTerm], shown: str) -> Message:
    """That nothing was found; and the words without their endings, if that finds something."""
    said = ctx.say.line(told.SEARCH_NONE, words=shown)
    unknown = [term for term in terms if not await ctx.store.search_entries([term], 1)] or terms
    for ending in ENDINGS:
        wider = [_without_ending(term, ending) if term in unknown else term for term in terms]
        if wider != terms and await ctx.store.search_entries(wider, 1):
            words = "search " + " ".join(term.word + "*" * term.prefix for term in wider)
            hint = ctx.say.line(told.SEARCH_TRY, search=Span(ctx.typed(words), Style.CODE))
            return Message((said, hint), ((Button(words.removeprefix("search "), command=words),),))
    return Message((said,))


def _without_ending(term: SearchTerm, ending: int) -> SearchTerm:
    """All words that begin as this one does; a short one stays as it is."""
    if term.prefix or len(term.word) < SHORTEST_STEM + ending:
        return term
    return SearchTerm(term.word[:-ending], prefix=True)


def read_terms(ctx: Context, words: str) -> list[SearchTerm]:
    """The words of a command as they are compared. Raises CommandError."""
    return terms_of(words, ctx.say, ctx.typed("search"))


def terms_of(words: str, say: Texts, search: str) -> list[SearchTerm]:
    """The words as they are compared; a star at the end of one stands for all that begin so. Raises CommandError.

    `search` is how the command is typed, for the hint.
    """
    found: dict[SearchTerm, None] = {}
    for word in words.split():
        tokens = [token.folded for token in read_passage(word, "search").tokens if token.folded]
        for at, token in enumerate(tokens):
            found[SearchTerm(token, word.endswith("*") and at == len(tokens) - 1)] = None
    if not found:
        raise CommandError(say.say(told.SEARCH_WHAT), say.say(told.SEARCH_HINT, search=search))
    if len(found) > MOST_WORDS:
        raise CommandError(say.say(told.SEARCH_MANY, most=MOST_WORDS))
    return list(found)


def _found(ctx: Context, one: StoredEntry) -> Line:
    at = one.entry.published_at if one.entry.published_at and one.entry.published_at <= one.seen_at else one.seen_at
    title = Span(foreign(one.entry.title, 200) or ctx.say.say(texts.NO_HEADLINE), url=clean_link(one.entry.url))
    source = ctx.say.say(told.SEARCH_LINE, source=foreign(one.feed.name, 60))
    return line(Span(ctx.say.moment(at), at=at), source, title, kind=LineKind.BULLET)


@dataclass(frozen=True, slots=True)
class _Happened:
    """An event of the timeline, as a line and as a row of a table."""

    day: date
    title: Span
    freed: int | None
    things: tuple[str, ...] = ()
    note: str = ""

    def line(self, ctx: Context) -> Line:
        notes = [ctx.say.say(told.TIMELINE_FREED, n=self.freed)] if self.freed else []
        notes += [ctx.say.say(told.TIMELINE_RETURN, things=ctx.say.listed(self.things))] if self.things else []
        notes += [self.note] if self.note else []
        tail = f" ({'; '.join(notes)})" if notes else ""
        return line(f"{ctx.say.day(self.day)}: ", self.title, tail, kind=LineKind.BULLET)

    def row(self, ctx: Context) -> tuple[Line, ...]:
        freed = ctx.say.number(self.freed) if self.freed else ""
        things = ctx.say.listed(self.things) if self.things else ""
        return line(ctx.say.day(self.day)), line(self.title), line(freed), line(things), line(self.note)


def _event(ctx: Context, event: KnownEvent) -> _Happened:
    things = tuple(ctx.say.say(told.THINGS[thing]) if thing in told.THINGS else thing for thing in event.in_return)
    title = Span(foreign(event.title_in(ctx.say.lang), 200), url=clean_link(event.source))
    note = ctx.say.say(told.TIMELINE_UNSURE) if event.grade == "C" else ""
    return _Happened(event.day, title, event.released, things, note)


def _story(ctx: Context, story: Story) -> _Happened:
    member = lead(story)
    title = Span(foreign(member.title, 200) or ctx.say.say(texts.NO_HEADLINE), url=clean_link(member.url))
    freed = story.facts.released if story.level is Level.ALERT else None
    return _Happened(story.opened_at.date(), title, freed, note=ctx.say.say(told.TIMELINE_STORY, n=str(story.id)))
