"""Tells a browser check from an error: services before a site answer programs with one, under several statuses."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import aiohttp

from core.errors import FetchError
from core.history import REFUSALS
from feeds.connecting import Answer
from feeds.decode import challenges
from feeds.inflate import Inflater

_STATUSES = frozenset({202, 401, 403, 429, 500, 503})
_PAGES = frozenset({202, 401, 403, 503})  # under which the page says so, if no header does
_ENOUGH = 20_000  # bytes of a page
_PATIENCE = 3.0  # seconds for them


async def asks_for_check(response: Answer) -> bool:
    """Whether an answer that brings no feed asks for a browser check; reads the beginning of its page at most.

    The headers: https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
    https://docs.aws.amazon.com/waf/latest/developerguide/waf-captcha-and-challenge-how-it-works.html
    """
    if response.status not in _STATUSES:
        return False
    headers = response.headers
    if headers.get("cf-mitigated", "").lower() == "challenge" or "x-amzn-waf-action" in headers:
        return True
    if response.status not in _PAGES or "html" not in headers.get("Content-Type", "").lower():
        return False
    page = b""
    with suppress(FetchError, aiohttp.ClientError, TimeoutError):
        inflater = Inflater(headers.get("Content-Encoding", ""), _ENOUGH * 20)
        async with asyncio.timeout(_PATIENCE):
            async for chunk in response.content.iter_any():
                inflater.feed(chunk)
                page = inflater.so_far()
                if len(page) >= _ENOUGH:
                    break
    return challenges(page[:_ENOUGH].decode("utf-8", "replace"), refused=response.status in REFUSALS)
