"""What is said about stories that operators merge and split."""

from __future__ import annotations

MERGED_INTO = "This story is now part of {n}:"
MERGED = (
    "{other} is now part of {story}, which has {n} report.",
    "{other} is now part of {story}, which has {n} reports.",
)
SPLIT = (
    "{n} report of {story} is now a story of its own: {other}.",
    "{n} reports of {story} are now a story of their own: {other}.",
)
CHATS = ("A message is put right in {n} chat.", "Messages are put right in {n} chats.")
CHATS_NONE = "No chat was shown them, so none is told."
UNDO = "To take it back: {command}"
SPLIT_LIST = "Reports of {n}, each with the number to be named:"
SPLIT_HOW = "{command} makes those reports a story of their own."
SPLIT_NUMBERS = "{word} is no number of a report."
