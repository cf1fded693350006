"""What a report says has happened: how many were freed, who, by whose mediation, to where, in return for what.

The rules are in code, the words in matching/words/facts.toml. Nothing here decides whether a text is relevant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.model import Facts
from matching.candidates import Count, Named
from matching.counts import read_counts
from matching.cues import Cue, read_table
from matching.destination import destination
from matching.lexicon import Lexicon
from matching.reading import Reading
from matching.scene import Scene, View, set_scene

_NEXT = 4  # tokens between a name and the place abroad where the person is
_CLOSE = 8  # tokens between a name and the word that decides what became of the person


@dataclass(frozen=True, slots=True)
class _Mention:
    """A person at a place in the text; `state` is freed, refused, held or "" when the text does not say."""

    person: str
    view: View
    first: int
    last: int
    state: str


def extract(reading: Reading, lexicon: Lexicon, scene: Scene | None = None, *, release: bool = True) -> Facts:
    """Read the facts of a release from a text. Fields are empty where the text does not say; never raises.

    `scene` is the reading laid out, when it is at hand. Without `release` the text is about something else: nobody is
    then asked who got people out and where they were taken.
    """
    scene = scene or set_scene(reading)
    mentions = list(_mentions(scene, lexicon))
    states = _states(scene, mentions)
    freed = [person for person, state in states.items() if state == "freed"]
    released, remaining, group = read_counts(scene, _named(mentions, states))
    evidence: dict[str, str] = {}
    if released is None and not group:
        released = _implied(scene, mentions, freed)
    for name, count in (("released", released), ("remaining", remaining)):
        if count is not None:
            evidence[name] = count.text
    fates: dict[str, tuple[str, ...]] = {}
    for field, state in (("people", "freed"), ("refused", "refused"), ("held", "held")):
        persons = [person for person, found in states.items() if found == state]
        fates[field] = tuple(lexicon.persons[person].name for person in persons)
        if persons:
            evidence[field] = _words(mentions, persons)
    mediators = list(_mediators(scene, lexicon)) if release else []
    if mediators:
        evidence["mediators"] = _words(mediators, [item.person for item in mediators])
    place = destination(scene, [(item.view, item.first) for item in mentions]) if release else None
    if place:
        evidence["destination"] = place[1]
    in_return = dict(_in_return(scene))
    if in_return:
        evidence["in_return"] = "; ".join(dict.fromkeys(in_return.values()))
    return Facts(
        released=released.value if released else None,
        at_least=bool(released and released.at_least),
        remaining=remaining.value if remaining else None,
        people=fates["people"],
        refused=fates["refused"],
        held=fates["held"],
        mediators=tuple(dict.fromkeys(lexicon.persons[item.person].name for item in mediators)),
        destination=place[0] if place else None,
        in_return=tuple(in_return),
        evidence=evidence,
        told_by=_teller(released, lexicon) if released else "",
    )


def _words(mentions: Iterable[_Mention], persons: Sequence[str]) -> str:
    """The first mention of each person, as written."""
    texts: dict[str, str] = {}
    for item in mentions:
        if item.person in persons:
            texts.setdefault(item.person, item.view.text(item.first, item.last))
    return "; ".join(texts.values())


def _teller(count: Count, lexicon: Lexicon) -> str:
    """In whose name a number is told: the official or body nearest to "said" in its sentence, or who gives thanks for
    so many; "" for nobody's."""
    view, at = count.view, count.at
    if view is None:
        return ""
    said, thanked = view.in_sentence(at, "says"), view.in_sentence(at, "thanks")
    roles, sentence = read_table("facts")["rules"]["tellers"], view.sentence_of(at)
    tellers = [
        (found.first, lexicon.persons[found.person].name)
        for found in (view.persons if said or thanked else ())
        if found.sentence == sentence and lexicon.persons[found.person].role in roles
    ]
    for name, cues in view.told_in(at).items():
        if name.startswith("teller:"):
            tellers += [(cue.first, name.removeprefix("teller:")) for cue in cues]
    near = [(abs(first - cue.first), first, cue.first, name) for first, name in tellers for cue in said]
    near += [(cue.first, first, cue.first, name) for first, name in tellers for cue in thanked if first < cue.first]
    together = [row for row in near if ";" not in view.text(min(row[1], row[2], at), max(row[1], row[2], at))]
    return min((row for row in together if abs(row[1] - row[2]) <= _CLOSE), default=(0, 0, 0, ""))[3]


# --- persons --------------------------------------------------------------------------------------------------------


def _mentions(scene: Scene, lexicon: Lexicon) -> Iterator[_Mention]:
    roles = read_table("facts")["rules"]["prisoners"]
    for view in scene.views:
        real = _real(view)
        others = {found.first for found in view.persons if lexicon.persons[found.person].role not in roles}
        places = [(found.person, found.first, found.last) for found in view.persons if found.first not in others]
        places += _epithets(view)
        for person, first, last in sorted(places, key=lambda place: place[1]):
            if person in lexicon.persons and lexicon.persons[person].role in roles:
                yield _Mention(person, view, first, last, _state(view, first, last, real))


def _epithets(view: View) -> Iterator[tuple[str, int, int]]:
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
            if near is None or kin:
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
    places = [cue.first for cue in _places(view) if 0 < cue.first - last <= _NEXT]
    between = [found for found in view.persons if last < found.first < min(places, default=0)]
    return bool(places) and not between and view.clause[min(places)] == view.clause[last]


def _refuses(view: View, first: int, last: int) -> bool:
    """Does a refusal belong to this person: the nearest name to it in the sentence, or the only one?"""
    for cue in view.in_sentence(first, "refuse"):
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


def _real(view: View) -> frozenset[int]:
    """The sentences that tell of a release that did happen."""
    sentences: set[int] = set()
    for cue in view.all("freed", "home", "moved"):
        sentence = view.sentence_of(cue.first)
        if sentence not in sentences and not _unreal(view, cue):
            sentences.add(sentence)
    return frozenset(sentences)


def _states(scene: Scene, mentions: Sequence[_Mention]) -> dict[str, str]:
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
            states[person] = "freed" if real or _told_free(scene) else "held"
    return states


def _told_free(scene: Scene) -> bool:
    """Does any sentence of the text tell of a release that is real?"""
    return any(map(_real, scene.views))


def _named(mentions: Sequence[_Mention], states: dict[str, str]) -> Named:
    persons: dict[tuple[str, int], list[tuple[str, int]]] = defaultdict(list)
    for item in mentions:
        if states[item.person] == "freed":
            persons[item.view.passage.where, item.view.sentence_of(item.first)].append((item.person, item.last))
    return persons


def _implied(scene: Scene, mentions: Sequence[_Mention], freed: Sequence[str]) -> Count | None:
    """One person freed and nobody else spoken of: one. Several only when a title joins them and says they are free."""
    if not freed or scene.any("total") or len(freed) > 2:
        return None
    told = any(item.state == "freed" for item in mentions if item.person in freed)
    if not told and not _real(scene.title):
        return None
    if any(item.view.before(item.first, 4, "including", "among") for item in mentions if item.person in freed):
        return None
    if any(view.before(cue.first, 1, "and") for view in scene.views for cue in view.all("others")):
        return None
    titled = {item.person for item in mentions if item.view is scene.title and item.state == "freed"}
    if len(freed) > 1 and titled != set(freed):
        return None
    if not _told_free(scene):
        return None
    return Count(len(freed), False, _words(mentions, freed))


# --- mediators, destination, what was given -------------------------------------------------------------------------


def _mediators(scene: Scene, lexicon: Lexicon) -> Iterator[_Mention]:
    """Envoys, and a president who is not only named as somebody's master: "Trump's envoy"."""
    if not scene.any("freed", "people", "home"):
        return
    rules = read_table("facts")["rules"]
    found: list[tuple[str, _Mention]] = []
    for view in scene.views:
        named = {place.first for place in view.persons}
        places = [(place.person, place.first, place.last) for place in view.persons]
        places += [place for place in _epithets(view) if place[1] not in named]
        for person, first, last in places:
            role = lexicon.persons[person].role if person in lexicon.persons else ""
            if person in rules["mediators_named"] or role in rules["mediators"]:
                found.append((role, _Mention(person, view, first, last, "")))
    envoys = any(role != "us-president" for role, _ in found)
    for role, item in found:
        if role != "us-president" or _acts(item, envoys):
            yield item


def _acts(item: _Mention, envoys: bool) -> bool:
    """Does a president do something for the release himself? Beside an envoy the text must say what."""
    view = item.view
    if view.before(item.first, 2, "envoy") or view.after(item.last, 1, "envoy"):
        return False
    return not envoys or bool(view.in_sentence(item.first, "deal", "thanks"))


def _places(view: View) -> Iterator[Cue]:
    """Names of countries and cities, not of peoples and languages."""
    barred = {cue.first for cue in view.all("not_place")}
    for name in view.cues:
        yield from (cue for cue in view.cues[name] if name.startswith("place:") and cue.first not in barred)


def _in_return(scene: Scene) -> Iterator[tuple[str, str]]:
    """Objects of penalties that were eased, with the words; nothing where the easing is denied or only hoped for."""
    for view in scene.views:
        for cue in view.all("lift"):
            if view.before(cue.first, 4, "negation", "forecast") or view.after(cue.last, 2, "negation"):
                continue
            if any(wish.first == cue.first for wish in view.in_sentence(cue.first, "forecast")):
                continue  # the verb itself stands in the future
            if view.before(cue.first, 2 * _CLOSE, "negation") and view.in_clause(cue.first, "negation", "forecast"):
                continue
            sentence = view.sentence_of(cue.first)
            for name in view.cues:
                for thing in view.cues[name] if name.startswith("object:") else ():
                    together = view is scene.title or view.sentence_of(thing.first) == sentence
                    if together and abs(thing.first - cue.first) <= 2 * _CLOSE:
                        words = view.text(min(cue.first, thing.first), max(cue.last, thing.last))
                        yield name.removeprefix("object:"), words
