"""Certificates for tests of TLS, made here: keys and signatures on the curve P-256, in the least that X.509 asks for.

Good for tests alone: nothing is done against whoever watches how long a signature takes.
https://www.rfc-editor.org/rfc/rfc5280 https://www.secg.org/sec1-v2.pdf
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import secrets
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_Point = tuple[int, int] | None

# Object identifiers, encoded.
_EC_KEY, _P256 = bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06082a8648ce3d030107")
_ECDSA_SHA256 = bytes.fromhex("06082a8648ce3d040302")
_COMMON_NAME, _ALTERNATIVES, _CONSTRAINTS = (
    bytes.fromhex("0603550403"),
    b"\x06\x03\x55\x1d\x11",
    b"\x06\x03\x55\x1d\x13",
)
_SUBJECT_KEY, _ISSUER_KEY, _USAGE = b"\x06\x03\x55\x1d\x0e", b"\x06\x03\x55\x1d\x23", b"\x06\x03\x55\x1d\x0f"
_TRUE = b"\x01\x01\xff"


def _add(one: _Point, other: _Point) -> _Point:
    if one is None or other is None:
        return one or other
    (x, y), (u, v) = one, other
    if x == u and (y + v) % _P == 0:
        return None
    slope = (3 * x * x - 3) * pow(2 * y, -1, _P) if one == other else (v - y) * pow(u - x, -1, _P)
    third = (slope * slope - x - u) % _P
    return third, (slope * (x - third) - y) % _P


def _times(factor: int, point: _Point) -> _Point:
    total: _Point = None
    while factor:
        if factor & 1:
            total = _add(total, point)
        point, factor = _add(point, point), factor >> 1
    return total


def _der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _number(value: int) -> bytes:
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _bits(content: bytes) -> bytes:
    return _der(0x03, b"\x00", content)


def _name(text: str) -> bytes:
    return _der(0x30, _der(0x31, _der(0x30, _COMMON_NAME, _der(0x0C, text.encode()))))


def _moment(at: datetime) -> bytes:
    return (
        _der(0x18, at.strftime("%Y%m%d%H%M%SZ").encode())
        if at.year >= 2050
        else _der(0x17, at.strftime("%y%m%d%H%M%SZ").encode())
    )


def _pem(kind: str, content: bytes) -> str:
    return f"-----BEGIN {kind}-----\n{base64.encodebytes(content).decode()}-----END {kind}-----\n"


class Key:
    def __init__(self) -> None:
        self._secret = secrets.randbelow(_N - 1) + 1
        public = _times(self._secret, _G)
        assert public
        self.public = b"\x04" + public[0].to_bytes(32, "big") + public[1].to_bytes(32, "big")
        self.identifier = hashlib.sha1(self.public).digest()

    def sign(self, message: bytes) -> bytes:
        digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
        once = secrets.randbelow(_N - 1) + 1
        point = _times(once, _G)
        assert point
        first = point[0] % _N
        return _der(0x30, _number(first), _number(pow(once, -1, _N) * (digest + first * self._secret) % _N))

    def pem(self) -> str:
        secret = _der(0x04, self._secret.to_bytes(32, "big"))
        return _pem("EC PRIVATE KEY", _der(0x30, _number(1), secret, _der(0xA0, _P256), _der(0xA1, _bits(self.public))))


@dataclass(frozen=True)
class Authority:
    """Who signs certificates; `pem` is the certificate by which it is trusted."""

    name: str
    key: Key
    pem: str

    @classmethod
    def new(cls, name: str = "Authority of the tests") -> Authority:
        key = Key()
        now = datetime.now(UTC)
        return cls(name, key, _certificate(name, key, name, key, now - timedelta(days=2), now + timedelta(days=2), ()))

    def server(
        self,
        folder: Path,
        *hosts: str,
        since: timedelta = timedelta(days=-1),
        until: timedelta = timedelta(days=1),
        newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
        itself: bool = False,
    ) -> ssl.SSLContext:
        """What a server for these hosts shows. Times count from now; `itself`: signed by its own key, by nobody else.

        `newest` is the newest version of TLS that it speaks.
        """
        key, now = Key(), datetime.now(UTC)
        issuer, signer = (hosts[0], key) if itself else (self.name, self.key)
        pem = _certificate(hosts[0], key, issuer, signer, now + since, now + until, hosts)
        file = folder / f"{secrets.token_hex(4)}.pem"
        file.write_text(pem + key.pem(), encoding="ascii")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        if newest < ssl.TLSVersion.TLSv1_2:
            context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, newest
        return context


def _certificate(
    subject: str, key: Key, issuer: str, signer: Key, since: datetime, until: datetime, hosts: tuple[str, ...]
) -> str:
    """PEM; without hosts it is that of an authority."""
    algorithm = _der(0x30, _ECDSA_SHA256)
    public = _der(0x30, _der(0x30, _EC_KEY, _P256), _bits(key.public))
    extensions = [
        _der(0x30, _SUBJECT_KEY, _der(0x04, _der(0x04, key.identifier))),
        _der(0x30, _ISSUER_KEY, _der(0x04, _der(0x30, _der(0x80, signer.identifier)))),
    ]
    if hosts:
        names = _der(0x30, *(_alternative(host) for host in hosts))
        extensions.append(_der(0x30, _ALTERNATIVES, _der(0x04, names)))
    else:
        extensions.append(_der(0x30, _CONSTRAINTS, _TRUE, _der(0x04, _der(0x30, _TRUE))))
        extensions.append(_der(0x30, _USAGE, _TRUE, _der(0x04, _der(0x03, b"\x02\x04"))))
    told = _der(
        0x30,
        _der(0xA0, _number(2)),
        _number(secrets.randbits(100) | 1),
        algorithm,
        _name(issuer),
        _der(0x30, _moment(since), _moment(until)),
        _name(subject),
        public,
        _der(0xA3, _der(0x30, *extensions)),
    )
    return _pem("CERTIFICATE", _der(0x30, told, algorithm, _bits(signer.sign(told))))


def _alternative(host: str) -> bytes:
    try:
        return _der(0x87, ipaddress.ip_address(host).packed)
    except ValueError:
        return _der(0x82, host.encode("ascii"))
