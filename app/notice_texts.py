"""What operators are told without having asked, for their chats, the log and the status page. See bot.texts.

Each is stored as its template and what fills it, so that every chat is told in its own language.
"""

from __future__ import annotations

TITLE = "Minsk Watch needs a hand"
MORE = ("and {n} more; the log has them all", "and {n} more; the log has them all")

NETWORK = "Nearly all hosts fail at once: the fault is ours, so no feed is blamed."
REFUSED = "{platform} refuses the token: {reason}"
UNANSWERED = "{platform} has not answered for long: alerts wait for it, and nobody there gets an answer. {reason}"
CONFIGURATION = "The configuration stays as it was: {reason}"
SHARED = "Two programs use the same {platform} token: stop the other one, or give this one a token of its own. {reason}"

REISSUED = (
    "The feed {feed} published {n} entry anew, as after a redesign: what was read before, or is older, was kept quiet.",
    "The feed {feed} published {n} entries anew, as after a redesign: what was read before, or is older, was kept "
    "quiet.",
)
MOVED = "The feed {feed} has moved to {address} and is read there: change its address."
FEED = "The feed {feed}: {reason}"
CROWDED = (
    "{host} has more feeds than can be asked for as often as wanted: {count}, one after the other with a pause, which "
    "takes {minutes} min. Give them a longer interval, or lower feeds.host_pause if the site allows it."
)
UNREADABLE = "The feed {feed} cannot be read: {reason}"
MISSED = (
    "{n} relevant story came from the audit's query and from no feed: {stories}. A source may be missing or broken: "
    "look with “feeds” for one that fails, or add a feed of that site with “feed add ADDRESS”.",
    "{n} relevant stories came from the audit's query and from no feed: {stories}. A source may be missing or broken: "
    "look with “feeds” for one that fails, or add a feed of that site with “feed add ADDRESS”.",
)
MISSED_MORE = ("{stories}; and {n} more", "{stories}; and {n} more")

DEAD = (
    "{platform} refuses an alert for good, so that a chat lacks it: {reason} /deliveries of the status page has all of "
    "the kind."
)
BACKLOG = (
    "An alert has been waiting for {n} minute ({waiting} in all): a platform may be down or limit us; /deliveries of "
    "the status page has the reasons.",
    "An alert has been waiting for {n} minutes ({waiting} in all): a platform may be down or limit us; /deliveries of "
    "the status page has the reasons.",
)
SILENCE = (
    "No feed has been read for {n} minute: check the network and DNS of this host.",
    "No feed has been read for {n} minutes: check the network and DNS of this host.",
)
DISK = (
    "The disk of {folder} is {percent}% full: free some space, or keep entries for a shorter time (storage.keep). "
    "Nothing can be stored on a full disk."
)
DATABASE = (
    "For {n} minute nothing can be read from or written to the database: {reason}",
    "For {n} minutes nothing can be read from or written to the database: {reason}",
)

UPGRADE_TABLES = (
    "An upgrade is pending: {n} process still runs release {releases} ({names}), but a newer release has changed the "
    "tables since (schema {revision}): start it anew.",
    "An upgrade is pending: {n} processes still run release {releases} ({names}), but a newer release has changed the "
    "tables since (schema {revision}): start them anew.",
)
UPGRADE_RELEASE = (
    "An upgrade is pending: {n} process still runs release {releases} ({names}), but others run release {newest}: "
    "start it anew.",
    "An upgrade is pending: {n} processes still run release {releases} ({names}), but others run release {newest}: "
    "start them anew.",
)
