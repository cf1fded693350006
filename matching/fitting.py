"""Fits the weights by which reports find their stories (matching/words/stories.toml, [addends]) to labelled news.

Every report is laid beside every labelled story that was open when it came, as it should have been by then. What the
comparison added up (matching.likeness) goes into a logistic regression: is it the report's own story? The regression
starts from the weights in use and leaves them only for what the news show. It is plain Python, without chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.model import Analysis, Member, Story
from core.ports import Matcher
from matching.cues import read_table
from matching.evaluate import Item, run
from matching.measures import Clusters, compare_clusters
from matching.stories import StoryBook, usual_rules
from matching.training import fit

SCALE = 4.0  # of the weights in use as those of a regression; among 2 to 8 the one that fits best
_BASE = "likeness"  # the addend whose weight stays 1: all others are told in its measure
Amounts = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Pair:
    """A report beside an open story: what each addend amounts to, and whether the story is its own."""

    amounts: Amounts
    same: bool


def pairs(items: Iterable[Item], matcher: Matcher) -> list[Pair]:
    """Reports of labelled stories, in the order of publication, beside all labelled stories open at the time."""
    book, stories = StoryBook(), dict[str, Story]()
    found: list[Pair] = []
    for number, item in enumerate(sorted(items, key=lambda one: one.published_at), 1):
        if not (item.relevant and item.story):
            continue
        member = _member(number, item, matcher)
        if not member.analysis.relevant:
            continue
        beside = [story for story in stories.values() if story.updated_at >= member.at - book.window]
        for story in beside:
            likeness = book.compare(member, story)
            if likeness and not likeness.reprint:
                found.append(Pair(likeness.addends, story.topics == (item.story,)))
        stories[item.story] = _with(stories.get(item.story), number, item, member)
    return found


def _member(number: int, item: Item, matcher: Matcher) -> Member:
    implies = matcher.implied_by(item.url)
    analysis = matcher.analyse(item.title, item.summary, lang=item.lang, implies=implies, when=item.published_at)
    return Member(number, item.source, item.source, item.lang, item.title, item.url, item.published_at, analysis)


def _with(story: Story | None, number: int, item: Item, member: Member) -> Story:
    """A labelled story with a report more; its label stands in place of its topics."""
    members = (*(story.members if story else ()), member)
    times: list[datetime] = [one.at for one in members]
    if story is None:
        facts = member.analysis.facts
        return Story(number, 1, member.analysis.level, (item.story,), facts, min(times), max(times), members)
    return replace(story, members=members, opened_at=min(times), updated_at=max(times))


def fitted(found: Sequence[Pair]) -> dict[str, float]:
    """The rules with weights fitted to pairs; `likeness` keeps its weight, and `join` follows from the bias."""
    rules = usual_rules()
    names = list(read_table("stories")["addends"])
    known = [
        SCALE * (sum(rules[name] * amount for name, amount in pair.amounts.items()) - rules["join"]) for pair in found
    ]
    moved, bias = fit([pair.amounts for pair in found], [pair.same for pair in found], names, known)
    base = SCALE * rules[_BASE] + moved[_BASE]
    weights = {name: round((SCALE * rules[name] + moved[name]) / base, 2) for name in names}
    join = round((SCALE * rules["join"] - bias) / base, 2)
    return {**weights, "join": join, "join_half": round(join + rules["join_half"] - rules["join"], 2), "merge": join}


class _Remembering:
    """A matcher that reads every text once."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._read: dict[tuple[str, str, str, datetime | None], Analysis] = {}
        self.implied_by, self.topics, self.version = matcher.implied_by, matcher.topics, matcher.version

    def analyse(
        self, title: str, body: str = "", *, lang: str = "", implies: Sequence[str] = (), when: datetime | None = None
    ) -> Analysis:
        key = (title, body, lang, when)
        if key not in self._read:
            self._read[key] = self._matcher.analyse(title, body, lang=lang, implies=implies, when=when)
        return self._read[key]


def leave_one_out(sets: Mapping[str, Sequence[Item]], matcher: Matcher) -> Iterator[tuple[str, Clusters, Clusters]]:
    """Per set: its stories with the weights in use, and with weights fitted to all other sets."""
    reader = _Remembering(matcher)
    found = {name: pairs(items, reader) for name, items in sets.items()}
    for name, items in sets.items():
        others = [pair for other, rows in found.items() if other != name for pair in rows]
        yield name, _stories(items, reader, {}), _stories(items, reader, fitted(others))


def _stories(items: Sequence[Item], matcher: Matcher, rules: Mapping[str, float]) -> Clusters:
    made = run(items, matcher, StoryBook(rules=rules))
    labelled = {item.id: item.story for item in items if item.relevant and item.story}
    got = {result.item.id: result.story_id for result in made.results if result.story_id is not None}
    return compare_clusters(labelled, got)
