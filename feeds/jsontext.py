"""Foreign bytes -> JSON values, or a ParseError saying what came instead. For all sources that speak JSON."""

from __future__ import annotations

import json
import re
from typing import Any

from core.errors import ParseError
from core.model import Outcome
from core.sentence import Sentence
from feeds import fault_texts as told
from feeds.decode import check_kind, no_feed, read_characters

ACCEPT = "application/feed+json, application/json;q=0.9, */*;q=0.8"

_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|[\"\\/bfnrt])?")


def read_object(body: bytes, content_type: str = "") -> dict[str, Any]:
    """Read a JSON object; numbers come as the text they were written in. Raises ParseError only."""
    text = read_characters(body, content_type)
    if not text.startswith(("{", "[")):
        check_kind(text)
        raise no_feed(Sentence(told.XML_NOT_JSON))
    tree = _load(text)
    if not isinstance(tree, dict):
        raise no_feed(Sentence(told.JSON_LIST))
    return tree


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; none where no list is."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _load(text: str) -> Any:
    try:
        try:
            return json.loads(text, strict=False, parse_int=str, parse_float=str)
        except ValueError:  # a lone backslash in a title is the usual fault
            mended = _ESCAPE.sub(lambda match: match[0] if len(match[0]) > 1 else r"\\", text)
            return json.loads(mended, strict=False, parse_int=str, parse_float=str)
    except RecursionError:
        raise ParseError(Outcome.PARSE, Sentence(told.JSON_DEEP)) from None
    except ValueError as error:
        raise ParseError(Outcome.PARSE, Sentence(told.JSON_BROKEN, error=str(error))) from None
