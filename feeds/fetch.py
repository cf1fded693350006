"""The only HTTP client: one GET of a feed, politely, under caps, through the gate. Raises FetchError only.

No cookies, no Referer, no proxy from the environment, no second request for the same answer. Validators are opaque:
kept as received (each byte as one character, so that any can be stored) and sent back only to the host they came from.
"""

from __future__ import annotations

import asyncio
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from errno import errorcode
from functools import lru_cache
from types import TracebackType
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

import aiohttp
from aiohttp import hdrs
from yarl import URL

from core.errors import FetchError
from core.history import REFUSALS
from core.links import host_of
from core.log import redact
from core.message import foreign
from core.model import Outcome
from core.ports import Clock, FetchRequest
from core.sentence import Sentence
from feeds import fault_texts as told
from feeds.challenge import asks_for_check
from feeds.connecting import Connector
from feeds.gate import AddressRefused, BlockedAddress, Gate, GateResolver, Lookup
from feeds.headers import fresh_for, retry_after
from feeds.inflate import Inflater, too_large
from feeds.options import FeedOptions
from feeds.turns import Turns

DNS_CACHE_SECONDS = 300
# Bytes of one header, and how many headers: some sites send policies and cookies beyond aiohttp's 8 KiB and 128.
MOST_IN_HEADER, MOST_HEADERS = 32 * 1024, 500
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f]")  # https://www.rfc-editor.org/rfc/rfc9110#section-5.5


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: 200 with `body`, or 304 with None.

    `etag` and `last_modified` are those of this answer, as received. `fresh_for` is the time before which the server
    asks not to come again. `url` is the address that answered; `permanent_url` is the new address when every redirect
    on the way was permanent (and never one from https to http), else "".
    """

    status: int
    body: bytes | None
    etag: str | None
    last_modified: str | None
    content_type: str
    url: str
    fresh_for: timedelta | None = None
    permanent_url: str = ""


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask for changes only: sent back byte for byte, and to the host of `url` alone."""

    url: str
    etag: str | None
    last_modified: str | None

    def headers(self, url: str) -> dict[str, str]:
        if not same_host(url, self.url):
            return {}
        pairs = {hdrs.IF_NONE_MATCH: self.etag, hdrs.IF_MODIFIED_SINCE: self.last_modified}
        return {name: sent for name, value in pairs.items() if value and (sent := _as_sent(value)) is not None}


class Fetcher:
    """The HTTP sessions of the whole program; use as `async with`. `lookup` replaces the system's name service."""

    def __init__(self, options: FeedOptions, clock: Clock, lookup: Lookup | None = None) -> None:
        self._options = options
        self._clock = clock
        self._gate = Gate(options.allow_private)
        self._turns = Turns(clock, options.host_pause.total_seconds())
        self._lookup = lookup
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._elsewhere: dict[str, Validators] = {}

    async def __aenter__(self) -> Fetcher:
        self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()

    def is_own(self, url: str) -> bool:
        """Whether an address is on a host that the operator listed as the own; such are owed no turns."""
        try:
            return self._gate.is_allowed(url)
        except FetchError:
            return False

    def _open(self, *, own: bool = False) -> aiohttp.ClientSession:
        """The session for public hosts, or that for the operator's own, where one that hangs must hold up no other."""
        session = self._sessions.get(own)
        if session is None or session.closed:
            connector = Connector(
                resolver=GateResolver(self._gate, self._lookup),
                socket_factory=self._gate.open_socket,
                ttl_dns_cache=DNS_CACHE_SECONDS,
                limit=self._options.concurrency * 2,
                limit_per_host=0 if own else 2,
            )
            session = self._sessions[own] = aiohttp.ClientSession(
                connector=connector,
                auto_decompress=False,
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, connect=self._options.connect_timeout.total_seconds()),
                requote_redirect_url=False,
                max_field_size=MOST_IN_HEADER,
                max_headers=MOST_HEADERS,
            )
        return session

    async def fetch(
        self,
        request: FetchRequest,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        user_agent: str = "",
        proxy: str = "",
    ) -> Fetched:
        """GET once, following redirects; raises FetchError with the outcome that says what went wrong.

        Waits for the turn of a public host, which counts against no time limit. `proxy` is the http address of a
        proxy to go through: that is checked by the gate in place of the host, whose name it resolves.
        """
        known = Validators(request.url, etag, last_modified)
        if not (etag or last_modified):
            known = self._elsewhere.get(request.url, known)
        headers = {
            hdrs.USER_AGENT: user_agent or self._options.user_agent,
            hdrs.ACCEPT_ENCODING: "gzip, deflate",
            **request.headers,
        }
        self._gate.check_url(request.url)
        if self._gate.is_allowed(request.url):  # the operator's own hosts are owed no turns
            fetched = await self._fetch(request.url, headers, known, proxy)
        else:
            host = host_of(request.url)
            await self._turns.take(host)
            try:
                fetched = await self._fetch(request.url, headers, known, proxy)
            finally:
                self._turns.give(host)
        self._remember(request.url, fetched)
        return fetched

    async def _fetch(self, url: str, headers: Mapping[str, str], known: Validators, proxy: str) -> Fetched:
        try:
            async with asyncio.timeout(self._options.timeout.total_seconds()):
                return await self._follow(url, headers, known, proxy)
        except TimeoutError as error:
            seconds = self._options.timeout.total_seconds()
            slow = Sentence(told.TOO_SLOW, host=host_of(url), seconds=f"{seconds:g}")
            raise FetchError(Outcome.TIMEOUT, slow) from error

    def _remember(self, url: str, fetched: Fetched) -> None:
        """Keep validators of an answer that came from another host; the caller stores only those of the feed's own."""
        if same_host(fetched.url, url):
            self._elsewhere.pop(url, None)
        elif fetched.body is not None:
            self._elsewhere[url] = Validators(fetched.url, fetched.etag, fetched.last_modified)

    def forget(self, url: str) -> None:
        """Drop what was kept for a feed whose last answer could not be used, so that it comes again in full."""
        self._elsewhere.pop(url, None)

    async def _follow(self, url: str, headers: Mapping[str, str], known: Validators, proxy: str) -> Fetched:
        permanent = True
        first = url
        seen = {url}
        for _ in range(self._options.max_redirects + 1):
            conditional = known.headers(url)
            try:
                result = await self._ask(url, {**headers, **conditional}, bool(conditional), proxy)
            except AddressRefused as error:
                if len(seen) == 1:
                    raise
                # Whoever wrote the redirect must not talk an operator into letting it through.
                raise FetchError(Outcome.BLOCKED, Sentence(told.TARGET_REFUSED, why=error.why)) from error
            if isinstance(result, Fetched):
                return replace(result, permanent_url=url) if permanent and len(seen) > 1 else result
            status, target = result
            weaker = url.startswith("https:") and target.startswith("http:")
            permanent = permanent and status in _PERMANENT and not weaker
            if target in seen:
                raise FetchError(Outcome.REDIRECT, Sentence(told.CIRCLE, target=foreign(redact(target), 200)))
            if self.is_own(target) and not self.is_own(first):
                # Listed for feeds that the operator wrote down: no publisher elsewhere may send us there.
                why = Sentence(told.IS_PRIVATE, shown=host_of(target))
                raise FetchError(Outcome.BLOCKED, Sentence(told.TARGET_REFUSED, why=why))
            seen.add(target)
            url = target
        raise FetchError(Outcome.REDIRECT, Sentence(told.MANY_REDIRECTS, most=str(self._options.max_redirects)))

    async def _ask(
        self, url: str, headers: Mapping[str, str], conditional: bool, proxy: str
    ) -> Fetched | tuple[int, str]:
        """`_get`, its failures told of the host that was asked; raises FetchError only, but when time is up."""
        try:
            return await self._get(url, headers, conditional, proxy)
        except aiohttp.ConnectionTimeoutError as error:
            seconds = self._options.connect_timeout.total_seconds()
            late = Sentence(told.NOT_REACHED, host=host_of(url), seconds=f"{seconds:g}")
            raise FetchError(Outcome.TIMEOUT, late) from error
        except TimeoutError:
            raise
        except (aiohttp.ClientError, OSError, ValueError, EOFError) as error:
            raise _explain(url, error) from error

    async def _get(
        self, url: str, headers: Mapping[str, str], conditional: bool, proxy: str
    ) -> Fetched | tuple[int, str]:
        """One request: the answer, or status and target of a redirect."""
        self._gate.check_url(url)
        if proxy:
            self._gate.check_url(proxy)
        session = self._open(own=self._gate.is_allowed(url))
        via = proxy or None
        async with session.get(_as_url(url), headers=headers, allow_redirects=False, proxy=via) as response:
            if response.status in _REDIRECTS:
                return response.status, _target(url, response)
            if await asks_for_check(response):
                wait = retry_after(response.headers, self._clock.now())
                told_so = Sentence(told.CHALLENGED)
                raise FetchError(Outcome.BLOCKED, told_so, retry_after=wait, status=response.status)
            self._check_status(response, conditional)
            body = None if response.status == 304 else await self._read(response)
            fresh = fresh_for(response.headers, self._clock.now())
            return Fetched(
                status=response.status,
                body=body,
                etag=_as_received(response, b"etag"),
                last_modified=_as_received(response, b"last-modified"),
                content_type=response.headers.get(hdrs.CONTENT_TYPE, ""),
                url=url,
                fresh_for=None if fresh is None else timedelta(seconds=min(fresh, 1e8)),
            )

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        limit = self._options.max_bytes
        if (response.content_length or 0) > limit:
            raise too_large(limit)
        inflater = Inflater(",".join(response.headers.getall(hdrs.CONTENT_ENCODING, ())), limit)
        async for chunk in response.content.iter_any():
            inflater.feed(chunk)
        return inflater.finish()

    def _check_status(self, response: aiohttp.ClientResponse, conditional: bool) -> None:
        status = response.status
        if status == 200 or (status == 304 and conditional):
            return
        wait = retry_after(response.headers, self._clock.now())
        if status == 304:
            message = Sentence(told.NO_VERSION)
        else:
            reason = foreign(response.reason or "", 50)
            advice = Sentence(_ADVICE.get(status, told.SERVERS_FAULT if status >= 500 else told.TRIED_LATER))
            answer = f"{status} ({reason})" if reason else str(status)
            message = Sentence(told.ANSWERED, answer=answer, advice=advice)
        outcome = _OUTCOMES.get(status, Outcome.HTTP)
        if status == 503 and wait is not None:
            outcome = Outcome.RATE_LIMITED
        raise FetchError(outcome, message, retry_after=wait, status=status)


def same_host(one: str, other: str) -> bool:
    return one == other or host_of(one) == host_of(other)


_OUTCOMES = {410: Outcome.GONE, 429: Outcome.RATE_LIMITED} | dict.fromkeys(REFUSALS, Outcome.BLOCKED)
_ADVICE = {
    401: told.WANTS_LOGIN,
    403: told.REFUSES,
    404: told.NOTHING_THERE,
    410: told.GONE,
    429: told.TOO_MANY_REQUESTS,
    451: told.WITHHELD,
}


def _target(url: str, response: aiohttp.ClientResponse) -> str:
    """The absolute address that a redirect leads to; raises FetchError (REDIRECT)."""
    location = _as_received(response, b"location") or ""
    # Blanks and bytes beyond ASCII are percent-encoded: https://url.spec.whatwg.org/#percent-encoded-bytes
    location = quote(location.encode("latin-1").strip(), safe="%/:=&?~#+!$,;'@()*[]\\{}|^`\"<>").split("#")[0]
    if not location:
        raise FetchError(Outcome.REDIRECT, Sentence(told.NOWHERE, status=str(response.status)))
    try:
        return _with_plain_host(urljoin(url, location))
    except ValueError:
        raise FetchError(Outcome.REDIRECT, Sentence(told.MALFORMED_TARGET)) from None


def _with_plain_host(url: str) -> str:
    """An address whose percent-encoded host, if it is beyond ASCII, is in punycode; raises ValueError for nonsense."""
    parts = urlsplit(url)
    host = unquote(parts.netloc) if "%" in parts.netloc else ""
    if host.isascii() or "@" in host:
        return url
    return urlunsplit(parts._replace(netloc=URL(f"http://{host}/").host_port_subcomponent or ""))


def _as_received(response: aiohttp.ClientResponse, name: bytes) -> str | None:
    """A header's value with every byte as one character; None when absent or empty."""
    values = [value for header, value in response.raw_headers if header.lower() == name]
    return (values[0].decode("latin-1") or None) if values else None


def _as_sent(value: str) -> str | None:
    """The text that the client library will encode to the bytes received, or None for bytes it cannot send."""
    if _CONTROL.search(value):
        return None
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return None


@lru_cache(maxsize=4096)
def _as_url(url: str) -> URL:
    """The address exactly as given when it is ASCII, else with the rest percent-encoded and the host in punycode."""
    return URL(url.partition("#")[0], encoded=url.isascii())


def _explain(url: str, error: BaseException) -> FetchError:
    host = host_of(url)
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, BlockedAddress):
            return AddressRefused(seen.words, seen.why)
        seen = getattr(seen, "os_error", None) or seen.__cause__ or seen.__context__
    if isinstance(error, aiohttp.InvalidURL):
        why = Sentence(told.IS_MALFORMED)
        return AddressRefused(Sentence(told.ADDRESS_REFUSED, why=why), why)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return FetchError(Outcome.NETWORK, Sentence(told.NO_NAME, host=host))
    if isinstance(error, aiohttp.ClientSSLError):
        return FetchError(Outcome.NETWORK, Sentence(told.INSECURE, host=host, cause=_short(error)))
    if isinstance(error, aiohttp.ClientPayloadError):
        return FetchError(Outcome.NETWORK, Sentence(told.BROKE_OFF, host=host))
    if isinstance(error, (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError)):
        return FetchError(Outcome.NETWORK, Sentence(told.PROXY, host=host, cause=_short(error)))
    if isinstance(error, aiohttp.ClientConnectorError):
        return FetchError(Outcome.NETWORK, Sentence(told.NO_CONNECTION, host=host, cause=_short(error)))
    if isinstance(error, aiohttp.ClientResponseError):
        return FetchError(Outcome.NETWORK, Sentence(told.NO_HTTP, host=host))
    return FetchError(Outcome.NETWORK, Sentence(told.LOST, host=host, cause=_short(error)))


def _short(error: BaseException) -> str:
    cause = getattr(error, "os_error", None) or error
    if isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError) and (cause.errno or 0) in errorcode:
        return os.strerror(cause.errno or 0)  # asyncio's own words are "Connect call failed"
    return " ".join(str(getattr(cause, "strerror", None) or cause or type(error).__name__).split())[:120]
