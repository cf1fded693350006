"""A report laid beside a story: what the two of them tell, as the looks of matching.likeness ask for it.

Signatures are made by matching.signature, where their keys are told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Signature = Mapping[str, Any]
Rules = Mapping[str, float]
PRISONS = frozenset(
    ("t:prisoner-release", "c:prisoner", "c:release", "c:pardon", "c:captivity", "c:freedom", "c:out", "c:from_jail")
)
RELEASES = frozenset(("c:release", "c:pardon", "c:freedom", "c:out", "c:let_go", "c:mercy", "c:swap"))
WORTH = frozenset(("subject:trade", "subject:licence"))  # what a concession is worth, in reports that lead with it
TALK = frozenset(("subject:call", "subject:board", "subject:envoy", "subject:visa"))  # releases are background there
REFUSAL = "subject:bandits"
WEEKDAY = 40  # a day of the week, Monday first, stands among days of the month as this and its number
MANY = 10  # a number of people that hardly two releases have in common
GROUP = 4  # where so many are freed, anyone of them may be named


@dataclass(frozen=True, slots=True)
class Days:
    """Days of a report from the story's first report, and from its latest one; `dates`: the days of the month and
    of the week on which what the story tells may have happened, told on a later day."""

    first: float
    last: float
    dates: frozenset[int] = frozenset()


@dataclass(slots=True)
class Weighing:
    """A report laid beside a story. `core` are the prisoners that the story is about, not those named in passing,
    `main` the subjects (left out where the report has none), `told` the numbers freed, `most` the greatest number or
    bound."""

    mine: Signature
    others: Sequence[Signature]
    days: Days
    rules: Rules
    addends: dict[str, float] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    shared: tuple[str, ...] = ()
    core: frozenset[str] = frozenset()
    told: frozenset[int] = frozenset()
    most: int = 0
    kinds: frozenset[str] = frozenset()
    main: frozenset[str] = frozenset()

    def add(self, rule: str, reason: str = "", amount: float = 1.0) -> None:
        self.addends[rule] = self.addends.get(rule, 0.0) + amount
        if reason:
            self.reasons.append(reason)

    @property
    def vector(self) -> Mapping[str, float]:
        vector: Mapping[str, float] = self.mine.get("v", {})
        return vector

    @property
    def persons(self) -> frozenset[str]:
        """The prisoners that the report names."""
        return persons_in(self.mine)

    @property
    def same_persons(self) -> frozenset[str]:
        return self.persons & self.core

    @property
    def numbers(self) -> frozenset[int]:
        """Numbers of many that the report tells, whatever they count."""
        told = (int(key[2:]) for key in self.vector if key.startswith("n:"))
        return frozenset(number for number in told if number >= MANY)

    @property
    def dated(self) -> bool:
        """Does a later report name the day of the story?"""
        return not self.days.dates.isdisjoint(self.mine.get("d", ()))

    @property
    def heads(self) -> frozenset[str]:
        """The subjects that both the report and the story are about."""
        return headed(self.mine) & self.main


def is_group(signatures: Sequence[Signature]) -> bool:
    """Does any report tell of so many freed that each may name another one?"""
    return any(freed_at_least(signature) >= GROUP for signature in signatures)


def freed_at_least(signature: Signature) -> int:
    """How many a report says were freed, at least."""
    return max(signature.get("r") or 0, signature.get("b") or 0)


def only_worth(mine: frozenset[str], main: frozenset[str]) -> bool:
    """Is one about what a concession is worth, and the other not?"""
    return bool(mine & WORTH) and not main & WORTH


def named_first(signatures: Sequence[Signature]) -> frozenset[str]:
    """The prisoners let out whom a title names first."""
    firsts = (next((key for key in each.get("t", ()) if key.startswith("p:")), "") for each in signatures)
    return frozenset(filter(None, firsts))


def outcome_of(signature: Signature) -> frozenset[str]:
    """What a report says was achieved; penalties spoken of as eased count, even when what they hit is not named."""
    vector = signature.get("v", {})
    eased = "t:sanctions" in vector and "c:lift" in vector and not signature.get("f")
    return frozenset((*signature.get("k", ()), *(("lifted",) if eased else ())))


def persons_in(signature: Signature) -> frozenset[str]:
    return frozenset(key for key in signature.get("v", {}) if key.startswith("p:"))


def main_subjects(others: Sequence[Signature], share: float) -> frozenset[str]:
    """The subjects that at least this share of the members are about."""
    told = Counter(key for other in others for key in headed(other))
    return frozenset(key for key, number in told.items() if number >= share * len(others))


def headed(signature: Signature) -> frozenset[str]:
    """The subjects that a title tells, or the text where the title tells none; a refusal, wherever it is told, since
    its title may say what it answers to."""
    if REFUSAL in signature.get("v", {}):
        return frozenset((REFUSAL,))
    return subjects_in(dict.fromkeys(signature.get("t", ()), 0.0)) or subjects_in(signature.get("v", {}))


def objects_hit(signature: Signature) -> frozenset[str]:
    """What the title says that penalties hit."""
    return frozenset(key for key in signature.get("t", ()) if key.startswith("object:")) - {"object:sanctions"}


def subjects_in(vector: Mapping[str, float]) -> frozenset[str]:
    return frozenset(key for key in vector if key.startswith("subject:"))


def core_persons(others: Sequence[Signature], share: float) -> frozenset[str]:
    """The prisoners named by at least this share of the members."""
    named = Counter(key for other in others for key in other.get("v", {}) if key.startswith("p:"))
    return frozenset(key for key, number in named.items() if number >= share * len(others))


def shared_things(vector: Mapping[str, float], signatures: Sequence[Signature]) -> list[str]:
    """Prisoners and numbers that the report has in common with a story."""
    telling = [key for key in vector if key.startswith(("p:", "n:"))]
    return [key for key in telling if any(key in other.get("v", {}) for other in signatures)]
