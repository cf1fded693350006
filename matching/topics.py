"""Topics: expressions over concepts, and the score of a text with every addend kept.

A topic has one or more rules; each names groups that must all be present. A group is a choice, "release | pardon*0.8":
its best evidence counts, 2 points in the title, 1.5 in the first sentence of the body, 1 later, times the factor.
`near` adds points when two sides stand in one sentence. A negative counts in the title and the first sentences only,
in full when it stands in the title or twice. The best rule is the score.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from core.model import LEVELS, Evidence, Level
from matching.learned import LEAD as SHORT
from matching.learned import MOST_LACKING, Learned, lead_of

WEIGHTS = {"title": 2.0, "first": 1.5, "body": 1.0, "source": 0.5}
NEAR_POINTS = 1.5
LEAD = 3  # sentences of the body in which a negative counts
FIRM = 2.0  # points beyond `alert` from which on learned points cannot take an alert back
LEAST_TOLD = 0.3  # learned points below this are counted, not listed
BUILT_IN = frozenset(("by_person", "number", "long_ago"))  # concepts that no pack lists: Belarusian persons, counts in
# digits, how those who are long free once came out (matching.longfree)


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
    """A topic of a pack: `alert` and `digest` are the scores from which an entry counts.

    Learned points may lift a text over a group that its rule lacks, but not without every group of `needs`, or all
    groups of one of `needs_or`. Half a match, which costs a page to fetch, is made only where the rule lacks nothing or
    all groups of one of `half_needs` stand in title, first sentence or source, and nothing of `half_unless` does.
    `titles` are translations of the title, by language.
    """

    name: str
    title: str
    rules: tuple[Rule, ...]
    boost: tuple[tuple[str, float], ...] = ()
    against: tuple[tuple[str, float], ...] = ()
    against_near: tuple[tuple[Group, Group, float], ...] = ()
    alert: float = 5.0
    digest: float = 3.0
    half: float = 1.5
    needs: tuple[Group, ...] = ()
    needs_or: tuple[tuple[Group, ...], ...] = ()
    half_needs: tuple[tuple[Group, ...], ...] = ()
    half_unless: Group | None = None
    learned: Learned | None = None
    titles: Mapping[str, str] = field(default_factory=dict)


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


class Spots(dict[str, list[Spot]]):
    """Where each concept stands, the best place first; remembers what several rules and topics ask."""

    def __init__(self) -> None:
        self._best: dict[int, Addend | None] = {}  # by the identity of groups, which the topics keep alive
        self._together: dict[tuple[int, int], tuple[Spot, Spot] | None] = {}  # the same for pairs of groups

    def add(self, spot: Spot) -> None:
        """Take in a place; those of one concept must come best first, and all before anything is asked."""
        known = self.get(spot.concept)
        if known is None:
            self[spot.concept] = [spot]
        else:
            known.append(spot)

    @cached_property
    def lead(self) -> dict[str, Spot]:
        """The best place of every concept in title, first sentences or source."""
        return lead_of(self)

    def best(self, group: Group) -> Addend | None:
        """The best evidence for a group, None without any."""
        key = id(group)
        found = self._best.get(key, _UNASKED)
        if found is _UNASKED:
            found = self._best[key] = self._find_best(group)
        return found

    def _find_best(self, group: Group) -> Addend | None:
        best = 0.0
        spot: Spot | None = None
        for concept, factor in group.terms:
            if concept in self:
                first = self[concept][0]
                weight = WEIGHTS[first[2]] * factor  # by where it stands
                if spot is None or weight > best:
                    best, spot = weight, first
        return None if spot is None else Addend(round(best, 2), spot)

    def together(self, one: Group, other: Group) -> tuple[Spot, Spot] | None:
        """Places of two groups in one sentence, of different words."""
        key = id(one), id(other)
        if key not in self._together:
            self._together[key] = _same_sentence(one, other, self)
        return self._together[key]


_UNASKED = Addend(0.0, None)


class _Sum(NamedTuple):
    """What one rule made of a text."""

    level: Level
    value: float
    addends: Sequence[Addend]
    missing: Sequence[str]


_Rank = tuple[int, int, float]  # of a rule: place of its level, groups that it lacks (negative), points
_HALF, _DIGEST, _ALERT = 1, 2, 3  # places in LEVELS
_NOTHING = _Sum(Level.NONE, 0.0, (), ())
_NO_RANK: _Rank = (0, 0, 0.0)


def score_topic(topic: Topic, spots: Spots) -> Score:
    """Score a topic by its best rule; `spots` maps each concept to its places, the best one first."""
    best = _best_rule(topic, spots)
    if topic.learned is not None:
        best = _with_learned(topic, topic.learned, best, spots)
    if best.level is Level.NONE or (best.level is Level.HALF and not _worth_fetching(topic, best, spots)):
        return Score(best.value, Level.NONE)
    return Score(best.value, best.level, tuple(_evidence(topic.name, it) for it in best.addends), tuple(best.missing))


def lowered(topic: Topic, score: Score, by: Evidence) -> Score:
    """A score less points that something else than its concepts takes away (`by.weight` < 0). What the concepts would
    have told stays half a match at least, for the full article may tell more."""
    value = round(score.value + by.weight, 2)
    level = _told(topic, value) if value >= topic.digest else Level.HALF
    return Score(value, level, (*score.evidence, by), score.missing)


def _told(topic: Topic, value: float) -> Level:
    """The level of a text that has as many points as the digest needs."""
    return Level.ALERT if value >= topic.alert else Level.DIGEST


def rule_score(topic: Topic, spots: Spots) -> tuple[float, int]:
    """What the best rule alone makes of a text: its points, and how many of its groups are missing."""
    best = _best_rule(topic, spots)
    return best.value, _lacking(best)


def _best_rule(topic: Topic, spots: Spots) -> _Sum:
    """What the best rule makes of a text. Only of that one it is put down where its points come from."""
    common = [*_boosts(topic, spots), *_negatives(topic, spots)]
    points = [item.points for item in common]
    ranks = [_rank(topic, rule, spots, points) for rule in topic.rules]
    best = max(ranks, default=_NO_RANK)
    return _sum(topic.rules[ranks.index(best)], spots, common, best) if ranks else _NOTHING


def _rank(topic: Topic, rule: Rule, spots: Spots, common: Sequence[float]) -> _Rank:
    """How good a rule is for a text; `common` are the points that every rule of the topic has."""
    if rule.unless is not None and spots.best(rule.unless) is not None:
        return _NO_RANK
    found = list(map(spots.best, rule.all))
    points = [item.points for item in found if item is not None]
    if not points:
        return _NO_RANK
    missing = len(found) - len(points)
    if not missing:
        for one, other in rule.near:
            if spots.together(one, other):
                points.append(NEAR_POINTS)
            elif rule.close:
                missing += 1
        if rule.points and not missing:
            points.append(rule.points)
    value = round(sum([*points, *common]), 2)
    return _level(topic, rule, value, missing), -missing, value


def meets_needs(topic: Topic, spots: Spots) -> bool:
    """Is there what a text must have for learned points to lift it over a lacking group?"""
    return any(all(spots.best(group) is not None for group in groups) for groups in (topic.needs, *topic.needs_or))


def _worth_fetching(topic: Topic, made: _Sum, spots: Spots) -> bool:
    """Does the head of a text say enough for half a match? Further down words stand that make no news of anything.

    Where the rule lacks nothing, it may say it anywhere.
    """
    if topic.half_unless is not None and _in_head(topic.half_unless, spots):
        return False
    needs = topic.half_needs
    return not needs or not made.missing or any(all(_in_head(group, spots) for group in groups) for groups in needs)


def _in_head(group: Group, spots: Spots) -> bool:
    return any(concept in spots and spots[concept][0].where != "body" for concept, _ in group.terms)


def _beyond_lead(item: Addend) -> bool:
    return item.spot is not None and item.spot.where == "body" and item.spot.sentence[1] >= SHORT


def _lacking(made: _Sum) -> int:
    return len(made.missing) if made.addends else MOST_LACKING


def _with_learned(topic: Topic, learned: Learned, made: _Sum, spots: Spots) -> _Sum:
    """Add the learned points. They may lift a text over what the rules lack, or keep it below."""
    lacking = _lacking(made)
    more = learned.addends(lacking, spots.lead)
    total = sum(points for points, _ in more)
    if not lacking and total < 0 and any(map(_beyond_lead, made.addends)):
        more, total = (
            [],
            0.0,
        )  # what training saw are short texts: it says nothing against evidence far down in a long one
    value = round(made.value + total, 2)
    if not lacking and made.value >= topic.alert + FIRM and all(item.points >= 0 for item in made.addends):
        value = max(value, topic.alert)  # what the rules are so sure of, and nothing in the pack speaks against
    if value >= topic.digest and (not lacking or meets_needs(topic, spots)):
        level = _told(topic, value)
    elif value >= topic.half:
        level = Level.HALF
    else:
        return _NOTHING._replace(value=value)
    told = [
        Addend(points, spot, label=learned.label(number, spot))
        for number, (points, spot) in enumerate(more)
        if abs(points) >= LEAST_TOLD
    ]
    rest = round(total - sum(item.points for item in told), 2)
    if rest:
        told.append(Addend(rest, None, label=f"{len(more) - len(told)} learned addends of less than {LEAST_TOLD}"))
    return made._replace(level=level, value=value, addends=[*made.addends, *told])


def _sum(rule: Rule, spots: Spots, common: Sequence[Addend], rank: _Rank) -> _Sum:
    """Where the points of a rule come from, as `_rank` counted them, and what it lacks."""
    found = [(group, spots.best(group)) for group in rule.all]
    addends = [item for _, item in found if item is not None]
    if not addends or (rule.unless is not None and spots.best(rule.unless) is not None):
        return _NOTHING
    missing = [group.label for group, item in found if item is None]
    if not missing:
        for one, other in rule.near:
            pair = spots.together(one, other)
            if pair:
                addends.append(Addend(NEAR_POINTS, *pair, label=f"{one.label} & {other.label}"))
            elif rule.close:
                missing.append(f"{one.label} & {other.label} in one sentence")
        if rule.points and not missing:
            addends.append(Addend(rule.points, None, label=" + ".join(group.label for group in rule.all)))
    return _Sum(LEVELS[rank[0]], rank[2], [*addends, *common], missing)


def _boosts(topic: Topic, spots: Spots) -> Iterator[Addend]:
    for concept, points in topic.boost:
        if spots.get(concept):
            yield Addend(points, spots[concept][0])


def _negatives(topic: Topic, spots: Spots) -> Iterator[Addend]:
    """What speaks against the topic, in the title and the first three sentences: further down it is background."""
    for concept, points in topic.against:
        known = spots.get(concept)
        places = [spot for spot in known if spot.sentence[1] < LEAD] if known else None
        if places:
            share = 1.0 if len(places) > 1 else share_against(places[0].where)
            yield Addend(-points * share, places[0])
    for one, other, points in topic.against_near:
        pair = spots.together(one, other)
        if pair and pair[0].sentence[1] < LEAD:
            yield Addend(-points, *pair, label=f"{one.label} & {other.label}")


def share_against(where: str) -> float:
    """How much of its points a negative takes that stands in one place only."""
    return 1.0 if where == "title" else 0.5


def _level(topic: Topic, rule: Rule, value: float, missing: int) -> int:
    """The place of a level in LEVELS."""
    if missing:
        return _HALF if missing < len(rule.all) and value >= topic.half else 0
    if value >= topic.alert:
        return _ALERT
    if value >= topic.digest:
        return _DIGEST
    return _HALF if value >= topic.half else 0


def _evidence(topic: str, item: Addend) -> Evidence:
    spot = item.spot
    if spot is None:
        return Evidence(topic, "rule", "", "rule", item.points, item.label)
    if item.other is not None:
        words = f"{spot.text} … {item.other.text}"
        return Evidence(topic, "same sentence", words, "rule", item.points, item.label)
    pattern = f"{item.label}; {spot.pattern}" if item.label else spot.pattern
    return Evidence(topic, spot.concept, spot.text, spot.where, item.points, pattern, spot.start, spot.end)


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
