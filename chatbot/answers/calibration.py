"""
From evidence to the probability of being right, and from a risk to the probability it needs.

The prior is fitted once, by `chatbot bank train-prior`, on banks cut out of real data
(`chatbot/evals/prior.py`); what it found is the file `prior.json` beside this one.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatbot.answers.correction import FOLDS, UNCORRECTED, Correction, Exam
from chatbot.answers.judging import RECIPES, Stack, describe, rank
from chatbot.answers.matching import FEATURES, Evidence
from chatbot.answers.selftest import NOTHING_HEARD, Asked, Hearing, hearing
from chatbot.errors import Malformed

_FAR = 4.0  # standard deviations after which a feature says nothing more
_SURE = 9.0  # log-odds after which nobody is surer
_HIDDEN = 0.11  # weight of questions whose answer is hidden, as where the prior was fitted


@dataclass(frozen=True, slots=True)
class Head:
    """
    One way of judging: by wording, by vectors, or by vectors and what the bank knows of itself.

    Attributes:
        kind: Key of `judging.RECIPES`.
        ranking: One weight per entry of `matching.FEATURES`.
        mean, scale: Of the recipe's features where the prior was fitted.
        weights: Of the standardised features, then of their squares, then the bias.
        sizes: Typical phrasings per answer, as log1p, where `slopes`, `shifts` and `curve` hold;
            between them they are interpolated.
        slopes, shifts: From the fitted log-odds to those measured on sources left out.
        risks: Positions of the dial, ascending.
        curve: The log-odds needed there, by size and risk; shape (sizes, risks).
    """

    kind: str
    ranking: NDArray[np.float64]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: NDArray[np.float64]
    sizes: NDArray[np.float64]
    slopes: NDArray[np.float64]
    shifts: NDArray[np.float64]
    risks: NDArray[np.float64]
    curve: NDArray[np.float64]

    def raw(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """The fitted log-odds of rows of features in the order of the recipe."""
        standing = np.minimum(np.maximum((features - self.mean) / self.scale, -_FAR), _FAR)
        half = standing.shape[1]
        odds = standing @ self.weights[:half] + standing**2 @ self.weights[half:-1]
        return odds + self.weights[-1]

    def odds(self, raw: NDArray[np.float64], size: float) -> NDArray[np.float64]:
        """Log-odds of being right, from the fitted ones in a bank of typical *size*."""
        slope = np.interp(size, self.sizes, self.slopes)
        return slope * raw + np.interp(size, self.sizes, self.shifts)

    def probability(self, raw: float, size: float, own: Correction = UNCORRECTED) -> float:
        """P(right) of fitted log-odds in a bank of typical *size*; grows with them."""
        return _chance(float(own.moved(self.odds(np.array(raw), size))))

    def needed(self, risk: float, size: float) -> float:
        """The log-odds that an answer needs; never lower for a smaller risk."""
        between = float(np.interp(size, self.sizes, np.arange(len(self.sizes))))
        low, high = self.curve[math.floor(between)], self.curve[math.ceil(between)]
        needed = low + (between - math.floor(between)) * (high - low)
        return float(np.interp(math.log(risk), np.log(self.risks), needed))

    def threshold(self, risk: float, size: float) -> float:
        """The same as P(right)."""
        return _chance(self.needed(risk, size))


@dataclass(frozen=True, slots=True)
class Prior:
    """
    What is known before a company has said anything.

    Attributes:
        encoder: Fingerprint of the encoder whose vectors it was fitted on.
    """

    encoder: str
    heads: Mapping[str, Head]

    def judge(
        self,
        kind: str,
        evidence: Evidence,
        size: float,
        heard: Hearing | None = None,
        own: Correction = UNCORRECTED,
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """
        Order the candidates and say how likely each is right.

        Args:
            kind: Which head.
            size: Typical phrasings per answer, as log1p.
            heard: What the bank learned by asking itself; for the head `full`.
            own: The bank's own calibrator; for the same head.

        Returns:
            Places of candidates in *evidence*, best first, and their probabilities.
        """
        stack = Stack.of([evidence])
        shares, raw = self.belief(kind, stack, heard)
        corrected = own if RECIPES[kind].asks else UNCORRECTED
        best = self.heads[kind].probability(float(raw[0]), size, corrected)
        order = np.argsort(-shares[0], kind="stable")
        # The others share what is left in proportion, and none is likelier than the best.
        chances = np.minimum(best * shares[0, order] / shares[0, order[0]], 1 - best)
        chances[0] = best
        return order, np.minimum(chances, best)

    def belief(
        self, kind: str, stack: Stack, heard: Hearing | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Shares of the candidates, and the fitted log-odds that the best one is right."""
        head, recipe = self.heads[kind], RECIPES[kind]
        shares = rank(stack, head.ranking)
        features = describe(recipe, stack, shares)
        if recipe.asks:
            _, odds = self.belief("heard", stack)
            features = np.hstack([features, (heard or NOTHING_HEARD).place(odds)])
        return shares, head.raw(features)

    def hear(self, asked: Sequence[Asked]) -> Hearing:
        """What a bank's questions to itself say of it."""
        if not asked:
            return NOTHING_HEARD
        stack = Stack.of([one.evidence for one in asked])
        shares, odds = self.belief("heard", stack)
        best = [
            one.evidence.answers[place]
            for one, place in zip(asked, shares.argmax(axis=1), strict=True)
        ]
        return hearing(np.array([one.answer for one in asked]), np.array(best), odds)

    def exam(self, asked: Sequence[Asked], size: float) -> Exam:
        """
        What it makes of a bank's questions to itself, as if they were a customer's.

        What the bank heard is taken from the questions about other answers only.
        """
        _, group = np.unique([one.owner for one in asked], return_inverse=True)
        answer = np.array([one.answer for one in asked], np.intp)
        best, odds = np.zeros(len(asked), np.intp), np.zeros(len(asked))
        head = self.heads["full"]
        for fold in range(FOLDS if asked else 0):
            mine = group % FOLDS == fold
            if not mine.any():
                continue
            heard = self.hear([one for one, out in zip(asked, mine, strict=True) if not out])
            found = [one.evidence for one, out in zip(asked, mine, strict=True) if out]
            shares, raw = self.belief("full", Stack.of(found), heard)
            first = shares.argmax(axis=1)
            best[mine] = [one.answers[at] for one, at in zip(found, first, strict=True)]
            odds[mine] = np.clip(head.odds(raw, size), -_SURE, _SURE)
        weight = np.where(answer < 0, _HIDDEN, 1.0)
        needed = {risk: head.needed(risk, size) for risk in head.risks.tolist()}
        return Exam(odds, best == answer, group.astype(np.intp), weight, needed)


def _chance(odds: float) -> float:
    return 1 / (1 + math.exp(-min(max(odds, -_SURE), _SURE)))


def read_prior(text: str) -> Prior:
    """
    Raises:
        Malformed: The text is not a prior of this version.
    """
    try:
        said = json.loads(text)
        heads = {kind: _head(kind, parts) for kind, parts in said["heads"].items()}
        return Prior(str(said["encoder"]), heads)
    except (KeyError, TypeError, ValueError) as problem:
        raise Malformed(f"This is not a prior that this version can use: {problem}.") from problem


def write_prior(prior: Prior, report: Mapping[str, Any]) -> str:
    """The text that `read_prior` reads; *report* says how it was made."""
    heads = {kind: _plain(head) for kind, head in prior.heads.items()}
    return json.dumps({"encoder": prior.encoder, "report": report, "heads": heads}, indent=1)


@cache
def shipped() -> Prior:
    """The prior that comes with the project."""
    return read_prior(resources.files("chatbot.answers").joinpath("prior.json").read_text("utf-8"))


def _head(kind: str, parts: Mapping[str, Any]) -> Head:
    named = parts["features"]
    if tuple(named) != RECIPES[kind].names:
        raise ValueError("its features are others")
    numbers = {
        name: np.asarray(parts[name], np.float64)
        for name in Head.__slots__
        if name not in {"kind", "ranking"}
    }
    ranking = np.array([parts["ranking"].get(name, 0.0) for name in FEATURES])
    return Head(kind, ranking, **numbers)


def _plain(head: Head) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "features": list(RECIPES[head.kind].names),
        "ranking": {
            name: round(float(weight), 5)
            for name, weight in zip(FEATURES, head.ranking, strict=True)
            if weight
        },
    }
    for name in Head.__slots__:
        if name not in {"kind", "ranking"}:
            plain[name] = np.round(getattr(head, name), 5).tolist()
    return plain
