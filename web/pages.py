"""The pages that everybody may see: stories as a timeline, one story with its evidence. Values in, HTML out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from core.chart import Point, chart
from core.message import foreign
from core.model import Evidence, Facts, Level, Member, Story
from core.reports import lead, one_per_source
from web.html import Child, Html, join, outward, quoted, tag

MOST_SOURCES = 6
NO_HEADLINE = "(no headline)"


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds every page: topic titles, where we are, and whether the reader is an operator."""

    topics: Mapping[str, str]
    here: str
    operator: bool = False
    notices: tuple[str, ...] = ()


def document(frame: Frame, title: str, *body: Child) -> bytes:
    """A whole HTML document in UTF-8."""
    links = [("/", "Stories"), *([("/feeds", "Feeds"), ("/deliveries", "Deliveries")] if frame.operator else [])]
    items = [
        tag("li", tag("a", name, href=to, aria_current="page" if to == frame.here else None)) for to, name in links
    ]
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} · Minsk Watch" if title else "Minsk Watch"),
        tag("link", rel="stylesheet", href="/style.css"),
        tag("link", rel="alternate", type="application/atom+xml", title="Stories", href="/stories.atom"),
        tag("link", rel="icon", href="data:,"),
    )
    out = tag("form", tag("button", "Sign out"), method="post", action="/sign-out") if frame.operator else None
    page = tag(
        "body",
        tag("a", "To the content", href="#content", class_="skip"),
        tag(
            "header",
            tag("a", "Minsk Watch", href="/", class_="name"),
            tag("nav", tag("ul", items), aria_label="Pages"),
        ),
        tag("main", _notice(frame), *body, id="content"),
        tag("footer", "Facts are as reported by the sources named. Times are UTC.", out),
    )
    return ("<!doctype html>" + tag("html", head, page, lang="en")).encode("utf-8", "replace")


def _notice(frame: Frame) -> Html | None:
    if not frame.notices:
        return None
    items = [tag("li", foreign(text, 400)) for text in frame.notices]
    return tag("div", tag("strong", "Needs a hand"), tag("ul", items), class_="notice", role="status")


def stories_page(
    frame: Frame, stories: Sequence[Story], points: Sequence[Point], today: date, topic: str, *, more: bool
) -> bytes:
    """The timeline, newest first; with `more`, a link to what is older."""
    title = frame.topics.get(topic, "")
    body: list[Child] = [tag("h1", title or "Belarus and the United States: releases, talks, sanctions")]
    body += [_topic_links(frame, topic), _figure(points, today)]
    if stories:
        body.append(tag("ol", [_in_timeline(story, frame.topics) for story in stories], class_="timeline"))
    else:
        body.append(tag("p", "No stories yet. They appear here as soon as a feed reports one.", class_="soft"))
    if more and stories:
        query = urlencode({**({"topic": topic} if topic else {}), "before": stories[-1].id})
        body.append(tag("p", tag("a", "Older stories", href=f"/?{query}", rel="next")))
    return document(frame, title, *body)


def _topic_links(frame: Frame, topic: str) -> Html:
    pairs = [("", "All"), *frame.topics.items()]
    items = [
        tag(
            "li",
            tag("a", title, href=f"/?topic={name}" if name else "/", aria_current="true" if name == topic else None),
        )
        for name, title in pairs
    ]
    query = f"?topic={topic}" if topic else ""
    feeds = [
        tag("li", tag("a", label, href=f"/stories.{suffix}{query}"))
        for label, suffix in (("RSS", "rss"), ("Atom", "atom"), ("JSON Feed", "json"))
    ]
    return tag("nav", tag("ul", items, feeds), class_="topics", aria_label="Topics and feeds")


def _figure(points: Sequence[Point], today: date) -> Html:
    picture = chart(points, today)
    if not picture:
        return picture
    rows = [
        tag("tr", tag("td", f"{point.day:%Y-%m-%d}"), tag("td", _link_of(point)), tag("td", point.released or ""))
        for point in reversed(points)
    ]
    head = tag("thead", tag("tr", tag("th", "Day"), tag("th", "Event"), tag("th", "People released")))
    caption = (
        "Above: people released (the scale is a square root). Below: talks (diamonds) and sanctions (squares). "
        "Coloured marks are stories read here and lead to them, grey ones come from the timeline that is shipped."
    )
    return tag(
        "figure",
        tag("div", picture, class_="scroll", tabindex=0, role="group", aria_label="Chart, scrolls sideways"),
        tag("figcaption", caption),
        tag(
            "details",
            tag("summary", "The same as a table"),
            tag("div", tag("table", head, tag("tbody", rows)), class_="scroll"),
        ),
        class_="chart",
    )


def _link_of(point: Point) -> Html:
    return tag("a", point.label, href=point.href) if point.href else join([point.label])


def _in_timeline(story: Story, topics: Mapping[str, str]) -> Html:
    return tag(
        "li",
        tag("p", moment(story.opened_at), class_="meta"),
        tag("h2", tag("a", _headline(lead(story)), href=f"/stories/{story.id}")),
        _badges(story, topics),
        facts_list(story.facts),
        _sources(story),
        class_=story.topics[0] if story.topics and story.topics[0] in topics else None,
    )


def _headline(member: Member) -> Html:
    return quoted(member.title, member.lang) if foreign(member.title) else join([NO_HEADLINE])


def _badges(story: Story, topics: Mapping[str, str]) -> Html:
    names = [topics.get(topic, topic) for topic in story.topics]
    if story.level is Level.DIGEST:
        names.append("minor")
    return tag("p", [tag("span", name, class_="badge") for name in names], class_="meta")


def _sources(story: Story) -> Html:
    sources = one_per_source(story.members)
    items = [tag("li", _source(member)) for member in sources[:MOST_SOURCES]]
    if len(sources) > MOST_SOURCES:
        items.append(tag("li", tag("a", f"and {len(sources) - MOST_SOURCES} more", href=f"/stories/{story.id}")))
    return tag("ul", items, class_="sources", aria_label="Sources")


def _source(member: Member) -> Html:
    name = foreign(member.source, 80)
    owner = f" ({foreign(member.owner, 40)})" if member.owner else ""
    return join([outward(member.url, name), owner, ", ", moment(member.published_at or member.at)])


def moment(at: datetime | None) -> Html:
    """A time for people and programs; nothing for None."""
    return tag("time", f"{at:%-d %b %Y %H:%M}", datetime=at.isoformat(timespec="seconds")) if at else Html("")


def facts_list(facts: Facts) -> Html | None:
    """What is reported, as a list of terms; None when nothing is."""
    rows = [(name, value) for name, value in fact_rows(facts) if value]
    pairs = [join([tag("dt", name), tag("dd", foreign(value, 500))]) for name, value in rows]
    return tag("dl", pairs, class_="facts") if pairs else None


_PROPER = {"belavia": "Belavia"}  # of what is given in return, a name


def fact_rows(facts: Facts) -> Iterator[tuple[str, str]]:
    """(name, words) of each fact; the words are foreign text, "" for what is not said."""
    released = "" if facts.released is None else f"{'at least ' if facts.at_least else ''}{facts.released}"
    if len({count for _, count in facts.counts}) > 1:
        released += " (" + ", ".join(f"{source}: {count}" for source, count in facts.counts) + ")"
    yield "Released", released
    yield "Still held", "" if facts.remaining is None else str(facts.remaining)
    yield "Freed", ", ".join(facts.people)
    yield "Refused to leave", ", ".join(facts.refused)
    yield "Held", ", ".join(facts.held)
    yield "Also named", ", ".join(facts.named)
    yield "Through", ", ".join(facts.mediators)
    yield "Taken to", facts.destination or ""
    yield "In return", ", ".join(_PROPER.get(word, word.replace("_", " ")) for word in facts.in_return)


# --- one story ------------------------------------------------------------------------------------------------------


def story_page(frame: Frame, story: Story) -> bytes:
    """A story with all its reports, and what each was matched by."""
    head = lead(story)
    return document(
        frame,
        foreign(head.title, 120) or NO_HEADLINE,
        tag("h1", _headline(head)),
        tag(
            "p",
            f"Story {story.id} · ",
            moment(story.opened_at),
            " · last report ",
            moment(story.updated_at),
            class_="meta",
        ),
        _badges(story, frame.topics),
        facts_list(story.facts),
        tag("h2", f"Reports ({len(story.members)})"),
        tag("ol", [_report(member, frame.topics) for member in story.members], class_="timeline"),
    )


def _report(member: Member, topics: Mapping[str, str]) -> Html:
    return tag(
        "li",
        tag(
            "p",
            _source(member),
            " · first seen ",
            moment(member.at),
            " · follow-up" if member.update else None,
            class_="meta",
        ),
        tag("h3", outward(member.url, _headline(member))),
        _evidence(member, topics),
    )


def _evidence(member: Member, topics: Mapping[str, str]) -> Html:
    found = member.analysis.evidence
    if not found:
        return tag("p", "Joined without evidence of its own.", class_="meta")
    scores = ", ".join(f"{topics.get(name, name)} {score:g}" for name, score in member.analysis.scores.items())
    names = ("Words", "Where", "Points", "Concept", "Pattern")
    head = tag("thead", tag("tr", [tag("th", name, class_="number" if name == "Points" else None) for name in names]))
    table = tag("table", head, tag("tbody", [_evidence_row(one, names) for one in found]), class_="stacked")
    words = dict.fromkeys(foreign(one.text, 60) for one in found if one.text)
    return tag(
        "details",
        tag("summary", "Matched: ", [[", " if number else "", tag("mark", word)] for number, word in enumerate(words)]),
        tag("p", f"Score: {scores}" if scores else None, class_="meta"),
        table,
    )


def _evidence_row(one: Evidence, names: Sequence[str]) -> Html:
    values = (quoted(one.text, limit=120), one.where, f"{one.weight:+g}", one.concept, one.pattern)
    return tag(
        "tr",
        [
            tag("td", value, class_="number" if name == "Points" else None, data_label=name)
            for name, value in zip(names, values, strict=True)
        ],
    )
