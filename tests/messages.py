"""The catalogue of the interface: what is said in code, and the files in bot/locales that translate it.

make messages    bring the files up to date with the code; what is new or was changed then stands there empty or fuzzy
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

import app
import bot
import feeds
import matching
import storage
from bot.command import load_commands
from bot.languages import INTERFACE, po_file
from bot.speech import Template

OTHERS = tuple(lang for lang in INTERFACE if lang != "en")
_WIDTH = 110
# Headers that say nothing, or that would change with every run.
_UNWANTED = tuple(f'"{name}' for name in ("Project-Id", "Report", "POT", "PO-", "Last", "Language-Team", "Generated"))


def collect() -> dict[Template, str]:
    """Every message of the interface -> where it stands. Templates of mere gaps and signs need no translation."""
    found: dict[Template, str] = {}
    for room in (app, bot, feeds, matching, storage):
        for name in sorted(module.name for module in pkgutil.iter_modules(room.__path__)):
            if name.endswith("_texts") or (room is bot and name in ("texts", "speech")):
                for constant, value in vars(import_module(f"{room.__name__}.{name}")).items():
                    if constant.isupper() and not constant.startswith("_") and constant not in ("LANGUAGES", "ENGLISH"):
                        for template in _templates(value):
                            found.setdefault(template, f"{name}.{constant}")
    for one in load_commands():
        for text in (one.summary, *one.details):
            found.setdefault(text, f"help of {one.name}")
        for parameter in one.parameters:
            found.setdefault(parameter.label, f"argument of {one.name}")
    return found


def _templates(value: object) -> Iterator[Template]:
    if isinstance(value, str):
        if any(c.isalpha() or c in "“”" for text, *_ in Formatter().parse(value) for c in text):
            yield value
    elif isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, str) for part in value):
        yield value
    elif isinstance(value, dict):
        yield from (one for part in value.values() for one in _templates(part))


def read(lang: str) -> Catalog:
    """The translations of a language as they stand; empty ones where there is no file."""
    file = po_file(lang)
    if not file.exists():
        return Catalog(locale=lang)
    with file.open("rb") as opened:
        return read_po(opened, locale=lang)


def forms(message: Message) -> tuple[str, ...]:
    """The translation, or all forms of one with a plural."""
    texts = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return tuple(text or "" for text in texts)


def key(message: Message) -> Template:
    """What `collect` calls the message."""
    return message.id if isinstance(message.id, str) else (message.id[0], message.id[1])


def update(lang: str) -> list[Template]:
    """Write the file of a language anew; returns what is still to be translated."""
    template = Catalog(locale=lang, domain="minskwatch")
    for text, place in collect().items():
        template.add(text, auto_comments=[place])
    catalogue = read(lang)
    catalogue.update(template, update_header_comment=False)
    order = {text: at for at, text in enumerate(collect())}
    fresh = Catalog(locale=lang, domain="minskwatch", header_comment=f"# {INTERFACE[lang]}", fuzzy=False)
    for message in sorted((one for one in catalogue if one.id), key=lambda one: order[key(one)]):
        added = fresh.add(message.id, message.string, auto_comments=message.auto_comments)
        added.flags = {flag for flag in message.flags if flag == "fuzzy"}
    written = BytesIO()
    write_po(written, fresh, width=_WIDTH, ignore_obsolete=True)
    lines = [line for line in written.getvalue().decode().split("\n") if not line.startswith(_UNWANTED)]
    po_file(lang).parent.mkdir(parents=True, exist_ok=True)
    po_file(lang).write_text("\n".join(lines), encoding="utf-8")
    return [key(one) for one in fresh if one.id and (one.fuzzy or not all(forms(one)))]


def main() -> None:
    for lang in OTHERS:
        missing = update(lang)
        print(f"{lang}: {len(missing)} to translate in {po_file(lang)}")
        for text in missing:
            print(f"    {text if isinstance(text, str) else text[1]!r}")


if __name__ == "__main__":
    main()
