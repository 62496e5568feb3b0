"""Wording: what BM25 and character n-grams make of questions, odd ones included."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from chatbot.answers.lexical import Characters, Words, folded

TEXTS = [
    "how do i return my boots",
    "when will my parcel arrive",
    "i forgot my password",
    "返品したい",
]


def likeness_of(texts: list[str], asked: str, rows: NDArray[np.intp]) -> NDArray[np.float32]:
    characters = Characters(texts)
    return characters.compare(characters.read(asked), rows)


def test_folding_keeps_words_and_drops_case_and_marks() -> None:
    assert folded("  Where's my PARCEL?! ") == "where s my parcel"
    assert folded("🙂🙂") == ""


def test_the_phrasing_with_the_rare_word_wins() -> None:
    wording = Words(TEXTS).compare("password please")
    assert wording.shares.argmax() == 2
    assert 0 < wording.unknown < 1


def test_a_question_of_unknown_words_is_wholly_unknown() -> None:
    wording = Words(TEXTS).compare("zebra giraffe")
    assert wording.unknown == 1
    assert not wording.shares.any()


def test_a_hidden_phrasing_is_as_if_never_known() -> None:
    hidden = np.array([False, False, True, False])
    wording = Words(TEXTS).compare("forgot password", hidden)
    assert wording.unknown == 1
    assert not wording.shares.any()


def test_typos_are_near_in_characters() -> None:
    likeness = likeness_of(TEXTS, "i forgott my pasword", np.arange(len(TEXTS)))
    assert likeness.argmax() == 2
    assert likeness[2] > 0.6


def test_scripts_without_spaces_are_near_in_characters() -> None:
    likeness = likeness_of(TEXTS, "返品したいです", np.arange(len(TEXTS)))
    assert likeness.argmax() == 3


def test_answers_know_words_of_all_their_phrasings_together() -> None:
    words = Words(["tent size", "boots colour", "password"])
    covered = words.covered(
        words.compare("tent colour"), np.array([0, 1, 2]), np.array([0, 0, 1]), 2
    )
    assert np.allclose(covered, [1, 0], atol=1e-5)


@given(st.lists(st.text(max_size=40), max_size=6), st.text(max_size=60))
def test_likeness_stays_between_nothing_and_the_same(texts: list[str], question: str) -> None:
    plain, asked = [folded(text) for text in texts], folded(question)
    shares = Words(plain).compare(asked).shares
    likeness = likeness_of(plain, asked, np.arange(len(plain)))
    assert shares.shape == likeness.shape == (len(texts),)
    assert (shares >= 0).all()
    assert ((likeness >= -1e-5) & (likeness <= 1 + 1e-5)).all()


@given(st.text(min_size=1, max_size=40))
def test_a_text_is_most_like_itself(text: str) -> None:
    plain = folded(text)
    likeness = likeness_of([plain, "something else entirely"], plain, np.array([0]))
    assert likeness[0] == 0 if not plain else likeness[0] > 0.999
