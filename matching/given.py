"""What penalties were eased on, told as done or decided: "in return" for those freed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matching.cues import Cue, read_table
from matching.scene import Scene, View

_PENALTIES, _BANKS, _EMBASSY, _PLANES, _CARRIER = "sanctions", "banks", "embassy", "aircraft", "belavia"
_REACH = 16  # words between an easing and what is eased
_WISH = 4  # words between what is hoped for and its verb
_BARTER = 4  # words between what is given, "for", and for whom


def in_return(scene: Scene) -> dict[str, str]:
    """What was eased, with the words that tell it; nothing where the easing is denied or only hoped for. "sanctions"
    only where no object of them is told, "aircraft" beside the airline only where they are the government's."""
    found = list(_eased(scene)) + list(_bartered(scene))
    objects = [row for row in found if row[0] != _PENALTIES]
    if found and not objects:  # "Potash for people: the Americans drop their restrictions"
        told = {name for view in scene.views for name, things in _things(view) if name != _PENALTIES and things}
        if len(told) == 1:
            objects = [(told.pop(), found[0][1])]
    given = dict(objects or found)
    if _PLANES in given and not (_of_the_state(scene) if _CARRIER in given else scene.any("us")):
        del given[_PLANES]
    return given


def _things(view: View) -> Iterator[tuple[str, Sequence[Cue]]]:
    """What penalties may be on, by name, without the American ministry that eases them."""
    for name, cues in view.cues.items():
        if name.startswith("object:"):
            key = name.removeprefix("object:")
            yield key, [cue for cue in cues if not (key == _BANKS and _american(view, cue))]


def _eased(scene: Scene) -> Iterator[tuple[str, str]]:
    suspends = tuple(read_table("facts")["rules"]["suspends"])
    for view in scene.views:
        things = list(_things(view))
        for cue in view.all("lift"):
            if _doubted(view, cue):
                continue
            sentence = view.sentence_of(cue.first)
            for name, found in things:
                if name == _EMBASSY and view.passage.folded[cue.first].startswith(suspends):
                    continue  # an embassy that is suspended is closed
                for thing in found:
                    together = view is scene.title or view.sentence_of(thing.first) == sentence
                    if together and abs(thing.first - cue.first) <= _REACH:
                        yield name, view.text(min(cue.first, thing.first), max(cue.last, thing.last))


def _doubted(view: View, cue: Cue) -> bool:
    """Is an easing denied, hoped for, or told as of an earlier release? What a word of easing holds itself ("may
    again", "no longer on the list") speaks not against it."""
    if view.before(cue.first, _WISH, "negation", "forecast") or view.after(cue.last, 2, "negation"):
        return True
    if cue.first == cue.last and any(wish.first == cue.first for wish in view.in_sentence(cue.first, "forecast")):
        return True  # the verb itself stands in the future
    if view.before(cue.first, _REACH, "negation") and view.in_clause(cue.first, "negation", "forecast"):
        return True
    clause = view.clause[cue.first]
    if any(
        wish.last < cue.first and view.clause[wish.first] == clause for wish in view.in_clause(cue.first, "forecast")
    ):
        return True
    return any(view.clause[more.first] == clause for more in view.before(cue.first, 1, "others")) or bool(
        view.in_clause(cue.first, "back") and view.in_clause(cue.first, "freed")
    )


def _bartered(scene: Scene) -> Iterator[tuple[str, str]]:
    """ "Potash for a laureate", "52 people for aircraft parts", "In return: potash"."""
    for view in scene.views:
        for name, found in _things(view):
            for thing in found if name != _PENALTIES else ():
                if view.in_sentence(thing.first, "negation", "forecast", "asks") or view.asks(thing.first):
                    continue
                words = _swapped(view, thing, _BARTER if view is scene.title else 1)
                given = words or next(iter(view.before(thing.first, _BARTER, "instead")), None)
                if given:
                    yield name, view.text(min(thing.first, given.first), max(thing.last, given.last))


def _swapped(view: View, thing: Cue, reach: int) -> Cue | None:
    """The "for" between what is given and those for whom, either way round, each within `reach` words of it."""
    people = [found.first for found in view.persons]
    people += [cue.first for cue in view.in_sentence(thing.first, "people", "part", "laureate")]
    people += [number.first for number in view.numbers if number.kind == "count" and number.value > 1]
    for cue in view.in_sentence(thing.first, "barter"):
        after, before = cue.first - thing.last, thing.first - cue.last
        if 0 < after <= reach and any(0 < first - cue.last <= reach for first in people):
            return cue
        if 0 < before <= reach and any(0 < cue.first - first <= reach for first in people):
            return cue
    return None


def _of_the_state(scene: Scene) -> bool:
    """Are the aircraft told of the government's or the ruler's own?"""
    return any(
        view.in_sentence(thing.first, "state")
        for view in scene.views
        for name, found in _things(view)
        for thing in found
        if name == _PLANES
    )


def _american(view: View, thing: Cue) -> bool:
    """Is what reads as a ministry of finance the one that eases: "Минфин США", "the Treasury allowed"?"""
    written = view.text(thing.first, thing.last).casefold()
    if not any(part in written for part in read_table("facts")["rules"]["finance"]):
        return False
    beside = any(
        cue.first <= thing.last + 1 and cue.last >= thing.first - 1 for cue in view.in_sentence(thing.first, "us")
    )
    return beside or bool(view.after(thing.last, 1, "lift"))
