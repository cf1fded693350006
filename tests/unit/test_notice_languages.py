"""Operators are told in the languages of their chats; what is logged and shown on the status page is English."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from app import notice_texts
from app.attention import Attention
from app.telling import Teller
from app.upgrades import upgrade_pending
from bot.languages import Chosen, texts_in
from bot.trouble_texts import TAKEN_OVER
from core.audits import Missed
from core.errors import StoreError
from core.model import Subscription, Target
from core.options import Options
from core.replicas import Replica
from core.sentence import Sentence
from feeds.desk_texts import EMPTY
from tests.attending import Desk, texts_of
from tests.messages import OTHERS

BELARUSIAN, GERMAN, POLISH = (Target("telegram", name) for name in ("1", "2", "3"))


def speaking(desk: Desk, **languages: str) -> None:
    """The operators' chats, by their addresses, are subscribed and have chosen these languages."""
    for at, (name, lang) in enumerate(languages.items()):
        target = Target("telegram", name[1:])
        mine = Subscription(at, target, ("all",), desk.clock.now(), options=Options(language=lang))
        desk.store.subscriptions[target] = mine


def told_to(desk: Desk, target: Target) -> str:
    """All that a chat was told, a line each."""
    return "\n".join(text for call in desk.chat.calls if call.target == target for text in texts_of(call.message))


async def test_one_notice_is_told_to_each_chat_in_its_language(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(("telegram:1", "telegram:2", "telegram:4"))
    speaking(desk, _1="be", _2="de")
    desk.clock.advance(31 * 60)
    desk.used = 0.96
    await desk.attention.look()
    assert told_to(desk, BELARUSIAN).split("\n") == [
        "Minsk Watch патрабуе ўвагі",
        "Ужо 31 хвіліну не ўдаецца прачытаць ніводнай стужкі: праверце сетку і DNS гэтага сервера.",
        "Дыск з /data запоўнены на 96\u00a0%: вызваліце месца або захоўвайце запісы карацей (storage.keep). "
        "На поўны дыск нічога нельга запісаць.",
    ]
    assert told_to(desk, GERMAN).split("\n") == [
        "Minsk Watch braucht Hilfe",
        "Seit 31 Minuten wurde kein Feed gelesen: Prüfen Sie Netz und DNS dieses Servers.",
        "Die Festplatte mit /data ist zu 96\u00a0% voll: Schaffen Sie Platz, oder bewahren Sie Einträge kürzer auf "
        "(storage.keep). Auf einer vollen Festplatte lässt sich nichts speichern.",
    ]
    english = "No feed has been read for 31 minutes: check the network and DNS of this host."
    assert english in told_to(desk, Target("telegram", "4"))
    assert f"needs a hand: {english}" in caplog.messages
    assert english in desk.attention.present
    assert [call.message.lang for call in desk.chat.calls if call.message] == ["be", "de", "en"]


async def test_many_at_once_are_summed_up_in_the_language() -> None:
    desk = Desk(("telegram:2",))
    speaking(desk, _2="de")
    desk.fails(*range(25))
    await desk.attention.look()
    assert "Der Feed Feed 9 lässt sich nicht lesen: 410 Gone." in told_to(desk, GERMAN)
    assert told_to(desk, GERMAN).endswith("und 15 weitere; alle stehen im Protokoll")


async def test_why_a_feed_cannot_be_read_is_told_in_the_language_too() -> None:
    desk = Desk(("telegram:1", "telegram:4"))
    speaking(desk, _1="be")
    desk.fails(1, why="The name a.example cannot be found; check the address, or the network.")
    await desk.attention.look()
    assert "Стужка Feed 1 не чытаецца: Імя a.example не знаходзіцца; праверце адрас або сетку." in told_to(
        desk, BELARUSIAN
    )
    english = "The feed Feed 1 cannot be read: The name a.example cannot be found; check the address, or the network."
    assert english in told_to(desk, Target("telegram", "4"))


async def test_chats_that_are_not_subscribed_are_told_in_the_language_they_chose_or_the_configured_one() -> None:
    desk, chosen = Desk(), Chosen()
    chosen.keep(GERMAN, "de")
    operators = ["telegram:2", "telegram:3"]
    me = Replica("host:9:ab", "1.0.0", desk.store.revision, (), desk.clock.now())
    teller = Teller(desk.store, {"telegram": desk.chat}, operators, me.owner, say=texts_in("pl"), chosen=chosen)
    process = Attention(desk.clock, desk.store, teller, None, me)
    desk.fails(1)
    await process.look()
    assert "Der Feed Feed 1 lässt sich nicht lesen" in told_to(desk, GERMAN)
    assert "Nie udaje się przeczytać kanału Feed 1" in told_to(desk, POLISH)


async def test_another_language_is_used_from_the_next_notice_on_and_without_a_database_the_last_one() -> None:
    desk = Desk(("telegram:2",))
    speaking(desk, _2="be")
    desk.fails(1)
    await desk.attention.look()
    speaking(desk, _2="de")
    desk.fails(1, 2)
    desk.clock.advance(3600)  # feeds are gathered for so long
    await desk.attention.look()
    desk.store.fault = StoreError("no connection")
    for _ in range(6):
        desk.clock.advance(60)
        with pytest.raises(StoreError):
            await desk.attention.look()
    assert [line for line in told_to(desk, GERMAN).split("\n") if "Minsk Watch" not in line] == [
        "Стужка Feed 1 не чытаецца: 410 Gone.",
        "Der Feed Feed 2 lässt sich nicht lesen: 410 Gone.",
        "Seit 5 Minuten lässt sich aus der Datenbank nichts lesen und nichts in sie schreiben: no connection",
    ]


def happens(desk: Desk) -> None:
    """Everything that operators are told of, but for the database's absence and an upgrade."""
    feed = {"feed": "News", "url": "https://a.example/"}
    missed = [Missed(f"Story {n}", f"https://b.example/{n}", (), desk.clock.now()) for n in range(7)]
    desk.attention("feed_reissued", **feed, entries=21, known=21)
    desk.attention("feed_moved", **feed, moved_to="https://c.example/")
    desk.attention(
        "feed_state", **feed, was="healthy", condition="not a feed", reason=Sentence(EMPTY, n=3), failing=False
    )
    desk.attention("audit", missed=missed, judged=9)
    desk.attention("alert_dead", platform="telegram", story=1, reason="MESSAGE_TOO_LONG")
    desk.attention("outage_began", feed="News")
    desk.attention("platform_silent", platform="telegram", reason="no network")
    desk.attention("credentials_refused", platform="slack", reason="invalid_auth")
    desk.attention("config_refused", reason="feeds[0].url")
    desk.attention("token_shared", platform="telegram", reason="terminated by other getUpdates request")
    desk.attention("token_replaced", platform="telegram", reason=Sentence(TAKEN_OVER, before="@a", name="b"))
    desk.fails(1)
    crowd = replace(desk.store.feeds[0].spec, interval=timedelta(seconds=0.1))
    desk.store.feeds = (replace(desk.store.feeds[0], spec=crowd),)
    desk.used = 0.96
    desk.clock.advance(31 * 60)
    waiting = desk.clock.now() - timedelta(minutes=21)
    desk.status = replace(desk.status, outbox_waiting=40, oldest_waiting_at=waiting)


async def test_every_notice_is_translated_whole(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    desk = Desk()
    happens(desk)
    await desk.attention.look()
    found = {one.kind: one.text for one in desk.store.notices.values()}
    now = desk.clock.now()
    old, new = (Replica(f"host:{name}:ab", name, "0001", (), now) for name in ("1.0.0", "1.1.0"))
    found |= {"upgrade": upgrade_pending([old, new], "0001") or "", "tables": upgrade_pending([old], "0002") or ""}
    desk.store.fault = StoreError("no connection")
    for _ in range(2):
        desk.clock.advance(3 * 60)
        with pytest.raises(StoreError):
            await desk.attention.look()
    found["database"] = desk.attention._away
    said = {one.template for one in found.values() if isinstance(one, Sentence)}
    told = {value for name, value in vars(notice_texts).items() if name.isupper()}
    # A new sentence belongs into `happens`; the spare bot's is said by its platform.
    inside = {notice_texts.TITLE, notice_texts.MORE, notice_texts.MISSED_MORE}
    assert said == told - inside | {TAKEN_OVER}
    assert len(found) == len(said)
    for lang in OTHERS:
        for text in found.values():
            shown = texts_in(lang).tell(text)
            assert shown != text
            assert not any(word in shown.split() for word in ("the", "and", "is", "feed", "more", "has"))
