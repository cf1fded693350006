"""Addresses as they are shown: web addresses only, without trackers, safe to put into any markup. Pure."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

MOST = 1900  # below the 2,048 of Telegram's buttons and the 3,000 of Slack's, escapes counted

_TRACKERS = re.compile(
    r"(?:utm_\w*|at_(?:medium|campaign|custom\d*|link\w*|ptr_\w*|bbc_team|format)|fbclid|gclid|gclsrc|dclid|wbraid|"
    r"gbraid|yclid|ysclid|_openstat|msclkid|mc_[ce]id|igshid|igsh|twclid|ttclid|li_fat_id|mkt_tok|_hs(?:enc|mi)|"
    r"__twitter_impression|wt_mc(?:_\w+)?|pk_\w+|mtm_\w+|cmpid|ns_(?:campaign|mchannel|source)|spm|vero_\w+|"
    r"oly_(?:enc|anon)_id|smid|sr_share|ref_src|ref_url)",
    re.IGNORECASE,
)
_HOST = re.compile(r"[^\s/?#@\\<>\"'`{}|^%\x00-\x20]+")
_PATH_SAFE = "/:@!$&()*+,;=-._~%"
_QUERY_SAFE = _PATH_SAFE + "?"


def clean_link(url: str) -> str:
    """The address without trackers and with everything unusual percent-encoded, or "" when it is not fit to show.

    Only http and https; no user names or passwords, which serve to feign another host.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
        ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not _HOST.fullmatch(ascii_host):
        return ""
    netloc = f"[{ascii_host}]" if ":" in ascii_host else ascii_host
    netloc += f":{port}" if port else ""
    kept = [pair for pair in parts.query.split("&") if pair and not _TRACKERS.fullmatch(pair.partition("=")[0])]
    cleaned = urlunsplit(
        (
            parts.scheme,
            netloc,
            _encode(parts.path, _PATH_SAFE),
            _encode("&".join(kept), _QUERY_SAFE),
            "" if _TRACKERS.match(parts.fragment) else _encode(parts.fragment, _QUERY_SAFE),
        )
    )
    return cleaned if len(cleaned) <= MOST else ""


def _encode(text: str, safe: str) -> str:
    """Percent-encode what is not plain, leaving existing escapes alone."""
    stray = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)
    return quote(stray, safe=safe, errors="replace")
