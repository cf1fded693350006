"""What went wrong with a request, told of the host that was asked."""

from __future__ import annotations

import os
import re
import ssl
from errno import ECONNRESET, errorcode

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from core.errors import FetchError
from core.links import host_of
from core.model import Outcome
from core.sentence import Sentence
from feeds import fault_texts as told
from feeds.gate import AddressRefused, BlockedAddress

# Where in OpenSSL's source an error arose, and the name of its list: nothing for those who read it.
_SOURCE = re.compile(r"^\[[^\]]*\]|\(_ssl\.c:\d+\)")
# What a request may end with, but when time is up.
FAILURES = (aiohttp.ClientError, HttpProcessingError, OSError, ValueError, EOFError)


def explain(url: str, error: BaseException) -> FetchError:
    """One of FAILURES as what is told of a feed."""
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
        return no_name(host)
    if isinstance(error, aiohttp.ClientSSLError):
        return insecure(host, error)
    if isinstance(error, aiohttp.ClientPayloadError):
        return FetchError(Outcome.NETWORK, Sentence(told.BROKE_OFF, host=host))
    if isinstance(error, (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError)):
        return FetchError(Outcome.NETWORK, Sentence(told.PROXY, host=host, cause=_short(error)))
    if isinstance(error, aiohttp.ClientConnectorError):
        return no_connection(host, error)
    if isinstance(error, (aiohttp.ClientResponseError, HttpProcessingError)):
        return FetchError(Outcome.NETWORK, Sentence(told.NO_HTTP, host=host))
    return FetchError(Outcome.NETWORK, Sentence(told.LOST, host=host, cause=_short(error)))


def no_name(host: str) -> FetchError:
    return FetchError(Outcome.NETWORK, Sentence(told.NO_NAME, host=host))


def no_connection(host: str, error: BaseException) -> FetchError:
    return FetchError(Outcome.NETWORK, Sentence(told.NO_CONNECTION, host=host, cause=_short(error)))


def insecure(host: str, error: BaseException) -> FetchError:
    return FetchError(Outcome.NETWORK, Sentence(told.INSECURE, host=host, cause=_short(error)))


def not_reached(host: str, seconds: float) -> FetchError:
    return FetchError(Outcome.TIMEOUT, Sentence(told.NOT_REACHED, host=host, seconds=f"{seconds:g}"))


def _short(error: BaseException) -> str:
    cause = getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        text = cause.verify_message.rstrip(".")  # without the place in OpenSSL's source
    elif isinstance(cause, ssl.SSLError) and cause.reason:
        text = cause.reason.replace("_", " ").lower()  # likewise
    elif isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError) and (cause.errno or 0) in errorcode:
        text = os.strerror(cause.errno or 0)  # asyncio's own words are "Connect call failed"
    elif isinstance(cause, ConnectionResetError):
        text = str(cause) or os.strerror(ECONNRESET)  # it says nothing of one that was closed in a handshake
    else:
        text = str(getattr(cause, "strerror", None) or cause) or type(error).__name__
    return " ".join(_SOURCE.sub("", text).split())[:120]
