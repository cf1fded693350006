"""How much like words the bytes beyond ASCII read under an encoding, in bits: the fewer, the likelier.

A letter costs what it is worth in its language after the letter before (feeds/letters.txt). What never stands in the
language, or not in that place of a word, costs most.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import ascii_lowercase
from typing import NamedTuple

PAIRS = Path(__file__).parent / "letters.txt"
CYRILLIC = ("cyrillic", "sr")
RARE = 10  # bits of a pair that was not seen, of letters that the language has
FOREIGN = 16  # a letter that the language has not
ASTRAY = 24  # a mark out of its place, a Latin letter beside a Cyrillic one
NOTHING = 40  # what no text has: control characters, lines of boxes, holes of the encoding
DAMAGE = 12  # a byte that is no UTF-8 among others that are
MARK = 5  # quotation marks, dashes and the like in their places
SHIFT = 8  # a capital after a small letter
MOST_WORDS = 100


class Codec(NamedTuple):
    """An encoding: in how many bits it is rarer than others, and the languages that it is used for."""

    rarity: int
    languages: tuple[str, ...]


_WESTERN = ("western", "fr", "de", "es", "pt", "it", "sv", "da", "fi")
_CENTRAL = ("pl", "cs", "sk", "hu", "hr", "ro", "de")
_BALTIC = ("lt", "lv", "et", "de")
# Those that are told apart.
CODECS = {
    "cp1251": Codec(0, CYRILLIC),
    "cp1252": Codec(0, _WESTERN),
    "cp1250": Codec(0, _CENTRAL),
    "koi8-u": Codec(1, CYRILLIC),
    "iso8859-2": Codec(1, _CENTRAL),
    "cp1257": Codec(1, _BALTIC),
    "iso8859-5": Codec(2, CYRILLIC),
    "iso8859-13": Codec(2, _BALTIC),
    "cp866": Codec(2, CYRILLIC),
    "mac-cyrillic": Codec(2, CYRILLIC),
    "iso8859-15": Codec(3, _WESTERN),
    "cp1254": Codec(8, ("tr",)),
    "utf-8": Codec(0, tuple(dict.fromkeys((*CYRILLIC, *_WESTERN, *_CENTRAL, *_BALTIC, "tr")))),
}
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_OPENING, _CLOSING, _JOINING, _ALONE = "«„“\xa0", "»“”’…\xa0", "’\xad", "–—…\xa0№°•€£§©®™"


@dataclass(frozen=True, slots=True)
class Reading:
    """`bits` of the bytes beyond ASCII of all words together, and in how many `steps` they were counted."""

    codec: str
    bits: int
    steps: int

    @property
    def mean(self) -> float:
        return self.bits / max(self.steps, 1)


def words_of(body: bytes) -> list[bytes]:
    """Different words with bytes beyond ASCII, in the order of the text."""
    return list(dict.fromkeys(_WORD.findall(body)))[:MOST_WORDS]


def read(words: list[bytes], codec: str) -> Reading:
    """The words read under a codec, in that of its languages which they then look most like."""
    texts = [word.decode(codec, "replace") for word in words]
    holes = sum(text.count("\ufffd") for text in texts) if codec == "utf-8" else 0
    languages = CODECS[codec].languages if codec in CODECS else tuple(_pairs())
    bits, steps = min(_cost(texts, one) for one in languages)
    return Reading(codec, bits - holes * (NOTHING - DAMAGE), steps)


@cache
def _pairs() -> dict[str, tuple[dict[str, int], frozenset[str]]]:
    """For each language the bits of its pairs, and its letters."""
    found: dict[str, dict[str, int]] = {}
    for line in PAIRS.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            language, bits, *seen = line.split()
            found.setdefault(language, {}).update(dict.fromkeys(seen, int(bits)))
    return {
        one: (known, frozenset(("" if one in CYRILLIC else ascii_lowercase) + "_".join(known)))
        for one, known in found.items()
    }


def _cost(texts: list[str], language: str) -> tuple[int, int]:
    """The bits of the words in a language, and in how many steps: each byte beyond ASCII is about one step."""
    known, letters = _pairs()[language]
    bits = steps = 0
    met = False
    for text in texts:
        before = "_"
        small = False
        for place, char in enumerate(f"{text}_"):
            low = char.lower()
            if not (low.isascii() and before.isascii()):
                steps += 1
                met = met or low in letters
                cost = known.get(before + low)
                bits += _odd(text, place, before, letters) if cost is None else cost
            if small and char.isupper():
                bits += SHIFT
            small = char.islower()
            before = low if char.isalpha() else "_"
    return bits + (RARE if language in CYRILLIC and not met else 0), steps


def _odd(text: str, place: int, before: str, letters: frozenset[str]) -> int:
    """The bits of what was not seen after `before` in the language."""
    char = f"{text}_"[place]
    if char.lower() in letters:
        return RARE if before in letters else FOREIGN
    if char.isalpha():
        return ASTRAY if char.isascii() else FOREIGN
    if place == len(text):
        return RARE if before in letters else 0 if before == "_" else FOREIGN
    return _mark(text, place)


def _mark(text: str, place: int) -> int:
    """The bits of a character that is no letter, by where it stands."""
    char = text[place]
    first = place == 0 or not text[place - 1].isalpha()
    last = place + 1 == len(text) or not text[place + 1].isalpha()
    fits = (first and last and char in _ALONE) or (first and char in _OPENING) or (last and char in _CLOSING)
    if fits or char in _JOINING:
        return MARK
    if char == "\xa0" or (first and char == "‘"):
        return RARE
    return NOTHING if unicodedata.category(char)[0] in "CS" else ASTRAY
