"""What became of the persons of a text: freed, refusing to go, still held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from matching.cues import Cue, places_in, read_table
from matching.fold import fold
from matching.lexicon import Lexicon
from matching.longfree import FREE, is_long
from matching.scene import Scene, View

_NEXT = 4  # tokens between a name and the place abroad where the person is
_CLOSE = 8  # tokens between a name and the word that decides what became of the person


@dataclass(frozen=True, slots=True)
class Mention:
    """A person at a place in the text; `state` is freed, refused, held or "" when the text does not say."""

    person: str
    view: View
    first: int
    last: int
    state: str


def mentions_of(scene: Scene, lexicon: Lexicon) -> Iterator[Mention]:
    roles = read_table("facts")["rules"]["prisoners"]
    for view in scene.views:
        real = real_sentences(view)
        others = {
            found.first
            for found in view.persons
            if lexicon.persons[found.person].role not in roles or found.concept.startswith(FREE)
        }
        places = [(found.person, found.first, found.last) for found in view.persons if found.first not in others]
        places += [
            place
            for place in (*epithets(view), *_hers(scene, view))
            if place[0] not in lexicon.freed or not is_long(lexicon.freed[place[0]], scene.when)
        ]
        for person, first, last in sorted(places, key=lambda place: place[1]):
            if person in lexicon.persons and lexicon.persons[person].role in roles:
                yield Mention(person, view, first, last, _state(view, first, last, real))


def epithets(view: View) -> Iterator[tuple[str, int, int]]:
    """ "Tsikhanouskaya's husband", "the Nobel laureate": a person without the name."""
    for rule in read_table("facts")["epithet"]:
        for cue in view.all(rule["cue"]):
            near = rule.get("near")
            kin = [
                found
                for found in view.persons
                if found.person == near
                and found.sentence == view.sentence_of(cue.first)
                and abs(found.first - cue.first) < _CLOSE
            ]
            titled = any(found.first == cue.last + 1 for found in view.persons)  # "laureate Poczobut"
            if (near is None and not titled) or kin:
                yield rule["person"], cue.first, cue.last


def _hers(scene: Scene, view: View) -> Iterator[tuple[str, int, int]]:
    """ "Tsikhanouskaya thanks the envoy. Her husband is free": told in a sentence that names nobody."""
    words = frozenset(map(fold, read_table("facts")["rules"]["her"]))
    for rule in read_table("facts")["epithet"]:
        near = rule.get("near")
        if near is None or not any(found.person == near for one in scene.views for found in one.persons):
            continue
        for cue in view.all(rule["cue"]):
            alone = not any(found.sentence == view.sentence_of(cue.first) for found in view.persons)
            if alone and cue.first and view.passage.folded[cue.first - 1] in words:
                yield rule["person"], cue.first, cue.last


def _state(view: View, first: int, last: int, real: frozenset[int]) -> str:
    if _refuses(view, first, last):
        return "refused"
    if (view.in_clause(first, "held") and not view.lasted(first)) or _left_out(view, first):
        return "held"
    return "freed" if view.sentence_of(first) in real or _abroad(view, last) else ""


def _abroad(view: View, last: int) -> bool:
    """A prisoner who "is in Vilnius": a place abroad follows in the clause, and nobody else or wish between."""
    if view.in_clause(last, "held", "forecast", "negation", "part", "back"):
        return False
    place = min((cue.first for cue in _places(view) if 0 < cue.first - last <= _NEXT), default=-1)
    if place < 0 or any(last < found.first < place for found in view.persons):
        return False
    aged = any(number.kind == "measure" and last < number.first < place for number in view.numbers)
    return aged or view.clause[place] == view.clause[last]


def _refuses(view: View, first: int, last: int) -> bool:
    """Does a refusal belong to this person: the nearest name to it in the sentence, or the only one? Not one of an
    earlier month."""
    for cue in view.in_sentence(first, "refuse"):
        if view.in_clause(cue.first, "back"):
            continue
        gaps = {found.first: min(abs(found.first - cue.first), abs(cue.first - found.last)) for found in view.persons
                if found.sentence == view.sentence_of(cue.first)}  # fmt: skip
        if not gaps or min(gaps, key=lambda at: gaps[at]) in range(first, last + 1):
            return True
    return False


def _left_out(view: View, first: int) -> bool:
    """ "but not X", "X was not among them"."""
    around = [cue for cue in view.in_clause(first, "negation") if abs(cue.first - first) <= 2]
    return bool(around) and not view.in_clause(first, "freed", "moved", "home")


def _unreal(view: View, cue: Cue) -> bool:
    """A release that did not happen, or not yet."""
    return bool(view.before(cue.first, 3, "negation")) or bool(view.in_clause(cue.first, "forecast"))


def real_sentences(view: View) -> frozenset[int]:
    """The sentences that tell of a release that did happen."""
    sentences: set[int] = set()
    for cue in view.all("freed", "home", "moved"):
        sentence = view.sentence_of(cue.first)
        if sentence not in sentences and not _unreal(view, cue):
            sentences.add(sentence)
    return frozenset(sentences)


def states_of(scene: Scene, mentions: Sequence[Mention]) -> dict[str, str]:
    """What became of each person, over all mentions: a refusal weighs most, then being held, then being freed."""
    found: dict[str, set[str]] = {}
    for item in mentions:
        found.setdefault(item.person, set()).add(item.state)
    real = any(item.state == "freed" for item in mentions)
    states: dict[str, str] = {}
    titled = {item.person for item in mentions if item.view is scene.title and item.state == "freed"}
    for person, of in found.items():
        if "refused" in of and person not in titled:
            states[person] = "refused"
        elif "freed" in of and not ("held" in of and real and len(of) == 1):
            states[person] = "freed"
        elif "held" in of:
            states[person] = "held"
        else:
            states[person] = "freed" if real or told_free(scene) else "held"
    return states


def told_free(scene: Scene) -> bool:
    """Does any sentence of the text tell of a release that is real?"""
    return any(map(real_sentences, scene.views))


def _places(view: View) -> Iterator[Cue]:
    """Names of countries and cities, not of peoples and languages."""
    barred = {cue.first for cue in view.all("not_place")}
    yield from (cue for cue in places_in(view.cues) if cue.first not in barred)


def words_of(mentions: Iterable[Mention], persons: Sequence[str]) -> str:
    """The first mention of each person, as written."""
    texts: dict[str, str] = {}
    for item in mentions:
        if item.person in persons:
            texts.setdefault(item.person, item.view.text(item.first, item.last))
    return "; ".join(texts.values())
