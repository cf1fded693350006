"""Addresses as they are shown: web addresses only, without trackers, safe to put into any markup. Pure."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

from core import links

MOST = 1900  # below the 2,048 of Telegram's buttons and the 3,000 of Slack's, escapes counted

_HOST = re.compile(r"[A-Za-z0-9_.:-]+")
_PATH_SAFE = "/:@!$&()*+,;=-._~%"
_QUERY_SAFE = _PATH_SAFE + "?"


def clean_link(url: str) -> str:
    """The address without trackers and with everything unusual percent-encoded, or "" when it is not fit to show.

    Only http and https; no user names or passwords, which serve to feign another host.
    """
    try:
        parts = urlsplit(links.clean_link(url))
        host = parts.hostname or ""
        host = host if host.isascii() else host.encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port else ""
    except (ValueError, UnicodeError):
        return ""
    if not _HOST.fullmatch(host):
        return ""
    cleaned = urlunsplit(
        (
            parts.scheme.lower(),
            (f"[{host}]" if ":" in host else host) + port,
            _encode(parts.path, _PATH_SAFE),
            _encode(links.without_tracking(parts.query), _QUERY_SAFE),
            "" if links.without_tracking(parts.fragment) == "" else _encode(parts.fragment, _QUERY_SAFE),
        )
    )
    return cleaned if len(cleaned) <= MOST else ""


def _encode(text: str, safe: str) -> str:
    """Percent-encode what is not plain, leaving existing escapes alone."""
    stray = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)
    return quote(stray, safe=safe, errors="replace")
