"""How judgements of single answers change the chance that these are given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from chatbot.answers.reputation import UNJUDGED, Reputation
from chatbot.domain.given import Thumbs

CHANCES = (0.02, 0.5, 0.87, 0.95, 0.999)
MANY = st.integers(0, 300)


def test_nothing_changes_without_judgements() -> None:
    for known in (UNJUDGED, Reputation.of({"other": Thumbs(3, 9)})):
        assert [known.weighed("returns", chance) for chance in CHANCES] == list(CHANCES)


@pytest.mark.parametrize("alone", [Thumbs(helpful=1), Thumbs(unhelpful=1), Thumbs(1, 1)])
def test_nobody_alone_moves_an_answer(alone: Thumbs) -> None:
    known = Reputation.of({"returns": alone})
    assert [known.weighed("returns", chance) for chance in CHANCES] == list(CHANCES)


def test_the_standing_is_a_posterior_mean_over_the_banks_own() -> None:
    """One judgement of each kind is not counted; the prior is worth thirty at the bank's share."""
    known = Reputation.of({"returns": Thumbs(5, 13), "delivery": Thumbs(31, 5)})
    usual = beta(24 + 4 + 30, 6 + 12 + 4).mean()
    mean = beta(30 * usual + 4, 30 * (1 - usual) + 12).mean()
    assert known.standing("returns") == pytest.approx(mean / usual)
    assert known.weighed("returns", 0.9) == pytest.approx(0.9 * mean / usual)


def test_sixteen_against_take_a_third_of_the_chance_away() -> None:
    known = Reputation.of({"returns": Thumbs(unhelpful=16)})
    assert known.weighed("returns", 0.96) == pytest.approx(0.64)


def test_an_answer_that_does_as_well_as_its_bank_is_given_as_before() -> None:
    """Customers judge rather what annoyed them: a low share of all is no fault of one."""
    known = Reputation.of({str(number): Thumbs(61, 41) for number in range(20)})
    assert known.weighed("3", 0.95) == pytest.approx(0.95, abs=0.005)


@given(MANY, MANY, st.floats(0, 1))
def test_praise_takes_off_a_fifth_of_the_doubt_at_most(up: int, down: int, chance: float) -> None:
    found = Reputation.of({"a": Thumbs(up, down), "b": Thumbs(9, 9)}).weighed("a", chance)
    assert 0 <= found <= 1 - 0.8 * (1 - chance) + 1e-12


@given(MANY, MANY, st.floats(0.01, 1))
def test_another_complaint_never_makes_an_answer_likelier(
    up: int, down: int, chance: float
) -> None:
    before, after = (
        Reputation.of({"a": Thumbs(up, more)}).weighed("a", chance) for more in (down, down + 1)
    )
    assert after <= before + 1e-12
