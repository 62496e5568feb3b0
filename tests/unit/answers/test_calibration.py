"""Probabilities that come true and thresholds that obey the dial."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.answers.calibration import read_prior, shipped, write_prior
from chatbot.answers.index import Index
from chatbot.answers.matching import read, weigh
from chatbot.answers.phrasings import texts
from chatbot.answers.selftest import ask_itself
from chatbot.errors import Malformed
from tests.unit.answers.shop import SHOP, bags

HEADS = ("words", "bare", "heard", "full")


@pytest.fixture(scope="module")
def index() -> Index:
    found = texts(SHOP)
    return Index(SHOP, dict(zip(found, bags(found), strict=True)))


@pytest.mark.parametrize("kind", HEADS)
@given(size=st.floats(0, 6), first=st.floats(0.001, 0.5), second=st.floats(0.001, 0.5))
def test_a_smaller_risk_never_needs_less(
    kind: str, size: float, first: float, second: float
) -> None:
    head = shipped().heads[kind]
    low, high = sorted((first, second))
    assert head.threshold(low, size) >= head.threshold(high, size)


@pytest.mark.parametrize("kind", HEADS)
@given(size=st.floats(0, 6), first=st.floats(-30, 30), second=st.floats(-30, 30))
def test_more_evidence_never_makes_an_answer_less_likely(
    kind: str, size: float, first: float, second: float
) -> None:
    head = shipped().heads[kind]
    low, high = sorted((first, second))
    assert head.probability(low, size) <= head.probability(high, size)


def test_a_prior_survives_its_file() -> None:
    prior = shipped()
    again = read_prior(write_prior(prior, {}))
    assert again.encoder == prior.encoder
    for kind in HEADS:
        assert np.allclose(again.heads[kind].weights, prior.heads[kind].weights)


@pytest.mark.parametrize("text", ["", "{}", '{"encoder": "x", "heads": {"full": {}}}', "[1]"])
def test_another_file_is_no_prior(text: str) -> None:
    with pytest.raises(Malformed, match="not a prior"):
        read_prior(text)


def test_probabilities_of_all_candidates_are_at_most_one_together(index: Index) -> None:
    question = "can I return my parcel"
    evidence = weigh(index, read(index, question), bags([question])[0])
    order, chances = shipped().judge("full", evidence, index.size, shipped().hear([]))
    assert sorted(order) == list(range(len(SHOP)))
    assert (np.diff(chances) <= 0).all()
    assert chances.sum() <= 1.5


def test_a_hidden_phrasing_cannot_be_found_by_itself(index: Index) -> None:
    """What a bank asks itself is judged as if the phrasing had never been there."""
    for asked in ask_itself(index):
        assert (asked.evidence.candidates[:, 0] < 0.999).all()
        if asked.answer < 0:
            assert len(asked.evidence.answers) == len(SHOP) - 1


def test_a_bank_hears_what_it_recognised(index: Index) -> None:
    heard = shipped().hear(ask_itself(index))
    assert 0 <= heard.recognised <= 1
    assert len(heard.silent) == sum(len(answer.phrasings) for answer in SHOP)
