"""Trains the ranker of numbers (matching.ranker) on labelled news and on sentences of which the answer is known.

A conditional log-linear model: of all answers that a text may give, those that are right shall be likely. What was put
down in sentences must hold: those that the trained ranker would break count twice as much in the next round.
Limited-memory BFGS in plain Python, without chance: the same files give the same weights. Some 100 seconds of
CPU for 5,800 texts (28 November 2026).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import exp, log
from pathlib import Path

from core.model import Level
from matching.candidates import Count
from matching.descent import Vector, lowest
from matching.evaluate import Item
from matching.facts import released_options
from matching.matcher import RELEASE, PackMatcher
from matching.ranker import Option, overrule
from matching.reading import read
from matching.scene import set_scene

PENALTY = 3.0  # ridge; 1 and 3 did equally well on unseen authors
LEAST_SEEN = 3  # texts in which a feature must stand
LEAST_TOLD = 0.1  # smaller weights are left out
_ROUNDS = 24  # at most, until all that must hold does; 8 were too few once
_ONE = 1
_Row = tuple[list[list[int]], tuple[bool, ...]]


@dataclass(frozen=True, slots=True)
class Sample:
    """The answers that a text may give, and which of them are right; at least one is. `told` is what the rules say;
    `firm` says that this must come out right."""

    options: Sequence[Option]
    right: tuple[bool, ...]
    told: Count | None = None
    firm: bool = False

    def answer(self, weights: Mapping[str, float]) -> tuple[int | None, bool]:
        """What the program would say with these weights: the number, and whether it is a lower bound."""
        count = overrule(self.told, self.options, weights)
        return (count.value, count.at_least) if count else (None, False)

    def holds(self, weights: Mapping[str, float]) -> bool:
        pairs = zip(self.options, self.right, strict=True)
        return self.answer(weights) in {(one.value, one.at_least) for one, yes in pairs if yes}


def of_items(items: Iterable[Item], matcher: PackMatcher) -> Iterator[Sample]:
    """Items whose facts are labelled and from which the program reads facts; no number labelled means that none, or
    only a lower bound, shall be told."""
    for item in items:
        if not item.facts:
            continue
        implies = matcher.implied_by(item.url)
        reading = read(matcher.lexicon, item.title, item.summary, item.lang, implies, item.published_at)
        analysis = matcher.judge(reading)
        if analysis.level is Level.NONE:
            continue
        release = not analysis.topics or RELEASE in analysis.topics
        scene = set_scene(reading, sure=RELEASE in analysis.topics)
        told, options = released_options(scene, matcher.lexicon, release=release)
        wanted = item.facts.get("released")
        right = (one.value == wanted if wanted is not None else one.value is None or one.at_least for one in options)
        yield from _sample(Sample(options, tuple(right), told))


def of_sentences(path: Path, matcher: PackMatcher) -> Iterator[Sample]:
    """The sentences of a text file (see `read_told`), each as a text that is surely about a release and as one that may
    be; of one who is named it may always be said that he is free.

    Raises ValueError for an answer that is no number.
    """
    for lang, expected, text in read_told(path):
        title, _, body = text.partition(" / ")
        reading = read(matcher.lexicon, title, body, lang)
        number = expected.partition(" >")[0].partition(" r")[0]
        nobody = number == "-" or number.startswith("r")
        if not nobody and not number.rstrip("+").isdecimal():
            raise ValueError(f"{path}: {expected!r} before {text!r} is no number; write 14, 14+, r1100 or -.")
        for sure in (True, False):
            told, options = released_options(set_scene(reading, sure=sure), matcher.lexicon)
            wanted = () if nobody else (int(number.rstrip("+")), number.endswith("+"))
            right = (one.value in (None, _ONE) if nobody else (one.value, one.at_least) == wanted for one in options)
            yield from _sample(Sample(options, tuple(right), told, firm=sure))


def read_told(path: Path) -> Iterator[tuple[str, str, str]]:
    """Language, what is expected ("14", "14+", "-" for nobody, "r1100" still held), and the text.

    Lines are EXPECTED | title / body under headings of languages, such as [en]; # begins a comment."""
    lang = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            lang = line.strip("[]")
        elif line and not line.startswith("#"):
            expected, _, text = line.partition(" | ")
            yield lang, expected, text


def _sample(sample: Sample) -> Iterator[Sample]:
    if any(sample.right):
        yield sample


def train(samples: Sequence[Sample]) -> dict[str, float]:
    """Feature -> weight of two decimals, in the order of the names; small ones left out."""
    seen = Counter(name for sample in samples for name in {name for one in sample.options for name in one.features})
    names = sorted(name for name, times in seen.items() if times >= LEAST_SEEN)
    places = {name: at for at, name in enumerate(names)}
    rows = [
        ([[places[name] for name in one.features if name in places] for one in sample.options], sample.right)
        for sample in samples
    ]
    counts = [1.0] * len(rows)
    start, weights = [0.0] * len(names), dict[str, float]()
    for _ in range(_ROUNDS):
        start = lowest(partial(_loss, rows, counts), start)
        weights = {
            name: round(weight, 2) for name, weight in zip(names, start, strict=True) if abs(weight) >= LEAST_TOLD
        }
        broken = broken_by(weights, samples)
        if not broken:
            break
        for at in broken:
            counts[at] *= 2
    return weights


def broken_by(weights: Mapping[str, float], samples: Sequence[Sample]) -> list[int]:
    """The places of the samples that must come out right, and do not with these weights."""
    return [at for at, sample in enumerate(samples) if sample.firm and not sample.holds(weights)]


def _loss(rows: Sequence[_Row], counts: Sequence[float], weights: Vector) -> tuple[float, Vector]:
    """How unlikely the right answers are, each as often as it counts, with the ridge; and its slope."""
    value = PENALTY / 2 * sum(weight * weight for weight in weights)
    slope = [PENALTY * weight for weight in weights]
    for (options, right), times in zip(rows, counts, strict=True):
        scores = [sum([weights[at] for at in places]) for places in options]
        most = max(scores)
        powers = [exp(score - most) for score in scores]
        total = sum(powers)
        good = max(sum(power for power, yes in zip(powers, right, strict=True) if yes), 1e-300)
        value += times * (log(total) - log(good))
        for places, power, yes in zip(options, powers, right, strict=True):
            more = times * (power / total - (power / good if yes else 0.0))
            if abs(more) > 1e-7:
                for at in places:
                    slope[at] += more
    return value, slope


def as_toml(weights: Mapping[str, float], made_from: str) -> str:
    """The file words/counts.learned.toml."""
    lines = [
        "# What speaks for and against a number as that of those freed: see matching/ranker.py. Not written by hand:",
        f"# python main.py pack train-counts {made_from}",
        "",
        "[weights]",
        *(f'"{name}" = {weight}' for name, weight in weights.items()),
    ]
    return "\n".join(lines) + "\n"
