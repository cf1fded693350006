"""Frozen values to JSON-able data and back, by their type annotations.

Supports dataclasses, tuples, mappings with string keys, enums, datetime and time (ISO 8601), timedelta (seconds),
Optional and plain JSON values. Unknown keys are ignored and missing ones take their default, so that a stored value of
an older or newer release can still be read.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def dump(value: Any) -> Any:
    """Return the JSON-able form of a value; fields that equal their default are left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: dump(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if getattr(value, field.name) != _default(field)
        }
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
    return value


def load(kind: type[T], data: Any) -> T:
    """Rebuild a value of `kind` from `dump`'s output; TypeError, KeyError or ValueError on data that cannot fit."""
    result: T = _load(kind, data)
    return result


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return dataclasses.MISSING


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def _load(kind: Any, data: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        if data is None:
            return None
        return _load(next(arg for arg in get_args(kind) if arg is not type(None)), data)
    if origin is tuple:
        args = get_args(kind)
        if len(args) == 2 and args[1] is Ellipsis:
            return tuple(_load(args[0], item) for item in data)
        return tuple(_load(arg, item) for arg, item in zip(args, data, strict=True))
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return {key: _load(get_args(kind)[1], item) for key, item in data.items()}
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        return kind(**{key: _load(hints[key], item) for key, item in data.items() if key in hints})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    if kind in (datetime, time):
        return kind.fromisoformat(data)
    if kind is timedelta:
        return timedelta(seconds=data)
    if kind is float:
        return float(data)
    return data
