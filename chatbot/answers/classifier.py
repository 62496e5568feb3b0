"""A light classifier of questions into answers: logistic regression on their vectors."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

_STRENGTH = 1 / 30  # of the L2 penalty, beside a loss summed over phrasings
_STEPS = 60
_BUDGET = 1.5e11  # multiplications that a fit may cost: a few seconds
_FEWEST_STEPS = 12


@dataclass(frozen=True, slots=True)
class Classifier:
    """
    Attributes:
        weights: Shape (answers, dimensions).
        bias: Shape (answers,).
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def chances(self, products: NDArray[np.float32]) -> NDArray[np.float32]:
        """The probability of each answer, given a question's *products* with `weights`."""
        logits = products + self.bias
        odds = np.exp(logits - logits.max())
        return odds / odds.sum()


def fit(vectors: NDArray[np.float32], owner: NDArray[np.intp], answers: int) -> Classifier | None:
    """
    Fit a multinomial logistic regression by L-BFGS.

    Args:
        vectors: Of phrasings, shape (n, dimensions).
        owner: Each phrasing's answer, shape (n,).

    Returns:
        None where there is nothing to learn (one answer, one phrasing each) or too much.
    """
    size, dimensions = vectors.shape
    steps = min(_STEPS, int(_BUDGET / (4.0 * max(1, size * answers * dimensions))))
    present = np.bincount(owner, minlength=answers)
    if answers < 2 or steps < _FEWEST_STEPS or present.max(initial=0) < 2:  # noqa: PLR2004
        return None
    rows = np.arange(size)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        matrix = flat.reshape(answers, dimensions + 1).astype(np.float32)
        weights, bias = matrix[:, :-1], matrix[:, -1]
        logits = vectors @ weights.T + bias
        logits -= logits.max(axis=1, keepdims=True)
        wanted = logits[rows, owner].copy()
        np.exp(logits, out=logits)
        sums = logits.sum(axis=1, keepdims=True)
        value = float(np.log(sums).sum() - wanted.sum())
        logits /= sums
        logits[rows, owner] -= 1
        gradient = np.empty_like(matrix)
        gradient[:, :-1] = logits.T @ vectors + _STRENGTH * weights
        gradient[:, -1] = logits.sum(axis=0)
        value += _STRENGTH / 2 * float((weights.astype(np.float64) ** 2).sum())
        return value, gradient.astype(np.float64).ravel()

    found = minimize(
        loss,
        np.zeros(answers * (dimensions + 1)),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": steps, "maxcor": 10, "gtol": 1e-3 * size / answers},
    )
    matrix = found.x.reshape(answers, dimensions + 1).astype(np.float32)
    bias = matrix[:, -1].copy()
    bias[present == 0] = np.float32(-20)
    return Classifier(np.ascontiguousarray(matrix[:, :-1]), bias)
