"""What is wrong with a list of people; see core.sentence."""

from __future__ import annotations

NOT_UTF8 = "The list is not UTF-8; save it as CSV in UTF-8."
SPREADSHEET = "The list is a spreadsheet; save it as CSV in UTF-8."
NOT_SOUND = "The list is no sound CSV ({error}); export it again."
LONG = (
    "The list has {n} line; a chat can watch {most} people. Divide the list.",
    "The list has {n} lines; a chat can watch {most} people. Divide the list.",
)
NAMES_NOBODY = "line {number} names nobody"
