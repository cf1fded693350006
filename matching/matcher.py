"""The matcher of the program: a text read through the packs becomes an Analysis with every reason kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.model import LEVELS, Analysis, Evidence, Facts, Level
from matching.ceilings import Ceilings
from matching.facts import extract
from matching.hints import SOMEBODY, Hints
from matching.learned import LEAD
from matching.lexicon import Found, Lexicon, load_lexicon
from matching.longfree import FREE, NAMED
from matching.reading import Reading, implied_by, read
from matching.scene import set_scene
from matching.signature import signature
from matching.text import pieces_of, read_lead
from matching.topics import Score, Spot, Spots, lowered, score_topic
from matching.wording import stems_of

RELEASE = "prisoner-release"  # the topic whose texts tell who got people out, and where they were taken
_NOTHING: tuple[Facts, Mapping[str, Any]] = Facts(), {}
AGAINST = -2.0  # points of a negative from which on half a match is about something else
_TELLS_MUCH = (  # every table of the facts is asked for one of these
    "10 to 12 prisoners freed and taken to Vilnius. He promised, that 14 will be freed. One of the 52 freed earlier."
)
_SHORT = 1_200  # characters of a body up to which reading it is as cheap as asking whether it need be read
_TOLD = (Level.DIGEST, Level.ALERT)


class PackMatcher:
    """Implements core.ports.Matcher with compiled packs. Never raises on any text."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._titles: dict[str, str] = {}
        self._by_language: dict[str, dict[str, str]] = {}
        self.change(lexicon)

    def change(self, lexicon: Lexicon) -> None:
        """Go by another lexicon from now on, as after a pack was edited."""
        self.lexicon = lexicon
        self.version = lexicon.version
        self._ceilings = Ceilings(lexicon.topics)
        self._hints = Hints(lexicon, self._ceilings.concepts)
        self._titles.clear()
        self._titles |= {name: topic.title for name, topic in lexicon.topics.items()}
        self._by_language.clear()
        for name, topic in lexicon.topics.items():
            for lang, title in topic.titles.items():
                self._by_language.setdefault(lang, {})[name] = title

    def prepare(self) -> None:
        """Make the tables of number words and cues now, a quarter of a second of CPU once a process: the first text of
        the subject would wait for them, and everything else that shares its event loop."""
        self._read_facts(read(self.lexicon, _TELLS_MUCH, ""), ())

    @property
    def titles(self) -> Mapping[str, Mapping[str, str]]:
        """Language -> topic name -> title; follows `change`."""
        return self._by_language

    @property
    def topics(self) -> Mapping[str, str]:
        """Topic name -> title, in the order of the packs; follows `change`."""
        return self._titles

    def implied_by(self, url: str) -> tuple[str, ...]:
        """Concepts that the site of an address implies by its domain or one above it; none for what is no address."""
        try:
            host = (urlsplit(url).hostname or "").lower()
        except ValueError:
            return ()
        while host:
            if host in self.lexicon.sources:
                return tuple(self.lexicon.sources[host])
            host = host.partition(".")[2]
        return ()

    def analyse(
        self, title: str, body: str = "", *, lang: str = "", implies: Sequence[str] = (), when: datetime | None = None
    ) -> Analysis:
        """Read a text and score all topics; `implies` are concepts that its source implies. Whoever had been free for
        long `when` it was published is read as a person of public life; without `when` nobody is."""
        if len(body) > _SHORT and not self.may_tell(title, body, lang, implies):
            return Analysis()
        return self.judge(read(self.lexicon, title, body, lang, implies, when))

    def may_tell(self, title: str, body: str, lang: str = "", implies: Sequence[str] = ()) -> bool:
        """Can anything come of a text: a topic, half a match, a person? No is certain, at a fraction of the cost.

        The title is read, which mostly tells when something can; then the lead. Of the rest it is asked only which
        concepts may stand in it, and whether a surname.
        """
        lexicon, implied = self.lexicon, implied_by(self.lexicon, lang, implies)
        head = pieces_of(title)
        found = lexicon.scan(read_lead(head, "title", LEAD)).concepts
        if self._ceilings.may_count(found, implied):
            return True
        rest = pieces_of(body)
        if head.grouped or rest.grouped:
            return True
        hints = self._hints.of(rest.chunks) | self._hints.of(head.chunks)
        if SOMEBODY in hints:
            return True
        found += lexicon.scan(read_lead(rest, "body", LEAD)).concepts
        return bool(self._ceilings.may_count(found, implied, hints))

    def judge(self, reading: Reading) -> Analysis:
        """Score a text that has been read."""
        if not reading.found and not reading.implies:
            return Analysis()
        names = self._ceilings.may_count(reading.found, reading.implies)
        if not names:
            return self._nothing(reading)
        spots = spots_of(reading)
        scores = {name: score_topic(self.lexicon.topics[name], spots) for name in names}
        self._lower_by_wording(scores, reading)
        topics = tuple(name for name, score in scores.items() if score.level in _TOLD)
        level = max((score.level for score in scores.values()), key=LEVELS.index, default=Level.NONE)
        evidence = tuple(_evidence(scores))
        if level is Level.NONE or (level is Level.HALF and reading.free and _by_name_alone(evidence, reading.free)):
            return self._nothing(reading)
        if level is Level.HALF and any(map(_speaks_against, evidence)):
            facts, marks = _NOTHING  # a story takes nothing by halves that is about something else
        else:
            facts, marks = self._read_facts(reading, topics)
            if level is Level.HALF and any(
                score.value >= self.lexicon.topics[name].digest for name, score in scores.items()
            ):
                marks = {**marks, "only_country": True}
        return Analysis(
            level=level,
            topics=topics,
            scores={name: score.value for name, score in scores.items() if score.level is not Level.NONE},
            evidence=evidence,
            missing={
                name: score.missing for name, score in scores.items() if score.missing and score.level is Level.HALF
            },
            people=self._people(reading.found),
            long_free=self._long_free(reading),
            facts=facts,
            signature=marks,
        )

    def _lower_by_wording(self, scores: dict[str, Score], reading: Reading) -> None:
        """Take points from the topics that a text would be told for, where its words are those of other news."""
        for wording in self.lexicon.wordings:
            told = [name for name in wording.topics if name in scores and scores[name].level in _TOLD]
            points = wording.points_for(stems_of(reading)) if told else 0.0
            if points < 0:
                words = ", ".join(wording.told_by(reading))
                bearing = [name for name in told if wording.bears_on(scores[name].evidence, reading)]
                for name in bearing:
                    by = Evidence(name, "wording", words, "lead", points, wording.source)
                    scores[name] = lowered(self.lexicon.topics[name], scores[name], by)

    def _read_facts(self, reading: Reading, topics: Sequence[str]) -> tuple[Facts, Mapping[str, Any]]:
        """Facts and signature of a text that matched, or that a story may take for its context."""
        scene = set_scene(reading, sure=RELEASE in topics)
        facts = extract(reading, self.lexicon, scene, release=not topics or RELEASE in topics)
        return facts, signature(reading, self.lexicon, facts, topics, scene)

    def _nothing(self, reading: Reading) -> Analysis:
        return Analysis(people=self._people(reading.found), long_free=self._long_free(reading))

    def _long_free(self, reading: Reading) -> dict[str, str]:
        return {self.lexicon.persons[person].name: day.isoformat() for person, day in reading.free.items()}

    def _people(self, found: Sequence[Found]) -> tuple[str, ...]:
        names = (self.lexicon.persons[item.person].name for item in found if item.concept.startswith(NAMED))
        return tuple(dict.fromkeys(names))


def load_matcher(pack_paths: Sequence[Path] | None = None) -> PackMatcher:
    """The matcher with the shipped packs, or those given; PackError lists every fault."""
    return PackMatcher(load_lexicon(pack_paths))


def spots_of(reading: Reading) -> Spots:
    """Where each concept stands, best place first: title, first sentence, later, implied by the source.

    What was found comes in that order already.
    """
    spots = Spots()
    for concept, passage, sentence, _, _, text, pattern, start, end, _ in reading.found:
        if concept.startswith(FREE):
            continue  # what counts is that somebody long free is named, whoever it is
        where = "title" if passage == "title" else "body" if sentence else "first"
        row = (concept, text, where, (passage, sentence), pattern, start, end)
        spots.add(tuple.__new__(Spot, row))  # at a third of the cost of the named tuple's own constructor
    for concept in reading.implies:
        spots.add(Spot(concept, "", "source", ("source", 0), "implied by source or language", -1, -1))
    return spots


def _speaks_against(item: Evidence) -> bool:
    """Is this a negative of the pack that weighs much? Learned points are none."""
    return item.weight <= AGAINST and item.concept != "rule" and not item.pattern.startswith("learned")


def _by_name_alone(evidence: Sequence[Evidence], free: Iterable[str]) -> bool:
    """Does nothing speak for a topic but the names of those who are long free?"""
    names = tuple(f"name:{person} " for person in free)
    told = [item for item in evidence if item.weight > 0 and item.concept not in ("rule", "same sentence")]
    return all(item.pattern.startswith(("learned", *names)) for item in told)


def _evidence(scores: Mapping[str, Score]) -> list[Evidence]:
    return [item for score in scores.values() if score.level is not Level.NONE for item in score.evidence]
