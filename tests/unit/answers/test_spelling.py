"""Misspelt words are mended, and nothing else is touched."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.answers.spelling import Speller, unread

WORDS = {"cancel": 4, "order": 9, "payment": 3, "protein": 5, "reimburse": 1, "creatine": 3}
ENGLISH = {"cancel", "order", "payment", "protein", "please", "where", "shipment", "charge"}
SPELLER = Speller(WORDS)


def pieces(text: str) -> int:
    """As of an encoder that knows a few English words and spells out the rest."""
    return sum(1 if word in ENGLISH else len(word) for word in text.lower().split())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Please cancle my ordre", "Please cancel my order"),
        ("where is the paymnet", "where is the payment"),
        ("where is the paymennt", "where is the payment"),
        ("where is the payent", "where is the payment"),
        ("where is the paxment", "where is the payment"),
        ("PROTIEN PLEASE", "protein PLEASE"),
        ("please creatin", "please creatin"),
        ("please cretine", "please creatine"),
    ],
)
def test_a_slip_is_mended(written: str, meant: str) -> None:
    assert SPELLER.mended(written, pieces) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "please cancel my order",
        "where is my shipment",  # a word that only the encoder knows
        "please pyamnet",  # two slips
        "please ordr",  # too short to tell
        "please reimburze",  # the bank's own word may be the misspelt one
        "please orders",  # an ending
        "please ask Ordre & Sons",  # a name
        "please 0rder paymnet1 #paymnet x_paymnet",
        "please write to paymnet@example.com or paymnet.example.com/paymnet",
        "please AB-paymnet",
        "ich möchte meine ordre ändern, bitte schnell",  # another language
    ],
)
def test_nothing_else_is_touched(text: str) -> None:
    assert SPELLER.mended(text, pieces) == text


def test_a_word_between_two_of_the_bank_stays() -> None:
    speller = Speller({"charges": 3, "changes": 3})
    assert speller.mended("please chajges", pieces) == "please chajges"


@given(st.lists(st.sampled_from(sorted(WORDS | dict.fromkeys(ENGLISH, 1))), max_size=8))
def test_what_is_spelt_right_stays_whatever_it_says(words: list[str]) -> None:
    text = " ".join(words)
    assert SPELLER.mended(text, pieces) == text


@given(st.text(max_size=40), st.text(alphabet=string.ascii_letters + " .'-", max_size=40))
def test_any_text_can_be_read(text: str, more: str) -> None:
    for each in (text, more):
        assert isinstance(SPELLER.mended(each, pieces), str)
        assert unread(each, pieces) in {True, False}


def test_a_text_in_a_script_that_is_spelt_out_counts_as_unread() -> None:
    assert unread("Как вернуть товар", pieces)
    assert unread("我的包裹在哪里", pieces)
    assert not unread("Wo ist mein Päckchen?", pieces)
    assert not unread("where is my parcel 我", pieces)
    assert not unread("Как вернуть товар", lambda text: text.count(" ") + 1)
    assert not unread("12345 !?", pieces)
