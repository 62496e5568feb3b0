"""Evidence and chances are what their definitions say, however they are computed."""

import random

import numpy as np
import pytest

from chatbot.answers.index import Index
from chatbot.answers.matching import read, weigh
from chatbot.answers.phrasings import texts
from chatbot.domain.answer import BankAnswer
from tests.unit.answers.plain import Plain

# No two of these texts' n-grams share a bucket, which the plain reading knows nothing of.
WORDS = (
    *("tent", "rope", "boot", "stove", "return", "repair", "parcel", "slow", "refund", "colour"),
    *("size", "card", "pay", "open"),
)
DIMENSIONS = 32


def _bank(seed: int) -> list[BankAnswer]:
    """30 answers: of many phrasings, of few with sentences beside them, of a title alone."""
    chance = random.Random(seed)  # noqa: S311 nothing secret
    spoken = lambda: " ".join(chance.choices(WORDS, k=chance.randint(3, 7)))  # noqa: E731
    return [
        BankAnswer(
            str(number),
            spoken(),
            f"{spoken().capitalize()}. {spoken().capitalize()}.",
            tuple(spoken() for _ in range((0, 1, 3, 9, 14)[number % 5])),
        )
        for number in range(30)
    ]


def _vectors(seed: int, wanted: list[str]) -> dict[str, np.ndarray]:
    """Somewhat alike in all, so that no two likenesses are the same and none is far off."""
    dice = np.random.default_rng(seed)
    found = (dice.normal(size=(len(wanted), DIMENSIONS)) + 0.5).astype(np.float32)
    rows = found / np.linalg.norm(found, axis=1, keepdims=True)
    return dict(zip(wanted, rows, strict=True))


QUESTIONS = (
    "my tent came slow and the colour is off",
    "rope",
    "refund refund please, tents are torn",
    "card pay open size",
    "nothing anybody knows",
)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("learned", [True, False])
def test_evidence_is_what_its_definitions_say(seed: int, *, learned: bool) -> None:
    answers = _bank(seed)
    vectors = _vectors(seed, texts(answers))
    index = Index(answers, vectors)
    index = index.learned() if learned else index
    assert index.dense is not None
    plain = Plain(index, index.dense)
    for question, vector in _vectors(seed + 100, list(QUESTIONS)).items():
        found = weigh(index, read(index, question), vector)
        wanted = plain.weigh(question, vector)
        assert found.answers.tolist() == wanted.answers
        np.testing.assert_allclose(found.candidates, wanted.candidates, atol=1e-4)
        np.testing.assert_allclose(found.context, wanted.context, atol=1e-4)
