"""Topics: expressions over concepts, and the score of a text with every addend kept.

A topic has one or more rules; each names groups that must all be present. A group is a choice, "release | pardon*0.8":
its best evidence counts, 2 points in the title, 1.5 in the first sentence of the body, 1 later, times the factor.
`near` adds points when two sides stand in one sentence. A negative counts in the title and the first sentences only,
in full when it stands in the title or twice. The best rule is the score.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from core.model import Evidence, Level
from matching.packfile import Row

WEIGHTS = {"title": 2.0, "first": 1.5, "body": 1.0, "source": 0.5}
NEAR_POINTS = 1.5
LEAD = 3  # sentences of the body in which a negative counts
BUILT_IN = frozenset(("by_person", "number"))  # concepts that no pack lists: Belarusian persons, counts in digits
_TERM = re.compile(r"^([A-Za-z_][\w.\-]*)(?:\*(\d+(?:\.\d+)?))?$")


@dataclass(frozen=True, slots=True)
class Group:
    """A choice of concepts with factors; `label` is how the pack writes it."""

    label: str
    terms: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """All groups must have evidence, none of `unless` may; `near` holds pairs of groups that gain from one sentence.

    With `close`, the pairs of `near` are required, not only rewarded.
    """

    all: tuple[Group, ...]
    near: tuple[tuple[Group, Group], ...] = ()
    unless: Group | None = None
    close: bool = False
    points: float = 0.0


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of a pack: `alert` and `digest` are the scores from which an entry counts."""

    name: str
    title: str
    rules: tuple[Rule, ...]
    boost: tuple[tuple[str, float], ...] = ()
    against: tuple[tuple[str, float], ...] = ()
    against_near: tuple[tuple[Group, Group, float], ...] = ()
    alert: float = 5.0
    digest: float = 3.0
    half: float = 1.5


class Spot(NamedTuple):
    """One place where a concept stands, as scoring needs it."""

    concept: str
    text: str
    where: str  # title, first, body, source
    sentence: tuple[str, int]
    pattern: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one topic for one text."""

    value: float
    level: Level
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[str, ...] = ()


class Addend(NamedTuple):
    """Points and where they come from: one spot, a pair of spots in one sentence, or the rule itself."""

    points: float
    spot: Spot | None
    other: Spot | None = None
    label: str = ""


class _Sum(NamedTuple):
    """What one rule made of a text."""

    level: Level
    value: float
    addends: Sequence[Addend]
    missing: Sequence[str]

    @property
    def rank(self) -> tuple[int, int, float]:
        return _LEVELS[self.level], -len(self.missing), self.value


_LEVELS = {Level.NONE: 0, Level.HALF: 1, Level.DIGEST: 2, Level.ALERT: 3}
_NOTHING = _Sum(Level.NONE, 0.0, (), ())

Spots = Mapping[str, Sequence[Spot]]


def score_topic(topic: Topic, spots: Spots) -> Score:
    """Score a topic by its best rule; `spots` maps each concept to its places, the best one first."""
    common = [*_boosts(topic, spots), *_negatives(topic, spots)]
    best = max((_sum(topic, rule, spots, common) for rule in topic.rules), key=lambda made: made.rank, default=_NOTHING)
    if best.level is Level.NONE:
        return Score(best.value, Level.NONE)
    return Score(best.value, best.level, tuple(_evidence(topic.name, it) for it in best.addends), tuple(best.missing))


def _sum(topic: Topic, rule: Rule, spots: Spots, common: Sequence[Addend]) -> _Sum:
    if rule.unless is not None and _best(rule.unless, spots) is not None:
        return _NOTHING
    addends: list[Addend] = []
    missing: list[str] = []
    for group in rule.all:
        found = _best(group, spots)
        if found is None:
            missing.append(group.label)
        else:
            addends.append(found)
    if not addends:
        return _NOTHING
    if not missing:
        for one, other in rule.near:
            pair = _same_sentence(one, other, spots)
            if pair:
                addends.append(Addend(NEAR_POINTS, *pair, label=f"{one.label} & {other.label}"))
            elif rule.close:
                missing.append(f"{one.label} & {other.label} in one sentence")
        if rule.points and not missing:
            addends.append(Addend(rule.points, None, label=" + ".join(group.label for group in rule.all)))
    addends += common
    value = round(sum(item.points for item in addends), 2)
    return _Sum(_level(topic, rule, value, len(missing)), value, addends, missing)


def _boosts(topic: Topic, spots: Spots) -> Iterator[Addend]:
    for concept, points in topic.boost:
        if spots.get(concept):
            yield Addend(points, spots[concept][0])


def _negatives(topic: Topic, spots: Spots) -> Iterator[Addend]:
    """What speaks against the topic, in the title and the first three sentences: further down it is background."""
    for concept, points in topic.against:
        places = [spot for spot in spots.get(concept, ()) if spot.sentence[1] < LEAD]
        if places:
            share = 1.0 if len(places) > 1 or places[0].where == "title" else 0.5
            yield Addend(-points * share, places[0])
    for one, other, points in topic.against_near:
        pair = _same_sentence(one, other, spots)
        if pair and pair[0].sentence[1] < LEAD:
            yield Addend(-points, *pair, label=f"{one.label} & {other.label}")


def _level(topic: Topic, rule: Rule, value: float, missing: int) -> Level:
    if missing:
        return Level.HALF if missing < len(rule.all) and value >= topic.half else Level.NONE
    if value >= topic.alert:
        return Level.ALERT
    if value >= topic.digest:
        return Level.DIGEST
    return Level.HALF if value >= topic.half else Level.NONE


def _best(group: Group, spots: Spots) -> Addend | None:
    best = 0.0
    spot: Spot | None = None
    for concept, factor in group.terms:
        places = spots.get(concept)
        if places:
            weight = WEIGHTS[places[0].where] * factor
            if spot is None or weight > best:
                best, spot = weight, places[0]
    return None if spot is None else Addend(round(best, 2), spot)


def _evidence(topic: str, item: Addend) -> Evidence:
    spot = item.spot
    if spot is None:
        return Evidence(topic, "rule", "", "rule", item.points, item.label)
    if item.other is not None:
        words = f"{spot.text} … {item.other.text}"
        return Evidence(topic, "same sentence", words, "rule", item.points, item.label)
    return Evidence(topic, spot.concept, spot.text, spot.where, item.points, spot.pattern, spot.start, spot.end)


def _same_sentence(one: Group, other: Group, spots: Spots) -> tuple[Spot, Spot] | None:
    places: dict[tuple[str, int], Spot] = {}
    for concept, _ in one.terms:
        for spot in spots.get(concept, ()):
            places.setdefault(spot.sentence, spot)
    if not places:
        return None
    for concept, _ in other.terms:
        for spot in spots.get(concept, ()):
            match = places.get(spot.sentence)
            if match is not None and (match.start, match.end) != (spot.start, spot.end):
                return match, spot
    return None


# --- compiling ----------------------------------------------------------------------------------------------------


@dataclass
class TopicCompiler:
    """Turns [group.X] and [topic.X] tables into values; faults carry file and line."""

    concepts: frozenset[str]
    groups: Mapping[str, Row]
    faults: list[str]
    _open: list[str] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)

    def group(self, text: str, row: Row) -> Group:
        """Read "a | b*0.5 | group.x"; unknown, empty and cyclic groups are faults."""
        terms: dict[str, float] = {}
        before = len(self.faults)
        for part in text.split("|"):
            match = _TERM.match(part.strip())
            if match is None:
                self._fault(row, text, f"{part.strip()!r} is no concept; write concepts with | between them")
                continue
            factor = float(match[2] or 1.0)
            for name, weight in self._expand(match[1], row, text):
                terms[name] = max(terms.get(name, 0.0), round(weight * factor, 3))
        if not terms and len(self.faults) == before:
            self._fault(row, text, "names no concept that exists")
        return Group(text.strip(), tuple(terms.items()))

    def _expand(self, name: str, row: Row, text: str) -> Iterable[tuple[str, float]]:
        if name.startswith("group."):
            short = name.removeprefix("group.")
            if short in self._open:
                self._fault(row, text, f"group {short!r} contains itself ({' -> '.join([*self._open, short])})")
                return ()
            if short not in self.groups:
                self._fault(row, text, f"there is no [group.{short}]")
                return ()
            self._open.append(short)
            inner = self.groups[short]
            found = [term for part in _strings(inner, "any") for term in self.group(part, inner).terms]
            self._open.pop()
            if not found:
                self._fault(inner, "", f"group {short!r} is empty")
            return found
        if name not in self.concepts | BUILT_IN and not name.startswith(("person.", "role.")):
            self._fault(row, text, f"there is no concept {name!r}")
            return ()
        return ((name, 1.0),)

    def topic(self, row: Row) -> Topic:
        rules = [
            self._rule(values, row) for values in [row.values, *_tables(row.values.get("rule"))] if values.get("all")
        ]
        if not any(rule.all for rule in rules):
            self._fault(row, "", 'the topic is empty: it needs all = ["one | other", ...] or [[...rule]] tables')
        numbers = {
            key: self._number(row, key, default) for key, default in (("alert", 5.0), ("digest", 3.0), ("half", 1.5))
        }
        if numbers["digest"] > numbers["alert"]:
            self._fault(row, "", "digest is above alert")
        return Topic(
            row.name,
            str(row.values.get("title", row.name)),
            tuple(rules),
            self._points(row, "boost"),
            self._points(row, "against"),
            self._pairs(row, "against_near"),
            **numbers,
        )

    def _rule(self, values: Mapping[str, object], row: Row) -> Rule:
        listed = values.get("all")
        groups = tuple(self.group(str(text), row) for text in (listed if isinstance(listed, list) else [listed]))
        near: list[tuple[Group, Group]] = []
        pairs = values.get("near", ())
        for text in pairs if isinstance(pairs, list) else ():
            one, and_, other = str(text).partition("&")
            if not and_:
                self._fault(row, str(text), "near needs two groups with & between them")
                continue
            near.append((self.group(one, row), self.group(other, row)))
        unless = values.get("unless")
        return Rule(
            groups,
            tuple(near),
            self.group(str(unless), row) if unless else None,
            bool(values.get("close", False)),
            float(str(values.get("points", 0.0))),
        )

    def _points(self, row: Row, key: str) -> tuple[tuple[str, float], ...]:
        listed = row.values.get(key, {})
        found: list[tuple[str, float]] = []
        for name, points in listed.items() if isinstance(listed, dict) else ():
            if isinstance(points, bool) or not isinstance(points, int | float):
                self._fault(row, "", f"{key} of {name!r} must be a number of points")
                continue
            for concept, _ in self._expand(str(name), row, str(name)):
                found.append((concept, float(points)))
        return tuple(found)

    def _pairs(self, row: Row, key: str) -> tuple[tuple[Group, Group, float], ...]:
        listed = row.values.get(key, {})
        found: list[tuple[Group, Group, float]] = []
        for text, points in listed.items() if isinstance(listed, dict) else ():
            one, and_, other = str(text).partition("&")
            if not and_ or isinstance(points, bool) or not isinstance(points, int | float):
                self._fault(row, str(text), f'{key} needs "one & other" = points')
                continue
            found.append((self.group(one, row), self.group(other, row), float(points)))
        return tuple(found)

    def _number(self, row: Row, key: str, default: float) -> float:
        value = row.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._fault(row, "", f"{key} must be a number")
            return default
        return float(value)

    def _fault(self, row: Row, text: str, what: str) -> None:
        fault = f"{row.place_of(text) if text else row.place}: [{row.kind}.{row.name}]: {what}."
        if fault not in self._told:
            self._told.add(fault)
            self.faults.append(fault)


def _strings(row: Row, key: str) -> list[str]:
    value = row.values.get(key, [])
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _tables(value: object) -> list[Mapping[str, object]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
