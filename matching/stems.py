"""Values kept by how words begin: of a word that begins like none of the stems, one look tells that."""

from __future__ import annotations

from typing import Generic, TypeVar

Value = TypeVar("Value")
_HEAD = 3  # letters by which stems are told apart at first sight


class Stems(Generic[Value]):
    """Stem -> values, in the order in which they were added. No stem is empty."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[Value, ...]] = {}
        self._shortest: dict[str, tuple[int, ...]] = {}  # first letter -> lengths of the stems shorter than a head
        self._sizes: dict[str, tuple[int, ...]] = {}  # head -> lengths of the stems that begin so, ascending
        self._alike: dict[tuple[int, ...], tuple[int, ...]] = {}  # equal lengths are kept once

    def add(self, stem: str, value: Value) -> None:
        """Take in a value; a stem may have several."""
        known = self._values.get(stem, ())
        self._values[stem] = (*known, value)
        if len(stem) < _HEAD:
            self._shortest[stem[0]] = tuple(sorted({*self._shortest.get(stem[0], ()), len(stem)}))
        elif not known:
            head = stem[:_HEAD]
            sizes = tuple(sorted({*self._sizes.get(head, ()), len(stem)}))
            self._sizes[head] = self._alike.setdefault(sizes, sizes)

    def look_up(self, word: str) -> list[tuple[int, tuple[Value, ...]]]:
        """Lengths of the stems with which a word begins, the shortest first, and the values of each."""
        values = self._values
        found: list[tuple[int, tuple[Value, ...]]] = []
        for size in self._shortest.get(word[:1], ()):
            known = values.get(word[:size]) if size <= len(word) else None
            if known is not None:
                found.append((size, known))
        for size in self._sizes.get(word[:_HEAD], ()):
            known = values.get(word[:size]) if size <= len(word) else None
            if known is not None:
                found.append((size, known))
        return found
