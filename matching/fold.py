"""Words made comparable: one form for all cases, accents, apostrophes, soft signs and look-alike letters.

Patterns of the packs and words of the texts go through the same `fold`, so it may lose what people write differently
(Belarusian вызваленне and вызваленьне) as long as it keeps what tells words apart. й stays й: it is no accent.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache

MAX_WORD = 64  # letters looked at; longer "words" are data, not language
_CACHE = 2_048  # words remembered that are not plain letters of one script, about 0.5 MB

_APOSTROPHES = "'’‘`´ʼʹ′ˈ＇‛ʻʽ"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff\u034f\u061c\u180e" + "".join(
    chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xFE00, 0xFE10))
)
# After decomposition: Latin letters without a decomposition, Cyrillic letters that traditions write differently.
_LETTERS = str.maketrans(
    {
        **dict.fromkeys(_APOSTROPHES + _INVISIBLE + "ьЬ", None),
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "ø": "o",
        "ħ": "h",
        "ŧ": "t",
        "ı": "i",
        "õ": "y",  # Estonian for Russian ы
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ƶ": "z",
        "ђ": "д",
        "ґ": "г",
        "ѓ": "г",
        "ё": "е",
        "ў": "у",
        "ї": "і",
        "ѐ": "е",
        "ѝ": "и",
    }
)
_REPAIR = str.maketrans(dict.fromkeys(_INVISIBLE, None))
_NO_APOSTROPHES = str.maketrans(dict.fromkeys(_APOSTROPHES, None))
# The ones that look the same in capitals look different in small letters and the other way round: both stand here.
_LATIN_TO_CYRILLIC = dict(zip("aceopxyijsABCEHIKMOPTXYkmtv", "асеорхуіјѕАВСЕНІКМОРТХУкмтѵ", strict=True))
_CYRILLIC_TO_LATIN = dict(zip("асеорхуіјѕАВСЕНІКМОРТХУкмтѵ", "aceopxyijsABCEHIKMOPTXYkmtv", strict=True))
_GREEK = str.maketrans("αεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeikvoptuxABEZHIKMNOPTYX")
_LATIN = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ]")
_CYRILLIC = re.compile(r"[\u0400-\u052f]")
_GREEK_LETTER = re.compile(r"[\u0370-\u03ff]")


def fold(word: str) -> str:
    """Return the comparable form of one word; "" when nothing is left. Never raises, looks at 64 letters at most."""
    if word.isascii():
        return word[:MAX_WORD].replace("'", "").replace("`", "").lower()
    if _one_script()(word):
        return word[:MAX_WORD].translate(_whole_letters())
    return _fold_any(word)


@lru_cache(maxsize=_CACHE)
def _fold_any(word: str) -> str:
    text = repair_script(unicodedata.normalize("NFKC", word[:MAX_WORD].translate(_REPAIR)))
    text = text.casefold().translate(_LETTERS)
    return "".join(map(_bare, unicodedata.normalize("NFC", text))).translate(_LETTERS)


@cache
def _whole_letters() -> dict[int, str]:
    """Letters that are folded each for itself, whatever stands beside them: most of Latin and Cyrillic."""
    letters = [
        chr(code) for code in (*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0xC0, 0x250), *range(0x400, 0x482))
    ]
    return {
        ord(letter): _fold_any(letter)
        for letter in letters
        if letter.isalpha()
        and unicodedata.normalize("NFKC", letter) == letter
        and not any(map(unicodedata.combining, letter.casefold()))
    }


@cache
def _one_script() -> Callable[[str], re.Match[str] | None]:
    """Tells words that hold nothing but such letters, all of one script."""
    letters = [chr(code) for code in _whole_letters()]
    latin, cyrillic = ("".join(filter(script.match, letters)) for script in (_LATIN, _CYRILLIC))
    return re.compile(f"[{latin}]+|[{cyrillic}]+").fullmatch


@lru_cache(maxsize=4096)
def _bare(letter: str) -> str:
    """A letter without its accents; й and the letters of other scripts keep what is part of them."""
    if letter.isascii() or letter == "й":
        return letter
    if unicodedata.combining(letter):
        return ""
    first = unicodedata.normalize("NFD", letter)[0]
    if first.isascii() or _CYRILLIC.match(first):
        return first
    return letter


def repair_script(word: str) -> str:
    """Replace letters of another script that only look right: Latin o in Лукашенко, Cyrillic а in Lukashenka."""
    if _GREEK_LETTER.search(word) and (_LATIN.search(word) or _CYRILLIC.search(word)):
        word = word.translate(_GREEK)
    latin = _LATIN.findall(word)
    if not latin:
        return word
    cyrillic = _CYRILLIC.findall(word)
    if not cyrillic:
        return word
    foreign_latin = [letter for letter in latin if letter not in _LATIN_TO_CYRILLIC]
    foreign_cyrillic = [letter for letter in cyrillic if letter not in _CYRILLIC_TO_LATIN]
    if len(foreign_latin) != len(foreign_cyrillic):
        to_cyrillic = len(foreign_cyrillic) > len(foreign_latin)
    else:
        to_cyrillic = len(cyrillic) >= len(latin)
    table = _LATIN_TO_CYRILLIC if to_cyrillic else _CYRILLIC_TO_LATIN
    return "".join(table.get(letter, letter) for letter in word)


def fold_keeping_accents(word: str) -> str:
    """Return the word with case, apostrophes and invisible characters levelled only; for patterns that begin with ^."""
    if word.isascii():
        text = word[:MAX_WORD]
    else:
        text = repair_script(unicodedata.normalize("NFKC", word[:MAX_WORD].translate(_REPAIR)))
    return text.casefold().translate(_NO_APOSTROPHES)
