"""A text cut into words, numbers and sentences, with the place of each word in the original.

The text is split at spaces and each chunk between them is read once and remembered: news repeats its words, so most of
the work of an entry is looking chunks up. Of most entries only the tokens are made that may tell something.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, repeat
from typing import NamedTuple, TypeVar

from matching.fold import fold

MAX_TEXT = 200_000  # characters read of one text; the rest of a longer one is not looked at
_LONG_CHUNK = 80  # longer ones are not worth remembering
_CACHE = 16_384  # chunks remembered, about 5 MB
_SURE = 2  # a gap between sentences, whatever follows
Value = TypeVar("Value")


class Token(NamedTuple):
    """One word or number. `start` and `end` are offsets into the passage's text, `sentence` and `index` count from 0.

    A number's `folded` has its thousands separators taken out ("1,234" and "1 234" -> "1234") and "." as decimal mark.
    A named tuple, since several hundred are made per entry and a frozen dataclass costs many times as much.
    """

    text: str
    folded: str
    start: int
    end: int
    sentence: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody asks of a token


class Piece(NamedTuple):
    """A word within a chunk; `gap` says whether a sentence ended before it (0 no, 1 if a capital follows, 2 yes)."""

    text: str
    folded: str
    start: int
    end: int
    gap: int


class Chunk(NamedTuple):
    """What stands between two spaces.

    `plain`: one word at the beginning, after which no sentence ends: that word, its folded form and its length. Of any
    chunk: its pieces, the only one if there is no gap before it, the gap after it, whether it can go on with (`head`)
    and can begin (`tail`) a number written with spaces.
    """

    plain: tuple[str, str, int] | None
    pieces: tuple[Piece, ...]
    single: Piece | None
    after: int
    head: bool
    tail: bool


class Passage:
    """A title or a body, read. `where` is "title" or "body"; `text` is what was looked at (200,000 characters).

    `chunks` is what stands between the spaces; markup is blanked in them. All tokens are made when they are first asked
    for; `some` makes only those that somebody wants, which is much less work.
    """

    __slots__ = ("_folded", "_tokens", "chunks", "text", "where")

    def __init__(self, where: str, text: str, chunks: list[str], tokens: tuple[Token, ...] | None = None) -> None:
        self.where, self.text, self.chunks = where, text, chunks
        self._tokens = tokens
        self._folded: list[str] | None = None

    @property
    def tokens(self) -> tuple[Token, ...]:
        """All words and numbers of the text."""
        if self._tokens is None:
            read = read_chunk if max(map(len, self.chunks)) > _LONG_CHUNK else _remembered
            self._tokens = tuple(
                _tokens(self.text, self.chunks, enumerate(map(read, self.chunks)), range(len(self.chunks)))[0]
            )
        return self._tokens

    @property
    def folded(self) -> list[str]:
        """The folded form of every token; not to be changed."""
        if self._folded is None:
            self._folded = [token.folded for token in self.tokens]
        return self._folded

    def cut(self, most: int) -> Passage:
        """The passage with its first so many tokens only."""
        return self if len(self.tokens) <= most else Passage(self.where, self.text, self.chunks, self.tokens[:most])

    def some(self, chunks: Iterable[tuple[int, Chunk]], telling: Container[int]) -> tuple[list[Token], list[Token]]:
        """The tokens of the chunks with the numbers `telling`, and a list as long as all tokens with each at its index,
        ABSENT between them.

        `chunks`, numbered and in their order, must hold every one that is not plain; those that a number may begin or
        go on with must be telling.
        """
        made, size = _tokens(self.text, self.chunks, chunks, telling)
        tokens = [ABSENT] * size
        for token in made:
            tokens[token.index] = token
        return made, tokens


ABSENT = Token("", "", -1, -1, -1, -1)


class Memory(dict[str, Value]):
    """What was made of short strings, remembered: at most so many, then it begins anew."""

    def __init__(self, make: Callable[[str], Value], most: int) -> None:
        self._make, self._most = make, most

    def __missing__(self, key: str) -> Value:
        value = self._make(key)
        if len(self) >= self._most:
            self.clear()
        if len(key) <= _LONG_CHUNK:
            self[key] = value
        return value


_LETTER = r"[^\W\d_]"
_MARK = "\u0300-\u036f\u00ad\u200b-\u200f\u2060-\u2064\ufeff\u034f"
_QUOTE = "'’ʼ`´‘′"
_ELISIONS = "[ldnsjmtc]|qu|jusqu|lorsqu|puisqu|quelqu|un|dell|nell|all|sull|dall|quell|quest|tutt"
_CLOSING = ',;:)»”"'  # may follow a word and change nothing
_LETTER_APOSTROPHE = "ʼ"  # the one of these quotes that is a letter to Unicode
_SCAN = re.compile(
    rf"(?P<dotted>EE\.[\u00a0]?UU\b\.?|(?:(?<!{_LETTER}){_LETTER}\.){{2,8}}(?:{_LETTER}(?!{_LETTER}))?)"
    rf"|(?P<elision>(?<!{_LETTER})(?i:{_ELISIONS})(?=[{_QUOTE}]+{_LETTER}))"
    rf"|(?P<word>{_LETTER}+(?:[{_MARK}]+{_LETTER}*|[{_QUOTE}]+(?={_LETTER}){_LETTER}+)*)"
    r"|(?P<number>\d+(?:[:.,'’\u00a0\u202f\u2009]\d+)*)"
    r"|(?P<end>[.!?…。]+|[\r\n\v\f\u2028\u2029]+)"
)
_LEFTOVER = re.compile(
    r"<[a-zA-Z/!][^<>]{0,400}>|&(?:[A-Za-z]{2,8}|#[0-9A-Fa-fx]{1,7});|https?://[^\s<>\"]{1,2000}|www\.[^\s<>\"]{1,2000}"
)
_GROUPED = re.compile(r"\d{1,3}(?:[.,'’\u00a0\u202f\u2009]\d{3})+")
_DECIMAL = re.compile(r"(\d+)[.,](\d+)")
_NUMBER = re.compile(
    r"\d{1,4}\.\d{1,2}\.\d{1,4}|\d{1,2}:\d{2}(?::\d{2})?"
    r"|\d{1,3}(?:([.,'’\u00a0\u202f\u2009])\d{3}(?!\d))(?:\1\d{3}(?!\d))*|\d+[.,]\d+|\d+"
)
_APOSTROPHE = re.compile(f"[{_QUOTE}]+")
_SUFFIXES = frozenset(("s", "t", "re", "ll", "ve", "d", "m"))
_TITLES = (
    " mr mrs ms dr st gen sen rep lt col jr sr prof hr fr pres amb vs no г гг им ул св проф ген тыс млн млрд руб грн"
    " dol tys mln mld godz proc ul św red bzw ca usw mme mm př např tzv str sv dott sig on avv kl nr etc ал др вул ім "
)


def read_passage(text: str, where: str) -> Passage:
    """Cut a text into tokens and sentences. Never raises on any text; reads 200,000 characters at most."""
    text = text[:MAX_TEXT]
    return Passage(where, text, _plain(text).split(" "))


def _plain(text: str) -> str:
    """The text with markup, entities and addresses blanked."""
    if "<" in text or "&" in text or "://" in text or "www." in text:
        return _LEFTOVER.sub(_blank, text)
    return text


_Row = tuple[str, str, int, int, int, int]  # the fields of a token


def _tokens(
    text: str, chunks: Sequence[str], read: Iterable[tuple[int, Chunk]], telling: Container[int]
) -> tuple[list[Token], int]:
    """The tokens of the telling chunks, and how many all chunks have; those not read are plain, of one word each."""
    rows: list[_Row] = []
    keep = rows.append
    sentence = pending = index = 0
    number_open = -1  # the index of the token that may go on with the number before
    before = -1
    letters = list(accumulate(map(len, chunks), initial=0))
    for at, (plain, pieces, _, after, head, tail) in read:
        position = letters[at] + at  # a space before every chunk but the first
        if at - before > 1:
            if pending:
                if pending == _SURE or not chunks[before + 1][0].islower():
                    sentence += index > 0
                pending = 0
            index += at - before - 1
        before = at
        put = keep if at in telling else _forget
        if plain is not None and not pending:
            word, comparable, length = plain
            put((word, comparable, position, position + length, sentence, index))
            index += 1
        elif chunks[at]:
            if head and number_open == index and not pending:
                _join_number(rows, text, position + pieces[0].end)
                pieces = pieces[1:]
            for word, comparable, start, end, gap in pieces:
                if gap or pending:
                    if gap == _SURE or pending == _SURE or not word[0].islower():
                        sentence += index > 0
                    pending = 0
                put((word, comparable, position + start, position + end, sentence, index))
                index += 1
            pending = max(pending, after)
            number_open = index if tail else -1
    return list(map(tuple.__new__, repeat(Token), rows)), index + len(chunks) - before - 1


def _forget(row: _Row) -> None:
    """A token that nobody asked for."""


def distinct_words(text: str) -> tuple[str, ...]:
    """The folded words and numbers of a text, each once, in the order of their first appearance.

    The same as those of `read_passage`, at less cost, since neither places nor sentences are needed.
    """
    text = text[:MAX_TEXT]
    found: dict[str, None] = {}
    heads = tails = False
    for chunk in dict.fromkeys(_plain(text).split(" ")):
        _, pieces, single, _, head, tail = read_chunk(chunk)
        heads, tails = heads or head, tails or tail
        if single is not None:
            found[single.folded] = None
        else:
            for piece in pieces:
                found[piece.folded] = None
    if heads and tails:  # there may be a number written with spaces
        found = dict.fromkeys(token.folded for token in read_passage(text, "").tokens)
    found.pop("", None)
    return tuple(found)


def _join_number(rows: list[tuple[str, str, int, int, int, int]], text: str, end: int) -> None:
    """Take the next three digits into the number before: "1 234" is one number."""
    _, _, start, _, sentence, index = rows[-1]
    number = text[start:end]
    rows[-1] = (number, number.replace(" ", ""), start, end, sentence, index)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _read_chunk(chunk: str) -> Chunk:
    word = chunk if chunk.isalpha() else chunk.rstrip(_CLOSING)
    if word.isalpha() and _LETTER_APOSTROPHE not in word:
        piece = Piece(word, fold(word), 0, len(word), 0)
        return Chunk((word, piece.folded, piece.end), (piece,), piece, 0, False, False)
    word = word.removesuffix(".")
    if word.isalpha() and _LETTER_APOSTROPHE not in word:
        piece = Piece(word, fold(word), 0, len(word), 0)
        after = _full_stop(word)
        return Chunk(None if after else (word, piece.folded, piece.end), (piece,), piece, after, False, False)
    return _scan_chunk(chunk)


def _scan_chunk(chunk: str) -> Chunk:
    pieces: list[Piece] = []
    gap = 0
    for match in _SCAN.finditer(chunk):
        kind = match.lastgroup
        if kind == "end":
            gap = max(gap, _gap(chunk, match, pieces[-1] if pieces else None))
            continue
        for text, start in _parts(match.group(), match.start(), kind):
            pieces.append(Piece(text, _comparable(text), start, start + len(text), gap))
            gap = 0
    number = pieces[0].text if pieces and pieces[0].start == 0 else ""
    head = len(number) == 3 and number.isdecimal()
    tail = chunk.isdecimal() and len(chunk) <= 3 and chunk[0] != "0"
    single = pieces[0] if len(pieces) == 1 and not pieces[0].gap else None
    tail = tail or (head and len(chunk) == 3)
    plain = None
    if single is not None and not (single.start or gap or head or tail):
        plain = single.text, single.folded, len(single.text)
    return Chunk(plain, tuple(pieces), single, gap, head, tail)


def words_in(pattern: str) -> list[tuple[str, str]]:
    """The words of a short text, as written and folded; nothing is remembered."""
    return [(piece.text, piece.folded) for chunk in _plain(pattern).split(" ") for piece in _read_chunk(chunk).pieces]


_remembered = lru_cache(maxsize=_CACHE)(_read_chunk)


def read_chunk(chunk: str) -> Chunk:
    """What stands between two spaces of a text, cut into words and numbers; remembered if it is short."""
    return _remembered(chunk) if len(chunk) <= _LONG_CHUNK else _read_chunk(chunk)


def _comparable(word: str) -> str:
    if not word[0].isdigit():
        return fold(word.replace(".", "").replace("\u00a0", "") if "." in word else word)
    if _GROUPED.fullmatch(word):
        return "".join(letter for letter in word if letter.isdigit())
    decimal = _DECIMAL.fullmatch(word)
    return f"{decimal[1]}.{decimal[2]}" if decimal else word


def _parts(piece: str, start: int, kind: str | None) -> Iterator[tuple[str, int]]:
    """Cut what the scan took together: numbers in a row, an English possessive (Trump's)."""
    if kind == "number":
        for match in _NUMBER.finditer(piece):
            yield match.group(), start + match.start()
        return
    position = 0
    for match in _APOSTROPHE.finditer(piece):
        if piece[match.end() :].lower() in _SUFFIXES:
            if match.start() > position:  # the letter apostrophe may stand first
                yield piece[position : match.start()], start + position
            position = match.end()
    yield piece[position:], start + position


def _gap(chunk: str, match: re.Match[str], last: Piece | None) -> int:
    """How surely a mark closes a sentence: not after an abbreviation, an initial, a day's number, or in a word."""
    mark = match.group()
    if mark[0] in "\r\n\v\f\u2028\u2029":
        return 2
    if chunk[match.end() : match.end() + 1].isalnum():
        return 0
    if mark != "." or last is None or last.end != match.start():
        return 1
    return _full_stop(last.text)


def _full_stop(word: str) -> int:
    """The gap that a dot after a word makes."""
    if len(word) <= 2 and (word.isdigit() or (len(word) == 1 and word.isupper())):
        return 0
    return int(f" {word.lower()} " not in _TITLES)
