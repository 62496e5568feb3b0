"""A shorter form of a bank's vectors, to find quickly which are worth a whole product."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SMALLEST = 3_000
"""Vectors below which a product with all of them is as quick."""

_AXES = 64  # dimensions kept: they leave one product of a thousand wrong by 0.07 or more
_KNOWN = 0.7
"""
Share of a question (its squared length) that must lie on the axes. Of 700 questions to BANKING77,
4 % have less, among them the two whose best phrasing was not among the sketch's best hundred.
"""


@dataclass(frozen=True, slots=True)
class Sketch:
    """
    The vectors on their principal axes (uncentred: products are to be kept, not distances).

    At 10,000 vectors a product is time spent on reading memory, and a sixth of it is read.

    Attributes:
        axes: Shape (k, dimensions).
        table: Shape (n, k).
    """

    axes: NDArray[np.float32]
    table: NDArray[np.float32]

    def products(self, vector: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """
        About what the vectors' products with *vector* are; shape (n,).

        Returns:
            None where that would be too rough, because *vector* is unlike them.
        """
        short: NDArray[np.float32] = self.axes @ vector
        if float(short @ short) < _KNOWN:
            return None
        return self.table @ short


def sketch(vectors: NDArray[np.float32]) -> Sketch | None:
    """None where it would save nothing."""
    if len(vectors) < SMALLEST or vectors.shape[1] <= _AXES:
        return None
    _, axes = np.linalg.eigh(vectors.T @ vectors)  # ascending
    kept = np.ascontiguousarray(axes[:, -_AXES:].T.astype(np.float32))
    return Sketch(kept, vectors @ kept.T)
