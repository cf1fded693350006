"""Compiles the tables of packs and says what is wrong with them: faults forbid a pack, warnings are for its author."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from matching.learned import Learned
from matching.packfile import LANGUAGES, Row, read_rows
from matching.patterns import BadPattern, Pattern, compile_pattern, lacinka, lost_accent, stem_fault
from matching.persons import FIRST_DAY, PRISONER, NameIndex, Person, person_of
from matching.topicfile import TopicCompiler
from matching.topics import BUILT_IN, Topic
from matching.wording import Wording

_PERSON_KEYS = frozenset(("name", "be", "ru", "sex", "role", "alone", "strict", "by", "freed", "also"))
_NAME_KEYS = frozenset(
    ("name", "be", "ru", "given", "sure", "latin", "cyrillic", "sex", "role", "alone", "strict", "by", "freed")
)
# Those that the head of packs/belarus-us.people.toml explains; a pack of one's own may have others.
_ROLES = (
    "prisoner", "official", "opposition", "journalist", "rights-defender", "cleric", "us-president", "us-envoy",
    "us-official", "us-congress", "foreign-official", "church", "relative",
)  # fmt: skip
_TOPIC_KEYS = frozenset(
    (
        "title",
        "titles",
        "all",
        "near",
        "unless",
        "close",
        "points",
        "rule",
        "boost",
        "against",
        "against_near",
        "alert",
        "digest",
        "half",
        "needs",
        "needs_or",
        "half_needs",
        "half_unless",
    )
)
_RULE_KEYS = frozenset(("all", "near", "unless", "close", "points"))
_WORDING_KEYS = frozenset(("topics", "start", "stems"))
_SOURCE_KEYS = frozenset(("domains", "languages", "implies"))
_CONCEPT_NOTES = frozenset(("note", "languages", "shared"))


@dataclass
class CompiledPacks:
    """What the files say, checked. With faults the rest is incomplete."""

    concepts: Mapping[str, tuple[Pattern, ...]] = field(default_factory=dict)
    persons: Sequence[Person] = ()
    topics: Mapping[str, Topic] = field(default_factory=dict)
    wordings: Sequence[Wording] = ()
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cognates: Sequence[Sequence[str]] = ()
    coverage: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def compile_packs(files: Sequence[Path]) -> CompiledPacks:
    """Read and check pack files. Never raises for what stands in them: see `.faults` and `.warnings`."""
    packs = CompiledPacks()
    rows = [row for file in files for row in read_rows(file, packs.faults)]
    by_kind: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    _concepts(by_kind["concept"], packs)
    _persons([*by_kind["person"], *by_kind["name"]], packs)
    groups = {row.name: row for row in by_kind["group"]}
    compiler = TopicCompiler(frozenset(packs.concepts), groups, packs.faults)
    for row in by_kind["group"]:
        compiler.group(f"group.{row.name}", row)
    packs.topics = _with_learned(_topics(by_kind["topic"], compiler, packs.faults), by_kind["learned"], packs)
    packs.wordings = tuple(_wordings(by_kind["wording"], packs))
    packs.sources = _sources(by_kind["source"], packs)
    packs.cognates = [
        [str(word) for word in words]
        for row in by_kind["given"]
        for words in row.values.values()
        if isinstance(words, list) and len(words) > 1
    ]
    return packs


def _concepts(rows: Sequence[Row], packs: CompiledPacks) -> None:
    patterns: dict[str, list[Pattern]] = defaultdict(list)
    coverage: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        patterns[row.name]  # an empty concept still exists
        for lang, words in row.values.items():
            if lang in _CONCEPT_NOTES:
                continue
            if lang not in (*LANGUAGES, "any"):
                packs.faults.append(
                    f"{row.file}:{row.line_of_key(lang)}: [concept.{row.name}]: unknown language {lang!r}; "
                    f"known are {', '.join(LANGUAGES)} and any."
                )
                continue
            if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
                packs.faults.append(
                    f"{row.file}:{row.line_of_key(lang)}: [concept.{row.name}]: {lang} must be a list of words."
                )
                continue
            made = _patterns(row, lang, words, packs)
            patterns[row.name] += made
            coverage[row.name][lang] = coverage[row.name].get(lang, 0) + len(made)
        _check_languages(row, coverage[row.name], packs)
    packs.concepts = {name: tuple(_without_repeats(found)) for name, found in patterns.items()}
    packs.coverage = coverage
    shared = {row.name for row in rows if row.values.get("shared") is True}
    _check_shared_stems({name: made for name, made in packs.concepts.items() if name not in shared}, packs.warnings)


def _patterns(row: Row, lang: str, words: Sequence[str], packs: CompiledPacks) -> list[Pattern]:
    made: list[Pattern] = []
    for word in words:
        place = row.place_of(word)
        try:
            pattern = compile_pattern(word, row.name, f"{lang}:{word} {place}")
        except BadPattern as error:
            packs.faults.append(f"{place}: [concept.{row.name}]: pattern {word!r} {error}.")
            continue
        short = stem_fault(pattern)
        if short:
            packs.faults.append(f"{place}: [concept.{row.name}]: pattern {word!r} {short}.")
            continue
        lost = lost_accent(pattern)
        if lost:
            packs.warnings.append(
                f"{place}: [concept.{row.name}]: pattern {word!r} loses its accent and is then {lost!r}, which may be "
                "another language's word; begin it with ^."
            )
        made.append(pattern)
        if lang == "be" and not word.startswith(("=", "^")):
            latin = compile_pattern(lacinka(word), row.name, f"{lang}:{word} {place}")
            if not stem_fault(latin) and latin.elements != pattern.elements:
                made.append(latin)
    return made


def _without_repeats(patterns: Sequence[Pattern]) -> list[Pattern]:
    kept: dict[object, Pattern] = {}
    for pattern in patterns:
        kept.setdefault((pattern.elements, pattern.gaps, pattern.negative), pattern)
    return list(kept.values())


def _check_languages(row: Row, covered: Mapping[str, int], packs: CompiledPacks) -> None:
    if not covered:
        packs.faults.append(f"{row.place}: [concept.{row.name}]: has no words at all.")
        return
    wanted = row.values.get("languages", "all")
    if wanted != "all" or "any" in covered:
        return
    missing = [lang for lang in LANGUAGES if not covered.get(lang)]
    if missing:
        packs.warnings.append(f"{row.place}: [concept.{row.name}]: no words for {', '.join(missing)}.")


def _check_shared_stems(concepts: Mapping[str, Sequence[Pattern]], warnings: list[str]) -> None:
    owners: dict[object, Pattern] = {}
    for patterns in concepts.values():
        for pattern in patterns:
            if pattern.negative:
                continue
            other = owners.setdefault((pattern.elements, pattern.gaps), pattern)
            if other.concept != pattern.concept:
                warnings.append(
                    f"{pattern.source.split()[-1]}: [concept.{pattern.concept}]: {pattern.source.rsplit(' ', 1)[0]!r} "
                    f"is also in [concept.{other.concept}] ({other.source.split()[-1]})."
                )


def _persons(rows: Sequence[Row], packs: CompiledPacks) -> None:
    persons: dict[str, Person] = {}
    for row in rows:
        faults = list(_person_faults(row))
        if row.name in persons:
            faults.append(f"{row.place}: [{row.kind}.{row.name}]: the ID is used twice ({persons[row.name].source}).")
        packs.faults += faults
        packs.warnings += _role_warnings(row)
        if faults:
            continue
        persons[row.name] = person_of(row)
    packs.persons = tuple(persons.values())
    _check_common_words(packs)


def _check_common_words(packs: CompiledPacks) -> None:
    """Warn of persons whose surname, alone, is also a word of a concept."""
    words = {
        pattern.elements[0].stem: concept
        for concept, patterns in packs.concepts.items()
        for pattern in patterns
        if len(pattern.elements) == 1 and not pattern.negative and not pattern.elements[0].exact
    }
    index = NameIndex([person for person in packs.persons if person.alone])
    told: set[tuple[str, str]] = set()
    for word, concept in words.items():
        for person in index.owners(word):
            if (person.id, concept) in told:
                continue
            told.add((person.id, concept))
            packs.warnings.append(
                f"{person.source}: [person.{person.id}]: the surname is also the word {word!r} of [concept.{concept}]; "
                "set alone = false."
            )


def _person_faults(row: Row) -> list[str]:
    known = _PERSON_KEYS if row.kind == "person" else _NAME_KEYS
    place = f"{row.place}: [{row.kind}.{row.name}]:"
    faults = list(_unknown_keys(row, row.values, known))
    for key in ("also", "given", "sure", "latin", "cyrillic"):
        value = row.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            faults.append(f"{place} {key} must be a list of names.")
    if row.values.get("sex", "m") not in ("m", "f"):
        faults.append(f'{place} sex must be "m" or "f".')
    for key in ("be", "ru"):
        if not isinstance(row.values.get(key, ""), str):
            faults.append(f"{place} {key} must be a name.")
    for key in ("alone", "strict", "by"):
        if not isinstance(row.values.get(key, True), bool):
            faults.append(f"{place} {key} must be true or false.")
    if row.values.get("strict") is True and row.values.get("alone", True) is True:
        faults.append(f"{place} strict = true needs alone = false.")
    faults += _freed_faults(row)
    if row.kind == "person" and not str(row.values.get("be", "")).strip() and not str(row.values.get("ru", "")).strip():
        faults.append(f"{place} needs be = or ru =, the name in Belarusian or Russian letters.")
    if row.kind == "name" and not row.values.get("latin") and not row.values.get("cyrillic"):
        faults.append(f"{place} needs latin = or cyrillic =, the spellings of the surname.")
    return faults


def _role_warnings(row: Row) -> Iterator[str]:
    """A misspelt role is no fault, but whoever bears it is not found as what was meant."""
    role = str(row.values.get("role", ""))
    if role and role not in _ROLES:
        place = f"{row.file}:{row.line_of_key('role')}: [{row.kind}.{row.name}]:"
        near = difflib.get_close_matches(role, _ROLES, n=1)
        meant = f"; did you mean {near[0]!r}?" if near else f"; they know {', '.join(_ROLES)}."
        yield f"{place} the shipped rules know no role {role!r}{meant}"


def _freed_faults(row: Row) -> Iterator[str]:
    if "freed" not in row.values:
        return
    place = f"{row.file}:{row.line_of_key('freed')}: [{row.kind}.{row.name}]:"
    freed = row.values["freed"]
    if not isinstance(freed, date) or isinstance(freed, datetime):
        yield f"{place} freed must be a day, such as 2025-12-13, without quotes and without a time."
    elif freed < FIRST_DAY:
        yield f"{place} freed = {freed} is before {FIRST_DAY}; check the year."
    if row.values.get("role") != PRISONER:
        yield f'{place} freed is for persons with role = "{PRISONER}".'


def _topics(rows: Sequence[Row], compiler: TopicCompiler, faults: list[str]) -> dict[str, Topic]:
    topics: dict[str, Topic] = {}
    for row in rows:
        faults += _unknown_keys(row, row.values, _TOPIC_KEYS)
        for rule in row.values.get("rule", ()):
            faults += _unknown_keys(row, rule if isinstance(rule, dict) else {}, _RULE_KEYS)
        if row.name in topics:
            faults.append(f"{row.place}: [topic.{row.name}]: the topic exists already in another pack.")
        topics[row.name] = compiler.topic(row)
    return topics


def _with_learned(topics: dict[str, Topic], rows: Sequence[Row], packs: CompiledPacks) -> dict[str, Topic]:
    """Give every topic the points that were learned for it; unknown topics and concepts are told, not fatal."""
    known = frozenset(packs.concepts) | BUILT_IN
    for row in rows:
        points = row.values.get("points", {})
        numbers = [row.values.get("start", 0.0), row.values.get("lack", 0.0)]
        numbers += points.values() if isinstance(points, dict) else ["points"]
        if any(isinstance(number, bool) or not isinstance(number, int | float) for number in numbers):
            packs.faults.append(f"{row.place}: [learned.{row.name}]: start, lack and points must be numbers.")
            continue
        if row.name not in topics:
            packs.warnings.append(f"{row.place}: [learned.{row.name}]: there is no such topic; train again.")
            continue
        for concept in points:
            if concept not in known and not concept.startswith(("person.", "role.")):
                place = f"{row.file}:{row.line_of_key(concept)}"
                packs.warnings.append(f"{place}: [learned.{row.name}]: there is no concept {concept!r}; train again.")
        learned = Learned(float(numbers[0]), float(numbers[1]), points, row.place)
        topics[row.name] = replace(topics[row.name], learned=learned)
    return topics


def _wordings(rows: Sequence[Row], packs: CompiledPacks) -> Iterator[Wording]:
    """What was learned of words; unknown topics are told, not fatal."""
    for row in rows:
        packs.faults += _unknown_keys(row, row.values, _WORDING_KEYS)
        topics, start, stems = (row.values.get(key) for key in ("topics", "start", "stems"))
        numbers = [start, *(stems.values() if isinstance(stems, dict) else ["stems"])]
        if any(isinstance(number, bool) or not isinstance(number, int | float) for number in numbers):
            packs.faults.append(f"{row.place}: [wording.{row.name}]: start and stems must be numbers.")
            continue
        if not isinstance(topics, list):
            packs.faults.append(f"{row.place}: [wording.{row.name}]: topics must be a list of topics.")
            continue
        for topic in topics:
            if topic not in packs.topics:
                packs.warnings.append(f"{row.place}: [wording.{row.name}]: there is no topic {topic!r}; train again.")
        once: dict[float, float] = {}  # thousands of stems have some hundred weights
        shared = {stem: once.setdefault(float(weight), float(weight)) for stem, weight in (stems or {}).items()}
        yield Wording(tuple(map(str, topics)), float(numbers[0]), shared, row.place)


def _sources(rows: Sequence[Row], packs: CompiledPacks) -> dict[str, tuple[str, ...]]:
    """Domain, or "lang:be" for a language -> concepts that every such entry implies."""
    sources: dict[str, tuple[str, ...]] = {}
    for row in rows:
        packs.faults += _unknown_keys(row, row.values, _SOURCE_KEYS)
        implied = row.values.get("implies", [])
        for concept in implied:
            if concept not in packs.concepts:
                packs.faults.append(
                    f"{row.place_of(str(concept))}: [source.{row.name}]: there is no concept {concept!r}."
                )
        concepts = tuple(str(concept) for concept in implied)
        for lang in row.values.get("languages", ()):
            sources[f"lang:{lang}"] = concepts
        for domain in row.values.get("domains", () if "languages" in row.values else [row.name]):
            sources[str(domain).lower()] = concepts
    return sources


def _unknown_keys(row: Row, values: Mapping[str, object], known: frozenset[str]) -> Iterator[str]:
    for key in values:
        if key not in known:
            place = f"{row.file}:{row.line_of_key(key)}: [{row.kind}.{row.name}]"
            yield f"{place}: unknown key {key!r}; known are {', '.join(sorted(known))}."
