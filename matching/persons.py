"""The persons of the packs and the index that finds them: three letters -> lattices -> surnames and given names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from sys import intern

from matching.names import PREFIX, Lattice, Name, generate, literal
from matching.packfile import Row

PRISONER = "prisoner"  # the role of those who are or were held
FIRST_DAY = date(2000, 1, 1)  # no prisoner of the packs was freed before
NEAR = 2  # words between a surname and a given name
_HERS = ("ska", "sku", "skas", "ска", "ску", "скій")  # as folded: a woman of a name on -ski has these endings
_BESIDE = 3  # words from one name to the next in a list of names


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the packs name. `alone`: the surname may stand for the person by itself; `strict`: it counts only
    with the given name, or in a list with another of the same role; `by`: implies Belarus; `freed`: the day on which a
    prisoner was last let out, None where that is not known or he or she is held again."""

    id: str
    name: str
    role: str
    by: bool
    alone: bool
    sex: str
    source: str  # file:line
    surnames: tuple[Name, ...] = field(repr=False, default=())
    given: tuple[Name, ...] = field(repr=False, default=())
    sure: frozenset[Name] = field(repr=False, default=frozenset())  # surnames that may stand alone, whatever `alone`
    strict: bool = False
    freed: date | None = None


@dataclass(frozen=True, slots=True)
class NameHits:
    """What one word can be: parts of surnames and of given names (numbers of names in the index). Those of `his` are
    men's surnames that the word is only beside a given name, since it is a woman's as it stands."""

    surnames: tuple[tuple[int, int], ...] = ()  # (name, part)
    given: frozenset[int] = frozenset()
    his: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Sighting:
    """A person seen in a passage: token indices inclusive; `given` says that a given name stood beside the surname."""

    person: Person
    first: int
    last: int
    given: bool


def person_of(row: Row) -> Person:
    """A [person.ID] or [name.ID] table as a person; the lint has checked its keys."""
    values = row.values
    sex = str(values.get("sex", "m"))
    surnames: list[Name] = []
    given: list[Name] = []
    if row.kind == "person":
        be, ru = str(values.get("be", "")).split(), str(values.get("ru", "")).split()
        surnames.append(generate(be[-1] if be else "", ru[-1] if ru else "", sex))
        if len(be) > 1 or len(ru) > 1:
            given.append(generate(be[0] if len(be) > 1 else "", ru[0] if len(ru) > 1 else "", sex))
    for key in ("latin", "cyrillic", "also"):
        surnames += [literal(str(word), sex) for word in values.get(key, ())]
    sure = [literal(str(word), sex) for word in values.get("sure", ())]
    given += [literal(str(word), sex) for word in values.get("given", ())]
    return Person(
        id=row.name,
        name=str(values.get("name", row.name)),
        role=str(values.get("role", "")),
        by=bool(values.get("by", row.kind == "person")),
        alone=bool(values.get("alone", True)),
        sex=sex,
        source=row.place,
        surnames=tuple(dict.fromkeys(name for name in (*surnames, *sure) if name)),
        given=tuple(dict.fromkeys(name for name in given if name)),
        sure=frozenset(name for name in sure if name),
        strict=bool(values.get("strict", False)),
        freed=values.get("freed"),
    )


class NameIndex:
    """Finds the persons that words can stand for. Built once per pack, never changed."""

    def __init__(self, persons: Sequence[Person], cognates: Sequence[Sequence[str]] = ()) -> None:
        self.persons = tuple(persons)
        self._lattices: list[tuple[Lattice, int, int, bool, str]] = []  # the last: letters that may follow the prefix
        self._parts: list[int] = []
        self._sure: set[tuple[int, int]] = set()  # (name, person)
        self._given_of: list[frozenset[int]] = []
        surnames: dict[Name, int] = {}
        given: dict[Name, int] = {}
        owners: list[list[int]] = []
        by_prefix: dict[str, list[int]] = defaultdict(list)
        alike: dict[frozenset[int], frozenset[int]] = {}  # equal given names are kept once
        others = _cognates(cognates)
        for number, person in enumerate(self.persons):
            for name in person.surnames:
                if name not in surnames:
                    surnames[name] = len(self._parts)
                    self._parts.append(len(name))
                    owners.append([])
                    self._add(name, surnames[name], False, by_prefix)
                owners[surnames[name]].append(number)
                if person.alone or name in person.sure:
                    self._sure.add((surnames[name], number))
            names = list(person.given)
            for name in person.given:
                names += others.get(name, ())
            for name in names:
                if name not in given:
                    given[name] = len(given)
                    self._add(name[:1], given[name], True, by_prefix)
            known = frozenset(given[name] for name in names)
            self._given_of.append(alike.setdefault(known, known))
        self._owners = list(map(tuple, owners))  # lists keep room for more
        self._by_prefix = {prefix: tuple(places) for prefix, places in by_prefix.items()}

    def _add(self, name: Name, number: int, is_given: bool, by_prefix: Mapping[str, list[int]]) -> None:
        for part, lattices in enumerate(name):
            for lattice in lattices:
                at = len(self._lattices)
                heads = lattice.prefixes(PREFIX + 1)
                following = intern("".join(sorted({head[PREFIX:] for head in heads})))
                self._lattices.append((lattice, number, part, is_given, following))
                for prefix in {head[:PREFIX] for head in heads}:
                    by_prefix[prefix].append(at)

    def look_up(self, word: str) -> NameHits | None:
        """What a folded word can be; None for nearly all words."""
        candidates = self._by_prefix.get(word[:PREFIX])
        if not candidates:
            return None
        surnames: dict[tuple[int, int], None] = {}
        given: set[int] = set()
        following = word[PREFIX : PREFIX + 1]
        for at in candidates:
            lattice, number, part, is_given, letters = self._lattices[at]
            if following in letters and lattice.fits(word):
                if is_given:
                    given.add(number)
                else:
                    surnames[number, part] = None
        if not (surnames or given):
            return None
        return NameHits(tuple(surnames), frozenset(given), self._his(word, [name for name, _ in surnames]))

    def _his(self, word: str, names: Sequence[int]) -> frozenset[int]:
        """The men's surnames among those that a word is, where it is a woman's: "Cichanouska" is his genitive in
        Latvian alone, and hers in Polish, Czech, Ukrainian, Bulgarian and Latvian."""
        if len(names) < 2 or not word.endswith(_HERS):
            return frozenset()
        sexes = {name: {self.persons[number].sex for number in self._owners[name]} for name in names}
        return frozenset(name for name in names if sexes[name] == {"m"} and {"f"} in sexes.values())

    def owners(self, word: str) -> tuple[Person, ...]:
        """Persons whose whole surname a folded word can be."""
        hits = self.look_up(word)
        numbers = [name for name, part in hits.surnames if part == 0 and self._parts[name] == 1] if hits else []
        return tuple(self.persons[owner] for name in numbers for owner in self._owners[name])

    def sight(
        self,
        sentences: Sequence[int],
        hits: dict[int, NameHits],
        context: bool,
        by_sentences: frozenset[int],
        roles: frozenset[str] = frozenset(),
    ) -> list[Sighting]:
        """Decide who is meant where. `hits`: what each capitalised word can be; `context`: the text is known to be
        about Belarus; `by_sentences`: numbers of the sentences that name Belarus; `roles`: those of whom the text may
        speak, whose weak names count."""
        seen: list[Sighting] = []
        weak: list[dict[int, tuple[int, int]]] = []
        for index, hit in hits.items():
            options: dict[int, tuple[int, int]] = {}
            strong: list[int] = []
            for name, part in hit.surnames:
                last = self._last_part(name, part, index, hits)
                if last >= 0:
                    for number in self._owners[name]:
                        options[number] = (index, last)
                        if (name, number) in self._sure and name not in hit.his:
                            strong.append(number)
            if options:
                known = context or sentences[index] in by_sentences
                found = self._decide(options, strong, sentences, hits, known, roles)
                if not found and len(options) > 1:
                    options = self._first(options)
                    found = self._decide(options, strong, sentences, hits, known, roles)
                seen += found
                if not found:
                    weak.append(options)
        return seen + [sighting for options in weak for sighting in self._in_company(options, sentences, hits, seen)]

    def _first(self, options: dict[int, tuple[int, int]]) -> dict[int, tuple[int, int]]:
        """Of several persons of one surname the one whom the packs name first: the others are written with a given
        name, strict ones always. Surnames that are only spelled alike stay as they are."""
        options = self._loose(options) or options
        if len({self.persons[number].name.rpartition(" ")[2] for number in options}) > 1:
            return options
        number = min(options)
        return {number: options[number]}

    def _loose(self, options: dict[int, tuple[int, int]]) -> dict[int, tuple[int, int]]:
        """Those whose surname counts without the given name where a text is about Belarus."""
        return {number: place for number, place in options.items() if not self.persons[number].strict}

    def _in_company(
        self,
        options: dict[int, tuple[int, int]],
        sentences: Sequence[int],
        hits: dict[int, NameHits],
        seen: Sequence[Sighting],
    ) -> list[Sighting]:
        """A weak surname counts in a list with another prisoner: "Rabkova and Loika"."""
        found = []
        for number, (first, last) in options.items():
            least = 1 + self.persons[number].strict  # "Ales Kim" beside "Losik" is a name, "Kim and Losik" is a list
            company = any(
                other.person.role == self.persons[number].role != ""
                and sentences[other.first] == sentences[first]
                and least <= max(first - other.last, other.first - last) <= _BESIDE
                for other in seen
            )
            if company and not self._other_given(number, first, sentences, hits):
                found.append(Sighting(self.persons[number], first, last, given=False))
        return found if len(found) == 1 else []

    def _last_part(self, name: int, part: int, index: int, hits: dict[int, NameHits]) -> int:
        """Index of the last word of a surname that begins at `index`; -1 when it does not. One part of two will do
        for a person whose other part is not written."""
        parts = self._parts[name]
        if part == 0:
            at = index
            while at - index + 1 < parts:
                following = hits.get(at + 1)
                if following is None or (name, at - index + 1) not in following.surnames:
                    return -1
                at += 1
            return at
        return -1

    def _decide(
        self,
        options: dict[int, tuple[int, int]],
        strong: Sequence[int],
        sentences: Sequence[int],
        hits: dict[int, NameHits],
        context: bool,
        roles: frozenset[str],
    ) -> list[Sighting]:
        named = {}
        for number, (first, last) in options.items():
            beside = self._given_beside(number, first, last, sentences, hits, len(options) > 1)
            if beside is not None:
                named[number] = beside
        if named:
            return [Sighting(self.persons[number], *place, given=True) for number, place in named.items()]
        if strong:
            return [Sighting(self.persons[number], *options[number], given=False) for number in strong]
        loose = self._loose(options)
        if (context or roles) and len(loose) == 1:
            number, place = next(iter(loose.items()))
            if (context or self.persons[number].role in roles) and not self._other_given(
                number, place[0], sentences, hits
            ):
                return [Sighting(self.persons[number], *place, given=False)]
        return []

    def _given_beside(
        self, number: int, first: int, last: int, sentences: Sequence[int], hits: dict[int, NameHits], shared: bool
    ) -> tuple[int, int] | None:
        """The span of surname and given name when one stands within two words of the same sentence. A strict name has
        it beside it, and before it where others have the surname too: "Seviarynets, Volha Harbunova" is not Volha S."""
        wanted = self._given_of[number]
        sentence = sentences[first]
        strict = self.persons[number].strict
        for step in range(1, 2 if strict else NEAR + 1):
            for at in (first - step,) if strict and shared else (first - step, last + step):
                hit = hits.get(at)
                if hit is not None and sentences[at] == sentence and wanted & hit.given:
                    return min(at, first), max(at, last)
        return None

    def _other_given(self, number: int, first: int, sentences: Sequence[int], hits: dict[int, NameHits]) -> bool:
        """Whether the word before is the given name of somebody else."""
        hit = hits.get(first - 1)
        return (
            hit is not None
            and bool(hit.given)
            and not hit.given & self._given_of[number]
            and sentences[first - 1] == sentences[first]
        )


def _cognates(rows: Sequence[Sequence[str]]) -> dict[Name, list[Name]]:
    """Given name -> the same name in other languages, from rows "Belarusian, Russian, others ..."."""
    found: dict[Name, list[Name]] = defaultdict(list)
    for row in rows:
        for sex in ("m", "f"):
            names = [literal(word, sex) for word in row[2:]]
            found[generate(row[0], row[1], sex)] += names
    return found
