"""A text cut into words, numbers and sentences, with the place of each word in the original."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, repeat
from typing import NamedTuple

from matching.fold import fold

MAX_TEXT = 200_000  # characters read of one text; the rest of a longer one is not looked at


class Token(NamedTuple):
    """One word or number. `start` and `end` are offsets into the passage's text, `sentence` and `index` count from 0.

    A number's `folded` has its thousands separators taken out ("1,234" and "1 234" -> "1234") and "." as decimal mark.
    A named tuple, since several hundred are made per entry and a frozen dataclass costs four times as much.
    """

    text: str
    folded: str
    start: int
    end: int
    sentence: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody asks of a token


@dataclass(frozen=True, slots=True)
class Passage:
    """A title or a body, read. `where` is "title" or "body"; `text` is what was looked at (200,000 characters)."""

    where: str
    text: str
    tokens: tuple[Token, ...]


_LETTER = r"[^\W\d_]"
_MARK = "\u0300-\u036f\u00ad\u200b-\u200f\u2060-\u2064\ufeff\u034f"
_SCAN = re.compile(
    rf"""
      (?P<word>{_LETTER}+(?:[{_MARK}]+{_LETTER}*|['’ʼ`´‘′]+(?={_LETTER}){_LETTER}+)*)
    | (?P<number>\d+(?:[:.,'’ \u00a0\u202f\u2009]\d+)*)
    | (?P<end>[.!?…。]+|[\r\n\v\f\u2028\u2029]+)
    | <[^<>\n]{{1,400}}> | &(?:[A-Za-z]{{2,8}}|\#[0-9A-Fa-fx]{{1,7}}); | https?://[^\s<>"]{{1,2000}} | www\.[^\s<>"]{{1,2000}}
    """,
    re.VERBOSE,
)
_ABBREVIATION = re.compile(rf"EE\.[ \u00a0]?UU\b\.?|(?:{_LETTER}\.){{2,8}}(?:{_LETTER}\b)?")
_GROUPED = re.compile(r"\d{1,3}(?:[.,'’ \u00a0\u202f\u2009]\d{3})+")
_DECIMAL = re.compile(r"(\d+)[.,](\d+)")
_NUMBER_PART = re.compile(
    r"\d{1,4}\.\d{1,2}\.\d{1,4}|\d{1,2}:\d{2}(?::\d{2})?"
    r"|\d{1,3}(?:([.,'’ \u00a0\u202f\u2009])\d{3}(?!\d))(?:\1\d{3}(?!\d))*|\d+[.,]\d+|\d+"
)
_ELISIONS = frozenset(
    "l d n s j m t c qu jusqu lorsqu puisqu quelqu un dell nell all sull dall quell quest tutt".split()
)
_SUFFIXES = frozenset("s t re ll ve d m".split())
_TITLES = frozenset(
    "mr mrs ms dr st gen sen rep lt col jr sr prof hr fr gov pres amb vs no gen "
    "г гг им ул св проф ген тыс млн млрд ст р руб грн dol tys mln mld godz proc r ul św t.y arch red pan "
    "bzw ca usw d.h m mme mm pr př např zm tzv č str sv dl d-l dott sig on avv bl kl nr etc al др п вул ім".split()
)
_APOSTROPHE = re.compile("['’ʼ`´‘′]+")


def read_passage(text: str, where: str) -> Passage:
    """Cut a text into tokens and sentences. Never raises on any text; reads 200,000 characters at most."""
    text = text[:MAX_TEXT]
    words: list[str] = []
    starts: list[int] = []
    sentences: list[int] = []
    sentence = 0
    ended = False
    skip_to = 0
    for match in _SCAN.finditer(text):
        start = match.start()
        if start < skip_to:
            continue
        kind = match.lastgroup
        if kind is None:
            continue
        if kind == "end":
            ended = ended or (bool(words) and _ends_sentence(text, match, words[-1], starts[-1]))
            continue
        if ended:
            sentence += 1
            ended = False
        piece = match.group()
        if kind == "word" and text[match.end() : match.end() + 1] == "." and len(piece) <= 2:
            dotted = _ABBREVIATION.match(text, start)
            if dotted:
                piece, skip_to = dotted.group(), dotted.end()
        if kind == "number" and not piece.isdigit() or "'" in piece or "’" in piece:
            for part, offset in _parts(piece, start):
                words.append(part)
                starts.append(offset)
                sentences.append(sentence)
            continue
        words.append(piece)
        starts.append(start)
        sentences.append(sentence)
    tokens = map(
        tuple.__new__,
        repeat(Token),
        zip(words, map(_comparable, words), starts, _ends(words, starts), sentences, count(), strict=False),
    )
    return Passage(where, text, tuple(tokens))


def _ends(words: list[str], starts: list[int]) -> Iterator[int]:
    return map(int.__add__, starts, map(len, words))


def _comparable(word: str) -> str:
    if word[0].isdigit():
        return _number(word)
    if "." in word:
        return fold(word.replace(".", "").replace(" ", "").replace("\u00a0", ""))
    return fold(word)


def _number(word: str) -> str:
    if word.isdigit():
        return word
    if _GROUPED.fullmatch(word):
        return "".join(letter for letter in word if letter.isdigit())
    decimal = _DECIMAL.fullmatch(word)
    return f"{decimal[1]}.{decimal[2]}" if decimal else word


def _parts(piece: str, start: int) -> Iterator[tuple[str, int]]:
    """Cut what the scan took together: several numbers in a row, an elided article (l'Union), a possessive (Trump's)."""
    if piece[0].isdigit():
        for match in _NUMBER_PART.finditer(piece):
            yield match.group(), start + match.start()
        return
    position = 0
    for match in _APOSTROPHE.finditer(piece):
        before, after = piece[position : match.start()], piece[match.end() :]
        if before.lower() in _ELISIONS or after.lower() in _SUFFIXES:
            yield before, start + position
            position = match.end()
    yield piece[position:], start + position


def _ends_sentence(text: str, match: re.Match[str], last: str, last_start: int) -> bool:
    """Whether a full stop (or line end) closes a sentence, rather than an abbreviation, an initial or a number."""
    mark = match.group()
    if mark[0] in "\r\n\v\f\u2028\u2029":
        return True
    following = text[match.end() : match.end() + 4]
    if not following:
        return True
    if not (following[0].isspace() or following[0] in "\"'»”’)]"):
        return False
    if mark != "." or last_start + len(last) != match.start():
        return True
    rest = following.lstrip("\"'»”’)] \u00a0\t\n«„“(—–-")
    if rest and rest[0].islower():
        return False
    return not (last.lower() in _TITLES or (len(last) == 1 and last.isupper()) or (last.isdigit() and len(last) <= 2))
