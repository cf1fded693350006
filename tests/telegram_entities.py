"""Texts as the local Telegram server takes them: entities checked in UTF-16 units, HTML read, commands and names found.

Stricter than Telegram, which repairs some of what is refused here: a program that passes is right with both.
Rules: https://core.telegram.org/bots/api#formatting-options
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

Entity = dict[str, Any]

STYLES = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler"})
QUOTES = frozenset({"blockquote", "expandable_blockquote"})
OTHERS = frozenset({"code", "pre", "text_link", "text_mention", "date_time", "custom_emoji"})
FOUND = frozenset({"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"})
MOST_ENTITIES = 100

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
}
_TAG = re.compile(r"<(/?)([a-z-]+)((?:\s+[a-z-]+(?:=(?:\"[^\"]*\"|'[^']*'))?)*)\s*>", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[0-9a-f]+);", re.IGNORECASE)
_TYPED = re.compile(r"(?P<bot_command>(?<!\S)/\w+(?:@\w+)?)|(?P<mention>(?<!\w)@\w{3,})|(?P<url>https?://\S+)")


class BadEntities(Exception):
    """The description that Telegram would give."""


def units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def part(text: str, entity: Entity) -> str:
    """The words under an entity."""
    raw = text.encode("utf-16-le")
    return raw[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")


def check(text: str, entities: list[Entity]) -> None:
    """Raise BadEntities unless all entities lie within the text, on whole characters, nested as allowed."""
    if len(entities) > MOST_ENTITIES:
        raise BadEntities(f"can't parse entities: there are {len(entities)}, the most is {MOST_ENTITIES}")
    for entity in entities:
        _check_one(text, entity)
    for number, one in enumerate(entities):
        for other in entities[number + 1 :]:
            _check_pair(one, other)


def _check_one(text: str, entity: Entity) -> None:
    kind, offset, length = entity.get("type"), entity.get("offset"), entity.get("length")
    if kind not in STYLES | QUOTES | OTHERS | FOUND:
        raise BadEntities(f"can't parse MessageEntity: type {kind!r} is not supported")
    if not (isinstance(offset, int) and isinstance(length, int) and offset >= 0 and length > 0):
        raise BadEntities("can't parse MessageEntity: offset and length must be numbers, the length above 0")
    if offset + length > units(text):
        raise BadEntities(f"can't parse entities: {kind} ends after the text")
    try:
        words = part(text, entity)
    except UnicodeDecodeError:
        raise BadEntities(f"can't parse entities: {kind} cuts a character in two") from None
    if not words.strip():
        raise BadEntities(f"can't parse entities: {kind} covers only blanks")
    if kind == "text_link" and not _is_link(entity.get("url")):
        raise BadEntities(f"can't parse entities: {entity.get('url')!r} is no URL")
    if kind == "date_time" and not (
        isinstance(entity.get("unix_time"), int)
        and re.fullmatch(r"r|w?[dD]?[tT]?", str(entity.get("date_time_format", "")))
    ):
        raise BadEntities("can't parse entities: date_time needs unix_time and a sound format")


def _is_link(url: object) -> bool:
    if not isinstance(url, str) or re.search(r"\s", url):
        return False
    parts = urlsplit(url)
    return parts.scheme in ("http", "https", "tg") and bool(parts.netloc)


def _check_pair(one: Entity, other: Entity) -> None:
    first, second = sorted((one, other), key=lambda entity: (entity["offset"], -entity["length"]))
    end = first["offset"] + first["length"]
    if second["offset"] >= end:
        return
    kinds = {first["type"], second["type"]}
    if second["offset"] + second["length"] > end:
        raise BadEntities(f"can't parse entities: {first['type']} and {second['type']} overlap")
    if len(kinds) == 1 or kinds <= QUOTES:
        raise BadEntities(f"can't parse entities: {first['type']} within {second['type']}")
    if kinds & {"code", "pre"} and not kinds & QUOTES:
        raise BadEntities(f"can't parse entities: {first['type']} and {second['type']} cannot be nested")
    if not kinds & (STYLES | QUOTES):
        raise BadEntities(f"can't parse entities: {first['type']} and {second['type']} cannot contain each other")


def find_typed(text: str) -> list[Entity]:
    """The commands, mentions and addresses in what a person typed, as Telegram marks them."""
    found = []
    for match in _TYPED.finditer(text):
        kind = str(match.lastgroup)
        found.append({"type": kind, "offset": units(text[: match.start()]), "length": units(match[0])})
    return found


def read_html(source: str) -> tuple[str, list[Entity]]:
    """parse_mode=HTML: the text and its entities. Raises BadEntities as Telegram does for what is not escaped."""
    text, at = "", 0
    entities: list[Entity] = []
    open_tags: list[tuple[str, Entity]] = []
    while at < len(source):
        character = source[at]
        if character == "<":
            tag = _TAG.match(source, at)
            if tag is None or tag[2].lower() not in _TAGS:
                raise BadEntities(
                    f'can\'t parse entities: Unsupported start tag at byte offset {at}: "{source[at : at + 12]}"'
                )
            _read_tag(tag, units(text), open_tags, entities)
            at = tag.end()
        else:
            reference = _REFERENCE.match(source, at)
            text += unescape(reference[0]) if reference else character
            at = reference.end() if reference else at + 1
    if open_tags:
        raise BadEntities(f"can't parse entities: Can't find end tag corresponding to start tag {open_tags[-1][0]!r}")
    return text, [entity for entity in entities if entity["length"]]


def _read_tag(tag: re.Match[str], offset: int, open_tags: list[tuple[str, Entity]], entities: list[Entity]) -> None:
    name = tag[2].lower()
    if not tag[1]:
        entity: Entity = {"type": _TAGS[name], "offset": offset, "length": 0}
        address = re.search(r"href=(?:\"([^\"]*)\"|'([^']*)')", tag[3])
        if address:
            entity["url"] = unescape(address[1] or address[2] or "")
        open_tags.append((name, entity))
        entities.append(entity)
        return
    if not open_tags or open_tags[-1][0] != name:
        raise BadEntities(f"can't parse entities: Unmatched end tag {name!r}")
    entity = open_tags.pop()[1]
    entity["length"] = offset - entity["offset"]
