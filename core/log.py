"""Structured log on standard error, for people or as JSON lines, with secrets redacted at the last moment.

Fields go in `extra={"feed": ...}`. Redaction covers the secrets of the configuration, everything shaped like a Telegram
or Slack token and what an address holds for one, in messages, fields and tracebacks alike, and the values of rows that
PostgreSQL quotes.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TextIO

from core.config import MASK

_TOKENS = re.compile(r"\d{6,12}:[A-Za-z0-9_-]{30,}|xox[a-z]-[A-Za-z0-9-]{8,}|xapp-[A-Za-z0-9-]{8,}")
# Values in the query of an address by which some feeds let their readers in.
_KEYS = re.compile(
    r"([?&](?:[\w.-]*(?:token|secret|password|passwd|apikey)|(?:[\w.-]*[_.-])?(?:key|auth|sig|signature|pwd))=)"
    r"[^&#\s\"'<>]+",
    re.IGNORECASE,
)
# What could move a terminal's cursor, or pass for the end of a line.
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
# How PostgreSQL's driver begins a line that may quote a whole row
# (https://www.postgresql.org/docs/current/error-message-reporting.html).
QUOTES = "\nDETAIL:  "
_QUOTED = re.compile(rf"{QUOTES}.*")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def redact(text: str, secrets: Sequence[str] = ()) -> str:
    """The text with every given secret, and everything that looks like a token, masked."""
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, MASK)
    return _KEYS.sub(rf"\g<1>{MASK}", _TOKENS.sub(MASK, text))


class _Formatter(logging.Formatter):
    def __init__(self, form: str, secrets: Sequence[str]) -> None:
        super().__init__()
        self._json = form == "json"
        self._secrets = tuple(secrets)

    def format(self, record: logging.LogRecord) -> str:
        fields = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        at = datetime.fromtimestamp(record.created, UTC)
        trace = _QUOTED.sub("", self.formatException(record.exc_info)) if record.exc_info else ""
        if self._json:
            parts = {"at": at.isoformat(), "level": record.levelname.lower(), "from": record.name}
            parts |= {"event": record.getMessage(), **{key: str(value) for key, value in fields.items()}}
            return redact(json.dumps(parts | ({"trace": trace} if trace else {}), ensure_ascii=False), self._secrets)
        pairs = "".join(f" {key}={value}" for key, value in fields.items())
        text = f"{at:%Y-%m-%d %H:%M:%S} {record.levelname.lower():7} {record.getMessage()}{pairs}"
        line = _CONTROL.sub(" ", redact(text, self._secrets)).replace("\n", " | ")
        return f"{line}\n{_CONTROL.sub(' ', redact(trace, self._secrets))}" if trace else line


def set_up(
    level: str = "info", form: str = "console", secrets: Sequence[str] = (), stream: TextIO | None = None
) -> None:
    """Send all logging of the process to one handler (standard error unless told otherwise)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Formatter(form, secrets))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for loud in ("aiogram", "slack_bolt", "slack_sdk", "aiohttp.access", "alembic"):
        logging.getLogger(loud).setLevel(max(logging.WARNING, root.level))
    # A round that outlasts its interval is skipped by design; APScheduler would warn of each.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
