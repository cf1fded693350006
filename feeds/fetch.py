"""The only HTTP client: one GET of a feed, politely, under caps, through the gate. Raises FetchError only.

No cookies, no Referer, no proxy from the environment; asked again, once, only where a connection was lost before its
answer. Validators are opaque: kept as received (each byte as one character, so that any can be stored) and sent back
only to the host they came from.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
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
from feeds.connecting import Answer
from feeds.direct import Direct
from feeds.explaining import FAILURES, explain, not_reached
from feeds.gate import AddressRefused, Gate, GateResolver, Lookup
from feeds.headers import fresh_for, retry_after
from feeds.inflate import Inflater, too_large
from feeds.options import FeedOptions
from feeds.proxied import Proxied
from feeds.turns import Turns

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
    """The HTTP connections of the whole program; use as `async with`. `lookup` replaces the system's name service."""

    def __init__(self, options: FeedOptions, clock: Clock, lookup: Lookup | None = None) -> None:
        self._options = options
        self._clock = clock
        self._gate = Gate(options.allow_private)
        self._turns = Turns(clock, options.host_pause.total_seconds())
        resolver, patience = GateResolver(self._gate, lookup), options.connect_timeout.total_seconds()
        self._direct = Direct(self._gate, resolver, patience)
        self._proxied = Proxied(self._gate, resolver, patience)
        self._elsewhere: dict[str, Validators] = {}

    async def __aenter__(self) -> Fetcher:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections; requests at work fail."""
        await self._direct.close()
        await self._proxied.close()

    def is_own(self, url: str) -> bool:
        """Whether an address is on a host that the operator listed as the own; such are owed no turns."""
        try:
            return self._gate.is_allowed(url)
        except FetchError:
            return False

    def leads_inside(self, url: str, by: str) -> bool:
        """Whether `by` names an own host without being on one. Such are listed for feeds that the operator wrote down:
        no publisher elsewhere may send us there.
        """
        return self.is_own(url) and not self.is_own(by)

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
            hdrs.ACCEPT: "*/*",
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
            if self.leads_inside(target, first):
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
            raise not_reached(host_of(url), self._options.connect_timeout.total_seconds()) from error
        except TimeoutError:
            raise
        except FAILURES as error:
            raise explain(url, error) from error

    async def _get(
        self, url: str, headers: Mapping[str, str], conditional: bool, proxy: str
    ) -> Fetched | tuple[int, str]:
        """One request: the answer, or status and target of a redirect."""
        self._gate.check_url(url)
        if proxy:
            self._gate.check_url(proxy)
        asked = self._proxied.ask(url, headers, proxy) if proxy else self._direct.ask(url, headers)
        answer, done = await asked
        try:
            return await self._heed(url, answer, conditional)
        finally:
            done()

    async def _heed(self, url: str, answer: Answer, conditional: bool) -> Fetched | tuple[int, str]:
        if answer.status in _REDIRECTS:
            return answer.status, _target(url, answer)
        if await asks_for_check(answer):
            wait = retry_after(answer.headers, self._clock.now())
            told_so = Sentence(told.CHALLENGED)
            raise FetchError(Outcome.BLOCKED, told_so, retry_after=wait, status=answer.status)
        self._check_status(answer, conditional)
        body = None if answer.status == 304 else await self._read(answer)
        fresh = fresh_for(answer.headers, self._clock.now())
        return Fetched(
            status=answer.status,
            body=body,
            etag=_as_received(answer, b"etag"),
            last_modified=_as_received(answer, b"last-modified"),
            content_type=answer.headers.get(hdrs.CONTENT_TYPE, ""),
            url=url,
            fresh_for=None if fresh is None else timedelta(seconds=min(fresh, 1e8)),
        )

    async def _read(self, answer: Answer) -> bytes:
        limit = self._options.max_bytes
        if int(answer.headers.get(hdrs.CONTENT_LENGTH, 0)) > limit:
            raise too_large(limit)
        inflater = Inflater(",".join(answer.headers.getall(hdrs.CONTENT_ENCODING, ())), limit)
        async for chunk in answer.content.iter_any():
            inflater.feed(chunk)
        return inflater.finish()

    def _check_status(self, answer: Answer, conditional: bool) -> None:
        status = answer.status
        if status == 200 or (status == 304 and conditional):
            return
        wait = retry_after(answer.headers, self._clock.now())
        if status == 304:
            message = Sentence(told.NO_VERSION)
        else:
            reason = foreign(answer.reason, 50)
            advice = Sentence(_ADVICE.get(status, told.SERVERS_FAULT if status >= 500 else told.TRIED_LATER))
            shown = f"{status} ({reason})" if reason else str(status)
            message = Sentence(told.ANSWERED, answer=shown, advice=advice)
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


def _target(url: str, answer: Answer) -> str:
    """The absolute address that a redirect leads to; raises FetchError (REDIRECT)."""
    location = _as_received(answer, b"location") or ""
    # Blanks and bytes beyond ASCII are percent-encoded: https://url.spec.whatwg.org/#percent-encoded-bytes
    location = quote(location.encode("latin-1").strip(), safe="%/:=&?~#+!$,;'@()*[]\\{}|^`\"<>").split("#")[0]
    if not location:
        raise FetchError(Outcome.REDIRECT, Sentence(told.NOWHERE, status=str(answer.status)))
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


def _as_received(answer: Answer, name: bytes) -> str | None:
    """A header's value with every byte as one character; None when absent or empty."""
    values = [value for header, value in answer.raw_headers if header.lower() == name]
    return (values[0].decode("latin-1") or None) if values else None


def _as_sent(value: str) -> str | None:
    """The text that the client library will encode to the bytes received, or None for bytes it cannot send."""
    if _CONTROL.search(value):
        return None
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return None
