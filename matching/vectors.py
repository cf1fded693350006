"""The cosine of two small vectors, and how much of two wordings is the same: what reports are compared by."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def cosine(one: Mapping[str, float], other: Mapping[str, float], thin: float) -> float:
    """The cosine, less for reports that say little: `thin` is added to the product of their lengths."""
    if len(one) > len(other):
        one, other = other, one
    product = sum(weight * other.get(key, 0.0) for key, weight in one.items())
    if not product:
        return 0.0
    return product / (_length(one.values()) * _length(other.values()) + thin)


def less_of(
    kinds: tuple[str, ...], vector: Mapping[str, float], others: Sequence[Mapping[str, Any]], share: float
) -> Mapping[str, float]:
    """The vector with less of the weight of persons of these kinds whom the story does not name: whoever comments on an
    event is another one each time, and so is who speaks of many that were freed."""
    alone = [key for key in vector if key.startswith(kinds) and not any(key in each.get("v", {}) for each in others)]
    return {**vector, **{key: share * vector[key] for key in alone}} if alone else vector


def _length(weights: Iterable[float]) -> float:
    return math.sqrt(sum(weight * weight for weight in weights))


def overlap(one: Sequence[int], other: Sequence[int]) -> float:
    """Share of equal word hashes: an estimate of how much of the wording is the same."""
    if not one or not other:
        return 0.0
    return len(set(one) & set(other)) / max(len(one), len(other))
