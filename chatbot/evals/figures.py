"""How good a matcher was on questions whose answers are known."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What became of one question.

    Attributes:
        gold: The right answer's key; None when the bank has none.
        given: The key that was given; None when it abstained or offered choices.
        top: The best keys, whether given or not.
        score: Probability of `top[0]`.
    """

    gold: str | None
    given: str | None
    top: tuple[str, ...]
    score: float

    @property
    def right(self) -> bool:
        """Whether the best candidate is the right one, given or not."""
        return self.gold is not None and self.top[:1] == (self.gold,)


@dataclass(frozen=True, slots=True)
class Bin:
    """
    Questions whose best candidate was given about the same chance.

    Attributes:
        questions: How many.
        said: Their mean chance.
        right: The share that was right.
        interval: 95 % Wilson interval of it.
    """

    questions: int
    said: float
    right: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Figures:
    """
    Shares from 0 to 1; None where nothing was there to measure.

    Attributes:
        coverage: In-bank questions that were given an answer, right or wrong.
        in_bank_accuracy: In-bank questions that were given the right answer.
        wrong_among_given: Given answers that were wrong, out-of-bank questions included.
        wrong_interval: 95 % Wilson interval of it.
        out_of_bank_recall: Out-of-bank questions that were given nothing.
        top1, top3: In-bank questions whose right answer was the best, or among the best three.
        auroc: Chance that a right best candidate scores above a wrong one.
        calibration_error: Mean distance between score and share right, over ten bins.
        bins: What was said and what came true, by tenths of the chance said.
        mcc: Matthews correlation of "score at least 0.5" with "right".
    """

    queries: int
    in_bank: int
    given: int
    coverage: float | None
    in_bank_accuracy: float | None
    wrong_among_given: float | None
    wrong_interval: tuple[float, float] | None
    out_of_bank_recall: float | None
    top1: float | None
    top3: float | None
    auroc: float | None
    calibration_error: float | None
    bins: tuple[Bin, ...]
    mcc: float | None

    def document(self) -> dict[str, Any]:
        return asdict(self)


def measure(outcomes: Sequence[Outcome]) -> Figures:
    """Count *outcomes*."""
    inside = [one for one in outcomes if one.gold is not None]
    outside = [one for one in outcomes if one.gold is None]
    given = [one for one in outcomes if one.given is not None]
    wrong = sum(one.given != one.gold for one in given)
    scores = np.array([one.score for one in outcomes])
    right = np.array([one.right for one in outcomes], bool)
    return Figures(
        queries=len(outcomes),
        in_bank=len(inside),
        given=len(given),
        coverage=_share(one.given is not None for one in inside),
        in_bank_accuracy=_share(one.given == one.gold for one in inside),
        wrong_among_given=wrong / len(given) if given else None,
        wrong_interval=wilson(wrong, len(given)) if given else None,
        out_of_bank_recall=_share(one.given is None for one in outside),
        top1=_share(one.gold in one.top[:1] for one in inside),
        top3=_share(one.gold in one.top[:3] for one in inside),
        auroc=auroc(scores, right),
        calibration_error=calibration_error(scores, right),
        bins=reliability(scores, right),
        mcc=_mcc(scores >= 0.5, right),  # noqa: PLR2004 - as the contract's goals name it
    )


def wilson(successes: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a share (Wilson, 1927)."""
    share = successes / trials
    middle = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    half /= 1 + z**2 / trials
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def auroc(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float | None:
    """Area under the ROC curve by the rank-sum statistic, ties counted half."""
    positive, negative = int(right.sum()), int((~right).sum())
    if not positive or not negative:
        return None
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[place]
    return float((ranks[right].sum() - positive * (positive + 1) / 2) / (positive * negative))


def calibration_error(
    scores: NDArray[np.float64], right: NDArray[np.bool_], bins: int = 10
) -> float | None:
    """Expected calibration error over equally wide bins (Guo et al., 2017)."""
    if not len(scores):
        return None
    place = np.minimum((scores * bins).astype(int), bins - 1)
    gap = np.bincount(place, scores, minlength=bins) - np.bincount(place, right, minlength=bins)
    return float(np.abs(gap).sum() / len(scores))


def reliability(
    scores: NDArray[np.float64], right: NDArray[np.bool_], bins: int = 10
) -> tuple[Bin, ...]:
    """What was said and what came true, in equally wide bins of chance; empty ones left out."""
    place = np.minimum((scores * bins).astype(int), bins - 1)
    found: list[Bin] = []
    for number in range(bins):
        mine = place == number
        if count := int(mine.sum()):
            hits = int(right[mine].sum())
            said = float(scores[mine].mean())
            found.append(Bin(count, said, hits / count, wilson(hits, count)))
    return tuple(found)


def _share(hits: Any) -> float | None:  # noqa: ANN401 - any iterable of booleans
    found = list(hits)
    return sum(found) / len(found) if found else None


def _mcc(said: NDArray[np.bool_], right: NDArray[np.bool_]) -> float | None:
    if not len(said) or said.all() or not said.any() or right.all() or not right.any():
        return None
    return float(np.corrcoef(said, right)[0, 1])
