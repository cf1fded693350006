"""A number that may tell how many were freed: what speaks for it and against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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


@dataclass(slots=True)
class Candidate:
    number: Number
    view: View
    views: tuple[View, View]
    value: int
    summed: bool = False
    score: float = 0.0
    why: list[str] = field(default_factory=list)

    def add(self, points: float, reason: str) -> None:
        self.score += points
        self.why.append(f"{reason} {points:+g}")

    @property
    def whole(self) -> bool:
        """Does the text say that this is all of them?"""
        return self.score >= TAKEN and any(reason.startswith(("total", "one of the whole")) for reason in self.why)

    @property
    def count(self) -> Count:
        return Count(self.value, self.number.bound == "over", self.number.text, self.view, self.number.first)
