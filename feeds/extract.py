"""The text of an article out of its page, by trafilatura. Only the page process imports that."""

from __future__ import annotations

from core.errors import ParseError
from core.model import Outcome
from feeds.decode import challenges, read_characters
from feeds.entries import MAX_TEXT
from feeds.plain import join_blanks

SHORT = 400  # characters; no article is shorter
MAX_PAGE = 3_000_000  # characters; longer pages hold no more article, only more time


def extract_text(body: bytes, url: str, content_type: str = "") -> str:
    """The article in plain text, "" when the page has none. Raises ParseError: no page, or one that checks browsers."""
    page = read_characters(body, content_type)[:MAX_PAGE]
    if "<" not in page:
        raise ParseError(Outcome.PARSE, "What came is no web page.")
    try:
        text = join_blanks(_extract(page, url))[:MAX_TEXT]
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # a library of many parts, on hostile input
        raise ParseError(Outcome.PARSE, f"The page could not be read ({type(error).__name__}).") from error
    if len(text) < SHORT and challenges(page):  # a form under an article may have a captcha too
        raise ParseError(Outcome.BLOCKED, "a web page that asks for a browser check came instead of the article.")
    return text


def _extract(page: str, url: str) -> str:
    import trafilatura

    found = trafilatura.extract(
        page, url=url, favor_precision=True, include_comments=False, include_tables=False, deduplicate=False
    )
    return found or ""


def warm() -> None:
    """Load the library."""
    _extract("<html><body><article><p>One.</p></article></body></html>", "http://localhost/")
