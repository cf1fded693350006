"""The most points that a text can have for a topic, at a fraction of what scoring costs: most news needs no more.

A ceiling counts what speaks for a topic as scoring does, and what speaks against it but for pairs in one sentence.
Where no rule of a topic has all its groups and the ceiling is below what half a match takes, scoring would say
"nothing"; matching.topics scores the rest.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import add
from typing import NamedTuple

from matching.learned import LEAD, MOST_LACKING, PLACES
from matching.lexicon import Found
from matching.topics import LEAD as LEAD_AGAINST
from matching.topics import WEIGHTS, Topic, share_against

_SLACK = 0.05  # more than all that is lost in rounding
_MISSING = -math.inf


class _Sheet(NamedTuple):
    """What a ceiling needs of one topic: the numbers of each rule's groups, and the points where every text begins."""

    name: str
    enough: float  # points from which a text may count
    rules: tuple[tuple[int, ...], ...]
    boost: tuple[tuple[str, float], ...]
    against: tuple[tuple[str, float], ...]
    start: float
    lack: float  # for each group that a rule lacks; none where that would be points for the topic


class Ceilings:
    """The topics of a lexicon laid out by concept."""

    def __init__(self, topics: Mapping[str, Topic]) -> None:
        self._sheets: list[_Sheet] = []
        self._groups: dict[tuple[tuple[str, float], ...], int] = {}
        self._terms: dict[str, list[tuple[int, float]]] = defaultdict(list)  # concept -> (number of group, factor)
        self._learned: dict[tuple[str, str], list[float]] = {}  # concept and place -> points for each topic
        for at, topic in enumerate(topics.values()):
            rules = tuple(tuple(self._number(group.terms) for group in rule.all) for rule in topic.rules)
            start, lack = (topic.learned.start, topic.learned.lack) if topic.learned else (0.0, 0.0)
            enough = min(topic.half, topic.digest, topic.alert) - _SLACK
            start += max(lack, 0.0) * MOST_LACKING
            self._sheets.append(_Sheet(topic.name, enough, rules, topic.boost, topic.against, start, min(lack, 0.0)))
            for concept, points in topic.learned.points.items() if topic.learned else ():
                for place, factor in PLACES.items():
                    self._learned.setdefault((concept, place), [0.0] * len(topics))[at] = points * factor

        self._against = frozenset(concept for sheet in self._sheets for concept, _ in sheet.against)

    @property
    def concepts(self) -> frozenset[str]:
        """Those that count wherever they stand; all others count in the lead only, if at all."""
        return frozenset((*self._terms, *(concept for sheet in self._sheets for concept, _ in sheet.boost)))

    def _number(self, terms: tuple[tuple[str, float], ...]) -> int:
        if terms not in self._groups:
            for concept, factor in terms:
                self._terms[concept].append((len(self._groups), factor))
            self._groups[terms] = len(self._groups)
        return self._groups[terms]

    def may_count(self, found: Sequence[Found], implied: Sequence[str], hints: Iterable[str] = ()) -> list[str]:
        """Names of the topics that a text may have points enough for; of the others it has not.

        `found` comes best place first. `hints` are concepts that may stand beyond the lead, when `found` has no more
        than the lead.
        """
        places: dict[str, str] = {}
        leading: list[tuple[str, str]] = []
        against: dict[str, float] = {}
        for item in found:  # by number: fields of a named tuple take twice as long to read
            concept = item[0]
            if concept not in places:
                where, sentence = item[1], item[2]
                place = places[concept] = "title" if where == "title" else "body" if sentence else "first"
                if where == "title" or sentence < LEAD:
                    leading.append((concept, place))
            if concept in self._against and item[2] < LEAD_AGAINST:
                against[concept] = 1.0 if concept in against else share_against(item[1])
        doubtful: list[tuple[str, str]] = []
        for concept in hints:
            if concept not in places:
                places[concept] = "body"
                doubtful += [(concept, "source")] * (concept in implied)
        for concept in implied:
            if concept not in places:
                places[concept] = "source"
                leading.append((concept, "source"))
            if concept in self._against:
                against[concept] = 1.0 if concept in against else share_against("source")
        best = self._best(places)
        totals = [0.0] * len(self._sheets)
        for row in filter(None, map(self._learned.get, leading)):
            totals = list(map(add, totals, row))
        for row in filter(None, map(self._learned.get, doubtful)):  # counts only if it does not stand there after all
            totals = [total + max(points, 0.0) for total, points in zip(totals, row, strict=True)]
        return [
            sheet.name
            for sheet, total in zip(self._sheets, totals, strict=True)
            if _ceiling(sheet, total, best, places, against) >= sheet.enough
        ]

    def _best(self, places: Mapping[str, str]) -> list[float]:
        """The best evidence for every group."""
        best = [_MISSING] * len(self._groups)
        for concept, place in places.items():
            terms = self._terms.get(concept)
            if terms is not None:
                weight = WEIGHTS[place]
                for group, factor in terms:
                    if weight * factor > best[group]:
                        best[group] = weight * factor
        return best


def _ceiling(
    sheet: _Sheet, learned: float, best: Sequence[float], places: Mapping[str, str], against: Mapping[str, float]
) -> float:
    """No score of the topic is higher; infinite when a rule lacks nothing. `against` has the share of a concept's
    negative points that counts."""
    common = 0.0
    for concept, points in sheet.boost:
        if concept in places:
            common += max(points, 0.0)
    if against:
        for concept, points in sheet.against:
            if concept in against:
                common -= points * against[concept]
    most = _MISSING
    for rule in sheet.rules:
        points, lacking = 0.0, 0
        for group in rule:
            if best[group] == _MISSING:
                lacking += 1
            else:
                points += best[group]
        if not lacking:
            return math.inf
        lacking = min(lacking, MOST_LACKING)
        most = max(most, points + common + sheet.lack * lacking)
    # a rule that its `unless` rules out has no points and lacks everything
    most = max(most, sheet.lack * MOST_LACKING)
    return most + learned + sheet.start
