"""One text read through the packs: its passages and all that was found in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from matching.lexicon import COUNTRY, Found, Lexicon
from matching.longfree import long_free, retold
from matching.text import Passage, read_passage

_ANYBODY: frozenset[str] = frozenset()
_OUT = frozenset(("prisoner", "captivity", "release", "freedom", "out", "from_jail", "pardon"))
_DEALT = frozenset(("prisoner", "captivity", "sanctions", "envoy"))


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as the topics, the facts and the stories see it. `implies` are the concepts that its source implies,
    `free` those named who had long been free when it was published (by ID, with the day)."""

    title: Passage
    body: Passage
    found: tuple[Found, ...]
    lang: str
    implies: tuple[str, ...]
    free: Mapping[str, date] = field(default_factory=dict)
    when: datetime | None = None


def read(
    lexicon: Lexicon,
    title: str,
    body: str,
    lang: str = "",
    implies: Sequence[str] = (),
    when: datetime | None = None,
) -> Reading:
    """Read title and body. Belarus in the title, in the first sentence or implied lets weak names count everywhere.
    `when` the text was published decides who had long been free by then; without it nobody had."""
    head, rest = read_passage(title, "title"), read_passage(body, "body")
    implied = implied_by(lexicon, lang, implies)
    scans = lexicon.scan(head), lexicon.scan(rest)
    leading = [*scans[0].concepts, *_lead(scans[1].concepts)]
    context = bool(COUNTRY & set(implied)) or _about_belarus(leading)
    roles = _ANYBODY if context or not (scans[0].names or scans[1].names) else _spoken_of(leading)
    in_title, in_body = (lexicon.complete(scan, context=context, roles=roles) for scan in scans)
    if not context and _about_belarus([*in_title, *_lead(in_body)]):
        in_title, in_body = (lexicon.complete(scan, context=True) for scan in scans)
    reading = Reading(head, rest, in_title + in_body, lang, implied, when=when)
    free = long_free(reading, lexicon.freed, when) if when is not None else {}
    return replace(reading, found=retold(reading, free), free=free) if free else reading


def implied_by(lexicon: Lexicon, lang: str, implies: Sequence[str]) -> tuple[str, ...]:
    """The concepts that a text's source implies, by what is said of it and by its language."""
    known = [*implies, *lexicon.sources.get(f"lang:{lang.lower()}", ())]
    return tuple(dict.fromkeys(concept for concept in known if concept in lexicon.concepts))


def _lead(found: Sequence[Found]) -> list[Found]:
    return [item for item in found if item.sentence <= 1]


def _spoken_of(found: Sequence[Found]) -> frozenset[str]:
    """Roles of those whom a text may speak of that names no country: prisoners where people come out of prison and are
    taken where those of Belarus are taken, envoys where Americans deal in prisoners and penalties."""
    told = {item.concept for item in found}
    roles = (("prisoner", "exile" in told and told & _OUT), ("us-envoy", "us" in told and told & _DEALT))
    return frozenset(role for role, may in roles if may)


def _about_belarus(found: Sequence[Found]) -> bool:
    return any(item.concept in COUNTRY or item.concept == "by_person" for item in found)
