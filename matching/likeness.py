"""How much a report is like a story: the cosine of two small vectors, and what the reports say outright.

Every thing looked at is an addend: an amount (0 to 1, days) times a weight. The weights stand in
matching/words/stories.toml; matching/fitting.py asks whether labelled news would choose others.

A story is weighed as a whole where the event decides (when it began, whom it is about, what came of it) and by its
likest member where wording and subject decide. Weights stand in matching/words/stories.toml.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matching import story_texts as why

Signature = Mapping[str, Any]
Rules = Mapping[str, float]
PRISONS = frozenset(
    ("t:prisoner-release", "c:prisoner", "c:release", "c:pardon", "c:captivity", "c:freedom", "c:out", "c:from_jail")
)
WORTH = frozenset(("subject:trade", "subject:licence"))  # what a concession is worth, in reports that lead with it
_SAME_DAY = 0.75  # days
_MANY = 10  # a number of people that hardly two releases have in common
_NEARLY = 0.85  # numbers that are so close tell of one release
_NEXT_DAY = 1.5  # days
_FOLLOWS = 2.0  # days after which another number is another release, even beside the earlier one
_CROWD = 40  # so many are freed seldom: who is named in the next days was most likely one of them
_WEEK = 6.5  # days after which the same number, the same person may be another release's
_SOON = 4.5  # days of first interviews
_GROUP = 4  # where so many are freed, anyone of them may be named


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much a report is like a story, and why."""

    score: float
    reason: str
    reprint: bool = False
    shared: bool = False  # shares a person, a number, wording or a subject of its own, not only the topic
    addends: Mapping[str, float] = field(default_factory=dict)  # amounts, before their weights


@dataclass(frozen=True, slots=True)
class Days:
    """Days of a report from the story's first report, and from its latest one; `dates`: the days of the month on
    which what the story tells may have happened, told on a later day."""

    first: float
    last: float
    dates: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Weighing:
    """A report laid beside a story. `core` are the prisoners that the story is about, not those named in passing,
    `main` the subjects (left out where the report has none)."""

    mine: Signature
    others: Sequence[Signature]
    days: Days
    rules: Rules
    addends: dict[str, float] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    shared: tuple[str, ...] = ()
    core: frozenset[str] = frozenset()
    told: frozenset[int] = frozenset()
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
        return _persons(self.mine)

    @property
    def same_persons(self) -> frozenset[str]:
        return self.persons & self.core

    @property
    def numbers(self) -> frozenset[int]:
        """Numbers of many that the report tells, whatever they count."""
        told = (int(key[2:]) for key in self.vector if key.startswith("n:"))
        return frozenset(number for number in told if number >= _MANY)

    @property
    def heads(self) -> frozenset[str]:
        """The subjects that both the report and the story are about."""
        return _headed(self.mine) & self.main


def weigh(mine: Signature, others: Sequence[Signature], days: Days, rules: Rules) -> Likeness:
    """Compare a report's signature with those of a story's members; `rules` are thresholds and the addends' weights."""
    if mine.get("h") and any(mine["h"] == other.get("h") for other in others):
        return Likeness(2.0, why.REPRINT, reprint=True, shared=True)
    item = _Weighing(mine, others, days, rules)
    item.told = frozenset(other["r"] for other in others if other.get("r"))
    item.core = _core(others, rules["core"] if max(item.told, default=0) < _GROUP else 0)
    item.kinds = frozenset().union(*map(_outcome, others))
    item.main = _main(others, rules["main"]) if _headed(mine) else frozenset()
    item.shared = tuple(_shared(item.vector, others))
    likest = max(_cosine(item.vector, other.get("v", {}), rules["thin"]) for other in others)
    item.add("likeness", why.LIKENESS.format(score=f"{likest:.2f}"), likest)
    words = max(_overlap(mine.get("w", ()), other.get("w", ())) for other in others)
    same_words = words >= rules["same_words"]
    if same_words:
        item.add("wording", why.WORDING.format(score=f"{words:.2f}"), words)
    for look in (_when, _who, _how_many, _what_came_of_it, _other_matter, _subject):
        look(item)
    if item.shared:
        item.reasons.append(why.SHARES.format(things=", ".join(key[2:] for key in item.shared[:4])))
    score = sum(rules[name] * amount for name, amount in item.addends.items())
    return Likeness(score, "; ".join(item.reasons), shared=_shares(item, likest, same_words), addends=item.addends)


def _shares(item: _Weighing, likest: float, same_words: bool) -> bool:
    """Has a report more in common with a story than the topic: a person or one of those freed, a number, a subject?"""
    of_them = item.persons and not item.addends.keys().isdisjoint(("one_of_them", "later_of_them"))
    close = likest >= item.rules["same_subject"] and _same_subject(item)
    return bool(item.shared or of_them or same_words or close) or _same_many(item)


def is_group(signatures: Sequence[Signature]) -> bool:
    """Does any report tell of so many freed that each may name another one?"""
    return any((signature.get("r") or 0) >= _GROUP for signature in signatures)


def parted_by_persons(one: Sequence[Signature], other: Sequence[Signature]) -> bool:
    """Do two stories name prisoners, and none in common, or titles always other ones first?"""
    pairs = ((_core(one, 0), _core(other, 0)), (_named_first(one), _named_first(other)))
    return any(first and second and first.isdisjoint(second) for first, second in pairs)


def parted_by_worth(one: Sequence[Signature], other: Sequence[Signature], share: float) -> bool:
    """Does one story tell what a concession is worth, and the other the release it was made for?"""
    rows = ((_main(one, share), other), (_main(other, share), one))
    return any(
        only_worth(main, _main(of, share)) and any("freed" in _outcome(each) for each in of) for main, of in rows
    )


def only_worth(mine: frozenset[str], main: frozenset[str]) -> bool:
    """Is one about what a concession is worth, and the other not?"""
    return bool(mine & WORTH) and not main & WORTH


def _named_first(signatures: Sequence[Signature]) -> frozenset[str]:
    """The prisoners let out whom a title names first."""
    firsts = (next((key for key in each.get("t", ()) if key.startswith("p:")), "") for each in signatures)
    return frozenset(filter(None, firsts))


def _when(item: _Weighing) -> None:
    """Reports of one day are more alike than those of following days; a story told of every day draws less and less,
    unless a report names what it is about."""
    days = item.days
    item.add("per_day_known" if _known(item) else "per_day", amount=max(0.0, days.last - 1))
    if days.last <= 1:
        item.add("same_day", amount=1.0 if days.first <= 1 or item.shared else 0.5)
    if days.last > 1:
        item.reasons.append(why.DAYS_LATER.format(days=f"{days.last:.0f}"))


def _known(item: _Weighing) -> bool:
    """Does a report name the story on a later day: whom it freed, how many, its subject, what was hit, its day?"""
    numbers = _same_many(item) or bool(item.numbers & item.told)
    persons = bool(item.same_persons and not item.mine.get("r"))
    lifted = "lifted" in item.kinds & _outcome(item.mine) and not only_worth(_headed(item.mine), item.main)
    objects = frozenset().union(*map(_objects, item.others)) & _objects(item.mine) if lifted else frozenset()
    dated = not item.days.dates.isdisjoint(item.mine.get("d", ()))
    if dated:
        item.add("same_date", why.SAME_DATE)
    if item.heads or objects:
        item.add("same_head", why.SAME_HEAD)
    if item.heads & WORTH:
        item.add("same_worth")
    freed = "freed" in item.kinds and item.days.last <= _WEEK
    return bool(dated or item.heads or objects or (freed and (persons or numbers)))


def _who(item: _Weighing) -> None:
    """A prisoner in common joins; other prisoners part, most of all where single persons are told of on different days.

    On the day itself the first reports of a great release name one here, another there, and no number yet.
    """
    single = item.days.first >= _SAME_DAY and max(*item.told, item.mine.get("r") or 0, 0) < _GROUP
    first = _named_first([item.mine])
    another = single and first and item.core and first.isdisjoint(item.core)
    if item.same_persons and not another:
        item.add("same_person")
    elif item.persons and item.core:
        item.add("other_single" if single else "other_person", why.OTHER_PERSONS)


def _how_many(item: _Weighing) -> None:
    """The same number freed joins. Another splits, unless a report tells both, as whole and part, or both reports name
    the same prisoner."""
    released, told = item.mine.get("r"), item.told
    parts = set(item.mine.get("x", ()))
    early = released and not told and item.days.first <= _NEXT_DAY
    if early and any(len(_persons(other)) == released for other in item.others):
        item.add("same_count", why.COUNT_NAMED.format(count=released))
        return
    if not released and (told & parts or item.numbers & told):
        item.add("same_count", why.COUNT_BESIDE, 0.5)
    if not released or not told:
        if released and item.core and not item.same_persons and item.days.first >= 1:
            item.add("new_count", why.COUNT_AFTER.format(count=released))
        group = max(*told, released or 0, 0) >= _GROUP and "freed" in item.kinds & _outcome(item.mine)
        if group and item.days.first < 1:
            item.add("one_of_them", why.ONE_OF_THEM)
        elif max(item.told, default=0) >= _CROWD and item.days.first <= _SOON and item.persons - item.core:
            item.add("later_of_them", why.ONE_OF_THEM)
        return
    if released in told:
        item.add("same_count", why.SAME_COUNT.format(count=released))
        return
    family = _family(item)
    if item.days.first < _NEXT_DAY and any(_nearly(released, other) for other in told):
        item.add("near_count", why.NEAR_COUNT.format(count=released))
        return
    beside = _MANY <= released < max(told) and released in family and item.days.last <= _WEEK
    if beside or (item.days.first < 1 and _is_part(item, released)):
        item.add("one_of_them", why.PART.format(count=released))
        return
    both = item.days.first < _FOLLOWS and (released in family or told & parts)
    if not (item.same_persons or both):
        item.add("other_count", why.OTHER_COUNT.format(count=released, others=", ".join(map(str, sorted(told)))))


def _nearly(one: int, other: int) -> bool:
    """Sources that disagree, or that leave out the one who stayed: 51 and 52, 114 and 123. Small numbers differ by one
    kind of people and another."""
    return min(one, other) >= _MANY and min(one, other) >= _NEARLY * max(one, other)


def _same_many(item: _Weighing) -> bool:
    """The same number of so many that it is hardly another release's, or the story's own number for a part."""
    released = item.mine.get("r") or 0
    part = released < max(item.told, default=0) and released in _family(item)
    return released >= _MANY and (released in item.told or part)


def _family(item: _Weighing) -> frozenset[int]:
    """Counts that the story tells beside the number freed."""
    return frozenset().union(*(other.get("x", ()) for other in item.others))


def _is_part(item: _Weighing, released: int) -> bool:
    """Does one of the numbers count only some of those freed: "our two citizens", "14 foreigners", "all three"?"""
    most = max(item.told)
    if item.mine.get("s") or released < _GROUP <= most:
        return released < most
    return all(other.get("s") for other in item.others if other.get("r")) and released > max(item.told)


def _what_came_of_it(item: _Weighing) -> None:
    """Talks of the day before are another story than their result. A release and a concession of its day are two
    halves of one deal; what is told of the concession alone later is a story of its own."""
    here, there = _outcome(item.mine), item.kinds
    if here and not there and item.days.last > 0.5:
        item.add("new_phase", why.NEW_PHASE)
    late = item.days.first >= 1
    if here and there and here.isdisjoint(there) and not late:
        item.add("same_deal", why.SAME_DEAL)
    elif late and here == {"lifted"} and "freed" in there and not _speaks_of_prisoners(item):
        item.add("half_deal", why.ONLY_CONCESSION)
    elif late and here == {"freed"} and there == {"lifted"} and not (item.shared or item.heads):
        item.add("half_deal", why.AFTER_CONCESSION)


def _outcome(signature: Signature) -> frozenset[str]:
    """What a report says was achieved; penalties spoken of as eased count, even when what they hit is not named."""
    vector = signature.get("v", {})
    eased = "t:sanctions" in vector and "c:lift" in vector and not signature.get("f")
    return frozenset((*signature.get("k", ()), *(("lifted",) if eased else ())))


def _speaks_of_prisoners(item: _Weighing) -> bool:
    return bool(item.shared or item.persons) or not PRISONS.isdisjoint(item.vector)


def _other_matter(item: _Weighing) -> None:
    """A report of talks that shares nothing with a release, or of a concession that shares nothing with talks; of what
    may come after a release."""
    most = max(item.told, default=0)
    of_it = any(key.startswith("n:") and int(key[2:]) <= most for key in item.shared) or _objects(item.mine)
    if "freed" in item.kinds and item.mine.get("f") and not (item.persons or of_it):
        item.add("ahead", why.AHEAD)
    if item.shared or item.heads:
        return
    here, there = _outcome(item.mine), item.kinds
    talks = "freed" in there and not here and "t:prisoner-release" not in item.vector
    unheard = here == {"lifted"} and not there and not any("t:sanctions" in one.get("v", {}) for one in item.others)
    if talks or unheard:
        item.add("other_matter", why.OTHER_MATTER)


def _subject(item: _Weighing) -> None:
    """A call, a visa, a council: what the titles are about, or the texts where no title says."""
    mine, main = _headed(item.mine), item.main
    if "freed" in item.kinds and only_worth(mine, main):
        item.add("only_worth", why.ONLY_WORTH)
        return
    if mine and main and mine.isdisjoint(main) and not _outcome(item.mine):
        theirs = frozenset().union(*(_subjects(other.get("v", {})) for other in item.others))
        item.add("other_subject" if mine.isdisjoint(theirs) else "other_head", why.OTHER_SUBJECT)


def _persons(signature: Signature) -> frozenset[str]:
    return frozenset(key for key in signature.get("v", {}) if key.startswith("p:"))


def _main(others: Sequence[Signature], share: float) -> frozenset[str]:
    """The subjects that at least this share of the members are about."""
    told = Counter(key for other in others for key in _headed(other))
    return frozenset(key for key, number in told.items() if number >= share * len(others))


def _headed(signature: Signature) -> frozenset[str]:
    """The subjects that a title tells, or the text where the title tells none."""
    return _subjects(dict.fromkeys(signature.get("t", ()), 0.0)) or _subjects(signature.get("v", {}))


def _objects(signature: Signature) -> frozenset[str]:
    """What the title says that penalties hit."""
    return frozenset(key for key in signature.get("t", ()) if key.startswith("object:")) - {"object:sanctions"}


def _same_subject(item: _Weighing) -> bool:
    """Is a call, a visa, a council what both are about?"""
    mine = _subjects(item.vector)
    return any(not mine.isdisjoint(_subjects(other.get("v", {}))) for other in item.others)


def _subjects(vector: Mapping[str, float]) -> frozenset[str]:
    return frozenset(key for key in vector if key.startswith("subject:"))


def _core(others: Sequence[Signature], share: float) -> frozenset[str]:
    """The prisoners named by at least this share of the members."""
    named = Counter(key for other in others for key in other.get("v", {}) if key.startswith("p:"))
    return frozenset(key for key, number in named.items() if number >= share * len(others))


def _cosine(one: Mapping[str, float], other: Mapping[str, float], thin: float) -> float:
    """The cosine, less for reports that say little: `thin` is added to the product of their lengths."""
    if len(one) > len(other):
        one, other = other, one
    product = sum(weight * other.get(key, 0.0) for key, weight in one.items())
    if not product:
        return 0.0
    return product / (_length(one.values()) * _length(other.values()) + thin)


def _length(weights: Iterable[float]) -> float:
    return math.sqrt(sum(weight * weight for weight in weights))


def _overlap(one: Sequence[int], other: Sequence[int]) -> float:
    """Share of equal word hashes: an estimate of how much of the wording is the same."""
    if not one or not other:
        return 0.0
    return len(set(one) & set(other)) / max(len(one), len(other))


def _shared(vector: Mapping[str, float], signatures: Sequence[Signature]) -> list[str]:
    """Prisoners and numbers that the report has in common with a story."""
    telling = [key for key in vector if key.startswith(("p:", "n:"))]
    return [key for key in telling if any(key in other.get("v", {}) for other in signatures)]
