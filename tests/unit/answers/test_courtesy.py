"""A greeting around a question changes nothing about what is asked."""

import pytest

from chatbot.answers.bank import Bank
from chatbot.answers.courtesy import asked, last_sentence
from chatbot.domain.answer import Candidate, Match


@pytest.mark.parametrize(
    "message",
    [
        "Hi there, hope you are well. How long do I have to send it back?",
        "Hello! How long do I have to send it back? Thanks in advance!",
        "Dear Sir or Madam,\nHow long do I have to send it back?\nKind regards",
        "hey How long do I have to send it back?",
    ],
)
def test_what_is_around_a_question_is_left_out(message: str) -> None:
    assert asked(message) == "How long do I have to send it back?"


@pytest.mark.parametrize(
    "message",
    [
        "Hello",
        "Thank you so much",
        "hi, yes",
        "",
        "???",
        "Is the day pass good for today?",
        "thanks but where is my order",
        "What is your return policy?",
    ],
)
def test_what_is_only_courtesy_or_none_of_it_stays(message: str) -> None:
    assert asked(message) == message


def test_the_last_sentence_is_told_where_there_are_several() -> None:
    assert last_sentence("I bought a tent last week. Can I still return it? Thanks!") == (
        "Can I still return it?"
    )
    assert last_sentence("Can I still return it? I bought it last week.") == (
        "Can I still return it?"
    )
    assert last_sentence("Can I still return it? Thank you so much.") is None


def _match(verdict: str, *keys: str) -> Match:
    found = tuple(Candidate(key, key, 0.5) for key in keys)
    return Match(verdict, found, 0.9, "semantic", "1")  # type: ignore[arg-type]


def test_a_last_sentence_settles_only_what_the_whole_message_speaks_for() -> None:
    whole, last = _match("abstain", "returns", "shipping"), _match("answer", "shipping", "returns")
    assert Bank.agreed(whole, last).candidates[0].key == "shipping"
    stray = _match("answer", "jobs")
    assert Bank.agreed(whole, stray) is whole
    assert Bank.agreed(whole, _match("abstain", "shipping")) is whole


def test_a_wall_of_blanks_is_passed_as_fast_as_it_is_read() -> None:
    wall = f"Tents{' ' * 300_000}and packs"  # its square would take minutes
    assert asked(wall) == wall
