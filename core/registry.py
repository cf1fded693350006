"""Names to import paths, resolved on first use, so that nothing heavy is imported before it is needed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from core.errors import UnknownName


class Registry:
    """Resolve names such as "rss" to objects such as `feeds.sources.rss:SOURCE`.

    `kind` is the word used in error messages. `get` raises UnknownName, which lists the known names.
    """

    def __init__(self, kind: str, paths: Mapping[str, str]) -> None:
        self.kind = kind
        self._paths = dict(paths)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._paths))

    def add(self, name: str, path: str) -> None:
        """Register one more name, as an extension that is not shipped does."""
        self._paths[name] = path

    def check(self, name: str) -> None:
        """Raise UnknownName unless the name is registered; imports nothing."""
        if name not in self._paths:
            raise UnknownName(self.kind, name, self.names)

    def get(self, name: str) -> Any:
        self.check(name)
        module, _, attribute = self._paths[name].partition(":")
        return getattr(sys.modules.get(module) or import_module(module), attribute)
