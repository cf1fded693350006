"""The gate: no request leaves for a private, reserved or disguised address unless the operator listed it."""

from __future__ import annotations

import asyncio
import socket

import pytest

from core.errors import FetchError
from core.model import Outcome
from feeds.gate import BlockedAddress, Gate, GateResolver, is_public

PRIVATE = [
    "127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "100.127.255.255", "0.0.0.0", "0.1.2.3", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1",
    "192.0.0.8", "203.0.113.5", "192.88.99.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:100.64.0.1", "::127.0.0.1", "fe80::1", "fe80::1%eth0",
    "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1", "100::1", "2001::1",
    "2002:7f00:1::", "2002:0a00:0001::", "2002:0808:0808::", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::1",
    "nonsense", "",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808",
          "::ffff:8.8.8.8"]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_and_reserved_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://news.example/", "gopher://news.example/", "data:text/xml,<rss/>", "javascript:1",
        "news.example/feed", "", "http://", "http:///feed", "http://user@news.example/", "http://u:p@news.example/",
        "http://news.example\\@127.0.0.1/", "http://news.example/a b", "http://news.example/\r\nX: y", "http://[::1",
        "http://news.example:99999/", "http://news.example:0/",
        "http://127.0.0.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[fe80::1%25eth0]/",
        "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/",
        "http://0/", "http://127.0.0.1./", "http://10.0.0.1:8080/feed", "http://169.254.169.254/latest/meta-data/",
    ],
)  # fmt: skip
def test_bad_addresses_are_refused_with_a_reason(url: str) -> None:
    with pytest.raises(FetchError) as caught:
        Gate().check_url(url)
    assert caught.value.outcome is Outcome.BLOCKED
    assert len(str(caught.value)) > 30


@pytest.mark.parametrize(
    "url", ["http://news.example/feed?a=b#c", "https://8.8.8.8/feed", "https://news.example:8443/"]
)
def test_ordinary_addresses_pass(url: str) -> None:
    Gate().check_url(url)


def test_only_the_listed_port_of_a_private_host_is_allowed() -> None:
    gate = Gate(["127.0.0.1:8080", "feeds.internal:80", "[::1]:9000"])
    gate.check_url("http://127.0.0.1:8080/feed")
    gate.check_url("http://[::1]:9000/feed")
    gate.check_address("Feeds.Internal.", 80, "10.0.0.5")
    for host, port, address in [
        ("127.0.0.1", 8081, "127.0.0.1"),
        ("feeds.internal", 443, "10.0.0.5"),
        ("other.internal", 80, "10.0.0.5"),
    ]:
        with pytest.raises(BlockedAddress, match=r"feeds\.allow_private"):
            gate.check_address(host, port, address)


def test_the_socket_is_refused_for_an_address_that_no_check_let_through() -> None:
    gate = Gate(["127.0.0.1:8080"])
    gate.check_url("http://127.0.0.1:8080/")
    gate.open_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 8080))).close()
    for where in (("127.0.0.1", 8081), ("10.0.0.1", 80), ("169.254.169.254", 80)):
        with pytest.raises(BlockedAddress):
            gate.open_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", where))


async def test_one_bad_answer_of_a_name_refuses_all() -> None:
    answers: list[tuple[int, str]] = [(socket.AF_INET, "8.8.8.8"), (socket.AF_INET, "127.0.0.1")]
    resolver = GateResolver(Gate(), lambda host, port, family: answers)
    with pytest.raises(BlockedAddress, match=r"two\.example \(127\.0\.0\.1\)"):
        await resolver.resolve("two.example", 80)
    answers.pop()
    assert [answer["host"] for answer in await resolver.resolve("two.example", 80)] == ["8.8.8.8"]


async def test_a_name_that_is_not_found_is_an_oserror() -> None:
    def lookup(host: str, port: int, family: int) -> list[tuple[int, str]]:
        raise socket.gaierror("not found")

    with pytest.raises(OSError, match="not found"):
        await GateResolver(Gate(), lookup).resolve("none.example", 80)
    with pytest.raises(OSError, match=r".+"):
        await GateResolver(Gate()).resolve("a" * 300 + ".example", 80)


async def test_a_cancelled_lookup_disturbs_nobody() -> None:
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    def lookup(host: str, port: int, family: int) -> list[tuple[int, str]]:
        if host == "slow.example":
            asyncio.run_coroutine_threadsafe(release.wait(), loop).result()
        return [(socket.AF_INET, "8.8.8.8")]

    resolver = GateResolver(Gate(), lookup)
    slow = asyncio.create_task(resolver.resolve("slow.example", 80))
    assert await resolver.resolve("fast.example", 80)
    slow.cancel()
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert await resolver.resolve("slow.example", 80)
