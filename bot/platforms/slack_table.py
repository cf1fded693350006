"""Tables as Slack's table block: one a message, shown at its end. Pure.

https://docs.slack.dev/reference/block-kit/blocks/table-block : at most 100 rows, the head among them, of 20 cells.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.platforms.slack_text import SECTION, Block, legible, spans
from core.message import Line, Span, Style, Table

MAX_ROWS = 100
MAX_COLUMNS = 20
_NOTHING = "–"  # Slack refuses empty cells


def table_block(table: Table) -> Block | None:
    """The block; None for a table without rows, or one that is larger than Slack takes."""
    if not table.rows or len(table.rows) >= MAX_ROWS or not 0 < len(table.head) <= MAX_COLUMNS:
        return None
    head = [Line((Span(title, Style.BOLD),)) for title in table.head]
    rows = [[_cell(line) for line in _filled(row, len(head))] for row in (head, *table.rows)]
    columns = [
        {"align": "right"} if number in table.figures else {"is_wrapped": True} for number in range(len(head))
    ]  # fmt: skip
    return {"type": "table", "rows": rows, "column_settings": columns}


def _filled(row: Sequence[Line], width: int) -> Sequence[Line]:
    return [*row[:width], *[Line(())] * (width - len(row))]


def _cell(line: Line) -> Block:
    """Plain words as they are; styles, links and moments as rich text."""
    text = legible(line.text).strip()
    if not text:
        return {"type": "raw_text", "text": _NOTHING}
    if all(span.style is Style.PLAIN and not span.url and span.at is None for span in line.spans):
        return {"type": "raw_text", "text": text}
    clean = Line(tuple(Span(legible(span.text), span.style, span.url, span.at) for span in line.spans))
    return {"type": "rich_text", "elements": [{"type": SECTION, "elements": spans(clean)}]}
