"""What keeps a chat from being shown something, for its readers; what the service said is in the log. See bot.texts."""

from __future__ import annotations

GONE = "the bot could not write here: it was blocked, removed, or is no admin"
REMOVED = "the app was removed from the workspace"
WAIT = "the service asked to wait; it is tried again"
AWAY = "the service could not be reached, or was out of order; it is tried again"
UNSURE = "no answer came, so it may have been shown or not"
REFUSED = "the service did not take the message or the file"
