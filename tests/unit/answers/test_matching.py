"""Evidence and chances are what their definitions say, however they are computed."""

import random
from copy import copy
from dataclasses import replace

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


def test_a_large_bank_that_is_sketched_first_finds_the_same() -> None:
    chance, dice = random.Random(7), np.random.default_rng(7)  # noqa: S311 nothing secret
    spoken = lambda: " ".join(chance.choices(WORDS, k=chance.randint(3, 7)))  # noqa: E731
    answers = [
        BankAnswer(str(one), spoken(), "", tuple(f"{spoken()} {one} {n}" for n in range(24)))
        for one in range(150)
    ]
    # As sentences' vectors are: alike within an answer, and some directions matter more.
    matter = 1 / np.sqrt(1 + np.arange(128))
    middles = dice.normal(size=(150, 128)) * matter
    place = {text: one for one, answer in enumerate(answers) for text in answer.phrasings}

    def near(middle: np.ndarray) -> np.ndarray:
        found = middle + 0.5 * dice.normal(size=128) * matter
        return (found / np.linalg.norm(found)).astype(np.float32)

    elsewhere = np.zeros(128)
    vectors = {
        text: near(middles[place[text]] if text in place else elsewhere) for text in texts(answers)
    }
    index = Index(answers, vectors).learned()
    assert index.dense is not None
    assert index.dense.sketch is not None
    whole = copy(index)
    whole.dense = replace(index.dense, sketch=None)
    asked = [(spoken(), near(middles[chance.randrange(150)])) for _ in range(40)]
    # Of what the sketch has left out, and so compared whole.
    strange = np.linalg.svd(index.dense.sketch.axes)[2][-1].astype(np.float32)
    for question, vector in (*asked, (spoken(), strange)):
        found = weigh(index, read(index, question), vector)
        wanted = weigh(whole, read(index, question), vector)
        assert found.answers[:8].tolist() == wanted.answers[:8].tolist()
        # A far one's third best phrasing may be another that is all but as like.
        np.testing.assert_allclose(found.candidates[:3], wanted.candidates[:3], atol=1e-4)
        np.testing.assert_allclose(found.candidates[:8], wanted.candidates[:8], atol=0.02)
        np.testing.assert_allclose(found.context, wanted.context, atol=0.02)
