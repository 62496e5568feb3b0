"""What vectors say about a bank."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chatbot.answers.classifier import Classifier
from chatbot.answers.kernel import Kernel
from chatbot.answers.phrasings import SMALL_TALK
from chatbot.answers.sketch import Sketch

_CLOSELY = 256  # phrasings that are compared whole where the others are only sketched


@dataclass(frozen=True, slots=True)
class Compared:
    """
    Products of a question's vector with what a bank holds.

    Attributes:
        phrasings: Shape (n,); with a sketch, rough for those that are not among the best.
        small_talk: The highest one.
        classes: With the classifier's weights; shape (m,), or (0,) without one.
        landmarks: With the kernel's; shape (l,), or (0,) without one.
    """

    phrasings: NDArray[np.float32]
    small_talk: float
    classes: NDArray[np.float32]
    landmarks: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Dense:
    """
    Vectors of a bank of n phrasings and m answers, and what was learned from them.

    Attributes:
        vectors: Of phrasings; shape (n, dimensions).
        background: Of sentences that no answer is for, small talk first; shape (b, dimensions).
        beside: What a question is multiplied with beside the phrasings, in one product, because
            it is memory that such a product waits for: small talk, the classifier's weights,
            and the kernel's landmarks.
        sums: Sum of each answer's phrasings; shape (m, dimensions).
        centroids: The same, of length 1.
        inner: How alike an answer's phrasings are; shape (m,).
        outer: How alike they are to the nearest phrasing of another answer; shape (m,).
        sketch: None for a bank that is small enough to be compared whole.
        classifier: None where it could not be fitted, or not yet.
        kernel: The same.
    """

    vectors: NDArray[np.float32]
    background: NDArray[np.float32]
    beside: NDArray[np.float32]
    sums: NDArray[np.float32]
    centroids: NDArray[np.float32]
    inner: NDArray[np.float32]
    outer: NDArray[np.float32]
    sketch: Sketch | None
    classifier: Classifier | None = None
    kernel: Kernel | None = None

    def learned(self, classifier: Classifier | None, kernel: Kernel | None) -> "Dense":
        """The same with what was fitted on it; the kernel on `vectors`, then `background`."""
        small = self.background[: len(SMALL_TALK)]
        parts = [small]
        if classifier is not None:
            parts.append(classifier.weights)
        if kernel is not None:
            size = len(self.vectors)
            own = kernel.landmarks < size
            parts += [
                self.vectors[kernel.landmarks[own]],
                self.background[kernel.landmarks[~own] - size],
            ]
        beside = np.concatenate(parts)
        if classifier is not None:  # held once
            end = len(small) + len(classifier.weights)
            classifier = replace(classifier, weights=beside[len(small) : end])
        return replace(self, beside=beside, classifier=classifier, kernel=kernel)

    def compare(self, vector: NDArray[np.float32], lift: NDArray[np.float32]) -> Compared:
        """
        Compare a question with all of it.

        Args:
            lift: What else speaks for each phrasing, to choose the best by; shape (n,).
        """
        small, start = len(SMALL_TALK), self._landmarks_from
        others = self.beside @ vector
        return Compared(
            self._phrasings(vector, lift),
            float(others[:small].max()),
            others[small:start],
            others[start:],
        )

    def landmarks(self) -> NDArray[np.float32]:
        """The kernel's; shape (l, dimensions)."""
        return self.beside[self._landmarks_from :]

    @property
    def _landmarks_from(self) -> int:
        return len(SMALL_TALK) + (0 if self.classifier is None else len(self.classifier.weights))

    def _phrasings(
        self, vector: NDArray[np.float32], lift: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        rough = None if self.sketch is None else self.sketch.products(vector)
        if rough is None:
            whole: NDArray[np.float32] = self.vectors @ vector
            return whole
        best = np.argpartition(rough + lift, len(rough) - _CLOSELY)[-_CLOSELY:]
        rough[best] = self.vectors[best] @ vector
        return rough
