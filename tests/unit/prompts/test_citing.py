"""A citation becomes a source, and no customer ever sees its mark."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.prompts.citing import Citations, handles

KNOWN = handles([("returns-window", "Returns"), ("a/b:c.1", "Odd"), ("Has spaces?", "Spaces")])


def cut(text: str, sizes: list[int]) -> list[str]:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(text[at : at + size])
        at += size
    return [piece for piece in (*pieces, text[at:]) if piece]


def shown(pieces: list[str]) -> tuple[str, list[str]]:
    citations = Citations(KNOWN)
    said = [citations.feed(piece) for piece in pieces]
    assert not any("[[returns" in "".join(said[: n + 1]) for n in range(len(said)))
    return "".join(said) + citations.end(), [key for key, _ in citations.cited]


MARKED = [
    ("Within 30 days. [[returns-window]]", "Within 30 days.", ["returns-window"]),
    ("One.[[returns-window]] Two. [[a/b:c.1]]\n", "One. Two.\n", ["returns-window", "a/b:c.1"]),
    ("Both [[returns-window, a/b:c.1]].", "Both.", ["returns-window", "a/b:c.1"]),
    ("Both [[returns-window]] [[answer-3]]!", "Both!", ["returns-window", "Has spaces?"]),
    ("Twice [[returns-window]] [[returns-window]]", "Twice", ["returns-window"]),
    ("Made up. [[no-such-answer]]", "Made up.", []),
    ("if [[ -f file ]]; then [x] a[0][1]", "if [[ -f file ]]; then [x] a[0][1]", []),
    ("[a link](https://x.test) [[", "[a link](https://x.test) [[", []),
    ("open [[returns-window", "open [[returns-window", []),
    ("[[" + "x" * 400 + "]]", "[[" + "x" * 400 + "]]", []),
    ("plain words ", "plain words ", []),
]


@pytest.mark.parametrize(("text", "seen", "cited"), MARKED)
@given(sizes=st.lists(st.integers(1, 9), max_size=30))
def test_marks_are_taken_out_however_the_words_arrive(
    text: str, seen: str, cited: list[str], sizes: list[int]
) -> None:
    citations = Citations(KNOWN)
    said = "".join(citations.feed(piece) for piece in cut(text, sizes)) + citations.end()
    assert said == seen
    assert [key for key, _ in citations.cited] == cited


def test_a_mark_is_not_shown_for_a_moment() -> None:
    for size in range(1, 12):
        pieces = cut("Sure. [[returns-window]] Bye.", [size] * 10)
        assert shown(pieces) == ("Sure. Bye.", ["returns-window"])


def test_words_without_brackets_are_not_held_back() -> None:
    citations = Citations(KNOWN)
    assert [citations.feed(word) for word in ("Re", "turns", " are free")] == [
        "Re",
        "turns",
        " are free",
    ]


def test_a_wall_of_blanks_passes_as_fast_as_it_is_read() -> None:
    wall = f"[{' ' * 300_000}x[["  # its square would take minutes
    assert shown([wall]) == (wall, [])
