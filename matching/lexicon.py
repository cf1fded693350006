"""The packs, compiled: finds in a passage every concept and person that they describe, with place and pattern.

A word is looked up once and remembered (bounded); all that depends on the neighbours or on capitals is decided per
passage. Nothing here knows topics' scores: see matching.topics.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from core.errors import PackError
from matching.lint import CompiledPacks, compile_packs
from matching.numbers import number_words
from matching.packfile import pack_paths
from matching.patterns import Element, Pattern
from matching.persons import NameHits, NameIndex, Person
from matching.text import Passage, Token
from matching.topics import Topic

MAX_HITS = 3_000  # telling words looked at per passage: ten times the longest article
_REMEMBERED = 30_000  # words whose look-up is kept, about 6 MB
_CENTURIES = frozenset(("19", "20"))
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


@dataclass(frozen=True, slots=True)
class _Word:
    """What a folded word can be: whole patterns, first words of longer ones, and names."""

    whole: tuple[Pattern, ...]
    begin: tuple[tuple[Pattern, str], ...]  # with the stem that the next word must begin with, "" after a gap
    names: NameHits | None


class Scan(NamedTuple):
    """A passage looked up: its concepts, and the capitalised words that may be names, by token index."""

    passage: Passage
    concepts: list[Found]
    names: dict[int, NameHits]


_PLACE = itemgetter(3, 4, 0)  # first token, last token, concept


class Lexicon:
    """Compiled packs. Immutable but for the memory of words looked up; safe to share within one event loop."""

    def __init__(self, packs: CompiledPacks, version: str = "") -> None:
        self.version = version
        self.topics: Mapping[str, Topic] = packs.topics
        self.concepts: Mapping[str, tuple[Pattern, ...]] = packs.concepts
        self.persons: Mapping[str, Person] = {person.id: person for person in packs.persons}
        self.sources: Mapping[str, tuple[str, ...]] = packs.sources
        self.warnings: tuple[str, ...] = tuple(packs.warnings)
        self._stems: dict[str, list[Pattern]] = defaultdict(list)
        for patterns in packs.concepts.values():
            for pattern in patterns:
                self._stems[pattern.elements[0].stem].append(pattern)
        self._longest = max(map(len, self._stems), default=0)
        self._names = NameIndex(packs.persons, packs.cognates)
        self._words: dict[str, _Word | None] = {}

    def find(self, passage: Passage, *, context: bool = False) -> tuple[Found, ...]:
        """Everything the packs know in a passage, in order of place. `context` says that the text is known to be about
        Belarus, which lets weak names count."""
        return self.complete(self.scan(passage), context=context)

    def scan(self, passage: Passage) -> Scan:
        """Find what needs no context: all concepts, and the words that may be names."""
        words = self._words
        folded = [token.folded for token in passage.tokens]
        new = set(folded).difference(words)
        if len(words) + len(new) > _REMEMBERED:
            words.clear()
            new = set(folded)
        for form in new:
            words[form] = self._look_up(form)
        hits = [
            (token, word)
            for token, word in zip(passage.tokens, map(words.get, folded), strict=True)
            if word is not None
        ]
        del hits[MAX_HITS:]
        names = {token.index: word.names for token, word in hits if word.names is not None and _capital(token)}
        return Scan(passage, self._find_concepts(passage, hits) if hits else [], names)

    def complete(self, scan: Scan, *, context: bool) -> tuple[Found, ...]:
        """Add the persons to a scan; everything in order of place."""
        if not scan.concepts and not scan.names:
            return ()
        found = [*scan.concepts, *self._find_persons(scan, context)]
        found.sort(key=_PLACE)
        return tuple(found)

    def _look_up(self, folded: str) -> _Word | None:
        whole: list[Pattern] = [_NUMBER] if _is_count(folded) else []
        begin: list[tuple[Pattern, str]] = []
        for size in range(min(len(folded), self._longest), 0, -1):
            for pattern in self._stems.get(folded[:size], ()):
                if len(folded) - size <= pattern.elements[0].extra:
                    if len(pattern.elements) == 1:
                        whole.append(pattern)
                    else:
                        begin.append((pattern, "" if pattern.gaps[1] else pattern.elements[1].stem))
        names = self._names.look_up(folded)
        return _Word(_longest_win(whole), tuple(begin), names) if whole or begin or names else None

    def _find_concepts(self, passage: Passage, hits: Sequence[tuple[Token, _Word]]) -> list[Found]:
        found: list[Found] = []
        barred: list[tuple[str, int, int]] = []
        seen: set[tuple[str, int]] = set()
        tokens = passage.tokens
        for token, word in hits:
            if word.begin:
                following = tokens[token.index + 1].folded if token.index + 1 < len(tokens) else ""
                for pattern, stem in word.begin:
                    if following.startswith(stem) and following:
                        self._find_phrase(passage, token, pattern, found, barred, seen)
            for pattern in word.whole:
                element = pattern.elements[0]
                if (element.exact or element.accents) and not element.fits_exactly(token.text):
                    continue
                if (pattern.concept, token.index) in seen:
                    continue
                seen.add((pattern.concept, token.index))
                if not pattern.negative:
                    found.append(_found(passage, pattern.concept, token.index, token.index, pattern.source))
        if barred:
            found = [
                item
                for item in found
                if not any(
                    concept == item.concept and first <= item.last and item.first <= last
                    for concept, first, last in barred
                )
            ]
        return found

    def _find_phrase(
        self,
        passage: Passage,
        token: Token,
        pattern: Pattern,
        found: list[Found],
        barred: list[tuple[str, int, int]],
        seen: set[tuple[str, int]],
    ) -> None:
        element = pattern.elements[0]
        if (element.exact or element.accents) and not element.fits_exactly(token.text):
            return
        last = pattern.find_end(passage.tokens, token.index)
        if last < 0:
            return
        if pattern.negative:
            barred.append((pattern.concept, token.index, last))
        elif (pattern.concept, token.index) not in seen:
            seen.add((pattern.concept, token.index))
            found.append(_found(passage, pattern.concept, token.index, last, pattern.source))

    def _find_persons(self, scan: Scan, context: bool) -> list[Found]:
        if not scan.names:
            return []
        by_sentences = frozenset(item.sentence for item in scan.concepts if item.concept in COUNTRY)
        found: list[Found] = []
        for sighting in self._names.sight(scan.passage.tokens, scan.names, context, by_sentences):
            person = sighting.person
            source = f"name:{person.id} {person.source}"
            for concept in (f"person.{person.id}", f"role.{person.role}", *(("by_person",) if person.by else ())):
                found.append(_found(scan.passage, concept, sighting.first, sighting.last, source, person.id))
        return found


_NUMBER = Pattern("number", (Element(""),), (False,), False, "any:number")


def _is_count(folded: str) -> bool:
    """Whether a word can count people: a number word, or 2 to 9999 without the years around now."""
    if folded in number_words():
        return len(folded) >= (4 if folded.isascii() else 3)
    if not folded.isdecimal() or len(folded) > 4 or folded[0] == "0" or folded == "1":
        return False
    return len(folded) < 4 or folded[:2] not in _CENTURIES


def _capital(token: Token) -> bool:
    return not token.text[0].islower()


def _longest_win(patterns: list[Pattern]) -> tuple[Pattern, ...]:
    """Per concept, the pattern with the longest stem first: it decides between a word and its exception."""
    return tuple(sorted(patterns, key=lambda pattern: (-len(pattern.elements[0].stem), not pattern.negative)))


def _found(passage: Passage, concept: str, first: int, last: int, pattern: str, person: str = "") -> Found:
    start, end = passage.tokens[first].start, passage.tokens[last].end
    sentence = passage.tokens[first].sentence
    return Found(concept, passage.where, sentence, first, last, passage.text[start:end], pattern, start, end, person)


def load_lexicon(paths: Sequence[Path] | None = None) -> Lexicon:
    """Read and compile packs: the shipped ones, or the files and folders given. PackError lists every fault."""
    files = pack_paths(paths)
    if not files:
        raise PackError([f"no pack found in {', '.join(str(path) for path in paths or ())}"])
    packs = compile_packs(files)
    if packs.faults:
        raise PackError(packs.faults)
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return Lexicon(packs, digest.hexdigest()[:12])


def reload(current: Lexicon, paths: Sequence[Path] | None = None) -> tuple[Lexicon, tuple[str, ...]]:
    """A newly compiled lexicon and no faults, or the current one and the faults of the new packs."""
    try:
        return load_lexicon(paths), ()
    except PackError as error:
        return current, error.faults
