"""What has changed in a story since a chat was last told of it, and the reply that says so. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot import render, texts
from bot.render import INDEPENDENT, OFFICIAL
from bot.texts import ENGLISH, Texts
from core.message import Line, LineKind, Message
from core.model import Member, Story
from core.options import Told


def told_of(story: Story, before: Told | None = None) -> Told:
    """What a chat knows once it was shown the story. What it knew before it still knows."""
    before = before or Told()
    facts = story.facts
    return Told(
        released=before.released if facts.released is None else facts.released,
        people=_with(before.people, facts.people),
        in_return=_with(before.in_return, facts.in_return),
        official=before.official or _first(story, OFFICIAL) is not None,
        independent=before.independent or _first(story, INDEPENDENT) is not None,
    )


def changes(told: Told | None, story: Story, say: Texts = ENGLISH) -> tuple[Line, ...]:
    """A line for everything material that the chat does not know; none when nothing was recorded as told."""
    return () if told is None or story.merged_into is not None else tuple(_changes(told, story, say))


def reply(story: Story, lines: tuple[Line, ...], say: Texts = ENGLISH) -> Message:
    """The message under an alert that says what changed."""
    title = say.line(texts.CHANGED, kind=LineKind.TITLE, n=f"#{story.id}")
    return Message((title, *lines), tag=f"story:{story.id}", revision=story.revision)


def _changes(told: Told, story: Story, say: Texts) -> Iterator[Line]:
    facts = story.facts
    if facts.released is not None and facts.released != told.released:
        count = render.count(facts, say)
        if told.released is None:
            yield say.line(texts.CHANGED_FREED_FIRST, kind=LineKind.BULLET, count=count)
        else:
            yield say.line(texts.CHANGED_FREED, kind=LineKind.BULLET, count=count, before=told.released)
    people = [name for name in facts.people if name not in told.people]
    if people:
        yield say.line(texts.CHANGED_NAMES, kind=LineKind.BULLET, names=render.people_of(people, say))
    given = [thing for thing in facts.in_return if thing not in told.in_return]
    if given:
        yield say.line(texts.CHANGED_RETURN, kind=LineKind.BULLET, things=render.things_of(given, say))
    yield from _confirmed(say, texts.CHANGED_OFFICIAL, told.official, _first(story, OFFICIAL))
    yield from _confirmed(say, texts.CHANGED_INDEPENDENT, told.independent, _first(story, INDEPENDENT))


def _confirmed(say: Texts, template: str, known: bool, member: Member | None) -> Iterator[Line]:
    if member is not None and not known:
        yield say.line(template, kind=LineKind.BULLET, source=render.source_name(member))


def _first(story: Story, owners: tuple[str, ...]) -> Member | None:
    return next((member for member in story.members if member.owner in owners), None)


def _with(known: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *more)))
