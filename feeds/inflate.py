"""Bodies undone from their content encoding under a limit, chunk by chunk, so that a bomb is stopped early."""

from __future__ import annotations

import zlib

from core.errors import FetchError
from core.message import foreign
from core.model import Outcome
from core.sentence import Sentence
from feeds import fault_texts as told

_STEP = 256 * 1024
_GZIP = ("gzip", "x-gzip")
_MAGIC = b"\x1f\x8b"
# Names that servers give to a body that is as it is.
_PLAIN = ("", "identity", "none", "binary", "8bit", "utf-8", "utf8")


def too_large(limit: int) -> FetchError:
    return FetchError(
        Outcome.TOO_LARGE,
        Sentence(told.TOO_LARGE, size=f"{limit / 1048576:g}"),
    )


class Inflater:
    """Collects a body. `encoding` is the Content-Encoding header; raises FetchError (TOO_LARGE, NETWORK).

    A body that begins as gzip does is unpacked whether the header says so or not, once.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        names = [name for name in encoding.lower().replace(" ", "").split(",") if name not in _PLAIN]
        if len(names) > 1 or (names and names[0] not in (*_GZIP, "deflate")):
            raise FetchError(Outcome.NETWORK, Sentence(told.ENCODING, encoding=foreign(encoding, 60)))
        self._kind = names[0] if names else ""
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0
        self._raw = 0
        self._held = b""
        self._engine: zlib._Decompress | None = None

    def feed(self, chunk: bytes) -> None:
        self._raw += len(chunk)
        if self._raw > self._limit:
            raise too_large(self._limit)
        if not self._kind and not self._parts:
            chunk, self._held = self._held + chunk, b""
            if len(chunk) < 2:
                self._held = chunk
                return
            if chunk.startswith(_MAGIC):  # a file feed.xml.gz, or a server that does not say what it sends
                self._kind = _GZIP[0]
        if not self._kind:
            self._parts.append(chunk)
            return
        try:
            self._inflate(chunk)
        except zlib.error as error:
            raise FetchError(Outcome.NETWORK, Sentence(told.DAMAGED)) from error

    def so_far(self) -> bytes:
        """What is unpacked by now."""
        return b"".join([*self._parts, self._held] if not self._kind else self._parts)

    def finish(self) -> bytes:
        """The whole body; raises FetchError when the compressed stream was cut off."""
        if self._kind and self._raw and (self._engine is None or not self._engine.eof):
            raise FetchError(Outcome.NETWORK, Sentence(told.CUT_OFF))
        return self.so_far()

    def _inflate(self, chunk: bytes) -> None:
        chunk, self._held = self._held + chunk, b""
        while chunk:
            if self._engine is None or self._engine.eof:
                if len(chunk) < 2:
                    self._held = chunk  # two bytes tell what begins here
                    return
                # Several gzip members may follow one another; anything else after the end is padding.
                if self._engine and (self._kind == "deflate" or not chunk.startswith(_MAGIC)):
                    return
                self._engine = self._begin(chunk)
            part = self._engine.decompress(chunk, _STEP)
            self._size += len(part)
            if self._size > self._limit:
                raise too_large(self._limit)
            self._parts.append(part)
            chunk = self._engine.unused_data if self._engine.eof else self._engine.unconsumed_tail
            if not part and not self._engine.eof and not chunk:
                return

    def _begin(self, chunk: bytes) -> zlib._Decompress:
        if self._kind != "deflate":
            return zlib.decompressobj(31)
        # "deflate" is zlib's format by the standard, but the bare one is sent too.
        wrapped = chunk[0] & 0x0F == 8 and (chunk[0] * 256 + chunk[1]) % 31 == 0
        return zlib.decompressobj(15 if wrapped else -15)
