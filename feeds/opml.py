"""Lists of feeds as OPML 2.0, out and in. Pure. http://opml.org/spec2.opml

What OPML has no attribute for (source type, owner, implied concepts, ...) goes into a namespace of our own, so that a
list written here is read back whole; other programs pass over it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from core.errors import ParseError
from core.links import clean_link
from core.model import FeedSpec, Outcome
from core.secondlook import ALWAYS, AUTO, NEVER
from core.sentence import Sentence
from feeds import desk_texts as told
from feeds.decode import drop_impossible, read_characters
from feeds.entries import lang_tag

NAMESPACE = "urn:minsk-watch:feed"
MAX_DEPTH = 100
MAX_OUTLINES = 10_000

_TELEGRAM = re.compile(r"https?://(?:www\.)?(?:t|telegram)\.me/", re.IGNORECASE)
_LIST = re.compile(r"[\s,]+")


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed of a list; its proxy is the operator's affair and stands in none.

    `usable` is False when `url` is no web address; `url` is then shown as it came.
    """

    name: str
    url: str
    kind: str = "rss"
    lang: str = ""
    owner: str = ""
    user_agent: str = ""
    mirrors: tuple[str, ...] = ()
    implies: tuple[str, ...] = ()
    full_text: str = ""
    audit: bool = False
    usable: bool = True


def write_opml(specs: Sequence[FeedSpec], title: str) -> str:
    """An OPML document of the feeds in order."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:mw="{NAMESPACE}">',
        f"  <head><title>{escape(_sound(title))}</title></head>",
        "  <body>",
        *(f"    <outline {' '.join(_attributes(spec))}/>" for spec in specs),
        "  </body>",
        "</opml>",
    ]
    return "\n".join(lines) + "\n"


def _attributes(spec: FeedSpec) -> Iterator[str]:
    values = {
        "text": spec.name,
        "type": "rss",
        "xmlUrl": spec.url,
        "language": spec.lang,
        "mw:kind": spec.kind,
        "mw:owner": spec.owner,
        "mw:userAgent": spec.user_agent,
        "mw:mirrors": " ".join(spec.mirrors),
        "mw:implies": " ".join(spec.implies),
        "mw:fullText": "" if spec.full_text == AUTO else spec.full_text,
        "mw:audit": "true" if spec.audit else "",
    }
    return (f"{name}={quoteattr(_sound(value))}" for name, value in values.items() if value)


def _sound(text: str) -> str:
    return " ".join(drop_impossible(text).split())


def read_opml(body: bytes) -> tuple[Outline, ...]:
    """The feeds of a list in order, each address once, folders left aside. Raises ParseError, also for any DTD."""
    text = read_characters(body)
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise ParseError(Outcome.PARSE, Sentence(told.LIST_NOT_SOUND, error=str(error))) from None
    return tuple({outline.url: outline for outline in reversed(reader.outlines)}.values())[::-1]


class _Reader:
    def __init__(self) -> None:
        self.outlines: list[Outline] = []
        self._depth = 0

    def doctype(self, *_: object) -> None:
        raise ParseError(Outcome.PARSE, Sentence(told.LIST_DOCTYPE))

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._depth and name.lower() != "opml":
            raise ParseError(Outcome.NOT_A_FEED, Sentence(told.LIST_OTHER, name=name[:40]))
        self._depth += 1
        if self._depth > MAX_DEPTH or len(self.outlines) > MAX_OUTLINES:
            raise ParseError(Outcome.PARSE, Sentence(told.LIST_DEEP, most=MAX_DEPTH))
        if name.lower() == "outline":
            found = _outline({key.rpartition(":")[2].lower(): value for key, value in attributes.items()})
            self.outlines += [found] if found else []

    def end(self, _: str) -> None:
        self._depth -= 1


def _outline(values: dict[str, str]) -> Outline | None:
    """The feed that an outline stands for; None for a folder."""
    given = values.get("xmlurl", "").strip()
    if not given:
        return None
    url = clean_link(given)
    mirrors = (clean_link(mirror) for mirror in _LIST.split(values.get("mirrors", "")))
    return Outline(
        name=" ".join((values.get("title") or values.get("text") or "").split())[:200],
        url=url or given[:500],
        kind=values.get("kind") or _guess_kind(url, values.get("type", "")),
        lang=lang_tag(values.get("language")),
        owner=values.get("owner", ""),
        user_agent=values.get("useragent", ""),
        mirrors=tuple(filter(None, mirrors)),
        implies=tuple(filter(None, _LIST.split(values.get("implies", "")))),
        full_text=values["fulltext"] if values.get("fulltext") in (ALWAYS, NEVER) else "",
        audit=values.get("audit") == "true",
        usable=bool(url),
    )


def _guess_kind(url: str, type_: str) -> str:
    if _TELEGRAM.match(url):
        return "telegram-web"
    return "jsonfeed" if "json" in type_.lower() or url.partition("?")[0].endswith(".json") else "rss"
