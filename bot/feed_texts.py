"""What is said about feeds; see bot.texts."""

from __future__ import annotations

FEEDS = ("{n} feed is read here.", "{n} feeds are read here.")
FEEDS_BAD = ("{n} of them is in trouble.", "{n} of them are in trouble.")
FEEDS_NONE = "No feed is read here."
FEEDS_NONE_SUCH = "No feed is called like “{name}”."
FEED_LINE = "{n}. {name}: {condition}"
FEED_REASON = "{reason}"
FEED_COUNTS = "{address} ({entries} entries, {hits} of them matched)"
FEEDS_MORE = (
    "and {n} more; {narrow} shows those with a word in their name",
    "and {n} more; {narrow} shows those with \
a word in their name",
)
CONDITIONS = {
    "paused": "paused",
    "new": "not read yet",
    "healthy": "well",
    "quiet": "silent for longer than usual",
    "moved": "well, at a new address",
    "failing": "failing",
    "blocked": "blocked",
    "not a feed": "no feed any more",
    "gone": "gone",
}
FEED_WHAT = "Which feed?"
FEED_WHAT_HINT = "Name it by its number or its name: {feeds} lists them."
FEED_ADDRESS = "Which address?"
FEED_ADDRESS_HINT = "The address of a feed or of a page: {add}"
FEED_FOUND = "{name}: {total} entries, the newest of {at}"
FEED_FOUND_UNDATED = "{name}: {total} entries"
FEED_SAMPLE = "{title}"
FEED_SAMPLE_MATCHED = "{title} (would have matched: {topics})"
FEED_MATCHED = ("{n} of the last {of} would have matched.", "{n} of the last {of} would have matched.")
FEED_KNOWN = "It is read already."
FEED_ASK = "Nothing is changed yet: tap a button, or write {line}"
FEED_ADD_BUTTON = "Read {name}"
FEED_ADDED = "{name} is read from now on. What stands in it now makes no alert; what comes does."
FEED_REMOVE_ASK = "Read {name} no more? What it brought stays."
FEED_REMOVE_BUTTON = "Remove {name}"
FEED_REMOVED = "{name} is read no more."
FEED_PAUSED = "{name} is paused; {line} takes it up again."
FEED_RESUMED = "{name} is read again."
FEED_PAUSE_BUTTON = "Pause {name}"
FEED_RESUME_BUTTON = "Resume {name}"
FEED_LIST = ("{n} feed, in the file.", "{n} feeds, in the file.")
FEED_LIST_ASK = ("{n} feed of the list is new.", "{n} feeds of the list are new.")
FEED_LIST_KNOWN = ("{n} is read already.", "{n} are read already.")
FEED_LIST_BAD = ("{n} has no usable address: {addresses}", "{n} have no usable address: {addresses}")
FEED_LIST_BUTTON = ("Read it", "Read all {n}")
FEED_LIST_ADDED = ("{n} feed is read from now on.", "{n} feeds are read from now on.")
FEED_LIST_NONE = "Nothing in the list is new."
COLUMN_NUMBER = "Number"
COLUMN_FEED = "Feed"
COLUMN_STATE = "State"
COLUMN_REASON = "Reason"
COLUMN_ENTRIES = "Entries"
COLUMN_HITS = "Matched"
FILE_MISSING = "Which file?"
FILE_HOW = "Send the list as a file with {line} as its caption or beside it, or write {line} as a reply to the file."
FILE_TOO_LARGE = "{name} is larger than {most} kB."
FILE_GONE = "That was done already, or asked more than a day ago. Send the file again."
