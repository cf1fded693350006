"""The page process: pages in, the text of their articles out. Started by feeds.pages as `-m feeds.pageworker`."""

from __future__ import annotations

from typing import Any

from core.errors import ParseError
from feeds.extract import extract_text, warm
from feeds.worker import refusal, serve


def _answer(job: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        text = extract_text(body, job["url"], job["content_type"])
    except (ParseError, MemoryError, RecursionError) as error:
        return refusal(error), b""
    return {"text": text}, b""


if __name__ == "__main__":
    serve(_answer, warm)
