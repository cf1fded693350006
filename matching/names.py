"""One person, every spelling: a Belarusian and a Russian name become a lattice of spellings with closed endings.

A lattice is a row of positions, each with the spellings that any tradition uses there (х: kh, ch, h, j, x). The two
names are aligned letter by letter and their spellings united, which also yields the mixed forms that the press invents
(Kolesnikava, Tihanouskaia). Ukrainian and Bulgarian letters are further spellings of the Cyrillic lattice. Nothing is
enumerated: a word is walked through the lattice and what remains of it must be an ending.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from matching.endings import Ending, endings_of
from matching.fold import fold

_VOWELS = frozenset("аеёиоуыэюяіўй")
_LATIN_WORD = re.compile(r"[a-z]")
_HIDING = frozenset("лцчшжщ")  # after these я is also written a: Bialacki
_SOFT = frozenset("чжшщц")
FEMALE = re.compile(r"(ая|[аеёоэя]ва)$")
MALE = re.compile(r"([сц]к(і|и|ий|ой)|[аеёоэя](ў|в))$")
LONG = 5  # letters of a stem from which rare endings make no other word
PREFIX = 3  # letters by which lattices are found

_LATIN: dict[str, tuple[str, ...]] = {
    "а": ("a",),
    "б": ("b",),
    "в": ("v", "w"),
    "г": ("h", "g", "gu"),
    "ґ": ("g",),
    "д": ("d",),
    "дз": ("dz", "ds", "d"),
    "дж": ("dzh", "dz", "dj", "dsch", "j", "dsh", "g"),
    "е": ("e", "ie", "ye", "je"),
    "ё": ("io", "yo", "jo", "o", "e", "ie", "ye", "je", "eo"),
    "ж": ("zh", "z", "j", "sch", "sh", "rz", "zs", "zj"),
    "з": ("z", "s"),
    "и": ("i", "y"),
    "і": ("i", "y"),
    "й": ("i", "y", "j"),
    "к": ("k",),
    "кс": ("ks", "x"),
    "л": ("l",),
    "м": ("m",),
    "н": ("n",),
    "о": ("o",),
    "п": ("p",),
    "р": ("r",),
    "с": ("s", "ss"),
    "т": ("t",),
    "у": ("u", "ou"),
    "ў": ("u", "w", "v", "ou"),
    "ф": ("f", "ph"),
    "х": ("kh", "ch", "h", "hh", "x", "j"),
    "ц": ("ts", "c", "tz", "z", "tc", "t"),  # t: Romanian ţ without its comma
    "ч": ("ch", "c", "tch", "tsch", "cz", "tsh", "tj", "cs", "ts", "tsj"),
    "ш": ("sh", "s", "ch", "sch", "sz", "sj", "x"),
    "щ": ("shch", "sc", "szcz", "schtsch", "chtch", "sch", "sht", "stj", "st", "sjtj", "sjt", "sts", "sh"),
    "ъ": ("", "a"),
    "ы": ("y", "i"),
    "ь": ("", "i", "j", "y"),
    "э": ("e",),
    "ю": ("iu", "yu", "ju", "u", "iou", "you", "iyu"),
    "я": ("ia", "ya", "ja", "a", "ea"),
    "'": ("", "i", "j", "y"),
}
_CYRILLIC: dict[str, tuple[str, ...]] = {
    "дз": ("дз", "д"),
    "дж": ("дж",),
    "е": ("е", "є", "э"),
    "ё": ("е", "йо", "іо", "о"),
    "и": ("и", "і"),
    "і": ("і", "и"),
    "й": ("й", "і"),
    "кс": ("кс",),
    "у": ("у",),
    "ў": ("у", "в"),
    "щ": ("щ", "шч", "шт"),
    "ъ": ("", "ъ"),
    "ы": ("ы", "и", "і"),
    "ь": ("", "й"),
    "э": ("э", "е", "є"),
    "ю": ("ю", "у", "іу"),
    "я": ("я", "а"),
    "'": ("",),
    "ґ": ("г",),
}
_UNITS = re.compile(r"дз(?=[еёіяюь])|дж|шч|кс|.", re.DOTALL)
_ALIKE = {
    frozenset(pair)
    for pair in (
        *(("ў", "в"), ("ў", "л"), ("ў", "у"), ("ц", "т"), ("дз", "д"), ("ч", "щ"), ("ц", "тс"), ("й", "і"), ("й", "и")),
        *(("г", "х"), ("ф", "хв"), ("п", "ф"), ("з", "с"), ("ж", "дж"), ("ц", "ч")),
    )
}


@dataclass(frozen=True, slots=True)
class Lattice:
    """The spellings of one stem in one script, and the endings that may follow it. All folded."""

    positions: tuple[tuple[str, ...], ...]
    endings: frozenset[str]

    def fits(self, word: str) -> bool:
        """Whether a folded word is one of the spellings with one of the endings."""
        states = [0]
        for options in self.positions:
            following: list[int] = []
            for at in states:
                for option in options:
                    if word.startswith(option, at):
                        following.append(at + len(option))
            if not following:
                return False
            states = following if len(following) == 1 else list(set(following))
        return any(word[at:] in self.endings for at in states)

    def prefixes(self, size: int = PREFIX) -> set[str]:
        """The first so many letters of every spelling; fewer only where the whole word is shorter."""
        heads = {""}
        for options in self.positions:
            if all(len(head) >= size for head in heads):
                return heads
            heads = {(head + option)[:size] if len(head) < size else head for head in heads for option in options}
        return {(head + ending)[:size] for head in heads for ending in (self.endings if len(head) < size else ("",))}


Alike = TypeVar("Alike", frozenset[str], tuple[str, ...])
Name = tuple[tuple[Lattice, ...], ...]  # parts of a name (Шарэнда-Панасюк has two), each with its lattices


@lru_cache(maxsize=256)
def generate(be: str, ru: str, sex: str = "m") -> Name:
    """Lattices of one surname or given name from its Belarusian and Russian forms; hyphened names part by part.

    `sex` is "m" or "f". Either form may be "" and is then taken from the other.
    """
    be, ru = _plain(be or ru), _plain(ru or be)
    parts_be, parts_ru = be.split("-"), ru.split("-")
    if len(parts_be) != len(parts_ru):
        parts_be, parts_ru = ["".join(parts_be)], ["".join(parts_ru)]
    return tuple(tuple(_part(one, other, sex)) for one, other in zip(parts_be, parts_ru, strict=True) if one and other)


@lru_cache(maxsize=256)
def literal(spelling: str, sex: str = "m") -> Name:
    """Lattices of a name that is written as it stands, in any script: only endings are added."""
    return tuple(tuple(_literal_part(part, sex)) for part in re.split(r"[-\s]+", spelling.strip()) if fold(part))


def matches(name: Name, words: Sequence[str]) -> bool:
    """Whether folded words are a form of all parts of the name, in order."""
    return len(name) == len(words) and all(
        any(lattice.fits(word) for lattice in part) for part, word in zip(name, words, strict=True)
    )


def _plain(name: str) -> str:
    return re.sub(r"['’ʼ`‘′]", "'", name.strip().lower())


@lru_cache(maxsize=2048)
def _shared(alike: Alike) -> Alike:
    """The first of equal sets or tuples: 3,000 lattices have 44 sets of endings between them."""
    return alike


def _part(be: str, ru: str, sex: str) -> Iterator[Lattice]:
    ending_be, ending_ru = endings_of(be, sex), endings_of(ru, sex)
    stem_be, stem_ru = be[: len(be) - ending_be.cut], ru[: len(ru) - ending_ru.cut]
    rows = list(_align(_units(stem_be), _units(stem_ru)))
    for table, script in ((_LATIN, "latin"), (_CYRILLIC, "cyrillic")):
        positions = tuple(
            _options(pair, table, rows[at - 1] if at else (), rows[at + 1] if at + 1 < len(rows) else ())
            for at, pair in enumerate(rows)
        )
        own = ending_be.forms(script) | ending_ru.forms(script)
        if script == "latin" and len(rows) > 2 and rows[-1][0] == "н" and set(rows[-2]) & set("иіы"):
            own |= {"e", "es"}  # French: Poutine
        if sex == "m" and len(rows) < LONG:
            own -= ending_be.rare | ending_ru.rare
        if script == "latin" and sex == "m" and rows and rows[-1][0] in _SOFT:
            own |= {"e", "i"}  # Czech genitive: Statkeviče; Romanian: Ravici
        if script == "cyrillic":
            own |= {fold(be[len(stem_be) :]), fold(ru[len(stem_ru) :])}
        yield Lattice(positions, _shared(frozenset(own)))
        yield from _shifted(rows, positions, ending_be, ending_ru, script)


def _shifted(
    rows: list[tuple[str, ...]],
    positions: tuple[tuple[str, ...], ...],
    ending_be: Ending,
    ending_ru: Ending,
    script: str,
) -> Iterator[Lattice]:
    """Stems that change when declined: Дзядок - Дзядка, Бабарыка - Бабарыцы, Łukaszenka - Łukaszence."""
    changed = _shared(frozenset(ending_be.changed(script) | ending_ru.changed(script)))
    if len(positions) < 4:
        return
    polish = {"т": ("c",), "д": ("dz",), "р": ("rz",)}.get(rows[-1][0])
    if polish and script == "latin" and {ending_be.kind, ending_ru.kind} & {"consonant-m", "vowel"}:
        yield Lattice((*positions[:-1], polish), frozenset(("ie", "e")))
    if not changed:
        return
    if ending_be.fleeting or ending_ru.fleeting:
        czech = {"e"} if script == "latin" and rows[-1][0] in _SOFT else set()  # Severince
        yield Lattice((*positions[:-2], positions[-1]), _shared(changed | czech))
    elif rows[-1][0] in ("к", "г", "х"):
        soft = {"к": "цc", "г": "зz", "х": "сs"}[rows[-1][0]][script == "latin"]
        yield Lattice((*positions[:-1], (soft,)), changed)


def _literal_part(part: str, sex: str) -> Iterator[Lattice]:
    word = fold(part)
    script = "latin" if _LATIN_WORD.search(word) else "cyrillic"
    ending = endings_of(word, sex)
    stem = word[: len(word) - ending.cut]
    own = _shared(ending.forms(script) | {word[len(stem) :]})
    yield Lattice((stem,) and ((stem,),), own)
    if ending.cut:
        yield Lattice(((word,),), endings_of("", sex).forms(script))
    changed = ending.changed(script)
    if changed and len(stem) > 3:
        if ending.fleeting:
            yield Lattice(((stem[:-2] + stem[-1],),), changed)
        elif stem[-1] in "кk":
            yield Lattice(((stem[:-1] + ("ц" if stem[-1] == "к" else "c"),),), changed)


def _units(word: str) -> list[str]:
    units: list[str] = []
    doubled = False
    for unit in _UNITS.findall(word):
        if unit == "шч":
            unit = "щ"
        doubled = not doubled and bool(units) and units[-1] == unit and unit not in _VOWELS
        if not doubled:  # doubled consonants are written once as often as twice: see _options
            units.append(unit)
    return units


def _cost(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if frozenset((one, other)) in _ALIKE:
        return 0.3
    if one in _VOWELS and other in _VOWELS:
        return 0.4
    return 1.2


def _gap_cost(unit: str) -> float:
    return 0.1 if unit in "ь'" else 0.7 if unit in "йў" else 0.9


def _align(one: Sequence[str], other: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Pairs of units that stand for one another; ("х", "") where one name lacks a letter."""
    best: list[list[tuple[float, str]]] = [[(0.0, "")] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i in range(len(one) + 1):
        for j in range(len(other) + 1):
            ways: list[tuple[float, str]] = []
            if i and j:
                ways.append((best[i - 1][j - 1][0] + _cost(one[i - 1], other[j - 1]), "both"))
            if i:
                ways.append((best[i - 1][j][0] + _gap_cost(one[i - 1]), "one"))
            if j:
                ways.append((best[i][j - 1][0] + _gap_cost(other[j - 1]), "other"))
            best[i][j] = min(ways) if ways else (0.0, "")
    i, j = len(one), len(other)
    rows: list[tuple[str, ...]] = []
    while i or j:
        way = best[i][j][1]
        i, j = i - (way != "other"), j - (way != "one")
        rows.append((one[i] if way != "other" else "", other[j] if way != "one" else ""))
    return reversed(rows)


def _options(
    pair: Iterable[str], table: dict[str, tuple[str, ...]], before: Iterable[str] = (), after: Iterable[str] = ()
) -> tuple[str, ...]:
    """Spellings of one position, the usual ones first; `before` and `after` are the letters of the next positions."""
    found: dict[str, None] = {}
    for unit in pair:
        for option in table.get(unit, (fold(unit),)) if unit else ("",):
            found[option] = None
    if "ч" in pair and table is _LATIN and set(after) & set("оую"):
        found["ci"] = None  # Romanian, Italian: Ciulțova
    if "ь" in pair and table is _LATIN and not set(after) & _VOWELS:
        found = {option: None for option in found if option not in ("i", "y")}
    if not set(before) & _HIDING:
        for hidden, unit, plain in (("a", "я", "а"), ("u", "ю", "у")):
            if unit in pair and plain not in pair:
                found.pop(hidden if table is _LATIN else plain, None)
    if table is _CYRILLIC and set(pair) == {"я", "е"}:
        found["і"] = None  # Бяляцкі, Беляцкий, Біляцький
    units = [unit for unit in pair if unit]
    if units and units[0] not in _VOWELS and len(units[0]) == 1 and units[0] not in "ь'":
        first = next(iter(found))
        if len(first) == 1 and first not in "h":
            found[first * 2] = None
    options: tuple[str, ...] = _shared(tuple(found))
    return options


def surname_of(name: str) -> str:
    """The last word of a name, or of what stands before a comma; hyphens hold double surnames together."""
    words = name.partition(",")[0].split()
    return words[-1] if words else ""


def given_of(name: str) -> str:
    """The given name beside the surname; "" without."""
    before, _, after = name.partition(",")
    words = after.split() or before.split()[:-1]
    return words[0] if words else ""


def sexes_of(be: str, ru: str) -> tuple[str, ...]:
    """The sexes that a surname can be of: -ая, -ова are women's, -скі, -оў, -ов are men's, others are anybody's."""
    names = [_plain(surname_of(name)) for name in (be, ru) if name]
    if names and all(FEMALE.search(name) for name in names):
        return ("f",)
    if names and all(MALE.search(name) for name in names):
        return ("m",)
    return ("m", "f")


def is_spelling_of(words: str, be: str, ru: str, sexes: Sequence[str] = ()) -> bool:
    """Whether words are a form of a name in any language of the packs: of the surname alone (which may be several
    words, or a hyphenated one), or with the given name before or after it.

    `sexes` are "m" and "f"; without, the surname tells, or both are tried.
    """
    surname, given = (surname_of(be), surname_of(ru)), (given_of(be), given_of(ru))
    sexes, found = sexes or sexes_of(*surname), _words(words)
    return _fits(found, *surname, sexes) or (
        any(given)
        and len(found) > 1
        and any(
            _fits(rest, *surname, sexes) and _fits([first], *given, ("m", "f"))
            for first, rest in ((found[0], found[1:]), (found[-1], found[:-1]))
        )
    )


def _fits(words: Sequence[str], be: str, ru: str, sexes: Sequence[str]) -> bool:
    return any(matches(generate(be, ru, sex), words) for sex in sexes)


def _words(text: str) -> list[str]:
    return [folded for part in re.split(r"[-‐‑\s]+", text.strip()) if (folded := fold(part))]
