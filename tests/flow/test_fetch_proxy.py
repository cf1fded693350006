"""Feeds fetched through a proxy of the operator's, and through no other."""

from __future__ import annotations

import pytest

from core.model import Outcome
from core.settings import FeedSettings, FeedsSettings, Settings
from tests.feed_server import reply
from tests.polling import polling


async def test_a_feed_is_fetched_through_its_proxy_which_resolves_the_name() -> None:
    async with polling() as it:
        it.server.on("http://blocked.example/feed", reply())
        result = await it.poll("http://blocked.example/feed", proxy=f"http://{it.server.endpoint}")
        assert (result.outcome, result.entries) == (Outcome.OK, 1)
        assert it.server.seen[0].headers["host"] == b"blocked.example"


async def test_a_proxy_on_a_private_network_must_be_allowed() -> None:
    async with polling() as it:
        result = await it.poll("http://blocked.example/feed", proxy="http://127.0.0.1:9")
        assert result.outcome is Outcome.BLOCKED
        assert "127.0.0.1:9" in result.error
        assert it.server.seen == []


@pytest.mark.parametrize("url", ["http://10.0.0.1/feed", "http://[::1]/feed", "http://user@news.example/"])
async def test_a_proxy_opens_no_way_to_private_addresses(url: str) -> None:
    async with polling() as it:
        result = await it.poll(url, proxy=f"http://{it.server.endpoint}")
        assert result.outcome is Outcome.BLOCKED
        assert it.server.seen == []


async def test_a_proxy_that_fails_is_told() -> None:
    async with polling(allow=("127.0.0.1:9",)) as it:
        result = await it.poll("http://blocked.example/feed", proxy="http://127.0.0.1:9")
        assert result.outcome is Outcome.NETWORK
        assert "The proxy does not lead to blocked.example" in result.error


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    async with polling() as it:
        assert (await it.poll(it.server.on("/feed", reply()))).outcome is Outcome.OK


def test_hosts_of_the_configuration_go_through_its_proxy_with_their_subdomains() -> None:
    urls = [
        "https://spring96.org/rss",
        "https://www.Spring96.org/rss",
        "https://notspring96.org/",
        "https://a.example/",
    ]
    feeds = tuple(FeedSettings(url=url) for url in urls)
    own = FeedSettings(url="https://b.example/", proxy="http://own:1")
    settings = Settings(
        feeds=FeedsSettings(proxy="http://proxy:3128", proxy_hosts=("spring96.org",), feed=(*feeds, own))
    )
    proxies = [spec.proxy for spec in settings.feed_specs]
    assert proxies == ["http://proxy:3128", "http://proxy:3128", "", "", "http://own:1"]
