"""Several stories in one message, and messages that tell nobody else what they are about. Pure.

A digest fits one message on every platform, so that nothing is cut from it: at most MOST stories, a few with their
facts, many as a line each, and addresses only where they are short.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot import render, texts
from bot.links import clean_link
from bot.render import Titles
from bot.texts import ENGLISH, Texts
from core.message import Button, Line, LineKind, Message, Span, foreign, line
from core.model import Story

MOST = 25
# Up to so many are told with their facts and times.
MOST_IN_FULL = 8
MOST_HEADLINE = 160
MOST_SHORT_HEADLINE = 90
# 12,500 characters of blocks are the tightest limit (Slack); an address stands there twice.
MOST_ADDRESS = 200
_IN_ROW = 5


@dataclass(frozen=True, slots=True)
class Chapter:
    """One story of a digest; `news` says what changed since the chat was last told of it."""

    story: Story
    news: tuple[Line, ...] = ()


def digest(chapters: Sequence[Chapter], titles: Titles, say: Texts = ENGLISH, *, many: bool = False) -> Message:
    """Stories, oldest first, under a count; `many` when they come together only because they are so many."""
    heading = texts.DIGEST_MANY if many else texts.DIGEST_TITLE
    lines = [say.line(heading, kind=LineKind.TITLE, n=len(chapters))]
    for chapter in chapters:
        lines += _chapter(chapter, titles, say) if len(chapters) <= MOST_IN_FULL else [_short(chapter, say)]
    lines.append(say.line(texts.DIGEST_HINT, kind=LineKind.SMALL))
    return Message(tuple(lines), _buttons(chapters), tag="digest")


def plain_digest(chapters: Sequence[Chapter], say: Texts = ENGLISH) -> Message:
    """The same in few plain words: for a platform that refused the full form."""
    lines = [say.line(texts.DIGEST_TITLE, n=len(chapters))]
    lines += [line(f"#{one.story.id} {_headline(one.story, MOST_SHORT_HEADLINE, say)}") for one in chapters]
    return Message(tuple(lines), tag="digest")


def discreet_alert(story: Story, say: Texts = ENGLISH, *, change: bool = False) -> Message:
    """No word of what it is about; a tap shows the story."""
    words = texts.DISCREET_CHANGE if change else texts.DISCREET_ALERT
    show = Button(say.say(texts.SHOW_BUTTON), command=f"story {story.id}")
    return Message((say.line(words),), ((show,),))


def discreet_digest(stories: Sequence[Story], say: Texts = ENGLISH) -> Message:
    return Message((say.line(texts.DISCREET_DIGEST, n=len(stories)),), _buttons([Chapter(story) for story in stories]))


def _chapter(chapter: Chapter, titles: Titles, say: Texts) -> Iterator[Line]:
    """Headline, then what is known, its sources and its time in one line."""
    story = chapter.story
    member = render.lead(story)
    language = say.language(member.lang)
    yield line(
        Span(f"#{story.id} "),
        Span(_headline(story, MOST_HEADLINE, say), url=_address(story)),
        f" ({language})" if language else "",
        kind=LineKind.BULLET,
    )
    topics = foreign(render.topic_names(story.topics, titles), 80)
    parts = [topics, say.say(texts.SOURCES, n=len(render.one_per_source(story.members))), *_facts(chapter, say)]
    moment = Span(say.moment(story.opened_at), at=story.opened_at)
    yield line(" · ".join(part for part in parts if part) + " · ", moment, kind=LineKind.SMALL)


def _short(chapter: Chapter, say: Texts) -> Line:
    """The whole story in one line."""
    story = chapter.story
    facts = "".join(f" · {foreign(part, 60)}" for part in _facts(chapter, say)[:1])
    headline = Span(_headline(story, MOST_SHORT_HEADLINE, say), url=_address(story))
    return line(Span(f"#{story.id} "), headline, facts, kind=LineKind.BULLET)


def _facts(chapter: Chapter, say: Texts) -> list[str]:
    story = chapter.story
    if chapter.news:
        return [say.say(texts.DIGEST_NEWS, changes=foreign("; ".join(news.text for news in chapter.news), 160))]
    if story.facts.released is None:
        return []
    return [say.say(texts.DIGEST_FREED, count=foreign(render.count(story.facts, say), 60))]


def _headline(story: Story, most: int, say: Texts) -> str:
    return foreign(render.lead(story).title, most) or say.say(texts.NO_HEADLINE)


def _address(story: Story) -> str:
    address = clean_link(render.lead(story).url)
    return address if len(address) <= MOST_ADDRESS else ""


def _buttons(chapters: Sequence[Chapter]) -> tuple[tuple[Button, ...], ...]:
    buttons = [Button(f"#{one.story.id}", command=f"story {one.story.id}") for one in chapters]
    return tuple(tuple(buttons[at : at + _IN_ROW]) for at in range(0, len(buttons), _IN_ROW))
