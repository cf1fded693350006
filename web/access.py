"""Who may see operator pages: a bearer token, or a cookie that signing in with it gives.

The cookie holds a keyed hash and not the token, is not readable by scripts and is not sent from other sites
(https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie). All comparisons take constant time.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import deque
from datetime import datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from core.ports import Clock, HttpRequest

COOKIE = "minskwatch"
MOST_FAILURES = 10
WITHIN = timedelta(minutes=1)
_LASTS_SECONDS = 30 * 86400


class Gate:
    """Guards with `token`; without one nobody is let in."""

    def __init__(self, token: str, clock: Clock) -> None:
        self._token = token.encode()
        self._ticket = hmac.new(self._token, b"minskwatch operator pages", hashlib.sha256).hexdigest()
        self._clock = clock
        self._failed: deque[datetime] = deque(maxlen=MOST_FAILURES)

    def allows(self, request: HttpRequest) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._is_token(given.strip())
        try:
            cookie = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return bool(self._token and cookie and hmac.compare_digest(_bytes(cookie.value), self._ticket.encode()))

    def sign_in(self, request: HttpRequest) -> str | None:
        """The Set-Cookie for a form that holds the right token, else None."""
        try:
            fields = parse_qs(request.body.decode("utf-8", "replace"), max_num_fields=5)
        except ValueError:  # more fields than our form has
            fields = {}
        given = fields.get("token", [""])[0]
        if not self._is_token(given.strip()):
            self._failed.append(self._clock.now())
            return None
        return f"{_cookie(request, self._ticket)}; Max-Age={_LASTS_SECONDS}"

    def sign_out(self, request: HttpRequest) -> str:
        """The Set-Cookie that removes the cookie."""
        return f"{_cookie(request, '')}; Max-Age=0"

    @property
    def is_besieged(self) -> bool:
        """Whether so many attempts failed lately that signing in waits; a bearer token still works."""
        return len(self._failed) == MOST_FAILURES and self._clock.now() - self._failed[0] < WITHIN

    def _is_token(self, given: str) -> bool:
        return bool(self._token) and hmac.compare_digest(_bytes(given), self._token)


def _bytes(header: str) -> bytes:
    """A header's value as it was sent: the server reads bytes that are no UTF-8 as lone surrogates."""
    return header.encode("utf-8", "surrogateescape")


def _cookie(request: HttpRequest, value: str) -> str:
    secure = "; Secure" if request.headers.get("x-forwarded-proto", "").lower() == "https" else ""
    return f"{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict{secure}"
