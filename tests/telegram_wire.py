"""Calls of the Bot API as they come in over the wire, and the ways in which the local Telegram server fails them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.telegram_chats import Params, Refusal


@dataclass
class Call:
    """One call as it came in."""

    method: str
    params: Params


@dataclass
class Fault:
    """How one call fails: `refusal`, `page` and `redirect` answer instead of acting; `drop` closes the connection
    "before" or "after" acting; `garble` acts and cuts the answer short; `hold` acts, and answers once `release` is set.
    """

    refusal: Refusal | None = None
    page: tuple[int, bytes] | None = None
    redirect: str = ""
    drop: str = ""
    garble: bool = False
    hold: bool = False
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)


def flood(seconds: int) -> Fault:
    """429 as Telegram says it."""
    return Fault(refusal=Refusal(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds))


def refuse(status: int, description: str, **parameters: int) -> Fault:
    return Fault(refusal=Refusal(status, description, **parameters))


async def read_params(request: web.Request) -> Params:
    """Query string, urlencoded or multipart form (attach:// resolved), or JSON; values that are JSON are read."""
    params: Params = {key: _read(key, value) for key, value in request.query.items()}
    if request.content_type == "application/json":
        return params | dict(await request.json())
    files: dict[str, bytes] = {}
    for key, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[key], params["file_name"] = value.file.read(), value.filename
        else:
            params[key] = _read(key, value if isinstance(value, str) else bytes(value).decode())
    for key, value in params.items():
        if isinstance(value, str) and value.startswith("attach://"):
            params[key] = files.get(value.removeprefix("attach://"), b"")
    return params


def _read(key: str, value: str) -> Any:
    if key in ("text", "caption", "callback_query_id", "secret_token", "url", "chat_id", "next_offset"):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def dropped(request: web.Request) -> web.Response:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
