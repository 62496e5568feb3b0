"""The classifier of own affairs is fitted on sorted intents, and says what it is worth."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from chatbot.answers.ownstate import read_own_state, shipped, write_own_state
from chatbot.errors import Malformed
from chatbot.evals.ownstate import intents, train_own_state
from chatbot.evals.sources import Source


class TwoWays:
    """An encoder for which questions with a star point one way and others the other way."""

    fingerprint, dimensions, ready = "two-ways", 2, True

    def pieces(self, text: str) -> int:
        return len(text.split())

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([[1, 0] if "*" in text else [0, 1] for text in texts], np.float32)


def source(name: str) -> Source:
    own, public = intents()[name]["own"][0], intents()[name]["public"][0]
    groups = {
        own: tuple(f"* {word}" for word in "abcdefghij"),
        public: tuple("abcdefghij"),
        "neither": ("* left out",),
    }
    return Source(name, groups, ())


def silent(_doing: str, _done: int, _of: int) -> None:
    """Nobody watches."""


async def test_it_keeps_own_questions_away_also_in_a_source_it_has_not_seen() -> None:
    names = sorted(intents())[:2]
    found, report = await train_own_state(
        [source(name) for name in names], TwoWays(), progress=silent
    )

    own, public = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
    assert found.odds(own) > found.odds(public)
    assert found.is_own(own)
    for name in names:
        assert report[name]["questions"] == 20
        assert report[name]["source_left_out"]["recall"] == 1
    again = read_own_state(write_own_state(found, report))
    assert again.is_own(own)
    assert again.odds(public) == pytest.approx(found.odds(public), abs=1e-3)


async def test_one_source_is_not_enough() -> None:
    with pytest.raises(Malformed, match="two or more"):
        await train_own_state([source("bitext")], TwoWays(), progress=silent)


def test_what_is_no_classifier_is_refused() -> None:
    with pytest.raises(Malformed, match="no classifier"):
        read_own_state('{"encoder": "x"}')


def test_an_intent_is_own_or_public_and_never_both() -> None:
    for name, sides in intents().items():
        assert set(sides["own"]).isdisjoint(sides["public"]), name
    assert shipped().weights.shape == (384,)
