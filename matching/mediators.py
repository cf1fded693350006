"""Who got people out: envoys, and a president who does something for it himself."""

from __future__ import annotations

from collections.abc import Iterator

from matching.cues import read_table
from matching.doubts import appointed
from matching.fates import Mention, epithets
from matching.lexicon import Lexicon
from matching.scene import Scene

_BEFORE = 6  # words between "two weeks earlier" and an envoy
_NEXT = 3  # tokens between a president and the envoy who is his, or the penalties that he lifts


def mediators_of(scene: Scene, lexicon: Lexicon) -> Iterator[Mention]:
    """Envoys, and a president who is not only named as somebody's master: "Trump's envoy"."""
    if not scene.sure and not scene.any("freed", "people", "home", "moved"):
        return
    rules = read_table("facts")["rules"]
    found: list[tuple[str, Mention]] = []
    for view in scene.views:
        named = {place.first for place in view.persons}
        places = [(place.person, place.first, place.last) for place in view.persons]
        places += [place for place in epithets(view) if place[1] not in named]
        for person, first, last in places:
            role = lexicon.persons[person].role if person in lexicon.persons else ""
            if person in rules["mediators_named"] or role in rules["mediators"]:
                found.append((role, Mention(person, view, first, last, "")))
    envoys = any(role != "us-president" for role, _ in found)
    for role, item in found:
        if _acts(item, envoys, scene) if role == "us-president" else not (_has_deputy(item) or _before(item)):
            yield item


def _acts(item: Mention, envoys: bool, scene: Scene) -> bool:
    """Does a president do something for the release himself, more than appointing an envoy or lifting penalties?
    Beside an envoy the text must say what."""
    view = item.view
    if _whose(item) or any(map(appointed, scene.views)):
        return False
    deals = view.in_sentence(item.first, "deal", "thanks")
    if not deals and view.after(item.last, _NEXT, "lift"):
        return False
    return not envoys or bool(deals)


def _before(item: Mention) -> bool:
    """ "In June, after Kellogg's visit, fourteen had left": an earlier release, told with its number."""
    view = item.view
    sentence = view.sentence_of(item.first)
    if not any(
        number.kind == "count"
        and number.value > 1
        and view.sentence_of(number.first) == sentence
        and view.in_clause(number.first, "freed", "moved", "back")
        for number in view.numbers
    ):
        return False
    near = view.in_sentence(item.first, "back")
    return any(0 < item.first - cue.last <= _BEFORE for cue in near)


def _whose(item: Mention) -> bool:
    """ "Trump's special envoy", "the envoy of Trump": named as somebody's master; not "Trump and envoy Kellogg"."""
    view = item.view
    if view.before(item.first, 2, "envoy"):
        return True
    joined = {cue.first for cue in view.after(item.last, _NEXT, "and")}
    return any(
        view.clause[cue.first] == view.clause[item.last] and joined.isdisjoint(range(item.last + 1, cue.first))
        for cue in view.after(item.last, _NEXT, "envoy")
    )


def _has_deputy(item: Mention) -> bool:
    """ "Kellogg's deputy John Coale", "the deputy of Kellogg John Coale", "John Coale, deputy of Kellogg": it is the
    deputy who came."""
    view = item.view
    clause = view.clause[item.first]
    masters = {place.last for place in view.persons if view.clause[place.last] == clause}
    before = [cue for cue in view.before(item.first, 1, "deputy") if masters.isdisjoint((cue.first - 1, cue.first - 2))]
    return bool(before) or any(view.clause[cue.first] == clause for cue in view.after(item.last, 2, "deputy"))
