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


class Large:
    """
    A bank that is sketched, beside the same compared whole.

    Its vectors are as sentences' are: alike within an answer, and some directions matter more.
    """

    def __init__(self, first: int) -> None:
        """Of 150 answers with 24 phrasings each, but *first* in the first."""
        self.chance, self._dice = random.Random(7), np.random.default_rng(7)  # noqa: S311
        answers = [
            BankAnswer(
                str(one),
                self.spoken(),
                "",
                tuple(f"{self.spoken()} {one} {n}" for n in range(size)),
            )
            for one, size in enumerate([first, *[24] * 149])
        ]
        self._matter = 1 / np.sqrt(1 + np.arange(128))
        self.middles = self._dice.normal(size=(150, 128)) * self._matter
        place = {text: one for one, answer in enumerate(answers) for text in answer.phrasings}
        elsewhere = np.zeros(128)
        vectors = {
            text: self.near(self.middles[place[text]] if text in place else elsewhere)
            for text in texts(answers)
        }
        self.index = Index(answers, vectors).learned()
        assert self.index.dense is not None
        assert self.index.dense.sketch is not None
        self.axes = self.index.dense.sketch.axes
        self.whole = copy(self.index)
        self.whole.dense = replace(self.index.dense, sketch=None)

    def spoken(self) -> str:
        return " ".join(self.chance.choices(WORDS, k=self.chance.randint(3, 7)))

    def near(self, middle: np.ndarray) -> np.ndarray:
        found = middle + 0.5 * self._dice.normal(size=128) * self._matter
        return (found / np.linalg.norm(found)).astype(np.float32)


def test_a_large_bank_that_is_sketched_first_finds_the_same() -> None:
    bank = Large(24)
    index, whole = bank.index, bank.whole
    asked = [
        (bank.spoken(), bank.near(bank.middles[bank.chance.randrange(150)])) for _ in range(40)
    ]
    # Of what the sketch has left out, and so compared whole.
    strange = np.linalg.svd(bank.axes)[2][-1].astype(np.float32)
    for question, vector in (*asked, (bank.spoken(), strange)):
        found = weigh(index, read(index, question), vector)
        wanted = weigh(whole, read(index, question), vector)
        assert found.answers[:8].tolist() == wanted.answers[:8].tolist()
        # A far one's third best phrasing may be another that is all but as like.
        np.testing.assert_allclose(found.candidates[:3], wanted.candidates[:3], atol=1e-4)
        np.testing.assert_allclose(found.candidates[:8], wanted.candidates[:8], atol=0.02)
        np.testing.assert_allclose(found.context, wanted.context, atol=0.02)


def test_what_is_left_out_takes_no_place_of_what_is_compared_closely() -> None:
    bank = Large(300)  # more than are compared whole
    hidden = bank.index.owner == 0
    for _ in range(5):
        vector = bank.near(bank.middles[0])
        reading = read(bank.index, bank.spoken(), hidden)
        found = weigh(bank.index, reading, vector, hidden)
        wanted = weigh(bank.whole, reading, vector, hidden)
        assert found.answers[:8].tolist() == wanted.answers[:8].tolist()
        np.testing.assert_allclose(found.candidates[:3], wanted.candidates[:3], atol=1e-4)
