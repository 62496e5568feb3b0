"""
Whose question it is, by its meaning: what rules about words (`context/personal.py`) pass over.

A linear classifier on the question's vector, which the match has made anyway. It is fitted by
`chatbot bank train-own-state` on public customer questions whose intents were sorted by hand
(`evals/own_state_intents.json`); what it found is the file `ownstate.json` beside this one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatbot.errors import Malformed


@dataclass(frozen=True, slots=True)
class OwnState:
    """
    Tells a question about its asker's own affairs from one that anybody could ask.

    Attributes:
        encoder: Fingerprint of the encoder whose vectors it was fitted on, which is that of the
            shipped prior: a match has no vector of any other.
        weights: One per dimension.
        bias: Log-odds of the zero vector.
        from_odds: Log-odds from which a question counts as its asker's own.
    """

    encoder: str
    weights: NDArray[np.float64]
    bias: float
    from_odds: float

    def odds(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Log-odds that questions are their askers' own, by rows of vectors."""
        return vectors @ self.weights + self.bias

    def is_own(self, vector: NDArray[np.float32], *, doubt: float = 0.0) -> bool:
        """
        Whether the question with this *vector* is its asker's own.

        Args:
            doubt: Log-odds below the usual threshold from which it counts as own already.
        """
        return bool(self.odds(vector) >= self.from_odds - doubt)


def read_own_state(text: str) -> OwnState:
    """
    Raises:
        Malformed: The text is not such a classifier.
    """
    try:
        said = json.loads(text)
        weights = np.asarray(said["weights"], np.float64)
        return OwnState(str(said["encoder"]), weights, float(said["bias"]), float(said["from"]))
    except (KeyError, TypeError, ValueError) as problem:
        raise Malformed(f"This is no classifier of own affairs: {problem}.") from problem


def write_own_state(found: OwnState, report: Mapping[str, Any]) -> str:
    """The text that `read_own_state` reads; *report* says how it was made."""
    return json.dumps(
        {
            "encoder": found.encoder,
            "report": report,
            "from": found.from_odds,
            "bias": round(found.bias, 5),
            "weights": np.round(found.weights, 4).tolist(),
        }
    )


@cache
def shipped() -> OwnState:
    """The classifier that comes with the project."""
    file = resources.files("chatbot.answers").joinpath("ownstate.json")
    return read_own_state(file.read_text("utf-8"))
