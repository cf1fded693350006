"""Stories as messages. Pure: what stands in a story in, a message tree out.

Everything that comes from outside (headlines, names, sources) passes `foreign` or `clean_link` here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from bot import correcting_texts, texts
from bot.evidence_texts import CONCEPTS, WHERE
from bot.links import clean_link
from bot.texts import ENGLISH, Texts
from core.message import Button, Line, LineKind, Message, Span, Style, foreign, line
from core.model import Evidence, Facts, Member, Story
from core.reports import lead as lead
from core.reports import one_per_source as one_per_source

MOST_EVIDENCE = 4  # addends told for one topic
MOST_PATTERN = 100
PATTERN_END = 75  # file, line, and for whom a release is long ago
MOST_SOURCES = 8
LEARNED = "learned "  # how the pattern of a learned addend begins
MOST_NAMES = 12
MOST_COUNTS = 3  # told with their sources, whatever they say
MOST_WORDS = 5
MOST_LINKS = 3
OFFICIAL = ("state media", "government")
# Sources whose word confirms what officials say.
INDEPENDENT = ("independent", "rights group", "wire")

Titles = Mapping[str, str]


def alert(story: Story, titles: Titles, say: Texts = ENGLISH) -> Message:
    """The alert of a story. `titles` maps the names of topics to what readers call them."""
    member = lead(story)
    sources = one_per_source(story.members)
    lines = [
        *moved(story, say),
        line(_label(story, titles, sources, say), kind=LineKind.SMALL),
        headline(member, say),
        *known(story.facts, say),
        *_sources(sources, say),
        *_matched(member.analysis.evidence, say),
    ]
    return Message(tuple(lines), _buttons(story, sources, say), tag=f"story:{story.id}", revision=story.revision)


def plain_alert(story: Story, titles: Titles, say: Texts = ENGLISH) -> Message:
    """The same in few plain words, without buttons: for a platform that refused the full form."""
    member = lead(story)
    sources = one_per_source(story.members)
    lines = [*moved(story, say), line(_label(story, titles, sources, say))]
    lines += [line(foreign(member.title, 200) or say.say(texts.NO_HEADLINE))]
    lines += [line(known_line.text) for known_line in known(story.facts, say)][:3]
    address = clean_link(member.url)
    if address:
        lines.append(line(address))
    return Message(tuple(lines), tag=f"story:{story.id}", revision=story.revision)


def moved(story: Story, say: Texts) -> Iterator[Line]:
    """Above a story that was merged into another: which one it is now."""
    if story.merged_into is not None:
        yield say.line(correcting_texts.MERGED_INTO, kind=LineKind.SMALL, n=f"#{story.merged_into}")


def brief(story: Story, titles: Titles, say: Texts = ENGLISH) -> tuple[Line, Line]:
    """A story in two lines, for lists: headline, then number, topics, sources and time."""
    sources = one_per_source(story.members)
    label = _label(story, titles, sources, say)
    moment = Span(say.moment(story.opened_at), at=story.opened_at)
    return headline(lead(story), say, kind=LineKind.BULLET), line(f"{label} · ", moment, kind=LineKind.SMALL)


def headline(member: Member, say: Texts, kind: LineKind = LineKind.TITLE) -> Line:
    """The title in its own language, linked, the language named behind it."""
    title = Span(foreign(member.title) or say.say(texts.NO_HEADLINE), Style.BOLD, clean_link(member.url))
    language = say.language(member.lang)
    return line(title, *([Span(f" ({language})", Style.ITALIC)] if language else []), kind=kind)


def known(facts: Facts, say: Texts) -> Iterator[Line]:
    """What is reported to have happened, a line each; nothing where nothing was said."""
    if facts.released is not None:
        yield _bullet(say, texts.REPORTED_FREED, count=count(facts, say))
    for template, names in (
        (texts.NAMED, facts.people),
        (texts.REFUSED, facts.refused),
        (texts.HELD, facts.held),
        (texts.ALSO_NAMED, facts.named),
        (texts.MEDIATORS, facts.mediators),
    ):
        if names:
            yield _bullet(say, template, names=people_of(names, say))
    if facts.destination:
        yield _bullet(say, texts.DESTINATION, place=foreign(say.country(facts.destination), 60))
    if facts.in_return:
        yield _bullet(say, texts.IN_RETURN, things=things_of(facts.in_return, say))
    if facts.remaining is not None:
        yield _bullet(say, texts.REMAINING, count=facts.remaining)


def evidence_lines(evidence: Sequence[Evidence], titles: Titles, scores: Mapping[str, float], say: Texts) -> list[Line]:
    """The heaviest words of the text in every topic's score, under the topic's title and score.

    What one word adds by the pack and by what was learned is one sum. The rest is one line: `explain` of the command
    line lists every addend.
    """
    lines: list[Line] = []
    for topic in dict.fromkeys(found.topic for found in evidence):
        score = f"{scores.get(topic, 0):g}"
        title = foreign(titles.get(topic, topic), 80)
        lines.append(say.line(texts.EVIDENCE_TOPIC, title=Span(title, Style.BOLD), score=score))
        mine = [found for found in evidence if found.topic == topic]
        told = sorted(_words(mine), key=lambda word: -abs(word.weight))[:MOST_EVIDENCE]
        for found in told:
            lines.append(
                say.line(
                    texts.EVIDENCE,
                    kind=LineKind.BULLET,
                    weight=f"{found.weight:+.3g}",
                    concept=concept_name(found.concept, say),
                    text=foreign(found.text, 60),
                    where=where_name(found.where, say),
                    pattern=reference(found.pattern),
                )
            )
        shown = {(one.concept, one.text, one.where) for one in told}
        rest = sum((one.concept, one.text, one.where) not in shown for one in mine)
        if rest:
            weight = sum(one.weight for one in mine) - sum(one.weight for one in told)
            lines.append(say.line(texts.EVIDENCE_REST, kind=LineKind.SMALL, weight=f"{weight:+.1f}", n=rest))
    return lines


def reference(pattern: str) -> str:
    """A pattern with the file and line that it stands in, which end it; a long one is cut before them."""
    whole = foreign(pattern, len(pattern) + 1)
    if len(whole) <= MOST_PATTERN:
        return whole
    return foreign(whole, MOST_PATTERN - PATTERN_END) + whole[-PATTERN_END:].lstrip()


def _words(evidence: Sequence[Evidence]) -> Iterator[Evidence]:
    """The addends that are words of the text; those of one concept in one place as one, by the pack's pattern."""
    groups: dict[tuple[str, str, str], list[Evidence]] = {}
    for one in evidence:
        if one.text:
            groups.setdefault((one.concept, one.text, one.where), []).append(one)
    for group in groups.values():
        by_pack = next((one for one in group if not one.pattern.startswith(LEARNED)), group[0])
        yield replace(by_pack, weight=sum(one.weight for one in group))


def concept_name(name: str, say: Texts) -> str:
    """What a concept of the packs is called; one of a team's own pack is called as it is there. Alternatives by "|"."""
    parts = [part.strip() for part in name.split("|")]
    return " | ".join(map(partial(_concept, say), parts))


def _concept(say: Texts, name: str) -> str:
    if name in CONCEPTS:
        return say.say(CONCEPTS[name])
    person = say.people.english.get(name.removeprefix("person.")) if name.startswith("person.") else None
    return foreign(say.person(person) if person else name, 40)


def concept_called(text: str, say: Texts) -> str:
    """The concept or person that is called so here or in English, as `concept_name` tells it; "" for no such one."""
    wanted = text.casefold()
    for name, english in CONCEPTS.items():
        if not name.startswith("group.") and wanted in (name, english.casefold(), say.say(english).casefold()):
            return name
    named = say.people.english.items()
    persons = (one for one, english in named if wanted in (english.casefold(), say.person(english).casefold()))
    return next((f"person.{one}" for one in persons), "")


def where_name(where: str, say: Texts) -> str:
    """In which part of an entry something stood."""
    return say.say(WHERE[where]) if where in WHERE else foreign(where, 20)


def topic_names(topics: Iterable[str], titles: Titles) -> str:
    return ", ".join(foreign(titles.get(topic, topic), 80) for topic in topics)


def _label(story: Story, titles: Titles, sources: Sequence[Member], say: Texts) -> str:
    topics = " · ".join(foreign(titles.get(topic, topic), 80) for topic in story.topics)
    count = say.say(texts.SOURCES, n=len(sources))
    return " · ".join(part for part in (topics, count, f"#{story.id}") if part)


def _bullet(say: Texts, template: str, **values: texts.Value) -> Line:
    return say.line(template, kind=LineKind.BULLET, **values)


def count(facts: Facts, say: Texts) -> str:
    """How many were freed, as told; `facts.released` is not None."""
    assert facts.released is not None
    number = say.number(facts.released)
    text = say.say(texts.AT_LEAST, count=number) if facts.at_least else number
    told = dict(facts.counts)
    if len(set(told.values())) > 1:
        if len(told) > MOST_COUNTS:  # then who says the same is not worth a name
            told = {source: count for source, count in told.items() if count != facts.released} or told
        counts = ", ".join(
            f"{foreign(source, 40)} {say.number(count)}" for source, count in list(told.items())[:MOST_SOURCES]
        )
        text += say.say(texts.COUNTS_DIFFER, counts=counts)
    return text


def names_of(names: Sequence[str], say: Texts) -> str:
    """A list of names, long ones cut with a count."""
    shown = [foreign(name, 60) for name in names[:MOST_NAMES]]
    rest = len(names) - MOST_NAMES
    return say.say(texts.AND_MORE, names=", ".join(shown), n=rest) if rest > 0 else say.listed(shown)


def people_of(names: Sequence[str], say: Texts) -> str:
    """The same of persons, as the language calls them."""
    return names_of(list(map(say.person, names)), say)


def things_of(things: Sequence[str], say: Texts) -> str:
    """What was given in return, in words."""
    return names_of([say.say(texts.GIVEN[thing]) if thing in texts.GIVEN else thing for thing in things], say)


def source_name(member: Member) -> Span:
    return Span(foreign(member.source, 60), url=clean_link(member.url))


def _sources(sources: Sequence[Member], say: Texts) -> Iterator[Line]:
    if _both_sides(sources):
        yield line(Span(say.say(texts.BOTH_SIDES), Style.ITALIC))
    for member in _told(sources):
        yield _source(member, say)
    rest = len(sources) - MOST_SOURCES
    if rest > 0:
        yield line(say.say(texts.MORE_SOURCES, n=rest), kind=LineKind.SMALL)


def _told(sources: Sequence[Member]) -> list[Member]:
    """The first sources, the first official and the first independent one always among them."""
    firsts = [next((one for one in sources if one.owner in owners), None) for owners in (OFFICIAL, INDEPENDENT)]
    told = list(sources[:MOST_SOURCES])
    late = [one for one in firsts if one is not None and one not in told]
    told[len(told) - len(late) :] = sorted(late, key=sources.index)
    return told


def _source(member: Member, say: Texts) -> Line:
    at = told_at(member)
    kind = texts.OWNERS.get(member.owner, "")
    owner = say.say(kind) if kind else foreign(member.owner, 40)
    return line(
        source_name(member), f" ({owner}), " if owner else ", ", Span(say.moment(at), at=at), kind=LineKind.QUOTE
    )


def report(member: Member, say: Texts) -> Line:
    """One report in a line: time, source, headline, and whether it is a mere follow-up."""
    at = told_at(member)
    title = Span(foreign(member.title, 200) or say.say(texts.NO_HEADLINE), url=clean_link(member.url))
    mark = f" ({say.say(texts.UPDATE_MARK)})" if member.update else ""
    return line(Span(say.moment(at), at=at), f" {foreign(member.source, 60)}{mark}: ", title, kind=LineKind.BULLET)


def told_at(member: Member) -> datetime:
    """When the source says it published, unless that lies after we saw it."""
    return member.published_at if member.published_at and member.published_at <= member.at else member.at


def _both_sides(sources: Sequence[Member]) -> bool:
    owners = {member.owner for member in sources}
    return not owners.isdisjoint(OFFICIAL) and "independent" in owners


def _matched(evidence: Sequence[Evidence], say: Texts) -> Iterator[Line]:
    """The heaviest words; pairs that only add weight by standing close ("freed … prisoners") are left to /why."""
    told = (found for found in evidence if found.weight > 0 and found.text and "…" not in found.text)
    heaviest = sorted(told, key=lambda found: -found.weight)
    words = list(dict.fromkeys(foreign(found.text, 40) for found in heaviest))[:MOST_WORDS]
    if words:
        yield say.line(texts.MATCHED, kind=LineKind.SMALL, words=", ".join(map(say.quoted, words)))


def _buttons(story: Story, sources: Sequence[Member], say: Texts) -> tuple[tuple[Button, ...], ...]:
    why = Button(say.say(texts.WHY_BUTTON), command=f"why {story.id}")
    links = [(foreign(member.source, 24), clean_link(member.url)) for member in sources]
    opens = tuple(Button(f"{name} ↗", url=address) for name, address in links if name and address)
    return ((why, *opens[:MOST_LINKS]), verdicts(story.id, say))


def verdicts(story_id: int, say: Texts) -> tuple[Button, ...]:
    """What a reader may say of an alert."""
    return (
        Button(say.say(texts.USEFUL_BUTTON), command=f"useful {story_id}", minor=True),
        Button(say.say(texts.NOT_USEFUL_BUTTON), command=f"notuseful {story_id}", minor=True),
        Button(say.say(texts.DUPLICATE_BUTTON), command=f"duplicate {story_id}", minor=True),
        Button(say.say(texts.MUTE_BUTTON), command=f"mute {story_id}", minor=True),
    )
