"""Whether a site lets programs read its articles: robots.txt. Feeds are meant for programs, pages may not be.

https://www.rfc-editor.org/rfc/rfc9309
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, unquote, urlsplit

from core.errors import FetchError
from core.ports import Clock, FetchRequest
from feeds.fetch import Fetcher

PRODUCT = "minskwatch"  # the name that rules may be addressed to
KEEP = timedelta(hours=24)  # section 2.4
KEEP_TROUBLE = timedelta(hours=1)
MAX_BYTES = 500 * 1024  # section 2.5
_REMEMBERED = 1_000
_LINE = re.compile(r"\s*([A-Za-z-]{1,30})\s*:\s*([^#]*)")


@dataclass(frozen=True, slots=True)
class Rule:
    allow: bool
    path: str

    def length(self, path: str) -> int:
        """How much of the rule a path matches, in characters of the rule; -1 for no match."""
        return len(self.path) if _fits(self.path, path) else -1


@dataclass(frozen=True, slots=True)
class Rules:
    rules: tuple[Rule, ...] = ()

    def allow(self, path: str) -> bool:
        """The longest rule that fits decides, of equal ones that which allows; no rule: allowed."""
        path = _normal(path)
        found = [(rule.length(path), rule.allow) for rule in self.rules]
        best = max(found, default=(-1, True))
        return path == "/robots.txt" or best[0] < 0 or best[1]


def read_rules(body: bytes, product: str = PRODUCT) -> Rules:
    """The rules for a program, those for all (*) when none are for it by name. Any bytes will do."""
    mine: list[Rule] = []
    everybody: list[Rule] = []
    named = False
    for agents, rules in _groups(body[:MAX_BYTES].decode("utf-8", "replace")):
        if any(agent.partition("/")[0] == product for agent in agents):
            named, mine = True, mine + rules
        elif "*" in agents:
            everybody += rules
    return Rules(tuple(mine if named else everybody))


def _groups(text: str) -> Iterator[tuple[list[str], list[Rule]]]:
    agents: list[str] = []
    rules: list[Rule] = []
    in_rules = False
    for line in text.lstrip("\ufeff").splitlines():
        match = _LINE.match(line)
        key, value = (match[1].lower(), match[2].strip()) if match else ("", "")
        if key == "user-agent":
            if in_rules:
                yield agents, rules
                agents, rules, in_rules = [], [], False
            agents.append(value.lower())
        elif key in ("allow", "disallow"):
            in_rules = True
            if value:
                rules.append(Rule(key == "allow", _normal(value)))
    yield agents, rules


def _normal(path: str) -> str:
    """Paths with the same meaning are written alike: section 2.2.2."""
    return quote(unquote(path, errors="surrogateescape"), safe="/*$?=&;:@!,+~()'%", errors="surrogateescape")


def _fits(pattern: str, path: str) -> bool:
    """Whether a path begins as the pattern says; "*" is anything, a last "$" the end. Linear in pattern times path."""
    whole = pattern.endswith("$")
    first, *others = (pattern[:-1] if whole else pattern).split("*")
    if not path.startswith(first):
        return False
    position = len(first)
    if whole and others:
        *others, last = others
        if not path.endswith(last):
            return False
        path = path[: len(path) - len(last)] if last else path
    for part in others:
        found = path.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    if whole and "*" not in pattern:
        return path == first
    return position <= len(path)


class Robots:
    """Asks each site once a day. What cannot be had for a fault of the server forbids, what is not there allows."""

    def __init__(self, fetcher: Fetcher, clock: Clock) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._known: OrderedDict[str, tuple[datetime, Rules | None]] = OrderedDict()

    async def allows(self, url: str, *, user_agent: str = "", proxy: str = "") -> bool:
        """Whether the page may be read. Makes a request at most; never raises."""
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        until, rules = self._known.get(site, (self._clock.now(), None))
        if until <= self._clock.now():
            rules, keep = await self._ask(site, user_agent, proxy)
            self._known[site] = (self._clock.now() + keep, rules)
            self._known.move_to_end(site)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return rules is not None and rules.allow(path)

    async def _ask(self, site: str, user_agent: str, proxy: str) -> tuple[Rules | None, timedelta]:
        """The rules of a site, None for "keep away", and how long they hold: section 2.3.1."""
        request = FetchRequest(f"{site}/robots.txt", {"Accept": "text/plain, */*;q=0.5"})
        try:
            answer = await self._fetcher.fetch(request, user_agent=user_agent, proxy=proxy)
        except FetchError as error:
            absent = error.status is not None and 400 <= error.status < 500 and error.status != 429
            return (Rules(), KEEP) if absent else (None, KEEP_TROUBLE)
        return read_rules(answer.body or b""), KEEP
