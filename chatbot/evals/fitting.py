"""The small optimisations behind the prior: ranking, logistic regression, thresholds."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from chatbot.answers.judging import Stack
from chatbot.answers.matching import FEATURES

_RANK_PENALTY = 1e-3  # on standardised weights, beside a mean loss
_PENALTY = 1 / 64  # of the calibrator, on standardised weights, beside a mean loss
_FAR = 4.0
_CONSTANT = 1e-3  # spread below which a feature says nothing
_STEPS = 25
_FEWEST = 50  # given answers that a threshold must rest on

Column = NDArray[np.float64]


def ranking(stack: Stack, gold: NDArray[np.intp], weight: Column, names: tuple[str, ...]) -> Column:
    """
    Weights that put the right candidate first: a conditional logit (McFadden, 1974).

    Args:
        gold: Place of the right candidate; -1 where there is none.

    Returns:
        One weight per entry of `FEATURES`; 0 for those not in *names*.
    """
    used = np.flatnonzero((gold >= 0) & (weight > 0))
    columns = [FEATURES.index(name) for name in names]
    there, right = stack.there[used], gold[used]
    share = weight[used] / weight[used].sum()
    table = stack.table[used][:, :, columns]
    scale = table[there].std(axis=0) + 1e-6
    table = table / scale
    rows = np.arange(len(used))

    def loss(weights: Column) -> tuple[float, Column]:
        scores = np.where(there, table @ weights.astype(np.float32), -1e9)
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        odds /= odds.sum(axis=1, keepdims=True)
        value = -(share * np.log(odds[rows, right] + 1e-12)).sum()
        odds[rows, right] -= 1
        slope = np.tensordot((odds * share[:, None]).astype(np.float32), table, 2)
        penalty = _RANK_PENALTY * weights
        return float(value + penalty @ weights), slope.astype(np.float64) + 2 * penalty

    found = minimize(loss, np.zeros(len(columns)), jac=True, method="L-BFGS-B")
    weights = np.zeros(len(FEATURES))
    weights[columns] = found.x / scale
    return weights


def logistic(
    features: Column, right: NDArray[np.bool_], weight: Column
) -> tuple[Column, Column, Column]:
    """
    Logistic regression on standardised features and their squares, by Newton's method.

    Returns:
        Means, scales and weights (of features, of squares, bias).
    """
    used = weight > 0
    features, right, weight = features[used], right[used], weight[used] / weight[used].mean()
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale < _CONSTANT, 1.0, scale)
    standing = np.clip((features - mean) / scale, -_FAR, _FAR)
    design = np.hstack([standing, standing**2, np.ones((len(standing), 1))])
    penalty = np.full(design.shape[1], _PENALTY * len(design))
    penalty[-1] = 1e-6
    return mean, scale, _newton(design, right, weight, penalty)


def straighten(raw: Column, right: NDArray[np.bool_], weight: Column) -> tuple[float, float]:
    """Slope (positive) and shift that make log-odds come true (Platt, 1999)."""
    design = np.stack([raw, np.ones(len(raw))], axis=1)
    slope, shift = _newton(design, right, weight, np.array([1e-3, 1e-3]))
    return float(np.clip(slope, 0.2, 3.0)), float(shift)


def needed(odds: Column, right: NDArray[np.bool_], weight: Column, risk: float) -> float:
    """The lowest log-odds above which a weighted share of at most *risk* was wrong."""
    order = np.argsort(-odds, kind="stable")
    given = np.cumsum(weight[order])
    wrong = np.cumsum(weight[order] * ~right[order])
    safe = np.flatnonzero((wrong <= risk * given) & (np.arange(len(order)) >= _FEWEST))
    return float(odds[order][safe[-1]]) if len(safe) else float(odds.max(initial=0) + 1)


def _newton(design: Column, right: NDArray[np.bool_], weight: Column, penalty: Column) -> Column:
    weights = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (weight * (chance - right)) + penalty * weights
        curve = (design * (weight * chance * (1 - chance))[:, None]).T @ design
        step = np.linalg.solve(curve + np.diag(penalty), slope)
        weights -= step
        if np.abs(step).max() < 1e-6:  # noqa: PLR2004 - converged
            break
    return weights
