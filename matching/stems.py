"""Values kept by how words begin: of a word that begins like none of the stems, one look tells that."""

from __future__ import annotations

from typing import Generic, TypeVar

Value = TypeVar("Value")
_HEAD = 3  # letters by which stems are told apart at first sight


class Stems(Generic[Value]):
    """Stem -> values, in the order in which they were added. No stem is empty."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[Value, ...]] = {}
        self._short: set[str] = set()  # stems shorter than a head
        self._sizes: dict[str, tuple[int, ...]] = {}  # head -> lengths of the stems that begin so, ascending
        self._alike: dict[tuple[int, ...], tuple[int, ...]] = {}  # equal lengths are kept once

    def add(self, stem: str, value: Value) -> None:
        """Take in a value; a stem may have several."""
        known = self._values.get(stem, ())
        self._values[stem] = (*known, value)
        if len(stem) < _HEAD:
            self._short.add(stem)
        elif not known:
            head = stem[:_HEAD]
            sizes = tuple(sorted({*self._sizes.get(head, ()), len(stem)}))
            self._sizes[head] = self._alike.setdefault(sizes, sizes)

    def look_up(self, word: str) -> list[tuple[int, tuple[Value, ...]]]:
        """Lengths of the stems with which a word begins, the shortest first, and the values of each."""
        values, short = self._values, self._short
        found: list[tuple[int, tuple[Value, ...]]] = []
        first, second = word[:1], word[:2]
        if first in short:
            found.append((1, values[first]))
        if second in short and second != first:
            found.append((2, values[second]))
        most = len(word)
        for size in self._sizes.get(word[:_HEAD], ()):
            if size > most:
                break
            known = values.get(word[:size])
            if known is not None:
                found.append((size, known))
        return found
