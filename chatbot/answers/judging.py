"""The step between evidence and probability: rank the candidates, describe the best one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from chatbot.answers.matching import CONTEXT, FEATURES, Evidence

_COLUMN = {name: place for place, name in enumerate(FEATURES)}
_CONTEXT = {name: place for place, name in enumerate(CONTEXT)}
_LEAST = 1e-4
_FLOORS = np.array(
    [np.log(_LEAST) if name == "log_learned" else 0.0 for name in FEATURES], np.float32
)
"""What a candidate is compared with when there is no other, for each feature."""

# Only what is relative to the bank: with absolute likenesses in it, a calibrator trained on some
# companies was bold on one left out and timid on another.
LEADS = ("best", "top", "centroid", "words", "words_back", "characters", "mixed", "covered")
BARE_RANK = (*LEADS, "votes", "inner", "outer")
HEARD_RANK = (*BARE_RANK, "kernel")
FULL_RANK = (*HEARD_RANK, "learned", "log_learned")
WORDS_RANK = ("words", "words_back", "characters", "mixed", "covered")


@dataclass(frozen=True)
class Recipe:
    """
    Which features a head uses.

    Attributes:
        rank: Features that order the candidates.
        own: Features of the best candidate that are taken as they are.
        lead: Features whose distance to the best other candidate is taken.
        asks: Whether what the bank learned by asking itself is added.
    """

    rank: Sequence[str]
    own: Sequence[str]
    lead: Sequence[str]
    asks: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Entries of `describe`, in order."""
        leads = (f"lead_{name}" for name in self.lead)
        asked = SELF if self.asks else ()
        return (*self.own, *leads, "share", "log_share", "unknown", "above_small_talk", *asked)

    @cached_property
    def places(self) -> tuple[list[int], list[int]]:
        """Columns of `own` and of `lead` among `FEATURES`."""
        return [_COLUMN[name] for name in self.own], [_COLUMN[name] for name in self.lead]


SELF = ("log_silent", "above_silent", "log_heard", "apart", "recognised")
"""What `selftest.Hearing.place` adds."""

RECIPES = {
    "words": Recipe(WORDS_RANK, WORDS_RANK, WORDS_RANK),
    "bare": Recipe(BARE_RANK, ("votes", "inner", "outer"), LEADS),
    "heard": Recipe(
        HEARD_RANK, ("votes", "inner", "outer", "kernel", "elsewhere"), (*LEADS, "kernel")
    ),
    "full": Recipe(
        FULL_RANK,
        ("learned", "log_learned", "votes", "inner", "outer", "kernel", "elsewhere"),
        (*LEADS, "log_learned", "kernel"),
        asks=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Stack:
    """
    Evidence of several questions, side by side.

    Attributes:
        table: Candidates' features, and `_FLOORS` where there is none; shape (questions, places,
            features).
        there: Which places hold a candidate; shape (questions, places).
        context: Shape (questions, entries of `matching.CONTEXT`).
    """

    table: NDArray[np.float32]
    there: NDArray[np.bool_]
    context: NDArray[np.float32]

    @classmethod
    def of(cls, found: Sequence[Evidence]) -> "Stack":
        places = max(len(evidence.answers) for evidence in found)
        table = np.empty((len(found), places, len(FEATURES)), np.float32)
        table[:] = _FLOORS
        there = np.zeros((len(found), places), bool)
        for row, evidence in enumerate(found):
            table[row, : len(evidence.answers)] = evidence.candidates
            there[row, : len(evidence.answers)] = True
        return cls(table, there, np.stack([evidence.context for evidence in found]))


def rank(stack: Stack, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    The share of belief that each candidate has among all, if one of them is right.

    Args:
        weights: One per entry of `FEATURES`.

    Returns:
        Shape (questions, places); 0 where there is no candidate.
    """
    scores = np.where(stack.there, stack.table @ weights, -np.inf)
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def describe(recipe: Recipe, stack: Stack, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    The best candidates' features, in the order of `recipe.names` without those of `SELF`.

    Returns:
        Shape (questions, features).
    """
    rows = np.arange(len(shares))
    best = shares.argmax(axis=1)
    table, share = stack.table[rows, best], shares[rows, best]
    others = stack.table.copy()
    others[rows, best] = _FLOORS
    own, lead = recipe.places
    found = np.empty((len(shares), len(own) + len(lead) + 4))
    found[:, : len(own)] = table[:, own]
    found[:, len(own) : -4] = (table - others.max(axis=1))[:, lead]
    found[:, -4] = share
    found[:, -3] = np.log(share + _LEAST)
    found[:, -2] = stack.context[:, 0]
    found[:, -1] = table[:, 0] - stack.context[:, _CONTEXT["small"]]
    return found
