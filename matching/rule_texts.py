"""What is wrong with a rule, and what to write instead; see core.sentence."""

from __future__ import annotations

RULE_LONG = (
    "The rule is {n} character long; {most} are allowed.",
    "The rule is {n} characters long; {most} are allowed.",
)
BRACKET_MANY = "There is a “)” too many."
BRACKET_MANY_HINT = "Remove it, or open a bracket before."
NOTHING_TO_FIND = "The rule says what must not be there, or which source, but not what to look for."
NOTHING_TO_FIND_HINT = "Add a word to find."
QUOTE_OPEN = "The quotation mark is not closed."
QUOTE_OPEN_HINT = 'Put a second " where the phrase ends.'
DEEP = "Brackets are nested over {most} deep."
DEEP_HINT = "Write the rule flatter."
NEAR_SIDES = "NEAR stands between words, phrases or (a OR b)."
NEAR_SIDES_HINT = "Use AND for the rest."
NEAR_NUMBER = "NEAR needs a number of words up to {most}."
NEAR_NUMBER_HINT = "Write it like NEAR/5."
BRACKET_OPEN = "The bracket is not closed."
BRACKET_OPEN_HINT = "Put a “)” where the group ends."
WORD_MISSING = "Here a word is missing."
WORD_MISSING_HINT = "Write what to look for."
NOT_A_WORD = "“{value}” stands where a word is needed."
NOT_A_WORD_HINT = 'For the word itself write "{word}".'
NO_FIELD = "There is no field “{field}”."
NO_FIELD_HINT = "Fields are {fields}"
FIELD_EMPTY = "After “{field}:” a word is missing."
FIELD_HINT = "Write it like {example}."
NO_LETTERS = "“{value}” has no letters."
SMALL_LETTERS = "“{value}” between words means nothing in small letters."
SMALL_LETTERS_HINT = 'Write {sign}, or "{value}" in quotes for the word.'
NOT_KNOWN = "“{value}” is not known."
NOT_KNOWN_HINT = "Write {sign}."
STAR_PLACE = "“*” can stand at the end of a word only."
STAR_PLACE_HINT = "Write the beginning, like lukash*."
STAR_SHORT = "Before “*” at least {least} letters are needed."
STAR_SHORT_HINT = "Write more of the word."
NOTHING_IN_IT = "“{value}” has no letters to look for."
QUOTES_EMPTY = "The quotes are empty."
TERMS_MANY = "A rule holds up to {most} terms."
TERMS_MANY_HINT = "Make two rules of it."
