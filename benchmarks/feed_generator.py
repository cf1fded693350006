"""Feeds for benchmarks: the same number always gives the same document, in five languages, half RSS and half Atom.

A document of 40 entries has about 57 kB. `newest` shifts the window of entries: `document(7, newest=41)` is
`document(7, newest=40)` with one entry more at the top and one less at the end.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

WORDS = {
    "en": "council budget harvest river bridge station school market winter festival museum railway border region road",
    "ru": "совет бюджет урожай река мост вокзал школа рынок зима праздник музей дорога граница область завод больница",
    "be": "савет бюджэт ураджай рака мост вакзал школа рынак зіма свята музей дарога мяжа вобласць завод бальніца",
    "uk": "рада бюджет врожай річка міст вокзал школа ринок зима свято музей дорога кордон область завод лікарня",
    "pl": "rada budżet plony rzeka most dworzec szkoła rynek zima święto muzeum droga granica obwód zakład szpital",
}
LANGS = tuple(WORDS)
START = datetime(2026, 3, 1, tzinfo=UTC)


def document(feed: int, *, newest: int = 40, entries: int = 40) -> bytes:
    """The document of a feed whose newest entry has the number `newest`."""
    lang = LANGS[feed % len(LANGS)]
    items = [_entry(feed, number, lang) for number in range(newest, newest - entries, -1)]
    return (_atom if feed % 2 else _rss)(feed, lang, items).encode()


def _entry(feed: int, number: int, lang: str) -> dict[str, str]:
    rng = random.Random(feed * 100_003 + number)  # noqa: S311 - the same text for the same number
    words = WORDS[lang].split()

    def say(count: int) -> str:
        return " ".join(rng.choice(words) for _ in range(count)).capitalize() + "."

    body = "".join(f"<p>{' '.join(say(9) for _ in range(2))}</p>" for _ in range(6 if lang in ("en", "pl") else 3))
    return {
        "title": say(8)[:-1] + f" {number}",
        "url": f"https://site{feed}.example/{lang}/{number}?utm_source=rss",
        "guid": f"https://site{feed}.example/?p={number}",
        "summary": say(20),
        "body": f'<div class="text"><img src="/{number}.jpg" alt=""/>{body}<a href="/more">…</a></div>',
        "at": (START + timedelta(minutes=37 * number)).isoformat(),
        "date": format_datetime(START + timedelta(minutes=37 * number), usegmt=True),
    }


def _rss(feed: int, lang: str, items: list[dict[str, str]]) -> str:
    parts = "".join(
        f"<item>\n<title>{escape(item['title'])}</title>\n<link>{escape(item['url'])}</link>\n"
        f'<guid isPermaLink="false">{item["guid"]}</guid>\n<pubDate>{item["date"]}</pubDate>\n'
        f"<dc:creator>Desk</dc:creator>\n<category>News</category>\n"
        f"<description>{escape(item['summary'])}</description>\n"
        f"<content:encoded><![CDATA[{item['body']}]]></content:encoded>\n</item>\n"
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">\n<channel>\n'
        f"<title>Site {feed}</title>\n<link>https://site{feed}.example/</link>\n<language>{lang}</language>\n"
        f"{parts}</channel>\n</rss>\n"
    )


def _atom(feed: int, lang: str, items: list[dict[str, str]]) -> str:
    parts = "".join(
        f'<entry>\n<title>{escape(item["title"])}</title>\n<link href="{escape(item["url"])}"/>\n'
        f"<id>{item['guid']}</id>\n<updated>{item['at']}</updated>\n<author><name>Desk</name></author>\n"
        f"<summary>{escape(item['summary'])}</summary>\n"
        f'<content type="html">{escape(item["body"])}</content>\n</entry>\n'
        for item in items
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{lang}">\n'
        f'<title>Site {feed}</title>\n<link href="https://site{feed}.example/"/>\n<id>https://site{feed}.example/</id>\n'
        f"{parts}</feed>\n"
    )
