"""What keeps a chat from being shown something, for its readers; what the service said is in the log. See bot.texts."""

from __future__ import annotations

GONE = "the bot could not write here: it was blocked, removed, or is no admin"
REMOVED = "the app was removed from the workspace"
WAIT = "the service asked to wait; it is tried again"
AWAY = "the service could not be reached, or was out of order; it is tried again"
UNSURE = "no answer came, so it may have been shown or not"
REFUSED = "the service did not take the message or the file"

# For operators.
TAKEN_OVER = (
    "Telegram refuses the token of {before}; the spare bot @{name} has taken over all subscriptions. Each chat must "
    "let it in: groups add it, channels make it an admin, people press Start at https://t.me/{name} and get their "
    "alerts again. Until then a chat is paused. Tell them, then put its token into telegram.token and a new spare "
    "behind it."
)
