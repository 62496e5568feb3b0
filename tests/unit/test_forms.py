"""A browser's form, read with limits: every refusal names the field and the remedy."""

from collections.abc import Callable
from uuid import UUID

import pytest

from chatbot.errors import Malformed
from chatbot.http.forms import Form


def form(**fields: str | list[str]) -> Form:
    return Form(
        {name: [value] if isinstance(value, str) else value for name, value in fields.items()}
    )


def test_lines_lose_what_cannot_be_seen() -> None:
    assert form(title="  two\t words\0 ").line("title") == "two words"
    assert form(text="a\r\nb\r\n").text("text", longest=10) == "a\nb"


def test_several_values_and_several_lines_are_one_list_without_repetition() -> None:
    given = form(phrasing=["one", " two \n\none", "three"])

    assert given.lines("phrasing", most=9, longest=9) == ("one", "two", "three")
    assert form(tags="a, b,,a ,c").words("tags") == ("a", "b", "c")


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (lambda it: it.text("text", longest=9, needed=True), "Text is empty"),
        (lambda it: it.line("long", longest=3), "Long has 10 characters, at most 3"),
        (lambda it: it.lines("many", most=2, longest=9), "Many has 3 entries, at most 2"),
        (lambda it: it.lines("long", most=2, longest=9), "more than 9 characters"),
        (lambda it: it.choice("role", ("agent", "admin")), "choose one of agent, admin"),
        (lambda it: it.number("role", least=1, most=5), "write a number 1 to 5"),
        (lambda it: it.number("rank", least=1, most=5), "write a number 1 to 5"),
        (lambda it: it.day("role"), "write a day as 2026-11-20"),
        (lambda it: it.identity("role"), "Role is no id"),
    ],
)
def test_a_wrong_field_is_named_with_its_remedy(read: Callable[[Form], object], said: str) -> None:
    given = form(text="  ", long="x" * 10, many="a\nb\nc", role="king", rank="٣")

    with pytest.raises(Malformed, match=said):
        read(given)


def test_good_fields_are_what_they_mean() -> None:
    given = form(
        role="admin", rank="7", day="2026-11-20", who=str(UUID(int=9)), on="1", secret=" p "
    )

    assert given.choice("role", ("agent", "admin")) == "admin"
    assert given.number("rank", least=1, most=9) == 7
    assert str(given.day("day")) == "2026-11-20"
    assert given.day("missing") is None
    assert given.identity("who") == UUID(int=9)
    assert given.flag("on")
    assert not given.flag("missing")
    assert given.secret("secret") == " p "
