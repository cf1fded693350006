"""The front-end before every parser: foreign bytes -> well-behaved UTF-8 XML, or a ParseError saying what came instead.

Right encoding, no NUL and no impossible characters, no DTD, bounded nesting and attributes, no endless words for the
parser's regular expressions to choke on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.entities import html5
from itertools import islice

from core.errors import ParseError
from core.message import foreign
from core.model import Outcome
from core.sentence import Sentence
from feeds import fault_texts as told
from feeds.charset import decode

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
MAX_DEPTH = 2000
MAX_ATTRIBUTES = 300
MAX_WORD = 2000
LONG_TAG = 4000  # characters; shorter ones are not looked at

# https://www.w3.org/TR/xml/#charsets
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r")
_REFERENCE = re.compile(
    r"&(?!(?:lt|gt|amp|quot|apos);)(?:#(?:[xX]([0-9a-fA-F]++)|([0-9]++));?|([A-Za-z][A-Za-z0-9]{1,31});)"
)
_TO_MEND = re.compile("&(?!(?:lt|gt|amp|quot|apos);)")
# What is no reference once `defuse` has mended them: https://www.w3.org/TR/xml/#syntax
BARE = re.compile(r"&(?!(?:#[0-9]++|#x[0-9a-fA-F]++|lt|gt|amp|quot|apos);)")
_PAIR = re.compile(r"&#(?:[xX][dD][89abAB][0-9a-fA-F]{2}|5[56]\d{3});&#(?:[xX][dD][c-fC-F][0-9a-fA-F]{2}|5[67]\d{3});")
_XML_DECLARATION = re.compile(r"<\?xml\b[^>]{0,500}\?>", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!DOCTYPE\b", re.IGNORECASE)
# What ends a document type, and what may hold such a sign: https://www.w3.org/TR/xml/#NT-doctypedecl
_DOCTYPE_PART = re.compile(r"[\[>\"']")
_SUBSET_PART = re.compile(r"[\]\"']|<!--|<\?")
_CLOSING = {'"': '"', "'": "'", "<!--": "-->", "<?": "?>"}
_SUBSET_END = re.compile(r"\]\s{0,100}>")
_ELEMENT = re.compile(r"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_LONG_TAG = re.compile(rf"<[A-Za-z][^<]{{{LONG_TAG},}}")
_TAG_PART = re.compile(r"[>\"']")
_ATTRIBUTE = re.compile(r"[\s\"'][^\s=\"'<>/]{1,200}\s*=")
_WORD = re.compile(r"[A-Za-z0-9_.+@-]*")
_LONG_WORD = re.compile(r"(?<![A-Za-z0-9_.+@-])[A-Za-z0-9_.+@-]{2001,}")
_NESTING = re.compile(r"<!\[CDATA\[|<!--|<(/?)[A-Za-z_][^<>]*?(/?)>")

_BLANKS = re.compile(r"\s*+")
_ROOTS = frozenset({"rss", "feed", "rdf", "channel", "entry"})
_MAGIC = (
    (b"\x89PNG", Sentence(told.IMAGE, format="PNG")),
    (b"\xff\xd8\xff", Sentence(told.IMAGE, format="JPEG")),
    (b"GIF8", Sentence(told.IMAGE, format="GIF")),
    (b"RIFF", Sentence(told.WEBP)),
    (b"%PDF", Sentence(told.PDF)),
    (b"PK\x03\x04", Sentence(told.ZIP)),
    (b"\x1f\x8b", Sentence(told.GZIP)),
    (b"\x00\x00\x01\x00", Sentence(told.ICON)),
)
_PAGE = re.compile(r"\s*<!doctype\s+html", re.IGNORECASE)
_NO = "access denied"
# What the checks of Cloudflare, DDoS-Guard, Qrator, Anubis, Imperva, DataDome, Sucuri, AWS, Vercel and others say.
_CHALLENGES = (
    *(
        "just a moment",
        "cf-challenge",
        "attention required!",
        "captcha",
        "ddos-guard",
        "qrator",
        "anubis_",
        "within.website",
    ),
    *("_incapsula_resource", "datadome", "sucuri_cloudproxy", "awswaf", "security checkpoint", "perimeterx"),
    *("enable javascript", _NO, "checking your browser"),
    *("проверка браузера", "проверяем ваш браузер", "перевірка браузера", "праверка браўзера"),
)
# Whole words: "почне роботу" and "not a botched attempt" ask for nothing.
_HUMAN = re.compile(r"\b(?:not a (?:ro)?bot|you are human|не робот)\b")


def prepare(body: bytes, content_type: str = "") -> str:
    """Foreign bytes -> XML text with a UTF-8 declaration, ready for a feed parser. Raises ParseError only."""
    text = read_characters(body, content_type)
    check_kind(text)
    return defuse(text)


def read_characters(body: bytes, content_type: str = "") -> str:
    """Foreign bytes -> text in the right encoding, without impossible characters. Raises ParseError (NOT_A_FEED)."""
    return read_both(body, content_type)[0]


def read_both(body: bytes, content_type: str = "") -> tuple[str, bytes]:
    """As read_characters, and the text in UTF-8, which most bodies are already."""
    for magic, what in _MAGIC:
        if body.startswith(magic):
            raise no_feed(what)
    text, octets_too = decode(body, content_type)
    whole = len(text)
    if not octets_too or _may_be_impossible(text, body):
        text, octets_too = drop_impossible(text), False
    text = text.lstrip("\ufeff \t\r\n")
    return text, body if octets_too and len(text) == whole else text.encode()


def drop_impossible(text: str) -> str:
    """A text without the characters that no document may hold. To see that there is none costs a third of a search."""
    try:
        octets = text.encode()
    except UnicodeEncodeError:
        return _IMPOSSIBLE.sub("", text)
    return _IMPOSSIBLE.sub("", text) if _may_be_impossible(text, octets) else text


def _may_be_impossible(text: str, octets: bytes) -> bool:
    """Whether a text, in UTF-8 `octets`, holds a character that no document may hold."""
    return len(octets.translate(None, _CONTROLS)) < len(octets) or "\ufffe" in text or "\uffff" in text


def defuse(text: str) -> str:
    """XML text -> the same with a UTF-8 declaration and without what could hurt a parser. Raises ParseError (PARSE)."""
    text = _drop_doctype(_XML_DECLARATION.sub("", text, count=1))
    if "&" in text and _TO_MEND.search(text):
        text = _REFERENCE.sub(_mend_reference, _PAIR.sub(_join_pair, text) if "&#" in text else text)
    if _has_long_word(text):
        text = _LONG_WORD.sub(lambda match: match[0][:MAX_WORD], text)
    _check_attributes(text)
    _check_depth(text)
    return DECLARATION + text


def escape_bare(text: str) -> str:
    """A defused text in which every "&" that begins no reference is written as one: "AT&T" means what it says."""
    if not BARE.search(text):
        return text
    pieces, position = [], 0
    for start, end in _unquoted(text):
        pieces += [text[position:start], BARE.sub("&amp;", text[start:end])]
        position = end
    return "".join(pieces)


def check_kind(text: str) -> None:
    """Raise ParseError with a sentence saying what came, unless the text may be an XML feed."""
    if not text or text.isspace():
        raise no_feed(Sentence(told.EMPTY_BODY))
    if text[0] in "{[":
        raise no_feed(Sentence(told.JSON_NOT_XML))
    start = _lead(text)
    root = _ELEMENT.search(text, start, start + 65536)
    if root and root[2].lower() in _ROOTS and not _PAGE.match(text, start):
        return
    names = [match[2].lower() for match in islice(_ELEMENT.finditer(text, start, start + 65536), 40)]
    if not names:
        raise no_feed(Sentence(told.NO_MARKUP, count=str(len(text))))
    if names[0] in ("html", "head", "body", "script", "meta", "title") or _PAGE.match(text, start):
        if challenges(text):
            raise ParseError(Outcome.BLOCKED, Sentence(told.CHALLENGED))
        raise no_feed(_describe_page(text))
    if names[0] == "opml":
        raise no_feed(Sentence(told.OPML))
    if names[0] in ("urlset", "sitemapindex"):
        raise no_feed(Sentence(told.SITEMAP))
    if _ROOTS.isdisjoint(names):
        raise no_feed(Sentence(told.OTHER_ROOT, name=names[0][:40]))


def _lead(text: str) -> int:
    """Where the comments and instructions end that stand before anything else."""
    end = 0
    while True:
        blanks = _BLANKS.match(text, end)
        start = blanks.end() if blanks else end
        if text.startswith("<?", start):
            closing, after = ">", start + 2
        elif text.startswith("<!--", start):
            closing, after = "-->", start + 4
        else:
            return end
        found = text.find(closing, after)
        if found == -1:
            return end
        end = found + len(closing)


def is_whole(text: str) -> bool:
    """Whether the document's root element is closed, so that the body was not cut off on its way."""
    for match in islice(_ELEMENT.finditer(text, _lead(text)), 40):
        if match[2].lower() in _ROOTS:
            closing = f"</{match[1] or ''}{match[2]}"
            return text.rfind(closing, match.end()) >= 0 or text.startswith("/>", match.end())
    return False


def no_feed(what: Sentence) -> ParseError:
    return ParseError(Outcome.NOT_A_FEED, Sentence(told.NO_FEED, what=what))


def challenges(text: str, *, refused: bool = False) -> bool:
    """Whether a page, by its first 20,000 characters, asks for a browser check instead of showing anything.

    `refused`: its status says no already, so that a page which only says no again asks for nothing.
    """
    head = text[:20000].lower()
    said = any(word in head for word in _CHALLENGES if not (refused and word == _NO))
    return said or _HUMAN.search(head) is not None


def _describe_page(text: str) -> Sentence:
    title = re.search(r"<title[^>]{0,200}>([^<]{1,200})", text[:20000], re.IGNORECASE)
    return Sentence(told.PAGE_TITLED, title=foreign(unescape(title[1]), 80)) if title else Sentence(told.PAGE)


def _drop_doctype(text: str) -> str:
    """Remove the document type with all entity declarations, so that none can be expanded or fetched."""
    root = _ELEMENT.search(text, _lead(text))
    match = _DOCTYPE.search(text, 0, root.start() if root else len(text))
    if match is None:
        return text
    end = _end_of(text, match.end(), _DOCTYPE_PART) or text.find(">", match.end()) + 1
    if end and text[end - 1] == "[":
        inside = end
        end = _end_of(text, inside, _SUBSET_PART)
        closing = _SUBSET_END.match(text, end - 1) if end else None
        closing = closing or _SUBSET_END.search(text, inside)  # unbalanced quotes inside
        end = closing.end() if closing else 0
    if not end:
        raise ParseError(Outcome.PARSE, Sentence(told.DOCTYPE_ENDLESS))
    return text[: match.start()] + text[end:]


def _end_of(text: str, start: int, parts: re.Pattern[str]) -> int:
    """Behind the first sign that `parts` finds and that opens no quotation or comment, whose insides are passed over;
    0 when there is none."""
    position = start
    while match := parts.search(text, position):
        closing = _CLOSING.get(match[0])
        if closing is None:
            return match.end()
        found = text.find(closing, match.end())
        if found < 0:
            return 0
        position = found + len(closing)
    return 0


def _mend_reference(match: re.Match[str]) -> str:
    """Keep possible character references, write named ones of HTML as characters, drop the impossible.

    Numbers of C1 controls mean windows-1252: https://html.spec.whatwg.org/multipage/parsing.html#numeric-character-reference-end-state
    """
    hexadecimal, decimal, name = match.groups()
    if name is not None:
        char = html5.get(name + ";", "")
        return match[0] if not char or "<" in char or "&" in char else char
    digits = (hexadecimal or decimal).lstrip("0")[:12]
    code = int(digits or "0", 16 if hexadecimal else 10)
    if 0x80 <= code < 0xA0:
        return bytes([code]).decode("cp1252", "ignore")
    possible = code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code <= 0x10FFFF
    if not possible:
        return ""
    return match[0] if match[0].endswith(";") and match[0][2] != "X" else f"&#{code};"


def _join_pair(match: re.Match[str]) -> str:
    """Two references to the halves of a UTF-16 pair -> the character meant."""
    codes = [int(part[1:], 16) if part[0] in "xX" else int(part) for part in re.findall(r"&#([^;]+);", match[0])]
    high, low = codes
    if not (0xD800 <= high < 0xDC00 <= low < 0xE000):
        return ""
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _has_long_word(text: str) -> bool:
    """Whether there may be a word over MAX_WORD: one such covers a sampled place and as much again behind it."""
    step = MAX_WORD // 2
    return any(_WORD.match(text, place).end() - place >= step for place in range(0, len(text), step))  # type: ignore[union-attr]  # it also matches nothing


def _may_be_deep(text: str) -> bool:
    """An upper bound at little cost: every "<" that is no end tag counts as one level deeper."""
    signs = text.count("<")
    if signs <= MAX_DEPTH or signs - text.count("</") <= MAX_DEPTH:
        return False
    depth = 0
    for part in _without_quoted(text).split("</"):
        depth = max(0, depth - 1) + part.count("<")
        if depth > MAX_DEPTH:
            return True
    return False


def _without_quoted(text: str) -> str:
    """The text without comments and CDATA sections; those that never end stay."""
    return "".join([text[start:end] for start, end in _unquoted(text)])


def _unquoted(text: str) -> Iterator[tuple[int, int]]:
    """Where the parts begin and end that stand outside of comments and CDATA sections; the last reaches to the end.

    Each opening that never closes is looked at once.
    """
    closings = {"<!--": "-->", "<![CDATA[": "]]>"}
    starts = {opening: text.find(opening) for opening in closings}
    position = 0
    while starts := {opening: start for opening, start in starts.items() if start >= 0}:
        opening = min(starts, key=starts.__getitem__)
        end = text.find(closings[opening], starts[opening] + len(opening))
        if end < 0:
            del starts[opening]
            continue
        yield position, starts[opening]
        position = end + 3
        starts |= {one: text.find(one, position) for one, start in starts.items() if start < position}
    yield position, len(text)


def _has_long_tag(text: str) -> bool:
    """Whether there may be a tag over LONG_TAG: one such covers a whole stretch of half of it without another "<"."""
    step = LONG_TAG // 2
    return any(text.find("<", place, place + step) < 0 for place in range(0, len(text) - step, step))


def _check_attributes(text: str) -> None:
    if not _has_long_tag(text):
        return
    for match in _LONG_TAG.finditer(text):
        end = _end_of(match[0], 0, _TAG_PART) or len(match[0])
        if len(_ATTRIBUTE.findall(match[0], 0, end)) > MAX_ATTRIBUTES:
            raise ParseError(Outcome.PARSE, Sentence(told.MANY_ATTRIBUTES, most=str(MAX_ATTRIBUTES)))


def _check_depth(text: str) -> None:
    """Refuse documents nested deeper than MAX_DEPTH. Void and unclosed HTML counts, hence the generous limit."""
    depth = 0
    position = 0 if _may_be_deep(text) else len(text)
    while match := _NESTING.search(text, position):
        position = match.end()
        if match[1] is None:
            position = text.find("]]>" if match[0][2] == "[" else "-->", position)
            if position < 0:
                return
        elif match[1]:
            depth = max(0, depth - 1)
        elif not match[2]:
            depth += 1
            if depth > MAX_DEPTH:
                raise ParseError(Outcome.PARSE, Sentence(told.DEEP, most=str(MAX_DEPTH)))
