"""GETs through a proxy that the operator named for a feed, by aiohttp's session."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import aiohttp

from feeds.connecting import MOST_HEADERS, MOST_IN_HEADER, Answer, Connector, as_url
from feeds.gate import Gate, GateResolver


class Proxied:
    """Asks proxies, whose names are resolved through the gate; what they resolve is their own affair."""

    def __init__(self, gate: Gate, resolver: GateResolver, connect_timeout: float) -> None:
        self._gate = gate
        self._resolver = resolver
        self._patience = connect_timeout
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def ask(self, url: str, headers: Mapping[str, str], proxy: str) -> tuple[Answer, Callable[[], None]]:
        """The answer to one GET, and what is to be called when its body was read, or is not wanted.

        Raises FAILURES of feeds.explaining.
        """
        response = await self._open().get(as_url(url), headers=headers, allow_redirects=False, proxy=proxy)
        reason, head = response.reason or "", response.headers
        return Answer(response.status, reason, head, response.raw_headers, response.content), response.release

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=Connector(resolver=self._resolver, socket_factory=self._gate.open_socket, limit=0),
                auto_decompress=False,
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, connect=self._patience),
                requote_redirect_url=False,
                max_field_size=MOST_IN_HEADER,
                max_headers=MOST_HEADERS,
            )
        return self._session
