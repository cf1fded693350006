"""Sentences of the page about a chat, and of forms. They follow the rules of bot.texts."""

from __future__ import annotations

HOME_TOPICS = "Topics"
HOME_TAP = "A tap switches a topic on or off; ✓ is on."
HOME_WHEN = "When and what"
HOME_WATCHED = "Watchlist"
HOME_WATCH_BUTTON = "Watch a name or a rule"
HOME_LATEST = "Last stories"
HOME_ELSEWHERE = (
    "A group or channel has settings of its own: add the bot there, then type {subscribe} and {home} in it."
)
FORM_GO = "Go"
FORM_AGAIN = "Go again"
FORM_CLOSE = "Close"
FORM_WORKING = "One moment …"
