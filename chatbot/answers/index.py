"""A bank arranged for matching: arrays over phrasings, grouped by answer."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from chatbot.answers import classifier, kernel
from chatbot.answers.dense import Dense
from chatbot.answers.lexical import Characters, Words
from chatbot.answers.phrasings import BACKGROUND, PHRASING, SMALL_TALK, rows
from chatbot.answers.sketch import sketch
from chatbot.domain.answer import BankAnswer

_SAMPLE = 1_500  # phrasings whose neighbourhood is looked at
_TYPICAL_INNER, _TYPICAL_OUTER = 0.65, 0.55  # likenesses assumed where a bank is too small to tell


class Index:
    """
    Read-only arrays over a bank's n phrasings and m answers.

    Args:
        answers: The answers; one without any text is never found.
        vectors: By text (`phrasings.texts`), rows of length 1; None for wording only.

    Attributes:
        owner: Each phrasing's answer, ascending; shape (n,).
        starts: Each answer's first phrasing, and n at the end; shape (m + 1,).
        handicap: What is taken off a phrasing's likeness; shape (n,).
        counts: Phrasings proper of each answer; shape (m,).
        size: log1p of their median.
        dense: None without vectors.
    """

    def __init__(
        self, answers: Sequence[BankAnswer], vectors: Mapping[str, NDArray[np.float32]] | None
    ) -> None:
        found = rows(answers)
        kept = sorted({row.owner for row in found})
        place = {owner: index for index, owner in enumerate(kept)}
        self.answers = tuple(answers[owner] for owner in kept)
        self.texts = tuple(row.text for row in found)
        self.owner = np.array([place[row.owner] for row in found], np.intp)
        self.starts = np.searchsorted(self.owner, np.arange(len(kept) + 1))
        self.handicap = np.array([row.handicap for row in found], np.float32)
        self.counts = np.bincount(self.owner[self.handicap == PHRASING], minlength=len(kept))
        self.size = float(np.log1p(np.median(self.counts))) if kept else 0.0
        self.words = Words([row.folded for row in found])
        self.characters = Characters([row.folded for row in found])
        self.dense: Dense | None = None
        if vectors is not None and found:
            stacked = np.stack([vectors[text] for text in self.texts]).astype(np.float32)
            self.dense = self._dense(stacked, np.stack([vectors[text] for text in BACKGROUND]))

    def learned(self) -> "Index":
        """The same with a classifier and a kernel, where they can be fitted; maybe seconds."""
        if self.dense is None:
            return self
        strong = np.flatnonzero(self.handicap == PHRASING)
        vectors, owner, size = self.dense.vectors[strong], self.owner[strong], len(self.answers)
        spread = kernel.fit(vectors, owner, size, self.dense.background)
        if spread is not None:
            every = np.append(strong, len(self.owner) + np.arange(len(self.dense.background)))
            spread = replace(spread, landmarks=every[spread.landmarks])
        return self._with(self.dense.learned(classifier.fit(vectors, owner, size), spread))

    def lean(self) -> "Index":
        """The same without what only leaving phrasings out needs."""
        if self.dense is None or self.dense.kernel is None:
            return self
        return self._with(replace(self.dense, kernel=self.dense.kernel.lean()))

    def _with(self, dense: Dense) -> "Index":
        index = copy(self)
        index.dense = dense
        return index

    def _dense(self, vectors: NDArray[np.float32], background: NDArray[np.float32]) -> Dense:
        size = len(self.answers)
        strong = self.handicap == PHRASING
        # An answer that has only weaker texts is the mean of those.
        counted = strong | (self.counts[self.owner] == 0)
        sums = np.zeros((size, vectors.shape[1]), np.float32)
        np.add.at(sums, self.owner[counted], vectors[counted])
        centroids = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
        inner, outer = self._neighbourhood(vectors, np.flatnonzero(strong))
        small = background[: len(SMALL_TALK)]
        return Dense(vectors, background, small, sums, centroids, inner, outer, sketch(vectors))

    def _neighbourhood(
        self, vectors: NDArray[np.float32], strong: NDArray[np.intp]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        size = len(self.answers)
        inner = np.full(size, np.nan, np.float32)
        outer = np.full(size, np.nan, np.float32)
        # Evenly spaced, so that the same bank always gives the same figures.
        sample = strong[:: max(1, len(strong) // _SAMPLE)]
        within = np.empty(len(sample), np.float32)
        across = np.empty(len(sample), np.float32)
        for first in range(0, len(sample), 256):
            part = slice(first, first + 256)
            chosen = sample[part]
            likeness = vectors[chosen] @ vectors[strong].T
            same = self.owner[chosen][:, None] == self.owner[strong][None]
            across[part] = np.where(same, -1, likeness).max(axis=1)
            likeness[np.arange(len(chosen)), np.searchsorted(strong, chosen)] = -1
            within[part] = np.where(same, likeness, -1).max(axis=1)
        for answer in np.unique(self.owner[sample]):
            mine = self.owner[sample] == answer
            outer[answer] = np.quantile(across[mine], 0.75)
            if (known := within[mine][within[mine] > -1]).size:
                inner[answer] = np.median(known)
        if size == 1:
            outer[:] = np.nan
        return _filled(inner, _TYPICAL_INNER), _filled(outer, _TYPICAL_OUTER)


def _filled(values: NDArray[np.float32], default: float) -> NDArray[np.float32]:
    known = values[np.isfinite(values)]
    middle = float(np.median(known)) if len(known) else default
    return np.where(np.isfinite(values), values, np.float32(middle)).astype(np.float32)
