"""The packs, compiled: finds in a passage every concept and person that they describe, with place and pattern.

A word is looked up once and remembered (bounded); all that depends on the neighbours or on capitals is decided per
passage. Nothing here knows topics' scores: see matching.topics.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import PackError
from matching.lint import CompiledPacks, compile_packs
from matching.numbers import number_words
from matching.packfile import pack_paths
from matching.patterns import Element, Pattern
from matching.persons import NameHits, NameIndex, Person
from matching.phrases import Phrase, PhraseIndex, chunks_around
from matching.text import Chunk, Memory, Passage, Token, read_chunk
from matching.topics import Topic

MAX_HITS = 3_000  # telling words looked at per passage: ten times the longest article
_REMEMBERED = 30_000  # words, and chunks of text, whose look-up is kept: about 6 MB each
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


class _Word(NamedTuple):
    """What a folded word can be: whole patterns, the rarest word of longer ones, and names."""

    whole: tuple[Pattern, ...]
    within: tuple[Phrase, ...]
    names: NameHits | None


class _Tell(NamedTuple):
    """What a chunk of text is read for: it is not one plain word, or it may tell something (`telling`)."""

    chunk: Chunk
    telling: bool
    within: tuple[Phrase, ...]  # of all its words


class Scan(NamedTuple):
    """A passage looked up: the tokens that tell something, the concepts, and the capitalised words that may be names,
    by token index."""

    passage: Passage
    tokens: Sequence[Token]
    concepts: list[Found]
    names: dict[int, NameHits]


_PLACE = itemgetter(3, 4, 0)  # first token, last token, concept
_NUMBER_OF = itemgetter(0)
_SECOND = itemgetter(1)


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
        self._phrases = PhraseIndex()
        for patterns in packs.concepts.values():
            for pattern in patterns:
                if len(pattern.elements) == 1:
                    self._stems[pattern.elements[0].stem].append(pattern)
                else:
                    self._phrases.add(pattern)
        self._longest = max(map(len, self._stems), default=0)
        self._names = NameIndex(packs.persons, packs.cognates)
        self._words: Memory[_Word | None] = Memory(self._look_up, _REMEMBERED)
        self._tells: Memory[_Tell | None] = Memory(self._tell, _REMEMBERED)

    def find(self, passage: Passage, *, context: bool = False) -> tuple[Found, ...]:
        """Everything the packs know in a passage, in order of place. `context` says that the text is known to be about
        Belarus, which lets weak names count."""
        return self.complete(self.scan(passage), context=context)

    def scan(self, passage: Passage) -> Scan:
        """Find what needs no context: all concepts, and the words that may be names."""
        chunks = passage.chunks
        looked_up: Iterable[Any] = enumerate(map(self._tells.__getitem__, chunks))
        tells: list[tuple[int, _Tell]] = list(filter(_SECOND, looked_up))
        wanted = [(at, tell.chunk) for at, tell in tells]
        around = {
            other for at, tell in tells if tell.within for other in chunks_around(tell.within, chunks, at, tell.chunk)
        }
        telling = around.union(at for at, tell in tells if tell.telling)
        if around:
            around.difference_update(at for at, _ in wanted)
            wanted += [(at, read_chunk(chunks[at])) for at in around]
            wanted.sort(key=_NUMBER_OF)
        made, tokens = passage.some(wanted, telling)
        words = self._words
        hits = [(token, word) for token in made if (word := words[token.folded]) is not None]
        del hits[MAX_HITS:]
        names = {token.index: word.names for token, word in hits if word.names is not None and _capital(token)}
        return Scan(passage, tokens, self._find_concepts(passage, tokens, hits) if hits else [], names)

    def complete(self, scan: Scan, *, context: bool) -> tuple[Found, ...]:
        """Add the persons to a scan; everything in order of place."""
        if not scan.concepts and not scan.names:
            return ()
        found = [*scan.concepts, *self._find_persons(scan, context)]
        found.sort(key=_PLACE)
        return tuple(found)

    def _tell(self, chunk: str) -> _Tell | None:
        """None for a plain word that tells nothing."""
        read = read_chunk(chunk)
        words = [self._words[piece.folded] for piece in read.pieces]
        if read.plain is not None and words[0] is None:
            return None
        telling = read.head or read.tail or any(words)
        return _Tell(read, telling, tuple(phrase for word in words if word is not None for phrase in word.within))

    def _look_up(self, folded: str) -> _Word | None:
        whole: list[Pattern] = [_NUMBER] if _is_count(folded) else []
        for size in range(min(len(folded), self._longest), 0, -1):
            for pattern in self._stems.get(folded[:size], ()):
                if len(folded) - size <= pattern.elements[0].extra:
                    whole.append(pattern)
        within = self._phrases.look_up(folded)
        names = self._names.look_up(folded)
        return _Word(_longest_win(whole), within, names) if whole or within or names else None

    def _find_concepts(
        self, passage: Passage, tokens: Sequence[Token], hits: Sequence[tuple[Token, _Word]]
    ) -> list[Found]:
        """Concepts in the words that tell something; for every first word of a concept one pattern."""
        found: dict[tuple[str, int], Found] = {}
        barred: list[tuple[str, int, int]] = []
        for phrase, first, last in _phrases(tokens, hits):
            pattern = phrase.pattern
            if pattern.negative:
                barred.append((pattern.concept, first, last))
            elif (pattern.concept, first) not in found:
                found[pattern.concept, first] = _found(passage, tokens, pattern.concept, first, last, pattern.source)
        excepted: set[tuple[str, int]] = set()
        for token, word in hits:
            index = token.index
            for pattern in word.whole:
                element = pattern.elements[0]
                if (element.exact or element.accents) and not element.fits_exactly(token.text):
                    continue
                key = pattern.concept, index
                if key in found or key in excepted:
                    continue
                if pattern.negative:
                    excepted.add(key)
                else:
                    found[key] = _found(passage, tokens, pattern.concept, index, index, pattern.source)
        return [item for item in found.values() if not (barred and _is_barred(item, barred))]

    def _find_persons(self, scan: Scan, context: bool) -> list[Found]:
        if not scan.names:
            return []
        by_sentences = frozenset(item.sentence for item in scan.concepts if item.concept in COUNTRY)
        found: list[Found] = []
        for sighting in self._names.sight(scan.tokens, scan.names, context, by_sentences):
            person = sighting.person
            source = f"name:{person.id} {person.source}"
            for concept in (f"person.{person.id}", f"role.{person.role}", *(("by_person",) if person.by else ())):
                found.append(
                    _found(scan.passage, scan.tokens, concept, sighting.first, sighting.last, source, person.id)
                )
        return found


_NUMBER = Pattern("number", (Element(""),), (False,), False, "any:number")


def _is_count(folded: str) -> bool:
    """Whether a word can count people: a number word, or 2 to 9999 without the years around now."""
    if folded in number_words():
        return len(folded) >= (4 if folded.isascii() else 3)
    if not folded.isdecimal() or len(folded) > 4 or folded[0] == "0" or folded == "1":
        return False
    return len(folded) < 4 or folded[:2] not in _CENTURIES


def _phrases(tokens: Sequence[Token], hits: Sequence[tuple[Token, _Word]]) -> list[tuple[Phrase, int, int]]:
    """The phrases that stand in a passage with their first and last tokens, in the order in which they count."""
    standing = {
        (first, phrase.rank): (phrase, first, last)
        for token, word in hits
        for phrase in word.within
        if phrase.may_stand(tokens, token.index)
        for first, last in phrase.stands(tokens, token.index)
    }
    return [standing[key] for key in sorted(standing)]


def _is_barred(item: Found, barred: Sequence[tuple[str, int, int]]) -> bool:
    return any(concept == item.concept and first <= item.last and item.first <= last for concept, first, last in barred)


def _capital(token: Token) -> bool:
    return not token.text[0].islower()


def _longest_win(patterns: list[Pattern]) -> tuple[Pattern, ...]:
    """Per concept, the pattern with the longest stem first: it decides between a word and its exception."""
    return tuple(sorted(patterns, key=lambda pattern: (-len(pattern.elements[0].stem), not pattern.negative)))


def _found(
    passage: Passage, tokens: Sequence[Token], concept: str, first: int, last: int, pattern: str, person: str = ""
) -> Found:
    _, _, start, end, sentence, _ = tokens[first]
    if last != first:
        end = tokens[last].end
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
