"""Values kept by how words begin: of a word that begins like none of the stems, one look tells that."""

from __future__ import annotations

from typing import Generic, TypeVar

Value = TypeVar("Value")
_HEAD = 3  # letters by which stems are told apart at first sight


class _Several(tuple[Value, ...]):
    """The values of a stem that has more than one. A value alone is kept bare: most are, and a tuple each is a
    megabyte for the packs."""

    __slots__ = ()


class Stems(Generic[Value]):
    """Stem -> values, in the order in which they were added. No stem is empty."""

    def __init__(self) -> None:
        self._values: dict[str, Value | _Several[Value]] = {}
        self._shortest: dict[str, tuple[int, ...]] = {}  # first letter -> lengths of the stems shorter than a head
        self._sizes: dict[str, tuple[int, ...]] = {}  # head -> lengths of the stems that begin so, ascending
        self._alike: dict[tuple[int, ...], tuple[int, ...]] = {}  # equal lengths are kept once

    def add(self, stem: str, value: Value) -> None:
        """Take in a value; a stem may have several."""
        if stem in self._values:
            self._values[stem] = _Several((*_all(self._values[stem]), value))
            return
        self._values[stem] = value
        if len(stem) < _HEAD:
            self._shortest[stem[0]] = tuple(sorted({*self._shortest.get(stem[0], ()), len(stem)}))
        else:
            head = stem[:_HEAD]
            sizes = tuple(sorted({*self._sizes.get(head, ()), len(stem)}))
            self._sizes[head] = self._alike.setdefault(sizes, sizes)

    def look_up(self, word: str) -> list[tuple[int, tuple[Value, ...]]]:
        """Lengths of the stems with which a word begins, the shortest first, and the values of each."""
        values = self._values
        found: list[tuple[int, tuple[Value, ...]]] = []
        for sizes in (self._shortest.get(word[:1], ()), self._sizes.get(word[:_HEAD], ())):
            for size in sizes:
                stem = word[:size]
                if size <= len(word) and stem in values:
                    found.append((size, _all(values[stem])))
        return found


def _all(known: Value | _Several[Value]) -> tuple[Value, ...]:
    return known if isinstance(known, _Several) else (known,)
