"""How much a report is like a story: the cosine of two small vectors, and what the reports say outright.

Every thing looked at is an addend: an amount (0 to 1, days) times a weight. The weights stand in
matching/words/stories.toml; matching/fitting.py asks whether labelled news would choose others.

A story is weighed as a whole where the event decides (when it began, whom it is about, what came of it) and by its
likest member where wording and subject decide. Weights stand in matching/words/stories.toml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from matching import story_texts as why
from matching.vectors import cosine, less_of, overlap
from matching.weighing import (
    GROUP,
    MANY,
    PRISONS,
    REFUSAL,
    RELEASES,
    TALK,
    WORTH,
    Days,
    Rules,
    Signature,
    Weighing,
    core_persons,
    freed_at_least,
    headed,
    main_subjects,
    named_first,
    objects_hit,
    only_worth,
    outcome_of,
    persons_in,
    shared_things,
    subjects_in,
)

_SAME_DAY = 0.75  # days
_NEARLY = 0.83  # numbers that are so close tell of one release
_FORESEEN = 0.5  # days: who speaks of 1000 after talks about 150 looks ahead
_NEXT_DAY = 1.5  # days
_FOLLOWS = 2.0  # days after which another number is another release, even beside the earlier one
_CROWD = 40  # so many are freed seldom: who is named in the next days was most likely one of them
_WEEK = 6.5  # days after which the same number, the same person may be another release's
_NAMED = 0.8  # of the weight of somebody who speaks, for who is only named
_SOON = 4.5  # days of first interviews


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much a report is like a story, and why."""

    score: float
    reason: str
    reprint: bool = False
    shared: bool = False  # shares a person, a number, wording or a subject of its own, not only the topic
    addends: Mapping[str, float] = field(default_factory=dict)  # amounts, before their weights


def weigh(mine: Signature, others: Sequence[Signature], days: Days, rules: Rules) -> Likeness:
    """Compare a report's signature with those of a story's members; `rules` are thresholds and the addends' weights."""
    if mine.get("h") and any(mine["h"] == other.get("h") for other in others):
        return Likeness(2.0, why.REPRINT, reprint=True, shared=True)
    item = Weighing(mine, others, days, rules)
    item.told = frozenset(other["r"] for other in others if other.get("r"))
    item.most = max(map(freed_at_least, others), default=0)
    item.core = core_persons(others, rules["core"] if item.most < GROUP else 0)
    item.kinds = frozenset().union(*map(outcome_of, others))
    item.main = main_subjects(others, rules["main"]) if headed(mine) else frozenset()
    item.shared = tuple(shared_things(item.vector, others))
    many = item.most >= GROUP and "freed" in outcome_of(mine) and not mine.get("r")
    vector = less_of(("o:", "e:", "p:") if many else ("o:", "e:"), item.vector, others, rules["speaker"])
    likest = max(cosine(vector, other.get("v", {}), rules["thin"]) for other in others)
    item.add("likeness", why.LIKENESS.format(score=f"{likest:.2f}"), likest)
    words = max(overlap(mine.get("w", ()), other.get("w", ())) for other in others)
    same_words = words >= rules["same_words"]
    if same_words:
        item.add("wording", why.WORDING.format(score=f"{words:.2f}"), words)
    for look in (_when, _who, _how_many, _what_came_of_it, _other_matter, _subject):
        look(item)
    if item.shared:
        item.reasons.append(why.SHARES.format(things=", ".join(key[2:] for key in item.shared[:4])))
    score = sum(rules[name] * amount for name, amount in item.addends.items())
    return Likeness(score, "; ".join(item.reasons), shared=_shares(item, likest, same_words), addends=item.addends)


def _shares(item: Weighing, likest: float, same_words: bool) -> bool:
    """Has a report more in common with a story than the topic: a person or one of those freed, a number, a subject?"""
    of_them = item.persons and not item.addends.keys().isdisjoint(("one_of_them", "later_of_them"))
    close = likest >= item.rules["same_subject"] and _same_subject(item)
    return bool(item.shared or of_them or same_words or close) or _same_many(item)


def parted_by_persons(one: Sequence[Signature], other: Sequence[Signature]) -> bool:
    """Do two stories name prisoners, and none in common, or titles always other ones first?"""
    pairs = ((core_persons(one, 0), core_persons(other, 0)), (named_first(one), named_first(other)))
    return any(first and second and first.isdisjoint(second) for first, second in pairs)


def parted_by_worth(one: Sequence[Signature], other: Sequence[Signature], share: float) -> bool:
    """Does one story tell what a concession is worth, and the other the release it was made for?"""
    rows = ((main_subjects(one, share), other), (main_subjects(other, share), one))
    return any(
        only_worth(main, main_subjects(of, share)) and any("freed" in outcome_of(each) for each in of)
        for main, of in rows
    )


def parted_by_subject(one: Sequence[Signature], other: Sequence[Signature], share: float) -> bool:
    """Is one story mainly of a stroke, a pregnancy, a call, and the other of something else of that kind?"""
    first, second = main_subjects(one, share), main_subjects(other, share)
    return bool(first and second) and first.isdisjoint(second)


def _when(item: Weighing) -> None:
    """Reports of one day are more alike than those of following days; a story told of every day draws less and less,
    unless a report names what it is about."""
    days = item.days
    item.add("per_day_known" if _known(item) else "per_day", amount=max(0.0, days.last - 1))
    if days.last <= 1:
        item.add("same_day", amount=1.0 if days.first <= 1 or item.shared else 0.5)
    if days.last > 1:
        item.reasons.append(why.DAYS_LATER.format(days=f"{days.last:.0f}"))


def _known(item: Weighing) -> bool:
    """Does a report name the story on a later day: whom it freed, how many, its subject, what was hit, its day?"""
    numbers = _same_many(item) or bool(item.numbers & item.told)
    persons = bool(item.same_persons and not item.mine.get("r"))
    lifted = "lifted" in item.kinds & outcome_of(item.mine) and not only_worth(headed(item.mine), item.main)
    objects = frozenset().union(*map(objects_hit, item.others)) & objects_hit(item.mine) if lifted else frozenset()
    if item.dated:
        item.add("same_date", why.SAME_DATE)
    if (item.heads or objects) and not _another_single(item):
        item.add("same_head", why.SAME_HEAD)
    if item.heads & WORTH:
        item.add("same_worth")
    freed = "freed" in item.kinds and item.days.last <= _WEEK
    tells = "freed" in outcome_of(item.mine)
    later = freed and tells and item.days.first >= 1 and _may_be_of_them(item)
    return bool(item.dated or item.heads or objects or later or (freed and (persons or numbers)))


def _who(item: Weighing) -> None:
    """A prisoner in common joins; other prisoners part, most of all where single persons are told of on different days.

    On the day itself the first reports of a great release name one here, another there, and no number yet.
    """
    single = _of_single_persons(item)
    if item.same_persons and not _another_single(item):
        item.add("same_person")
    elif item.persons and item.core and item.most < _CROWD:
        item.add("other_single" if single else "other_person", why.OTHER_PERSONS)


def _of_single_persons(item: Weighing) -> bool:
    return item.days.first >= _SAME_DAY and max(item.most, freed_at_least(item.mine)) < GROUP


def _another_single(item: Weighing) -> bool:
    """Does the title name first somebody else than whom the story of a single person, begun a day ago, is about?"""
    first = named_first([item.mine])
    return bool(_of_single_persons(item) and first and item.core and first.isdisjoint(item.core))


def _titled(signature: Signature) -> int:
    """How many prisoners a title names; two and more are then perhaps all."""
    return sum(key.startswith("p:") for key in signature.get("t", ()))


def _how_many(item: Weighing) -> None:
    """The same number freed joins. Another splits, unless a report tells both, as whole and part, or both reports name
    the same prisoner."""
    released, told = item.mine.get("r"), item.told
    parts = set(item.mine.get("x", ()))
    early = released and not told and item.days.first <= _NEXT_DAY
    if early and any(released in (len(persons_in(other)), _titled(other)) for other in item.others):
        item.add("same_count", why.COUNT_NAMED.format(count=released))
        return
    if not released and (told & parts or item.numbers & told):
        item.add("same_count", why.COUNT_BESIDE, 0.5)
    if not released or not told:
        if released and item.core and not item.same_persons and item.days.first >= 1:
            item.add("new_count", why.COUNT_AFTER.format(count=released))
        group = max(item.most, freed_at_least(item.mine)) >= GROUP and "freed" in item.kinds & outcome_of(item.mine)
        if group and item.days.first < 1:
            item.add("one_of_them", why.ONE_OF_THEM)
        elif _may_be_of_them(item):
            item.add("later_of_them", why.ONE_OF_THEM, 1.0 if "freed" in outcome_of(item.mine) else _NAMED)
        if item.persons - item.core and not released and item.days.first >= _SAME_DAY and _stayed(item):
            item.add("other_way", why.OTHER_WAY)
        return
    if released in told:
        item.add("same_count", why.SAME_COUNT.format(count=released))
        return
    _other_number(item, released, parts)


def _other_number(item: Weighing, released: int, parts: set[int]) -> None:
    """Another number than the story's: nearly the same, some of them, or of another release."""
    told = item.told
    family = _family(item)
    soon = item.days.first < _NEXT_DAY or item.dated
    if soon and any(_nearly(released, other) for other in told):
        item.add("near_count", why.NEAR_COUNT.format(count=released))
        return
    beside = MANY <= released < max(told) and _told_beside(item, released) and item.days.last <= _WEEK
    if beside and released >= _CROWD:
        item.add("same_count", why.PART.format(count=released))
        return
    if beside or (soon and _is_part(item, released)):
        item.add("one_of_them", why.PART.format(count=released))
        return
    both = item.days.first < _FOLLOWS and (released in family or told & parts)
    if not (item.same_persons or both):
        item.add("other_count", why.OTHER_COUNT.format(count=released, others=", ".join(map(str, sorted(told)))))


def _may_be_of_them(item: Weighing) -> bool:
    """Does somebody speak whom no report of the release named yet? Of a crowd whoever is named in the next days, of
    fewer those of whose release the title tells no news; abroad, only those of a release that sent people abroad."""
    if not item.persons - item.core or item.mine.get("r"):
        return False
    told = item.mine.get("t", ())
    speaks = "freed" in outcome_of(item.mine) and RELEASES.isdisjoint(told)
    speaks = speaks and item.days.first <= _WEEK and not _stayed(item)
    return (item.most >= _CROWD and item.days.first <= _SOON) or (item.most >= GROUP and speaks)


def _stayed(item: Weighing) -> bool:
    """Does a report tell of somebody abroad, and a pardon of many says of nobody that he or she left?"""
    told = frozenset().union(*(other.get("v", {}) for other in item.others))
    pardon = not told.isdisjoint(("c:pardon", "c:decree")) and "c:exile" not in told
    return "c:exile" in item.vector and item.most >= GROUP and pardon


def _nearly(one: int, other: int) -> bool:
    """Sources that disagree, or that leave out the one who stayed: 51 and 52, 114 and 123. Small numbers differ by one
    kind of people and another."""
    return min(one, other) >= MANY and min(one, other) >= _NEARLY * max(one, other)


def _same_many(item: Weighing) -> bool:
    """The same number of so many that it is hardly another release's, or the story's own number for a part."""
    released = item.mine.get("r") or 0
    part = released < max(item.told, default=0) and _told_beside(item, released)
    return released >= MANY and (released in item.told or part)


def _family(item: Weighing) -> frozenset[int]:
    """Counts that the story tells beside the number freed."""
    return frozenset().union(*(other.get("x", ()) for other in item.others))


def _told_beside(item: Weighing, number: int) -> bool:
    return number in _family(item) or any(f"n:{number}" in other.get("v", {}) for other in item.others)


def _is_part(item: Weighing, released: int) -> bool:
    """Does one of the numbers count only some of those freed: "our two citizens", "14 foreigners", "all three", or
    those of a crowd who were taken abroad?"""
    most = max(item.told)
    if "c:exile" in (item.vector if item.dated else item.mine.get("t", ())) and released < _CROWD <= most:
        return True
    if item.mine.get("s") or released < GROUP <= most:
        return released < most
    kinds = all(other.get("s") for other in item.others if other.get("r"))
    return kinds and released > most and item.days.first < 1


def _what_came_of_it(item: Weighing) -> None:
    """Talks of the day before are another story than their result. A release and a concession of its day are two
    halves of one deal; what is told of the concession alone later is a story of its own."""
    here, there = outcome_of(item.mine), item.kinds
    somebody = item.persons - item.core and not RELEASES.isdisjoint(item.vector)
    if (here or somebody) and not there and item.days.last > 0.5:
        item.add("new_phase", why.NEW_PHASE)
    late = item.days.first >= 1
    if here and there and here.isdisjoint(there) and not late:
        item.add("same_deal", why.SAME_DEAL)
    elif late and "freed" in there - here and (here or _only_penalties(item)) and not _speaks_of_prisoners(item):
        item.add("half_deal", why.ONLY_CONCESSION, 2.0 if _only_penalties(item) else 1.0)
    elif late and here == {"freed"} and there == {"lifted"} and not (item.shared or item.heads):
        item.add("half_deal", why.AFTER_CONCESSION)


def _only_penalties(item: Weighing) -> bool:
    """Has the report no topic but penalties, and the story more? Who announces the relief speaks of diplomacy too."""
    topics = {key for key in item.vector if key.startswith("t:")}
    return topics == {"t:sanctions"} and not item.heads


def _speaks_of_prisoners(item: Weighing) -> bool:
    return bool(item.shared or item.persons) or not PRISONS.isdisjoint(item.vector)


def _other_matter(item: Weighing) -> None:
    """A report of talks that shares nothing with a release, or of a concession that shares nothing with talks; of what
    may come after a release."""
    most = max(item.told, default=0)
    of_it = any(key.startswith("n:") and int(key[2:]) <= most for key in item.shared) or objects_hit(item.mine)
    if "freed" in item.kinds and item.mine.get("f") and not (item.persons or of_it):
        item.add("ahead", why.AHEAD)
    if item.shared or item.heads:
        return
    if item.mine.get("f") and not item.kinds and item.days.first >= _FORESEEN and _counts_others(item):
        item.add("ahead", why.AHEAD)
    here, there = outcome_of(item.mine), item.kinds
    release = "freed" in there and main_subjects(item.others, item.rules["main"]).isdisjoint(TALK)
    talks = release and not here and "t:prisoner-release" not in item.vector and PRISONS.isdisjoint(item.vector)
    unheard = here == {"lifted"} and not there and not any("t:sanctions" in one.get("v", {}) for one in item.others)
    if talks or unheard:
        item.add("other_matter", why.OTHER_MATTER)


def _counts_others(item: Weighing) -> bool:
    """Do a report and a story of talks both name so many people that the numbers are of other people?"""
    theirs = {key for other in item.others for key in other.get("v", {}) if _is_many(key)}
    return bool(theirs) and any(map(_is_many, item.vector))


def _is_many(key: str) -> bool:
    return key.startswith("n:") and int(key[2:]) >= MANY


def _subject(item: Weighing) -> None:
    """A call, a visa, a council: what the titles are about, or the texts where no title says."""
    mine, main = headed(item.mine), item.main
    if REFUSAL in mine - main and item.days.first >= _NEXT_DAY:
        item.add("refused", why.OTHER_SUBJECT)
        return
    whole = main_subjects(item.others, item.rules["main"])
    paid_for = outcome_of(item.mine) == {"freed"} and "freed" not in item.kinds and only_worth(whole, mine)
    if paid_for or ("freed" in item.kinds and only_worth(mine, main)):
        item.add("only_worth", why.ONLY_WORTH)
        return
    if only_worth(mine, whole) and not item.kinds:
        item.add("other_head", why.ONLY_WORTH)
        return
    if mine and main and mine.isdisjoint(main) and not outcome_of(item.mine):
        theirs = frozenset().union(*(subjects_in(other.get("v", {})) for other in item.others))
        item.add("other_subject" if mine.isdisjoint(theirs) else "other_head", why.OTHER_SUBJECT)


def _same_subject(item: Weighing) -> bool:
    """Is a call, a visa, a council what both are about?"""
    mine = subjects_in(item.vector)
    return any(not mine.isdisjoint(subjects_in(other.get("v", {}))) for other in item.others)
