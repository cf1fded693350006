"""Figures of merit: precision and recall with intervals, clusters compared with labelled stories."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hits:
    """True positives, false positives and false negatives, and what follows from them."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Hits) -> Hits:
        return Hits(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @classmethod
    def of(cls, expected: Iterable[Hashable], got: Iterable[Hashable]) -> Hits:
        """Count two sets against each other."""
        want, have = set(expected), set(got)
        return cls(len(want & have), len(have - want), len(want - have))

    @property
    def precision(self) -> float:
        """1.0 when nothing was found: nothing found wrongly."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 1.0

    @property
    def recall(self) -> float:
        """1.0 when there was nothing to find."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 1.0

    @property
    def f1(self) -> float:
        total = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / total if total else 1.0

    def as_json(self) -> dict[str, float]:
        """Precision, recall and F1 to four places, with the counts."""
        return {
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
            "tp": self.tp,
            "fp": self.fp,
            "fn": self.fn,
        }


def wilson(right: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson score); (0, 1) when nothing was counted.

    https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
    """
    if not total:
        return 0.0, 1.0
    z = 1.959964
    share = right / total
    middle = share + z * z / (2 * total)
    width = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (middle - width) / scale), min(1.0, (middle + width) / scale)


@dataclass(frozen=True, slots=True)
class Clusters:
    """How found stories compare with labelled ones.

    B-cubed: the share of an item's story mates that are its own, averaged over items. Pairwise: the same over pairs.
    `false_merges` is the share of items that sit in a story which mostly tells of another event.
    """

    bcubed: tuple[float, float]
    pairs: Hits
    false_merges: float
    items: int

    @property
    def bcubed_f1(self) -> float:
        precision, recall = self.bcubed
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    def as_json(self) -> dict[str, float]:
        """The figures to four places."""
        return {
            "bcubed_f1": round(self.bcubed_f1, 4),
            "bcubed_precision": round(self.bcubed[0], 4),
            "bcubed_recall": round(self.bcubed[1], 4),
            "pairwise_f1": round(self.pairs.f1, 4),
            "pairwise_precision": round(self.pairs.precision, 4),
            "false_merges": round(self.false_merges, 4),
            "items": self.items,
        }


def compare_clusters(expected: Mapping[str, str], got: Mapping[str, Hashable]) -> Clusters:
    """Compare the labelled story of each item with the one found; an item without a found story is alone."""
    if not expected:
        return Clusters((1.0, 1.0), Hits(), 0.0, 0)
    labelled: dict[str, set[str]] = defaultdict(set)
    found: dict[Hashable, set[str]] = defaultdict(set)
    for item, label in expected.items():
        labelled[label].add(item)
        found[got.get(item, ("alone", item))].add(item)
    precision = recall = 0.0
    misplaced = tp = fp = fn = 0
    for mates in found.values():
        labels = Counter(expected[item] for item in mates)
        misplaced += len(mates) - max(labels.values())
        same = sum(count * (count - 1) // 2 for count in labels.values())
        tp += same
        fp += len(mates) * (len(mates) - 1) // 2 - same
        precision += sum(count * count for count in labels.values()) / len(mates)
        for label, count in labels.items():
            recall += count * count / len(labelled[label])
    fn = sum(len(items) * (len(items) - 1) // 2 for items in labelled.values()) - tp
    total = len(expected)
    return Clusters((precision / total, recall / total), Hits(tp, fp, fn), misplaced / total, total)
