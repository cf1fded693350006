"""Connections of the HTTP client: aiohttp's, which read an answer by its parser, with two faults of servers forgiven.

A 304 or 204 has no body by the standard (https://www.rfc-editor.org/rfc/rfc9112#section-6.3-2.1), and some servers send
one, which the library takes for the beginning of a broken answer. And what comes while nobody has asked belongs to no
answer.
A body whose chunks turn out broken after its head was read ends at once; the library would leave its reader waiting.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from multidict import CIMultiDictProxy
from yarl import URL

# Bytes of one header, and how many headers: some sites send policies and cookies beyond aiohttp's 8 KiB and 128.
MOST_IN_HEADER, MOST_HEADERS = 32 * 1024, 500
_HEAD_END = b"\r\n\r\n"
_BODILESS = (b" 304", b" 204")


@dataclass(slots=True)
class Answer:
    """The head of an answer, and its body as it will come: `content`, still compressed."""

    status: int
    reason: str
    headers: CIMultiDictProxy[str]
    raw_headers: tuple[tuple[bytes, bytes], ...]
    content: aiohttp.StreamReader


class Connection(ResponseHandler):
    """One connection. `idle`: kept open between two requests, with `ends` as the timer of its end."""

    idle = False
    ends: asyncio.TimerHandle | None = None
    _bodiless: bytes | None = None  # the last bytes of a head that is not whole yet, and that no body follows

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # without what loops do to sockets anyway

    def data_received(self, data: bytes) -> None:
        if self.idle:
            self.abort()
            return
        if self._bodiless is not None or (data[8:12] in _BODILESS and data.startswith(b"HTTP/1.")):
            data = self._without_body(data)
        super().data_received(data)

    def _without_body(self, data: bytes) -> bytes:
        """What of these bytes is still the head, which may come in pieces."""
        if self._payload is not None and not self._payload.is_eof():
            return data  # a body that says so
        before = self._bodiless or b""
        found = (before + data).find(_HEAD_END)
        if found < 0:
            self._bodiless = (before + data)[-len(_HEAD_END) + 1 :]
            return data
        self._bodiless = None
        end = found + len(_HEAD_END) - len(before)
        if end < len(data):
            self.force_close()  # what may follow belongs to no answer
        return data[:end]

    def set_response_params(self, **params: Any) -> None:
        self._bodiless = None
        super().set_response_params(**params)

    def set_exception(self, exc: BaseException, *cause: BaseException) -> None:
        super().set_exception(exc, *cause)
        body = self._payload
        if body is not None and not body.is_eof() and body.exception() is None:
            body.set_exception(aiohttp.ClientPayloadError("the body is broken"), exc)


class Connector(aiohttp.TCPConnector):
    """aiohttp's connector; the library has no public way to name the class of its connections."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        make: Any = partial(Connection, loop=asyncio.get_running_loop())
        self._factory = make


def as_url(url: str) -> URL:
    """The address exactly as given when it is ASCII, else with the rest percent-encoded and the host in punycode."""
    return URL(url.partition("#")[0], encoded=url.isascii())
