"""Sources other than RSS through a whole poll, in a real parser process."""

from __future__ import annotations

import json
from datetime import timedelta

from core.model import Outcome
from feeds.options import FeedOptions
from feeds.parsing import ParseWorker
from tests.feed_server import Route, reply
from tests.polling import polling


def channel(*posts: tuple[int, str], views: int = 1) -> Route:
    """A page of a Telegram channel; the number of views changes at every visit."""
    blocks = "".join(
        f'<div class="tgme_widget_message" data-post="example_news/{number}"><div class="tgme_widget_message_text '
        f'js-message_text">{words}</div><span class="tgme_widget_message_views">{views}K</span></div>'
        for number, words in posts
    )
    page = f'<html><body><section class="tgme_channel_history">{blocks}</section></body></html>'
    return reply(page.encode(), headers=[("Content-Type", "text/html; charset=utf-8")])


async def test_a_telegram_channel_alerts_on_new_posts_and_not_on_edits_or_views() -> None:
    async with ParseWorker(FeedOptions()) as parser, polling(parser=parser, parse_timeout=timedelta(seconds=20)) as it:
        url = it.server.on(
            "/s/example_news",
            channel((1, "Ten released<br>at noon")),
            channel((1, "Ten released<br>at one"), views=2),
            channel((1, "Ten released<br>at one"), (2, "Two released"), views=3),
            reply(b"<html><body class='tgme_page'>This channel is private</body></html>"),
        )
        first = await it.poll(url, kind="telegram-web")
        assert (first.outcome, first.new, first.alerts) == (Outcome.OK, 1, 0)
        second = await it.poll(url)
        assert (second.outcome, second.new) == (Outcome.OK, 0)
        third = await it.poll(url)
        assert (third.entries, third.new, third.alerts) == (2, 1, 1)
        closed = await it.poll(url)
        assert closed.outcome is Outcome.NOT_A_FEED
        assert "public preview" in closed.error


async def test_gdelt_is_asked_with_its_parameters_and_read() -> None:
    async with ParseWorker(FeedOptions()) as parser, polling(parser=parser) as it:
        article = {"url": "https://paper.example/a", "title": "Ten released", "seendate": "20260319T110000Z"}
        target = "/doc?query=minsk&mode=artlist&format=json&sort=datedesc"
        it.server.on(target, reply(json.dumps({"articles": [article]}).encode()), reply(b"Please limit requests."))
        result = await it.poll(it.server.url("/doc?query=minsk"), kind="gdelt")
        assert (result.outcome, result.entries) == (Outcome.OK, 1)
        assert (await it.poll(it.server.url("/doc?query=minsk"))).outcome is Outcome.NOT_A_FEED
