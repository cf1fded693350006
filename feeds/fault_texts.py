"""Why a poll failed: every reason that may be recorded for a feed; see core.sentence.

They are stored in English and recognised again by feeds.health when somebody asks. A gap may hold another of them.
"""

from __future__ import annotations

# --- the server's answer --------------------------------------------------------------------------------------------
ANSWERED = "The server answered {answer}. {advice}"
WANTS_LOGIN = "The feed asks for a login; use an address that needs none."
REFUSES = "The site refuses this program; try another user_agent for the feed, or ask its operator."
NOTHING_THERE = "Nothing is there; check the address of the feed."
GONE = "The feed is gone for good; remove it from the configuration."
TOO_MANY_REQUESTS = "Too many requests; the feed rests as long as the server asks."
WITHHELD = "The feed is withheld for legal reasons; look for a mirror."
SERVERS_FAULT = "The fault is the server's; it is tried again later."
TRIED_LATER = "It is tried again later; check the address if this lasts."
NO_VERSION = "The server answered 304 (not modified) to a request that named no version; it is tried again."
CIRCLE = (
    "The server redirects in a circle, back to {target}. Tell its publisher, or look for another address of the feed."
)
MANY_REDIRECTS = (
    "The server redirects more than {most} times. Tell its publisher, or look for another address of the feed."
)
NOWHERE = (
    "The server answered {status} without saying where to go. Tell its publisher, or look for another address of the "
    "feed."
)
MALFORMED_TARGET = (
    "The server redirects to a malformed address. Tell its publisher, or look for another address of the feed."
)

# --- the connection -------------------------------------------------------------------------------------------------
NOT_REACHED = "{host} could not be reached within {seconds} s; it is tried again."
TOO_SLOW = "{host} did not deliver the feed within {seconds} s; it is tried again."
NO_NAME = "The name {host} cannot be found; check the address, or the network."
INSECURE = "No secure connection to {host}: {cause}. Its operator must mend it."
BROKE_OFF = "The answer of {host} broke off before its end; it is tried again."
PROXY = "The proxy does not lead to {host} ({cause}); check the proxy."
NO_CONNECTION = "No connection to {host} ({cause}); it is tried again."
NO_HTTP = "What {host} sent is no HTTP answer; it is tried again."
LOST = "The connection to {host} was lost ({cause}); it is tried again."

# --- the address ----------------------------------------------------------------------------------------------------
ADDRESS_REFUSED = "The address is refused: {why}. Correct it."
TARGET_REFUSED = (
    "The server redirects to an address that is refused: {why}. Tell its publisher, or look for another address of the "
    "feed."
)
NAMED_REFUSED = "The address named there is refused: {why}."
IS_MALFORMED = "it is malformed"
NO_SCHEME = "only http and https are fetched, not an address without scheme"
OTHER_SCHEME = "only http and https are fetched, not {scheme}"
ODD_SIGNS = "it holds a backslash, a blank or a control character"
USER_OR_NO_HOST = "it holds a user name or names no host"
DISGUISED = "the host {host} is a number in disguise"
PRIVATE = "{shown} is on a private network; to permit it, add “{endpoint}” to feeds.allow_private."
IS_PRIVATE = "{shown} is on a private or reserved network"

# --- the body -------------------------------------------------------------------------------------------------------
TOO_LARGE = "The body is larger than {size} MiB; raise feeds.max_bytes if the feed is really that large."
ENCODING = "The server sent the encoding “{encoding}”, which nobody asked for."
DAMAGED = "The compressed body is damaged and could not be unpacked; it is tried again."
CUT_OFF = "The compressed body was cut off on its way; it is tried again."
DOCTYPE_ENDLESS = "The document type declaration of the feed never ends; tell its publisher."
MANY_ATTRIBUTES = "An element has over {most} attributes; the body was refused."
DEEP = "Elements are nested over {most} deep; the body was refused."
UNREADABLE = "The feed could not be read ({error}); its publisher has to mend it."
SITEMAP_BROKEN = "The sitemap is broken ({fault}); its publisher has to mend it."
JSON_DEEP = "The JSON is nested too deep and was refused."
JSON_BROKEN = "The JSON is cut off or broken ({error}); its publisher has to mend it."
NO_ITEMS = "The JSON Feed has no list of items; its publisher has to mend it."
MEMORY = "The document needs more memory than one body may use."
NESTING = "The document needs more nesting than one body may use."
STOPPED = "Reading the document took over {seconds} s and was stopped."
ENDED = "The parser ended while reading the document ({error})."
INSIDE = "The poll failed inside the program ({error}); the log says more."

# --- what came instead of a feed ------------------------------------------------------------------------------------
NO_FEED = "This is not a feed: {what}. Open the address in a browser and correct it."
IMAGE = "a {format} image came instead of a feed"
WEBP = "a WebP image or a sound came instead of a feed"
ICON = "an icon came instead of a feed"
PDF = "a PDF document came instead of a feed"
ZIP = "a ZIP archive came instead of a feed"
GZIP = "a gzip file inside a gzip file came instead of a feed"
NOT_AS_ONE = "nothing in it could be read as one"
EMPTY_BODY = "the body is empty"
JSON_NOT_XML = "JSON came instead of RSS or Atom"
NO_MARKUP = "text without any markup came instead of a feed (characters: {count})"
OPML = "an OPML list of feeds came instead of a feed"
SITEMAP = "a sitemap came instead of a feed"
OTHER_ROOT = "a document of <{name}> came instead of a feed"
CHALLENGED = (
    "The site asks for a browser check instead of showing the feed, as it does to programs; try another user_agent for "
    "the feed, or ask its operator."
)
PAGE = "a web page came instead"
PAGE_TITLED = "a web page came instead, titled “{title}”"
NO_NEWS_TITLES = "a sitemap came whose addresses have no news titles"
SITEMAP_INDEX = "an index of sitemaps came; configure the news sitemap that it lists"
NO_SITEMAP = "a document of <{name}> came instead of a sitemap"
XML_NOT_JSON = "XML came instead of JSON"
JSON_LIST = "a JSON list came, where an object was expected"
NO_JSON_FEED = "JSON came, but no JSON Feed"
NO_REGISTER = "JSON came, but no list of documents of the Federal Register"
NO_ARTICLES = "JSON came, but no list of articles; ask for mode=artlist"
NO_CHANNEL = "a document came that is no page of a Telegram channel"
NO_POSTS = (
    "Telegram shows no posts there; groups, bots, private channels and channels with restricted content have no "
    "public preview"
)
