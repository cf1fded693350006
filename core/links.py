"""Links as published -> links that may be shown, and keys by which the same article is recognised. Never raises."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import SplitResult, urljoin, urlsplit

MAX_LINK = 4096

# Parameters that say how a reader came to a page, not which page it is.
_TRACKING = re.compile(
    r"(utm_[a-z_]+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|ysclid|twclid|ttclid|igshid|igsh|mc_cid|mc_eid"
    r"|_openstat|at_medium|at_campaign|at_custom\d*|at_link_\w+|at_ptr_\w+|at_bbc_team|at_format|cmpid|ito|ref_src|ref_url"
    r"|rss|from_rss|traffic_source|pk_[a-z_]+|mtm_[a-z_]+|hsa_[a-z]+|_hsenc|_hsmi|mkt_tok|li_fat_id|__twitter_impression"
    r"|wt_mc(_\w+)?|ns_campaign|ns_mchannel|ns_source|smid|oc)"
)
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\\"<>^`{|}]")
_PERCENT = re.compile(r"%[0-9a-fA-F]{2}")
# Nearly all links: such a one is its own clean form, and joining it to any address changes nothing.
_PLAIN = re.compile(
    r"https?://((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,})(/[A-Za-z0-9/_.~!$&'()*+,=:@%-]*)?"
    r"(?:\?([A-Za-z0-9/_.~!$&'()*+,=:@%-]+))?"
)
# The same behind the host, of links put together.
_PLAIN_ENDS = re.compile(
    r"(?<![^\x00])(/[A-Za-z0-9/_.~!$&'()*+,=:@-]*)?(?:\?([A-Za-z0-9/_.~!$&'()*+,=:@-]+))?(?![^\x00])"
)
_as_plain = lru_cache(maxsize=256)(_PLAIN.fullmatch)  # of one link several things are asked, one after the other
_SECOND_LEVELS = frozenset({"co", "com", "org", "net", "gov", "gob", "edu", "ac", "or", "ne", "go", "mil"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


def clean_link(link: str, relative_to: str = "") -> str:
    """The absolute http(s) address that a link stands for, or "": other schemes, credentials and nonsense are dropped.

    Blanks and controls inside are removed or percent-encoded, so that the result holds none.
    """
    if len(link) <= MAX_LINK and _as_plain(link):
        return link
    link = re.sub(r"[\t\r\n]", "", link).strip()
    if not link or len(link) > MAX_LINK:
        return ""
    try:
        absolute = urljoin(relative_to, link) if relative_to else link
        parts = urlsplit(absolute)
        sound = parts.scheme.lower() in _DEFAULT_PORTS and bool(parts.hostname) and "@" not in parts.netloc
        sound = sound and (parts.port is None or parts.port > 0) and not re.search(r"[\s\\%]", parts.netloc)
    except ValueError:
        return ""
    return _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", absolute) if sound else ""


def is_plain(link: str) -> bool:
    """Whether a link is absolute and in the usual form: then it is what `urljoin` makes of it."""
    return len(link) <= MAX_LINK and _as_plain(link) is not None


def link_key(link: str) -> str:
    """A form that is equal for addresses of the same article, or "" for what is no http(s) address.

    The scheme, the letter case of the host, default ports, fragments, tracking parameters and a trailing slash make no
    difference. The key names no scheme and is no address: `example.org/a?id=1`.
    """
    plain = _as_plain(link) if len(link) <= MAX_LINK else None
    if plain:
        host, path, query = plain[1], plain[2] or "", plain[3] or ""
    else:
        link = clean_link(link)
        if not link:
            return ""
        parts = urlsplit(link)
        host, path, query = _host_key(parts), parts.path, parts.query
    if "%" in path:
        path = _PERCENT.sub(lambda match: match[0].upper(), path)
    query = without_tracking(query) if query else ""
    return host + path.rstrip("/") + (f"?{query}" if query else "")


def plain_keys(links: Sequence[str]) -> list[str] | None:
    """`link_key` of each link if all are in the usual form (see is_plain) and of one host; None when one is not.

    So each of these is its own clean form, too.
    """
    first = _PLAIN.fullmatch(links[0]) if links else None
    if first is None or max(map(len, links)) > MAX_LINK:
        return None
    host, start = first[1], links[0][: first.end(1)]
    together = "\x00".join(["", *links])
    rests = together.split(f"\x00{start}")[1:]
    if not len(rests) == len(links) == together.count("\x00"):
        return None
    found: list[tuple[str, str]] = _PLAIN_ENDS.findall("\x00".join(rests))
    if len(found) != len(links):
        return None
    kept = {query: without_tracking(query) for query in {query for _, query in found}}
    ends = {query: f"?{rest}" if rest else "" for query, rest in kept.items()}
    return [host + path.rstrip("/") + ends[query] for path, query in found]


def without_tracking(query: str) -> str:
    """A query without the parameters that only say how a reader came to the page; the others as they were."""
    pairs = query.split("&")
    return "&".join(pair for pair in pairs if pair and not _TRACKING.fullmatch(pair.partition("=")[0].lower()))


@lru_cache(maxsize=4096)  # every poll asks several times
def host_of(link: str) -> str:
    """Host and port of an address in lower case, without the default port; "" for nonsense."""
    if plain := _PLAIN.fullmatch(link):
        return plain[1]
    try:
        return _host_key(urlsplit(link))
    except ValueError:
        return ""


def endpoint_of(text: str) -> tuple[str, int]:
    """Host and port of "host:port", as operators write it; port 0 for nonsense."""
    host, _, port = text.strip().lower().rpartition(":")
    return host.strip("[]").rstrip("."), int(port) if port.isdigit() else 0


def asked_at(link: str) -> tuple[str, int]:
    """Host and port that an address is asked at; ("", 0) for nonsense."""
    try:
        parts = urlsplit(link)
        return (parts.hostname or "").rstrip("."), parts.port or _DEFAULT_PORTS[parts.scheme]
    except (ValueError, KeyError):
        return "", 0


def site_of(link: str) -> str:
    """The site that a host belongs to: example.org for news.example.org, example.co.uk for www.example.co.uk.

    Told by the number and length of labels, without a list of suffixes. Addresses written as numbers, and hosts of one
    label, stand for themselves, with their port.
    """
    host = host_of(link)
    labels = host.split(":")[0].split(".")
    if len(labels) < 2 or labels[-1].isdigit() or host.startswith("["):
        return host
    deep = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVELS
    return ".".join(labels[-3 if deep else -2 :])


def is_front_page(key: str) -> bool:
    """Whether a key of `link_key` names a whole site, which tells no article from another."""
    return "/" not in key and "?" not in key


def _host_key(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    port = parts.port
    return host if port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{port}"
