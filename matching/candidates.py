"""A number that may tell how many were freed: what speaks for it and against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Flag, auto

from matching.numbers import Number
from matching.scene import View

TAKEN = 2.5  # points that a number needs to be taken for the number released
Named = Mapping[tuple[str, int], Sequence[tuple[str, int]]]  # (passage, sentence) -> (person, last token)


@dataclass(frozen=True, slots=True)
class Count:
    """A number of people with the words it was read from, and where these stand; no view for what names tell."""

    value: int
    at_least: bool
    text: str
    view: View | None = None
    at: int = 0


class Mark(Flag):
    """What was found out about a number, for the rules that come after."""

    PEOPLE = auto()  # it counts people, or those freed
    PART = auto()  # the noun it counts is a part, such as Poles
    WHOLE = auto()  # the text says that these are all
    HELD = auto()
    EARLIER = auto()  # of an earlier release: of another month or week
    LONG_AGO = auto()
    AFTER = auto()  # what the news came after
    TOO_MANY = auto()  # more than are freed at once
    NOBODY_FREED = auto()  # nothing in the text tells of a release
    DENIED = auto()  # the text says that these were not let out
    ASIDE = auto()  # told beside the news: no answer, neither of the rules nor of the ranker


NOT_OF_THIS_EVENT = (
    Mark.HELD | Mark.EARLIER | Mark.LONG_AGO | Mark.AFTER | Mark.TOO_MANY | Mark.NOBODY_FREED | Mark.DENIED | Mark.ASIDE
)


@dataclass(slots=True)
class Candidate:
    """A number while it is weighed. `why` says how the score came about, for whoever looks for a mistake; rules ask
    `marks`."""

    number: Number
    view: View
    views: tuple[View, View]
    value: int
    summed: bool = False
    score: float = 0.0
    marks: Mark = field(default=Mark(0))
    added: list[tuple[str, float]] = field(default_factory=list)

    def add(self, points: float, reason: str, marks: Mark | None = None) -> None:
        self.score += points
        if marks is not None:
            self.marks |= marks
        self.added.append((reason, points))

    @property
    def why(self) -> list[str]:
        return [f"{reason} {points:+g}" for reason, points in self.added]

    @property
    def whole(self) -> bool:
        """Does the text say that this is all of them?"""
        return self.score >= TAKEN and Mark.WHOLE in self.marks

    @property
    def count(self) -> Count:
        return Count(self.value, self.number.bound == "over", self.number.text, self.view, self.number.first)
