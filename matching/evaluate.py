"""Measures the production matcher, facts and stories on labelled news, without letting them see the labels.

An item is a JSON object per line: id, lang, published (YYYY-MM-DD or ISO time), source, url, title, summary, relevant,
topics, story (a name or null), facts {released, remaining, people, mediators, destination, in_return} or null. What
facts do not have is not measured. Items are handled in the order of `published`, as they would have come in; an item
counts as relevant if it matches, or if it is half a match that an open story took.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.correcting import elder_first
from core.errors import MinskError
from core.model import Action, Analysis, Member, Story
from core.ports import Matcher, Stories
from matching.stories import StoryBook, taken_for


class BadItems(MinskError):
    """A file of labelled items cannot be read; str() names file, line and remedy."""


@dataclass(frozen=True, slots=True)
class Item:
    """A labelled item. `facts` holds only what is labelled; `story` is "" where there is none."""

    id: str
    lang: str
    published_at: datetime
    source: str
    url: str
    title: str
    summary: str
    relevant: bool
    topics: tuple[str, ...] = ()
    story: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What the program made of an item; `story_id` is None when no story took it."""

    item: Item
    analysis: Analysis
    story_id: int | None
    reason: str
    update: bool = False
    joined: tuple[str, ...] = ()  # for half a match that a story took: the topic that it is taken for

    @property
    def relevant(self) -> bool:
        return self.story_id is not None

    @property
    def topics(self) -> tuple[str, ...]:
        if self.story_id is None:
            return ()
        return self.analysis.topics or self.joined


@dataclass(frozen=True, slots=True)
class Run:
    """All results, in the order handled, and the stories at the end by id."""

    results: tuple[Result, ...]
    stories: Mapping[int, Story]


def read_items(path: Path) -> list[Item]:
    """Read labelled items; raise BadItems naming the file and the line of what cannot be read."""
    items: list[Item] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise BadItems(f"{path} cannot be read ({reason}): give a file with one JSON object per line.") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            items.append(read_item(json.loads(line)))
        except (ValueError, KeyError, RecursionError) as error:
            raise BadItems(
                f"{path}:{number}: not a labelled item ({_reason(error)}). See `evaluate --help`."
            ) from error
    return items


def _reason(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"no JSON at character {error.colno}: {error.msg[:1].lower()}{error.msg[1:]}"
        case KeyError():
            return f"{error.args[0]!r} is missing"
        case RecursionError():
            return "nested too deep"
    return str(error)


_KINDS = {"a text": str, "true or false": bool, "a number": int, "a list of texts": list, "an object": dict}
_OF_ITEM = {
    "a text": ("lang", "published", "source", "url", "title", "summary", "story"),
    "true or false": ("relevant",),
    "a list of texts": ("topics",),
    "an object": ("facts",),
}
_OF_FACTS = {
    "a text": ("destination",),
    "a number": ("released", "remaining"),
    "a list of texts": ("people", "mediators", "in_return"),
}


def _check(values: Mapping[str, Any], kinds: Mapping[str, Sequence[str]]) -> None:
    """Raises ValueError for a value of another kind; null stands for none."""
    for kind, names in kinds.items():
        for name in names:
            value = values.get(name)
            texts = value if isinstance(value, list) else ()
            if value is not None and (type(value) is not _KINDS[kind] or not all(isinstance(it, str) for it in texts)):
                raise ValueError(f"{name} must be {kind}, not {json.dumps(value)[:60]}")


def read_item(row: Any) -> Item:
    """One labelled item from its JSON object; KeyError or ValueError, with the reason, when it is none."""
    if not isinstance(row, dict):
        raise ValueError("it is no JSON object")
    _check(row, _OF_ITEM)
    facts: Mapping[str, Any] = row.get("facts") or {}
    _check(facts, _OF_FACTS)
    at = datetime.fromisoformat(row["published"] or "")
    return Item(
        id=str(row["id"]),
        lang=row.get("lang") or "",
        published_at=at if at.tzinfo else at.replace(tzinfo=UTC),
        source=row.get("source") or "",
        url=row.get("url") or "",
        title=row["title"] or "",
        summary=row.get("summary") or "",
        relevant=bool(row["relevant"]),
        topics=tuple(row.get("topics") or ()),
        story=row.get("story") or "",
        facts=facts,
    )


def run(items: Iterable[Item], matcher: Matcher, stories: Stories | None = None) -> Run:
    """Put items through matcher and stories in the order of publication, with an empty memory at the start."""
    desk = _Desk(stories or StoryBook())
    results: list[Result] = []
    for number, item in enumerate(sorted(items, key=lambda one: one.published_at), 1):
        implies = matcher.implied_by(item.url)
        analysis = matcher.analyse(item.title, item.summary, lang=item.lang, implies=implies, when=item.published_at)
        if not analysis.signature and not analysis.relevant:
            results.append(Result(item, analysis, None, "no topic matched"))
            continue
        member = Member(
            entry_id=number,
            source=item.source,
            owner=item.source,
            lang=item.lang,
            title=item.title,
            url=item.url,
            at=item.published_at,
            analysis=analysis,
            published_at=item.published_at,
        )
        results.append(desk.place(item, member))
    return Run(tuple(desk.settled(result) for result in results), desk.stories)


class _Desk:
    """Stories as they grow, by id; those that were merged are told apart in `_into`."""

    def __init__(self, book: Stories) -> None:
        self.stories: dict[int, Story] = {}
        self._into: dict[int, int] = {}
        self._book = book

    def place(self, item: Item, member: Member) -> Result:
        since = member.at - self._book.window
        placement = self._book.place(member, [one for one in self.stories.values() if one.updated_at >= since])
        if placement.action is Action.IGNORE:
            return Result(item, member.analysis, None, placement.reason)
        member = replace(member, update=placement.update)
        old = self.stories.get(placement.story_id) if placement.story_id is not None else None
        story = self._keep(old.id if old else len(self.stories) + len(self._into) + 1, old, (member,))
        for other in placement.same:
            story = self._merge(story, self.stories[other])
        return Result(item, member.analysis, story.id, placement.reason, placement.update, taken_for(member, story))

    def settled(self, result: Result) -> Result:
        """With the number of the story that a merged one went into."""
        return (
            result
            if result.story_id not in self._into
            else self.settled(replace(result, story_id=self._into[result.story_id]))
        )

    def _merge(self, one: Story, other: Story) -> Story:
        kept, gone = elder_first(one, other)
        del self.stories[gone.id]
        self._into[gone.id] = kept.id
        return self._keep(kept.id, kept, gone.members)

    def _keep(self, story_id: int, old: Story | None, added: Sequence[Member]) -> Story:
        members = sorted((*(old.members if old else ()), *added), key=lambda one: (one.at, one.entry_id))
        summary = self._book.summarise(members)
        self.stories[story_id] = Story(
            id=story_id,
            revision=old.revision + 1 if old else 1,
            level=summary.level,
            topics=summary.topics,
            facts=summary.facts,
            opened_at=min(one.at for one in members),
            updated_at=max(one.at for one in members),
            members=tuple(members),
        )
        return self.stories[story_id]
