"""`names`: the spellings of a person, or which of some words are one."""

from __future__ import annotations

import argparse
import json
import re
import sys
from typing import Any

_CYRILLIC = re.compile("[\u0400-\u04ff]")


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "names",
        help="list the spellings of a name, or say which words are one",
        description="From a Belarusian and a Russian name to the spellings of all languages of the packs. With "
        "WORDs it says which of them are a form of the name; without, it lists the spelling of each tradition.",
    )
    parser.add_argument("--be", default="", help="the name in Belarusian letters: surname, or given name and surname")
    parser.add_argument("--ru", default="", help="the same in Russian")
    parser.add_argument("--sex", choices=("m", "f"), help="decides the endings (default: what the surname tells)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("words", nargs="*", default=[], metavar="WORD", help="words to check")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from matching.names import is_spelling_of, surname_of
    from matching.spellings import by_tradition

    be, ru = surname_of(args.be), surname_of(args.ru)
    if not be and not ru:
        print("names: give --be or --ru, better both: the name in Belarusian and in Russian letters.", file=sys.stderr)
        return 2
    for option, name in (("--be", be), ("--ru", ru)):
        if name and not _CYRILLIC.search(name):
            print(f"names: {option} {name!r} has no Cyrillic letter; write the name as Minsk does.", file=sys.stderr)
            return 2
    sexes = (args.sex,) if args.sex else ()
    if args.words:
        matched = [word for word in args.words if is_spelling_of(word, args.be, args.ru, sexes)]
        others = [word for word in args.words if word not in matched]
        if args.json:
            print(json.dumps({"matched": matched, "not_matched": others}))
        else:
            print(f"matched: {', '.join(matched) or '-'}\nnot matched: {', '.join(others) or '-'}")
        return 0
    found = dict(by_tradition(be, ru))
    if args.json:
        print(json.dumps({"spellings": found}))
        return 0
    for tradition, spelling in found.items():
        print(f"{tradition:<22} {spelling}")
    print("Matched are all mixtures of these with the endings of all languages.")
    return 0
