"""HTML for the pages: foreign text is marked as such, and links lead to http or https only."""

from __future__ import annotations

from core.links import clean_link
from core.markup import Child as Child
from core.markup import Html as Html
from core.markup import join as join
from core.markup import tag as tag
from core.message import foreign


def outward(url: str, *children: Child, **attributes: str | None) -> Html:
    """A link to another site; only the words when the address is none that may be followed."""
    address = clean_link(url)
    if not address:
        return join(children)
    return tag("a", *children, href=address, rel="noopener noreferrer nofollow", **attributes)


def quoted(words: str, lang: str = "", limit: int = 300) -> Html:
    """Foreign text: cleaned of what could disguise it, marked with its language, its direction its own."""
    return tag("span", foreign(words, limit), lang=lang or None, dir="auto")
