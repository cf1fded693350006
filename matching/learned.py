"""Learned points: what each concept tells for and against a topic beyond the rules, as training on labelled news found.

The rules of a topic say what must stand in a text; how much every other concept tells is better counted than guessed.
NAME.learned.toml beside a pack holds, per topic, points that are added to the rules' score: `start` always, `lack` for
each group that the best rule lacks (at most three), and one number per concept found in the title or the first
sentences of the body, times its place. matching.training makes the file; every number can be read, and shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matching.topics import Spot

PLACES = {"title": 1.0, "first": 0.8, "body": 0.6, "source": 0.5}
LEAD = 4  # sentences of the body in which a concept counts: further down it is background
MOST_LACKING = 3


@dataclass(frozen=True, slots=True)
class Learned:
    """The points of one topic. `source` says where they stand (file:line)."""

    start: float
    lack: float
    points: Mapping[str, float]
    source: str = ""

    def addends(self, lacking: int, spots: Mapping[str, Sequence[Spot]]) -> Iterator[tuple[float, Spot | None, str]]:
        """Points, where they come from, and a label, for a text whose best rule lacks so many groups."""
        yield self.start, None, f"where every text begins ({self.source})"
        if lacking:
            yield self.lack * min(lacking, MOST_LACKING), None, f"for each group that the rule lacks ({self.source})"
        for concept, spot in places(spots).items():
            points = self.points.get(concept)
            if points:
                yield points * PLACES[spot.where], spot, f"learned {points:+.2f} ({self.source})"


def places(spots: Mapping[str, Sequence[Spot]]) -> dict[str, Spot]:
    """The best place of every concept in the title, the first sentences or what the source implies."""
    return {
        concept: found[0]
        for concept, found in spots.items()
        if found and (found[0].where != "body" or found[0].sentence[1] < LEAD)
    }
