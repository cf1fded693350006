"""Trains the wording of a pack (matching.wording) on labelled news: which words tell news of its topics, which others.

Logistic regression with a ridge, without chance: the same items give the same numbers. Some five seconds
for 5,000 texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from math import exp, log1p

from matching.descent import Vector, lowest
from matching.wording import Wording

PENALTY = 3.0  # ridge; 1 to 10 did equally well on unseen authors
LEAST_SEEN = 3  # texts in which a stem must stand
LEAST_TOLD = 0.1  # smaller weights are left out
_Row = tuple[list[int], bool]


def learn(found: Iterable[tuple[Mapping[str, int], bool]], topics: Iterable[str]) -> Wording:
    """Learn from the stems of each text (`stems_of`), and whether it is news of the topics."""
    rows = list(found)
    seen = Counter(stem for stems, _ in rows for stem in stems)
    kept = sorted(stem for stem, times in seen.items() if times >= LEAST_SEEN)
    places = {stem: at for at, stem in enumerate(kept)}
    table = [
        ([places[stem] for stem, times in stems.items() if stem in places for _ in range(times)], yes)
        for stems, yes in rows
    ]
    weights = lowest(partial(_loss, table), [0.0] * (len(kept) + 1))
    told = {stem: round(weight, 2) for stem, weight in zip(kept, weights, strict=False) if abs(weight) >= LEAST_TOLD}
    return Wording(tuple(topics), round(weights[-1], 2), told)


def _loss(rows: Sequence[_Row], weights: Vector) -> tuple[float, Vector]:
    """How unlikely the labels are, with the ridge, and its slope; the last weight is that of every text."""
    inner = weights[:-1]
    value = PENALTY / 2 * sum([weight * weight for weight in inner])
    slope = [PENALTY * weight for weight in inner]
    slope.append(0.0)
    for places, yes in rows:
        odds = weights[-1] + sum([weights[at] for at in places])
        odds = odds if yes else -odds
        value += log1p(exp(-odds)) if odds > -30 else -odds
        missed = -1 / (1 + exp(min(odds, 500.0)))
        step = missed if yes else -missed
        slope[-1] += step
        for at in places:
            slope[at] += step
    return value, slope


def as_toml(wording: Wording, made_from: str, name: str) -> str:
    """The file NAME.wording.toml."""
    topics = ", ".join(f'"{topic}"' for topic in wording.topics)
    lines = [
        "# What words tell for and against news of these topics: see matching/wording.py. Not written by hand:",
        f"# python main.py pack train-wording {made_from}",
        "",
        f"[wording.{name}]",
        f"topics = [{topics}]",
        f"start = {wording.start}",
        "",
        f"[wording.{name}.stems]",
        *(f'"{stem}" = {weight}' for stem, weight in wording.stems.items()),
    ]
    return "\n".join(lines) + "\n"
