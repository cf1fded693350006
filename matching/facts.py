"""What a report says has happened: how many were freed, who, by whose mediation, to where, in return for what.

The rules are in code, the words in matching/words/facts.toml. Nothing here decides whether a text is relevant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from core.model import Facts
from matching.candidates import Candidate, Count, Named
from matching.counts import is_group, read_counts
from matching.cues import read_table
from matching.destination import destination
from matching.fates import Mention, mentions_of, states_of, words_of
from matching.given import in_return
from matching.implied import implied
from matching.lexicon import Lexicon
from matching.mediators import mediators_of
from matching.ranker import Option, options_of, overrule
from matching.reading import Reading
from matching.scene import Scene, set_scene
from matching.standing import FREED, HELD, NAMED, REFUSED, standing

_CLOSE = 8  # tokens between a name and the word that decides what became of the person


def extract(reading: Reading, lexicon: Lexicon, scene: Scene | None = None, *, release: bool = True) -> Facts:
    """Read the facts of a release from a text. Fields are empty where the text does not say; never raises.

    `scene` is the reading laid out, when it is at hand. Without `release` the text is about something else: nobody is
    then asked who got people out and where they were taken.
    """
    scene = scene or set_scene(reading)
    mentions, states, freed = _persons(scene, lexicon)
    released, remaining, weighed = _counted(scene, mentions, states, freed, release)
    evidence: dict[str, str] = {}
    if release:  # of 535 labelled texts about something else it told none better
        released = overrule(released, options_of(scene, weighed, mentions, freed))
    for name, count in (("released", released), ("remaining", remaining)):
        if count is not None:
            evidence[name] = count.text
    fates: dict[str, tuple[str, ...]] = {}
    told = standing(scene, mentions, states, lexicon.freed)
    for field, state in (("people", FREED), ("refused", REFUSED), ("held", HELD), ("named", NAMED)):
        persons = [person for person, found in told.items() if found == state]
        fates[field] = tuple(lexicon.persons[person].name for person in persons)
        if persons:
            evidence[field] = words_of(mentions, persons)
    mediators = list(mediators_of(scene, lexicon)) if release else []
    if mediators:
        evidence["mediators"] = words_of(mediators, [item.person for item in mediators])
    number = released.value if released else None
    place = destination(scene, [(item.view, item.first) for item in mentions], number) if release else None
    if place:
        evidence["destination"] = place[1]
    given = in_return(scene)
    if given:
        evidence["in_return"] = "; ".join(dict.fromkeys(given.values()))
    return Facts(
        released=number,
        at_least=bool(released and released.at_least),
        remaining=remaining.value if remaining else None,
        people=fates["people"],
        refused=fates["refused"],
        held=fates["held"],
        named=fates["named"],
        mediators=tuple(dict.fromkeys(lexicon.persons[item.person].name for item in mediators)),
        destination=place[0] if place else None,
        in_return=tuple(given),
        evidence=evidence,
        told_by=_teller(released, lexicon) if released else "",
    )


def released_options(scene: Scene, lexicon: Lexicon, *, release: bool = True) -> tuple[Count | None, list[Option]]:
    """What the rules alone find on how many were freed, and all answers that a text may give, as `extract` lays them
    before the ranker."""
    mentions, states, freed = _persons(scene, lexicon)
    told, _, weighed = _counted(scene, mentions, states, freed, release)
    return told, options_of(scene, weighed, mentions, freed)


def _counted(
    scene: Scene, mentions: list[Mention], states: dict[str, str], freed: list[str], release: bool
) -> tuple[Count | None, Count | None, list[Candidate]]:
    """What the rules find: released, remaining, and all numbers weighed."""
    released, remaining, weighed = read_counts(scene, _named(mentions, states))
    if released is None and not any(map(is_group, weighed)):
        released = implied(scene, mentions, freed, release=release)
    return released, remaining, weighed


def _persons(scene: Scene, lexicon: Lexicon) -> tuple[list[Mention], dict[str, str], list[str]]:
    """Where persons are mentioned, what became of each, and who of them is free."""
    mentions = list(mentions_of(scene, lexicon))
    states = states_of(scene, mentions)
    return mentions, states, [person for person, state in states.items() if state == "freed"]


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


def _named(mentions: Sequence[Mention], states: dict[str, str]) -> Named:
    persons: dict[tuple[str, int], list[tuple[str, int]]] = defaultdict(list)
    for item in mentions:
        if states[item.person] == "freed":
            persons[item.view.passage.where, item.view.sentence_of(item.first)].append((item.person, item.last))
    return persons
