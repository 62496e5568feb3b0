"""Evidence as its definitions read, phrasing by phrasing: what the fast arrays must come to."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from chatbot.answers.dense import Dense
from chatbot.answers.index import Index
from chatbot.answers.lexical import folded
from chatbot.answers.matching import CONTEXT, FEATURES, POOL
from chatbot.answers.phrasings import PHRASING, SMALL_TALK

ROWS, NEIGHBOURS = 6, 10


@dataclass(frozen=True)
class Seen:
    """What was found for one question, by answer, best first."""

    answers: list[int]
    candidates: list[list[float]]
    context: list[float]


class Plain:
    """The same as `matching.weigh` with vectors, slowly."""

    def __init__(self, index: Index, dense: Dense) -> None:
        self._index, self._dense = index, dense
        self._words = [folded(text).split() for text in index.texts]
        self._grams = [Counter(_grams(folded(text))) for text in index.texts]
        self._word_idf = _idf([set(words) for words in self._words])
        self._gram_idf = _idf([set(grams) for grams in self._grams])

    def weigh(self, question: str, vector: np.ndarray) -> Seen:
        index, dense, size = self._index, self._dense, len(self._index.owner)
        asked = list(dict.fromkeys(folded(question).split()))
        unseen = math.log(1 + (size + 0.5) / 0.5)
        mass = sum(self._word_idf.get(word, unseen) for word in asked)
        cosines = [float(row @ vector) for row in dense.vectors]
        near = [
            cosine - float(taken) for cosine, taken in zip(cosines, index.handicap, strict=True)
        ]
        shares = [self._bm25(asked, row) / mass for row in range(size)]
        hints = [0.15 * share / max(*shares, 1e-6) for share in shares]
        rough = [one + hint for one, hint in zip(near, hints, strict=True)]
        rows_of = [range(*span) for span in pairwise(index.starts.tolist())]
        pool = sorted(
            range(len(index.answers)), key=lambda each: -max(rough[row] for row in rows_of[each])
        )[:POOL]
        nearest = sorted(range(size), key=lambda row: -near[row])[:NEIGHBOURS]
        logits = (
            None
            if dense.classifier is None
            else np.exp(dense.classifier.weights @ vector + dense.classifier.bias)
        )
        found: dict[int, dict[str, float]] = {}
        for each in pool:
            kept = sorted(rows_of[each], key=lambda row: -rough[row])[:ROWS]
            strong = [row for row in kept if index.handicap[row] == PHRASING]
            spelled = {row: self._spelled(folded(question), row) for row in kept}
            mixed = {row: rough[row] + 0.2 * spelled[row] for row in kept}
            known = {word for row in kept for word in self._words[row]} & set(asked)
            best = max(near[row] for row in kept)
            found[each] = {
                "best": best,
                "top": _top(near, kept, strong),
                "centroid": float(dense.centroids[each] @ vector),
                "words": max(shares[row] for row in kept),
                "words_back": max(shares[row] * mass / self._own(row) for row in kept),
                "characters": max(spelled.values()),
                "mixed": _top(mixed, kept, strong),
                "covered": sum(self._word_idf[word] for word in known) / mass,
                "votes": min(
                    1.0,
                    sum(index.owner[row] == each for row in nearest)
                    / min(max(1, index.counts[each]), NEIGHBOURS),
                ),
                "inner": best - float(dense.inner[each]),
                "outer": best - float(dense.outer[each]),
            }
            if logits is not None:
                found[each]["learned"] = float(logits[each] / logits.sum())
            found[each]["kernel"], found[each]["elsewhere"] = self._kernel(vector, each)
        if logits is None:
            odds = {each: math.exp(20 * one["centroid"]) for each, one in found.items()}
            for each, one in found.items():
                one["learned"] = odds[each] / sum(odds.values())
        for one in found.values():
            one["log_learned"] = math.log(max(one["learned"], 1e-4))
        context = {
            "unknown": sum(unseen for word in asked if word not in self._word_idf) / mass,
            "small": max(float(row @ vector) for row in dense.background[: len(SMALL_TALK)]),
        }
        order = sorted(pool, key=lambda each: -found[each]["mixed"])
        return Seen(
            order,
            [[found[each][name] for name in FEATURES] for each in order],
            [context[name] for name in CONTEXT],
        )

    def _bm25(self, asked: Sequence[str], row: int) -> float:
        mine, mean = self._words[row], sum(map(len, self._words)) / len(self._words)
        norm = 1.2 * (0.5 + 0.5 * len(mine) / mean)
        times = ((word, mine.count(word)) for word in asked)
        return sum(
            self._word_idf[word] * many * 2.2 / (many + norm) for word, many in times if many
        )

    def _own(self, row: int) -> float:
        return self._bm25(list(dict.fromkeys(self._words[row])), row)

    def _spelled(self, question: str, row: int) -> float:
        mine, theirs = (
            {
                gram: (1 + math.log(many)) * (1 + self._gram_idf.get(gram, self._new))
                for gram, many in grams.items()
            }
            for grams in (Counter(_grams(question)), self._grams[row])
        )
        length = math.hypot(*mine.values()) * math.hypot(*theirs.values())
        return sum(weight * theirs.get(gram, 0) for gram, weight in mine.items()) / length

    @property
    def _new(self) -> float:
        """What an n-gram weighs that no phrasing has."""
        return math.log(1 + (len(self._grams) + 0.5) / 0.5)

    def _kernel(self, vector: np.ndarray, answer: int) -> tuple[float, float]:
        fitted = self._dense.kernel
        if fitted is None:
            return 0.0, 0.0
        every = [*self._dense.vectors, *self._dense.background]
        alike = [math.exp(2 * float(every[row] @ vector) - 2) for row in fitted.landmarks]
        own, none = (
            sum(weight * one for weight, one in zip(fitted.weights[each], alike, strict=True))
            + fitted.base[each]
            for each in (answer, -1)
        )
        return float(own), float(none)


def _top(
    values: Mapping[int, float] | Sequence[float], kept: Sequence[int], strong: Sequence[int]
) -> float:
    """The mean of the best three phrasings, or the best weaker text where that is higher."""
    best = sorted((values[row] for row in strong), reverse=True)[:3]
    mean = sum(best) / len(best) if best else -1.0
    return max([mean, *(values[row] for row in kept if row not in strong)])


def _idf(having: Sequence[set[str]]) -> dict[str, float]:
    counts = Counter(part for parts in having for part in parts)
    return {
        part: math.log(1 + (len(having) - many + 0.5) / (many + 0.5))
        for part, many in counts.items()
    }


def _grams(text: str) -> Iterator[str]:
    padded = f" {text} "
    for length in (2, 3, 4):
        yield from (padded[at : at + length] for at in range(len(padded) - length + 1))
