"""The patterns of a pack, one string each, and how they compare with words.

freed            this word and no other
uwoln*4          begins so and has up to 4 more letters; a bare * allows 5
^ruší            accents count (a short stem would hit other languages' words)
=US              capitals count, every letter as written
put on trial     words in a row
lässt ... frei   up to 5 other words between, in the same sentence
!press release   where this fits, the concept is not meant
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from matching.fold import fold, fold_keeping_accents
from matching.text import Passage, words_in

DEFAULT_EXTRA = 5
MAX_EXTRA = 9
GAP = 5
SHORT_WORD = 4  # letters up to which a word without its accents is some other language's word

_STAR = re.compile(r"^(?P<stem>[^*]+?)(?P<star>\*(?P<extra>\d?))?$")


class BadPattern(Exception):
    """A pattern that cannot be meant; str() is the end of the sentence "file:line: pattern "..." ..."."""


@dataclass(frozen=True, slots=True)
class Element:
    """One word of a pattern: a folded stem and how many letters may follow it."""

    stem: str
    extra: int = 0
    exact: str = ""  # the word as it must be written, capitals and all
    accents: str = ""  # the stem with its accents, when they count
    lost: bool = field(default=False, compare=False)  # folding took accents off that do not count

    def fits(self, passage: Passage, at: int) -> bool:
        """Can this be the word number `at` of a passage?"""
        word = passage.folded[at]
        return (
            word.startswith(self.stem)
            and len(word) - len(self.stem) <= self.extra
            and (not (self.exact or self.accents) or self.fits_exactly(passage.word(at)))
        )

    def fits_exactly(self, text: str) -> bool:
        """The conditions that folding hides: capitals and accents of the original word."""
        if self.exact and text.replace(".", "") != self.exact:
            return False
        return not self.accents or fold_keeping_accents(text).startswith(self.accents)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern of a concept. `gaps[i]` says whether other words may stand before element i.

    `source` names it in explanations: `pl:uwoln*4 belarus-us.toml:120`.
    """

    concept: str
    elements: tuple[Element, ...]
    gaps: tuple[bool, ...]
    negative: bool
    source: str

    def find_end(self, passage: Passage, first: int) -> int:
        """Index of the last word when the pattern stands at `first` (whose element is known to fit), else -1."""
        at = first
        sentences = passage.sentences
        sentence = sentences[first]
        for element, gap in zip(self.elements[1:], self.gaps[1:], strict=True):
            for here in range(at + 1, min(at + (GAP + 2 if gap else 2), len(sentences))):
                if sentences[here] != sentence:
                    return -1
                if element.fits(passage, here):
                    at = here
                    break
            else:
                return -1
        return at


def compile_pattern(text: str, concept: str, source: str) -> Pattern:
    """Read one pattern; raise BadPattern with what is wrong."""
    body = text.strip()
    negative = body.startswith("!")
    words = body.removeprefix("!").split()
    elements: tuple[Element, ...] = ()
    gaps: tuple[bool, ...] = ()
    gap = False
    for word in words:
        if word in ("...", "…"):
            if gap or not elements:
                raise BadPattern("has a gap with no word before it")
            gap = True
            continue
        made = _elements(word)
        elements += made
        gaps += (gap, *(False for _ in made[1:]))
        gap = False
    if not elements:
        raise BadPattern("has no word")
    if gap:
        raise BadPattern("ends with a gap")
    return Pattern(concept, elements, _shared(gaps), negative, source)


@lru_cache(maxsize=64)
def _shared(gaps: tuple[bool, ...]) -> tuple[bool, ...]:
    """The first of equal ones: 16,000 patterns have a dozen between them."""
    return gaps


@lru_cache(maxsize=1024)
def _elements(word: str) -> tuple[Element, ...]:
    exact, accents = word.startswith("="), word.startswith("^")
    plain = word[1:] if exact or accents else word
    match = _STAR.match(plain)
    if match is None:
        raise BadPattern(
            "has a star with no letters before it" if plain.startswith("*") else "has a star inside a word"
        )
    extra = 0 if not match["star"] else int(match["extra"] or DEFAULT_EXTRA)
    words = words_in(match["stem"])
    if not words:
        raise BadPattern("has no letters")
    if exact:
        return tuple(Element(fold(text.replace(".", "")), 0, exact=text.replace(".", "")) for text, _ in words)
    *others, (text, folded) = words
    kept = fold_keeping_accents(text)
    last = Element(folded, extra, accents=kept if accents else "", lost=kept.isalpha() and kept != folded)
    return (*(Element(word) for _, word in others), last)


def stem_fault(pattern: Pattern) -> str:
    """What makes a pattern hit words that it does not mean, or "": short stems before a star."""
    for element in pattern.elements:
        size = len(element.stem)
        if not element.extra or element.exact or element.accents:
            continue
        least = 5 if element.extra > 4 else 4 if element.extra > 1 else 3
        if len(pattern.elements) > 1:
            least -= 1
        if size < least:
            return (
                f"has a stem of {size} letters after folding ({element.stem!r}) before *{element.extra}: write whole "
                f"words, allow fewer letters, or begin it with ^ to keep accents (at least {least} letters here)"
            )
    return ""


def lost_accent(pattern: Pattern) -> str:
    """The short word without accents that a pattern of one word comes to, or "": Polish sąd would hit English sad."""
    element = pattern.elements[0]
    if len(pattern.elements) > 1 or element.exact or element.accents or len(element.stem) > SHORT_WORD:
        return ""
    return element.stem if element.lost and element.stem.isascii() else ""


# --- lacinka: the Latin letters of Belarusian, from the Cyrillic ones ---------------------------------------------

_LACINKA = {
    **dict(zip("абвгґдежзійклмнопрстуў", "abvhgdezzijklmnoprstuu", strict=True)),
    "ф": "f",
    "х": "ch",
    "ц": "c",
    "ч": "c",
    "ш": "s",
    "ы": "y",
    "э": "e",
    "ь": "",
    "'": "",
    "’": "",
}
_SOFT = {"е": "e", "ё": "o", "ю": "u", "я": "a"}


def lacinka(text: str) -> str:
    """A Belarusian pattern in (folded) Latin letters; stars and signs stay."""
    out: list[str] = []
    before = ""
    for letter in text.lower():
        if letter in _SOFT:
            vowel = _SOFT[letter]
            if before == "л":
                out.append(vowel)
            elif before and before in "бвгґджзкмнпрстўфхцчшь":
                out.append("i" + vowel)
            else:
                out.append("j" + vowel)
        elif letter == "і" and before and before in "аеёіоуыэюя'":
            out.append("i")
        else:
            out.append(_LACINKA.get(letter, letter))
        before = letter
    return re.sub(r"\*(\d)?", _longer, "".join(out))


def _longer(match: re.Match[str]) -> str:
    """Latin endings are longer: one Cyrillic я is ia or ja."""
    return f"*{min(MAX_EXTRA, int(match[1] or DEFAULT_EXTRA) + 1)}"
