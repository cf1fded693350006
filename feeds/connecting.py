"""Connections of the HTTP client that pass over the body of a 304: it has none by the standard, and some servers send
one, which the library takes for the beginning of a broken answer. https://www.rfc-editor.org/rfc/rfc9110#status.304
"""

from __future__ import annotations

import asyncio
import functools
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

_HEAD_END = b"\r\n\r\n"


class Connector(aiohttp.TCPConnector):
    """aiohttp's connector; the library has no public way to name the class of its connections."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        make: Any = functools.partial(_Connection, loop=asyncio.get_running_loop())
        self._factory = make


class _Connection(ResponseHandler):
    def data_received(self, data: bytes) -> None:
        if data[8:12] == b" 304" and data.startswith(b"HTTP/1."):
            end = data.find(_HEAD_END) + len(_HEAD_END)
            if len(_HEAD_END) <= end < len(data):
                self.force_close()  # what may follow belongs to no answer
                data = data[:end]
        super().data_received(data)
