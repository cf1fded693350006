"""What speaks against a number of people freed: still held, promised, told of earlier, only a part, denied."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache

from matching.candidates import Candidate, Mark
from matching.cues import Cue, places_in, read_table, small_words
from matching.denials import weigh_denial
from matching.numbers import Number
from matching.numberwords import meanings
from matching.scene import View
from matching.sums import stays_inside

_REACH = 3  # tokens between a number and the words that decide about it
_SEVERAL = 3  # of two, one is no only one
_PARTS = frozenset(("including", "ofthem", "among", "of", "only"))  # lists of words that tell of some among more
_OPENING = 5  # words that open a sentence with a time
_PAST = frozenset(("after", "ago", "back", "already"))  # lists of words that tell of an earlier release


def weigh_doubt(item: Candidate, appointed: bool) -> None:
    view, number = item.view, item.number
    here = view.told_in(number.first)  # most sentences hold none of the words that a rule asks for
    if "lone" in here and _one_of_all(view, number):
        item.add(2, "all but one, and the one", Mark.WHOLE)
        return
    if ("held" in here or "stay" in here) and _held(view, number):
        thanked = view.before(number.first, _REACH + 1, "thanks")  # "thanks for the 16 and asks for the rest"
        if not (thanked and _only_after(view, number, "held", "stay")):
            item.add(-5, "held", Mark.HELD)
    if "jailed" in here and _jailed(view, number):
        item.add(-4, "jailed")
    _weigh_wish(item)
    if appointed:
        item.add(-6, "a record, not the news")
    _weigh_part(item)
    _weigh_past(item)
    if number.bound == "under":
        item.add(-5, "at most")
    if number.value >= read_table("facts")["rules"]["many"] and not _surely_freed(view, number):
        item.add(-7, "too many", Mark.TOO_MANY)
    weigh_denial(item)


def _jailed(view: View, number: Number) -> bool:
    freed = ("freed", "decree", "moved", "home")
    return bool(view.in_clause(number.first, "jailed")) and not view.in_clause(number.first, *freed)


def _weigh_part(item: Candidate) -> None:
    """Some of those freed."""
    view, number = item.view, item.number
    ends = {number.first, number.last}
    if all(view.told_in(at).keys().isdisjoint(_PARTS) for at in ends):
        return
    part = view.before(number.first, 1, "including") or view.after(number.last, 1, "ofthem")
    if Mark.PART in item.marks and (_some_among(item) or among_those(item)):
        item.add(-6, "some of those freed")
    elif part or _of_all(item) or among_those(item):
        item.add(-2.5, "part")
    elif view.before(number.first, 1, "only"):
        item.add(-3, "only some")
    elif _some_among(item) or view.before(number.first, 3, "including"):
        item.add(-1.5, "part")


def _only_after(view: View, number: Number, *names: str) -> bool:
    return all(cue.first > number.last for cue in view.in_clause(number.first, *names))


def _one_of_all(view: View, number: Number) -> bool:
    """ "The only one of the 52 who would not go": they are all of them."""
    if number.value < _SEVERAL or not (view.before(number.first, 2, "of") or view.before(number.first, 1, "among")):
        return False
    return bool(view.before(number.first, _REACH, "lone")) and not view.in_clause(number.first, "back", "ago")


def _held(view: View, number: Number) -> bool:
    """Still inside? Not where the word only says "the remaining ones" of those freed."""
    held = held_near(view, number)
    if not held:
        return False
    denied = view.in_clause(number.first, "negation")
    if all(any(abs(cue.first - other.first) <= _REACH + 1 for other in denied) for cue in held):
        return False  # "eighteen will not see the feast behind bars"
    rest = {cue.first for cue in view.before(number.first, _REACH + 1, "rest")}
    return any(cue.first not in rest for cue in held) or not view.in_clause(number.first, "freed")


def held_near(view: View, number: Number) -> list[Cue]:
    """Words of captivity in the clause of a number that are no part of "leave the colony", and are told of no other
    number: in "after the release of 250 there are still 890 in prison" they are not told of the 250."""
    held, freed = view.in_clause(number.first, "held"), view.in_clause(number.first, "freed")
    if not held and stays_inside(view, number):
        return view.in_clause(number.first, "stay")
    if not held or not freed:
        return held
    leaves = [range(cue.first, cue.last + 1) for cue in freed]
    clause = view.clause[number.first]
    others = [one.first for one in view.numbers if one.kind == "count" and view.clause[one.first] == clause]
    first = number.first

    released = bool(view.before(first, 2, "freed"))  # "after the release of 123 there remain 1,110 inside"

    def of_other(cue: Cue) -> bool:
        if released and cue.first > first and any(other > cue.last for other in others):
            return True
        between = range(min(first, cue.first) + 1, max(first, cue.first))
        nearer = any(abs(other - cue.first) < abs(first - cue.first) for other in others)
        return nearer and any(word.first in between for word in freed)

    return [cue for cue in held if not any(cue.first in words for words in leaves) and not of_other(cue)]


def _weigh_wish(item: Candidate) -> None:
    """Promised, hoped for, asked for; perhaps in the clause before: "he promised that ..."."""
    view, number = item.view, item.number
    if view.asks(number.first) and not view.in_sentence(number.first, "asks"):
        item.add(-7, "a question")
    if "forecast" not in view.told_in(number.first):
        return  # all that follows asks for one in the sentence
    wishes = view.in_clause(number.first, "forecast")
    freed = view.in_clause(number.first, "freed")
    governed = freed and all(any(wish.first <= cue.first for wish in wishes) for cue in freed)
    if wishes and _allowed(item, wishes):
        item.add(0.5, "allowed")
    elif (wishes and (governed or view.before(number.first, 8, "forecast"))) or _that(view, number):
        item.add(-8, "forecast")
    elif wishes and not view.before(number.first, _REACH + 1, "thanks"):
        item.add(-2.5, "forecast after")
    elif view.before(number.first, 6, "forecast"):
        item.add(-2.5, "forecast of the clause")


def _allowed(item: Candidate, wishes: Sequence[Cue]) -> bool:
    """ "A decree is signed: sixteen can go home": what may happen is granted."""
    words = item.view.passage.folded
    may = all(cue.first == cue.last and words[cue.first] in small_words("may") for cue in wishes)
    return may and not item.number.bound and any(view.cues.get("signed") for view in item.views)


def _that(view: View, number: Number) -> bool:
    """ "He hopes, that by spring 200 come out": the clause is what a wish in the clause before it is about."""
    first, clause = number.first, view.clause[number.first]
    while first and view.clause[first - 1] == clause:
        first -= 1
    if not first or view.passage.folded[first] not in small_words("that"):
        return False
    return view.sentence_of(first - 1) == view.sentence_of(first) and bool(view.in_clause(first - 1, "forecast"))


def _opened_back(view: View, number: Number) -> bool:
    """ "Earlier in the month, 98 had been let go": a few words and a comma open the sentence and say when."""
    clause = view.clause[number.first]
    start = bisect_left(view.clause, clause)
    if not start or view.sentence_of(start - 1) != view.sentence_of(number.first):
        return False
    opening = bisect_left(view.clause, clause - 1)
    opens = not opening or view.sentence_of(opening - 1) != view.sentence_of(opening)
    if not opens or start - opening > _OPENING:
        return False
    return bool(view.in_clause(opening, "back")) and not view.in_clause(opening, "freed", "moved", "people", "home")


def _weigh_past(item: Candidate) -> None:
    """Told of an earlier release, or of all that an envoy has done so far."""
    view, number = item.view, item.number
    if _running(view, number) or _with_earlier(view, number):
        item.add(-7, "a running total")
    if view.told_in(number.first).keys().isdisjoint(_PAST):
        return
    if _what_came_before(view, number):
        item.add(-4, "after those", Mark.AFTER)
    elif view.in_clause(number.first, "ago") or _long_ago(view, number):
        item.add(-7, "earlier, years ago", Mark.LONG_AGO)
    elif _opened_back(view, number):
        item.add(-2, "earlier, says the opening", Mark.EARLIER)
    elif view.in_clause(number.first, "back"):
        item.add(-9 if _one_of(view, number) and _months_ago(view, number) else -2, "earlier", Mark.EARLIER)
    elif view.in_clause(number.first, "already"):
        total = number.value % 50 == 0 and any(one.cues.get("envoy") for one in item.views)
        item.add(-3 if total else -1, "already")


def _what_came_before(view: View, number: Number) -> bool:
    """ "After the 52", in German not "sechs nach Riga, dreißig nach Kiew", where "nach" has its country."""
    places = {cue.first for cue in places_in(view.told_in(number.first))}
    return any(cue.last + 1 not in places for cue in view.before(number.first, 2, "after"))


def _with_earlier(view: View, number: Number) -> bool:
    """ "Counting earlier decisions, 156 have been let go": said before the number, in its sentence."""
    return any(cue.last < number.first for cue in view.in_sentence(number.first, "tally"))


def _long_ago(view: View, number: Number) -> bool:
    """ "Those let out a year ago: five of 14 work again": the release that the sentence tells of was years ago."""
    told = view.in_sentence(number.first, "freed", "moved")
    here = view.in_clause(number.first, "freed", "moved")
    return bool(told) and not here and all(view.in_clause(cue.first, "ago") for cue in told)


def _running(view: View, number: Number) -> bool:
    """ "Since July 2024 more than 300 have been freed", "300 in all since the summer": told of all releases so far.

    Not "52 freed in the largest release since 2020", where the year only says since when there was none like it.
    """
    if view.in_sentence(number.first, "since") and view.in_sentence(number.first, "total"):
        return True
    if not view.years:
        return False
    sentence = view.sentence_of(number.first)
    return any(
        (one.first < number.first or number.bound == "over") and _since(view, one)
        for one in view.numbers
        if one.kind == "year" and view.sentence_of(one.first) == sentence
    )


def _since(view: View, year: Number) -> bool:
    """Does "since" or "from" stand before a year, at most with a month and a day between?"""
    words = view.passage.folded[max(0, year.first - _REACH) : year.first]
    return any(word in small_words("since") for word in words) and view.sentence_of(
        max(0, year.first - 1)
    ) == view.sentence_of(year.first)


def _months_ago(view: View, number: Number) -> bool:
    """Is a month named that it was in, not only "last week" or "two days ago"?"""
    words, lately = view.passage.folded, tuple(small_words("lately"))
    cues = view.in_clause(number.first, "back")
    return not any(words[at].startswith(lately) for cue in cues for at in range(cue.first, cue.last + 1))


def _one_of(view: View, number: Number) -> bool:
    """ "One of the 52 freed in September": one stands before the number, and the news is of him or her."""
    first, words = number.first, view.passage.folded
    return any(
        words[at] in _ones() and view.sentence_of(at) == view.sentence_of(first)
        for at in range(max(0, first - _REACH - 1), first)
    )


@cache
def _ones() -> frozenset[str]:
    return frozenset(word for word, rows in meanings().items() if any(row.value == 1 for row in rows))


def appointed(view: View) -> bool:
    """Is the news that somebody becomes envoy? Then the numbers tell what was done before."""
    return any(
        view.sentence_of(cue.first) == 0 and abs(envoy.first - cue.last) <= _REACH + 2
        for cue in view.all("appoint")
        for envoy in view.in_sentence(cue.first, "envoy")
    )


def _of_all(item: Candidate) -> bool:
    """ "fifteen of the pardoned", with no number after "of"; not "eleven from Belarus", "thirty-three of the list"."""
    view = item.view
    for cue in view.after(item.number.last, 1, "of"):
        following = range(cue.last + 1, cue.last + 5)
        wholes = view.in_clause(cue.first, "freed", "people", "part", "moved")
        if view.numbered.isdisjoint(following) and any(whole.first in following for whole in wholes):
            return True
    return False


def among_those(item: Candidate) -> bool:
    """ "Among those taken away are six Lithuanians": between "among" and the number stands the whole."""
    view, first = item.view, item.number.first
    among = view.in_clause(first, "among")
    if not among or view.before(first, 1, "among"):
        return False
    wholes = [cue.first for cue in view.in_clause(first, "freed", "moved", "people")]
    counted = [number.first for number in view.numbers]
    return any(
        any(cue.last < whole < first for whole in wholes) and not any(cue.last < other < first for other in counted)
        for cue in among
    )


def _some_among(item: Candidate) -> bool:
    """ "Two nationals are among those let out": the whole stands after the part, and is no number."""
    view, number = item.view, item.number
    for cue in view.after(number.last, _REACH + 1, "among"):
        following = range(cue.last + 1, cue.last + _REACH + 1)
        wholes = [
            whole for whole in view.in_sentence(cue.first, "freed", "moved", "people") if whole.first in following
        ]
        if wholes and not any(one.first in following for one in view.numbers):
            return True
    return False


def _surely_freed(view: View, number: Number) -> bool:
    """Freed in the same clause, and nothing there speaks of wishes or of those left."""
    doubts = view.in_clause(number.first, "talk", "others", "held") or view.in_sentence(number.first, "forecast")
    return bool(view.in_clause(number.first, "freed")) and not doubts
