"""What is known of how right a bank is: its own phrasings asked back, and customers' judgements."""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chatbot.answers.bank import Bank
from chatbot.answers.calibration import Prior, shipped
from chatbot.answers.editions import by_language
from chatbot.answers.index import Index
from chatbot.answers.preview import MOST_TEXTS, Preview
from chatbot.answers.selftest import ask_itself
from chatbot.domain.answer import BankAnswer
from chatbot.domain.principal import Principal
from chatbot.errors import TooLarge
from chatbot.ports import Encoder

if TYPE_CHECKING:
    from chatbot.store.unit import Store

DIAL = (0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.1)
"""Positions of the risk dial: the share of given answers that may be wrong."""

_NINETY = 1.6449  # standard normal quantile of a two-sided 90 % interval


@dataclass(frozen=True, slots=True)
class Point:
    """
    What a bank does with its own phrasings at one position of the dial.

    Attributes:
        covered: Share of phrasings, each hidden from the bank, that were given an answer.
        wrong: Share of those answers that were another one than the phrasing's own.
        false: Share of questions given an answer although the only right one was hidden too.
    """

    risk: float
    covered: float
    wrong: float
    false: float


@dataclass(frozen=True, slots=True)
class Curve:
    """The dial's positions in ascending order, and on how many hidden phrasings they rest."""

    points: tuple[Point, ...]
    asked: int


class Curves:
    """
    Draws risk curves, and keeps the last in this process.

    Args:
        kept: How many; each takes a few hundred bytes.
    """

    def __init__(self, kept: int = 50) -> None:
        self._kept = kept
        self._drawn: OrderedDict[Hashable, Curve] = OrderedDict()

    async def draw(
        self,
        *,
        today: date,
        by: Principal,
        store: "Store",
        encoder: Encoder,
        fitted: str,
        risks: Sequence[float] = DIAL,
    ) -> Curve:
        """
        Ask the published bank its own phrasings, at every position of the dial.

        The same version of a bank is asked once a day.

        Raises:
            TooLarge: It has more than `preview.MOST_TEXTS` phrasings.
            Unavailable: The encoder is not ready, or the bank is not `fitted` to it.
        """
        preview = Preview(by, store, encoder, fitted)
        number, answers = await preview.published(today)
        version = (by.workspace, number, today, encoder.fingerprint, tuple(risks))
        if version not in self._drawn:
            texts = Bank.texts(answers)
            if len(texts) > MOST_TEXTS:
                raise TooLarge(
                    f"With more than {MOST_TEXTS:,} phrasings the curve takes too long to draw."
                )
            vectors = await preview.vectors(texts)
            curve = await asyncio.to_thread(_measured, answers, vectors, risks, shipped())
            self._drawn[version] = curve
            while len(self._drawn) > self._kept:
                self._drawn.popitem(last=False)
        self._drawn.move_to_end(version)
        return self._drawn[version]


def _measured(
    answers: Sequence[BankAnswer],
    vectors: Mapping[str, NDArray[np.float32]],
    risks: Sequence[float],
    prior: Prior,
) -> Curve:
    sure, right, hidden, sizes = [], [], [], []
    for group in by_language(answers, vectors):
        index = Index(group, vectors)
        for one in ask_itself(index):
            order, chances = prior.judge("bare", one.evidence, index.size)
            sure.append(float(chances[0]))
            right.append(int(one.evidence.answers[order[0]]) == one.answer)
            hidden.append(one.answer < 0)
            sizes.append(index.size)
    chance, correct, without = np.array(sure), np.array(right, bool), np.array(hidden, bool)
    head = prior.heads["bare"]
    points = []
    for risk in risks:
        given = chance >= np.array([head.threshold(risk, size) for size in sizes])
        known = given & ~without
        points.append(
            Point(
                risk,
                covered=_share(known, ~without),
                wrong=_share(known & ~correct, known),
                false=_share(given & without, without),
            )
        )
    return Curve(tuple(points), int((~without).sum()))


def _share(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> float:
    return float(part.sum() / whole.sum()) if whole.any() else 0.0


def interval(found: int, of: int) -> tuple[float, float]:
    """
    Where a share lies with 90 % confidence, by Wilson's score interval.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    J. Am. Stat. Assoc. 22 (1927); it stays honest with few observations and at shares near 0.
    """
    if of == 0:
        return 0.0, 1.0
    share, square = found / of, _NINETY**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _NINETY / (1 + square / of) * np.sqrt(share * (1 - share) / of + square / (4 * of**2))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


async def turn_dial(risk: float, *, by: Principal, store: "Store") -> None:
    """Set how many of the given answers may be wrong; the next question is held to it."""
    async with store.begin(by) as db:
        home = await db.home.get(lock=True)
        await db.home.save_settings(home.name, replace(home.settings, risk=risk))
        await db.audit.record("bank.risk", home.slug, before=home.settings.risk, after=risk)
