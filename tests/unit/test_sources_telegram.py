"""Reading the public pages of Telegram channels."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.errors import ParseError
from core.model import Entry, FeedSpec, Outcome
from core.ports import ParsedFeed, Source
from feeds.sources import SOURCES

URL = "https://t.me/s/example_news"
SOURCE: Source = SOURCES.get("telegram-web")
HEAD = (
    '<!DOCTYPE html><html><head><title>Example – Telegram</title></head><body class="widget_frame_base">'
    '<div class="tgme_channel_info"><div class="tgme_channel_info_header"><div class="tgme_channel_info_header_title">'
    '<span dir="auto">Example <i class="emoji" style="x"><b>🔔</b></i> News</span></div></div></div>'
    '<section class="tgme_channel_history js-message_history">'
)
TAIL = "</section></body></html>"


def text(inner: str) -> str:
    return f'<div class="tgme_widget_message_text js-message_text" dir="auto">{inner}</div>'


def post(number: int, inner: str, *, marks: str = "", date: str = "2026-03-19T12:00:00+00:00") -> str:
    return (
        '<div class="tgme_widget_message_wrap js-widget_message_wrap">'
        f'<div class="tgme_widget_message {marks} js-widget_message" data-post="example_news/{number}" data-view="x">'
        f'<div class="tgme_widget_message_bubble">{inner}'
        '<time class="message_video_duration">0:31</time><div class="tgme_widget_message_footer compact">'
        '<span class="tgme_widget_message_views">4K</span><a class="tgme_widget_message_date" '
        f'href="https://t.me/example_news/{number}"><time datetime="{date}" class="time">12:00</time></a>'
        "</div></div></div></div>"
    )


def read(*posts: str, tail: str = TAIL) -> ParsedFeed:
    return SOURCE.parse((HEAD + "".join(posts) + tail).encode(), url=URL)


def only(inner: str) -> Entry:
    (entry,) = read(post(1, inner)).entries
    return entry


def test_posts_are_read_newest_first() -> None:
    feed = read(
        post(11, text("<b>Twelve people are free</b><br/><br/>Two buses came.<br>The border was open.")),
        post(12, text("Later news"), date="2026-03-19T15:30:00+03:00"),
    )
    assert feed.title == "Example 🔔 News"
    assert feed.entries == (
        Entry(
            identity="example_news/12",
            title="Later news",
            url="https://t.me/example_news/12",
            link_key="t.me/example_news/12",
            published_at=datetime(2026, 3, 19, 12, 30, tzinfo=UTC),
        ),
        Entry(
            identity="example_news/11",
            title="Twelve people are free",
            url="https://t.me/example_news/11",
            link_key="t.me/example_news/11",
            summary="Two buses came.\nThe border was open.",
            published_at=datetime(2026, 3, 19, 12, tzinfo=UTC),
        ),
    )


def test_text_within_text_and_emoji_are_read_once() -> None:
    assert only(text(text('A <tg-emoji><i class="emoji"><b>🇧🇾</b></i></tg-emoji> flag'))).title == "A 🇧🇾 flag"


def test_addresses_behind_words_are_kept_and_those_written_out_are_not_doubled() -> None:
    entry = only(
        text(
            'Freed. <a href="https://news.example/a?b=1&amp;c=2">Read on</a>, <a href="https://x.example/z">x.example/z</a>'
            ', <a href="http://y.example/">https://y.example/</a>, <a href="?q=%23tag">#tag</a>, '
            '<a href="https://news.example/a?b=1&amp;c=2">again</a> <a href="javascript:x()">bad</a>'
        )
    )
    assert entry.title == "Freed. Read on, x.example/z, https://y.example/, #tag, again bad"
    assert entry.summary == "https://news.example/a?b=1&c=2"


def test_a_forwarded_post_says_from_where_and_a_reply_does_not_repeat() -> None:
    entry = only(
        '<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from&nbsp;<a '
        'class="tgme_widget_message_forwarded_from_name" href="https://t.me/other/5"><span dir="auto">Other</span></a>'
        "</div>"
        '<a class="tgme_widget_message_reply" href="https://t.me/example_news/3"><div class="tgme_widget_message_text '
        'js-message_reply_text" dir="auto">Old words about a release</div></a>' + text("New words<br>and more")
    )
    assert (entry.title, entry.summary) == ("New words", "and more\n(forwarded from Other)")


def test_the_preview_of_a_link_a_poll_and_a_file_are_words_too() -> None:
    preview = (
        '<a class="tgme_widget_message_link_preview" href="https://news.example/1"><div class="link_preview_site_name">'
        'N</div><div class="link_preview_title">Talks in Minsk</div>'
        '<div class="link_preview_description">An envoy came.</div></a>'
    )
    assert only(text("Look at this") + preview).summary == "Talks in Minsk\nAn envoy came."
    assert only(text("Talks in Minsk. See") + preview).summary == "An envoy came."
    assert only(preview).title == "Talks in Minsk"
    assert only('<div class="tgme_widget_message_poll_question">Who?</div>').title == "Who?"
    assert only('<div class="tgme_widget_message_document_title">list.pdf</div>').title == "list.pdf"


def test_posts_without_words_and_service_messages_are_passed_over() -> None:
    feed = read(
        post(1, '<a class="tgme_widget_message_photo_wrap" href="x" style="width:1px"></a>'),
        post(2, text("Example pinned «Twelve people are free»"), marks="service_message"),
        '<div class="tgme_widget_message" data-post="../../etc/1">' + text("odd") + "</div>",
        post(3, text("Words")),
    )
    assert [entry.identity for entry in feed.entries] == ["example_news/3"]


def test_a_channel_without_posts_is_an_empty_feed() -> None:
    assert read('<div class="tme_no_messages_found">No posts found</div>').entries == ()


def test_an_element_never_closed_ends_with_its_post() -> None:
    feed = read(
        '<div class="tgme_widget_message" data-post="e/1"><span class="tgme_widget_message_text">One',
        post(2, text("Two")),
    )
    assert [entry.title for entry in feed.entries] == ["Two", "One"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('<html><body class="tgme_page"><div class="tgme_page_title">A group</div></body></html>', "public preview"),
        ("<html><title>Log in</title></html>", "titled “Log in”"),
        ("<rss><channel/></rss>", "no page of a Telegram channel"),
        ("plain", "without any markup"),
        ("", "empty"),
        ("{}", "JSON"),
    ],
)
def test_what_is_no_channel_page_is_said(body: str, said: str) -> None:
    with pytest.raises(ParseError) as caught:
        SOURCE.parse(body.encode(), url=URL)
    assert caught.value.outcome is Outcome.NOT_A_FEED
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("https://t.me/example_news", "https://t.me/s/example_news"),
        ("https://t.me/@example_news/", "https://t.me/s/example_news"),
        ("https://t.me/s/example_news", "https://t.me/s/example_news"),
        ("https://t.me/s/example_news?q=Minsk", "https://t.me/s/example_news?q=Minsk"),
        ("http://mirror.example/s/example_news", "http://mirror.example/s/example_news"),
    ],
)
def test_the_preview_is_asked_for(given: str, asked: str) -> None:
    assert SOURCE.request(FeedSpec("T", given)).url == asked
