"""Frozen values to JSON-able data and back, by their type annotations.

Supports dataclasses, tuples, mappings with string keys, enums, datetime and time (ISO 8601), timedelta (seconds),
Optional and plain JSON values. Unknown keys are ignored and missing ones take their default, so that a stored value of
an older or newer release can still be read.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


_PLAIN = frozenset({str, int, float, bool, type(None)})
_Loader = Callable[[Any], Any]


def dump(value: Any) -> Any:
    """Return the JSON-able form of a value; fields that equal their default are left out."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if defaults := _defaults(cast(Any, kind)):
        pairs = ((name, getattr(value, name), default) for name, default in defaults)
        return {name: dump(item) for name, item, default in pairs if item is not default and item != default}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): dump(item) for key, item in value.items()}
    if isinstance(value, (tuple, list, set, frozenset)):
        return [dump(item) for item in value]
    return {} if dataclasses.is_dataclass(value) and not isinstance(value, type) else value


def load(kind: type[T], data: Any) -> T:
    """Rebuild a value of `kind` from `dump`'s output; TypeError, KeyError or ValueError on data that cannot fit."""
    result: T = _loader(cast(Any, kind))(data)
    return result


@cache
def _defaults(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    """The fields of a dataclass and their defaults; nothing for other types."""
    if not dataclasses.is_dataclass(kind):
        return ()
    return tuple((field.name, _default(field)) for field in dataclasses.fields(kind))


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return dataclasses.MISSING


@cache
def _loader(kind: Any) -> _Loader:
    """What rebuilds values of a type. Made once for each type: looking at annotations costs more than the rest."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        inner = _loader(next(arg for arg in get_args(kind) if arg is not type(None)))
        return lambda data: None if data is None else inner(data)
    if origin is tuple:
        return _tuple_loader(get_args(kind))
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        value = _loader(get_args(kind)[1])
        return lambda data: {key: value(item) for key, item in data.items()}
    if isinstance(kind, type):
        if dataclasses.is_dataclass(kind):
            return _dataclass_loader(kind)
        if issubclass(kind, Enum):
            return kind
        if kind in (datetime, time):
            return cast(_Loader, kind.fromisoformat)
        if kind is timedelta:
            return lambda data: timedelta(seconds=data)
        if kind is float:
            return float
    return lambda data: data


def _tuple_loader(args: tuple[Any, ...]) -> _Loader:
    if len(args) == 2 and args[1] is Ellipsis:
        every = _loader(args[0])
        return lambda data: tuple([every(item) for item in data])
    return lambda data: tuple(_loader(arg)(item) for arg, item in zip(args, data, strict=True))


def _dataclass_loader(kind: type[Any]) -> _Loader:
    hints = get_type_hints(kind)
    loaders: dict[str, _Loader] = {}

    def load_fields(data: Any) -> Any:
        if not loaders:  # not before first use: a type may hold itself
            loaders.update((name, _loader(hint)) for name, hint in hints.items())
        return kind(**{key: loaders[key](item) for key, item in data.items() if key in loaders})

    return load_fields
