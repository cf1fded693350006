"""Learned points: what each concept tells for and against a topic beyond the rules, as training on labelled news found.

The rules of a topic say what must stand in a text; how much every other concept tells is better counted than guessed.
NAME.learned.toml beside a pack holds, per topic, points that are added to the rules' score: `start` always, `lack` for
each group that the best rule lacks (at most three), and one number per concept found in the title or the first
sentences of the body, times its place. matching.training makes the file; every number can be read, and shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
    _placed: Mapping[str, Mapping[str, float]] = field(
        init=False, repr=False, compare=False
    )  # place -> concept -> points

    def __post_init__(self) -> None:
        told = [(concept, points) for concept, points in self.points.items() if points]
        placed = {place: {name: round(points * share, 2) for name, points in told} for place, share in PLACES.items()}
        object.__setattr__(self, "_placed", placed)

    def addends(self, lacking: int, lead: Mapping[str, Spot]) -> list[tuple[float, Spot | None]]:
        """Points and where they come from, for a text whose best rule lacks so many groups: where every text begins,
        what is lacking, and the concepts of the lead (see `lead_of`)."""
        rows: list[tuple[float, Spot | None]] = [(round(self.start, 2), None)]
        if lacking:
            rows.append((round(self.lack * min(lacking, MOST_LACKING), 2), None))
        points, placed = self.points, self._placed
        rows += [(placed[spot.where][name], spot) for name, spot in lead.items() if points.get(name)]
        return rows

    def label(self, number: int, spot: Spot | None) -> str:
        """What an addend says of itself; `number` counts the addends from 0."""
        if spot is not None:
            return f"learned {self.points[spot.concept]:+.2f} ({self.source})"
        what = "for each group that the rule lacks" if number else "where every text begins"
        return f"{what} ({self.source})"


def lead_of(spots: Mapping[str, Sequence[Spot]]) -> dict[str, Spot]:
    """The best place of every concept in the title, the first sentences or what the source implies."""
    return {
        concept: found[0]
        for concept, found in spots.items()
        if found and (found[0].where != "body" or found[0].sentence[1] < LEAD)
    }
