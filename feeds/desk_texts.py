"""What cannot be done with feeds, and what to do instead; see core.sentence."""

from __future__ import annotations

READ_ALREADY = "{name} ({url}) is polled already."
ADDED_MANY = "{most} feeds were added already, which is the most; remove some."
ADDED_TOO_MANY = "With these there would be more than {most} added feeds, which is the most."
CONFIGURED = "{name} stands in the configuration."
CONFIGURED_HINT = "Remove it there (config.toml, or its group in feeds.groups), or pause it here."
NOT_PAUSED = "{name} is not paused."
REMOVED_MEANWHILE = "{url} was removed meanwhile."
NO_FEED = "There is no feed “{name}”."
NO_FEED_HINT = "Name it by its number, its address or its name."
SEVERAL = ("{n} feed is called like this: {names}.", "{n} feeds are called like this: {names}.")
SEVERAL_HINT = "Give the number."
PAUSED = "It was paused on {at} and is not read."
REASON = "{url}: {reason}"
TOOK_LONG = "{url}: looking for its feeds took over {seconds} s; try the feed's own address."
NOT_FOUND = "No feed was found at {url}."
NOT_FOUND_HINT = "Look on the site for “RSS” or “Feed” and give that address."
NO_ADDRESS = "“{text}” is no web address."
NO_ADDRESS_HINT = "Give the address of a feed or of a site, as https://example.org/."
LIST_NOT_SOUND = "The file is no sound XML ({error}); export the list again."
LIST_DOCTYPE = "The file has a document type declaration, which no OPML needs; remove it."
LIST_OTHER = "This is no OPML list: its outermost element is <{name}>."
LIST_DEEP = "The list is nested over {most} deep or too long; divide it."
FAILING = "{reason} Next try {at}."
FAILING_SINCE = "{reason} Failing since {since}. Next try {at}."
EMPTY = (
    "The last {n} answer held no entry, although there used to be some; check the address.",
    "The last {n} answers held no entry, although there used to be some; check the address.",
)
UNREAD = "It was not read yet."
UNREAD_REASON = "It was not read yet. {reason}"
MOVED = "It has moved to {address} and is read there; change the address."
QUIET_HOURS = (
    "Nothing new since {at}; it was never silent for more than {n} hour before.",
    "Nothing new since {at}; it was never silent for more than {n} hours before.",
)
QUIET_DAYS = (
    "Nothing new since {at}; it was never silent for more than {n} day before.",
    "Nothing new since {at}; it was never silent for more than {n} days before.",
)
FALTERS = "The last attempt failed, which may pass by itself: {reason} Next try {at}."
WELL = "It is read, and all is well."
