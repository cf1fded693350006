"""Views as Slack takes them: the Home tab and modals. Pure. https://docs.slack.dev/reference/views"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bot import home_texts
from bot.languages import spoken
from bot.platforms.slack_blocks import blocks_of, blocks_of_page
from bot.platforms.slack_text import Block
from bot.texts import Texts
from core.message import Message, foreign

MAX_VIEW = 100
MAX_TYPED = 3000
MAX_ERROR = 500
NAME = "minsk"
TITLE = "Minsk Watch"
FIELD = "minsk-field"
TYPED = "minsk-typed"

_POINTER = re.compile(r" *\^")


@dataclass(frozen=True, slots=True)
class Place:
    """What a view must know when it comes back: the chat, how commands are typed there, and what it asks for.

    `form` is the command whose argument is asked for, `label` the words for that; `home` marks a modal over the Home
    tab; `lang` is the language of the one who looks at it. It travels as the view's private_metadata, which holds 3,000
    characters.
    """

    channel: str
    prefix: str = ""
    form: str = ""
    label: str = ""
    home: bool = False
    lang: str = ""

    def __str__(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def of(cls, view: Mapping[str, Any]) -> Place:
        """Read back; a view of an older program belongs nowhere."""
        try:
            return cls(**json.loads(str(view.get("private_metadata") or "")))
        except (TypeError, ValueError):
            return cls("")


def home_view(page: Message, place: Place, notice: Message | None = None) -> Block:
    """The Home tab: the page in its parts; above them what a press of a button brought."""
    blocks = [*blocks_of(notice, f"{NAME}-notice"), {"type": "divider"}] if notice is not None else []
    blocks += blocks_of_page(page, lines_between=True)
    return {"type": "home", "callback_id": NAME, "private_metadata": str(place), "blocks": blocks[:MAX_VIEW]}


def modal_view(place: Place, answer: Message | None = None, typed: str = "", *, working: bool = False) -> Block:
    """A modal: the field of a form, if there is one, and an answer under it."""
    say = spoken(answer.lang if answer is not None else place.lang)
    blocks = [_field(place, typed, say)] if place.form else []
    if answer is not None:
        blocks += blocks_of_page(answer)
    if working or not blocks:
        wait = {"type": "plain_text", "text": say.say(home_texts.FORM_WORKING), "emoji": False}
        blocks.append({"type": "context", "elements": [wait]})
    go = home_texts.FORM_AGAIN if typed else home_texts.FORM_GO
    view: Block = {"type": "modal", "callback_id": NAME, "private_metadata": str(place), "blocks": blocks[:MAX_VIEW]}
    view |= {"title": _plain(TITLE), "close": _plain(say.say(home_texts.FORM_CLOSE))}
    return view | ({"submit": _plain(say.say(go))} if place.form else {})


def error_words(message: Message) -> str:
    """What is wrong, in one piece for the line under a field: a pointer to a place becomes a mark at that place."""
    words: list[str] = []
    for line in message.lines:
        if words and _POINTER.fullmatch(line.text):
            at = len(line.text) - 1
            words[-1] = f"{words[-1][:at]}▸{words[-1][at:]}"
        elif line.text.strip():
            words.append(line.text)
    return foreign(" — ".join(words), MAX_ERROR) or "…"


def typed_in(view: Mapping[str, Any]) -> str:
    """What stands in the field of a submitted modal."""
    values = (view.get("state") or {}).get("values") or {}
    return str(((values.get(FIELD) or {}).get(TYPED) or {}).get("value") or "")


def _field(place: Place, typed: str, say: Texts) -> Block:
    element: Block = {"type": "plain_text_input", "action_id": TYPED, "max_length": MAX_TYPED, "focus_on_load": True}
    if typed:
        element["initial_value"] = typed[:MAX_TYPED]
    return {
        "type": "input",
        "block_id": FIELD,
        "label": _plain(say.translate(place.label.strip()) or place.form),
        "element": element,
    }


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}
