"""Likeness of wording: BM25 over words, and cosine over character n-grams for typos and stems."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w+")
_BUCKETS = 1 << 17
_GRAMS = (2, 3, 4)
_SATURATION, _LENGTH = 1.2, 0.5  # BM25's k1 and b; b is low because phrasings are short
_GOLDEN = 0x9E3779B97F4A7C15  # Fibonacci hashing: spreads neighbouring codes over the buckets


def folded(text: str) -> str:
    """*text* without case, compatibility forms, punctuation and runs of spaces."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(_WORD.findall(plain))


@dataclass(frozen=True, slots=True)
class Wording:
    """
    How a question's words meet a bank.

    Attributes:
        shares: For each phrasing, its BM25 as a share of the question's whole idf; shape (n,).
        unknown: The share of the question's idf that no phrasing knows, 0 to 1.
        weights: Of the question's known words, their share of its idf, and 0 at the end; shape
            (w + 1,).
        places: Where each term of the bank stands in `weights`; shape (terms,).
        mass: The question's whole idf.
    """

    shares: NDArray[np.float32]
    unknown: float
    weights: NDArray[np.float32]
    places: NDArray[np.intp]
    mass: float


class Words:
    """
    BM25 (Robertson et al., 1994) over phrasings, as postings.

    Args:
        texts: Folded texts (`folded`), one per phrasing.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._size = len(texts)
        self._terms: dict[str, int] = {}
        terms = self._terms
        rows: list[int] = []
        columns: list[int] = []
        lengths = np.zeros(len(texts), np.float32)
        for row, text in enumerate(texts):
            words = text.split()
            lengths[row] = len(words)
            rows.extend([row] * len(words))
            columns.extend([terms.setdefault(word, len(terms)) for word in words])
        keys, counts = np.unique(
            np.asarray(columns, np.int64) * max(1, len(texts)) + np.asarray(rows, np.int64),
            return_counts=True,
        )
        term, document = np.divmod(keys, max(1, len(texts)))
        self._starts = np.searchsorted(term, np.arange(len(terms) + 1))
        self._documents = document.astype(np.int32)
        by_row = np.argsort(document, kind="stable")
        self._row_terms = term[by_row].astype(np.int32)
        self._row_starts = np.searchsorted(document[by_row], np.arange(len(texts) + 1))
        frequency = np.diff(self._starts)
        self._idf = _idf(frequency, len(texts)).astype(np.float32)
        self._unknown_idf = float(_idf(np.zeros(1), len(texts))[0])
        mean = float(lengths.mean()) if len(texts) else 1.0
        norm = _SATURATION * (1 - _LENGTH + _LENGTH * lengths / max(mean, 1e-9))
        tf = counts.astype(np.float32)
        self._weights = (
            tf * (_SATURATION + 1) / (tf + norm[self._documents]) * self._idf[term]
        ).astype(np.float32)
        own = np.bincount(self._documents, self._weights, minlength=len(texts))
        self.own = np.maximum(own, 1e-6).astype(np.float32)
        """What each phrasing scores against itself; shape (n,)."""

    @property
    def counts(self) -> dict[str, int]:
        """In how many phrasings each word occurs."""
        return dict(zip(self._terms, np.diff(self._starts).tolist(), strict=True))

    def compare(self, text: str, hidden: NDArray[np.bool_] | None = None) -> Wording:
        """
        Args:
            text: A folded question.
            hidden: Phrasings to leave out, as if the bank had never known them; shape (n,).
        """
        scores = np.zeros(self._size, np.float32)
        mass = unknown = 0.0
        asked: list[int] = []
        for word in dict.fromkeys(text.split()):
            term = self._terms.get(word)
            span = slice(0, 0) if term is None else slice(*self._starts[term : term + 2])
            documents = self._documents[span]
            if term is None or (hidden is not None and hidden[documents].all()):
                unknown += self._unknown_idf
                mass += self._unknown_idf
                continue
            asked.append(term)
            mass += float(self._idf[term])
            scores[documents] += self._weights[span]
        mass = max(mass, 1e-6)
        if hidden is not None:
            scores[hidden] = 0
        weights = np.zeros(len(asked) + 1, np.float32)
        weights[:-1] = self._idf[asked] / np.float32(mass)
        places = np.full(len(self._terms), len(asked), np.intp)
        places[asked] = np.arange(len(asked))
        return Wording(scores / np.float32(mass), unknown / mass, weights, places, mass)

    def covered(
        self, wording: Wording, rows: NDArray[np.intp], group: NDArray[np.intp], groups: int
    ) -> NDArray[np.float32]:
        """
        How much of a question's idf the phrasings *rows* know, taken together by *group*.

        Returns:
            Shape (groups,), 0 to 1.
        """
        lengths, entries = _entries(self._row_starts, rows)
        known = np.zeros((len(wording.weights), groups), np.float32)
        known[wording.places[self._row_terms[entries]], np.repeat(group, lengths)] = 1
        return wording.weights @ known


@dataclass(frozen=True, slots=True)
class Spelling:
    """
    A question's character n-grams.

    Attributes:
        weights: Of each n-gram that the bank knows; all of them, known or not, have length 1.
    """

    weights: NDArray[np.float32]


class Characters:
    """
    Cosine over hashed character 2- to 4-grams with sublinear counts and idf.

    Args:
        texts: Folded texts (`folded`), one per phrasing.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        rows, buckets = _grams(texts)
        keys, counts = np.unique(rows * _BUCKETS + buckets, return_counts=True)
        row, bucket = np.divmod(keys, _BUCKETS)
        self._starts = np.searchsorted(row, np.arange(len(texts) + 1))
        frequency = np.bincount(bucket, minlength=_BUCKETS)
        known = np.flatnonzero(frequency)
        # Numbered without gaps, so that a question's weights stay in the processor's cache.
        self._known = np.full(_BUCKETS, len(known), np.int32)
        self._known[known] = np.arange(len(known))
        self._columns = self._known[bucket]
        self._idf = (1 + _idf(frequency, len(texts))).astype(np.float32)
        self._size = len(known)
        weights = (1 + np.log(counts)) * self._idf[bucket]
        norms = np.sqrt(np.bincount(row, weights**2, minlength=len(texts)))
        self._weights = (weights / np.maximum(norms[row], 1e-9)).astype(np.float32)

    def read(self, text: str) -> Spelling:
        """Weigh the n-grams of a folded question as this bank does."""
        _, found = _grams([text])
        buckets, counts = np.unique(found, return_counts=True)
        weights = (1 + np.log(counts)) * self._idf[buckets]
        spelled = np.zeros(self._size + 1, np.float32)  # what is not known goes to the end
        spelled[self._known[buckets]] = weights / max(float(np.linalg.norm(weights)), 1e-9)
        return Spelling(spelled)

    def compare(self, spelling: Spelling, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """
        Cosine of a question with the phrasings *rows*.

        Returns:
            Shape (len(rows),), 0 to 1.
        """
        lengths, entries = _entries(self._starts, rows)
        products = np.zeros(len(entries) + 1, np.float32)  # so that the last may begin at the end
        np.multiply(
            spelling.weights[self._columns[entries]], self._weights[entries], out=products[:-1]
        )
        sums = np.add.reduceat(products, np.cumsum(lengths) - lengths)
        return np.where(lengths > 0, sums, np.float32(0))


def _entries(
    starts: NDArray[np.intp], rows: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """How many entries each of *rows* has in a table kept row by row, and where they are."""
    first = starts[rows]
    lengths = starts[rows + 1] - first
    ends = np.cumsum(lengths)
    size = int(ends[-1]) if len(ends) else 0
    return lengths, np.arange(size) + np.repeat(first - (ends - lengths), lengths)


def _idf(frequency: NDArray[Any], size: int) -> NDArray[np.float64]:
    return np.log(1 + (size - frequency + 0.5) / (frequency + 0.5))


def _grams(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every n-gram of every text (a space before and after), as (row of its text, bucket)."""
    padded = [f" {text} " if text else "" for text in texts]
    codes = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), np.uint32).astype(
        np.uint64
    )
    owner = np.repeat(np.arange(len(texts)), [len(text) for text in padded])
    rows, buckets = [], []
    for length in _GRAMS:
        count = len(codes) - length + 1
        if count <= 0:
            continue
        code = np.full(count, length, np.uint64)
        for shift in range(length):
            code = code * np.uint64(0x100000001B3) + codes[shift : shift + count]
        within = owner[:count] == owner[length - 1 :]
        rows.append(owner[:count][within])
        mixed = (code[within] * np.uint64(_GOLDEN)) >> np.uint64(64 - 17)
        buckets.append(mixed.astype(np.int64))
    if not rows:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate(rows), np.concatenate(buckets)
