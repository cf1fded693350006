"""The packs, compiled: finds in a passage every concept and person that they describe, with place and pattern.

A word is looked up once and remembered (bounded); all that depends on the neighbours or on capitals is decided per
passage. Nothing here knows topics' scores: see matching.topics.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import PackError
from matching.lint import CompiledPacks, compile_packs
from matching.numberwords import LABEL_SIGNS, UNIT_SIGNS, is_number_word
from matching.packfile import pack_paths
from matching.patterns import Element, Pattern
from matching.persons import NameHits, NameIndex, Person
from matching.phrases import Phrase, phrase_of
from matching.stems import Stems
from matching.text import Memory, Passage
from matching.topics import Topic

MAX_HITS = 3_000  # telling words looked at per passage: ten times the longest article
_REMEMBERED = 20_000  # words whose look-up is kept, and as many from before: about 6 MB
_CENTURIES = frozenset(("19", "20"))
_latest: dict[tuple[tuple[Path, ...], str], Lexicon] = {}  # one: the last that was made
COUNTRY = frozenset(("belarus", "minsk", "place", "firm"))  # concepts that let a weak name count


class Found(NamedTuple):
    """A concept (or "person.ID", "role.ROLE", "by_person") in a passage.

    `first` and `last` are token indices inclusive, `start` and `end` character offsets into the passage's text.
    """

    concept: str
    where: str
    sentence: int
    first: int
    last: int
    text: str
    pattern: str
    start: int
    end: int
    person: str = ""


Concepts = tuple[tuple[str, str], ...]  # concepts, each with its pattern


class Word(NamedTuple):
    """What a folded word can be: whole patterns, the rarest word of longer ones, and names.

    `sure` has the concepts that it is however it is written, with the pattern of each; None when `whole` holds
    patterns that ask for capitals or accents.
    """

    sure: Concepts | None
    whole: tuple[Pattern, ...]
    within: tuple[Phrase, ...]
    names: NameHits | None


class Scan(NamedTuple):
    """A passage looked up: the concepts, and the capitalised words that may be names, by number of the word."""

    passage: Passage
    concepts: list[Found]
    names: dict[int, NameHits]


_Hits = Sequence[tuple[int, Word]]  # words that tell something, with their numbers in the passage
_PLACE = itemgetter(3, 4, 0)  # first token, last token, concept
_SECOND = itemgetter(1)
_new = tuple.__new__  # what a named tuple's own constructor does, at a third of its cost


class Lexicon:
    """Compiled packs. Immutable but for the memory of words looked up; safe to share within one event loop.

    `words` has what each folded word can be, None for most; ask it for any word.
    """

    def __init__(self, packs: CompiledPacks, version: str = "") -> None:
        self.version = version
        self.topics: Mapping[str, Topic] = packs.topics
        self.wordings = packs.wordings
        self.concepts: Mapping[str, tuple[Pattern, ...]] = packs.concepts
        self.persons: Mapping[str, Person] = {person.id: person for person in packs.persons}
        self.freed: Mapping[str, date] = {person.id: person.freed for person in packs.persons if person.freed}
        self.sources: Mapping[str, tuple[str, ...]] = packs.sources
        self.warnings: tuple[str, ...] = tuple(packs.warnings)
        self._stems: Stems[Pattern | Phrase] = Stems()  # of one word: patterns; of several, at their rarest: phrases
        for number, pattern in enumerate(chain.from_iterable(packs.concepts.values())):
            if len(pattern.elements) == 1:
                self._stems.add(pattern.elements[0].stem, pattern)
            else:
                phrase = phrase_of(pattern, number)
                self._stems.add(phrase.rarest.stem, phrase)
        self._names = NameIndex(packs.persons, packs.cognates)
        self._told_of = {person.id: _told_of(person) for person in packs.persons}
        self.words: Memory[Word | None] = Memory(self._look_up, _REMEMBERED)

    def find(self, passage: Passage, *, context: bool = False) -> tuple[Found, ...]:
        """Everything the packs know in a passage, in order of place. `context` says that the text is known to be about
        Belarus, which lets weak names count."""
        return self.complete(self.scan(passage), context=context)

    def scan(self, passage: Passage) -> Scan:
        """Find what needs no context: all concepts, and the words that may be names."""
        looked_up: Iterable[Any] = enumerate(map(self.words.__getitem__, passage.folded))
        hits: list[tuple[int, Word]] = list(filter(_SECOND, looked_up))
        del hits[MAX_HITS:]
        names = {
            index: word.names
            for index, word in hits
            if word.names is not None and not passage.text[passage.starts[index]].islower()
        }
        return Scan(passage, _find_concepts(passage, hits) if hits else [], names)

    def complete(self, scan: Scan, *, context: bool, roles: frozenset[str] = frozenset()) -> tuple[Found, ...]:
        """Add the persons to a scan; everything in order of place. Weak names of persons of `roles` count."""
        if not scan.concepts and not scan.names:
            return ()
        found = [*scan.concepts, *self._find_persons(scan, context, roles)]
        found.sort(key=_PLACE)
        return tuple(found)

    def _look_up(self, folded: str) -> Word | None:
        whole: list[Pattern] = [_NUMBER] if _is_count(folded) else []
        within: list[Phrase] = []
        for size, values in self._stems.look_up(folded):
            more = len(folded) - size
            for value in values:
                if isinstance(value, Phrase):
                    if more <= value.rarest.extra:
                        within.append(value)
                elif more <= value.elements[0].extra:
                    whole.append(value)
        names = self._names.look_up(folded)
        if not (whole or within or names):
            return None
        best_first = _longest_win(whole)
        return Word(_sure(best_first), best_first, tuple(within), names)

    def _find_persons(self, scan: Scan, context: bool, roles: frozenset[str]) -> list[Found]:
        if not scan.names:
            return []
        by_sentences = frozenset(item.sentence for item in scan.concepts if item.concept in COUNTRY)
        found: list[Found] = []
        for sighting in self._names.sight(scan.passage.sentences, scan.names, context, by_sentences, roles):
            person = sighting.person
            concepts, source = self._told_of[person.id]
            for concept in concepts:
                found.append(_found(scan.passage, concept, sighting.first, sighting.last, source, person.id))
        return found


_NUMBER = Pattern("number", (Element(""),), (False,), False, "any:number")
_THINGS = "things"  # a concept of packs: what is counted and is nobody, so a number right before it counts no people
_JOINTS = " \u00a0\u202f-\u2010\u2011\u2013"  # between a number and what it counts: 60-metre, 110–140 roubles
# A24, Ил-76; degrees below zero
_IN_A_NAME = re.compile(r"(?:\b[A-ZА-Я][A-ZА-Яа-я]{0,2}-|\b[A-ZА-Я]{1,3}|\b(?i:минус|мінус|minus|плюс|plus)\s)$")


def _is_count(folded: str) -> bool:
    """Whether a word can count people: a number word, or 2 to 9999 without the years around now."""
    if is_number_word(folded):
        return len(folded) >= (4 if folded.isascii() else 3)
    if not folded.isdecimal() or len(folded) > 4 or folded[0] == "0" or folded == "1":
        return False
    return len(folded) < 4 or folded[:2] not in _CENTURIES


def _find_concepts(passage: Passage, hits: _Hits) -> list[Found]:
    """Concepts in the words that tell something; for every first word of a concept one pattern."""
    found: list[Found] = []
    known: set[tuple[str, int]] = set()
    barred: list[tuple[str, int, int]] = []
    for phrase, first, last in _phrases(passage, hits):
        pattern = phrase.pattern
        if pattern.negative:
            barred.append((pattern.concept, first, last))
        elif (pattern.concept, first) not in known:
            known.add((pattern.concept, first))
            found.append(_found(passage, pattern.concept, first, last, pattern.source))
    where, text, sentences = passage.where, passage.text, passage.sentences
    starts, ends = passage.starts, passage.ends
    for index, word in hits:
        concepts = word.sure
        if concepts is None:
            concepts = concepts_of(word, passage.word(index))
        if concepts:
            start, end = starts[index], ends[index]
            for concept, source in concepts:
                if not known or (concept, index) not in known:
                    row = (concept, where, sentences[index], index, index, text[start:end], source, start, end, "")
                    found.append(_new(Found, row))
    barred += _no_counts(passage, found)
    if not barred:
        return found
    told = {concept for concept, _, _ in barred}
    return [item for item in found if item[0] not in told or not _is_barred(item, barred)]


def _no_counts(passage: Passage, found: Sequence[Found]) -> Iterator[tuple[str, int, int]]:
    """Numbers that count no people: those right before things or before such a number ("95 thousand roubles", "110–140
    roubles"), those with a sign of a unit or a label, degrees below or above zero, and numbers in a name ("A24")."""
    numbers = [item for item in found if item.concept == _NUMBER.concept]
    if not numbers:
        return
    followers = {item.first: item.start for item in found if item.concept == _THINGS}
    text = passage.text
    for item in sorted(numbers, key=lambda item: item.first, reverse=True):  # the last first: it tells of those before
        before, after = (
            text[max(0, item.start - 2) : item.start].rstrip()[-1:],
            text[item.end : item.end + 2].lstrip()[:1],
        )
        follower = followers.get(item.last + 1)
        of_things = follower is not None and not text[item.end : follower].strip(_JOINTS)
        named = text[item.start].isdigit() and _IN_A_NAME.search(text, max(0, item.start - 8), item.start) is not None
        if of_things or named or after in UNIT_SIGNS or before in UNIT_SIGNS or before in LABEL_SIGNS:
            followers.setdefault(item.first, item.start)
            yield _NUMBER.concept, item.first, item.last


def _phrases(passage: Passage, hits: _Hits) -> list[tuple[Phrase, int, int]]:
    """The phrases that stand in a passage with their first and last words, in the order in which they count."""
    folded = passage.folded
    standing: dict[tuple[int, int], tuple[Phrase, int, int]] = {}
    for index, word in hits:
        within = word.within
        if not within:
            continue
        previous = folded[index - 1]
        following = folded[index + 1] if index + 1 < len(folded) else ""
        for phrase in within:
            if previous.startswith(phrase.before) and following.startswith(phrase.after):
                for first, last in phrase.stands(passage, index):
                    standing[first, phrase.rank] = phrase, first, last
    return [standing[key] for key in sorted(standing)]


def _is_barred(item: Found, barred: Sequence[tuple[str, int, int]]) -> bool:
    return any(concept == item.concept and first <= item.last and item.first <= last for concept, first, last in barred)


def _longest_win(patterns: list[Pattern]) -> tuple[Pattern, ...]:
    """Per concept, the pattern with the longest stem first: it decides between a word and its exception."""
    return tuple(sorted(patterns, key=lambda pattern: (-len(pattern.elements[0].stem), not pattern.negative)))


def concepts_of(word: Word, written: str) -> Concepts:
    """The concepts that a word is by itself, with the pattern of each, when it is written so."""
    if word.sure is not None:
        return word.sure
    fitting = (pattern for pattern in word.whole if pattern.elements[0].fits_exactly(written))
    return _sure(fitting, lasting=False) or ()


def _sure(patterns: Iterable[Pattern], *, lasting: bool = True) -> Concepts | None:
    """Concepts, each with its pattern, that a word is by patterns that fit it; the first of a concept decides. None if
    that hangs on how it is written, when it is to be remembered (`lasting`)."""
    first: dict[str, Pattern] = {}
    for pattern in patterns:
        element = pattern.elements[0]
        if lasting and (element.exact or element.accents):
            return None
        first.setdefault(pattern.concept, pattern)
    return tuple((pattern.concept, pattern.source) for pattern in first.values() if not pattern.negative)


def _told_of(person: Person) -> tuple[tuple[str, ...], str]:
    """The concepts that somebody named is, and their pattern."""
    concepts = f"person.{person.id}", f"role.{person.role}", *(("by_person",) if person.by else ())
    return concepts, f"name:{person.id} {person.source}"


def _found(passage: Passage, concept: str, first: int, last: int, pattern: str, person: str = "") -> Found:
    start, end = passage.starts[first], passage.ends[last]
    text = passage.text[start:end]
    row = (concept, passage.where, passage.sentences[first], first, last, text, pattern, start, end, person)
    return _new(Found, row)


def load_lexicon(paths: Sequence[Path] | None = None) -> Lexicon:
    """Read and compile packs: the shipped ones, or the files and folders given. PackError lists every fault.

    Files that are as they were for the last lexicon give that one again: it costs a second to make, and a start asks
    for it twice, once to check the configuration.
    """
    files = pack_paths(paths)
    if not files:
        raise PackError([f"{', '.join(map(str, paths or ()))}: no pack found; packs are files NAME.toml."])
    version = _version(files)
    if (known := _latest.get((files, version))) is not None:
        return known
    packs = compile_packs(files)
    if packs.faults:
        raise PackError(packs.faults)
    made = Lexicon(packs, version[:12])
    _latest.clear()
    _latest[files, version] = made
    return made


def _version(files: Sequence[Path]) -> str:
    """A checksum over what stands in the files, without those that cannot be read: of these compiling tells."""
    digest = hashlib.sha256()
    for file in files:
        with suppress(OSError):
            digest.update(file.read_bytes())
    return digest.hexdigest()
