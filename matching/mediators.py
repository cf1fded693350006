"""Who got people out: envoys, and a president who does something for it himself."""

from __future__ import annotations

from collections.abc import Iterator

from matching.cues import read_table
from matching.fates import Mention, epithets
from matching.lexicon import Lexicon
from matching.scene import Scene


def mediators_of(scene: Scene, lexicon: Lexicon) -> Iterator[Mention]:
    """Envoys, and a president who is not only named as somebody's master: "Trump's envoy"."""
    if not scene.any("freed", "people", "home"):
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
        if role != "us-president" or _acts(item, envoys):
            yield item


def _acts(item: Mention, envoys: bool) -> bool:
    """Does a president do something for the release himself? Beside an envoy the text must say what."""
    view = item.view
    if view.before(item.first, 2, "envoy") or view.after(item.last, 1, "envoy"):
        return False
    return not envoys or bool(view.in_sentence(item.first, "deal", "thanks"))
