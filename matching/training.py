"""Trains the learned points of a pack (matching.learned) on labelled news: one logistic regression per topic.

What goes in is the score of the rules, the number of groups that they lack, and the concepts with their places; what
comes out is turned into points, so that a text whose chance is even has as many points as the topic's digest needs.
Cyclic coordinate descent in plain Python, without chance: the same items give the same numbers. About a second per
topic and thousand items.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from matching.evaluate import Item
from matching.learned import MOST_LACKING, PLACES, Learned
from matching.matcher import PackMatcher, spots_of
from matching.measures import Hits
from matching.reading import read
from matching.topics import Topic, meets_needs, rule_score
from matching.wording import Wording, stems_of
from matching.wordingtrain import learn

PENALTY = 2.0  # ridge on the concepts' weights; chosen by `pack train --check`
LIGHT = 0.1  # the same on the rules' score and what they lack: these may speak freely
LEAST_SEEN = 5  # items in which a concept must stand to be weighed
LEAST_PERSON = 15
HALF_ONLY = "half_"  # concepts that begin so say only whether a page is worth fetching: nothing is learned from them
EVEN = 0.5  # chance at which a text reaches the digest
_PASSES = 400
_SCORE, _LACK = " score", " lack"  # no concept's name has a blank

Features = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Sample:
    """An item as training sees it: the places of its concepts, and per topic what the rules made of it."""

    item: Item
    concepts: Features
    rules: Mapping[str, tuple[float, int]]
    may_lift: frozenset[str]  # topics whose `needs` are met
    stems: Mapping[str, int]  # as the wording sees it

    def features(self, topic: str) -> dict[str, float]:
        value, lacking = self.rules[topic]
        return {**self.concepts, _SCORE: value, _LACK: float(min(lacking, MOST_LACKING))}


def samples(items: Iterable[Item], matcher: PackMatcher) -> list[Sample]:
    """Read the items through the packs; the rules count alone, without what was learned before."""
    return [_sample(item, matcher) for item in items]


def _sample(item: Item, matcher: PackMatcher) -> Sample:
    lexicon = matcher.lexicon
    implies = matcher.implied_by(item.url)
    reading = read(lexicon, item.title, item.summary, item.lang, implies, item.published_at)
    spots = spots_of(reading)
    rules = {name: rule_score(topic, spots) for name, topic in lexicon.topics.items()}
    met = frozenset(name for name, topic in lexicon.topics.items() if meets_needs(topic, spots))
    concepts = {name: PLACES[spot.where] for name, spot in spots.lead.items() if not name.startswith(HALF_ONLY)}
    return Sample(item, concepts, rules, met, stems_of(reading))


def train(found: Sequence[Sample], topics: Mapping[str, Topic]) -> dict[str, Learned]:
    """Learn the points of every topic."""
    return {name: _learn(found, topic) for name, topic in topics.items()}


def learn_wording(found: Sequence[Sample], topics: Iterable[str]) -> Wording:
    """Learn which words tell news of these topics, and which other news."""
    told = tuple(topics)
    return learn([(one.stems, not set(told).isdisjoint(one.item.topics)) for one in found], told)


def _learn(found: Sequence[Sample], topic: Topic) -> Learned:
    seen = Counter(concept for sample in found for concept in sample.concepts)
    kept = [name for name, times in sorted(seen.items()) if times >= _least(name)]
    rows = [sample.features(topic.name) for sample in found]
    wanted = [topic.name in sample.item.topics for sample in found]
    weights, bias = fit(rows, wanted, [*kept, _LACK, _SCORE])
    slope = max(weights[_SCORE], 0.05)
    start = (bias - math.log(EVEN / (1 - EVEN))) / slope + topic.digest
    points = {name: round(weights[name] / slope, 2) for name in kept}
    points = {name: value for name, value in points.items() if value}
    return Learned(round(start, 2), round(weights[_LACK] / slope, 2), points)


def _least(concept: str) -> int:
    return LEAST_PERSON if concept.startswith("person.") else LEAST_SEEN


def fit(
    rows: Sequence[Features], wanted: Sequence[bool], names: Sequence[str], known: Sequence[float] | None = None
) -> tuple[dict[str, float], float]:
    """Logistic regression with a ridge: weights by name, and the bias; beside what is `known` of each row."""
    columns = [[(at, row[name]) for at, row in enumerate(rows) if row.get(name)] for name in names]
    columns.append([(at, 1.0) for at in range(len(rows))])
    penalties = [LIGHT if name in (_SCORE, _LACK) else PENALTY for name in names] + [0.0]
    weights = [0.0] * len(columns)
    margins = list(known) if known is not None else [0.0] * len(rows)
    for _ in range(_PASSES):
        furthest = 0.0
        for index, column in enumerate(columns):
            step = _step(column, margins, wanted, weights[index], penalties[index])
            weights[index] += step
            for at, value in column:
                margins[at] += step * value
            furthest = max(furthest, abs(step))
        if furthest < 0.0005:
            break
    return dict(zip(names, weights, strict=False)), weights[-1]


def _step(
    column: Sequence[tuple[int, float]],
    margins: Sequence[float],
    wanted: Sequence[bool],
    weight: float,
    penalty: float,
) -> float:
    slope, curve = penalty * weight, penalty + 1e-6
    for at, value in column:
        chance = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, margins[at]))))
        slope += value * (chance - wanted[at])
        curve += value * value * chance * (1.0 - chance)
    return max(-0.5, min(0.5, -slope / curve))


# --- honest checks ------------------------------------------------------------------------------------------------


def fold_of(item: Item, folds: int) -> int:
    """Items of one story share a fold, whatever their set or language; items without one go by their number."""
    story = item.story.split("-", 1)[-1] if item.story else item.id
    return sum(ord(letter) * (at + 1) for at, letter in enumerate(story)) % folds


def cross_validate(found: Sequence[Sample], topics: Mapping[str, Topic], folds: int) -> Iterator[tuple[str, Hits]]:
    """Micro figures over (item, topic) pairs: the rules alone; and with points, and wording, of the other folds."""
    alone, together, worded = Hits(), Hits(), Hits()
    for fold in range(folds):
        others = [one for one in found if fold_of(one.item, folds) != fold]
        learned, wording = train(others, topics), learn_wording(others, topics)
        for one in found:
            if fold_of(one.item, folds) != fold:
                continue
            doubt = wording.points_for(one.stems)
            for name, topic in topics.items():
                want, (value, lacking) = name in one.item.topics, one.rules[name]
                barred = lacking > 0 and name not in one.may_lift
                points = total(learned[name], one, name)
                alone += _hit(want, not lacking and value >= topic.digest)
                together += _hit(want, not barred and points >= topic.digest)
                worded += _hit(want, not barred and points + doubt >= topic.digest)
    yield "rules alone", alone
    yield "rules and learned points", together
    yield "and the wording", worded


def total(learned: Learned, one: Sample, topic: str) -> float:
    """The points of a sample, as matching.topics counts them."""
    value, lacking = one.rules[topic]
    value += learned.start + learned.lack * min(lacking, MOST_LACKING)
    return value + sum(learned.points.get(concept, 0.0) * place for concept, place in one.concepts.items())


def _hit(want: bool, got: bool) -> Hits:
    return Hits(want and got, got and not want, want and not got)


def as_toml(learned: Mapping[str, Learned], made_from: str) -> str:
    """The file NAME.learned.toml."""
    lines = [
        "# Points that training added to the rules of the topics: see matching/learned.py. Not written by hand:",
        f"# python main.py pack train {made_from}",
    ]
    for name, points in learned.items():
        lines += [
            "",
            f"[learned.{name}]",
            f"start = {points.start}",
            f"lack = {points.lack}",
            "",
            f"[learned.{name}.points]",
        ]
        ordered = sorted(points.points.items(), key=lambda item: (-item[1], item[0]))
        lines += [f'"{concept}" = {value}' for concept, value in ordered]
    return "\n".join(lines) + "\n"
