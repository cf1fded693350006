"""The wording of a text: are its words those of news that the topics are about, or of other news?

The topics go by concepts, and news of something else may have them all: a laureate honoured, an envoy on another
matter. So the beginnings of all words in the title and the first sentences have a say of their own, learned from
labelled news: a log-linear model, in NAME.wording.toml beside a pack. It only ever takes points away, and a text that
has many more than it needs stays what it is. Names of the roster have no say: who was in prison when the model learned
may be let out tomorrow.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model import Evidence
from matching.learned import LEAD
from matching.text import Passage

if TYPE_CHECKING:
    from matching.reading import Reading

STEM = 5  # letters of a word that count
DOUBT = -1.5  # log-odds below which the wording speaks against a text,
PRICE = (
    2.9  # points for each unit below: of all open sets, by models that had not seen them, 27 % of the false alarms go
)
# and .4 % of the news, which are half matches then
_TITLED = 2  # times that a word of the title counts
_MOST = 90  # words that count, the first ones: training saw short texts only
_SHOWN = 3  # words shown
_NUMBER = "#"


@dataclass(frozen=True, slots=True)
class Wording:
    """Log-odds for a text without words, and for each beginning of a word; `topics` are those that go by it."""

    topics: tuple[str, ...]
    start: float
    stems: Mapping[str, float]
    source: str = ""

    def odds(self, stems: Mapping[str, int]) -> float:
        """The log-odds that a text of these stems (see `stems_of`) is about any of the topics."""
        weights = self.stems
        return self.start + sum(weights[stem] * times for stem, times in stems.items() if stem in weights)

    def points_for(self, stems: Mapping[str, int]) -> float:
        """Points that a text has by its wording: 0, or less where it speaks against the topics."""
        return round(min(0.0, self.odds(stems) - DOUBT) * PRICE, 2)

    def bears_on(self, evidence: Iterable[Evidence], reading: Reading) -> bool:
        """Stands all that speaks for a topic where the wording was looked at? It says nothing of what stands further
        down in a long text."""
        body = reading.body
        further = bisect_left(body.sentences, LEAD)
        end = body.starts[further] if further < len(body.starts) else len(body.text)
        return all(item.start < end for item in evidence if item.where == "body" and item.weight > 0)

    def told_by(self, reading: Reading) -> list[str]:
        """The words, as written, that speak against a text most."""
        weights = self.stems
        words: dict[str, tuple[float, str]] = {}
        for passage, index, stem in _counted(reading):
            if weights.get(stem, 0.0) < 0:
                words.setdefault(stem, (weights[stem], passage.word(index)))
        return [word for _, word in sorted(words.values())[:_SHOWN]]


def stems_of(reading: Reading) -> dict[str, int]:
    """The stems of title and first sentences, each with how often it counts: twice if the title has it, else once."""
    found: dict[str, int] = {}
    for passage, _, stem in _counted(reading):
        found.setdefault(stem, _TITLED if passage.where == "title" else 1)
    return found


def _counted(reading: Reading) -> Iterator[tuple[Passage, int, str]]:
    """The words that count, in order, with their places and stems; all numbers in digits are one stem."""
    named = _named(reading)
    left = _MOST
    for passage in (reading.title, reading.body):
        sentences: Sequence[int] = passage.sentences
        for index, word in enumerate(passage.folded):
            if left == 0 or (passage is reading.body and sentences[index] >= LEAD):
                break
            if not word or (passage.where, index) in named:
                continue
            left -= 1
            yield passage, index, _NUMBER if word[0].isdigit() else word[:STEM]


def _named(reading: Reading) -> frozenset[tuple[str, int]]:
    return frozenset(
        (item.where, index) for item in reading.found if item.person for index in range(item.first, item.last + 1)
    )
