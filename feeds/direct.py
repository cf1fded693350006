"""GETs over connections made here: to an address that the gate has let through, TLS by the standard library, the answer
read by aiohttp's parser.

aiohttp's session does cookies, redirects, forms and pools of many kinds, none of which a poll has any use for, and that
took a third of a poll without news: see docs/technotes/speed-history.md.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import NamedTuple

import aiohappyeyeballs
import aiohttp

from core.links import host_of
from feeds.connecting import MOST_HEADERS, MOST_IN_HEADER, Answer, Connection, as_url
from feeds.explaining import insecure, no_connection, no_name, not_reached
from feeds.gate import BlockedAddress, Gate, GateResolver, is_address

DNS_CACHE_SECONDS = 300
MOST_NAMES = 1_000  # that are remembered
KEPT_SECONDS = 15.0  # for which a connection waits for the next request to its host
# Before the next address of a name is tried beside the last: https://www.rfc-editor.org/rfc/rfc8305#section-5
_NEXT_ADDRESS_AFTER = 0.25
_BREAK = re.compile("[\r\n\x00]")


class Place(NamedTuple):
    """Whom to connect to. `literal`: the host is an address. `shown` names it in what is told."""

    host: str
    port: int
    tls: bool
    literal: bool
    shown: str


class Direct:
    """Asks hosts without a proxy. Names are resolved through the gate, and remembered for some minutes."""

    def __init__(self, gate: Gate, resolver: GateResolver, connect_timeout: float) -> None:
        self._gate = gate
        self._resolver = resolver
        self._patience = connect_timeout
        self._names: dict[tuple[str, int], tuple[float, list[tuple[int, str]]]] = {}
        self._kept: dict[Place, list[Connection]] = {}
        self._at_work: set[Connection] = set()
        self._connecting: set[asyncio.Timeout] = set()
        self._context: ssl.SSLContext | None = None

    async def close(self) -> None:
        """Close all connections, and forget what names stand for. Requests at work fail, at whatever stage."""
        for limit in self._connecting:
            if not limit.expired():
                limit.reschedule(0)
        for connection in self._at_work:
            connection.set_exception(aiohttp.ClientConnectionError("closed here"))
        for connection in [*self._at_work, *(one for kept in self._kept.values() for one in kept)]:
            if connection.ends:
                connection.ends.cancel()
            connection.abort()
        self._kept.clear()
        self._names.clear()
        await asyncio.sleep(0)  # the loop tells the connections that they are closed

    async def ask(self, url: str, headers: Mapping[str, str]) -> tuple[Answer, Callable[[], None]]:
        """The answer to one GET, and what is to be called when its body was read, or is not wanted.

        Headers are sent as UTF-8. Raises FetchError for what stands in the way of a connection, else FAILURES of
        feeds.explaining.
        """
        place, head = _prepare(url)
        for name, value in headers.items():
            if _BREAK.search(value):
                raise ValueError(f"the header {name} holds a line break")
            head += f"{name}: {value}\r\n"
        request = f"{head}\r\n".encode()
        connection = self._take_kept(place)
        if connection is None:  # not "or": one that has read nothing yet is false
            connection = await self._connect(place)
        try:
            answer = await self._exchange(connection, request)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            # A kept connection may have been closed just then, and a GET may be repeated, once:
            # https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2
            connection = await self._connect(place)
            answer = await self._exchange(connection, request)
        return answer, partial(self._give_back, place, connection)

    async def _exchange(self, connection: Connection, request: bytes) -> Answer:
        """Send a request and read the head of its answer. Closes the connection if that fails."""
        self._at_work.add(connection)
        try:
            connection.set_response_params(
                read_until_eof=True,
                auto_decompress=False,
                max_field_size=MOST_IN_HEADER,
                max_headers=MOST_HEADERS,
            )
            if connection.transport is None:
                raise aiohttp.ServerDisconnectedError
            connection.transport.write(request)
            while True:
                message, content = await connection.read()
                if not 100 <= message.code < 200 or message.code == 101:
                    return Answer(message.code, message.reason, message.headers, message.raw_headers, content)
        except BaseException:
            self._at_work.discard(connection)
            connection.abort()
            raise

    # --- connections that are kept ------------------------------------------------------------------------------------

    def _give_back(self, place: Place, connection: Connection) -> None:
        """Have a connection wait for the next request, if it can serve one."""
        self._at_work.discard(connection)
        if connection.should_close or not connection.is_connected():
            connection.abort()
            return
        connection.idle = True
        connection.ends = asyncio.get_running_loop().call_later(KEPT_SECONDS, self._end, place, connection)
        self._kept.setdefault(place, []).append(connection)

    def _take_kept(self, place: Place) -> Connection | None:
        while kept := self._kept.get(place):
            connection = kept[-1]
            self._forget(place, connection)
            if connection.is_connected():
                connection.idle = False
                return connection
        return None

    def _end(self, place: Place, connection: Connection) -> None:
        self._forget(place, connection)
        connection.abort()

    def _forget(self, place: Place, connection: Connection) -> None:
        if connection.ends:
            connection.ends.cancel()
            connection.ends = None
        kept = self._kept[place]
        kept.remove(connection)
        if not kept:
            del self._kept[place]

    # --- connections that are made ------------------------------------------------------------------------------------

    async def _connect(self, place: Place) -> Connection:
        try:
            async with asyncio.timeout(self._patience) as limit:
                self._connecting.add(limit)
                try:
                    return await self._reach(place)
                finally:
                    self._connecting.discard(limit)
        except TimeoutError as error:
            raise not_reached(place.shown, self._patience) from error

    async def _reach(self, place: Place) -> Connection:
        addresses = await self._find(place)
        try:
            return await self._open(place, addresses)
        except BlockedAddress:
            raise
        except ssl.SSLError as error:
            raise insecure(place.shown, error) from error
        except OSError as error:
            self._names.pop((place.host, place.port), None)
            raise no_connection(place.shown, error) from error

    async def _find(self, place: Place) -> list[tuple[int, str]]:
        """The addresses of a host, as (family, address). Each was let through by the gate."""
        if place.literal:
            return [(socket.AF_INET6 if ":" in place.host else socket.AF_INET, place.host)]
        now = asyncio.get_running_loop().time()
        name = (place.host, place.port)
        until, known = self._names.get(name, (now, []))
        if until > now:
            return known
        try:
            answers = await self._resolver.resolve(*name, socket.AF_UNSPEC)
        except BlockedAddress:
            raise
        except OSError as error:
            raise no_name(place.shown) from error
        found = list(dict.fromkeys((int(answer["family"]), answer["host"]) for answer in answers))
        if not found:
            raise no_name(place.shown)
        self._names.pop(name, None)
        if len(self._names) >= MOST_NAMES:
            del self._names[next(iter(self._names))]
        self._names[name] = (now + DNS_CACHE_SECONDS, found)
        return found

    async def _open(self, place: Place, addresses: list[tuple[int, str]]) -> Connection:
        loop = asyncio.get_running_loop()
        make = partial(Connection, loop)
        context = self._tls() if place.tls else None
        name = place.host.rstrip(".") if place.tls else None
        if len(addresses) == 1:
            self._gate.look_again(addresses[0][1], place.port)
            _, one = await loop.create_connection(
                make, addresses[0][1], place.port, ssl=context, server_hostname=name, flags=socket.AI_NUMERICHOST
            )
            return one
        infos = [
            (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, place.port)) for family, address in addresses
        ]
        opened = await aiohappyeyeballs.start_connection(
            infos, happy_eyeballs_delay=_NEXT_ADDRESS_AFTER, loop=loop, socket_factory=self._gate.open_socket
        )
        _, connection = await loop.create_connection(make, sock=opened, ssl=context, server_hostname=name)
        return connection

    def _tls(self) -> ssl.SSLContext:
        """Made when it is first needed, and once: it reads every authority that the system trusts."""
        if self._context is None:
            self._context = ssl.create_default_context()
            self._context.set_alpn_protocols(["http/1.1"])
        return self._context


@lru_cache(maxsize=4096)
def _prepare(url: str) -> tuple[Place, str]:
    """Where a request goes, and how it begins."""
    target = as_url(url)
    host = target.raw_host or ""
    place = Place(host, target.port or 0, target.scheme == "https", is_address(host), host_of(url))
    return place, f"GET {target.raw_path_qs} HTTP/1.1\r\nHost: {target.host_port_subcomponent}\r\n"
