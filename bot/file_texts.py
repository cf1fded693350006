"""What is said about files that chats give and get; see bot.texts."""

from __future__ import annotations

EXPORT = ("{what}: {n} row, in the file.", "{what}: {n} rows, in the file.")
EXPORT_STORIES = ("Stories of the last {n} day", "Stories of the last {n} days")
EXPORT_ENTRIES = ("All that was read in the last {n} day", "All that was read in the last {n} days")
EXPORT_SEARCH = "Reports with {words}"
EXPORT_NONE = "{what}: nothing to export."
EXPORT_CUT = "Only the newest {n} are in it; ask for fewer days to get the rest."
EXPORT_DAYS = "The number of days must be from 1 to {most}."
EXPORT_WORDS = "Which words? For example {export}."
EXPORT_BUTTON = "As {format}"
