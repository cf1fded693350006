"""Markup that escapes by itself: text is escaped unless this module made it. For pages as for pictures (SVG)."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import TypeAlias

_VOID = frozenset({"meta", "link", "input", "br", "hr", "rect", "line", "circle", "path", "polygon", "polyline"})


class Html(str):
    """Markup that is safe to send. Made by this module only."""

    __slots__ = ()


Child: TypeAlias = "str | int | float | Iterable[Child] | None"


def text(value: str) -> Html:
    """A text as it is, escaped for an element as for an attribute in quotes."""
    return Html(html.escape(value, quote=True))


def join(children: Iterable[Child]) -> Html:
    """Several pieces after one another: text escaped, markup as it is, None left out."""
    return Html("".join(_render(child) for child in children))


def _render(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, (str, int, float)):
        return text(str(child))
    return join(child)


def tag(name: str, /, *children: Child, **attributes: str | int | float | bool | None) -> Html:
    """An element. Attributes that are None or False are left out, True stands without a value.

    `class_` and `for_` lose their underscore; underscores inside become hyphens (`aria_label`).
    """
    pairs = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        pairs.append(f" {key}" if value is True else f' {key}="{text(str(value))}"')
    start = f"<{name}{''.join(pairs)}"
    return Html(f"{start}/>" if name in _VOID else f"{start}>{join(children)}</{name}>")
