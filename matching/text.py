"""A text cut into words, numbers and sentences, with the place of each word in the original.

The text is split at spaces and each chunk between them is read once and remembered: news repeats its words, so most of
the work of an entry is looking chunks up. What is known of the words stands in columns, one list for each thing, which
are put together run by run: nothing is made for each word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain, compress, count
from operator import add
from typing import NamedTuple, TypeVar

from matching.fold import fold

MAX_TEXT = 200_000  # characters read of one text; the rest of a longer one is not looked at
_LONG_CHUNK = 80  # longer ones are not worth remembering
_LEAD_CHUNKS = 80  # pieces between spaces in which four sentences mostly end
_CACHE = 12_000  # chunks remembered, and as many from before: about 6 MB
_SURE = 2  # a gap between sentences, whatever follows
Value = TypeVar("Value")


class Token(NamedTuple):
    """One word or number. `start` and `end` are offsets into the passage's text, `sentence` and `index` count from 0.

    A number's `folded` has its thousands separators taken out ("1,234" and "1 234" -> "1234") and "." as decimal mark.
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


class Rest(NamedTuple):
    """What is to be known of a chunk that is not one plain word: its pieces (none are listed of one that is a word
    with which a sentence ends), the gap after it, whether it can go on with (`head`) and can begin (`tail`) a number
    written with spaces.
    """

    pieces: tuple[Piece, ...]
    after: int
    head: bool = False
    tail: bool = False


# What stands between two spaces: its kind, if it is one word the folded form and length of that, letters to the
# beginning of the next chunk, and the rest. A plain tuple, since fields of a named one take twice as long to read.
Chunk = tuple[int, str, int, int, Rest | None]
_PLAIN, _LAST, _OTHER = range(3)  # one word at the beginning; the same, and a sentence may end after it; anything else
_ENDS = (None, Rest((), 1), Rest((), 2))


class Passage:
    """A title or a body, read. `where` is "title" or "body"; `text` is what was looked at (200,000 characters).

    Of every word and number in order: `folded`, `starts` and `ends` in the text, `sentences` (numbers); not to be
    changed.
    """

    __slots__ = ("_tokens", "ends", "folded", "sentences", "starts", "text", "where")

    def __init__(
        self, where: str, text: str, folded: list[str], starts: list[int], ends: list[int], sentences: list[int]
    ) -> None:
        self.where, self.text = where, text
        self.folded, self.starts, self.ends, self.sentences = folded, starts, ends, sentences
        self._tokens: tuple[Token, ...] | None = None

    def word(self, index: int) -> str:
        """A word or number as it stands in the text."""
        return self.text[self.starts[index] : self.ends[index]]

    @property
    def tokens(self) -> tuple[Token, ...]:
        """All words and numbers of the text, made when they are first asked for."""
        if self._tokens is None:
            words = map(self.word, range(len(self.folded)))
            rows = zip(words, self.folded, self.starts, self.ends, self.sentences, range(len(self.folded)), strict=True)
            self._tokens = tuple(map(Token._make, rows))
        return self._tokens

    def cut(self, most: int) -> Passage:
        """The passage with its first so many words only."""
        if len(self.folded) <= most:
            return self
        starts, ends = self.starts[:most], self.ends[:most]
        return Passage(self.where, self.text, self.folded[:most], starts, ends, self.sentences[:most])


_NEW = object()


class Memory(dict[str, Value]):
    """What was made of short strings, remembered: the last so many, and of as many before them."""

    def __init__(self, make: Callable[[str], Value], most: int) -> None:
        self._make, self._most = make, most
        self._before: dict[str, Value] = {}

    def __missing__(self, key: str) -> Value:
        value: Value = self._before.get(key, _NEW)  # type: ignore[assignment]  # _NEW is no Value
        if value is _NEW:
            value = self._make(key)
        if len(self) >= self._most:
            self._before = self.copy()
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
_SPACED = re.compile(r" (?<=\d )\d\d\d")  # begins with what is quick to seek
_SUFFIXES = frozenset(("s", "t", "re", "ll", "ve", "d", "m"))
_TITLES = (
    " mr mrs ms dr st gen sen rep lt col jr sr prof hr fr pres amb vs no г гг им ул св проф ген тыс млн млрд руб грн"
    " dol tys mln mld godz proc ul św red bzw ca usw mme mm př např tzv str sv dott sig on avv kl nr etc ал др вул ім "
    " ks кс o о bp abp "
)


def read_passage(text: str, where: str) -> Passage:
    """Cut a text into tokens and sentences. Never raises on any text; reads 200,000 characters at most."""
    text = text[:MAX_TEXT]
    return Passage(where, text, *_columns(text, _plain(text).split(" ")))


class Pieces(NamedTuple):
    """A text cut at its spaces; `grouped` says whether there may be a number written with spaces."""

    text: str
    chunks: list[str]
    grouped: bool


def pieces_of(text: str) -> Pieces:
    """Cut a text at its spaces, 200,000 characters at most, without markup, entities and addresses."""
    text = text[:MAX_TEXT]
    plain = _plain(text)
    return Pieces(text, plain.split(" "), _SPACED.search(plain) is not None)


def read_lead(pieces: Pieces, where: str, sentences: int) -> Passage:
    """So many sentences of a text at least, or all, as `read_passage` reads them."""
    most = _LEAD_CHUNKS
    while True:
        passage = Passage(where, pieces.text, *_columns(pieces.text, pieces.chunks[:most]))
        if most >= len(pieces.chunks) or (passage.sentences and passage.sentences[-1] >= sentences):
            return passage
        most *= 2


def words_of(chunk: str) -> list[tuple[str, str]]:
    """The words and numbers of one chunk, as written and folded; one not met before is not remembered."""
    kind, folded, length, _, rest = _chunks.get(chunk) or _read_chunk(chunk)
    if kind == _OTHER and rest is not None:
        return [piece[:2] for piece in rest.pieces]
    return [(chunk[:length], folded)]


def folded_of(chunk: str) -> Sequence[str]:
    """The folded words and numbers of one chunk, which is remembered."""
    kind, folded, _, _, rest = _chunks[chunk]
    if kind == _OTHER and rest is not None:
        return [piece.folded for piece in rest.pieces]
    return (folded,)


def _plain(text: str) -> str:
    """The text with markup, entities and addresses blanked."""
    if "<" in text or "&" in text or "://" in text or "www." in text:
        return _LEFTOVER.sub(_blank, text)
    return text


_Columns = tuple[list[str], list[int], list[int], list[int]]  # folded, starts, ends, sentences


def _columns(text: str, chunks: Sequence[str]) -> _Columns:
    """The columns of a passage. Runs of chunks that hold one word each are put down at once, the others by pieces."""
    kinds, words, lengths, steps, rests = zip(*map(_chunks.__getitem__, chunks), strict=True)
    positions = list(accumulate(steps, initial=0))
    stops = list(map(add, positions, lengths))
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    sentences: list[int] = []
    sentence = pending = before = copied = 0
    number_open = -1  # the index of the word that may go on with the number before
    for at in (*compress(count(), kinds), len(chunks)):
        last = at < len(chunks) and kinds[at] == _LAST
        stop = at + last
        if stop > before:
            if pending and (pending == _SURE or not chunks[before][0].islower()):
                sentence += bool(sentences)
            pending = 0
            sentences += [sentence] * (stop - before)
        before = at + 1
        if last:
            pending = rests[at].after
            continue
        if at > copied:
            folded += words[copied:at]
            starts += positions[copied:at]
            ends += stops[copied:at]
        copied = at + 1
        if at == len(chunks) or steps[at] == 1:  # the end, or two spaces
            continue
        rest = rests[at]
        position, pieces = positions[at], rest.pieces
        if rest.head and number_open == len(folded) and not pending:
            ends[-1] = position + pieces[0].end
            folded[-1] = text[starts[-1] : ends[-1]].replace(" ", "")
            pieces = pieces[1:]
        for word, comparable, start, end, gap in pieces:
            if gap or pending:
                if gap == _SURE or pending == _SURE or not word[0].islower():
                    sentence += bool(sentences)
                pending = 0
            folded.append(comparable)
            starts.append(position + start)
            ends.append(position + end)
            sentences.append(sentence)
        pending = max(pending, rest.after)
        number_open = len(folded) if rest.tail else -1
    return folded, starts, ends, sentences


def distinct_words(*texts: str) -> tuple[str, ...]:
    """The folded words and numbers of texts, each once, in the order of their first appearance.

    The same as those of `read_passage`, at less cost, since neither places nor sentences are needed.
    """
    found: dict[str, None] = {}
    heads = tails = False
    chunks = dict.fromkeys(chain.from_iterable([_plain(text[:MAX_TEXT]).split(" ") for text in texts]))
    for kind, folded, _, _, rest in map(_chunks.__getitem__, chunks):
        if kind != _OTHER or rest is None:
            found[folded] = None
            continue
        heads, tails = heads or rest.head, tails or rest.tail
        for piece in rest.pieces:
            found[piece.folded] = None
    if heads and tails:  # there may be a number written with spaces
        found = dict.fromkeys(word for text in texts for word in read_passage(text, "").folded)
    found.pop("", None)
    return tuple(found)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _read_chunk(chunk: str) -> Chunk:
    word = chunk if chunk.isalpha() else chunk.rstrip(_CLOSING)
    if word.isalpha() and _LETTER_APOSTROPHE not in word:
        return _PLAIN, fold(word), len(word), len(chunk) + 1, None
    word = word.removesuffix(".")
    if word.isalpha() and _LETTER_APOSTROPHE not in word:
        rest = _ENDS[_full_stop(word)]
        return _LAST if rest else _PLAIN, fold(word), len(word), len(chunk) + 1, rest
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
    tail = tail or (head and len(chunk) == 3)
    if len(pieces) == 1 and not (pieces[0].gap or pieces[0].start or head or tail):
        return _LAST if gap else _PLAIN, pieces[0].folded, pieces[0].end, len(chunk) + 1, _ENDS[gap]
    return _OTHER, "", 0, len(chunk) + 1, Rest(tuple(pieces), gap, head, tail)


def words_in(pattern: str) -> list[tuple[str, str]]:
    """The words of a short text, as written and folded; nothing is remembered."""
    return [word for chunk in _plain(pattern).split(" ") for word in words_of(chunk)]


_chunks: Memory[Chunk] = Memory(_read_chunk, _CACHE)


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
