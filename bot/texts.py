"""Every sentence of the interface, in one place, so that translations can follow.

A text is a template, or a pair (one, other) chosen by `n`. `Texts` (bot.speech) translates it by gettext, with the
English as message id, and fills it; foreign values go in as spans, never into markup. What a command says of itself
stands in its docstring. After a change: `make messages`, and fill the gaps in bot/locales.
"""

from __future__ import annotations

from bot.speech import ENGLISH as ENGLISH
from bot.speech import LANGUAGES as LANGUAGES
from bot.speech import Template as Template
from bot.speech import Texts as Texts
from bot.speech import Value as Value

# --- alerts ---------------------------------------------------------------------------------------------------------
SOURCES = ("{n} source", "{n} sources")
REPORTED_FREED = "Reported freed: {count}"
AT_LEAST = "at least {count}"
COUNTS_DIFFER = " (sources differ: {counts})"
NAMED = "Named: {names}"
AND_MORE = "{names} and {n} more"
REFUSED = "Refused to leave: {names}"
HELD = "Still held: {names}"
ALSO_NAMED = "Also named, not as freed: {names}"
REMAINING = "Reported still imprisoned: {count}"
MEDIATORS = "Mediation: {names}"
DESTINATION = "Taken to: {place}"
IN_RETURN = "In return: {things}"
BOTH_SIDES = "Reported by state and by independent sources."
MORE_SOURCES = ("and {n} more source", "and {n} more sources")
MATCHED = "Matched: {words}"
NO_HEADLINE = "(no headline)"
WHY_BUTTON = "Why?"

GIVEN = {
    "belavia": "relief for Belavia",
    "potash": "relief for potash",
    "banks": "relief for banks",
    "aircraft": "aircraft and parts",
    "embassy": "the embassy",
    "sanctions": "sanctions eased",
}
OWNERS = {
    "state media": "state media",
    "independent": "independent",
    "government": "government",
    "wire": "wire",
    "rights group": "rights group",
}

# --- why a chat is told later, or not -------------------------------------------------------------------------------
KEPT_FOR_DIGEST = "kept for the digest"
KEPT_SNOOZED = "this chat is snoozed"
KEPT_QUIET = "quiet hours"
KEPT_MANY = "many alerts at once: kept for a summary"
KEPT_MUTED = "this chat muted the story"
KEPT_NO_REPORT = "no report in the languages and kinds of sources chosen here, or all are muted"
KEPT_UNCONFIRMED = "fewer independent sources than this chat asks for"

KEPT = frozenset({KEPT_FOR_DIGEST, KEPT_SNOOZED, KEPT_QUIET, KEPT_MANY, KEPT_MUTED, KEPT_NO_REPORT, KEPT_UNCONFIRMED})

# --- digests, replies, discreet messages ----------------------------------------------------------------------------
DIGEST_TITLE = ("{n} story", "{n} stories")
DIGEST_MANY = ("Much at once: {n} story", "Much at once: {n} stories")
DIGEST_FREED = "freed: {count}"
DIGEST_NEWS = "new: {changes}"
DIGEST_HINT = "A number below opens the story in full."
CHANGED = "Update on story {n}"
CHANGED_FREED = "Reported freed: {count} (before: {before})"
CHANGED_FREED_FIRST = "Reported freed: {count}"
CHANGED_NAMES = "Named now: {names}"
CHANGED_RETURN = "In return, new: {things}"
CHANGED_OFFICIAL = "First official confirmation: {source}"
CHANGED_INDEPENDENT = "First independent confirmation: {source}"
DISCREET_ALERT = "There is something new for you."
DISCREET_DIGEST = ("There is {n} new thing for you.", "There are {n} new things for you.")
DISCREET_CHANGE = "There is more on an earlier message."
SHOW_BUTTON = "Show"
USEFUL_BUTTON = "Useful"
NOT_USEFUL_BUTTON = "Not useful"
DUPLICATE_BUTTON = "Duplicate"
MUTE_BUTTON = "Mute"

# --- commands -------------------------------------------------------------------------------------------------------
GREETING = "Minsk Watch reads news in many languages and tells you when prisoners are freed in Belarus or when Minsk \
and Washington deal with each other. One message per event, with its sources and the reason it was sent."
ABOUT = "Alerts when prisoners are freed in Belarus, or when Minsk and Washington deal with each other. With sources."
ABOUT_START = "Send {start} to choose topics. Kept about a chat: its address, its choices and a list of their changes. \
{forget} erases them."
GREETING_NEW = "Choose what this chat should get:"
LINK_UNKNOWN = "The link that led here names “{choice}”, which is not known here."
GREETING_AGAIN = "This chat gets: {topics}."
GREETING_PRIVACY = "Kept about this chat: its address, these choices, for a day those not yet confirmed, and a list of \
changes (never whose). Nothing else. {stop} erases all of it."
EVERYTHING_BUTTON = "Everything"
ADD_BUTTON = "Add: {topic}"
STOP_BUTTON = "Stop"
LATEST_BUTTON = "Latest"
TOPICS_BUTTON = "Topics"
SUBSCRIBED = "This chat now gets alerts on: {topics}."
SUBSCRIBED_ALREADY = "This chat gets alerts on: {topics}. Nothing had to change."
SUBSCRIBED_RESUMED = "Alerts had been paused ({reason}); they go on now."
STOP_HINT = "{latest} shows what happened lately, {stop} ends the alerts."
STOP_ASK = "End the alerts for everybody here, and erase what is kept about this chat?"
FORGET_ASK = "Erase all that is kept about this chat, for everybody here?"
FORGET_BUTTON = "Erase all"
ASK_HOW = "Nothing is changed yet: tap the button, or write {line}"
UNSUBSCRIBED = "Done. No more alerts here. Erased: this chat's address, its topics and all that was waiting for it."
UNSUBSCRIBED_NOTHING = "This chat has no subscription; nothing is kept about it."
UNSUBSCRIBED_PARTLY = "This chat no longer gets: {gone}. It still gets: {topics}."
UNSUBSCRIBED_NONE_OF = "This chat does not get {gone}. It gets: {topics}."
UNSUBSCRIBED_CONFIGURED = "This chat stands in the operator's configuration: alerts return at the next start unless it \
is removed there."
TOPICS_INTRO = "Topics:"
TOPIC_ON = "{title} ({name}): this chat gets it"
TOPIC_OFF = "{title} ({name})"
LATEST_INTRO = ("The last story:", "The last {n} stories:")
LATEST_NONE = "No stories yet. New ones come as soon as a feed reports something."
LATEST_NONE_ABOUT = "No stories yet on: {topics}."
STORY_UNKNOWN = "There is no story {n}."
STORY_UNKNOWN_HINT = "{latest} lists those that are kept."
ALL_REPORTS = "All reports:"
MORE_REPORTS = ("and {n} more report", "and {n} more reports")
UPDATE_MARK = "follow-up"
WHY_WHICH = "Which alert or page?"
WHY_WHICH_HINT = "Give {why} as a reply to an alert, or with the number of a story or the address of a page."
WHY_STORY = "Why story {n} was sent:"
WHY_REPORT = "{source}: {title}"
WHY_NO_EVIDENCE = "Its reasons are no longer kept."
WHY_UNREAD = "This page was in no feed that is read here: {address}"
WHY_UNREAD_HINT = "Check the address; a page that came days before the feed was added was never seen."
WHY_NOT_ADDRESS = "“{text}” is neither the number of a story nor the address of a page."
WHY_TOO_LONG = "That is {n} characters long; addresses of up to {most} are looked up."
LOOKS = {
    "waiting": "Its page will be read in full, to see whether more stands there.",
    "matched": "Its page was read in full: there it matched.",
    "one side": "Its page was read in full: still one side of a topic only.",
    "short": "Its page was read in full: it says no more than the feed.",
    "refused": "Its page could not be read in full: it refuses programs.",
    "failed": "Its page could not be read in full.",
    "budget": "Its page was not read in full: too many others were to be read.",
}
TRACE_TITLE = "The way of this report:"
TRACE_SEEN = "Read in {feed}, {at}: {title}"
TRACE_SENT = ("Shown in {n} chat.", "Shown in {n} chats.")
TRACE_QUEUED = ("Waiting to be shown in {n} chat.", "Waiting to be shown in {n} chats.")
TRACE_NOBODY = "No chat is subscribed to its topics."
TRACE_STORY = "Part of story {n}."
TRACE_REASON = "Reason: {reason}"
TRACE_NONE_FOUND = "Nothing in it speaks of a topic."
TRACE_LONG_FREE = "Free long before this report: {people}."
HERE_NOTHING = "This chat gets no alerts; {subscribe} begins them."
HERE_SHOWN = "Shown here, {at}."
HERE_EDIT = "What has changed since will be shown here shortly."
HERE_WAITS = "It will be shown here shortly."
HERE_PUT_OFF = "Put off here until {until}: {reason}."
HERE_HELD = "Kept back here: {reason}."
HERE_TROUBLE = "It is still to be shown here; the last try failed: {reason}."
HERE_DEAD = "It could not be shown here: {reason}."
HERE_PAUSED = "Not shown here: this chat's alerts are paused ({reason})."
HERE_TOPICS = "Not for this chat: it does not get {topics}."
HERE_WEAK = "Not shown here: it matched too weakly for an alert."
HERE_EARLIER = "Not shown here: it came before this chat's alerts began."
HERE_OUTSIDE = "Not shown here: nothing in it made an alert while this chat had this topic."
OUTCOMES = {
    "baseline": "It stood in the feed when the feed was first read: kept quiet, so that old news does not alarm.",
    "no_match": "It matched no topic, so no alert was sent.",
    "half": "It matched one side of a topic only, so no alert was sent.",
    "digest": "It matched weakly: kept for the digest, no alert of its own.",
    "alert": "It matched, and an alert was made.",
    "ignored": "It matched, but no story took it.",
    "audit": "It came from a query that checks the feeds: kept until it is seen whether they bring it too.",
    "covered": "It came from a query that checks the feeds: they brought the same.",
    "missed": "It came from a query that checks the feeds: none of them brought it.",
    "old": "It was older than the time that a new feed may look back.",
}
EVIDENCE_TOPIC = "{title}: {score}"
EVIDENCE = "{weight} {concept}: “{text}” ({where}, {pattern})"
EVIDENCE_REST = ("{weight} from {n} further part of the score", "{weight} from {n} further parts of the score")
EVIDENCE_MISSING = "{title}: missing {groups}"
STATUS_FEEDS = ("{n} feed is read, last {age} ago.", "{n} feeds are read, last {age} ago.")
STATUS_FEEDS_NEVER = ("{n} feed is to be read, none was yet.", "{n} feeds are to be read, none was yet.")
STATUS_STORIES = "{hits} reports matched, {stories} stories, {alerts} alerts shown."
STATUS_SELF = "This chat gets: {topics}."
STATUS_SELF_NONE = "This chat gets no alerts; {subscribe} changes that."
STATUS_SELF_PAUSED = "This chat's alerts are paused: {reason}. {subscribe} resumes them."
STATUS_FAILING = ("{n} feed fails.", "{n} feeds fail.")
STATUS_LAST_OK = "Last feed read without fault: {age} ago."
STATUS_OUTBOX = "Waiting to be shown: {waiting}, given up: {dead}."
STATUS_OLDEST = "The oldest has waited {age}."
STATUS_PROCESSES = ("{n} process is at work:", "{n} processes are at work:")
STATUS_PROCESS = "{name}: release {version}, {roles}; for {age}"
STATUS_PROCESS_LEADS = "{name}: release {version}, {roles}; for {age}; receives what is written to the bot in Telegram"
STATUS_PROCESS_SILENT = "{name}: release {version}; ended without a word, last heard of {age} ago"
STATUS_ENTRIES = "Entries kept: {n}."
STATUS_CHATS = ("{n} chat is subscribed.", "{n} chats are subscribed.")
HELP_INTRO = "What you can ask:"
HELP_OUTRO = "{help} tells more about one."
GROUP_ALERTS = "Get alerts"
GROUP_CHOICE = "Choose what comes"
GROUP_PEOPLE = "People and rules"
GROUP_READING = "Look things up"
GROUP_STORY = "About a story"
GROUP_QUIET = "When, and when not"
GROUP_CHAT = "This chat"
GROUP_OPERATORS = "For operators"
HELP_LINE = "{usage}: {summary}"
HELP_ALIASES = "Also: {names}"
HELP_EXAMPLE = "Example: {example}"
HELP_ROLE = {
    2: "For those who may change what this chat gets.",
    3: "For the admins of this chat.",
    4: "For the operators of this bot.",
}

# --- settings -------------------------------------------------------------------------------------------------------
SETTING_WHEN = "Alerts come {value}"
SETTING_ZONE = "Clock: {value}"
SETTING_QUIET = "Quiet hours: {value}"
SETTING_SNOOZE = "Snoozed until: {value}"
SETTING_CONFIRMED = "Independent sources needed: {value}"
SETTING_LANGUAGES = "Languages of reports: {value}"
SETTING_KINDS = "Kinds of sources: {value}"
SETTING_MUTED = "Muted: {value}"
SETTING_DISCREET = "Discreet messages: {value}"
SETTING_LANGUAGE = "Language of messages: {value}"
SETTING_AUTOMATIC = "as your app"
SETTING_NONE = "none"
SETTING_ALL = "all"
SETTING_HOW = "To change it, write for example {example}."
SETTING_ON = "on"
SETTING_OFF = "off"
ZONE_HINT = "These are times of UTC. {timezone} sets the clock of this chat."
WHEN_INSTANT = "at once"
WHEN_HOURLY = "together every hour"
WHEN_DAILY = "together every day at {at} ({zone})"
QUIET_STRICT = "{hours}, strict"
QUIET_BUT_MAJOR = "{hours}, but for major news"
QUIET_NONE = "No quiet hours."
QUIET_SET = (
    "Quiet from {start} to {end} ({zone}), but for major news: {most} people or more freed, or sanctions lifted."
)
QUIET_SET_STRICT = "Quiet from {start} to {end} ({zone}), without exception."
SNOOZED = "No alerts until {until}; they come afterwards."
SNOOZED_NOT = "Not snoozed: alerts come."
ZONE_SET = "The clock of this chat is {zone}; it shows {now}."
CONFIRMED_SET = ("A story comes with its first source.", "A story comes once {n} independent sources tell it.")
MUTED = "Muted: {name}"
MUTE_WHICH = "Mute what? {mute} with the number of a story, or with “source” or “term” and a name."
MUTE_WORD_HINT = "If it is a word, write {mute} term {word}; if it is a source, {mute} source {word}."
MUTED_NOT = "That is not muted."
MUTED_NOTHING = "Nothing is muted here."
UNMUTE_WHICH = "Unmute what? Tap it; {all_} is everything."
NO_SOURCE = "No source here is called “{name}”."
NO_SOURCE_HINT = "{feeds} lists them."
UNMUTED = "No longer muted: {name}"
UNMUTED_ALL = "Nothing is muted any more."
DISCREET_IS_ON = "Messages here hold no word of what they are about; a tap shows it."
DISCREET_IS_OFF = "Messages here tell in full."
FORGOTTEN = "Forgotten. No more alerts here. Erased:"
FORGOTTEN_ADDRESS = "the address of this chat"
FORGOTTEN_TOPICS = "its topics: {topics}"
FORGOTTEN_SETTINGS = "its settings"
FORGOTTEN_ALERTS = "what it watched for, what it was shown and what was waiting for it"
THANKS = "Thank you. It is counted; who said it is not kept."
NOISE_TERMS = "Terms"
NOISE_SOURCES = "Sources"
NOISE_LINE = "{name}: {share} useful ({useful} useful, {not_useful} not, {duplicate} duplicate)"
NOISE_TERM = "Term"
NOISE_SOURCE = "Source"
NOISE_INTRO = "What readers said of alerts:"
NOISE_KIND = "Kind"
NOISE_NAME = "Name"
NOISE_SHARE = "Useful, %"
NOISE_NONE = "Nobody has judged an alert yet; the buttons under each do that."
INSTANT_BUTTON = "At once"
HOURLY_BUTTON = "Hourly"
DAILY_BUTTON = "Daily"
QUIET_BUTTON = "Quiet hours"
NIGHT_BUTTON = "22:00-07:00"
QUIET_OFF_BUTTON = "No quiet hours"
SNOOZE_BUTTON = "Snooze"
SNOOZE_HOURS_BUTTON = "8 hours"
SNOOZE_DAY_BUTTON = "1 day"
WAKE_BUTTON = "Alerts now"
CONFIRMED_BUTTON = "Confirmation"
MUTED_BUTTON = "Muted"
UNMUTE_BUTTON = "Undo"
UNMUTE_NAME_BUTTON = "Unmute {name}"
MUTE_SOURCE_BUTTON = "Mute {source}"
DISCREET_ON_BUTTON = "Discreet"
DISCREET_OFF_BUTTON = "Not discreet"
NO_SUBSCRIPTION = "This chat gets no alerts, so there is nothing to set."
NO_SUBSCRIPTION_HINT = "{subscribe} begins them."
LANGUAGE_SET = "Messages here are in English."
LANGUAGE_AUTOMATIC = "Messages here are in the language of your app where it is known, else in the operator's choice."
LANGUAGE_UNKNOWN = "“{word}” is no language that this bot speaks."
LANGUAGE_HINT = "It speaks: {languages}; or auto."
LANGUAGE_BUTTON = "Language"
NOT_A_TIME = "“{word}” is no time of day."
NOT_A_TIME_HINT = "Write it as 9:00 or 21:30."
QUIET_WHICH = "Quiet hours need two different times."
QUIET_HINT = "For example {quiet} 22:00 07:00, or {quiet} off."
SNOOZE_TOO_LONG = "Snooze for up to {n} days."
SNOOZE_NOTHING = "That would be no time at all."
SNOOZE_NOT = "“{word}” is neither a time of day nor a length of time."
SNOOZE_HINT = "For example {snooze} 8h, {snooze} 3d, {snooze} 18:30, or {snooze} off."
ZONE_FIXED = "{zone} knows no summer time; {timezone} sets a clock that does, by a city."
NO_ZONE = "There is no time zone “{name}”."
NO_ZONE_HINT = "Write a city, a name such as Europe/Vilnius, or a distance such as UTC+3."
NOT_KNOWN_CHOICE = "“{word}” is not known here."
CHOICES = "Known: {choices}; or all."
MUTED_TOO_MANY = "At most {n} can be muted of each kind; unmute some first."
JUDGE_WHICH = "Which alert? Say it under one, or with the number of a story."

# --- what went wrong ------------------------------------------------------------------------------------------------
UNKNOWN_COMMAND = "There is no command “{name}”."
NEAREST = "Did you mean {near}?"
SEE_HELP = "{help} lists what there is."
MISSING_ARGUMENT = "“{command}” needs {argument}."
NOT_A_NUMBER = "“{word}” does not fit here: {argument} is written in digits, such as 12."
OUT_OF_RANGE = "{argument} must be from {least} to {most}, not {word}."
NOT_A_CHOICE = "{argument} must be one of {choices}, not “{word}”."
UNKNOWN_TOPIC = "There is no topic “{word}”."
KNOWN_TOPICS = "Topics: {topics}."
TOO_MANY_WORDS = "“{command}” has no use for “{rest}”."
TOO_LONG_LINE = "That is {n} characters long; a command holds up to {most}."
USAGE_HINT = "Write: {usage}"
REFUSALS = {
    2: "Only those who manage this chat may do that.",
    3: "Only the admins of this chat may do that.",
    4: "Only the operators of this bot may do that.",
}
REFUSAL_HINT = "Ask one of them, or use the bot in a private chat."
REFUSAL_OPERATOR_HINT = "If you run this bot, name yourself in access.operators of its configuration: {who}"
TOO_FAST = ("Too many commands at once. Go on in {n} second.", "Too many commands at once. Go on in {n} seconds.")
CHAT_HELD = (
    "Nothing may be shown in this chat for {n} minute more, so the answer is lost. Ask again after that.",
    "Nothing may be shown in this chat for {n} minutes more, so the answer is lost. Ask again after that.",
)
APOLOGY = "Sorry, that failed here through no fault of yours (reference {reference})."
NOT_IN_CHANNEL = "Only you see this: I cannot post in this channel, so alerts would not arrive either. Invite me with \
/invite @{name} and try again."
FILE_REFUSED = "The file {name} could not be shown here."
FILE_LOST = "The file {name} could not be shown here: {reason}"
FILE_SAVED = "File: {path}"
FILE_IN_PRIVATE = "The file is in your own chat with me."
FILE_FOR_YOU = "Here is the file that you asked for in a channel:"
FIND_FAILED = "That failed here. Try again in a minute."
APOLOGY_HINT = "Try again in a minute; if it stays so, tell the operator of this bot the reference."
