"""The tables of `evaluate`: what a run got right, per language, per topic, per story and per fact."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from core.model import Facts
from matching.evaluate import Item, Result, Run
from matching.fold import fold
from matching.lexicon import Lexicon
from matching.measures import Hits, compare_clusters, wilson
from matching.reading import read

Canon = Callable[[str], str]


def canon_by(lexicon: Lexicon) -> Canon:
    """A function that levels the spellings of a person's name: the pack's id, else the folded words."""

    def canon(name: str) -> str:
        reading = read(lexicon, name, "", implies=("belarus",))
        persons = [found.person for found in reading.found if found.person]
        return persons[0] if persons else " ".join(fold(word) for word in name.split())

    return canon


def report(run: Run, canon: Canon) -> dict[str, Any]:
    """All figures of a run, JSON-able. `errors` lists every item that came out otherwise than labelled, and why."""
    results = run.results
    by_lang: dict[str, Hits] = defaultdict(Hits)
    for result in results:
        by_lang[result.item.lang or "?"] += relevance([result])
    return {
        "items": len(results),
        "relevant": relevance(results).as_json(),
        "macro_by_story": round(macro_recall(results), 4),
        "by_lang": {lang: hits.as_json() for lang, hits in sorted(by_lang.items())},
        "topics": topics(results),
        "stories": stories(results),
        "facts": facts(run, canon),
        "errors": list(errors(run, canon)),
    }


def relevance(results: Sequence[Result]) -> Hits:
    """Relevant or not, over items."""
    return Hits(
        sum(result.relevant and result.item.relevant for result in results),
        sum(result.relevant and not result.item.relevant for result in results),
        sum(not result.relevant and result.item.relevant for result in results),
    )


def macro_recall(results: Sequence[Result]) -> float:
    """Recall averaged over labelled stories, so that one big story does not hide the small ones."""
    found: dict[str, list[bool]] = defaultdict(list)
    for result in results:
        if result.item.relevant:
            found[result.item.story or result.item.id].append(result.relevant)
    return sum(sum(hits) / len(hits) for hits in found.values()) / len(found) if found else 1.0


def topics(results: Sequence[Result]) -> dict[str, Any]:
    """Micro figures over all (item, topic) pairs, and each topic alone."""
    each: dict[str, Hits] = defaultdict(Hits)
    for result in results:
        want, got = set(result.item.topics), set(result.topics)
        for topic in want | got:
            each[topic] += Hits(topic in want & got, topic in got - want, topic in want - got)
    micro = sum(each.values(), Hits())
    return {**micro.as_json(), "each": {topic: hits.as_json() for topic, hits in sorted(each.items())}}


def stories(results: Sequence[Result]) -> dict[str, Any]:
    """Labelled stories against found ones, over the relevant items that have a labelled story."""
    labelled = {result.item.id: result.item.story for result in results if result.item.relevant and result.item.story}
    got = {result.item.id: result.story_id for result in results if result.story_id is not None}
    return compare_clusters(labelled, got).as_json()


def facts(run: Run, canon: Canon) -> dict[str, Any]:
    """Counts exact where labelled, per item and by the story's vote; persons, mediators and destinations as sets."""
    people = mediators = destinations = given = Hits()
    exact: dict[str, list[bool]] = defaultdict(list)
    for result in run.results:
        item, told = result.item, result.analysis.facts
        if not item.facts:
            continue
        for name in ("released", "remaining"):
            if item.facts.get(name) is not None:
                exact[name].append(getattr(told, name) == item.facts[name])
        if item.facts.get("released") is None:
            exact["released_unlabelled_silent"].append(told.released is None or told.at_least)
        people += Hits.of(map(canon, item.facts.get("people") or ()), map(canon, persons_of(told)))
        if "mediators" in item.facts:  # this and what follows is labelled in some of the sets only
            mediators += Hits.of(map(canon, item.facts["mediators"] or ()), map(canon, told.mediators))
        if "destination" in item.facts:
            place = item.facts["destination"]
            destinations += Hits.of([place] if place else [], [told.destination] if told.destination else [])
        if "in_return" in item.facts:
            given += Hits.of(item.facts["in_return"], told.in_return)
    for name in ("released", "remaining", "destination"):
        exact[f"{name}_by_story"] = votes(run, name)
    return {
        **{name: exactness(values) for name, values in sorted(exact.items())},
        "people": people.as_json(),
        "mediators": mediators.as_json(),
        "destination": destinations.as_json(),
        "in_return": given.as_json(),
    }


def votes(run: Run, field: str = "released") -> list[bool]:
    """Per labelled story with the fact: does the found story that holds most of it vote for its most frequent value?"""
    told: dict[str, Counter[Any]] = defaultdict(Counter)
    homes: dict[str, Counter[int]] = defaultdict(Counter)
    for result in run.results:
        item = result.item
        if not item.relevant or not item.story:
            continue
        if item.facts.get(field) is not None:
            told[item.story][item.facts[field]] += 1
        if result.story_id is not None:
            homes[item.story][result.story_id] += 1
    right: list[bool] = []
    for story, values in told.items():
        home = homes[story].most_common(1)
        voted = getattr(run.stories[home[0][0]].facts, field) if home else None
        right.append(voted == values.most_common(1)[0][0])
    return right


def persons_of(told: Facts) -> tuple[str, ...]:
    """The prisoners that a report is about: freed, refusing to go, still held, or only named."""
    return told.people + told.refused + told.held + told.named


def exactness(values: Sequence[bool]) -> dict[str, float]:
    """How many are right, of how many, with the 95 % interval."""
    low, high = wilson(sum(values), len(values))
    return {
        "exact": round(sum(values) / len(values), 4) if values else 1.0,
        "right": sum(values),
        "of": len(values),
        "low": round(low, 4),
        "high": round(high, 4),
    }


def errors(run: Run, canon: Canon) -> Iterator[dict[str, Any]]:
    """Every item that came out otherwise than labelled; an item in a story that mostly tells of another event too."""
    first_of: dict[str, int] = {}
    mostly = main_events(run.results)
    for result in run.results:
        for expected, got, why in _differences(result, canon, first_of):
            yield {"id": result.item.id, "expected": expected, "got": got, "why": why}
        event = mostly.get(result.story_id or 0, result.item.story)
        if result.item.relevant and result.item.story and event != result.item.story:
            yield {
                "id": result.item.id,
                "expected": {"story": result.item.story},
                "got": {"merged": f"story {result.story_id}, which is mostly {event}"},
                "why": result.reason,
            }


def main_events(results: Sequence[Result]) -> dict[int, str]:
    """The labelled event that most reports of each found story tell; of several, the one that was told first."""
    told: dict[int, Counter[str]] = defaultdict(Counter)
    for result in results:
        if result.item.relevant and result.item.story and result.story_id is not None:
            told[result.story_id][result.item.story] += 1
    return {story: labels.most_common(1)[0][0] for story, labels in told.items()}


def _differences(result: Result, canon: Canon, first_of: dict[str, int]) -> Iterator[tuple[Any, Any, str]]:
    item, told = result.item, result.analysis.facts
    if result.relevant != item.relevant:
        yield {"relevant": item.relevant}, {"relevant": result.relevant}, _why(result)
        return
    if not item.relevant:
        return
    if set(result.topics) != set(item.topics):
        yield {"topics": sorted(item.topics)}, {"topics": sorted(result.topics)}, _why(result)
    if item.story and result.story_id is not None:
        first = first_of.setdefault(item.story, result.story_id)
        if first != result.story_id:
            yield (
                {"story": item.story},
                {"story": f"another story than its first report: {result.story_id}"},
                result.reason,
            )
    for name in ("released", "remaining"):
        want = item.facts.get(name)
        if want is not None and want != getattr(told, name):
            yield {name: want}, {name: getattr(told, name)}, told.evidence.get(name, "no number was taken")
    if item.facts and item.facts.get("released") is None and told.released is not None and not told.at_least:
        yield {"released": None}, {"released": told.released}, told.evidence.get("released", "")
    yield from _told_otherwise(item, told, canon)
    want_people = {canon(name) for name in item.facts.get("people") or ()}
    got_people = {canon(name) for name in persons_of(told)}
    if want_people != got_people:
        yield (
            {"people": sorted(want_people)},
            {"people": sorted(got_people)},
            told.evidence.get("people", "no name was found"),
        )


def _told_otherwise(item: Item, told: Facts, canon: Canon) -> Iterator[tuple[Any, Any, str]]:
    """Mediators, destination and what was given, where they differ from the labels."""
    for name, found in (
        ("mediators", told.mediators),
        ("destination", (told.destination,) if told.destination else ()),
        ("in_return", told.in_return),
    ):
        if name not in item.facts:
            continue
        wanted = item.facts.get(name) or ()
        named = {canon(one) for one in ([wanted] if isinstance(wanted, str) else wanted)}
        if named != set(map(canon, found)):
            yield {name: sorted(named)}, {name: sorted(map(canon, found))}, told.evidence.get(name, "none was found")


def _why(result: Result) -> str:
    analysis = result.analysis
    missing = "; ".join(f"{topic} lacks {', '.join(groups)}" for topic, groups in analysis.missing.items())
    found = ", ".join(dict.fromkeys(f"{item.concept} «{item.text}»" for item in analysis.evidence))
    return ". ".join(part for part in (result.reason, missing, found and f"found {found}") if part)


def table(figures: Mapping[str, Any]) -> str:
    """The figures as plain text, with 95 % intervals."""
    lines = [f"{'':24}{'P':>7}{'R':>7}{'F1':>7}   95 % of P        95 % of R        tp   fp   fn"]
    lines.append(_line("relevant", figures["relevant"]))
    lines += [_line(f"  {lang}", hits) for lang, hits in figures["by_lang"].items()]
    lines.append(_line("topics, micro", figures["topics"]))
    lines += [_line(f"  {topic}", hits) for topic, hits in figures["topics"]["each"].items()]
    of = figures["stories"]
    lines += [
        f"recall, macro by story  {figures['macro_by_story']:.3f}",
        "",
        f"stories   B-cubed P {of['bcubed_precision']:.3f} R {of['bcubed_recall']:.3f} F1 {of['bcubed_f1']:.3f}   "
        f"pairwise F1 {of['pairwise_f1']:.3f}   false merges {of['false_merges']:.1%} of {of['items']} items",
        "",
    ]
    for name, value in figures["facts"].items():
        if "exact" in value:
            spread = f"{value['low']:.2f}-{value['high']:.2f}"
            lines.append(f"{name:28}{value['right']:>4} of {value['of']:<4} {value['exact']:.3f}  ({spread})")
        else:
            lines.append(_line(name, value))
    return "\n".join(lines)


def _line(name: str, hits: Mapping[str, float]) -> str:
    tp, fp, fn = int(hits["tp"]), int(hits["fp"]), int(hits["fn"])
    of_p, of_r = ("{:.2f}-{:.2f}".format(*wilson(tp, tp + other)) for other in (fp, fn))
    share = f"{hits['precision']:7.3f}{hits['recall']:7.3f}{hits['f1']:7.3f}"
    return f"{name:24}{share}   {of_p:17}{of_r:14}{tp:>5}{fp:>5}{fn:>5}"


def summary_line(name: str, figures: Mapping[str, Any]) -> str:
    """One line for comparisons: baselines and ablations side by side."""
    hits = figures["relevant"]
    text = f"{name:28} P {hits['precision']:.3f}  R {hits['recall']:.3f}  F1 {hits['f1']:.3f}"
    if "topics" in figures:
        text += f"  topics {figures['topics']['f1']:.3f}  stories {figures['stories']['bcubed_f1']:.3f}"
    return text


def by_items(items: Sequence[Item], hits: Callable[[Item], bool]) -> Hits:
    """Relevance of a rule that says yes or no to each item, such as a list of keywords."""
    said = [(item.relevant, hits(item)) for item in items]
    return Hits(
        sum(want and got for want, got in said),
        sum(got and not want for want, got in said),
        sum(want and not got for want, got in said),
    )
