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
_SMALL = frozenset(("and", "or", "not", "near"))
_SIGNS = {"&&": "AND", "&": "AND", "||": "OR", "|": "OR", "!": "NOT"}


class RuleError(MinskError):
    """A rule that cannot be read: str() says what, `at` where (characters from the start), `hint` what to write."""

    def __init__(self, message: str, at: int, hint: str = "") -> None:
        self.at = at
        self.hint = hint
        super().__init__(message)


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
    return bool(re.search(rf"[(){_QUOTES}*]|\b(?:AND|OR|NOT|NEAR)\b|\b(?:{'|'.join(_FIELDS)}):", text))


def read_rule(source: str) -> Rule:
    """Parse a rule; RuleError with the place of the first mistake."""
    if len(source) > MAX_RULE:
        raise RuleError(f"The rule is {len(source)} characters long; {MAX_RULE} are allowed.", MAX_RULE)
    parser = _Parser(source)
    root = parser.expression(0)
    if parser.kind != "end":
        raise RuleError("There is a “)” too many.", parser.at, "Remove it, or open a bracket before.")
    if not root.positive:
        raise RuleError(
            "The rule says what must not be there, or which source, but not what to look for.", 0, "Add a word to find."
        )
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
                    raise RuleError("The quotation mark is not closed.", start, 'Put a second " where the phrase ends.')
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
            raise RuleError(f"Brackets are nested over {MAX_DEPTH} deep.", self.at, "Write the rule flatter.")
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
                    raise RuleError("NEAR stands between words, phrases or (a OR b).", place, "Use AND for the rest.")
            assert isinstance(left, (Term, Near, Either))
            assert isinstance(right, (Term, Near, Either))
            left = Near(left, right, most)
        return left

    def _distance(self, value: str, at: int) -> int:
        digits = value.partition("/")[2]
        if not digits or len(digits) > 3 or not 0 <= int(digits) <= MAX_NEAR:
            raise RuleError(f"NEAR needs a number of words up to {MAX_NEAR}.", at, "Write it like NEAR/5.")
        return int(digits)

    def _primary(self, depth: int) -> Node:
        kind, value, at = self.kind, self.value, self.at
        if (kind, value) == ("paren", "("):
            self._next()
            inside = self.expression(depth + 1)
            if (self.kind, self.value) != ("paren", ")"):
                raise RuleError("The bracket is not closed.", at, "Put a “)” where the group ends.")
            self._next()
            return inside
        if kind == "field":
            return self._field(value.rstrip(":").lower(), at)
        if kind in ("word", "quote"):
            self._next()
            return self._term(kind, value, at, "")
        if kind == "end":
            raise RuleError("Here a word is missing.", at, "Write what to look for.")
        raise RuleError(
            f"“{value}” stands where a word is needed.", at, f'For the word itself write "{value.lower()}".'
        )

    def _field(self, field: str, at: int) -> Node:
        if field not in _FIELDS:
            raise RuleError(
                f"There is no field “{field}”.", at, f"Fields are {', '.join(f'{name}:' for name in _FIELDS)}"
            )
        self._next()
        kind, value, place = self.kind, self.value, self.at
        if kind not in ("word", "quote"):
            raise RuleError(f"After “{field}:” a word is missing.", place, f"Write it like {field}:{_EXAMPLES[field]}.")
        self._next()
        if field in ("title", "body"):
            return self._term(kind, value, place, field)
        self._count(place)
        words = tuple(words_of(value.replace(".", " "))) if field == "source" else (value.casefold(),)
        if not words:
            raise RuleError(f"“{value}” has no letters.", place, f"Write it like {field}:{_EXAMPLES[field]}.")
        return Property(field, words)

    def _term(self, kind: str, value: str, at: int, field: str) -> Term:
        self._count(at)
        if kind == "word" and value.lower() in _SMALL:
            raise RuleError(
                f"“{value}” between words means nothing in small letters.",
                at,
                f'Write {value.upper()}, or "{value}" in quotes for the word.',
            )
        if kind == "word" and value in _SIGNS:
            raise RuleError(f"“{value}” is not known.", at, f"Write {_SIGNS[value]}.")
        words: list[tuple[str, bool]] = []
        for piece in value.split():
            prefix = piece.endswith("*")
            folded = words_of(piece.replace("*", ""))
            if "*" in piece.rstrip("*"):
                raise RuleError("“*” can stand at the end of a word only.", at, "Write the beginning, like lukash*.")
            if prefix and (not folded or len(folded[-1]) < MIN_PREFIX):
                raise RuleError(f"Before “*” at least {MIN_PREFIX} letters are needed.", at, "Write more of the word.")
            words += [(word, False) for word in folded]
            if prefix:
                words[-1] = (words[-1][0], True)
        if not words:
            raise RuleError(f"“{value}” has no letters to look for." if value else "The quotes are empty.", at)
        return Term(tuple(words), field)

    def _count(self, at: int) -> None:
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise RuleError(f"A rule holds up to {MAX_TERMS} terms.", at, "Make two rules of it.")


_EXAMPLES = {"title": "sanctions", "body": "potash", "lang": "en", "source": "reuters"}


def _has_places(node: Node) -> bool:
    if isinstance(node, Either):
        return all(_has_places(part) for part in node.parts)
    return isinstance(node, (Term, Near))
