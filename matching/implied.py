"""How many are free where no number tells it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from matching.candidates import Count
from matching.cues import Cue, small_words
from matching.fates import Mention, real_sentences, told_free, words_of
from matching.scene import Scene, View

_QUOTE = re.compile('[«„“”"‘]')
_MOST = 2  # persons who may be all of them
_INITIAL = 1  # letters of an initial
_NEAR = 3  # words between "and" and who is joined


def implied(scene: Scene, mentions: Sequence[Mention], freed: Sequence[str], *, release: bool) -> Count | None:
    """How many are free by what names and nouns tell; see `_by_names` and `_alone`."""
    return (
        _by_names(scene, mentions, freed, release=release)
        or _alone(scene, mentions, freed)
        or _somebody(scene, mentions)
    )


def _kin(scene: Scene) -> Count | None:
    """ "A couple walked free", "Father and son pardoned": two, where the title tells of them and counts nobody."""
    title, real = scene.title, real_sentences(scene.title)
    counted = any(number.kind in ("count", "vague") and number.value > _MOST for number in title.numbers)
    if counted or _among_others(scene):
        return None
    for cue in title.all("couple"):
        told = title.in_clause(cue.first, "freed", "home") and title.sentence_of(cue.first) in real
        if told and not title.in_clause(cue.first, "forecast", "held", "others"):
            return Count(_MOST, False, title.text(cue.first, cue.last))
    return None


def _somebody(scene: Scene, mentions: Sequence[Mention]) -> Count | None:
    """ "The former rector walks out of Vitebsk colony": one, where the text is surely about a release, the title tells
    of it, nobody is named, a word stands there of one, as "he" does, and nothing speaks of several."""
    title = scene.title
    real = real_sentences(title)
    if (
        not scene.sure
        or mentions
        or not real
        or scene.any("failed", "total", "others", "among")
        or not scene.any("one")
    ):
        return None
    if any(number.kind in ("count", "vague") and number.value > 1 for view in scene.views for number in view.numbers):
        return None
    for cue in title.all("freed"):
        if title.sentence_of(cue.first) not in real or title.asks(cue.first):
            continue
        if not any(_several(view, at) for view in scene.views for at in range(len(view.clause))):
            return Count(1, False, title.text(cue.first, cue.last))
    return None


def _total(scene: Scene) -> bool:
    """Is a whole told with a number? Not "the pardon covers a second priest", "together with him"."""
    return any(
        view.sentence_of(cue.first) == view.sentence_of(number.first)
        for view in scene.views
        for cue in view.all("total")
        for number in view.numbers
        if number.kind in ("count", "vague") and number.value > 1
    )


def _alone(scene: Scene, mentions: Sequence[Mention], freed: Sequence[str]) -> Count | None:
    """ "Statkevich is with his wife after a stroke", "A pregnant illustrator is let out": one, where the text is surely
    about a release, is about one person and tells why or how that one alone is free."""
    if not scene.sure or scene.any("failed") or _total(scene) or _among_others(scene):
        return None
    titled = {item.person for item in mentions if item.view is scene.title}
    persons = titled or {item.person for item in mentions}
    if len(persons) > 1:
        persons = set(freed)  # the other one is asked about it, or is not free
    who = next(scene.title.all("single"), None)
    if len(persons) > 1 or not (persons or who) or scene.title.asks(0):
        return None
    if not any(_real_own(view, cue) for view in scene.views for cue in view.all("own")):
        return None
    if persons:
        return Count(1, False, words_of(mentions, sorted(persons)))
    return Count(1, False, scene.title.text(who.first, who.last)) if who else None


def _real_own(view: View, cue: Cue) -> bool:
    """Did what lets one out alone happen, to one?"""
    return not view.in_clause(cue.first, "forecast") and not view.before(cue.first, _NEAR, "negation")


def _by_names(scene: Scene, mentions: Sequence[Mention], freed: Sequence[str], *, release: bool) -> Count | None:
    """One person freed and nobody else spoken of: one. Two when a title joins them and says they are free, or one came
    out "with him", "both"; and one more for "an American" beside them. One, too, for "a journalist" without a name,
    where the text is about a `release`."""
    freed = _of_this_day(mentions, freed)
    if kin := _kin(scene):
        return kin
    if _total(scene) or _among_others(scene) or _of_another_day(scene) or _tells(scene, mentions, freed):
        return None
    titled = {item.person for item in mentions if item.view is scene.title and item.state == "freed"} & set(freed)
    if len(freed) > _MOST:
        return _listed(scene, mentions, freed)
    if not freed:
        return _nameless(scene, mentions) if release else None
    told = any(item.state == "freed" for item in mentions if item.person in freed) or _deed_in_summary(scene, mentions)
    if (not told and not real_sentences(scene.title)) or not told_free(scene):
        return None
    if any(item.view.before(item.first, 4, "including", "among") for item in mentions if item.person in freed):
        return None
    beside = _beside_names(scene, mentions, freed)
    joined = beside or scene.any("pronoun") or _second(mentions, freed)
    if len(freed) > 1 and titled != set(freed) and not joined:
        return _two_by_office(scene, mentions, freed)
    return Count(len(freed) + beside, False, words_of(mentions, freed))


def _of_this_day(mentions: Sequence[Mention], freed: Sequence[str]) -> list[str]:
    """Those freed without who is named only as let out before, or as the one who is to follow: "after Kazulin came
    Kim", "before him Leonov had come home"."""
    told = {item.person for item in mentions if not _another_day(item)}
    return [person for person in freed if person in told] or list(freed)


def _deed_in_summary(scene: Scene, mentions: Sequence[Mention]) -> bool:
    """ "Poczobut is on the other side. The journalist was exchanged": one is named, in the title alone, and the summary
    tells what became of him, and of nobody else."""
    if len({item.person for item in mentions}) != 1 or any(item.view is not scene.title for item in mentions):
        return False
    body = scene.body
    real = real_sentences(body)
    if _speaks_in_title(scene, mentions):
        return False
    if any(number.kind == "count" and number.value > 1 for view in scene.views for number in view.numbers):
        return False
    return any(
        body.sentence_of(cue.first) in real
        and not body.in_sentence(cue.first, "back", "ago", "among", "tells", "says", "refuse", "others", "total")
        and (body.in_sentence if cue.name == "freed" else body.in_clause)(cue.first, "single")
        and not _several(body, cue.first)
        for cue in body.all(*(("freed", "home", "moved") if scene.sure else ("freed",)))
    )


def _speaks_in_title(scene: Scene, mentions: Sequence[Mention]) -> bool:
    """ "Kalesnikava: 'First I want to see my father'": a title that begins with a name and a colon, and a quotation
    or a press conference."""
    title = scene.title
    told = scene.any("tells") or _QUOTE.search(title.passage.text)
    return bool(told) and any(
        item.view is title and item.first <= _INITIAL and title.passage.text[title.passage.ends[item.last] :][:1] == ":"
        for item in mentions
    )


def _another_day(item: Mention) -> bool:
    view, first = item.view, item.first
    if view.before(first, 2, "after", "follows"):
        return True
    earlier = view.in_clause(first, "back") and view.in_clause(first, "freed", "home", "moved")
    return bool(earlier) or (not item.state and bool(view.in_clause(first, "forecast")))


def _listed(scene: Scene, mentions: Sequence[Mention], freed: Sequence[str]) -> Count | None:
    """ "Losik, Znak, Kalesnikava: all are let out": three and more, if the title names them all and says "all"."""
    titled = {item.person for item in mentions if item.view is scene.title}
    if titled != set(freed) or not real_sentences(scene.title) or not scene.title.cues.get("everyone"):
        return None
    return Count(len(freed), False, words_of(mentions, freed))


def _second(mentions: Sequence[Mention], freed: Sequence[str]) -> bool:
    """ "The pardon covers a second priest": told of one, in a sentence of release."""
    return any(
        item.person in freed
        and item.view.in_sentence(item.first, "second")
        and item.view.in_sentence(item.first, "freed")
        and not item.view.in_sentence(item.first, "among", "including", "others")
        for item in mentions
    )


def _two_by_office(scene: Scene, mentions: Sequence[Mention], freed: Sequence[str]) -> Count | None:
    """ "A vicar and an oblate are free", whom the summary names; "both" of two."""
    people = [number.value for view in scene.views for number in view.numbers if number.kind == "count"]
    both = _MOST in people and max(people) == _MOST
    two = both or _and_another(scene.title, next(scene.title.all("single"), None))
    return Count(_MOST, False, words_of(mentions, freed)) if two else None


def _and_another(view: View, single: Cue | None) -> bool:
    """ "a vicar and an oblate": is one more joined to a person without a name?"""
    if single is None:
        return False
    return any(
        other.first > single.last + 1 and view.before(other.first, _NEAR, "and")
        for other in view.in_sentence(single.first, "single")
    )


def _in_a_row(view: View, first: Cue) -> int:
    """ "A journalist, an activist and an American": how many without a name are told in a row that "and" closes; 0 for
    no row."""
    found, last = 1, first.last
    for cue in sorted(view.in_sentence(first.first, "single")):
        if cue.first <= last or cue in view.in_sentence(cue.first, "office"):
            continue
        if cue.first - last > _NEAR + 1:
            break
        if any(last < joint.first for joint in view.before(cue.first, _NEAR, "and")):
            return found + 1
        if "," in view.text(last, cue.first):
            found += 1
        last = cue.last
    return 0


def _among_others(scene: Scene) -> bool:
    """ "... and others": more are free than those who are named. Not "with more than 1,300 still held"."""
    return any(
        view.before(cue.first, 1, "and")
        and not view.lasted(cue.first)
        and not any(0 < number.first - cue.last <= _NEAR and number.bound for number in view.numbers)
        for view in scene.views
        for cue in view.all("others")
    )


def _of_another_day(scene: Scene) -> bool:
    """ "Kalesnikava plays again. The flautist was freed last winter", "freed with dozens of others": the release is
    told as one of another day, or of many whom nobody counts."""
    if scene.any("refuse"):
        return False  # "I go nowhere", says one who was let out in February: it is his or her release that is told of
    told = [(view, cue) for view in scene.views for cue in view.all("freed")]
    vague = any(
        number.kind == "vague" and view.in_sentence(number.first, "freed") and view.after(number.last, 2, "others")
        for view in scene.views
        for number in view.numbers
    )
    return vague or (
        bool(told) and not scene.title.cues.get("freed") and all(v.in_clause(c.first, "back") for v, c in told)
    )


def _tells(scene: Scene, mentions: Sequence[Mention], freed: Sequence[str]) -> bool:
    """ "Losik: 'I kept silent for a year'", "Rabkova tells how she was driven away": the news is what one of
    those freed says, and the release, perhaps of many, is known. Not where the title says that he or she is free."""
    title = scene.title
    names = any(item.view is title and item.person in freed for item in mentions)
    if names and scene.any("tells") and not title.cues.get("freed") and _QUOTE.search(title.passage.text):
        return True
    if any(
        view.sentence_of(cue.first) == view.sentence_of(item.first)
        for item in mentions
        for view in (item.view,)
        for cue in view.all("tells")
        if item.person in freed and cue.first != item.first
    ):
        return not title.cues.get("freed") or bool(title.cues.get("tells"))
    opens = [item for item in mentions if item.view is title and item.person in freed and item.first <= _INITIAL]
    return any(
        title.passage.text[title.passage.ends[item.last] :][:1] == ":"
        and all(len(word) <= _INITIAL for word in title.passage.folded[: item.first])
        for item in opens
    ) and not scene.body.cues.get("freed")


def _beside_names(scene: Scene, mentions: Sequence[Mention], freed: Sequence[str]) -> int:
    """ "... released together with Maushuk and an American": those without a name whom "and" joins to one."""
    found = 0
    titled = {item.person for item in mentions if item.view is scene.title}
    for item in mentions:
        later = item.view is scene.title and not titled.issuperset(freed)  # the one beside is named in the summary
        if item.person in freed and not later:
            joined = item.view.after(item.last, 1, "and")
            found += bool(joined and _unnamed_after(item.view, joined[0].last))
    if not found and len(freed) == _MOST:
        found = any(_third(view, at) for view in scene.views for at in range(len(view.clause)))
    return min(found, 1)


def _third(view: View, at: int) -> bool:
    """ "The third, a US citizen": one more, without a name."""
    return view.passage.folded[at] in small_words("third") and _unnamed_after(view, at)


def _several(view: View, index: int) -> list[Cue]:
    """Words for several people in a clause; not "ausgetauscht", "libérés" where they say what happened."""
    freed = {at for cue in view.in_clause(index, "freed", "single") for at in range(cue.first, cue.last + 1)}
    return [cue for cue in view.in_clause(index, "people") if cue.first not in freed]


def _unnamed_after(view: View, last: int) -> bool:
    """ "... and an American", not "and the oblate Andrzej Yukhnevich"."""
    singles = view.after(last, _NEAR, "single")
    return any(not any(0 < found.first - cue.last <= _NEAR for found in view.persons) for cue in singles)


def _nameless(scene: Scene, mentions: Sequence[Mention]) -> Count | None:
    """ "An American walked out of prison": one, if the title says it and names nobody who may be free or held; two for
    "a priest and a nun"."""
    view = scene.title
    real = real_sentences(view)
    named = {item.person for item in mentions}
    if not real or len(named) > 1 or any(item.view is view for item in mentions):
        return None  # the summary may say who it is
    for cue in view.all("single"):
        deeds = ("freed", "home") if scene.sure else ("freed",)
        told = view.in_clause(cue.first, *deeds) and view.sentence_of(cue.first) in real
        several = [other for other in _several(view, cue.first) if abs(other.first - cue.last) > _NEAR]
        held = not scene.sure and view.in_clause(cue.first, "held") and not view.dated(cue.first)
        if told and not several and not held and not view.in_clause(cue.first, "forecast", "envoy", "among"):
            another = _and_another(view, cue) or (cue.first == _MOST and bool(view.before(cue.first, 1, "and")))
            return Count(max(1 + another, _in_a_row(view, cue)), False, view.text(cue.first, cue.last))
    return None
