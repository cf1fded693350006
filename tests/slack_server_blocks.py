"""Slack's judgement of a message, and what its readers see of it. For the local server and for tests of rendering.

Limits: slack_sdk.models.blocks and https://docs.slack.dev/reference/block-kit/blocks ; those marked * are others'
findings (https://github.com/slackapi/bolt-js/issues/2509).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

MAX_TEXT = 4000  # * longer texts are split, or refused by newer servers
MAX_BLOCKS = 50
MAX_BLOCKS_JSON = 13_200  # *
MAX_METADATA = 16_000
MAX_TABLE_ROWS = 100
MAX_TABLE_COLUMNS = 20
MAX_TABLE_TEXT = 10_000  # * of all cells

Block = Mapping[str, Any]

# Control sequences of mrkdwn: mentions, channel links, dates, addresses.
_CONTROL = re.compile(r"<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>")
_STYLES = frozenset({"bold", "italic", "strike", "code", "highlight", "client_highlight", "unlink", "underline"})


def refusal(message: Block, *, max_text: int = MAX_TEXT) -> tuple[str, list[str]]:
    """(Slack's error word, details) for a message's text, blocks and metadata; ("", []) when it is taken."""
    blocks, text = message.get("blocks") or [], str(message.get("text") or "")
    if isinstance(blocks, str):
        try:
            blocks = json.loads(blocks)
        except ValueError:
            return "invalid_blocks_format", []
    if not isinstance(blocks, list):
        return "invalid_blocks_format", []
    if not blocks and not text.strip():
        return "no_text", []
    if len(text) > max_text:
        return "msg_too_long", []
    found = [fault for index, block in enumerate(blocks) for fault in _faults_of(block, f"/blocks/{index}")]
    if len(blocks) > MAX_BLOCKS:
        found.append(f"no more than {MAX_BLOCKS} items allowed [json-pointer:/blocks]")
    found += _repeated(blocks)
    if sum(isinstance(block, dict) and block.get("type") == "table" for block in blocks) > 1:  # * pinned to the end
        return "invalid_attachments", ["only_one_table_allowed"]
    if found:
        return "invalid_blocks", found
    if len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > MAX_BLOCKS_JSON:
        return "msg_blocks_too_long", []
    return _metadata_fault(message.get("metadata")), []


def _metadata_fault(metadata: Any) -> str:
    if metadata is None:
        return ""
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    if not (isinstance(payload, dict) and metadata.get("event_type")):
        return "invalid_metadata_format"
    return "metadata_too_large" if len(json.dumps(metadata)) > MAX_METADATA else ""


def _repeated(blocks: Sequence[Block]) -> Iterator[str]:
    """action_ids must be unique in a message."""
    seen: set[str] = set()
    for block in blocks:
        for element in block.get("elements", ()) if block.get("type") == "actions" else ():
            name = str(element.get("action_id", ""))
            if name and name in seen:
                yield f"action_id {name!r} already exists"
            seen.add(name)


Check = Callable[[Block, str], Iterator[str]]


def _faults_of(block: Any, at: str, checks: Mapping[str, Check] | None = None) -> Iterator[str]:
    check = (checks or _CHECKS).get(block.get("type", "")) if isinstance(block, dict) else None
    if check is None:
        yield f"unsupported type: {block.get('type') if isinstance(block, dict) else block!r} [json-pointer:{at}]"
        return
    if len(str(block.get("block_id", ""))) > 255:
        yield f"block_id must be less than 256 characters [json-pointer:{at}/block_id]"
    yield from check(block, at)


def _text(text: Any, at: str, most: int, kinds: Sequence[str] = ("plain_text", "mrkdwn")) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield f"must be an object of type {' or '.join(kinds)} [json-pointer:{at}]"
        return
    words = text.get("text")
    if not isinstance(words, str) or not words.strip():
        yield f"must be more than 0 characters [json-pointer:{at}/text]"
    elif len(words) > most:
        yield f"must be less than {most + 1} characters [json-pointer:{at}/text]"
    elif "emoji" in text and text["type"] != "plain_text":
        yield f"no additional properties: emoji [json-pointer:{at}]"


def _section(block: Block, at: str) -> Iterator[str]:
    if "text" not in block and not block.get("fields"):
        yield f"missing required field: text [json-pointer:{at}]"
    if "text" in block:
        yield from _text(block["text"], f"{at}/text", 3000)
    fields = block.get("fields", ())
    if len(fields) > 10:
        yield f"no more than 10 items allowed [json-pointer:{at}/fields]"
    for index, field in enumerate(fields):
        yield from _text(field, f"{at}/fields/{index}", 2000)


def _header(block: Block, at: str) -> Iterator[str]:
    yield from _text(block.get("text"), f"{at}/text", 150, ("plain_text",))


def _context(block: Block, at: str) -> Iterator[str]:
    elements = block.get("elements", ())
    if not 1 <= len(elements) <= 10:
        yield f"1 to 10 items allowed [json-pointer:{at}/elements]"
    for index, element in enumerate(elements):
        if element.get("type") != "image":
            yield from _text(element, f"{at}/elements/{index}", 3000)


def _actions(block: Block, at: str) -> Iterator[str]:
    elements = block.get("elements", ())
    if not 1 <= len(elements) <= 25:
        yield f"1 to 25 items allowed [json-pointer:{at}/elements]"
    for index, element in enumerate(elements):
        here = f"{at}/elements/{index}"
        if element.get("type") == "overflow":
            yield from _overflow(element, here)
            continue
        if element.get("type") != "button":
            yield f"unsupported type: {element.get('type')} [json-pointer:{here}]"
            continue
        yield from _text(element.get("text"), f"{here}/text", 75, ("plain_text",))
        for field, most in (("action_id", 255), ("value", 2000), ("url", 3000)):
            if len(element.get(field, "")) > most:
                yield f"must be less than {most + 1} characters [json-pointer:{here}/{field}]"
        if "url" in element and not _is_address(element["url"]):
            yield f"invalid url [json-pointer:{here}/url]"


def _overflow(element: Block, at: str) -> Iterator[str]:
    options = element.get("options", ())
    if not 1 <= len(options) <= 5:
        yield f"1 to 5 items allowed [json-pointer:{at}/options]"
    for index, option in enumerate(options):
        yield from _text(option.get("text"), f"{at}/options/{index}/text", 75, ("plain_text",))
        if not 1 <= len(option.get("value", "")) <= 75:  # 150 by newer documents
            yield f"must be less than 76 characters [json-pointer:{at}/options/{index}/value]"


def _input(block: Block, at: str) -> Iterator[str]:
    """https://docs.slack.dev/reference/block-kit/blocks/input-block ; in views alone."""
    yield from _text(block.get("label"), f"{at}/label", 2000, ("plain_text",))
    if "hint" in block:
        yield from _text(block["hint"], f"{at}/hint", 2000, ("plain_text",))
    element = block.get("element") or {}
    if element.get("type") != "plain_text_input":
        yield f"unsupported type: {element.get('type')} [json-pointer:{at}/element]"
    if "placeholder" in element:
        yield from _text(element["placeholder"], f"{at}/element/placeholder", 150, ("plain_text",))
    if not 1 <= element.get("max_length", 3000) <= 3000:
        yield f"must be less than 3001 [json-pointer:{at}/element/max_length]"
    if len(element.get("initial_value", "")) > element.get("max_length", 3000):
        yield f"must be less than max_length [json-pointer:{at}/element/initial_value]"


def view_faults(view: Block) -> list[str]:
    """What Slack would not take of a view. https://docs.slack.dev/reference/views"""
    blocks = view.get("blocks") or []
    checks = {**_CHECKS, "input": _input}
    found = [fault for index, block in enumerate(blocks) for fault in _faults_of(block, f"/blocks/{index}", checks)]
    found += _repeated(blocks)
    if not 1 <= len(blocks) <= 100:
        found.append("1 to 100 items allowed [json-pointer:/blocks]")
    if view.get("type") not in ("home", "modal"):
        found.append("unsupported type [json-pointer:/type]")
    for field, most in (("private_metadata", 3000), ("callback_id", 255)):
        if len(view.get(field, "")) > most:
            found.append(f"must be less than {most + 1} characters [json-pointer:/{field}]")
    if view.get("type") == "modal":
        for field in ("title", "submit", "close"):
            if field == "title" or field in view:
                found += _text(view.get(field), f"/{field}", 24, ("plain_text",))
        if any(block.get("type") == "input" for block in blocks) and "submit" not in view:
            found.append("submit is required with an input block [json-pointer:/submit]")
    return found


def _divider(block: Block, at: str) -> Iterator[str]:
    if set(block) - {"type", "block_id"}:
        yield f"no additional properties [json-pointer:{at}]"


def _rich_text(block: Block, at: str) -> Iterator[str]:
    for index, element in enumerate(_items(block, at)):
        here = f"{at}/elements/{index}"
        if element.get("type") == "rich_text_list":
            if element.get("style") not in ("bullet", "ordered"):
                yield f"invalid style [json-pointer:{here}]"
            for number, section in enumerate(_items(element, here)):
                yield from _parts(section, f"{here}/elements/{number}", ("rich_text_section",))
        else:
            yield from _parts(element, here, ("rich_text_section", "rich_text_quote", "rich_text_preformatted"))
    if not block.get("elements"):
        yield f"missing required field: elements [json-pointer:{at}]"


def _table(block: Block, at: str) -> Iterator[str]:
    """https://docs.slack.dev/reference/block-kit/blocks/table-block"""
    rows, columns = block.get("rows") or (), block.get("column_settings") or ()
    if not 1 <= len(rows) <= MAX_TABLE_ROWS:
        yield f"1 to {MAX_TABLE_ROWS} items allowed [json-pointer:{at}/rows]"
    if len(columns) > MAX_TABLE_COLUMNS:
        yield f"no more than {MAX_TABLE_COLUMNS} items allowed [json-pointer:{at}/column_settings]"
    for number, column in enumerate(columns):
        if set(column) - {"align", "is_wrapped"} or column.get("align", "left") not in ("left", "center", "right"):
            yield f"invalid column [json-pointer:{at}/column_settings/{number}]"
    for number, row in enumerate(rows):
        if not 1 <= len(row) <= MAX_TABLE_COLUMNS:
            yield f"1 to {MAX_TABLE_COLUMNS} items allowed [json-pointer:{at}/rows/{number}]"
        for place, cell in enumerate(row):
            here = f"{at}/rows/{number}/{place}"
            if cell.get("type") == "raw_text":
                yield from _text(cell, here, MAX_TABLE_TEXT, ("raw_text",))
            elif cell.get("type") == "rich_text":
                yield from _rich_text(cell, here)
            else:
                yield f"unsupported type: {cell.get('type')} [json-pointer:{here}]"
    if sum(len(text) for text in _cells(block)) > MAX_TABLE_TEXT:
        yield f"no more than {MAX_TABLE_TEXT} characters in all cells [json-pointer:{at}/rows]"


def _cells(block: Block) -> Iterator[str]:
    for row in block["rows"]:
        for cell in row:
            yield cell["text"] if cell["type"] == "raw_text" else "".join(_lines(cell))


def _items(element: Block, at: str) -> Sequence[Block]:
    items = element.get("elements")
    assert isinstance(items, list), at
    return items


def _parts(section: Block, at: str, kinds: Sequence[str]) -> Iterator[str]:
    if section.get("type") not in kinds:
        yield f"unsupported type: {section.get('type')} [json-pointer:{at}]"
        return
    for index, part in enumerate(_items(section, at)):
        here, kind = f"{at}/elements/{index}", part.get("type")
        if kind == "text" and not part.get("text"):
            yield f"must be more than 0 characters [json-pointer:{here}/text]"
        elif kind == "link" and not _is_address(part.get("url", "")):
            yield f"invalid url [json-pointer:{here}/url]"
        elif kind == "date" and not (isinstance(part.get("timestamp"), int) and "{" in str(part.get("format"))):
            yield f"invalid date [json-pointer:{here}]"
        elif kind not in ("text", "link", "date"):
            yield f"unsupported type: {kind} [json-pointer:{here}]"
        if set(part.get("style", {})) - _STYLES:
            yield f"no additional properties [json-pointer:{here}/style]"


def _is_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https", "mailto") and bool(parts.netloc) and not re.search(r"[\s<>|]", url)


_CHECKS: Mapping[str, Check] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "divider": _divider,
    "rich_text": _rich_text,
    "table": _table,
}


# --- what readers see -----------------------------------------------------------------------------------------------


def shown(blocks: Sequence[Block]) -> str:
    """The words that a reader sees, a line each; buttons are not words."""
    return "\n".join(line for block in blocks for line in _lines(block))


def links(blocks: Sequence[Block]) -> dict[str, str]:
    """Label -> address of every link in running text."""
    found: dict[str, str] = {}
    for part in _all_parts(blocks):
        if part.get("url"):
            found[str(part.get("text") or part.get("fallback") or part["url"])] = str(part["url"])
    return found


def called(message: Block) -> list[str]:
    """The control sequences that would act: <!channel>, <@U1>, <https://...>. In blocks and text alike."""
    texts = [str(message.get("text") or "")]
    for block in message.get("blocks") or ():
        texts += [text["text"] for text in _text_objects(block) if text["type"] == "mrkdwn"]
    found = [f"<{sign}{name}>" for text in texts for sign, name, _ in _CONTROL.findall(text)]
    parts = _all_parts(message.get("blocks") or ())
    return found + [
        str(part["type"]) for part in parts if part["type"] in ("user", "usergroup", "channel", "broadcast")
    ]


def readable(text: str) -> str:
    """An escaped text as it is read; control sequences by their labels."""
    text = _CONTROL.sub(lambda found: found[3] or found[1] + found[2], text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def buttons(blocks: Sequence[Block]) -> dict[str, Block]:
    """Label -> button, or the option of a menu."""
    return {
        readable(str(one["text"]["text"])): one
        for block in blocks
        if block["type"] == "actions"
        for element in block["elements"]
        for one in element.get("options", (element,))
    }


def _lines(block: Block) -> Iterator[str]:
    if block["type"] == "rich_text":
        for element in block["elements"]:
            sections = element["elements"] if element["type"] == "rich_text_list" else [element]
            for section in sections:
                words = (str(p.get("text") or p.get("fallback") or p.get("url")) for p in section["elements"])
                yield "".join(words)
    elif block["type"] == "table":
        yield from (" | ".join(_cells({"rows": [row]})) for row in block["rows"])
    elif block["type"] == "input":
        yield readable(str(block["label"]["text"]))
    elif block["type"] != "actions":
        yield from (readable(str(text["text"])) for text in _text_objects(block))


def _text_objects(block: Block) -> Iterator[Block]:
    for text in (block.get("text"), *block.get("fields", ()), *block.get("elements", ())):
        if isinstance(text, dict) and text.get("type") in ("plain_text", "mrkdwn"):
            yield text


def _all_parts(blocks: Sequence[Block]) -> Iterator[Block]:
    for block in blocks:
        if block["type"] == "table":
            yield from _all_parts([cell for row in block["rows"] for cell in row])
        for element in block["elements"] if block["type"] == "rich_text" else ():
            for section in element["elements"] if element["type"] == "rich_text_list" else [element]:
                yield from section["elements"]
