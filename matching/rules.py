"""Rules of one's own: a small boolean language over the words of an entry.

    minsk AND (potash OR belavia) NOT football
    "political prisoners" NEAR/5 lukash*      title:sanction* source:bbc lang:en

Words are compared as the matcher compares them: letter case, accents and look-alike letters make no difference. Terms
side by side must all be there. NEAR/n: with at most n words between. `title:` and `body:` say where a term must stand,
`lang:` and `source:` what the entry must be. Binding, tightest first: NEAR, NOT, AND, OR.

A rule has bounded length, terms and depth, and is evaluated in time linear in the words of the text for each term.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import MinskError
from core.sentence import Sentence, Template
from matching import rule_texts as told
from matching.ruletext import MAX_NEAR, Either, Every, Near, Node, Not, Property, Term, Text, words_of

MAX_RULE = 1_000  # characters
MAX_TERMS = 40
MAX_DEPTH = 12
MIN_PREFIX = 3  # letters before *

_QUOTES = '"“”„«»‟＂'
_TOKEN = re.compile(
    rf"\s+|(?P<paren>[()])|(?P<near>NEAR(?:/(?P<n>\d*))?(?=[\s()]|$))|(?P<op>(?:AND|OR|NOT)(?=[\s()]|$))"
    rf"|(?P<field>[A-Za-z]+):(?=[^\s])|(?P<quote>[{_QUOTES}])|(?P<word>[^\s(){_QUOTES}]+)"
)
_FIELDS = ("title", "body", "lang", "source")
_FIELDS_LISTED = ", ".join(f"{name}:" for name in _FIELDS)
_SMALL = frozenset(("and", "or", "not", "near"))
_SIGNS = {"&&": "AND", "&": "AND", "||": "OR", "|": "OR", "!": "NOT"}


class RuleError(MinskError):
    """A rule that cannot be read: str() says what, `at` where (characters from the start), `hint` what to write.

    Both texts are made of templates (matching/rule_texts.py) and their values.
    """

    def __init__(self, what: Template, at: int, hint: Template = "", **values: str | int) -> None:
        self.at = at
        self.hint = Sentence(hint, **values)
        super().__init__(Sentence(what, **values))


def caret(rule: str, at: int, width: int = 60) -> tuple[str, str]:
    """The part of a rule around a place, and a line that points at it."""
    start = max(0, min(at - width // 2, len(rule) - width))
    return rule[start : start + width], " " * (at - start) + "^"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule read. Never raises on any text."""

    source: str
    root: Node

    def matches(self, text: Text) -> bool:
        return self.root.holds(text)


def looks_like_rule(text: str) -> bool:
    """Whether a line is meant as a rule and not as somebody's name."""
    signs = rf"[(){_QUOTES}*]|\b(?:AND|OR|NOT|NEAR)\b|\b(?:{'|'.join(_FIELDS)}):|^[A-Za-z]+:\S"
    small = rf"\S\s(?:{'|'.join(sorted(_SMALL))})\s\S"  # a mistake that the rule's own words explain
    return bool(re.search(rf"{signs}|{small}", text))


def read_rule(source: str) -> Rule:
    """Parse a rule; RuleError with the place of the first mistake."""
    if len(source) > MAX_RULE:
        raise RuleError(told.RULE_LONG, MAX_RULE, n=len(source), most=MAX_RULE)
    parser = _Parser(source)
    root = parser.expression(0)
    if parser.kind != "end":
        raise RuleError(told.BRACKET_MANY, parser.at, told.BRACKET_MANY_HINT)
    if not root.positive:
        raise RuleError(told.NOTHING_TO_FIND, 0, told.NOTHING_TO_FIND_HINT)
    return Rule(source, root)


class _Parser:
    """Recursive descent, one token ahead; `kind`, `value` and `at` are the token's."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._terms = 0
        self._tokens = self._scan()
        self.kind, self.value, self.at = "", "", 0
        self._next()

    def _scan(self) -> Iterator[tuple[str, str, int]]:
        position = 0
        while position < len(self._source):
            match = _TOKEN.match(self._source, position)
            assert match is not None  # the pattern takes every character
            start, position = position, match.end()
            kind = match.lastgroup
            if kind == "n":
                kind = "near"
            if kind == "quote":
                end = next((at for at in range(position, len(self._source)) if self._source[at] in _QUOTES), -1)
                if end < 0:
                    raise RuleError(told.QUOTE_OPEN, start, told.QUOTE_OPEN_HINT)
                yield "quote", self._source[position:end], start
                position = end + 1
            elif kind is not None:
                yield kind, match[0], start
        yield "end", "", len(self._source)

    def _next(self) -> None:
        self.kind, self.value, self.at = next(self._tokens)

    def expression(self, depth: int) -> Node:
        """Parts joined by OR."""
        if depth > MAX_DEPTH:
            raise RuleError(told.DEEP, self.at, told.DEEP_HINT, most=MAX_DEPTH)
        parts = [self._all_of(depth)]
        while (self.kind, self.value) == ("op", "OR"):
            self._next()
            parts.append(self._all_of(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all_of(self, depth: int) -> Node:
        """Parts joined by AND, by NOT, or by standing side by side."""
        parts = [self._negated(depth)]
        while self.kind in ("word", "quote", "field") or (self.kind, self.value) in (
            ("op", "AND"),
            ("op", "NOT"),
            ("paren", "("),
        ):
            if self.value == "AND" and self.kind == "op":
                self._next()
            parts.append(self._negated(depth))
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _negated(self, depth: int) -> Node:
        negations = 0
        while (self.kind, self.value) == ("op", "NOT"):
            negations += 1
            self._next()
        part = self._near(depth)
        return Not(part) if negations % 2 else part

    def _near(self, depth: int) -> Node:
        start = self.at
        left = self._primary(depth)
        while self.kind == "near":
            at, value = self.at, self.value
            most = self._distance(value, at)
            self._next()
            right_at = self.at
            right = self._primary(depth)
            for side, place in ((left, start), (right, right_at)):
                if not _has_places(side):
                    raise RuleError(told.NEAR_SIDES, place, told.NEAR_SIDES_HINT)
            assert isinstance(left, (Term, Near, Either))
            assert isinstance(right, (Term, Near, Either))
            left = Near(left, right, most)
        return left

    def _distance(self, value: str, at: int) -> int:
        digits = value.partition("/")[2]
        if not digits or len(digits) > 3 or not 0 <= int(digits) <= MAX_NEAR:
            raise RuleError(told.NEAR_NUMBER, at, told.NEAR_NUMBER_HINT, most=MAX_NEAR)
        return int(digits)

    def _primary(self, depth: int) -> Node:
        kind, value, at = self.kind, self.value, self.at
        if (kind, value) == ("paren", "("):
            self._next()
            inside = self.expression(depth + 1)
            if (self.kind, self.value) != ("paren", ")"):
                raise RuleError(told.BRACKET_OPEN, at, told.BRACKET_OPEN_HINT)
            self._next()
            return inside
        if kind == "field":
            return self._field(value.rstrip(":").lower(), at)
        if kind in ("word", "quote"):
            self._next()
            return self._term(kind, value, at, "")
        if kind == "end":
            raise RuleError(told.WORD_MISSING, at, told.WORD_MISSING_HINT)
        raise RuleError(told.NOT_A_WORD, at, told.NOT_A_WORD_HINT, value=value, word=value.lower())

    def _field(self, field: str, at: int) -> Node:
        if field not in _FIELDS:
            raise RuleError(told.NO_FIELD, at, told.NO_FIELD_HINT, field=field, fields=_FIELDS_LISTED)
        self._next()
        kind, value, place = self.kind, self.value, self.at
        if kind not in ("word", "quote"):
            raise RuleError(
                told.FIELD_EMPTY, place, told.FIELD_HINT, field=field, example=f"{field}:{_EXAMPLES[field]}"
            )
        self._next()
        if field in ("title", "body"):
            return self._term(kind, value, place, field)
        self._count(place)
        words = tuple(words_of(value.replace(".", " "))) if field == "source" else (value.casefold(),)
        if not words:
            raise RuleError(told.NO_LETTERS, place, told.FIELD_HINT, value=value, example=f"{field}:{_EXAMPLES[field]}")
        return Property(field, words)

    def _term(self, kind: str, value: str, at: int, field: str) -> Term:
        self._count(at)
        if kind == "word" and value.lower() in _SMALL:
            raise RuleError(told.SMALL_LETTERS, at, told.SMALL_LETTERS_HINT, value=value, sign=value.upper())
        if kind == "word" and value.endswith(":") and value[:-1].lower() in _FIELDS:  # "title: minsk"
            name = value[:-1].lower()
            example = f"{name}:{_EXAMPLES[name]}"
            raise RuleError(told.FIELD_EMPTY, at + len(value), told.FIELD_HINT, field=name, example=example)
        if kind == "word" and value in _SIGNS:
            raise RuleError(told.NOT_KNOWN, at, told.NOT_KNOWN_HINT, value=value, sign=_SIGNS[value])
        words: list[tuple[str, bool]] = []
        for piece in value.split():
            prefix = piece.endswith("*")
            folded = words_of(piece.replace("*", ""))
            if "*" in piece.rstrip("*"):
                raise RuleError(told.STAR_PLACE, at, told.STAR_PLACE_HINT)
            if prefix and (not folded or len(folded[-1]) < MIN_PREFIX):
                raise RuleError(told.STAR_SHORT, at, told.STAR_SHORT_HINT, least=MIN_PREFIX)
            words += [(word, False) for word in folded]
            if prefix:
                words[-1] = (words[-1][0], True)
        if not words:
            raise RuleError(told.NOTHING_IN_IT if value else told.QUOTES_EMPTY, at, value=value)
        return Term(tuple(words), field)

    def _count(self, at: int) -> None:
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise RuleError(told.TERMS_MANY, at, told.TERMS_MANY_HINT, most=MAX_TERMS)


_EXAMPLES = {"title": "sanctions", "body": "potash", "lang": "en", "source": "reuters"}


def _has_places(node: Node) -> bool:
    if isinstance(node, Either):
        return all(_has_places(part) for part in node.parts)
    return isinstance(node, (Term, Near))
