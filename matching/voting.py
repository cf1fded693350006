"""The facts of a story: what its reports say, put to the vote.

One owner is one voice, however many papers it has, and of an owner the latest number counts: a correction replaces what
it corrects. Voices weigh by the kind of source (matching/words/sources.toml). A number told in somebody's name ("16,
Trump says") is half a voice, since nobody counted. A number that only counts some of them goes to the whole when any
report tells both; "over 50" speaks for a 52 beside it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from core.links import host_of
from core.model import Facts, Member
from matching.cues import read_table

Value = TypeVar("Value", int, str)
_MAX_COUNTS = 12  # numbers of sources that are kept side by side
_IN_THE_NAME = 0.5  # of a voice: a number told as somebody else's
_SOME = 0.25  # of a voice: a number that may count one kind of people only
_BOUND = 0.5  # of a voice: a lower bound for each exact number that it fits
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
    """Exact counts outvote lower bounds, and both outvote what follows from names alone."""
    told = [voice for voice in voices if voice.facts.released is not None]
    counted = [voice for voice in told if is_counted(voice.facts)]
    exact = [voice for voice in counted if not voice.facts.at_least]
    if exact:
        return _whole(exact, [voice for voice in counted if voice.facts.at_least]), False
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


def _whole(exact: Sequence[_Voice], bounds: Sequence[_Voice]) -> int:
    """The exact count with most voices; those for a part go to the whole of which a report tells both.

    Fewer than a report names as free are not all, and of two counts with as many voices the larger is the whole.
    """
    speaking = _latest([voice for voice in exact if not voice.some], "released")
    others = {voice.owner for voice in speaking}
    speaking += [voice for voice in _latest(exact, "released") if voice.some and voice.owner not in others]
    votes: dict[int, float] = defaultdict(float)
    for voice in speaking:
        votes[_count(voice)] += voice.weight * (_SOME if voice.some else 1.0)
    for voice in _latest(bounds, "released"):
        least = _count(voice)
        for count in votes:
            if least <= count <= _FITS * least:
                votes[count] += voice.weight * _BOUND
    wholes: dict[int, int] = {}
    for voice in exact:
        for part in voice.member.analysis.signature.get("x", ()):
            if not voice.some and part <= _PART * _count(voice) and part in votes:
                wholes[part] = max(_count(voice), wholes.get(part, 0))
    for part in sorted(wholes):
        votes[wholes[part]] += votes.pop(part)
    named = max(len(voice.facts.people) for voice in exact)
    enough = [count for count in votes if count >= named] or list(votes)
    return max(enough, key=lambda count: (round(votes[count], 6), count))


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
