"""What speaks for each answer, given one question: candidates and their bank-relative features."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chatbot.answers.dense import Compared, Dense
from chatbot.answers.index import Index
from chatbot.answers.lexical import Spelling, Wording, folded
from chatbot.answers.phrasings import PHRASING

POOL = 12
"""Answers that are looked at closely, best first by their best phrasing."""

_ROWS = 6  # phrasings of each that are
_TOP = 3  # phrasings whose mean counts
_BM25, _CHARACTERS = 0.15, 0.2  # weights beside the cosine
_NEIGHBOURS = 10
_SHARPNESS = 20.0  # of the softmax that stands in where there is no classifier
_LEAST = 1e-4
_EMPTY = np.array([[-1], [-1], [0], [0], [0], [0]], np.float32)
"""What stands where an answer has fewer than `_ROWS` texts, in each table of `weigh`."""

FEATURES = (
    "best",  # cosine with the most alike phrasing
    "top",  # mean of the best three cosines
    "centroid",  # cosine with the mean of the phrasings
    "learned",  # the classifier's probability
    "log_learned",
    "words",  # best BM25, as a share of the question's idf
    "words_back",  # best BM25, as a share of what the phrasing scores against itself
    "characters",  # best cosine of character n-grams
    "mixed",  # mean of the best three of cosine, BM25 and characters together
    "covered",  # share of the question's idf that the phrasings know together
    "votes",  # share of the nearest phrasings that are its own
    "inner",  # best cosine above what is usual inside the answer
    "outer",  # best cosine above what is usual with the nearest other answer
    "kernel",  # what all phrasings together say for it (`kernel.Kernel`)
    "elsewhere",  # what they say for no answer at all
)
"""Columns of `Evidence.candidates`: what speaks for one answer."""

CONTEXT = (
    "unknown",  # share of the question's idf that no phrasing knows
    "small",  # best cosine with small talk
)
"""Entries of `Evidence.context`: what is said of the question as a whole."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    What speaks for the candidates.

    Attributes:
        answers: Indices of answers, best first by mixed likeness; shape (k,), k at most `POOL`.
        candidates: One row per candidate, columns as in `FEATURES`.
        context: As in `CONTEXT`.
    """

    answers: NDArray[np.intp]
    candidates: NDArray[np.float32]
    context: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What a bank makes of a question's wording alone, while its vector is still being made.

    Attributes:
        hints: What wording adds to each phrasing's likeness; shape (n,).
    """

    wording: Wording
    hints: NDArray[np.float32]
    spelling: Spelling


def read(index: Index, question: str, hidden: NDArray[np.bool_] | None = None) -> Reading:
    """Compare the words of *question*; for *hidden* see `weigh`, which has to be given the same."""
    text = folded(question)
    wording = index.words.compare(text, hidden)
    most = max(float(wording.shares.max(initial=0.0)), 1e-6)
    hints = wording.shares * np.float32(_BM25 / most)
    return Reading(wording, hints, index.characters.read(text))


def weigh(
    index: Index,
    reading: Reading,
    vector: NDArray[np.float32] | None,
    hidden: NDArray[np.bool_] | None = None,
) -> Evidence:
    """
    Compare a question with every phrasing of *index* and its best answers closely.

    Args:
        vector: Of the question, length 1; None compares wording only.
        hidden: Phrasings to leave out, as if the bank had never had them; shape (n,). The
            classifier, which has seen them, is then left out as well.
    """
    wording = reading.wording
    dense = index.dense if vector is not None else None
    compared: Compared | None = None
    likeness = np.zeros(len(index.owner), np.float32)
    if dense is not None and vector is not None:
        lift = reading.hints - index.handicap
        if hidden is not None:  # what is left out takes no place among those compared whole
            lift[hidden] = -np.inf
        compared = dense.compare(vector, lift)
        likeness = compared.phrasings - index.handicap
    rough = likeness + reading.hints
    if hidden is not None:
        likeness[hidden] = rough[hidden] = -1
    pool = _highest(np.maximum.reduceat(rough, index.starts[:-1]), POOL)
    rows, local, place = _rows(index, pool, rough)
    if dense is not None and vector is not None and dense.sketch is not None:
        likeness[rows] = dense.vectors[rows] @ vector - index.handicap[rows]
        rough[rows] = likeness[rows] + reading.hints[rows]
    if hidden is not None:
        likeness[hidden] = rough[hidden] = -1
    size = len(pool)
    spelled = index.characters.compare(reading.spelling, rows)
    if hidden is not None:
        spelled[hidden[rows]] = 0
    shares = wording.shares[rows]
    tables = np.empty((6, size * _ROWS), np.float32)
    tables[:] = _EMPTY
    tables[:, place] = (
        likeness[rows],
        rough[rows] + np.float32(_CHARACTERS) * spelled,
        shares,
        shares * np.float32(wording.mass) / index.words.own[rows],
        spelled,
        index.handicap[rows] == PHRASING,
    )
    tables = tables.reshape(6, size, _ROWS)
    strong = tables[5] > 0
    best, _, words, back, characters, _ = tables.max(axis=2)
    top, mixed = _top_means(tables[:2], strong)
    nearest = _highest(likeness, _NEIGHBOURS)
    votes = (index.owner[nearest] == pool[:, None]).sum(axis=1)
    candidates = np.zeros((len(FEATURES), size), np.float32)
    candidates[0] = best
    candidates[1] = top
    candidates[5:9] = words, back, characters, mixed
    candidates[9] = index.words.covered(wording, rows, local, size)
    usual = np.minimum(np.maximum(index.counts[pool], 1), _NEIGHBOURS)
    candidates[10] = np.minimum(votes / usual, 1)
    small_talk = 0.0
    if dense is not None and vector is not None and compared is not None:
        _add_dense(candidates, index, dense, vector, compared, pool, hidden)
        small_talk = compared.small_talk
    order = np.argsort(-mixed, kind="stable")
    if hidden is not None:  # an answer hidden altogether is no candidate
        order = order[best[order] > -1]
    context = np.array([wording.unknown, small_talk], np.float32)
    return Evidence(pool[order], candidates.T[order], context)


def _add_dense(
    candidates: NDArray[np.float32],
    index: Index,
    dense: Dense,
    vector: NDArray[np.float32],
    compared: Compared,
    pool: NDArray[np.intp],
    hidden: NDArray[np.bool_] | None,
) -> None:
    """Fill in the rows that vectors alone can say."""
    if hidden is None:
        centroid = dense.centroids[pool] @ vector
    else:
        centroid = _centroids_without(dense, index, pool, vector, hidden)
    candidates[2] = centroid
    if dense.classifier is not None and hidden is None:
        candidates[3] = dense.classifier.chances(compared.classes)[pool]
    else:
        candidates[3] = _stand_in(centroid)
    candidates[4] = np.log(np.maximum(candidates[3], _LEAST))
    candidates[11] = candidates[0] - dense.inner[pool]
    candidates[12] = candidates[0] - dense.outer[pool]
    if dense.kernel is not None:
        near, wanted = compared.landmarks, np.append(pool, -1)
        if hidden is None:
            found = dense.kernel.scores(near, wanted)
        else:
            rows = np.flatnonzero(hidden & (index.handicap == PHRASING))
            gone = dense.vectors[rows] @ dense.landmarks().T
            found = dense.kernel.without(near, wanted, gone, index.owner[rows])
        candidates[13], candidates[14] = found[:-1], found[-1]


def _stand_in(centroid: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the centroids say in the classifier's place."""
    odds = np.exp(_SHARPNESS * (centroid - centroid.max()))
    return odds / odds.sum()


def _centroids_without(
    dense: Dense,
    index: Index,
    pool: NDArray[np.intp],
    vector: NDArray[np.float32],
    hidden: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """Cosines with the means of the phrasings that are not hidden."""
    sums = dense.sums[pool].copy()
    for row in np.flatnonzero(hidden & (index.handicap == PHRASING)):
        sums[pool == index.owner[row]] -= dense.vectors[row]
    return (sums @ vector) / np.maximum(np.linalg.norm(sums, axis=1), 1e-3)


def _highest(values: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    if len(values) > count:
        return np.argpartition(values, len(values) - count)[-count:]
    return np.arange(len(values))


def _rows(
    index: Index, pool: NDArray[np.intp], score: NDArray[np.float32]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """The best rows of each answer in *pool*, their place in it and in a table of all."""
    first = index.starts[pool]
    lengths = index.starts[pool + 1] - first
    local = np.repeat(np.arange(len(pool)), lengths)
    before = np.cumsum(lengths) - lengths
    rows = np.arange(len(local)) - np.repeat(before - first, lengths)
    # By answer, then best first: scores are far less than 8 apart.
    order = np.argsort(local * 8.0 - score[rows], kind="stable")
    rank = np.arange(len(rows)) - before[local]
    kept = rank < _ROWS
    return rows[order[kept]], local[kept], local[kept] * _ROWS + rank[kept]


def _top_means(tables: NDArray[np.float32], strong: NDArray[np.bool_]) -> NDArray[np.float32]:
    """
    Mean of the best phrasings of each row, or its best weaker text where that is higher.

    Args:
        tables: Shape (tables, rows, texts), -1 where there is none.
        strong: Which texts are phrasings; shape (rows, texts).
    """
    ranked = np.sort(np.where(strong, tables, -1), axis=2)[:, :, -_TOP:]
    there = ranked > -1
    mean = (ranked * there).sum(axis=2) / np.maximum(there.sum(axis=2), 1)
    mean = np.where(there[:, :, -1], mean, -1)
    return np.maximum(mean, np.where(strong, -1, tables).max(axis=2)).astype(np.float32)
