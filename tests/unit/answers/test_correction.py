"""A bank's own calibrator: blended in as far as its questions go, and only where it is better."""

from dataclasses import replace

import numpy as np
import pytest

from chatbot.answers.bank import Bank
from chatbot.answers.correction import UNCORRECTED, Correction, Exam, correct
from chatbot.domain.answer import BankAnswer
from tests.unit.answers.shop import SHOP, Maker, bags

DIAL = {0.01: 4.0, 0.02: 3.0, 0.05: 2.0, 0.1: 1.0}


def exam(slope: float, shift: float, *, answers: int = 60, each: int = 10, seed: int = 0) -> Exam:
    """Questions that come true with the log-odds slope * said + shift."""
    rng = np.random.default_rng(seed)
    said = rng.normal(0, 2, answers * each)
    true = 1 / (1 + np.exp(-slope * said - shift))
    return Exam(
        said,
        rng.random(len(said)) < true,
        np.repeat(np.arange(answers), each),
        np.ones(len(said)),
        DIAL,
    )


def test_a_prior_that_is_too_modest_is_corrected() -> None:
    found = correct(exam(1.6, 1.5))
    assert found.kept
    assert found.shift > 0
    assert found.verdict.startswith("In use: on 600 questions ")


def test_its_own_calibrator_never_has_more_than_half_a_say() -> None:
    """What 6,000 questions say for certain is believed to less than a half."""
    found = correct(exam(1.0, 2.0, each=100))
    assert found.kept
    assert 0.8 < found.shift < 1.0


def test_fewer_questions_have_less_of_a_say() -> None:
    few, many = correct(exam(1.0, 2.0, each=4)), correct(exam(1.0, 2.0, each=40))
    assert few.kept
    assert few.shift < many.shift


def test_a_prior_that_comes_true_is_left_alone() -> None:
    kept = sum(correct(exam(1, 0, seed=seed)).kept for seed in range(40))
    assert kept <= 2


def test_too_few_answers_tell_nothing() -> None:
    found = correct(exam(2.0, 2.0, answers=8, each=50))
    assert not found.kept
    assert "phrasings of 8 answers do not tell" in found.verdict


def test_nothing_asked_changes_nothing() -> None:
    nothing = np.zeros(0)
    found = correct(Exam(nothing, nothing > 0, nothing.astype(np.intp), nothing, DIAL))
    assert found == UNCORRECTED


def test_what_is_wrong_more_often_at_the_dial_is_not_used() -> None:
    """Better on the whole, but what lies under the dial's edge is lifted over it, and is wrong."""
    rng = np.random.default_rng(0)
    true = exam(1.0, 2.0, answers=60, each=10)
    said, right = true.odds.copy(), true.right.copy()
    near = rng.choice(len(said), 24, replace=False)
    said[near], right[near] = 1.9, False
    found = correct(replace(true, odds=said, right=right))
    assert not found.kept
    assert "more of what it gives would be wrong" in found.verdict


def test_many_questions_of_one_answer_are_one_witness() -> None:
    """Sixty questions found against all odds convince alone, and not if they are one answer's."""
    plain, odd = exam(1, 0, answers=40, each=2), 60
    found = Exam(
        np.append(plain.odds, np.full(odd, -0.5)),
        np.append(plain.right, np.ones(odd, bool)),
        np.append(plain.group, np.arange(40, 40 + odd)),
        np.ones(len(plain.odds) + odd),
        DIAL,
    )
    assert correct(found).kept
    assert not correct(replace(found, group=np.minimum(found.group, 40))).kept


@pytest.fixture(scope="module")
def answers() -> tuple[BankAnswer, ...]:
    made = (
        BankAnswer(f"a{number}", "", "", tuple(f"{verb} item {number} now" for verb in "abcd"))
        for number in range(25)
    )
    return (*SHOP, *made)


def test_a_bank_says_what_became_of_its_own_calibrator(answers: tuple[BankAnswer, ...]) -> None:
    first, second = Maker(answers).bank.own, Maker(answers).bank.own
    assert first == second
    assert first.asked > 100
    assert first.verdict


def test_only_vectors_are_corrected() -> None:
    bank = Maker(SHOP).bank
    wary = replace(bank, own=Correction(shift=-2.0))
    question = "how do I return an item"
    vector = bags([question])[0]

    def chance(asked: Bank, *, dense: bool) -> float:
        match = asked.match(question, vector if dense else None, risk=0.05)
        return match.candidates[0].probability

    assert chance(wary, dense=True) < chance(bank, dense=True)
    assert chance(wary, dense=False) == chance(bank, dense=False)


def test_a_quick_bank_has_none_yet() -> None:
    texts = Bank.texts(SHOP)
    quick = Bank.build("1", SHOP, dict(zip(texts, bags(texts), strict=True)), quick=True)
    assert quick.own == UNCORRECTED
