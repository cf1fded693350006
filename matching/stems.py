"""Values kept by how words begin: of a word that begins like none of the stems, one look tells that."""

from __future__ import annotations

from typing import Generic, TypeVar

Value = TypeVar("Value")
_HEAD = 3  # letters by which stems are told apart at first sight


class Stems(Generic[Value]):
    """Stem -> values, in the order in which they were added. No stem is empty."""

    def __init__(self) -> None:
        self._values: dict[str, list[Value]] = {}
        self._sizes: dict[str, tuple[int, ...]] = {}  # first letters -> lengths of the stems that begin so, ascending

    def add(self, stem: str, value: Value) -> None:
        """Take in a value; a stem may have several."""
        if stem not in self._values:
            self._values[stem] = []
            head = stem[:_HEAD]
            self._sizes[head] = tuple(sorted({*self._sizes.get(head, ()), len(stem)}))
        self._values[stem].append(value)

    def look_up(self, word: str) -> list[tuple[int, list[Value]]]:
        """Lengths of the stems with which a word begins, the shortest first, and the values of each."""
        values, sizes = self._values, self._sizes
        found: list[tuple[int, list[Value]]] = []
        for head in (word[:1], word[:2], word[:_HEAD])[: len(word)]:
            if head in sizes:
                found += [(size, values[word[:size]]) for size in sizes[head] if word[:size] in values]
        return found
