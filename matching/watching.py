"""All that anybody watches, compiled together: an entry in, the specs that it matches out. Pure and bounded.

Persons of the packs are found by the matcher already; those made from a typed name share one index of names.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.model import Analysis, Entry, FeedSpec
from core.watch import PERSON, RULE, WatchHit, WatchSpec
from matching.lexicon import COUNTRY, Lexicon
from matching.people import compile_person
from matching.persons import NameHits, NameIndex
from matching.rules import Rule, RuleError, read_rule
from matching.ruletext import Text
from matching.text import Passage, read_passage


class WatchBook:
    """Specs compiled. A spec that cannot be read (of another release) is left out and listed in `faults`."""

    def __init__(self, lexicon: Lexicon, specs: Iterable[WatchSpec]) -> None:
        self._lexicon = lexicon
        self._by_name: dict[str, WatchHit] = {}
        self._rules: list[tuple[Rule, WatchHit]] = []
        self.faults: list[str] = []
        made = []
        for spec in specs:
            hit = WatchHit(spec.key, spec.label)
            person = lexicon.persons.get(str(spec.body.get("person", "")))
            if spec.kind == PERSON and person is not None:
                self._by_name[person.name] = hit
            elif spec.kind == RULE:
                self._add_rule(spec, hit)
            elif spec.kind == PERSON and (spec.body.get("be") or spec.body.get("ru")):
                made.append((compile_person(spec), hit))
            else:
                self.faults.append(f"{spec.label}: nobody of that name is in the packs any more; watch the name anew.")
        self._index = NameIndex([person for person, _ in made])
        self._hits = {person.id: hit for person, hit in made}

    def find(self, feed: FeedSpec, entry: Entry, analysis: Analysis) -> tuple[WatchHit, ...]:
        """Specs that an entry matches, each once. Somebody of the packs may be told of without a name: "the husband of
        Tsikhanouskaya is free"."""
        facts = analysis.facts
        told = (*analysis.people, *facts.people, *facts.refused, *facts.held, *facts.named)
        found = [self._by_name[name] for name in told if name in self._by_name]
        if self._hits:
            passages = (read_passage(entry.title, "title"), read_passage(entry.body, "body"))
            found += self._persons(passages, feed, analysis)
        if self._rules:
            text = Text(feed, entry)
            found += [hit for rule, hit in self._rules if rule.matches(text)]
        return tuple(dict.fromkeys(found))

    def _add_rule(self, spec: WatchSpec, hit: WatchHit) -> None:
        try:
            self._rules.append((read_rule(str(spec.body.get("rule", ""))), hit))
        except RuleError as error:
            self.faults.append(f"{spec.label}: {error} {error.hint}".rstrip())

    def _persons(self, passages: Iterable[Passage], feed: FeedSpec, analysis: Analysis) -> list[WatchHit]:
        seen = [(passage, self._names(passage)) for passage in passages]
        if not any(hits for _, hits in seen):
            return []
        context = bool(analysis.people) or bool(COUNTRY & set(feed.implies)) or self._about_belarus(seen)
        return [
            self._hits[sighting.person.id]
            for passage, hits in seen
            for sighting in self._index.sight(passage.sentences, hits, context, frozenset())
        ]

    def _names(self, passage: Passage) -> dict[int, NameHits]:
        """What each capitalised word can be, as the lexicon does it for the packs."""
        found: dict[int, NameHits] = {}
        for index, folded in enumerate(passage.folded):
            hit = self._index.look_up(folded)
            if hit is not None and not passage.text[passage.starts[index]].islower():
                found[index] = hit
        return found

    def _about_belarus(self, seen: Iterable[tuple[Passage, object]]) -> bool:
        return any(item.concept in COUNTRY for passage, _ in seen for item in self._lexicon.scan(passage).concepts)
