"""The vectors of questions whose replies are kept, in this process: who asked nearly the same."""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PER_SCOPE = 5_000
"""Questions kept for one company's audience; the oldest goes first. Searching them takes 0.4 ms."""

MOST = 20_000
"""Questions kept in all (31 MB at 384 dimensions); the scope not asked for longest goes first."""

_FIRST = 1  # rows that a scope begins with: a visitor's language, which anybody may name, makes one


@dataclass(frozen=True, slots=True)
class Nearest:
    """
    The question most like one that was asked.

    Attributes:
        key: Where its reply is kept.
        answers: Ids of the approved answers that the reply rests on; empty for free text.
        score: Cosine.
        margin: How far the nearest question with other answers is behind; 2 when there is none.
    """

    key: str
    question: str
    answers: frozenset[str]
    score: float
    margin: float


class _Scope:
    """A ring of vectors; a row without a key is free."""

    def __init__(self, dimensions: int) -> None:
        self.vectors = np.zeros((_FIRST, dimensions), np.float32)
        self.groups = np.full(_FIRST, -1, np.int64)
        self.rows: list[tuple[str, str, frozenset[str]] | None] = []
        self.at: dict[str, int] = {}
        self._next = 0
        self._names: dict[frozenset[str], int] = {}
        self._groups_made = 0

    def put(self, key: str, question: str, answers: frozenset[str], vector: NDArray) -> None:
        row = self.at.get(key)
        row = self._room() if row is None else self._free(row)
        self.at[key] = row
        self.rows[row] = (key, question, answers)
        self.vectors[row] = vector
        self.groups[row] = self._group(answers)

    def drop(self, key: str) -> None:
        row = self.at.pop(key, None)
        if row is not None:
            self._free(row)

    def nearest(self, vector: NDArray[np.float32]) -> Nearest | None:
        size = len(self.rows)
        scores = self.vectors[:size] @ vector
        best = int(scores.argmax()) if size else 0
        found = self.rows[best] if size else None
        if found is None:
            return None
        score = float(scores[best])
        groups = self.groups[:size]
        others = scores[(groups != groups[best]) & (groups >= 0)]
        margin = score - float(others.max()) if len(others) else 2.0
        return Nearest(*found, score, margin)

    def _group(self, answers: frozenset[str]) -> int:
        """Questions with the same answers are of one group; free text is like nothing else."""
        known = self._names.get(answers) if answers else None
        if known is not None:
            return known
        self._groups_made += 1
        if answers:
            self._names[answers] = self._groups_made
        return self._groups_made

    def _free(self, row: int) -> int:
        """Empty a row, and forget its group with the last of it."""
        held, group = self.rows[row], self.groups[row]
        self.rows[row], self.vectors[row], self.groups[row] = None, 0, -1
        if held is not None and not (self.groups == group).any():
            self._names.pop(held[2], None)
        return row

    def _room(self) -> int:
        if len(self.rows) < PER_SCOPE:
            self.rows.append(None)
            if len(self.rows) > len(self.vectors):
                self.vectors = np.concatenate([self.vectors, np.zeros_like(self.vectors)])
                self.groups = np.concatenate([self.groups, np.full_like(self.groups, -1)])
            return len(self.rows) - 1
        row, self._next = self._next, (self._next + 1) % PER_SCOPE
        if (old := self.rows[row]) is not None:
            self.drop(old[0])
        return row


class Neighbours:
    """
    Finds the kept question that is most like another, among those of the same scope.

    It holds no replies: those are in the cache that processes share, and a question whose reply
    is gone there is only a row to be dropped.
    """

    def __init__(self) -> None:
        self._scopes: OrderedDict[str, _Scope] = OrderedDict()

    def put(
        self,
        scope: str,
        key: str,
        question: str,
        answers: frozenset[str],
        vector: NDArray[np.float32],
    ) -> None:
        """
        Remember who asked *question*, in place of what was known under *key*.

        Args:
            scope: Only questions of one scope are compared.
            key: Where its reply is kept.
            answers: Ids of the approved answers that the reply rests on; empty for free text.
            vector: Of the question, length 1.
        """
        held = self._scopes.get(scope)
        if held is None:
            held = self._scopes[scope] = _Scope(len(vector))
        self._scopes.move_to_end(scope)
        held.put(key, question, answers, vector)
        while len(self) > MOST and len(self._scopes) > 1:
            self._scopes.popitem(last=False)

    def nearest(self, scope: str, vector: NDArray[np.float32]) -> Nearest | None:
        """The most alike question of *scope*; None where nothing was kept."""
        held = self._scopes.get(scope)
        if held is None:
            return None
        self._scopes.move_to_end(scope)
        return held.nearest(vector)

    def drop(self, scope: str, key: str) -> None:
        """Forget a question whose reply is gone."""
        if held := self._scopes.get(scope):
            held.drop(key)

    def __len__(self) -> int:
        return sum(len(held.at) for held in self._scopes.values())
