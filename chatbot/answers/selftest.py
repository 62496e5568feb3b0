"""What a bank learns by asking itself its own phrasings, as if it had never had them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chatbot.answers.index import Index
from chatbot.answers.matching import Evidence, read, weigh
from chatbot.answers.phrasings import PHRASING

_ASKED = 150  # phrasings, evenly spaced
_SAME = 0.97  # cosine from which a phrasing is another's copy and hidden with it
_ENOUGH = 5  # recognised phrasings, below which nothing is said of them
_FEWEST_ANSWERS = 3


@dataclass(frozen=True, slots=True)
class Hearing:
    """
    How sure the bank was of its own phrasings.

    Attributes:
        heard: Log-odds where the phrasing was hidden, its answer was not, and it was found;
            ascending.
        silent: Log-odds of the best other answer where the whole answer was hidden, so that
            nothing was right; ascending.
        recognised: Share of the hidden phrasings whose answer was found.
        edge: Log-odds that one in ten of `silent` exceeds.
        middle: Median of `heard`.
    """

    heard: NDArray[np.float64]
    silent: NDArray[np.float64]
    recognised: float = 0.0
    edge: float = 0.0
    middle: float = 0.0

    def place(self, odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Where log-odds of questions lie among them.

        Returns:
            Shape (len(odds), 5), columns as in `judging.SELF`.
        """
        found = np.zeros((len(odds), 5))
        if len(self.silent):
            above = len(self.silent) - np.searchsorted(self.silent, odds)
            found[:, 0] = np.log((above + 0.5) / (len(self.silent) + 1))
            found[:, 1] = odds - self.edge
        if len(self.heard) >= _ENOUGH:
            below = np.searchsorted(self.heard, odds, side="right")
            found[:, 2] = np.log((below + 0.5) / (len(self.heard) + 1))
            found[:, 3] = self.middle - self.edge
            found[:, 4] = self.recognised
        return found


NOTHING_HEARD = Hearing(np.zeros(0), np.zeros(0))


@dataclass(frozen=True, slots=True)
class Asked:
    """
    One phrasing asked of its own bank.

    Attributes:
        answer: What is right; -1 where the whole answer was hidden.
        owner: The answer that the phrasing belongs to.
    """

    evidence: Evidence
    answer: int
    owner: int


def ask_itself(index: Index) -> list[Asked]:
    """Ask a sample of the phrasings twice: without themselves, and without their answer."""
    dense = index.dense
    strong = np.flatnonzero(index.handicap == PHRASING)
    if dense is None or not len(strong):
        return []
    asked: list[Asked] = []
    sample = np.unique(np.linspace(0, len(strong) - 1, min(_ASKED, len(strong))).astype(int))
    for row in strong[sample]:
        answer, vector = int(index.owner[row]), dense.vectors[row]
        span = slice(index.starts[answer], index.starts[answer + 1])
        copies = np.zeros(len(index.owner), bool)
        copies[span] = dense.vectors[span] @ vector > _SAME
        copies[row] = True
        of_answer = np.zeros(len(index.owner), bool)
        of_answer[span] = True
        if (of_answer & ~copies & (index.handicap == PHRASING)).any():
            asked.append(Asked(_weighed(index, row, vector, copies), answer, answer))
        if len(index.answers) >= _FEWEST_ANSWERS:
            asked.append(Asked(_weighed(index, row, vector, of_answer), -1, answer))
    return asked


def _weighed(
    index: Index, row: int, vector: NDArray[np.float32], hidden: NDArray[np.bool_]
) -> Evidence:
    return weigh(index, read(index, index.texts[row], hidden), vector, hidden)


def hearing(
    answers: NDArray[np.intp], best: NDArray[np.intp], odds: NDArray[np.float64]
) -> Hearing:
    """
    Sum up what was asked.

    Args:
        answers: `Asked.answer` of each.
        best: The best candidate's answer.
        odds: Its log-odds of being right.
    """
    tried, found = answers >= 0, answers == best
    share = float(found[tried].mean()) if tried.any() else 0.0
    heard, silent = np.sort(odds[tried & found]), np.sort(odds[~tried])
    edge = float(np.quantile(silent, 0.9)) if len(silent) else 0.0
    middle = float(np.median(heard)) if len(heard) else 0.0
    return Hearing(heard, silent, share, edge, middle)
