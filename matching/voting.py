"""The facts of a story: what its reports say, put to the vote.

One owner is one voice, however many papers it has, and of an owner the latest number counts: a correction replaces what
it corrects. Voices weigh by the kind of source (matching/words/sources.toml). A number told in somebody's name ("16,
Trump says") is half a voice, since nobody counted. The story's number is that under which what all voices tell is
likeliest: a report may tell a part of the whole or one of those freed, and may be misread, but not each alike.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from core.links import host_of
from core.model import Facts, Member
from matching.cues import read_table

Value = TypeVar("Value", int, str)
_MAX_COUNTS = 12  # numbers of sources that are kept side by side
_IN_THE_NAME = 0.5  # of a voice: a number told as somebody else's
# How likely a report is read as it is, if so many were freed. Set by hand, and not to a hair: of 672 labelled stories
# 36 vote wrongly, and at most 41 when any one of these is taken half or twice as large.
_RIGHT = 0.8  # as told
_OF_THE_WHOLE = 0.35  # a smaller number that some report tells beside the whole
_OF_ONE_KIND = 0.25  # a smaller number that counts one kind of people
_TOO_FEW = 0.05  # another smaller number
_TOO_MANY = 0.03  # a larger number
_SUMMED = 0.06  # a larger number in whose report the right one stands too
_ONE_NAMED = 0.25  # fewer, who are named and not counted: what most papers tell of one famous prisoner among many
_MORE_NAMED = 0.05  # more, who are named
_UNNAMED = 0.1  # and in addition, that a report which counts names more as free than there are
_FITTING, _LOW, _BROKEN = 0.6, 0.1, 0.02  # a lower bound that fits, that is far too low, that is too high
_PART = 0.95  # of the whole at most: "X and 250 others" read as 251 by one is no whole of the 250 that others tell
_FITS = 1.5  # "over 50" fits numbers up to so many times as large
_THE_ONE = 0.67  # of the reports that name somebody: so many tell of the one whom the story is about
_RARE = 0.1  # a mediator is named by this share of the reports that name one, or by two reports


@dataclass(frozen=True, slots=True)
class _Voice:
    """What one report says, and how much that weighs."""

    owner: str
    weight: float
    member: Member
    facts: Facts

    @property
    def some(self) -> bool:
        """Does the number count one kind of people, who may be some of more?"""
        return bool(self.member.analysis.signature.get("s"))

    @property
    def beside(self) -> Sequence[int]:
        """Numbers that stand beside the one told: parts of it, or the whole."""
        counts: Sequence[int] = self.member.analysis.signature.get("x", ())
        return counts


def vote(members: Sequence[Member]) -> Facts:
    """The facts of a story from those of its reports: the number that most voices tell, persons told by anyone.

    `counts` keeps what each source said, the number voted for first; a number told in somebody's name has that name.
    """
    voices = [_voice(member) for member in sorted(members, key=lambda one: (one.at, one.entry_id))]
    people = _told(voice.facts.people for voice in voices)
    refused = _told(voice.facts.refused for voice in voices)
    released, at_least = _vote_released(voices)
    held = _told(voice.facts.held for voice in voices)
    named = _told(voice.facts.named for voice in voices)
    evidence: dict[str, str] = {}
    for voice in voices:
        for name, text in voice.facts.evidence.items():
            if name != "released" or voice.facts.released == released:
                evidence.setdefault(name, text)
    return Facts(
        released=released,
        at_least=at_least,
        remaining=_most((voice, voice.facts.remaining) for voice in _latest(voices, "remaining")),
        people=tuple(name for name in people if name not in refused),
        refused=refused,
        held=tuple(name for name in held if name not in people and name not in refused),
        named=tuple(name for name in named if name not in (*people, *refused, *held)),
        mediators=_mediators(voices),
        destination=_most((voice, voice.facts.destination) for voice in _latest(voices, "destination")),
        in_return=_told(voice.facts.in_return for voice in voices),
        evidence=evidence,
        counts=_counts(voices, released),
    )


def is_counted(facts: Facts) -> bool:
    """Was the count read from a number in the text, not inferred from the names?"""
    return facts.released is not None and facts.evidence.get("released") != facts.evidence.get("people")


def _voice(member: Member) -> _Voice:
    facts = member.analysis.facts
    weight = source_weight(member.url, member.owner or member.source)
    if facts.told_by:
        weight *= _IN_THE_NAME
    return _Voice(member.owner or member.source, weight, member, facts)


def source_weight(url: str, owner: str) -> float:
    """How many voices a source has: by the site of the address, else by its owner's name."""
    domains, names = _kinds()
    host = host_of(url)
    while host:
        if host in domains:
            return domains[host]
        host = host.partition(".")[2]
    return names.get(owner.strip().casefold(), domains.get(owner.strip().casefold(), 1.0))


@cache
def _kinds() -> tuple[Mapping[str, float], Mapping[str, float]]:
    domains: dict[str, float] = {}
    names: dict[str, float] = {}
    for kind in read_table("sources").values():
        for domain in kind["domains"]:
            domains.setdefault(domain, kind["weight"])
        for name in kind["names"]:
            names.setdefault(name, kind["weight"])
    return domains, names


def _latest(voices: Sequence[_Voice], field: str) -> list[_Voice]:
    """Of every owner the latest report that fills the field."""
    return list({voice.owner: voice for voice in voices if getattr(voice.facts, field) is not None}.values())


def _vote_released(voices: Sequence[_Voice]) -> tuple[int | None, bool]:
    """Where anybody counts exactly, the likeliest number; else lower bounds outvote what follows from names alone."""
    told = [voice for voice in voices if voice.facts.released is not None]
    counted = [voice for voice in told if is_counted(voice.facts)]
    if any(not voice.facts.at_least for voice in counted):
        return _likeliest(told), False
    if counted:
        return _most((voice, voice.facts.released) for voice in _latest(counted, "released")), True
    value = _most((voice, voice.facts.released) for voice in told)
    naming = [set(voice.facts.people) for voice in voices if voice.facts.people]
    if value is None or len(naming) < 2:
        return value, False
    counts = Counter(name for names in naming for name in names)
    main = sum(number >= _THE_ONE * len(naming) for number in counts.values())
    if main:  # nearly all tell of the same ones, and others only in passing
        return main, False
    return (len(counts), True) if len(counts) > value else (value, False)


def _likeliest(told: Sequence[_Voice]) -> int:
    """The number told under which what all owners tell is likeliest; of several the largest, which is the whole."""
    speaking = sorted(told, key=_precision)  # stable: of equals the latest stands last, and speaks for its owner
    speaking = list({voice.owner: voice for voice in speaking}.values())
    wholes: dict[int, set[int]] = defaultdict(set)
    for voice in told:
        if is_counted(voice.facts) and not voice.some:
            count = _count(voice)
            wholes[count].update(part for part in voice.beside if part <= _PART * count)
    numbers = {_count(voice) for voice in told if not voice.facts.at_least}
    chances = {
        number: sum(voice.weight * math.log(_chance(voice, number, wholes[number])) for voice in speaking)
        for number in numbers
    }
    return max(numbers, key=lambda number: (round(chances[number], 6), number))


def _precision(voice: _Voice) -> int:
    """How exactly a report tells the number: by names, by a bound, some of them, all of them."""
    if not is_counted(voice.facts):
        return 0
    return 1 if voice.facts.at_least else 2 if voice.some else 3


def _chance(voice: _Voice, number: int, parts: Set[int]) -> float:
    """How likely a report is read as it is, if `number` were freed, of whom some report tells `parts`."""
    told = _count(voice)
    if not is_counted(voice.facts):
        return _RIGHT if told == number else _ONE_NAMED if told < number else _MORE_NAMED
    if voice.facts.at_least:
        return _BROKEN if told > number else _FITTING if number <= _FITS * told else _LOW
    if told == number:
        chance = _RIGHT
    elif told < number:
        chance = _OF_THE_WHOLE if told in parts else _OF_ONE_KIND if voice.some else _TOO_FEW
    else:
        chance = _SUMMED if number in voice.beside else _TOO_MANY
    return chance * _UNNAMED if len(voice.facts.people) > number else chance


def _count(voice: _Voice) -> int:
    assert voice.facts.released is not None
    return voice.facts.released


def _most(rows: Iterable[tuple[_Voice, Value | None]]) -> Value | None:
    """The value with most voices; of several the one told first."""
    votes: dict[Value, float] = defaultdict(float)
    for voice, value in rows:
        if value is not None:
            votes[value] += voice.weight
    return max(votes, key=lambda value: round(votes[value], 6), default=None)


def _told(rows: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Names in the order of how many reports tell them, then of first mention."""
    counts = Counter(name for row in rows for name in dict.fromkeys(row))
    return tuple(name for name, _ in counts.most_common())


def _mediators(voices: Sequence[_Voice]) -> tuple[str, ...]:
    """Those whom two reports name, or one of not many: a single paper's guess does not stand in a great story."""
    telling = [voice.facts.mediators for voice in voices if voice.facts.mediators]
    counts = Counter(name for row in telling for name in dict.fromkeys(row))
    return tuple(name for name, number in counts.most_common() if number >= min(2, _RARE * len(telling)))


def _counts(voices: Sequence[_Voice], released: int | None) -> tuple[tuple[str, int], ...]:
    """What each source said last, the number voted for first; every number once before any stands twice."""
    rows: dict[str, int] = {}
    for voice in voices:
        if voice.facts.released is not None and is_counted(voice.facts):
            source = voice.member.source
            rows[f"{voice.facts.told_by} ({source})" if voice.facts.told_by else source] = voice.facts.released
    ordered = sorted(rows.items(), key=lambda row: row[1] != released)
    firsts = dict({count: (name, count) for name, count in reversed(ordered)})
    leading = [row for row in ordered if firsts[row[1]] == row]
    return tuple(dict.fromkeys([*leading, *ordered]))[:_MAX_COUNTS]
