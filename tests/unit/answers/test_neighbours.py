"""The nearest kept question, its lead over those with other answers, and bounded memory."""

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

from chatbot.answers import neighbours
from chatbot.answers.neighbours import Neighbours

X = np.array([1, 0, 0], np.float32)
Y = np.array([0, 1, 0], np.float32)


def towards(other: float) -> np.ndarray:
    """A vector near X that leans to Y."""
    made = X + other * Y
    return (made / np.linalg.norm(made)).astype(np.float32)


def test_the_margin_is_to_the_nearest_with_another_answer() -> None:
    near = Neighbours()
    near.put("s", "a", "first?", frozenset({"one"}), X)
    near.put("s", "b", "again?", frozenset({"one"}), towards(0.1))
    near.put("s", "c", "other?", frozenset({"two"}), Y)
    found = near.nearest("s", towards(0.05))

    assert found is not None
    assert found.key in {"a", "b"}
    assert found.answers == {"one"}
    assert found.score == pytest.approx(0.9988, abs=1e-3)
    assert found.margin == pytest.approx(found.score - 0.0499, abs=1e-3)


def test_without_a_rival_the_margin_is_whole() -> None:
    near = Neighbours()
    near.put("s", "a", "first?", frozenset({"one"}), X)
    found = near.nearest("s", X)

    assert found is not None
    assert found.margin == 2
    assert near.nearest("another", X) is None


def test_free_text_is_a_rival_to_everything() -> None:
    near = Neighbours()
    near.put("s", "a", "first?", frozenset({"one"}), X)
    near.put("s", "b", "free?", frozenset(), X)
    near.put("s", "c", "free too?", frozenset(), X)
    found = near.nearest("s", X)

    assert found is not None
    assert found.margin == pytest.approx(0)


def test_a_question_kept_again_takes_the_place_of_itself() -> None:
    near = Neighbours()
    near.put("s", "a", "first?", frozenset({"one"}), X)
    near.put("s", "a", "first!", frozenset({"two"}), Y)
    found = near.nearest("s", Y)

    assert len(near) == 1
    assert found is not None
    assert (found.question, found.answers, found.margin) == ("first!", {"two"}, 2)


def test_what_is_dropped_is_found_no_more_and_is_nobodys_rival() -> None:
    near = Neighbours()
    near.put("s", "a", "first?", frozenset({"one"}), X)
    near.put("s", "b", "other?", frozenset({"two"}), towards(0.2))
    near.drop("s", "b")
    near.drop("s", "never there")
    found = near.nearest("s", X)

    assert found is not None
    assert (found.key, found.margin) == ("a", 2)


def test_the_oldest_question_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "PER_SCOPE", 3)
    near = Neighbours()
    for name in "abcd":
        near.put("s", name, name, frozenset({name}), towards(ord(name) / 10))
    found = near.nearest("s", towards(ord("a") / 10))

    assert len(near) == 3
    assert found is not None
    assert found.key == "b"


def test_the_scope_not_asked_for_longest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "MOST", 2)
    near = Neighbours()
    near.put("first", "a", "a", frozenset({"a"}), X)
    near.put("second", "b", "b", frozenset({"b"}), X)
    near.nearest("first", X)
    near.put("third", "c", "c", frozenset({"c"}), X)

    assert near.nearest("second", X) is None
    assert near.nearest("first", X) is not None
    assert len(near) == 2


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize("cited", [False, True], ids=["free text", "cited"])
def test_what_went_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, *, cited: bool) -> None:
    monkeypatch.setattr(neighbours, "PER_SCOPE", 3)
    near, before = Neighbours(), 0
    for number in range(5_010):
        if number == 10:
            before, _ = tracemalloc.get_traced_memory()
        key = f"reply:{number}"
        near.put("s", key, "?", frozenset({key} if cited else ()), X)
    after, _ = tracemalloc.get_traced_memory()

    assert len(near) == 3
    assert after - before < 100_000


@pytest.mark.usefixtures("traced")
def test_a_scope_with_one_question_is_small() -> None:
    near, vector = Neighbours(), np.ones(384, np.float32)
    for number in range(1_000):
        near.put(f"language {number}", "a", "first?", frozenset({"one"}), vector)

    assert tracemalloc.get_traced_memory()[0] < 5_000_000
