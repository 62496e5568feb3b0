"""
Fit the prior on simulated banks, and say what it does on sources it has never seen.

Thresholds and the last calibration never come from the fit: they are read off sources left out of
it. The report goes one step further and leaves a source out of those as well.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatbot.answers.calibration import Head, Prior
from chatbot.answers.judging import RECIPES, Stack, describe, rank
from chatbot.evals import fitting
from chatbot.evals.figures import auroc, calibration_error, reliability, wilson
from chatbot.evals.simulation import Simulated

RISKS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
_SIZES = np.log1p([1.5, 5.0, 15.0])  # phrasings per answer at which thresholds are read off
_EDGES = np.log1p([2.5, 8.0])
_SIBLING_ALLOWANCES = (2.0, 1.8, 1.6, 1.35, 1.2, 1.1)
"""How many times the dial, at each of `RISKS`, may be wrong where answers' siblings are missing."""

_WORST = 1.75  # times the dial may be wrong on a single source

_SIBLING_WEIGHT = 0.25  # in the last calibration: few real questions are that close

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Table:
    """Every trial of every simulated bank, as columns."""

    stacks: dict[str, Stack]
    gold: dict[str, NDArray[np.intp]]
    bank: NDArray[np.intp]
    source: NDArray[np.str_]
    origin: NDArray[np.str_]
    kind: NDArray[np.str_]
    doubted: Mask
    size: NDArray[np.float64]
    banks: Sequence[Simulated]

    @classmethod
    def of(cls, banks: Sequence[Simulated]) -> "Table":
        pairs = [(number, trial) for number, bank in enumerate(banks) for trial in bank.trials]
        semantic = [trial.semantic for _, trial in pairs]
        lexical = [trial.lexical for _, trial in pairs]
        golds = [trial.gold for _, trial in pairs]
        places = {
            name: np.array(
                [
                    int(np.flatnonzero(one.answers == gold)[0]) if gold in one.answers else -1
                    for one, gold in zip(found, golds, strict=True)
                ]
            )
            for name, found in (("semantic", semantic), ("lexical", lexical))
        }
        return cls(
            {"semantic": Stack.of(semantic), "lexical": Stack.of(lexical)},
            places,
            np.array([number for number, _ in pairs]),
            np.array([banks[number].source for number, _ in pairs]),
            np.array([trial.question.origin for _, trial in pairs]),
            np.array([trial.question.kind for _, trial in pairs]),
            np.array([trial.question.doubted for _, trial in pairs]),
            np.array([banks[number].size for number, _ in pairs]),
            banks,
        )

    @property
    def usual(self) -> Mask:
        """Trials without siblings: what a bank mostly meets."""
        return self.kind != "sibling"

    @property
    def close(self) -> Mask:
        """Inside questions and siblings: what a bank meets whose neighbours are missing."""
        return (self.kind == "sibling") | (self.kind == "inside")

    def weights(self, used: Mask) -> NDArray[np.float64]:
        """Every source and every bank in it counts the same; mean 1 over *used*."""
        weight = np.zeros(len(self.bank))
        count = np.bincount(self.bank[used], minlength=len(self.banks))
        weight[used] = 1 / count[self.bank[used]]
        for name in np.unique(self.source[used]):
            mine = used & (self.source == name)
            weight[mine] /= weight[mine].sum()
        return weight * used.sum() / max(weight.sum(), 1e-12)

    def of_sources(self, names: frozenset[str]) -> Mask:
        return np.isin(self.source, list(names)) & np.isin(self.origin, list(names))


@dataclass(frozen=True, slots=True)
class Judged:
    """What a prior made of every trial: fitted log-odds of the best candidate, and its truth."""

    raw: NDArray[np.float64]
    right: Mask


class Fitter:
    """Fits heads on any set of sources; a set is fitted once."""

    def __init__(self, table: Table, encoder: str, progress: Callable[[], None]) -> None:
        self._table, self._encoder, self._progress = table, encoder, progress
        self._fitted: dict[frozenset[str], tuple[Prior, dict[str, Judged]]] = {}

    def fit(self, names: frozenset[str]) -> Prior:
        """The prior of some sources: fitted on all, its thresholds read off each left out."""
        prior, _ = self._fit(names)
        heads = {
            kind: self._finish(head, self._left_out(names, kind), names)
            for kind, head in prior.heads.items()
        }
        return replace(prior, heads=heads)

    def _left_out(self, names: frozenset[str], kind: str) -> Judged:
        raw = np.zeros(len(self._table.bank))
        right = np.zeros(len(self._table.bank), bool)
        for name in names:
            _, judged = self._fit(names - {name})
            mine = self._table.source == name
            raw[mine], right[mine] = judged[kind].raw[mine], judged[kind].right[mine]
        return Judged(raw, right)

    def _fit(self, names: frozenset[str]) -> tuple[Prior, dict[str, Judged]]:
        if names not in self._fitted:
            self._progress()
            heads: dict[str, Head] = {}
            judged: dict[str, Judged] = {}
            for kind in ("words", "bare", "heard", "full"):
                heads[kind], judged[kind] = self._head(kind, names, heads)
            self._fitted[names] = Prior(self._encoder, heads), judged
        return self._fitted[names]

    def _head(
        self, kind: str, names: frozenset[str], heads: dict[str, Head]
    ) -> tuple[Head, Judged]:
        table, recipe = self._table, RECIPES[kind]
        by = "lexical" if kind == "words" else "semantic"
        stack, gold = table.stacks[by], table.gold[by]
        weight = table.weights(table.of_sources(names) & ~table.doubted)
        ranking = fitting.ranking(stack, gold, weight, tuple(recipe.rank))
        shares = rank(stack, ranking)
        features = describe(recipe, stack, shares)
        if recipe.asks:
            features = np.hstack([features, self._placed(Prior(self._encoder, heads))])
        right = (gold >= 0) & (shares.argmax(axis=1) == gold)
        mean, scale, weights = fitting.logistic(features, right, weight)
        one = np.ones(len(_SIZES))
        empty = np.zeros((len(_SIZES), len(RISKS)))
        head = Head(
            kind, ranking, mean, scale, weights, _SIZES, one, 0 * one, np.array(RISKS), empty
        )
        return head, Judged(head.raw(features), right)

    def _placed(self, prior: Prior) -> NDArray[np.float64]:
        """For each trial, where it lies among what its bank asked itself."""
        _, raw = prior.belief("heard", self._table.stacks["semantic"])
        placed = np.zeros((len(raw), 5))
        for number, bank in enumerate(self._table.banks):
            mine = self._table.bank == number
            placed[mine] = prior.hear(bank.asked).place(raw[mine])
        return placed

    def _finish(self, head: Head, judged: Judged, names: frozenset[str]) -> Head:
        table = self._table
        used = np.isin(table.source, list(names)) & ~table.doubted
        group = np.digitize(table.size, _EDGES)
        slopes, shifts = np.ones(len(_SIZES)), np.zeros(len(_SIZES))
        curve = np.zeros((len(_SIZES), len(RISKS)))
        for place in range(len(_SIZES)):
            mine = used & (group == place)
            weight = table.weights(mine) * np.where(table.usual, 1, _SIBLING_WEIGHT)
            slopes[place], shifts[place] = fitting.straighten(
                judged.raw[mine], judged.right[mine], weight[mine]
            )
            odds = slopes[place] * judged.raw + shifts[place]
            dial = zip(RISKS, _SIBLING_ALLOWANCES, strict=True)
            for column, (risk, allowance) in enumerate(dial):
                curve[place, column] = max(
                    self._needed(odds, judged.right, mine & table.usual, risk),
                    self._needed(odds, judged.right, mine & table.close, risk * allowance),
                )
            curve[place] = np.maximum.accumulate(curve[place][::-1])[::-1]
        return replace(head, slopes=slopes, shifts=shifts, curve=curve)

    def _needed(self, odds: NDArray[np.float64], right: Mask, used: Mask, risk: float) -> float:
        """What keeps to *risk* over all sources together, and nearly so on the worst of them."""

        def over(mine: Mask, limit: float) -> float:
            weight = self._table.weights(mine)
            return fitting.needed(odds[mine], right[mine], weight[mine], limit)

        source = self._table.source
        alone = (over(used & (source == name), risk * _WORST) for name in np.unique(source[used]))
        return max((over(used, risk), *alone))

    def report(self, names: frozenset[str], kind: str = "full") -> dict[str, Any]:
        """What a prior of the other sources does on each source, all of it left out."""
        return {name: self._on(name, self.fit(names - {name}), kind) for name in sorted(names)}

    def _on(self, name: str, prior: Prior, kind: str) -> dict[str, Any]:
        table, head = self._table, prior.heads[kind]
        _, judged = self._fit(frozenset(np.unique(table.source).tolist()) - {name})
        mine = table.source == name
        raw, right = judged[kind].raw, judged[kind].right
        chance = np.array(
            [head.probability(raw[row], table.size[row]) for row in np.flatnonzero(mine)]
        )
        found: dict[str, Any] = {
            "auroc": _round(auroc(chance[table.usual[mine]], right[mine & table.usual])),
            "calibration_error": _round(
                calibration_error(chance[table.usual[mine]], right[mine & table.usual])
            ),
        }
        usual = mine & table.usual
        found["bins"] = [
            {
                "questions": one.questions,
                "said": _round(one.said),
                "right": _round(one.right),
                "interval": [_round(end) for end in one.interval],
            }
            for one in reliability(chance[table.usual[mine]], right[usual])
        ]
        for risk in (0.02, 0.05):
            bar = {size: head.threshold(risk, size) for size in np.unique(table.size[mine])}
            needed = np.array([bar[size] for size in table.size[mine]])
            given = np.zeros(len(mine), bool)
            given[np.flatnonzero(mine)] = chance >= needed
            found[f"{risk:.0%}"] = {
                "coverage": _mean(given[mine & (table.kind == "inside")]),
                "wrong": _wrong(right, given & table.usual),
                "wrong_undoubted": _wrong(right, given & table.usual & ~table.doubted),
                "wrong_with_siblings": _wrong(right, given & table.close),
                "out_of_bank_recall": _mean(~given[mine & table.usual & (table.kind != "inside")]),
            }
        return found


def _wrong(right: Mask, given: Mask) -> dict[str, Any]:
    count, wrong = int(given.sum()), int((given & ~right).sum())
    if not count:
        return {"given": 0}
    low, high = wilson(wrong, count)
    return {"given": count, "share": _round(wrong / count), "interval": [_round(low), _round(high)]}


def _mean(values: Mask) -> float | None:
    return _round(float(values.mean())) if len(values) else None


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
