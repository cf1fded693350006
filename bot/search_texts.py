"""What is said when looking back; see bot.texts."""

from __future__ import annotations

SEARCH_WHAT = "Which words?"
SEARCH_HINT = "Write them after {search}: all must be there; lukash* is every word that begins so."
SEARCH_MANY = "Up to {most} words can be searched for."
SEARCH_NONE = "Nothing that is kept holds all of: {words}."
SEARCH_TRY = "With other endings there is something: {search}"
SEARCH_FOUND = ("The newest report with {words}:", "The newest {n} reports with {words}:")
SEARCH_LINE = " {source}: "
TIMELINE_NONE = "No event is known."
TIMELINE_INTRO = ("The last event:", "The last {n} events:")
TIMELINE_FREED = ("{n} freed", "{n} freed")
TIMELINE_RETURN = "in return: {things}"
TIMELINE_UNSURE = "unconfirmed"
TIMELINE_STORY = "story {n}"
TIMELINE_SUM = "Freed since {since} by the events that are known: {n}."
THINGS = {
    "aircraft": "aircraft and parts",
    "banks": "relief for banks",
    "belavia": "relief for Belavia",
    "exchange": "an exchange",
    "finance_ministry": "relief for the finance ministry",
    "potash": "relief for potash",
}
STATS_TITLE = ("Stories of the last {n} day", "Stories of the last {n} days")
STATS_NONE = "No stories in that time."
STATS_TOPIC = "{bars}  {title}: {count}"
STATS_FREED = "{bars}  freed by the events of {months} months: {count}"
STATS_SCALE = "A column is a day, the right one today; the highest is {most}."
STATS_MONTHS = "A column is a month, the right one this month; the highest is {most}."
STATS_EVENTS = "People freed in all, and what was negotiated"
STATS_TALKS = "talks"
STATS_SANCTIONS = "sanctions"
STATS_SOURCES = ("Sources of the last {n} day, and who is first", "Sources of the last {n} days, and who is first")
STATS_SOURCE = "{source}: {said}"
STATS_TOLD = ("{n} story", "{n} stories")
STATS_FIRST = (", first in {n}", ", first in {n}")
STATS_BEHIND = ", else {age} behind (median)"
STATS_ALT = (
    "The counts of the last {n} day as a chart; the words say the same.",
    "The counts of the last {n} days as \
a chart; the words say the same.",
)
COLUMN_SOURCE = "Source"
COLUMN_STORIES = "Stories"
COLUMN_FIRST = "First in"
COLUMN_BEHIND = "Else behind (median)"
COLUMN_DAY = "Day"
COLUMN_EVENT = "What happened"
COLUMN_FREED = "Freed"
COLUMN_RETURN = "In return"
COLUMN_NOTE = "Note"
AUDIT_NONE = "Nothing was changed here."
AUDIT = ("The last change:", "The last {n} changes:")
AUDIT_LINE = "{at}, {role}: {line}"
ROLES = {1: "anyone", 2: "who manages the chat", 3: "an admin", 4: "an operator"}
FORM = "Words to look for"
