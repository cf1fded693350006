"""What is said about watchlists; see bot.texts."""

from __future__ import annotations

NO_TOPIC = "no topic, only what it watches"
YOU_WATCH = "You watch: {watched}"
NOT_HERE = "That is not switched on in this installation."
WATCH_WHOM = "Whom or what shall this chat watch?"
WATCH_HINT = "Write {watch} with a name, or with words: {person}, {rule}."
WATCHED = "This chat now watches {name}, in every spelling and script."
WATCHED_RULE = "This chat now watches for what fits the rule: {name}"
WATCHED_ALREADY = "This chat watches {name} already."
SPELLINGS = "Looked for, among others: {spellings} - with the endings of all languages."
WATCH_ENDS = "{watching} shows the list, {unwatch} ends it."
WATCHING_ENDS = "To end one, tap it or write its number: {unwatch}"
WHICH_PERSON = "Who is meant by “{name}”?"
WHICH_HINT = "Tap one, or write the name in full."
NOT_A_NAME = "“{name}” is no name that could be looked for: it takes two letters at least."
NAME_LONG = "That is {n} characters long; a name has up to {most}."
NOT_KNOWN = "“{name}” is not among the persons known here."
DERIVED = "From it these forms were made: Belarusian {be}, Russian {ru}."
CORRECT = "If a form is wrong, write both: {line}"
ADD_PERSON = "Watch {name}"
ADD_WORDS = "The words as they stand"
FORMS_EMPTY = "The name is missing."
PROPOSAL_GONE = "That was done already, or asked more than a day ago. Write the whole line again."
WATCHING_NONE = "This chat watches nobody and nothing beyond its topics."
WATCHING = ("This chat watches:", "This chat watches {n} things:")
WATCHING_LINE = "{n}. {name}"
WATCHING_RULE = "rule: {name}"
WATCHING_MORE = ("and {n} more", "and {n} more")
UNWATCH_ASK = "Take everybody and everything off the watchlist of this chat?"
UNWATCH_BUTTON = "Empty the list"
UNWATCHED = "No longer watched: {names}."
UNWATCH_WHICH = "“{name}” is not on this chat's watchlist."
UNWATCH_HINT = "{watching} shows the list with its numbers; {all_} empties it."
END_BUTTON = "End: {name}"
IMPORT_FOUND = ("{n} person of the list is new here:", "{n} people of the list are new here:")
IMPORT_NONE = "Nobody on the list is new here."
IMPORT_LINE = "{name}: {spellings}"
IMPORT_LEFT_OUT = ("Left out: {lines}.", "Left out, {n} lines: {lines}.")
IMPORT_BUTTON = ("Watch this person", "Watch all {n}")
IMPORTED = ("{n} person more is watched here.", "{n} people more are watched here.")
FULL = "A chat can watch {most} people and rules; end some first."

RULE_LOOKS = "Rule: {rule}"
RULE_DAYS = (
    "In the last {days} days it would have been {n} report:",
    "In the last {days} days it would have been \
{n} reports:",
)
RULE_NONE = (
    "In the last {days} days nothing would have matched ({n} report looked at).",
    "In the last {days} days nothing would have matched ({n} reports looked at).",
)
RULE_PER_DAY = "{bars}  {average} a day, at most {most}"
RULE_SELDOM = "{bars}  {n} in {days} days"
RULE_LOOKED = "Looked at the newest {looked} reports, back to {since}."
RULE_SAMPLE = "{source}: {title}"
RULE_NEW_NONE = "All of them came to this chat by its topics."
RULE_NEW = (
    "{n} of them did not come to this chat by its topics.",
    "{n} of them did not come to this chat by its topics.",
)
RULE_SAVE = "Watch for this"
RULE_ASK = "Nothing is saved yet: tap the button, or write {line}"
FORM = "A name, or a rule"
