"""How strongly a bank's phrasings speak for each answer together: kernel ridge regression."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular

_WIDTH = 1.0  # of the kernel exp(-_WIDTH * squared distance)
_PENALTY = 0.2
_LANDMARKS = 1_500  # phrasings that the regression is spanned by (Nyström), evenly spaced
_JITTER = 1e-3  # on the kernel's diagonal, which is all but singular
_CHUNK = 2_048
_ALIKE = 0.75  # cosine from which a phrasing asks the same as a sentence of the background


@dataclass(frozen=True, slots=True)
class Kernel:
    """
    One regression per answer, 1 on its own phrasings and 0 on the others', and one for none.

    Unlike a classifier's probability, the value falls to the answer's share of all where a
    question is like no phrasing, and further where it is like what people ask elsewhere.

    Attributes:
        landmarks: What spans it: phrasings, and of the sentences that no answer is for those that
            no phrasing is like, counted on from the phrasings; shape (l,).
        weights: The last row is for none of the answers; shape (answers + 1, l).
        base: The share of each, taken off before and added after; shape (answers + 1,).
        whitening: What makes landmarks' likenesses independent of each other and of the
            penalty; shape (l, l). Needed to forget phrasings only, see `lean`.
    """

    landmarks: NDArray[np.intp]
    weights: NDArray[np.float32]
    base: NDArray[np.float32]
    whitening: NDArray[np.float32] | None

    def lean(self) -> "Kernel":
        """The same without what only `without` needs."""
        return replace(self, whitening=None)

    def scores(
        self, cosines: NDArray[np.float32], answers: NDArray[np.intp]
    ) -> NDArray[np.float32]:
        """
        Args:
            cosines: Of the question with the landmarks; shape (l,).
            answers: Which are wanted; -1 is none.
        """
        return self.weights[answers] @ _likeness(cosines) + self.base[answers]

    def without(
        self,
        cosines: NDArray[np.float32],
        answers: NDArray[np.intp],
        hidden: NDArray[np.float32],
        owner: NDArray[np.intp],
    ) -> NDArray[np.float32]:
        """
        What `scores` would be, had some phrasings never been there (Sherman-Morrison-Woodbury).

        Args:
            hidden: The same of the hidden phrasings; shape (h, l).
            owner: Their answers; shape (h,).
        """
        found = self.scores(cosines, answers)
        if self.whitening is None or not len(hidden):
            return found
        likeness = _likeness(hidden)
        asked = self.whitening @ _likeness(cosines)
        gone = self.whitening @ likeness.T
        wanted = (owner[:, None] == answers).astype(np.float32) - self.base[answers]
        missed = wanted - likeness @ self.weights[answers].T
        inner = np.eye(len(hidden), dtype=np.float32) - gone.T @ gone
        return found - (asked @ gone) @ np.linalg.solve(inner, missed)


def fit(
    vectors: NDArray[np.float32],
    owner: NDArray[np.intp],
    answers: int,
    background: NDArray[np.float32],
) -> Kernel | None:
    """
    Fit it; some seconds of CPU at 50,000 phrasings.

    Args:
        vectors: Of phrasings, shape (n, dimensions).
        owner: Each phrasing's answer, ascending; shape (n,).
        background: Sentences that no answer is for; those that a phrasing is like are left out.

    Returns:
        None for a bank without phrasings. `landmarks` are rows of *vectors* and, beyond them, of
        *background*.
    """
    if not len(vectors):
        return None
    landmarks = np.unique(
        np.linspace(0, len(vectors) - 1, min(len(vectors), _LANDMARKS)).astype(np.intp)
    )
    foreign = np.ones(len(background), bool)
    for first in range(0, len(vectors), _CHUNK):
        foreign &= (background @ vectors[first : first + _CHUNK].T).max(axis=1) < _ALIKE
    phrasings, elsewhere = len(vectors), background[foreign]
    vectors = np.concatenate([vectors, elsewhere])
    owner = np.concatenate([owner, np.full(len(elsewhere), answers)])
    size, chosen = len(vectors), np.concatenate([vectors[landmarks], elsewhere])
    count = len(chosen)
    base = (np.bincount(owner, minlength=answers + 1) / size).astype(np.float32)
    square = np.zeros((count, count))
    wanted = np.zeros((count, answers + 1))
    for first in range(0, size, _CHUNK):
        part = slice(first, first + _CHUNK)
        likeness = _likeness(chosen @ vectors[part].T)
        square += likeness @ likeness.T
        present, starts = np.unique(owner[part], return_index=True)
        wanted[:, present] += np.add.reduceat(likeness, starts, axis=1)
        wanted -= np.outer(likeness.sum(axis=1), base)
    own = _likeness(chosen @ chosen.T).astype(np.float64) + _JITTER * np.eye(count)
    root = cholesky(own, lower=True)
    half: NDArray[np.float64] = np.asarray(solve_triangular(root, square, lower=True))
    span = solve_triangular(root, half.T, lower=True) + _PENALTY * np.eye(count)
    outer = cholesky((span + span.T) / 2, lower=True)
    inverse = solve_triangular(root, np.eye(count), lower=True)
    whitening: NDArray[np.float64] = np.asarray(solve_triangular(outer, inverse, lower=True))
    weights = (whitening.T @ (whitening @ wanted)).T
    return Kernel(
        np.append(landmarks, phrasings + np.flatnonzero(foreign)),
        np.ascontiguousarray(weights, np.float32),
        base,
        whitening.astype(np.float32),
    )


def _likeness(cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    """The kernel of vectors of length 1: exp(-_WIDTH * (2 - 2 cos))."""
    return np.exp(np.float32(2 * _WIDTH) * (cosines - np.float32(1)))
