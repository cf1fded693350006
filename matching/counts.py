"""How many were freed and how many are still held: every number of a text is weighed, the best one is taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from matching.cues import read_table
from matching.numbers import Number
from matching.scene import Scene, View

TAKEN = 3.0  # points that a number needs to be taken for the number released
_REACH = 3  # tokens between a number and the noun it counts


@dataclass(frozen=True, slots=True)
class Count:
    """A number of people with the words it was read from."""

    value: int
    at_least: bool
    text: str


@dataclass(slots=True)
class _Candidate:
    number: Number
    view: View
    value: int
    score: float = 0.0
    why: list[str] = field(default_factory=list)

    def add(self, points: float, reason: str) -> None:
        self.score += points
        self.why.append(f"{reason} {points:+g}")

    @property
    def count(self) -> Count:
        return Count(self.value, self.number.bound == "over", self.number.text)


def read_counts(scene: Scene, named: dict[int, int]) -> tuple[Count | None, Count | None]:
    """Return the numbers released and still held, each None when the text does not say it.

    `named` counts the freed persons named per sentence of the whole text (see `sentence_key`), for "X and 13 others".
    """
    candidates = list(_candidates(scene, named))
    _relate(candidates)
    released = max(
        (item for item in candidates if item.score >= TAKEN),
        key=lambda item: (item.score, item.value, -item.number.start),
        default=None,
    )
    remaining = _remaining(scene, candidates, released)
    return released.count if released else None, remaining


def explain_counts(scene: Scene, named: dict[int, int]) -> list[tuple[str, float, tuple[str, ...]]]:
    """Every number weighed, with its points and why; for tests and tuning."""
    candidates = list(_candidates(scene, named))
    _relate(candidates)
    return [(item.number.text, item.score, tuple(item.why)) for item in candidates]


def sentence_key(view: View, index: int) -> int:
    """A key for the sentence of a token, different for title and body."""
    return view.sentence_of(index) * 2 + (view.passage.where == "title")


def _candidates(scene: Scene, named: dict[int, int]) -> Iterator[_Candidate]:
    for view in scene.views:
        counts = [number for number in view.numbers if number.kind == "count" and number.value > 0]
        for number in counts:
            candidate = _Candidate(number, view, number.value)
            _weigh_noun(candidate)
            _weigh_event(candidate, scene)
            _weigh_doubt(candidate)
            _add_named(candidate, named)
            yield candidate
        yield from _sums(view, counts)


def _weigh_noun(item: _Candidate) -> None:
    view, number = item.view, item.number
    people = _distance(view, number, "people")
    part = _distance(view, number, "part")
    if people is not None and (part is None or people <= part):
        item.add(2, "people")
    elif part is not None:
        item.add(1, "part of them")
    elif view.after(number.last, 1, "others") or view.before(number.first, 1, "others"):
        item.add(1, "others")
    elif number.value == 1:
        item.add(-4, "one of what?")
    if number.value == 1:
        item.add(-1, "one")


def _distance(view: View, number: Number, name: str) -> int | None:
    """Tokens from the number to the noun after it, or the noun right before it ("человек 14")."""
    after = [cue.first - number.last for cue in view.after(number.last, _REACH, name)]
    return min(after, default=None)


def _weigh_event(item: _Candidate, scene: Scene) -> None:
    view, number = item.view, item.number
    if view.passage.where == "title":
        item.add(1.5, "title")
    if view.in_clause(number.first, "freed"):
        item.add(2.5, "freed")
    elif view.in_sentence(number.first, "freed"):
        item.add(1.5, "freed in sentence")
    elif view.in_clause(number.first, "home", "moved"):
        item.add(1.5, "moved")
    elif scene.any("freed"):
        item.add(0.5, "freed somewhere")
    if view.before(number.first, 2, "total") or view.after(number.last, 2, "total"):
        item.add(2, "total")
    elif view.in_clause(number.first, "total"):
        item.add(1, "total in clause")


def _weigh_doubt(item: _Candidate) -> None:
    view, number = item.view, item.number
    if view.in_clause(number.first, "held"):
        item.add(-5, "held")
    if view.before(number.first, 8, "forecast") and view.in_clause(number.first, "forecast"):
        item.add(-2.5, "forecast")
    elif view.in_clause(number.first, "forecast"):
        item.add(-1.5, "forecast after")
    if view.before(number.first, 1, "including") or view.after(number.last, 1, "ofthem"):
        item.add(-2.5, "part")
    elif view.before(number.first, 3, "including"):
        item.add(-1.5, "part")
    if view.before(number.first, 2, "back"):
        item.add(-3, "earlier")
    elif view.in_clause(number.first, "back"):
        item.add(-2, "earlier in clause")
    if number.bound == "under":
        item.add(-2, "at most")
    if number.value >= read_table("facts")["rules"]["many"] and not view.in_clause(number.first, "freed"):
        item.add(-3, "too many")
    for freed in view.in_clause(number.first, "freed"):
        if any(
            cue.last < number.first - 1 or cue.first > number.last for cue in view.before(freed.first, 3, "negation")
        ):
            item.add(-4, "not")
            break


def _add_named(item: _Candidate, named: dict[int, int]) -> None:
    """ "X and 13 others" are 14."""
    view, number = item.view, item.number
    key = sentence_key(view, number.first)
    if not named.get(key):
        return
    if view.after(number.last, 2, "others") or view.before(number.first, 2, "others"):
        item.value += named[key]
        item.add(1.5, "others and the named")


def _sums(view: View, counts: Sequence[Number]) -> Iterator[_Candidate]:
    """ "ten foreigners and four locals" are 14, when both are parts that were freed."""
    for first, second in zip(counts, counts[1:], strict=False):
        close = 1 < second.first - first.last <= 4 and view.clause[first.first] == view.clause[second.first]
        parts = all(_distance(view, number, "part") is not None for number in (first, second))
        if close and parts and view.in_clause(first.first, "freed"):
            text = view.text(first.first, second.last)
            joined = first._replace(last=second.last, end=second.end, text=text, value=first.value + second.value)
            item = _Candidate(joined, view, joined.value)
            item.add(4.5 + 1.5 * (view.passage.where == "title"), "sum of parts")
            yield item


def _relate(candidates: Sequence[_Candidate]) -> None:
    """What the numbers say of one another: a whole and its parts, "three of the sixteen"."""
    values = {item.value for item in candidates}
    for item in candidates:
        for other in candidates:
            pair = item.value - other.value
            if 0 < other.value <= pair and pair in values and pair != item.value and item.value > 3:
                item.add(2, f"sum {other.value}+{pair}")
                break
    for item in candidates:
        view = item.view
        for other in candidates:
            if other.view is not view or other.value <= item.value:
                continue
            between = other.number.first - item.number.last
            if 1 < between <= 4 and view.in_sentence(item.number.first, "of") and _of_between(view, item, other):
                item.add(-3, f"of {other.value}")
                other.add(2, "whole")


def _of_between(view: View, item: _Candidate, other: _Candidate) -> bool:
    return any(
        item.number.last < cue.first <= item.number.last + 2 and cue.last < other.number.first for cue in view.all("of")
    )


def _remaining(scene: Scene, candidates: Sequence[_Candidate], released: _Candidate | None) -> Count | None:
    many = read_table("facts")["rules"]["many"]
    held: list[tuple[float, int, Count]] = []
    for item in candidates:
        if item is released:
            continue
        view, number = item.view, item.number
        points = 0.0
        if view.in_clause(number.first, "held"):
            points += 3
        elif view.in_sentence(number.first, "held"):
            points += 1
        if number.value >= many:
            points += 2
            future = view.in_clause(number.first, "forecast") and number.value % 1000 == 0
            if future and not view.in_clause(number.first, "held"):
                points -= 2
        elif _distance(view, number, "people") is None:
            points -= 1
        if points >= 2:
            held.append((points, number.value, Count(number.value, number.bound == "over", number.text)))
    return max(held, key=lambda row: row[:2])[2] if held else None
