"""What a report is recognised by: the small vector that stories are kept with (see matching.stories)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from core.model import Facts
from matching.cues import read_table
from matching.lexicon import Found, Lexicon
from matching.longfree import FREE
from matching.reading import Reading
from matching.scene import Scene, View, set_scene
from matching.sums import is_part
from matching.voting import is_counted
from matching.weighing import PRISONS, REFUSAL, WEEKDAY, WORTH

_FEATURES = 40  # heaviest features kept, so that a signature stays small
_HASHES = 24  # word hashes kept: the smallest ones are an unbiased sample of the wording
_CEILING = 2**32  # above all hashes
_GRAM = 3
_COUNTS = 12  # further counts kept
_DATES = 6  # days of the month and of the week kept
_NEAR_SENTENCES = 3  # sentences of the body that tell the news; what follows is background


def signature(
    reading: Reading, lexicon: Lexicon, facts: Facts, topics: Sequence[str], scene: Scene | None = None
) -> dict[str, Any]:
    """Return the vector `v` (feature -> weight), the count freed `r` (`s`: of one kind of people) or its lower bound
    `b`, further counts `x`, what was achieved `k` (a release told beside what a concession is worth is background),
    what the title tells `t` (features in its order), `f` if nothing is achieved and the title speaks of what may come,
    days of the month and of the week `d`, word hashes `w` and the hash of the whole wording `h`. JSON-able, under
    2 kB."""
    scene = scene or set_scene(reading)
    rules = read_table("stories")
    weights = _features(reading.found, lexicon, rules)
    appointed = list(_appointed(scene, lexicon))
    for key, weight in (*_numbers(scene, rules), *_matters(scene, appointed, rules)):
        _add(weights, key, weight)
    for topic in topics:
        _add(weights, f"t:{topic}", rules["weights"]["topic"])
    freed = bool(facts.released or facts.people)
    if not WORTH.isdisjoint(weights):
        leads = _leads_with_prison(reading.found)
        freed = freed and leads
        if leads or _announces(reading.found, scene):
            weights = {key: weight for key, weight in weights.items() if key not in WORTH}
    headline = _headline(reading.found, scene, facts, lexicon, appointed)
    outcomes = [name for name, told in (("freed", freed), ("lifted", facts.in_return)) if told]
    for outcome in outcomes:
        _add(weights, f"k:{outcome}", rules["weights"]["outcome"])
    kept = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:_FEATURES]
    vector = {key: round(weight, 2) for key, weight in kept if weight > 0}
    count = _freed(facts, scene) if freed else {}
    others = {number for view in scene.views for number in _parts(view)} - {count.get("r")}
    dates = {number.value for view in scene.views for number in view.numbers if number.kind == "date"}
    named = {name for view in scene.views for name in view.cues if name.startswith("weekday:")}
    dates |= {WEEKDAY + int(name.partition(":")[2]) for name in named}
    told = {
        "t": [key for key in headline if key in vector],
        "d": sorted(dates)[:_DATES],
        "x": sorted(others)[:_COUNTS],
        "k": outcomes,
        "f": not outcomes and "forecast" in scene.title.cues and not _never(scene),
    }
    return {"v": vector, **count, **{key: of for key, of in told.items() if of}, **_wording(reading)}


def _matters(scene: Scene, appointed: Sequence[str], rules: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Objects and subjects, each with its weight at its first place."""
    for view in scene.views:
        for name, cues in view.cues.items():
            kind = name.partition(":")[0]
            if kind in ("object", "subject"):
                yield name, rules["weights"][kind] * _place(view.passage.where, view.sentence_of(cues[0].first))
    for where in appointed:
        yield "subject:envoy", rules["weights"]["subject"] * _place(where, 0)


def _leads_with_prison(found: Sequence[Found]) -> bool:
    """Do title or first sentence tell of prisoners, or of somebody let out?"""
    lead = {f"c:{item.concept}" for item in found if item.where == "title" or item.sentence == 0}
    return not PRISONS.isdisjoint(lead) or "c:role.prisoner" in lead


def _announces(found: Sequence[Found], scene: Scene) -> bool:
    """Does the title tell that penalties are lifted, and only what follows the first sentence what that is worth? A
    title that asks ("what the licence gives") explains."""
    lifts = any(item.concept == "lift" and item.where == "title" for item in found)
    if not lifts or "asks" in scene.title.cues:
        return False
    body = {name for name, cues in scene.body.cues.items() if scene.body.sentence_of(cues[0].first) == 0}
    return WORTH.isdisjoint(body | scene.title.cues.keys())


def _wording(reading: Reading) -> dict[str, Any]:
    folded = list(filter(None, (*reading.title.folded, *reading.body.folded)))
    encoded = list(map(str.encode, folded))
    grams = map(b" ".join, zip(*(encoded[at:] for at in range(_GRAM)), strict=False))
    hashes = set(map(zlib.crc32, grams))
    # as hashes are spread evenly, nearly always enough of them lie below twice what so many would reach up to
    small = list(filter((2 * _HASHES * _CEILING // max(1, len(hashes))).__gt__, hashes))
    told: dict[str, Any] = {"w": sorted(small if len(small) >= _HASHES else hashes)[:_HASHES]}
    return told | ({"h": zlib.crc32(b" ".join(encoded))} if len(folded) >= _GRAM else {})


def _appointed(scene: Scene, lexicon: Lexicon) -> Iterator[str]:
    """Where it is told that somebody becomes envoy, or is congratulated: in the title, or where the body tells news."""
    for view in scene.views:
        envoys = {view.sentence_of(cue.first) for cue in view.all("envoy")}
        envoys |= {found.sentence for found in view.persons if lexicon.persons[found.person].role == "us-envoy"}
        told = {view.sentence_of(cue.first) for cue in (*view.all("appoint"), *view.all("welcome"))}
        if min(envoys & told, default=_NEAR_SENTENCES) < _NEAR_SENTENCES:
            yield view.passage.where


def _headline(
    found: Sequence[Found], scene: Scene, facts: Facts, lexicon: Lexicon, appointed: Sequence[str]
) -> list[str]:
    """What the title tells, in its order: prisoners let out, what happened, objects and subjects."""
    told: list[tuple[int, str]] = []
    for item in found:
        if item.where != "title":
            continue
        if item.concept.startswith(FREE):
            continue
        if not item.concept.startswith("person."):
            told.append((item.first, f"c:{item.concept}"))
        elif lexicon.persons[item.person].name in facts.people:
            told.append((item.first, f"p:{item.person}"))
    cues = scene.title.cues.items()
    told += [(of[0].first, name) for name, of in cues if name.startswith(("object:", "subject:"))]
    if "title" in appointed:
        told.append((0, "subject:envoy"))
    return list(dict.fromkeys(key for _, key in sorted(told)))


def _freed(facts: Facts, scene: Scene) -> dict[str, Any]:
    """The number freed, and whether it counts one kind of people, who may be some of more; or a lower bound."""
    if not is_counted(facts) or not facts.released or facts.released == 1:
        return {}
    if facts.at_least:
        return {"b": facts.released}
    kind = any(
        number.value == facts.released and is_part(view, number) for view in scene.views for number in view.numbers
    )
    return {"r": facts.released} | ({"s": True} if kind else {})


def _add(weights: dict[str, float], key: str, weight: float) -> None:
    if weight >= weights.get(key, 0.0):
        weights[key] = weight


def _place(where: str, sentence: int) -> float:
    """How much a place counts: the title most, the background little."""
    if where == "title":
        return 1.5
    return 1.0 if sentence < _NEAR_SENTENCES else 0.3


def _features(found: Sequence[Found], lexicon: Lexicon, rules: dict[str, Any]) -> dict[str, float]:
    """What was found, each with its weight at its best place."""
    places: dict[tuple[str, str], float] = {}
    for item in found:  # by number: fields of a named tuple take twice as long to read
        told = item[0], item[9]
        if told not in places:  # what was found comes best place first
            places[told] = _place(item[1], item[2])
    weights: dict[str, float] = {}
    for (concept, of), place in places.items():
        key, weight = _feature(concept, of, lexicon, rules)
        _add(weights, key, weight * place)
    return weights


def _feature(concept: str, of: str, lexicon: Lexicon, rules: dict[str, Any]) -> tuple[str, float]:
    if concept.startswith(FREE):
        return f"o:{of}", rules["roles"]["freed"]
    if concept.startswith("person."):
        person = lexicon.persons[of]
        weight = rules["persons"].get(person.id, rules["roles"].get(person.role, rules["roles"]["other"]))
        kind = "p" if person.role == "prisoner" else "e" if person.role.startswith("us-") else "o"
        return f"{kind}:{person.id}", weight
    if concept.startswith("role.") or concept == "by_person":
        return concept, 0.0
    return f"c:{concept}", rules["concepts"].get(concept, rules["weights"]["concept"])


def _numbers(scene: Scene, rules: dict[str, Any]) -> list[tuple[str, float]]:
    weight = rules["weights"]["number"]
    return [
        (f"n:{number.value}", weight * _place(view.passage.where, view.sentence_of(number.first)))
        for view in scene.views
        for number in view.numbers
        if number.value >= rules["rules"]["least_number"] and number.kind in ("count", "measure")
    ]


def _never(scene: Scene) -> bool:
    """Does the title say what must not be, as who welcomes a release does, and not that nobody will be let out?"""
    cues = scene.title.cues
    never = any(abs(no.first - may.first) == 1 for no in cues.get("negation", ()) for may in cues.get("forecast", ()))
    return never and not any(REFUSAL in view.cues for view in scene.views)


def _parts(view: View) -> Iterator[int]:
    """Counts that stand beside the number freed: parts of it, or the whole. Not those told of earlier releases.

    "51 others" also tells of 52: the one who is named beside them may have been freed or not.
    """
    for number in view.numbers:
        if number.kind != "count" or number.value < 2 or view.in_clause(number.first, "held", "back", "forecast"):
            continue
        others = view.before(number.first, 2, "others") or view.after(number.last, 1, "others")
        if others:
            yield number.value + 1
        if others or view.in_sentence(number.first, "freed", "moved", "including", "ofthem", "total", "part"):
            yield number.value
