"""A site with a path for every fault, polled as an operator would: `poll-once --force --json` as a process of its own.

What stands in documents (encodings, XML, dates, identity, text) must be read right; what is at fault has its word.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
from pathlib import Path

from tests.feed_server import FeedServer, Route, feed_xml, reply
from tests.flow.test_fetch_faults import FAULTS, SLOW
from tests.patience import PATIENCE

MAIN = Path(__file__).parents[2] / "main.py"
WORDS = "Ў Мінску сустрэліся пасол і міністр: размова пра ўсё"  # Belarusian letters
RUSSIAN = "В Минске встретились посол и министр, разговор обо всём"
UTF_8 = "<?xml version='1.0' encoding='utf-8'?>"
ENTITIES = "<!DOCTYPE r [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'><!ENTITY d '&b;&b;'>]>"
FILE = "<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
LINK = "<link>http://news.example/1</link>"


def rss(title: str, inside: str = LINK, head: str = "") -> str:
    return (
        f"{head}<rss version='2.0'><channel><title>N</title><item><title>{title}</title>{inside}</item></channel></rss>"
    )


def said(encoding: str, title: str = RUSSIAN) -> bytes:
    return rss(title, head=f"<?xml version='1.0' encoding='{encoding}'?>").encode(encoding)


def dated(date: str) -> bytes:
    return rss("A dated day", f"{LINK}<pubDate>{date}</pubDate>").encode()


# Name -> body and the title of its first entry; None: whatever it is, it is an entry.
READ: dict[str, tuple[bytes, str | None]] = {
    "utf-8": (said("utf-8", WORDS), WORDS),
    "utf-8 with BOM": (b"\xef\xbb\xbf" + said("utf-8", WORDS), WORDS),
    "utf-16": (rss(WORDS, head="<?xml version='1.0' encoding='utf-16'?>").encode("utf-16"), WORDS),
    "utf-16 big-endian": (b"\xfe\xff" + rss(WORDS).encode("utf-16-be"), WORDS),
    "utf-8 that says utf-16": (rss(WORDS, head="<?xml version='1.0' encoding='utf-16'?>").encode(), WORDS),
    "utf-8 that says us-ascii": (rss(WORDS, head="<?xml version='1.0' encoding='us-ascii'?>").encode(), WORDS),
    "utf-8 that says windows-1251": (rss(WORDS, head="<?xml version='1.0' encoding='windows-1251'?>").encode(), WORDS),
    "windows-1251": (said("windows-1251"), RUSSIAN),
    "windows-1251 undeclared": (rss(RUSSIAN).encode("windows-1251"), RUSSIAN),
    "windows-1251 that says utf-8": (rss(RUSSIAN, head=UTF_8).encode("windows-1251"), RUSSIAN),
    "koi8-r": (said("koi8-r"), RUSSIAN),
    "koi8-r undeclared": (rss(RUSSIAN).encode("koi8-r"), RUSSIAN),
    "iso-8859-5": (said("iso-8859-5"), RUSSIAN),
    "one bad byte": (rss(WORDS).encode().replace(b"<item>", b"<item><x>\xff</x>"), WORDS),
    "NUL": (rss("A\x00 day").encode(), "A day"),
    "control characters": (rss("A \x01\x08day").encode(), "A day"),
    "lone surrogate": (rss("A &#xD83D; day").encode(), "A day"),
    "past Unicode": (rss("A &#x110000; &#99999999999; day").encode(), "A day"),
    "surrogate pair": (rss("Peace &#xD83D;&#xDD4A;").encode(), "Peace 🕊"),
    "entity bomb": (rss("Sum &d;", head=ENTITIES).encode(), None),
    "external entity": (rss("It says &x;", head=FILE).encode(), None),
    "external DTD": (rss("A day", head="<!DOCTYPE rss SYSTEM 'http://127.0.0.1:1/x.dtd'>").encode(), "A day"),
    "HTML entities": (rss("Caf&eacute; &nbsp; &mdash; day").encode(), "Café — day"),
    "unclosed": (rss("A day").partition("</channel>")[0].encode(), "A day"),
    "junk before": (b"\n\n  junk " + rss("A day").encode(), "A day"),
    "junk after": (rss("A day").encode() + b"<!-- x --><p>junk", "A day"),
    "CDATA": (rss("<![CDATA[A <b>day</b> ]]>]]&gt;").encode(), None),
    "long author": (rss("A day", f"{LINK}<author>{'a' * 60_000}</author>").encode(), "A day"),
    "long e-mail": (rss("A day", f"{LINK}<author>a@{'a.' * 20_000}</author>").encode(), "A day"),
    "no guid, no link": (rss("A day", "<description>x</description>").encode(), "A day"),
    "guid twice": (feed_xml("A day", "A day"), "A day"),
    "year 0": (dated("0000-00-00"), "A dated day"),
    "far future": (dated("Thu, 19 Mar 9999 12:00:00 GMT"), "A dated day"),
    "no zone": (dated("Thu, 19 Mar 2026 12:00:00"), "A dated day"),
    "local month": (dated("Чц, 19 сак 2026 12:00:00"), "A dated day"),
    "a number for a date": (dated("1763802000"), "A dated day"),
    "script": (rss("&lt;script&gt;1&lt;/script&gt;A day").encode(), "<script>1</script>A day"),  # escaped when shown
    "channel call": (rss("&lt;!channel&gt; &lt;@U123&gt; *A* _day_").encode(), None),
    "bidi": (rss("A \u202egnol\u202c day \u200b").encode(), None),
    "decomposed letters": (rss("Lukas\u030ce\u0301nka").encode(), None),
    "emoji": (rss("\U0001f54a" * 300).encode(), "\U0001f54a" * 300),
    "10,000 characters": (rss("a b " * 2500).encode(), None),
    "javascript link": (rss("A day", "<link>javascript:alert(1)</link>").encode(), "A day"),
    "tg link": (rss("A day", "<link>tg://resolve?domain=x</link><guid>1</guid>").encode(), "A day"),
    "relative link": (rss("A day", "<link>/1</link>").encode(), "A day"),
    "broken link": (rss("A day", "<link>http://[::1</link>").encode(), "A day"),
    "prefixed item": (
        b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>"
        b"<channel><title>N</title></channel><item rdf:about='1'><title>A day</title></item></rdf:RDF>",
        "A day",
    ),
    "atom": (
        b"<feed xmlns='http://www.w3.org/2005/Atom'><title>N</title><entry><id>1</id><title type='html'>A &amp;amp; B"
        b"</title></entry></feed>",
        "A & B",
    ),
    "wrong namespace": (b"<feed xmlns='http://wrong.example/'><entry><title>A</title><id>1</id></entry></feed>", None),
    "20,000 items": (feed_xml(*(f"Item {number}" for number in range(20_000))), "Item 0"),
    "a million characters": (rss("x " * 500_000).encode(), None),
}  # fmt: skip


async def poll_once(folder: Path) -> dict[str, dict[str, object]]:
    """Path -> the result of its feed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, MAIN, "poll-once", "--force", "--json"),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0, err.decode()
    return {feed["url"].partition("/f/")[2]: feed for feed in json.loads(out)["feeds"]}


def configure(folder: Path, server: FeedServer, routes: dict[str, Route]) -> None:
    tables = []
    for number, route in enumerate(routes.values()):
        tables.append(f'[[feeds.feed]]\nurl = "{server.on(f"/f/{number}", route)}"\n')
    head = f'[feeds]\ntimeout = "6s"\nmax_bytes = 3000000\nallow_private = ["{server.endpoint}"]\n'
    (folder / "config.toml").write_text(head + "".join(tables), encoding="utf-8")


async def test_every_fault_has_its_word_and_everything_else_is_read(tmp_path: Path) -> None:
    left_out = SLOW | {"to itself", "to itself by another name"}  # these know their path; one slow one will do
    faults = {name: fault for name, fault in FAULTS.items() if name not in left_out or name == "never answers"}
    routes = {name: route for name, (route, _) in faults.items()} | {
        name: reply(body) for name, (body, _) in READ.items()
    }
    numbers = {name: str(number) for number, name in enumerate(routes)}
    async with FeedServer() as server:
        server.on("/feed", reply())
        configure(tmp_path, server, routes)
        results = await poll_once(tmp_path)
    wrong = {
        name: results[numbers[name]]
        for name, (_, outcome) in faults.items()
        if results[numbers[name]]["outcome"] != outcome
    }
    assert wrong == {}
    unread = {name: results[numbers[name]] for name in READ if results[numbers[name]]["outcome"] != "ok"}
    assert unread == {}
    database = sqlite3.connect(tmp_path / "data" / "minskwatch.db")
    rows = database.execute(
        "SELECT json_extract(f.spec, '$.url'), e.title, e.url FROM entries e JOIN feeds f ON f.id = e.feed_id"
        " ORDER BY e.id DESC"
    ).fetchall()
    database.close()
    titles = {url.partition("/f/")[2]: title for url, title, _ in rows}  # of each feed that which stands first
    misread = {
        name: titles[numbers[name]]
        for name, (_, title) in READ.items()
        if title is not None and titles[numbers[name]] != title
    }
    assert misread == {}
    assert all(link == "" or link.startswith(("http://", "https://")) for _, _, link in rows)
    assert not any("root:" in title for _, title, _ in rows)
