"""TOML file + environment + secret files -> Settings, with every fault told at once.

Precedence, strongest first: `MINSK_SECTION__KEY`, the file named by `MINSK_SECTION__KEY_FILE`, the TOML file, the
default. Durations are "90s", "5m", "1h", "2d" or a number of seconds. Lists in the environment are written with commas,
or as TOML.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import tomllib
import types
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from core.errors import ConfigError
from core.settings import Settings

PREFIX = "MINSK_"
DEFAULT_PATH = "config.toml"
MASK = "***"

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)")


def parse_duration(value: object) -> timedelta:
    """ "90s", "5m", "1h", "2d" or a number of seconds -> timedelta; ValueError with the remedy otherwise."""
    remedy = 'write a duration such as "90s", "5m", "1h" or a number of seconds'
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(remedy)
    match = _DURATION.fullmatch(str(value).strip())
    if match is None:
        raise ValueError(remedy)
    try:
        return timedelta(seconds=float(match[1]) * _UNITS[match[2] or "s"])
    except OverflowError:
        raise ValueError(remedy) from None


def show_duration(value: timedelta) -> str:
    """The shortest text that `parse_duration` reads back."""
    seconds = value.total_seconds()
    for unit in ("d", "h", "m"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{int(seconds / _UNITS[unit])}{unit}"
    return f"{int(seconds) if seconds.is_integer() else seconds}s"


def load_settings(path: str | Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raise ConfigError with all faults. Without `path`, config.toml is read if it exists."""
    settings, faults = read_settings(path, environ)
    if faults:
        raise ConfigError(faults)
    return settings


def read_settings(
    path: str | Path | None = None, environ: Mapping[str, str] | None = None
) -> tuple[Settings, list[str]]:
    """Read the settings and list the faults, a sentence each; faulty keys keep their defaults."""
    faults: list[str] = []
    tree = _read_file(path, faults)
    _overlay_environment(tree, os.environ if environ is None else environ, faults)
    settings = _build(Settings, tree, "", faults)
    return settings, faults


def unread_variables(environ: Mapping[str, str] | None = None) -> Iterator[str]:
    """A sentence for each variable that begins as ours do, has no section, and that nothing reads.

    One with a section, such as MINSK_FEEDS__INTERVL, can be meant for no other program: `read_settings` takes it for a
    fault.
    """
    known = tuple(name for name, _ in _environment_keys())
    for name in sorted(os.environ if environ is None else environ):
        if name.startswith(PREFIX) and "__" not in name and name.removesuffix("_FILE") not in known:
            (near,) = difflib.get_close_matches(name, known, n=1, cutoff=0)
            yield f"{name}: unknown environment variable, it is not read; the nearest one is {near}."


def _read_file(path: str | Path | None, faults: list[str]) -> dict[str, Any]:
    if path is not None and not str(path).strip():
        faults.append(f"--config is empty: name a file, or leave it out to read {DEFAULT_PATH} if it exists.")
        return {}
    file = Path(path or DEFAULT_PATH)
    if path is None and not file.exists():
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        remedy = "correct the line named" if isinstance(error, tomllib.TOMLDecodeError) else "check path and encoding"
        faults.append(f"{file}: cannot be read ({_reason(error)}); {remedy}, config.example.toml shows the form.")
        return {}


def _reason(error: OSError | ValueError) -> str:
    """Why a file could not be read, in words without the file's name."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return "it is no UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)


def _overlay_environment(tree: dict[str, Any], environ: Mapping[str, str], faults: list[str]) -> None:
    known = dict(_environment_keys())
    for name in sorted(environ):
        if not name.startswith(PREFIX):
            continue
        path = known.get(name)
        text: str | None = environ[name]
        if path is None and name.endswith("_FILE"):
            path = known.get(name.removesuffix("_FILE"))
            if path is None or name.removesuffix("_FILE") in environ:
                text = None
            else:
                text = _read_secret(name, environ[name], faults)
        if path is None:
            if "__" in name:
                faults.append(_unknown(name, tuple(known), "environment variable"))
        elif text is not None:
            section = tree.setdefault(path[0], {}) if len(path) > 1 else tree
            if isinstance(section, dict):
                section[path[-1]] = _Text(text)


class _Text(str):
    """A value from the environment, still to be read according to the key's type."""

    __slots__ = ()


def _read_secret(name: str, file: str, faults: list[str]) -> str | None:
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"{name} = {file!r}: the file cannot be read ({_reason(error)}); check path and rights.")
        return None


def _environment_keys() -> Iterator[tuple[str, tuple[str, ...]]]:
    for section in dataclasses.fields(Settings):
        kind = section.default if section.default is not dataclasses.MISSING else None
        if dataclasses.is_dataclass(kind):
            for key in dataclasses.fields(kind):
                yield f"{PREFIX}{section.name}__{key.name}".upper(), (section.name, key.name)
        else:
            yield f"{PREFIX}{section.name}".upper(), (section.name,)


def _unknown(name: str, known: tuple[str, ...], what: str) -> str:
    near = difflib.get_close_matches(name.split(".")[-1], known, n=1)
    remedy = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}."
    return f"{name}: unknown {what}; {remedy}"


def _build(kind: type[Any], data: Any, where: str, faults: list[str]) -> Any:
    """Make a settings dataclass from a TOML table, collecting faults."""
    if isinstance(data, _Text) or not isinstance(data, Mapping):
        faults.append(f"{where} = {data!r}: a table is expected; write it as [{where}].")
        return kind()
    hints = get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    values: dict[str, Any] = {}
    for key, value in data.items():
        path = f"{where}.{key}" if where else key
        if key not in fields:
            faults.append(_unknown(path, tuple(fields), "key"))
            continue
        try:
            values[key] = _convert(hints[key], value, path, faults)
            _check(fields[key].metadata, values[key])
        except ValueError as error:
            values.pop(key, None)
            shown = MASK if fields[key].metadata.get("secret") else mask_url(repr(value))
            faults.append(f"{path} = {shown}: {error}.")
    for name, field in fields.items():
        if field.metadata.get("required") and not values.get(name) and not any(f"{where}.{name} " in f for f in faults):
            faults.append(f"{where}.{name} is missing: {field.metadata['doc']}")
    return kind(**values)


def _convert(kind: Any, value: Any, path: str, faults: list[str]) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _convert(next(arg for arg in get_args(kind) if arg is not type(None)), value, path, faults)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _build(kind, value, path, faults)
    if origin is tuple:
        return _convert_list(get_args(kind)[0], value, path, faults)
    if kind is timedelta:
        return parse_duration(value)
    if kind is bool:
        text = str(value).lower()
        if text not in ("true", "false"):
            raise ValueError("write true or false")
        return text == "true"
    if kind is int:
        return _convert_int(value)
    if kind is str:
        if not isinstance(value, str):
            raise ValueError("a text in quotes is expected")
        return str(value)
    if not isinstance(value, Mapping):
        raise ValueError("a table is expected")
    return value


def _convert_int(value: Any) -> int:
    if isinstance(value, bool) or not (isinstance(value, int) or re.fullmatch(r"-?\d{1,18}", str(value).strip())):
        raise ValueError("a whole number is expected")
    return int(value)


def _convert_list(kind: Any, value: Any, path: str, faults: list[str]) -> tuple[Any, ...]:
    if isinstance(value, _Text):
        if value.lstrip().startswith("["):
            try:
                value = tomllib.loads(f"value = {value}")["value"]
            except tomllib.TOMLDecodeError as error:
                raise ValueError(f"not a TOML list ({error})") from None
        else:
            value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list):
        raise ValueError("a list in square brackets is expected")
    return tuple(_convert(kind, item, f"{path}[{number}]", faults) for number, item in enumerate(value))


def _check(rules: Mapping[str, Any], value: Any) -> None:
    choices = rules.get("choices")
    if choices and value not in choices:
        raise ValueError(f"choose one of {', '.join(choices)}")
    least = rules.get("least")
    if least is not None and value is not None and value < least:
        shown = show_duration(least) if isinstance(least, timedelta) else least
        raise ValueError(f"too small, the least is {shown}")
    most = rules.get("most")
    if most is not None and value > most:
        raise ValueError(f"too large, the most is {most}")
    if rules.get("url"):
        for url in (value,) if isinstance(value, str) else value or ():
            _check_url(url, rules["url"])


def _check_url(url: str, schemes: tuple[str, ...]) -> None:
    if not url:
        return
    try:
        parts = urlsplit(url)
        sound = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound or re.search(r"[\s\\]", url):
        raise ValueError(f"not a usable address; write it in full, as {schemes[-1]}://host/path")
    if parts.username or parts.password:
        raise ValueError("a user name or password in the address is refused")


def show_settings(settings: Settings) -> Iterator[tuple[str, str]]:
    """The effective configuration as (key, value) texts in order, secrets masked; TOML-like.

    Of tables that there are many of, such as feeds, only what differs from the defaults.
    """
    yield from _show(settings, "")


def _show(value: Any, where: str, *, defaults: bool = True) -> Iterator[tuple[str, str]]:
    for field in dataclasses.fields(value):
        item = getattr(value, field.name)
        if not defaults and item == field.default:
            continue
        path = f"{where}.{field.name}" if where else field.name
        if dataclasses.is_dataclass(item):
            yield from _show(item, path)
        elif isinstance(item, tuple) and item and dataclasses.is_dataclass(item[0]):
            for number, table in enumerate(item):
                yield from _show(table, f"{path}[{number}]", defaults=False)
        else:
            yield path, _show_value(item, field.metadata)


def _show_value(item: Any, rules: Mapping[str, Any]) -> str:
    if rules.get("secret"):
        return _show_value((MASK,) * len(item) if isinstance(item, tuple) else MASK if item else "", {})
    if rules.get("secret_part"):
        return f'"{mask_url(item)}"'
    if isinstance(item, timedelta):
        return f'"{show_duration(item)}"'
    if isinstance(item, bool):
        return str(item).lower()
    if isinstance(item, tuple):
        return "[" + ", ".join(f'"{part}"' for part in item) + "]"
    return f'"{item}"' if isinstance(item, str) else str(item)


def mask_url(url: str) -> str:
    """An address with its password masked."""
    return re.sub(r"(://[^:/@\s]*):[^/@\s]*@", rf"\1:{MASK}@", url)


def secrets(settings: Settings) -> tuple[str, ...]:
    """Every secret value in use, for redaction in logs and errors."""
    found = [
        getattr(section, key.name)
        for section in (settings.telegram, settings.slack, settings.http, settings.webhooks)
        for key in dataclasses.fields(section)
        if key.metadata.get("secret")
    ]
    flat = [text for secret in found for text in (secret if isinstance(secret, tuple) else (secret,))]
    password = re.search(r"://[^:/@\s]*:([^/@\s]*)@", settings.storage.url)
    return tuple(secret for secret in [*flat, password[1] if password else ""] if secret)
