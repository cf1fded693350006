"""`evaluate`: how well matcher, stories and facts do on labelled news."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

DESCRIPTION = """\
Reads one JSON object per line with id, lang, published, source, url, title, summary, relevant, topics[], story and
facts{released, remaining, people[], mediators[], destination, in_return[]}, puts the items through the production
matcher, facts and stories in the order of `published`, and compares what comes out with the labels."""


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "evaluate",
        help="measure matching, stories and facts on labelled news",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE.jsonl", help="labelled items; every file is measured on its own"
    )
    parser.add_argument("--json", action="store_true", help="JSON instead of tables: of each file, by path, if several")
    parser.add_argument("--errors", action="store_true", help="list every item that came out otherwise than labelled")
    parser.add_argument("--baselines", action="store_true", help="run two lists of plain keywords beside it")
    parser.add_argument("--ablations", action="store_true", help="switch parts off one by one")
    parser.add_argument(
        "--fit-stories",
        action="store_true",
        help="of several files: fit the weights of stories to all but one, and measure them on that one",
    )
    parser.add_argument("--pack", type=Path, action="append", help="a pack file or folder instead of the shipped packs")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from matching.evaluate import BadItems, read_items

    try:
        sets = {str(path): read_items(path) for path in args.files}
    except BadItems as error:
        print(error, file=sys.stderr)
        return 2
    if empty := [name for name, items in sets.items() if not items]:
        print(
            f"{empty[0]}: no labelled items in it, so there is nothing to measure; give another file.", file=sys.stderr
        )
        return 2
    if args.fit_stories:
        return _fit_stories(sets, args)
    measured = {name: _measure(items, args) for name, items in sets.items()}
    if args.json:
        print(json.dumps(measured if len(measured) > 1 else next(iter(measured.values())), ensure_ascii=False))
        return 0
    for name, figures in measured.items():
        if len(measured) > 1:
            print(f"== {name}")
        _show(figures, errors=args.errors)
    return 0


def _fit_stories(sets: dict[str, list[Any]], args: argparse.Namespace) -> int:
    """What weights fitted to other news would do, set by set, beside the weights in use."""
    from matching.fitting import leave_one_out
    from matching.matcher import load_matcher

    if len(sets) < 2:
        print(
            "--fit-stories needs two files at least: it fits to all but one, and measures on that one.", file=sys.stderr
        )
        return 2
    told = {name: of for name, *of in leave_one_out(sets, load_matcher(args.pack))}
    if args.json:
        rows = {name: {"now": of[0].as_json(), "fitted": of[1].as_json()} for name, of in told.items()}
        print(json.dumps(rows))
        return 0
    print(f"{'stories: B-cubed F1, false merges':44}{'weights in use':>18}{'fitted to the rest':>22}")
    for name, of in told.items():
        now, fitted = (f"{one.bcubed_f1:.3f}  {one.false_merges:.1%}" for one in of)
        print(f"{name:44}{now:>18}{fitted:>22}")
    return 0


def _measure(items: list[Any], args: argparse.Namespace) -> dict[str, Any]:
    """The figures of one set, with what else was asked for measured in the same run."""
    from matching import ablations, report
    from matching.evaluate import run as run_items
    from matching.matcher import load_matcher

    matcher = load_matcher(args.pack)
    canon = report.canon_by(matcher.lexicon)
    figures = report.report(run_items(items, matcher), canon)
    if args.baselines:
        figures["baselines"] = ablations.baselines(items)
    if args.ablations:
        figures["ablations"] = ablations.ablate(items, args.pack, canon)
    return figures


def _show(figures: dict[str, Any], *, errors: bool) -> None:
    from matching import report

    print(report.table(figures))
    for kind in ("baselines", "ablations"):
        if kind in figures:
            print("\n" + report.summary_line("this program", figures))
            for name, of in figures[kind].items():
                print(report.summary_line(name, of))
    if errors:
        for one in figures["errors"]:
            print(f"{one['id']}: expected {one['expected']}, got {one['got']}: {one['why']}")
    print()
