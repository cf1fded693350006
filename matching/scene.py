"""A text laid out for the facts: its numbers, cue words, persons and clauses, passage by passage."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from itertools import compress, count, islice
from operator import ne

from matching.cues import Cue, Cues, languages, pack_languages, phrases, read_table
from matching.lexicon import Found
from matching.longfree import NAMED
from matching.numbers import Number, find_numbers
from matching.reading import Reading
from matching.text import Passage

MOST_WORDS = 2000  # words of a passage that the facts are read from; news are shorter
_NONE: list[Cue] = []  # never changed
_by_name: Callable[[], dict[str, list[Cue]]] = partial(defaultdict, list)
_new = tuple.__new__  # what a named tuple's own constructor does, at a third of its cost
_Placed = dict[int, dict[str, list[Cue]]]  # number of the sentence -> list name -> cues; not to be changed
_BREAK = re.compile(r"[,;:–—()«»„“”\"-]")  # what ends a clause, between two words; a hyphen with spaces around it


@dataclass(frozen=True, slots=True)
class View:
    """A passage with what was found in it. `clause[i]` numbers the clause of token i; `cues` are by list name."""

    passage: Passage
    numbers: tuple[Number, ...]
    cues: dict[str, tuple[Cue, ...]]
    persons: tuple[Found, ...]
    clause: Sequence[int]
    by_sentence: _Placed
    sentences: Sequence[int]  # of the passage: one number for each word
    numbered: frozenset[int]  # words with which a number begins
    lasting: frozenset[int]  # clauses with a measure
    years: frozenset[int]  # clauses with a year
    questions: frozenset[int]  # sentences that end with a question mark

    def all(self, *names: str) -> Iterator[Cue]:
        """Cues of the named lists, list by list."""
        for name in names:
            yield from self.cues.get(name, ())

    def sentence_of(self, index: int) -> int:
        return self.sentences[index]

    def in_clause(self, index: int, *names: str) -> list[Cue]:
        """Cues of the lists that begin or end in the clause of a word, which is part of its sentence."""
        cues = self.by_sentence.get(self.sentences[index])
        if cues is None:
            return _NONE
        clauses = self.clause
        clause = clauses[index]
        found = _NONE
        for name in names:
            for cue in cues.get(name, _NONE):
                if clauses[cue.first] == clause or clauses[cue.last] == clause:
                    found = [*found, cue]
        return found

    def in_sentence(self, index: int, *names: str) -> list[Cue]:
        """Cues of the lists in the sentence of a token."""
        cues = self.by_sentence.get(self.sentences[index])
        if cues is None:
            return _NONE
        if len(names) == 1:
            return cues.get(names[0], _NONE)
        return [cue for name in names for cue in cues.get(name, _NONE)]

    def told_in(self, index: int) -> Mapping[str, Sequence[Cue]]:
        """All cues of the sentence of a token, by the names of their lists."""
        return self.by_sentence.get(self.sentences[index], {})

    def asks(self, index: int) -> bool:
        """Does the sentence of a token end as a question? Not where there is none, as in a title that is empty."""
        return index < len(self.sentences) and self.sentences[index] in self.questions

    def lasted(self, index: int) -> bool:
        """Is a length of time told in the clause of a token, as in "1,613 days behind bars"?"""
        return self.clause[index] in self.lasting

    def dated(self, index: int) -> bool:
        """Does a year stand in the clause of a token, as in "held since 2024"?"""
        return self.clause[index] in self.years

    def before(self, index: int, reach: int, *names: str) -> list[Cue]:
        """Cues that end within `reach` words before one, in its sentence; not to be changed."""
        cues = self.by_sentence.get(self.sentences[index])
        if cues is None:
            return _NONE
        found = _NONE
        for name in names:
            for cue in cues.get(name, _NONE):
                if 0 < index - cue.last <= reach:
                    found = [*found, cue]
        return found

    def after(self, index: int, reach: int, *names: str) -> list[Cue]:
        """Cues that begin within `reach` words after one, in its sentence; not to be changed."""
        cues = self.by_sentence.get(self.sentences[index])
        if cues is None:
            return _NONE
        found = _NONE
        for name in names:
            for cue in cues.get(name, _NONE):
                if 0 < cue.first - index <= reach:
                    found = [*found, cue]
        return found

    def text(self, first: int, last: int) -> str:
        """The words from token `first` to token `last` as they stand."""
        return self.passage.text[self.passage.starts[first] : self.passage.ends[last]]


@dataclass(frozen=True, slots=True)
class Scene:
    """Title and body of a text, the languages it may be in, and when it was published, if that is known."""

    title: View
    body: View
    langs: tuple[str, ...]
    sure: bool = False  # is a release what the text as a whole is about?
    when: datetime | None = None

    @property
    def views(self) -> tuple[View, View]:
        return self.title, self.body

    def any(self, *names: str) -> bool:
        """Does a cue of the lists stand anywhere?"""
        return any(view.cues.get(name) for view in self.views for name in names)


def set_scene(reading: Reading, *, sure: bool = False) -> Scene:
    """Lay a reading out. Persons are those that the lexicon found; a person named twice stands twice. `sure` says that
    the topics of the text make it one about a release."""
    langs = languages([reading.title, reading.body], reading.lang)
    title, body = _view(reading.title, reading, langs), _view(reading.body, reading, langs)
    return Scene(title, body, langs, sure, reading.when)


def _view(passage: Passage, reading: Reading, langs: tuple[str, ...]) -> View:
    passage = passage.cut(MOST_WORDS)
    cues: dict[str, list[Cue]] = defaultdict(list)
    for cue in _cues().find(passage, langs):
        cues[cue[0]].append(cue)
    for cue in _on_their_ground(cues, passage):
        cues[cue[0]].append(cue)
    shared: dict[str, str] = read_table("facts")["concepts"]
    where = passage.where
    persons: list[Found] = []
    for found in reading.found:  # by number: fields of a named tuple take twice as long to read
        if found[1] != where or found[4] >= MOST_WORDS:
            continue
        name = shared.get(found[0])
        if name:
            cues[name].append(_new(Cue, (name, found[3], found[4])))
        elif found[9] and found[0].startswith(NAMED):
            persons.append(found)
    numbers = find_numbers(passage, reading.lang, langs)
    by_sentence: _Placed = defaultdict(_by_name)
    sentences, clauses = passage.sentences, _clauses(passage)
    for name, items in cues.items():
        for cue in items:
            by_sentence[sentences[cue[1]]][name].append(cue)
    return View(
        passage,
        numbers,
        {name: tuple(items) for name, items in cues.items()},
        tuple(persons),
        clauses,
        by_sentence,
        sentences,
        frozenset(number.first for number in numbers),
        frozenset(clauses[number.first] for number in numbers if number.kind == "measure"),
        frozenset(clauses[number.first] for number in numbers if number.kind == "year"),
        frozenset(_questions(passage)),
    )


def _questions(passage: Passage) -> Iterator[int]:
    """The sentences after whose last word a question mark stands."""
    sentences, ends, text = passage.sentences, passage.ends, passage.text
    if "?" not in text:
        return
    for last in (*compress(count(), map(ne, sentences, islice(sentences, 1, None))), len(sentences) - 1):
        if sentences and "?" in text[ends[last] : ends[last] + 3]:
            yield sentences[last]


def _on_their_ground(cues: Mapping[str, Sequence[Cue]], passage: Passage) -> list[Cue]:
    """ "The Lithuanian capital", "sol polonais", "of Ukrainian doctors": a country's adjective beside what people are
    taken to there."""
    grounds = cues.get("ground")
    if not grounds:
        return []
    sentences = passage.sentences
    found = []
    for name, lands in cues.items():
        if name.startswith("land:"):
            for land in lands:
                for ground in grounds:
                    first, last = sorted((land.first, ground.first))
                    if last - first == 1 and sentences[first] == sentences[last]:
                        found.append(_new(Cue, (f"place:{name[5:]}", first, max(land.last, ground.last))))
    return found


def _clauses(passage: Passage) -> list[int]:
    """The number of the clause of every word: a new one begins with a sentence and after what ends a clause."""
    starts, ends, sentences = passage.starts, passage.ends, passage.sentences
    text = passage.text
    begins = set(compress(count(1), map(ne, sentences, islice(sentences, 1, None))))
    for match in _BREAK.finditer(text, 0, ends[-1] if ends else 0):
        place = match.start()
        if text[place] == "-" and not (place and text[place - 1].isspace() and text[place + 1 : place + 2].isspace()):
            continue
        following = bisect_right(starts, place)
        if 0 < following < len(starts) and ends[following - 1] <= place:
            begins.add(following)
    clauses: list[int] = []
    for clause, begin in enumerate((*sorted(begins), len(starts))):
        clauses += [clause] * (begin - len(clauses))
    return clauses


@cache
def _cues() -> Cues:
    table = read_table("facts")
    lists = {lang: {name: phrases(text) for name, text in table[lang].items()} for lang in pack_languages()}
    for lang, days in read_table("stories")["weekdays"].items():
        lists[lang] |= {f"weekday:{number}": phrases(text) for number, text in enumerate(days)}
    lists["any"] = {f"place:{place}": phrases(text) for place, text in table["places"].items()}
    lists["any"] |= {f"people of:{place}": phrases(text) for place, text in table["peoples"].items()}
    lists["any"] |= {f"object:{key}": phrases(text) for key, text in table["objects"].items()}
    lists["any"] |= {f"subject:{key}": phrases(text) for key, text in read_table("stories")["subjects"].items()}
    lists["any"] |= {f"land:{place}": phrases(text) for place, text in table["lands"].items()}
    lists["any"] |= {f"body:{place}": phrases(text) for place, text in table["bodies"].items()}
    lists["any"]["ground"] = phrases(table["grounds"]["words"])
    lists["any"]["welcome"] = phrases(read_table("stories")["welcome"]["words"])
    lists["any"]["not_place"] = phrases(table["not_places"]["words"])
    lists["any"]["state"] = phrases(table["state"]["words"])
    lists["any"]["office"] = phrases(table["offices"]["words"])
    return Cues(lists)
