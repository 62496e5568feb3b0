"""Answers that a change would stand beside: nearly the same questions, or replies at odds."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chatbot.answers.phrasings import sentences
from chatbot.answers.veto import NEGATION
from chatbot.domain.answer import BankAnswer

NEAR = 0.8
"""Cosine of two phrasings from which one of them is superfluous or in the wrong place."""

_BESIDE = 0.6  # of the nearest phrasings, from which two replies are compared
_SAME_MATTER = 0.55  # cosine of two sentences that speak of the same
_COMPARED = 3  # answers whose replies are
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Beside:
    """
    Another answer that is too near.

    Attributes:
        kind: Phrasings nearly the same, or sentences of the replies with other figures or a denial.
        mine, theirs: The two texts that show it.
    """

    kind: Literal["near", "figures", "denial"]
    key: str
    title: str
    mine: str
    theirs: str
    cosine: float


def asked_texts(answer: BankAnswer) -> list[str]:
    """What customers ask: phrasings, else the title."""
    return list(answer.phrasings) or ([answer.title] if answer.title else [])


def neighbours(
    edited: BankAnswer,
    others: Sequence[BankAnswer],
    vectors: Mapping[str, NDArray[np.float32]],
) -> tuple[list[Beside], list[BankAnswer]]:
    """
    Answers with nearly the same phrasings, and those whose replies are worth comparing.

    Args:
        vectors: Of length 1; texts without one are not compared.
    """
    mine = [text for text in asked_texts(edited) if text in vectors]
    owned = [(text, answer) for answer in others for text in asked_texts(answer) if text in vectors]
    if not mine or not owned:
        return [], []
    table = np.stack([vectors[text] for text in mine]) @ np.stack([vectors[t] for t, _ in owned]).T
    best: dict[str, Beside] = {}
    for column in np.argsort(-table.max(axis=0)):
        cosine = float(table[:, column].max())
        text, answer = owned[column]
        if cosine < _BESIDE:
            break
        asked = mine[int(table[:, column].argmax())]
        found = Beside("near", answer.key, answer.title or answer.key, asked, text, cosine)
        best.setdefault(answer.key, found)
    by_key = {answer.key: answer for answer in others}
    compared = [by_key[key] for key in list(best)[:_COMPARED]]
    return [one for one in best.values() if one.cosine >= NEAR], compared


def contradictions(
    edited: BankAnswer,
    others: Sequence[BankAnswer],
    vectors: Mapping[str, NDArray[np.float32]],
) -> list[Beside]:
    """Sentences that speak of the same, with other numbers, or one of them denying it."""
    found: list[Beside] = []
    mine = [one for one in sentences(edited.text) if one in vectors]
    for answer in others:
        theirs = [one for one in sentences(answer.text) if one in vectors]
        pairs = [
            Beside(kind, answer.key, answer.title or answer.key, one, other, cosine)
            for one in mine
            for other in theirs
            if (cosine := float(vectors[one] @ vectors[other])) >= _SAME_MATTER
            and (kind := at_odds(one, other))
        ]
        found += sorted(pairs, key=lambda pair: -pair.cosine)[:1]
    return found


def at_odds(one: str, other: str) -> Literal["figures", "denial"] | None:
    """How two sentences about the same matter differ, if it may matter."""
    figures = [set(_NUMBER.findall(text)) for text in (one, other)]
    if all(figures) and figures[0].isdisjoint(figures[1]):
        return "figures"
    if bool(NEGATION.search(one)) != bool(NEGATION.search(other)):
        return "denial"
    return None
