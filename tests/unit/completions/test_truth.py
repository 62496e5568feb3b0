"""A reply never claims what did not happen, and is not mistaken for claiming it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.completions.truth import Truth
from chatbot.errors import Unsound

FALSE_WITHOUT_TICKET = [
    "I've opened a ticket for you.",
    "I have just created a support ticket.",
    "I’ve passed this on to our team.",
    "I have escalated your complaint.",
    "I'll forward this to a colleague.",
    "A ticket has been opened.",
    "Your request has been forwarded to the billing team.",
    "Your ticket number is 4711.",
    "This is ticket #4711.",
    "Someone will contact you within an hour.",
    "Our support team will get back to you soon.",
    "You will hear from us tomorrow.",
    "I will get back to you.",
    "Ich habe ein Ticket für Sie eröffnet.",
    "Ich habe Ihr Anliegen an das Team weitergeleitet.",
    "Ein Kollege meldet sich bei Ihnen.",
    "J'ai ouvert un ticket pour vous.",
    "Un collègue vous contactera demain.",
    "He abierto un tique para usted.",
    "Nuestro equipo le responderá pronto.",
]
FALSE_ALWAYS = [
    "I've refunded the full amount.",
    "I have cancelled your order.",
    "I've just sent you an e-mail.",
    "I will refund you today.",
    "I’ll cancel it for you.",
    "I'm going to change your address.",
    "Ich habe Ihre Bestellung storniert.",
    "Ich erstatte Ihnen den Betrag.",
    "J'ai remboursé votre commande.",
    "He cancelado su pedido.",
]
NO_CLAIMS = [
    "You can return it within 30 days.",
    "Would you like me to open a ticket?",
    "I can open a ticket for you, if you like.",
    "If you want, I'll pass this on to a colleague.",
    "I have not opened a ticket.",
    "I cannot refund orders myself.",
    "Your order was cancelled on 3 November.",
    "Your refund was issued yesterday.",
    "Please contact our team by e-mail.",
    "Concert tickets cannot be returned.",
    "We send every parcel within two days.",
    "I found two orders.",
    "Let me look that up.",
    "I see that you ordered a tent.",
    "We will refund you once the parcel is back.",
    "Soll ich ein Ticket eröffnen?",
    "Ihre Bestellung wurde am Montag versandt.",
    "Voulez-vous que j'ouvre un ticket ?",
    "¿Quiere que abra un tique?",
]


def said(text: str, *, tickets: tuple[int, ...] = (), company: str = "", size: int = 3) -> str:
    truth = Truth(tickets, company)
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    return "".join(truth.feed(piece) for piece in pieces) + truth.settle()


@pytest.mark.parametrize("sentence", FALSE_WITHOUT_TICKET)
def test_a_ticket_that_does_not_exist_is_never_spoken_of_as_if_it_did(sentence: str) -> None:
    truth = Truth((), "")
    shown = "".join(truth.feed(letter) for letter in f"Sure. {sentence} Bye.")
    assert sentence not in shown
    with pytest.raises(Unsound) as error:
        truth.settle()
    assert error.value.fault == "false_claim"


@pytest.mark.parametrize("sentence", FALSE_WITHOUT_TICKET)
def test_the_same_words_stand_once_the_ticket_exists(sentence: str) -> None:
    assert said(f"{sentence} Bye.", tickets=(4711,)) == f"{sentence} Bye."


@pytest.mark.parametrize("sentence", FALSE_ALWAYS)
def test_what_only_a_person_can_do_was_not_done(sentence: str) -> None:
    for tickets in ((), (7,)):
        with pytest.raises(Unsound):
            said(f"Done! {sentence}", tickets=tickets)


@pytest.mark.parametrize("sentence", NO_CLAIMS)
def test_offers_questions_facts_and_denials_are_no_claims(sentence: str) -> None:
    assert said(sentence) == sentence


def test_a_number_must_be_that_of_a_ticket_of_this_conversation() -> None:
    assert said("It is ticket #7.", tickets=(7,)) == "It is ticket #7."
    with pytest.raises(Unsound):
        said("It is ticket #8.", tickets=(7,))


def test_a_promise_that_the_company_itself_makes_stands() -> None:
    promise = "After that our team will contact you within two days."
    assert said(promise, company=f"Fill in the form. {promise}") == promise


def test_a_ticket_opened_by_this_very_completion_makes_the_words_true() -> None:
    truth = Truth((), "")
    assert truth.feed("I've opened ticket #42. Bye.") == ""
    assert truth.settle([42]) == "I've opened ticket #42. Bye."
    assert truth.feed(" It is ticket #42. ") + truth.settle() == " It is ticket #42. "


def test_nothing_overtakes_a_sentence_that_is_held_back() -> None:
    truth = Truth((), "")
    assert truth.feed("I've opened ticket #42. You can rest. Bye.") == ""
    assert truth.settle([42]) == "I've opened ticket #42. You can rest. Bye."


def test_plain_words_are_not_held_back() -> None:
    truth = Truth((), "")
    words = ["You ", "can ", "return ", "it ", "within ", "30 days."]
    assert [truth.feed(word) for word in words] == words


@given(
    st.lists(st.sampled_from([*NO_CLAIMS, "One.", "Two!\n", "3. Wash it"]), max_size=6),
    st.integers(1, 40),
)
def test_true_words_come_out_whole_however_they_arrive(sentences: list[str], size: int) -> None:
    text = " ".join(sentences)
    assert said(text, size=size) == text
