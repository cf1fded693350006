"""Numbers that are told beside the news: those who went on without the one who would not, those among whom one was
not, names on a list that an envoy brings."""

from __future__ import annotations

from collections.abc import Sequence

from matching.candidates import Candidate, Mark
from matching.cues import small_words
from matching.fates import real_sentences
from matching.numbers import Number
from matching.scene import Scene, View

_NEAR = 3  # words between "of", "names" or a small word and the number
_FEW = 3  # of two, one is no only one


def weigh_aside(item: Candidate, scene: Scene, own: bool) -> None:
    """Points against a number that is not of this release; `own` says that the title tells of one person's own."""
    view, number = item.view, item.number
    if number.value < _FEW:
        return
    if view is scene.title and _names(view, number) and _only_a_list(scene, item):
        item.add(-8, "names on a list", Mark.ASIDE)
    elif view is scene.body and _without_who_refused(scene, item):
        item.add(-6, "without the one who refused", Mark.ASIDE)
    elif view is scene.body and own and _was_not_among(view, number):
        item.add(-8, "was not among them", Mark.ASIDE)
    elif view is scene.body and _one_of_earlier(scene, item):
        item.add(-8, "one of those of an earlier day", Mark.ASIDE)


def _names(view: View, number: Number) -> bool:
    """ "A list of 50 names", "50 surnames"."""
    following = view.passage.folded[number.last + 1 : number.last + 2]
    return any(word.startswith(tuple(small_words("names"))) for word in following)


def _only_a_list(scene: Scene, item: Candidate) -> bool:
    """Nothing in the text says that somebody is out, and an envoy or a president is told of in the sentence, or talks
    are: "Coale brings a list of 50 names"."""
    view, first = item.view, item.number.first
    if not view.before(first, _NEAR, "roll") or scene.any("decree", "signed") or any(_told(one) for one in scene.views):
        return False
    return bool(view.in_sentence(first, "envoy", "forecast", "talk", "deal")) or any(
        found.sentence == view.sentence_of(first) for found in view.persons
    )


def _told(view: View) -> bool:
    """Does a sentence tell of a release that was, without a word of wishes, talks or denial in it?"""
    real = real_sentences(view)
    envoys = {cue.first for cue in view.all("envoy")}  # "wysłannik" is sent, and no prisoner
    envoys |= {found.last + 1 for found in view.persons if view.all("roll")}  # "Coale arrives with a list"
    return any(
        view.sentence_of(cue.first) in real
        and cue.first not in envoys
        and not view.in_sentence(cue.first, "forecast", "talk", "negation", "nobody")
        for cue in view.all("freed", "home", "moved")
    )


def _without_who_refused(scene: Scene, item: Candidate) -> bool:
    """ "Statkevich refuses to leave. 51 others rode on": the title tells of the one who would not and counts nobody."""
    title, view, number = scene.title, item.view, item.number
    if not title.cues.get("refuse") or item.marks & Mark.WHOLE or not _counts_nobody(title):
        return False
    bus = any(cue.last == number.first - 2 for cue in view.before(number.first, 2, "moved", "roll"))
    of = view.before(number.first, _NEAR, "of", "among") and not bus  # not "a bus with 51"
    freed = view.in_clause(number.first, "freed") and not view.after(number.last, 2, "others")
    if of or freed or view.in_clause(number.first, "total", "thanks"):
        return False
    return not _names(view, number) and not _home_again(title)


def _counts_nobody(title: View) -> bool:
    return not any(number.kind in ("count", "vague") and number.value >= _FEW for number in title.numbers)


def _home_again(title: View) -> bool:
    return bool(title.cues.get("own"))


def _was_not_among(view: View, number: Number) -> bool:
    """ "He was neither among the 52 of September nor among the 123 of December"."""
    first = number.first
    if not view.in_clause(first, "negation") or view.in_clause(first, "held", "failed"):
        return False
    return bool(view.before(first, _NEAR, "among", "total", "of"))


def _one_of_earlier(scene: Scene, item: Candidate) -> bool:
    """ "Home after a stroke. In autumn he alone of 52 would not leave": what lets one out alone is told, and he or she
    was one of those let out then."""
    view, number = item.view, item.number
    if not any(_real(one) for one in scene.views) or not _counts_nobody(scene.title):
        return False
    refuses = scene.any("refuse") or scene.any("lone")
    return bool(refuses) and bool(view.before(number.first, _NEAR, "of", "among", "lone", "total"))


def _real(view: View) -> Sequence[object]:
    return [cue for cue in view.cues.get("own", ()) if not view.in_clause(cue.first, "forecast")]
