"""The status page of a running program: which of its switches are on, and where its contents come from."""

from __future__ import annotations

import ipaddress

from app.parts import Parts
from core.settings import HttpSettings
from feeds.desk import judge
from matching.timeline import load_timeline
from web.site import Site, SiteOptions


def make_site(parts: Parts) -> Site:
    """The site with the shipped timeline. Raises PackError when that cannot be read."""
    return Site(
        parts.store,
        parts.clock,
        parts.matcher.topics,
        site_options(parts.settings.http),
        known=load_timeline(),
        judge=lambda feed: judge(feed, parts.clock),
        attention=lambda: parts.attention.present,
    )


def site_options(http: HttpSettings) -> SiteOptions:
    """What the switches mean: "auto" is on where only this machine can ask."""
    near = is_loopback(http.host)
    return SiteOptions(
        public=http.public_pages == "on" or (http.public_pages == "auto" and near),
        operator=bool(http.operator_token)
        and (http.operator_pages == "on" or (http.operator_pages == "auto" and near)),
        token=http.operator_token,
        base=http.public_url.rstrip("/"),
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens on `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
