"""The figures that a run reports are the ones their names promise."""

import numpy as np
import pytest

from chatbot.evals.figures import Outcome, auroc, calibration_error, measure, wilson


def test_each_share_counts_what_its_name_says() -> None:
    found = measure(
        [
            Outcome("a", "a", ("a", "b"), 0.9),  # right
            Outcome("a", "b", ("b", "a"), 0.8),  # wrong
            Outcome("a", None, ("b", "c", "a"), 0.4),  # silent, and best candidate wrong
            Outcome("a", None, ("a",), 0.6),  # silent, though it knew
            Outcome(None, "a", ("a",), 0.7),  # out of the bank and answered
            Outcome(None, None, ("a",), 0.1),  # out of the bank and silent
        ]
    )
    assert found.coverage == 0.5
    assert found.in_bank_accuracy == 0.25
    assert found.wrong_among_given == pytest.approx(2 / 3)
    assert found.out_of_bank_recall == 0.5
    assert (found.top1, found.top3) == (0.5, 1.0)


def test_nothing_to_measure_is_no_figure() -> None:
    found = measure([])
    assert found.coverage is None
    assert found.wrong_among_given is None
    assert found.auroc is None


def test_ties_count_half_in_the_area() -> None:
    right = np.array([True, True, False])
    assert auroc(np.array([0.9, 0.5, 0.5]), right) == 0.75


def test_the_interval_of_no_errors_is_not_nothing() -> None:
    low, high = wilson(0, 100)
    assert low == 0
    assert 0.03 < high < 0.04


def test_scores_that_come_true_have_no_calibration_error() -> None:
    right = np.array([True] * 80 + [False] * 20)
    assert calibration_error(np.full(100, 0.8), right) == pytest.approx(0)
    assert calibration_error(np.full(100, 0.9), right) == pytest.approx(0.1)
