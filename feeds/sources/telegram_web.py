"""Pages of public Telegram channels as anyone may see them, https://t.me/s/NAME: the last posts, without an account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from core.links import clean_link
from core.model import Entry, FeedSpec
from core.ports import FetchRequest, ParsedFeed
from core.sentence import Sentence
from feeds import fault_texts as told
from feeds.decode import check_kind, no_feed, read_characters
from feeds.entries import MAX_SUMMARY, MAX_TITLE, distinguish, make_entry, plain_text
from feeds.markup import Capture, Tag, page_tags

ACCEPT = "text/html, */*;q=0.8"
MAX_LINKS = 10

_NAME = re.compile(r"(https?://(?:www\.)?(?:t\.me|telegram\.me))/@?([A-Za-z]\w{3,31})/?", re.ASCII)
_SCHEME = re.compile(r"https?://(?:www\.)?")
_POST = re.compile(r"[A-Za-z0-9_]{1,64}/[0-9]{1,12}")
# Class -> what its element holds. A reply quotes an older post, whose words are not this post's.
_FIELDS = {
    "tgme_widget_message_reply": "reply",
    "tgme_widget_message_text": "text",
    "tgme_widget_message_poll_question": "text",
    "tgme_widget_message_document_title": "text",
    "link_preview_title": "preview",
    "link_preview_description": "preview",
    "tgme_widget_message_forwarded_from_name": "forwarded",
}
_CHANNEL_MARKS = frozenset({"tgme_channel_info", "tgme_channel_history"})
_READ = frozenset({"div", "a", "span", "section", "time"})


@dataclass
class _Post:
    """A post while its tags go by. `parts` are (field, inner HTML) in the order of the page."""

    name: str
    capture: Capture
    what: str = ""
    date: str = ""
    parts: list[tuple[str, str]] = field(default_factory=list)

    def open(self, tag: Tag, attributes: dict[str, str], classes: list[str]) -> None:
        if self.capture.busy:
            return
        self.what = next((_FIELDS[name] for name in classes if name in _FIELDS), "")
        if self.what:
            self.capture.open(tag)
        elif tag.name == "time":
            self.date = self.date or attributes.get("datetime", "")

    def feed(self, tag: Tag) -> None:
        inner = self.capture.feed(tag)
        if inner is not None:
            self.parts.append((self.what, inner))

    def finish(self, end: int) -> _Post:
        """The post, with an element that was never closed taken up to the post's end."""
        if self.capture.busy:
            self.parts.append((self.what, self.capture.cut(end)))
        return self

    def said(self, what: str) -> list[str]:
        return [text for key, part in self.parts if key == what and (text := plain_text(part, MAX_SUMMARY))]


class TelegramWebSource:
    """The source type "telegram-web". The address may also be https://t.me/NAME."""

    kind = "telegram-web"

    def request(self, spec: FeedSpec) -> FetchRequest:
        name = _NAME.fullmatch(spec.url)
        return FetchRequest(f"{name[1]}/s/{name[2]}" if name else spec.url, {"Accept": ACCEPT})

    def parse(self, body: bytes, *, url: str, content_type: str = "") -> ParsedFeed:
        """Read a page, newest post first; raises ParseError (NOT_A_FEED) when it is no preview of a channel.

        A post's identity is its data-post, "NAME/NUMBER". Posts without words, and service messages such as "pinned",
        which quote old posts, are passed over.
        """
        page = read_characters(body, content_type)
        reader = _Reader(page)
        posts = list(reader.posts())
        if not (posts or reader.is_channel):
            _refuse(page)
        entries = [entry for post in reversed(posts) if (entry := _entry(post, url))]
        return ParsedFeed(plain_text(reader.title, MAX_TITLE).replace("\n", " "), "", distinguish(entries, ""))


SOURCE = TelegramWebSource()


class _Reader:
    """Walks through a page once. `is_channel` and `title` are known when `posts` has come to its end."""

    def __init__(self, page: str) -> None:
        self._page = page
        self.is_channel = False
        self.title = ""

    def posts(self) -> Iterator[_Post]:
        post: _Post | None = None
        title = Capture(self._page)
        for tag in page_tags(self._page):
            self.title = title.feed(tag) or self.title
            if post:
                post.feed(tag)
            if tag.closing or tag.name not in _READ:
                continue
            attributes = tag.attributes()
            classes = attributes.get("class", "").split()
            self.is_channel = self.is_channel or not _CHANNEL_MARKS.isdisjoint(classes)
            if "data-post" in attributes:
                if post:
                    yield post.finish(tag.start)
                post = _begin(attributes, classes, self._page)
            elif "tgme_channel_info_header_title" in classes:
                title.open(tag)
            elif post:
                post.open(tag, attributes, classes)
        if post:
            yield post.finish(len(self._page))


def _begin(attributes: dict[str, str], classes: list[str], page: str) -> _Post | None:
    name = attributes["data-post"]
    return _Post(name, Capture(page)) if _POST.fullmatch(name) and "service_message" not in classes else None


def _entry(post: _Post, url: str) -> Entry | None:
    """The entry of a post: its first line is the headline, then text, preview of a link, origin, and addresses."""
    texts = post.said("text")
    words = [*texts, *(said for said in post.said("preview") if not any(said in text for text in texts))]
    if not words:
        return None
    after = [f"(forwarded from {name})" for name in post.said("forwarded")[:1]]
    after += list(dict.fromkeys(link for key, part in post.parts if key == "text" for link in _links(part)))[:MAX_LINKS]
    return make_entry(
        url=url,
        guid=post.name,
        link=f"https://t.me/{post.name}",
        summary="\n".join([*words, *after])[:MAX_SUMMARY],
        published=post.date,
    )


def _links(part: str) -> Iterator[str]:
    """Addresses that stand behind words; those written out stand in the text already."""
    for tag in page_tags(part):
        if tag.name == "a" and not tag.closing:
            link = clean_link(tag.attributes().get("href", ""))
            if link and not part.startswith(_SCHEME.sub("", link)[:20], _after_scheme(part, tag.end)):
                yield link


def _after_scheme(part: str, position: int) -> int:
    found = _SCHEME.match(part, position)
    return found.end() if found else position


def _refuse(page: str) -> NoReturn:
    if "tgme_page" not in page:
        check_kind(page)
        raise no_feed(Sentence(told.NO_CHANNEL))
    raise no_feed(Sentence(told.NO_POSTS))
