"""What all phrasings together say for an answer, and what they would say without some of them."""

import numpy as np
import pytest

from chatbot.answers import kernel


@pytest.fixture
def vectors() -> np.ndarray:
    dice = np.random.default_rng(4)
    middles = np.repeat(dice.normal(size=(5, 24)), 8, axis=0)
    found = (middles + 0.4 * dice.normal(size=middles.shape)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.fixture
def foreign() -> np.ndarray:
    found = np.random.default_rng(9).normal(size=(6, 24)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


OWNER = np.repeat(np.arange(5), 8)
EVERY = np.arange(5)


def _near(
    fitted: kernel.Kernel, vectors: np.ndarray, foreign: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    return np.concatenate([vectors, foreign])[fitted.landmarks] @ asked


def test_a_phrasing_speaks_for_its_answer_and_a_stranger_for_none(
    vectors: np.ndarray, foreign: np.ndarray
) -> None:
    fitted = kernel.fit(vectors, OWNER, 5, foreign)
    assert fitted is not None
    for row in range(0, 40, 7):
        said = fitted.scores(_near(fitted, vectors, foreign, vectors[row]), EVERY)
        assert said.argmax() == OWNER[row]
    stranger = fitted.scores(_near(fitted, vectors, foreign, foreign[0]), np.append(EVERY, -1))
    assert stranger.argmax() == 5


def test_leaving_out_is_as_if_it_had_never_been_there(
    vectors: np.ndarray, foreign: np.ndarray
) -> None:
    fitted = kernel.fit(vectors, OWNER, 5, foreign)
    hidden = np.flatnonzero(OWNER == 2)
    rest = np.flatnonzero(OWNER != 2)
    fresh = kernel.fit(vectors[rest], OWNER[rest], 5, foreign)
    assert fitted is not None
    assert fresh is not None
    asked = vectors[hidden[0]]
    gone = np.stack([_near(fitted, vectors, foreign, row) for row in vectors[hidden]])
    said = fitted.without(_near(fitted, vectors, foreign, asked), EVERY, gone, OWNER[hidden])
    anew = fresh.scores(_near(fresh, vectors[rest], foreign, asked), EVERY)
    # Only the shares of the bank that the regression starts from are not forgotten.
    assert np.abs(said - anew).max() < 0.1
    assert said[2] < 0.3 < fitted.scores(_near(fitted, vectors, foreign, asked), EVERY)[2]


def test_a_background_that_a_phrasing_asks_too_is_no_background(vectors: np.ndarray) -> None:
    fitted = kernel.fit(vectors, OWNER, 5, vectors[:3])
    assert fitted is not None
    assert (fitted.landmarks < len(vectors)).all()


def test_a_bank_without_phrasings_has_none(foreign: np.ndarray) -> None:
    nothing = np.zeros((0, 24), np.float32)
    assert kernel.fit(nothing, np.zeros(0, np.intp), 2, foreign) is None
