"""The one gate for every outgoing request: what may be asked for, and which addresses may be connected to.

The address is judged by what its name resolves to, every answer of it, at the moment of connecting; so redirects and
names that change their address pass no unseen door. Private networks are reached only through `allow_private`.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

from core.errors import FetchError
from core.links import endpoint_of
from core.model import Outcome
from core.sentence import Sentence
from feeds import fault_texts as told

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Lookup = Callable[[str, int, int], list[tuple[int, str]]]

_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Ranges that carry or hide IPv4 addresses, or lead to no public host, and that `is_global` lets pass in some releases:
# https://www.iana.org/assignments/iana-ipv6-special-registry/
_REFUSED = [
    ipaddress.ip_network(network)
    for network in (
        *("::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16"),
        *("fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "192.0.0.0/24", "192.88.99.0/24", "100.64.0.0/10"),
    )
]
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+)){0,3}\.?", re.IGNORECASE)
MAX_LOOKUPS = 16


class BlockedAddress(OSError):
    """A connection that the gate refuses; `words` are a sentence for a person, `why` is the reason alone."""

    def __init__(self, words: Sentence, why: Sentence) -> None:
        self.words = words
        self.why = why
        super().__init__(words)


class AddressRefused(FetchError):
    """An address that the gate refuses (BLOCKED); `why` is the reason alone."""

    def __init__(self, words: Sentence, why: Sentence) -> None:
        self.why = why
        super().__init__(Outcome.BLOCKED, words)


class Gate:
    """Knows the private addresses that the operator allows, as "host:port"."""

    def __init__(self, allow_private: Sequence[str] = ()) -> None:
        self._allowed = {endpoint_of(text) for text in allow_private}
        self._granted: set[tuple[str, int]] = set()

    def check_url(self, url: str) -> None:
        """Raise AddressRefused unless the address is plain http(s) to a host that may be asked."""
        host, port, literal = _take_apart(url)
        if literal:
            try:
                self.check_address(host, port, host)
            except BlockedAddress as error:
                raise AddressRefused(error.words, error.why) from None

    def is_allowed(self, url: str) -> bool:
        """Whether the operator listed the host of a sound address as one of the own private network."""
        host, port, _ = _take_apart(url)
        return (host.rstrip(".").lower(), port) in self._allowed

    def check_address(self, host: str, port: int, address: str) -> None:
        """Raise BlockedAddress unless the resolved `address` is public or its host:port is allowed."""
        host = host.rstrip(".").lower()
        if (host, port) in self._allowed or (address, port) in self._allowed:
            self._granted.add((address, port))
        elif not is_public(address):
            shown = host if host == address else f"{host} ({address})"
            endpoint = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            words = Sentence(told.PRIVATE, shown=shown, endpoint=endpoint)
            raise BlockedAddress(words, Sentence(told.IS_PRIVATE, shown=shown))

    def look_again(self, address: str, port: int) -> None:
        """Raise BlockedAddress unless `address` is public or was let through by its name: a last look."""
        if (address, port) not in self._granted and not is_public(address):
            why = Sentence(told.IS_PRIVATE, shown=address)
            raise BlockedAddress(Sentence(told.ADDRESS_REFUSED, why=why), why)

    def open_socket(self, info: tuple[int, int, int, str, Any]) -> socket.socket:
        """Make the socket for one connection, after a last look at the address (aiohttp's socket_factory)."""
        family, kind, protocol, _, where = info
        self.look_again(str(where[0]), where[1])
        opened = socket.socket(family, kind, protocol)
        opened.setblocking(False)
        return opened


@lru_cache(maxsize=10_000)
def is_public(text: str) -> bool:
    """Whether an IP address is a public unicast one. IPv4 inside IPv6 is judged as IPv4; nonsense is not public."""
    try:
        address = _unwrap(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return False
    if any(address in network for network in _REFUSED if network.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


@lru_cache(maxsize=10_000)
def _take_apart(url: str) -> tuple[str, int, bool]:
    """Host, port and whether the host is an address; raises FetchError for what is not fetched wherever it leads."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
    except ValueError:
        raise _blocked(Sentence(told.IS_MALFORMED)) from None
    if scheme not in _PORTS:
        raise _blocked(Sentence(told.OTHER_SCHEME, scheme=scheme[:20]) if scheme else Sentence(told.NO_SCHEME))
    if _ODD.search(url):
        raise _blocked(Sentence(told.ODD_SIGNS))
    if "@" in parts.netloc or not host or port == 0:
        raise _blocked(Sentence(told.USER_OR_NO_HOST))
    literal = is_address(host)
    if _NUMERIC.fullmatch(host) and not literal:
        raise _blocked(Sentence(told.DISGUISED, host=host[:60]))
    return host, port or _PORTS[scheme], literal


def _unwrap(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_address(host: str) -> bool:
    """Whether a host is an IP address, without brackets."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _blocked(why: Sentence) -> AddressRefused:
    return AddressRefused(Sentence(told.ADDRESS_REFUSED, why=why), why)


class GateResolver(AbstractResolver):
    """Resolves names in threads of its own, and lets through only answers that the gate allows; one bad one refuses.

    Threads are daemons, so that a name server that never answers cannot hold up the end of the program.
    """

    def __init__(self, gate: Gate, lookup: Lookup | None = None) -> None:
        self._gate = gate
        self._lookup = lookup or look_up
        self._free = asyncio.Semaphore(MAX_LOOKUPS)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        async with self._free:
            answers = await _in_thread(lambda: self._lookup(host, port, family))
        for _, address in answers:
            self._gate.check_address(host, port, address)
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for kind, address in answers
        ]

    async def close(self) -> None:
        """Nothing is held open."""


def look_up(host: str, port: int, family: int) -> list[tuple[int, str]]:
    """The system's answers for a name, as (family, address); raises OSError."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
    return [(kind, str(where[0])) for kind, _, _, _, where in answers]


async def _in_thread(work: Callable[[], list[tuple[int, str]]]) -> list[tuple[int, str]]:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[list[tuple[int, str]]] = loop.create_future()

    def settle(answers: list[tuple[int, str]] | None, error: Exception | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(answers or [])

    def run() -> None:
        try:
            outcome: tuple[list[tuple[int, str]] | None, Exception | None] = (work(), None)
        except (OSError, UnicodeError, ValueError) as error:
            outcome = (None, error if isinstance(error, OSError) else OSError(str(error)))
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=run, name="feeds-dns", daemon=True).start()
    return await future
