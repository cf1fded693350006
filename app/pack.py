"""`pack lint|coverage|try|train|train-wording|train-counts`: for the people who edit packs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.standard_input import read_text
from core.errors import ConfigError
from core.sentence import counted

if TYPE_CHECKING:  # matching is loaded by the command that needs it
    from matching.evaluate import Item
    from matching.topics import Topic
    from matching.training import Sample

FOLDS = 10


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser("pack", help="check packs, show what they cover, try them on a text")
    actions = parser.add_subparsers(metavar="ACTION", title="actions", required=True)
    for name, action, text in (
        ("lint", lint, "say what is wrong, with file and line; exit 1 on faults"),
        ("coverage", coverage, "patterns per concept and language"),
        ("try", try_text, "what the packs find in a text, word by word"),
    ):
        sub = actions.add_parser(name, help=text)
        if name == "try":
            sub.add_argument("text", metavar="TEXT", help="text to read; - reads standard input")
        sub.add_argument(
            "paths", nargs="*", type=Path, default=[], metavar="PACK", help="pack files or folders (default: shipped)"
        )
        sub.set_defaults(run=action)
    _register_train(actions)


def _register_train(actions: Any) -> None:
    from matching.packfile import PACKS

    for name, action, what, written in (
        ("train", train, "each concept tells", "learned points"),
        ("train-wording", train_wording, "the words of a text tell", "wording"),
    ):
        sub = actions.add_parser(
            name,
            help=f"learn from labelled news what {what} beyond the rules of the topics",
            description="Reads labelled news (.jsonl, see `evaluate --help`) and short notices (.txt, lines as in "
            f"tests/data/topics-told.txt), and writes the {written} of a pack.",
        )
        sub.add_argument("files", nargs="+", type=Path, metavar="FILE", help="labelled items, or notices")
        default = PACKS / "belarus-us.toml"
        sub.add_argument("--pack", type=Path, default=default, help="the pack file (default: the shipped pack)")
        sub.set_defaults(run=action)
        if action is train:
            sub.add_argument("--check", action="store_true", help="write nothing: cross-validate by story instead")
    sub = actions.add_parser(
        "train-counts",
        help="learn from labelled news and sentences which number tells how many were freed",
        description="Reads labelled news (.jsonl, see `evaluate --help`) and sentences with their number (.txt, lines "
        "EXPECTED | title / body as in tests/data/facts-told.txt), and writes the weights of matching/ranker.py.",
    )
    sub.add_argument("files", nargs="+", type=Path, metavar="FILE", help="labelled items, or sentences")
    sub.add_argument("--out", type=Path, help="the file to write (default: the shipped one)")
    sub.set_defaults(run=train_counts)


def lint(args: argparse.Namespace) -> int:
    from bot.languages import INTERFACE
    from matching.lint import compile_packs
    from matching.packfile import PACKS, pack_paths
    from matching.timeline import load_timeline, untranslated

    packs = compile_packs(pack_paths(args.paths or None))
    for fault in packs.faults:
        print(f"error: {fault}")
    for warning in packs.warnings:
        print(f"warning: {warning}")
    folders = [path for path in args.paths if path.is_dir()] if args.paths else [PACKS]
    untold = list(untranslated(load_timeline(folders), (lang for lang in INTERFACE if lang != "en")))
    for warning in untold:
        print(f"warning: {warning}")
    words = sum(len(patterns) for patterns in packs.concepts.values())
    counts = (
        counted(len(packs.concepts), "concept"),
        counted(words, "pattern"),
        counted(len(packs.persons), "person"),
        counted(len(packs.topics), "topic"),
    )
    warnings = counted(len(packs.warnings) + len(untold), "warning")
    print(f"{', '.join(counts)}; {counted(len(packs.faults), 'error')}, {warnings}.")
    return 1 if packs.faults else 0


def coverage(args: argparse.Namespace) -> int:
    from matching.lint import compile_packs
    from matching.packfile import LANGUAGES, pack_paths

    packs = compile_packs(pack_paths(args.paths or None))
    for fault in packs.faults:
        print(fault, file=sys.stderr)
    width = max((len(name) for name in packs.coverage), default=7)
    print(" ".join(["concept".ljust(width), *(lang.rjust(3) for lang in (*LANGUAGES, "any"))]))
    for name, counts in packs.coverage.items():
        cells = (str(counts.get(lang) or "-").rjust(3) for lang in (*LANGUAGES, "any"))
        print(" ".join([name.ljust(width), *cells]))
    return 1 if packs.faults else 0


def try_text(args: argparse.Namespace) -> int:
    from matching.lexicon import load_lexicon
    from matching.text import read_passage

    text = read_text() if args.text == "-" else args.text
    lexicon = load_lexicon(args.paths or None)
    found = lexicon.find(read_passage(text, "body"))
    for item in found:
        freed = lexicon.freed.get(item.person) if item.concept.startswith("person.") else None
        pattern = f"{item.pattern}; freed {freed}" if freed else item.pattern
        print(f"{item.start:>6} {item.concept:<24} «{item.text}» ({pattern})".encode("utf-8", "replace").decode())
    if not found:
        print("The packs know nothing in this text.")
    return 0


def train(args: argparse.Namespace) -> int:
    from matching import training

    trained = _read_samples(args)
    if trained is None:
        return 2
    found, topics = trained
    if args.check:
        for name, hits in training.cross_validate(found, topics, FOLDS):
            print(f"{name:28} P {hits.precision:.3f}  R {hits.recall:.3f}  F1 {hits.f1:.3f}  (topics, {FOLDS} folds)")
        return 0
    learned = training.train(found, topics)
    target = _beside(args.pack, "learned")
    _write(target, training.as_toml(learned, " ".join(map(str, args.files))))
    print(f"{target.name}: points of {len(learned)} topics from {len(found)} items.")
    return 0


def train_wording(args: argparse.Namespace) -> int:
    from matching import training, wordingtrain

    trained = _read_samples(args)
    if trained is None:
        return 2
    found, topics = trained
    wording = training.learn_wording(found, topics)
    target = _beside(args.pack, "wording")
    name = target.name.removesuffix(".wording.toml")
    _write(target, wordingtrain.as_toml(wording, " ".join(map(str, args.files)), name))
    print(f"{target.name}: {counted(len(wording.stems), 'beginning')} of words from {len(found)} items.")
    return 0


def _read_samples(args: argparse.Namespace) -> tuple[list[Sample], Mapping[str, Topic]] | None:
    """The labelled items as training sees them, and the topics of the pack; None, and why, if there are none."""
    from matching import training
    from matching.evaluate import BadItems, read_items
    from matching.matcher import load_matcher
    from matching.shortnotices import read_notices

    items: list[Item] = []
    try:
        for file in args.files:
            items += (one.item for one in read_notices(file)) if file.suffix == ".txt" else read_items(file)
    except BadItems as error:
        print(error, file=sys.stderr)
        return None
    if not items:
        print("There are no labelled items in these files, so there is nothing to learn from.", file=sys.stderr)
        return None
    matcher = load_matcher([args.pack])
    return training.samples(items, matcher), matcher.lexicon.topics


def _beside(pack: Path, kind: str) -> Path:
    return pack.with_name(f"{pack.name.removesuffix('.toml')}.{kind}.toml")


def train_counts(args: argparse.Namespace) -> int:
    from matching import rankertrain
    from matching.cues import FOLDER
    from matching.evaluate import BadItems, read_items
    from matching.matcher import load_matcher
    from matching.ranker import TABLE

    matcher = load_matcher()
    samples: list[rankertrain.Sample] = []
    try:
        for file in args.files:
            sentences = file.suffix == ".txt"
            samples += (
                rankertrain.of_sentences(file, matcher)
                if sentences
                else rankertrain.of_items(read_items(file), matcher)
            )
    except (BadItems, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    if not samples:
        print("There are no labelled numbers in these files, so there is nothing to learn from.", file=sys.stderr)
        return 2
    weights = rankertrain.train(samples)
    target: Path = args.out or FOLDER / f"{TABLE}.toml"
    _write(target, rankertrain.as_toml(weights, " ".join(map(str, args.files))))
    print(f"{target.name}: {counted(len(weights), 'weight')} from {counted(len(samples), 'text')}.")
    return 0


def _write(target: Path, text: str) -> None:
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError([f"{target}: cannot be written ({error.strerror}); check folder and rights."]) from None
