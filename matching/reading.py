"""One text read through the packs: its passages and all that was found in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matching.lexicon import COUNTRY, Found, Lexicon
from matching.text import Passage, read_passage

_ANYBODY: frozenset[str] = frozenset()
_OUT = frozenset(("prisoner", "captivity", "release", "freedom", "out", "from_jail", "pardon"))
_DEALT = frozenset(("prisoner", "captivity", "sanctions", "envoy"))


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as the topics, the facts and the stories see it. `implies` are the concepts that its source implies."""

    title: Passage
    body: Passage
    found: tuple[Found, ...]
    lang: str
    implies: tuple[str, ...]


def read(lexicon: Lexicon, title: str, body: str, lang: str = "", implies: Sequence[str] = ()) -> Reading:
    """Read title and body. Belarus in the title, in the first sentence or implied lets weak names count everywhere."""
    head, rest = read_passage(title, "title"), read_passage(body, "body")
    implied = implied_by(lexicon, lang, implies)
    scans = lexicon.scan(head), lexicon.scan(rest)
    leading = [*scans[0].concepts, *_lead(scans[1].concepts)]
    context = bool(COUNTRY & set(implied)) or _about_belarus(leading)
    roles = _ANYBODY if context or not (scans[0].names or scans[1].names) else _spoken_of(leading)
    in_title, in_body = (lexicon.complete(scan, context=context, roles=roles) for scan in scans)
    if not context and _about_belarus([*in_title, *_lead(in_body)]):
        in_title, in_body = (lexicon.complete(scan, context=True) for scan in scans)
    return Reading(head, rest, in_title + in_body, lang, implied)


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
