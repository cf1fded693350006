"""What plain keywords would do, and what each part of the matcher is worth: the same items with a part switched off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from core.model import Action, Member, Placement, Story, StorySummary
from core.ports import Matcher, Stories
from matching.evaluate import Item, run
from matching.lexicon import Lexicon
from matching.lint import compile_packs
from matching.matcher import PackMatcher
from matching.packfile import pack_paths
from matching.patterns import Pattern
from matching.report import Canon, by_items, report
from matching.stories import StoryBook
from matching.topics import Topic

# What an editor would type into a keyword alert on the first day: any of the names (A); a name and a deed (B).
_NAMES = (
    "belarus", "minsk", "lukashenk", "łukaszenk", "lukašenk", "lukaschenk", "loukachenk", "беларус", "белорус",
    "білорус", "минск", "мінск", "мінськ", "лукашенк", "лукашэнк", "białoru", "bělorus", "baltarus", "baltkriev",
    "valgevene", "biélorus", "bielorus", "belarús", "weißruss", "tsikhanousk", "тихановск", "ціханоўск",
)  # fmt: skip
_DEEDS = (
    "prison", "release", "freed", "pardon", "sanction", "envoy", "kellogg", "coale", "заключ", "зняволен", "зьняволен",
    "ув'язнен", "освобо", "вызвал", "звільн", "помилов", "памілав", "помилув", "санкци", "санкцы", "санкці", "коул",
    "келлог", "więzi", "uwoln", "ułaskaw", "sankcj", "kalin", "paleid", "sankcij", "gefangen", "freigel", "begnad",
    "sanktion", "libér", "graci", "vězn", "propu", "sankc", "деполит", "liber", "grazia", "indult", "sanzion", "eliber",
)  # fmt: skip


def baselines(items: Sequence[Item]) -> dict[str, dict[str, Any]]:
    """Two lists of plain keywords, sought as substrings in small letters: a name; a name and a deed."""

    def text(item: Item) -> str:
        return f"{item.title} {item.summary}".lower()

    def named(item: Item) -> bool:
        return any(word in text(item) for word in _NAMES)

    def done(item: Item) -> bool:
        return named(item) and any(word in text(item) for word in _DEEDS)

    return {
        "keywords: a name": {"relevant": by_items(items, named).as_json()},
        "keywords: a name and a deed": {"relevant": by_items(items, done).as_json()},
    }


def ablate(items: Sequence[Item], paths: Sequence[Path] | None, canon: Canon) -> dict[str, Any]:
    """Figures with one part switched off: names, endings, context from stories, negatives, learned points."""
    variants: dict[str, tuple[Matcher, Stories]] = {
        "without names": (PackMatcher(_lexicon(paths, persons=False)), StoryBook()),
        "without endings": (PackMatcher(_lexicon(paths, endings=False)), StoryBook()),
        "without context": (PackMatcher(_lexicon(paths)), WholeOnly(StoryBook())),
        "without negatives": (PackMatcher(_lexicon(paths, negatives=False)), StoryBook()),
        "without learned points": (PackMatcher(_lexicon(paths, learned=False)), StoryBook()),
    }
    figures: dict[str, Any] = {}
    for name, (matcher, stories) in variants.items():
        found = report(run(items, matcher, stories), canon)
        figures[name] = {key: found[key] for key in ("relevant", "topics", "stories", "facts")}
    return figures


class WholeOnly:
    """Stories that take no half matches: what the context of open stories is worth."""

    def __init__(self, book: StoryBook) -> None:
        self._book = book
        self.window: timedelta = book.window

    def place(self, member: Member, open_stories: Sequence[Story]) -> Placement:
        """As the book, but a half match belongs nowhere."""
        if not member.analysis.relevant:
            return Placement(Action.IGNORE, "half matches are switched off")
        return self._book.place(member, open_stories)

    def summarise(self, members: Sequence[Member]) -> StorySummary:
        """As the book."""
        return self._book.summarise(members)


def _lexicon(
    paths: Sequence[Path] | None,
    *,
    persons: bool = True,
    endings: bool = True,
    negatives: bool = True,
    learned: bool = True,
) -> Lexicon:
    packs = compile_packs(pack_paths(paths))
    concepts: Mapping[str, Iterable[Pattern]] = packs.concepts
    if not endings:
        concepts = {name: map(_bare, patterns) for name, patterns in concepts.items()}
    if not negatives:
        concepts = {name: (one for one in patterns if not one.negative) for name, patterns in concepts.items()}
        packs.topics = {name: _unopposed(topic) for name, topic in packs.topics.items()}
    if not learned:
        packs.topics = {name: replace(topic, learned=None) for name, topic in packs.topics.items()}
        packs.wordings = ()
    packs.concepts = {name: tuple(patterns) for name, patterns in concepts.items()}
    if not persons:
        packs.persons = ()
    return Lexicon(packs)


def _bare(pattern: Pattern) -> Pattern:
    return replace(pattern, elements=tuple(replace(element, extra=0) for element in pattern.elements))


def _unopposed(topic: Topic) -> Topic:
    """Without what speaks against it by hand or by training."""
    learned = topic.learned
    if learned is not None:
        learned = replace(learned, points={name: points for name, points in learned.points.items() if points > 0})
    rules = tuple(replace(rule, unless=None) for rule in topic.rules)
    return replace(topic, against=(), against_near=(), rules=rules, learned=learned)
