"""From what somebody typed to a person: one of the packs by any spelling, or one made from the name itself.

A name that the packs do not hold is turned into its Belarusian and Russian forms as well as letters allow; what is made
is shown, so that it can be put right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.watch import PERSON, WatchSpec
from matching.fold import fold
from matching.lexicon import Lexicon
from matching.names import sexes_of
from matching.packfile import Row, pack_paths, read_rows
from matching.persons import NameIndex, Person, person_of
from matching.spellings import by_tradition
from matching.text import read_passage

MAX_NAME = 100  # characters
_FORMS = re.compile(r"\b(be|ru)\s*:\s*", re.IGNORECASE)
_CYRILLIC = re.compile(r"[\u0400-\u052f]")
_FEMALE_GIVEN = re.compile(r"[ая]$")
_MALE_GIVEN_IN_A = frozenset(("мікіта", "никита", "ілля", "илья", "кузьма", "хама", "фома", "лука", "саша", "женя"))
_TO_RU = (
    *(("дзе", "де"), ("дзі", "ди"), ("дзя", "дя"), ("дзю", "дю"), ("дзь", "дь"), ("ці", "ти"), ("це", "те")),
    *(("ця", "тя"), ("цю", "тю"), ("ць", "ть"), ("шч", "щ"), ("ў", "в"), ("і", "и"), ("'", "ъ")),
)
_TO_BE = (("щ", "шч"), ("и", "і"), ("ъ", "'"))
_LATIN = (
    "shch щ|sch щ|kh х|zh ж|ts ц|ch ч|sh ш|dz дз|ya я|ia я|ja я|yu ю|iu ю|ju ю|yo ё|io ё|jo ё|ye е|ie е|je е|cz ч|sz ш|"
    "aŭ аў|a а|b б|c ц|č ч|ć ць|d д|e е|f ф|g г|h г|i і|j й|k к|l ль|ł л|m м|n н|ń нь|o о|p п|q к|r р|s с|š ш|ś сь|t т|"
    "u у|ŭ ў|v в|w в|x кс|y ы|z з|ž ж|ź зь|' ь"
)
_LATIN_UNITS = {latin: cyrillic for latin, cyrillic in (pair.split(" ") for pair in _LATIN.split("|"))}
_LATIN_UNIT = re.compile("|".join(sorted(map(re.escape, _LATIN_UNITS), key=len, reverse=True)) + "|.")


@dataclass(frozen=True, slots=True)
class Known:
    """Who may be meant: `people` are IDs of the packs; `sure` when given name and surname, or a rare surname, fit."""

    people: tuple[str, ...] = ()
    sure: bool = False


class Roster:
    """The persons of the packs, by any spelling. Reads the packs' own lines only when spellings are asked for."""

    def __init__(self, lexicon: Lexicon, paths: Sequence[Any] | None = None) -> None:
        self._lexicon = lexicon
        self._paths = paths
        self._index = NameIndex(tuple(lexicon.persons.values()))

    def name_of(self, person: str) -> str:
        """The name that the packs show for an ID, "" for one that they do not hold."""
        found = self._lexicon.persons.get(person)
        return found.name if found else ""

    def find(self, typed: str) -> Known:
        """Persons whose name this is, in any spelling, case and script; an ID of the packs will do."""
        typed = typed.strip()[:MAX_NAME]
        if typed.casefold() in self._lexicon.persons:
            return Known((typed.casefold(),), sure=True)
        words = [word for word in typed.split() if fold(word)]
        if not words or len(words) > 4:
            return Known()
        passage = read_passage(" ".join(word[:1].upper() + word[1:] for word in words), "title")
        sightings = [item for item in self._lexicon.find(passage, context=True) if item.concept.startswith("person.")]
        whole = tuple(dict.fromkeys(item.person for item in sightings if item.last > item.first))
        if whole:
            return Known(whole, sure=len(whole) == 1)
        owners = self._index.owners(passage.tokens[-1].folded) if passage.tokens else ()
        people = tuple(dict.fromkeys([item.person for item in sightings] + [person.id for person in owners]))
        return Known(people, sure=len(people) == 1 and len(words) == 1)

    def spellings(self, spec: WatchSpec) -> tuple[str, ...]:
        """The spellings of a person's surname that people recognise, each once; far more are matched."""
        row = self._rows.get(str(spec.body.get("person", "")))
        values: Mapping[str, Any] = row.values if row else spec.body
        found = [str(word) for key in ("sure", "latin", "cyrillic") for word in values.get(key, ())]
        be, ru = str(values.get("be", "")), str(values.get("ru", ""))
        if (be or ru) and not (row and row.kind == "name"):
            found += [spelling for _, spelling in by_tradition(be, ru)]
        found += [str(word) for word in values.get("also", ())]
        return tuple(dict.fromkeys(found))

    def called(self) -> tuple[Mapping[str, str], Mapping[str, Mapping[str, str]]]:
        """The English names by ID, and by language what an English name is there, where the packs say it."""
        names = {person: self.name_of(person) for person in self._lexicon.persons}
        spelled: dict[str, dict[str, str]] = {"be": {}, "ru": {}}
        for person, row in self._rows.items():
            for lang, known in spelled.items():
                if person in names and row.values.get(lang):
                    known[names[person]] = str(row.values[lang])
        return names, spelled

    @cached_property
    def _rows(self) -> Mapping[str, Row]:
        faults: list[str] = []  # the lexicon was compiled from the same files, so there are none
        rows = (row for path in pack_paths(self._paths) for row in read_rows(path, faults))
        return {row.name: row for row in rows if row.kind in ("person", "name")}

    def spec(self, person: str) -> WatchSpec:
        """The spec of a person of the packs."""
        return WatchSpec(PERSON, self.name_of(person) or person, {"person": person})


def has_letters(name: str) -> bool:
    """Whether a text can be a name at all: two letters at least."""
    return sum(map(str.isalpha, name)) > 1


def read_forms(typed: str) -> tuple[str, str] | None:
    """`be: ... ru: ...` -> the two forms ("" for one not given), or None when neither is named."""
    parts = _FORMS.split(typed[: 4 * MAX_NAME])
    if len(parts) < 3 or parts[0].strip():
        return None
    forms = dict(zip((key.lower() for key in parts[1::2]), (_tidy(part) for part in parts[2::2]), strict=True))
    return forms.get("be", ""), forms.get("ru", "")


def make_spec(be: str, ru: str, typed: str = "") -> WatchSpec:
    """The spec of a person whom the packs do not hold, from one form or both. `typed` is a further spelling."""
    be, ru = _tidy(be) or to_belarusian(ru), _tidy(ru) or to_russian(be)
    body: dict[str, Any] = {"be": be, "ru": ru}
    sex = _sex(be) or _sex(ru)
    if sex:
        body["sex"] = sex
    also = _tidy(typed).split()[-1:]
    if also and not _CYRILLIC.search(also[0]):
        body["also"] = also
    return WatchSpec(PERSON, _tidy(typed) or be, body)


def guess_spec(typed: str) -> WatchSpec:
    """The same from a name in one script: Belarusian, Russian or Latin letters."""
    typed = _tidy(typed)
    if not _CYRILLIC.search(typed):
        return make_spec(from_latin(typed), "", typed)
    belarusian = re.search("[іўІЎ]", typed) or not re.search("[ищъИЩЪ]|[оеёОЕЁ][вВ]$|[ыЫ][йЙ]$", typed)
    return make_spec(typed if belarusian else "", "" if belarusian else typed, typed)


def to_russian(be: str) -> str:
    """A Belarusian name as Russian writes it, as far as letters tell: akannie is not undone."""
    return _title(_endings(_replace(be.lower(), _TO_RU), (("скі", "ский"), ("ски", "ский"), ("цки", "цкий"))))


def to_belarusian(ru: str) -> str:
    """A Russian name as Belarusian writes it, as far as letters tell."""
    text = _replace(ru.lower(), _TO_BE)
    text = re.sub(r"д(?=[еёюяіь])", "дз", text)
    text = re.sub(r"т(?=[еёюяіь])", "ц", text)
    text = re.sub(r"(?<=[аеёіоуыэюя])в(?![аеёіоуыэюяь])", "ў", text)
    return _title(_endings(text, (("скій", "скі"), ("цкій", "цкі"))))


def from_latin(name: str) -> str:
    """A name in Latin letters as Belarusian might write it: a guess, to be shown."""
    text = "".join(_LATIN_UNITS.get(unit, unit) for unit in _LATIN_UNIT.findall(name.lower()))
    text = re.sub(r"ль(?=[аоуыэўеёюяі])", "л", text)
    text = re.sub(r"(?<=[аеёіоуыэюя])у(?=$|[\s-])", "ў", text)
    text = re.sub(r"(?<=[аеёоуыэюя])і(?=$|[\s-])", "й", text)
    return _title(_endings(text, (("ский", "скі"), ("скый", "скі"), ("скы", "скі"), ("цкы", "цкі"))))


def compile_person(spec: WatchSpec) -> Person:
    """A spec made here as the index of names takes it; the person's ID is the spec's key."""
    both = "sex" not in spec.body
    made = [_person(spec, sex) for sex in (("m", "f") if both else (str(spec.body["sex"]),))]
    surnames = tuple(dict.fromkeys(name for person in made for name in person.surnames))
    given = tuple(dict.fromkeys(name for person in made for name in person.given))
    first = made[0]
    return Person(
        id=spec.key, name=spec.label, role="", by=False, alone=not given, sex=first.sex, source="watchlist",
        surnames=surnames, given=given,
    )  # fmt: skip


def _person(spec: WatchSpec, sex: str) -> Person:
    values = {**spec.body, "name": spec.label, "sex": sex}
    return person_of(Row("person", spec.key, values, "watchlist", 0))


def _sex(name: str) -> str:
    """ "m", "f", or "" when the name does not tell."""
    words = name.lower().split()
    if not words:
        return ""
    if len(of_surname := sexes_of(name, "")) == 1:
        return of_surname[0]
    if len(words) > 1 and words[0] not in _MALE_GIVEN_IN_A:
        return "f" if _FEMALE_GIVEN.search(words[0]) else "m"
    return ""


def _tidy(name: str) -> str:
    return " ".join(name[:MAX_NAME].split()).strip(" ,;")


def _replace(text: str, pairs: Iterable[Sequence[str]]) -> str:
    for old, new in pairs:
        text = text.replace(old, new)
    return text


def _endings(name: str, pairs: Iterable[tuple[str, str]]) -> str:
    for old, new in pairs:
        name = re.sub(rf"{old}(?=$|[\s-])", new, name)
    return name


def _title(name: str) -> str:
    return re.sub(r"(^|[\s-])(\w)", lambda match: match[1] + match[2].upper(), name)
