"""Reads [group.X] and [topic.X] tables of packs into the values that matching.topics scores by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from matching.packfile import Row
from matching.topics import BUILT_IN, Group, Rule, Topic

_TERM = re.compile(r"^([A-Za-z_][\w.\-]*)(?:\*(\d+(?:\.\d+)?))?$")


@dataclass
class TopicCompiler:
    """Turns [group.X] and [topic.X] tables into values; faults carry file and line."""

    concepts: frozenset[str]
    groups: Mapping[str, Row]
    faults: list[str]
    _open: list[str] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)
    _made: dict[Group, Group] = field(default_factory=dict)

    def group(self, text: str, row: Row) -> Group:
        """Read "a | b*0.5 | group.x"; unknown, empty and cyclic groups are faults."""
        terms: dict[str, float] = {}
        before = len(self.faults)
        for part in text.split("|"):
            match = _TERM.match(part.strip())
            if match is None:
                self._fault(row, text, f"{part.strip()!r} is no concept; write concepts with | between them")
                continue
            factor = float(match[2] or 1.0)
            for name, weight in self._expand(match[1], row, text):
                terms[name] = max(terms.get(name, 0.0), round(weight * factor, 3))
        if not terms and len(self.faults) == before:
            self._fault(row, text, "names no concept that exists")
        group = Group(text.strip(), tuple(terms.items()))
        return self._made.setdefault(group, group)  # the same choice in several rules is looked up once per text

    def _expand(self, name: str, row: Row, text: str) -> Iterable[tuple[str, float]]:
        if name.startswith("group."):
            short = name.removeprefix("group.")
            if short in self._open:
                self._fault(row, text, f"group {short!r} contains itself ({' -> '.join([*self._open, short])})")
                return ()
            if short not in self.groups:
                self._fault(row, text, f"there is no [group.{short}]")
                return ()
            self._open.append(short)
            inner = self.groups[short]
            found = [term for part in _strings(inner, "any") for term in self.group(part, inner).terms]
            self._open.pop()
            if not found:
                self._fault(inner, "", f"group {short!r} is empty")
            return found
        if name not in self.concepts | BUILT_IN and not name.startswith(("person.", "role.")):
            self._fault(row, text, f"there is no concept {name!r}")
            return ()
        return ((name, 1.0),)

    def topic(self, row: Row) -> Topic:
        rules = [
            self._rule(values, row) for values in [row.values, *_tables(row.values.get("rule"))] if values.get("all")
        ]
        if not any(rule.all for rule in rules):
            self._fault(row, "", 'the topic is empty: it needs all = ["one | other", ...] or [[...rule]] tables')
        numbers = {
            key: self._number(row, key, default) for key, default in (("alert", 5.0), ("digest", 3.0), ("half", 1.5))
        }
        unless = row.values.get("half_unless")
        if numbers["digest"] > numbers["alert"]:
            self._fault(row, "", "digest is above alert")
        return Topic(
            row.name,
            str(row.values.get("title", row.name)),
            tuple(rules),
            self._points(row, "boost"),
            self._points(row, "against"),
            self._pairs(row, "against_near"),
            needs=tuple(self.group(str(text), row) for text in self._listed(row, "needs")),
            needs_or=tuple(self._together(str(text), row) for text in self._listed(row, "needs_or")),
            half_needs=tuple(self._together(str(text), row) for text in self._listed(row, "half_needs")),
            half_unless=self.group(str(unless), row) if unless else None,
            alert=numbers["alert"],
            digest=numbers["digest"],
            half=numbers["half"],
            titles=self._titles(row),
        )

    @staticmethod
    def _listed(row: Row, key: str) -> list[object]:
        """One choice, or several that must all be met."""
        value = row.values.get(key, [])
        return value if isinstance(value, list) else [value]

    def _together(self, text: str, row: Row) -> tuple[Group, ...]:
        """Choices with & between them, which must all be met."""
        return tuple(self.group(choice, row) for choice in text.split("&"))

    def _titles(self, row: Row) -> Mapping[str, str]:
        titles = row.values.get("titles", {})
        if not isinstance(titles, dict) or not all(isinstance(title, str) and title for title in titles.values()):
            self._fault(row, "", 'titles must be texts by language: titles = { be = "...", pl = "..." }')
            return {}
        return titles

    def _rule(self, values: Mapping[str, object], row: Row) -> Rule:
        listed = values.get("all")
        groups = tuple(self.group(str(text), row) for text in (listed if isinstance(listed, list) else [listed]))
        near: list[tuple[Group, Group]] = []
        pairs = values.get("near", ())
        for text in pairs if isinstance(pairs, list) else ():
            one, and_, other = str(text).partition("&")
            if not and_:
                self._fault(row, str(text), "near needs two groups with & between them")
                continue
            near.append((self.group(one, row), self.group(other, row)))
        unless = values.get("unless")
        return Rule(
            groups,
            tuple(near),
            self.group(str(unless), row) if unless else None,
            bool(values.get("close", False)),
            float(str(values.get("points", 0.0))),
        )

    def _points(self, row: Row, key: str) -> tuple[tuple[str, float], ...]:
        listed = row.values.get(key, {})
        found: list[tuple[str, float]] = []
        for name, points in listed.items() if isinstance(listed, dict) else ():
            if isinstance(points, bool) or not isinstance(points, int | float):
                self._fault(row, "", f"{key} of {name!r} must be a number of points")
                continue
            for concept, _ in self._expand(str(name), row, str(name)):
                found.append((concept, float(points)))
        return tuple(found)

    def _pairs(self, row: Row, key: str) -> tuple[tuple[Group, Group, float], ...]:
        listed = row.values.get(key, {})
        found: list[tuple[Group, Group, float]] = []
        for text, points in listed.items() if isinstance(listed, dict) else ():
            one, and_, other = str(text).partition("&")
            if not and_ or isinstance(points, bool) or not isinstance(points, int | float):
                self._fault(row, str(text), f'{key} needs "one & other" = points')
                continue
            found.append((self.group(one, row), self.group(other, row), float(points)))
        return tuple(found)

    def _number(self, row: Row, key: str, default: float) -> float:
        value = row.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._fault(row, "", f"{key} must be a number")
            return default
        return float(value)

    def _fault(self, row: Row, text: str, what: str) -> None:
        fault = f"{row.place_of(text) if text else row.place}: [{row.kind}.{row.name}]: {what}."
        if fault not in self._told:
            self._told.add(fault)
            self.faults.append(fault)


def _strings(row: Row, key: str) -> list[str]:
    value = row.values.get(key, [])
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _tables(value: object) -> list[Mapping[str, object]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
