"""A bank's own calibrator: what its phrasings correct in the prior, and whether that is better."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FOLDS = 5
"""Parts of a bank's answers, each of which is judged by what was fitted on the others."""

_MOST, _HALF = 0.5, 300.0  # say of its own calibrator, and the questions with which it has half
_SPREADS = (0.3, 0.5)  # of slopes and shifts around the prior's
_FEWEST = 10  # answers, below which better cannot be told from luck
_LUCK = 3.25  # standard errors: one-sided 0.5 % with so many answers (Student, 1908)
_FLATTEST = 0.5  # slope
_STEPS = 40
_SHOWN = 0.02  # position of the dial at which a change is told

Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Exam:
    """
    Questions whose right answer is known, and what the prior made of them; shapes (n,).

    Attributes:
        odds: Log-odds that the best candidate is right.
        right: Whether it was.
        group: The answer that each was written for, counted from 0: those are judged together.
        weight: How much each counts.
        needed: Log-odds that the dial asks for, by its position.
    """

    odds: Column
    right: NDArray[np.bool_]
    group: NDArray[np.intp]
    weight: Column
    needed: Mapping[float, float]


@dataclass(frozen=True, slots=True)
class Correction:
    """
    What a bank's own calibrator makes of the prior's log-odds: slope * odds + shift.

    Attributes:
        slope: Positive, so that what was surer stays so.
        asked: Questions on which it rests.
        verdict: One sentence: whether it is used, and why; empty where there was nothing to ask.
    """

    slope: float = 1.0
    shift: float = 0.0
    asked: int = 0
    verdict: str = ""

    @property
    def kept(self) -> bool:
        """Whether it changes anything."""
        return (self.slope, self.shift) != (1.0, 0.0)

    def moved(self, odds: Column) -> Column:
        """The log-odds to go by where the prior says *odds*."""
        return self.slope * odds + self.shift


UNCORRECTED = Correction()


def correct(exam: Exam) -> Correction:
    """
    Fit a bank's own calibrator, and keep it only if it is better on answers left out of the fit.

    It is a slope and a shift of the log-odds (Platt, 1999) with a Gaussian prior around 1 and 0,
    blended with the shipped prior by weight 0.5 n / (n + 300). On answers left out of the fit the
    blend must have a lower log-loss beyond luck (a paired t test over answers, one-sided, 0.5 %),
    and at no position of the dial may more of what it gives be wrong, beyond what the dial allows.
    """
    asked, answers = len(exam.odds), len(np.unique(exam.group))
    if not asked:
        return UNCORRECTED
    if answers < _FEWEST:
        why = f"phrasings of {answers} answers do not tell better from luck"
        return Correction(asked=asked, verdict=_refused(why))
    held = np.empty(asked)
    for fold in range(FOLDS):
        out = exam.group % FOLDS == fold
        held[out] = _fitted(exam, ~out).moved(exam.odds[out])
    before, after = (_losses(odds, exam.right) * exam.weight for odds in (exam.odds, held))
    gain = np.bincount(exam.group, before - after)
    total = exam.weight.sum()
    seen = (
        f"on {asked} questions of answers left out of it, log-loss is {after.sum() / total:.3f} "
        f"instead of {before.sum() / total:.3f}"
    )
    if gain.mean() <= _LUCK * gain.std(ddof=1) / np.sqrt(len(gain)):
        return Correction(asked=asked, verdict=_refused(f"it is not better beyond luck: {seen}"))
    if (risk := _wronger(exam, held)) is not None:
        why = f"at {risk:.1%} more of what it gives would be wrong, although {seen}"
        return Correction(asked=asked, verdict=_refused(why))
    found = _fitted(exam, np.ones(asked, bool))
    said = f"In use: {seen}; {_changed(exam, held)}."
    return Correction(found.slope, found.shift, asked, said)


def _refused(why: str) -> str:
    return f"Not in use, because {why}."


def _fitted(exam: Exam, used: NDArray[np.bool_]) -> Correction:
    """The calibrator of some of the questions, blended with the prior; damped Newton steps."""
    odds, right, weight = exam.odds[used], exam.right[used], exam.weight[used]
    design = np.stack([odds, np.ones(len(odds))], axis=1)
    prior, narrow = np.array([1.0, 0.0]), 1 / np.square(_SPREADS)
    found = prior
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
        steep = design.T @ (weight * (chance - right)) + narrow * (found - prior)
        curve = (design * (weight * chance * (1 - chance))[:, None]).T @ design + np.diag(narrow)
        found = found - np.clip(np.linalg.solve(curve, steep), -0.5, 0.5)
    say = _MOST * len(odds) / (len(odds) + _HALF)
    slope, shift = (1 - say) * prior + say * found
    return Correction(max(float(slope), _FLATTEST), float(shift))


def _losses(odds: Column, right: NDArray[np.bool_]) -> Column:
    return np.logaddexp(0, np.where(right, -odds, odds))


def _changed(exam: Exam, held: Column) -> str:
    risk = min(exam.needed, key=lambda position: abs(position - _SHOWN))
    was, now = (int((odds >= exam.needed[risk]).sum()) for odds in (exam.odds, held))
    return f"at {risk:.0%} it would answer {now} of them instead of {was}"


def _wronger(exam: Exam, held: Column) -> float | None:
    """The first position of the dial at which *held* gives more that is wrong than it may."""
    for risk, needed in sorted(exam.needed.items()):
        was, now = (_wrong(exam, odds >= needed) for odds in (exam.odds, held))
        if now > max(was, risk):
            return risk
    return None


def _wrong(exam: Exam, given: NDArray[np.bool_]) -> float:
    """Share of what is given that is wrong."""
    return float((exam.weight * (given & ~exam.right)).sum() / max(exam.weight[given].sum(), 1e-9))
