"""Words that turn an answer around are seen, and others are let pass."""

import pytest

from chatbot.answers.veto import difference

APART = [
    ("Can I return boots within two weeks?", "Can I return boots within six weeks?", "numbers"),
    ("Is the limit 20 a day?", "Is the limit 200 a day?", "numbers"),
    ("Do you ship to Canada?", "Don't you ship to Canada?", "negation"),
    ("Which items can be returned?", "Which items cannot be returned?", "negation"),
    ("How do I activate a card?", "How do I deactivate a card?", "opposites"),
    ("How do I subscribe to the letter?", "How do I unsubscribe from the letter?", "opposites"),
    ("Can I exchange from EUR to GBP?", "Can I exchange from GBP to EUR?", "order"),
    (
        "Can I move it from the shop to a locker?",
        "Can I move it from a locker to the shop?",
        "order",
    ),
    ("Do you take Visa?", "Do you take Mastercard?", "names"),
    ("Do you deliver to Norway?", "Do you deliver to Sweden?", "names"),
    ("Do you deliver?", "Do you deliver to Sweden?", "names"),
    ("Is the Plover good in rain?", "Is the Heron good in rain?", "names"),
    ("How long does it take?", "How much does it take?", "question"),
    ("How do I get a new card?", "How do I add a new card?", "deed"),
    ("Can I change my address?", "Can I delete my address?", "deed"),
]
ALIKE = [
    ("what payment methods do you accept", "Which payment methods do you accept?"),
    ("what is the curlew club", "What's the Curlew Club?"),
    ("where are your shops", "WHERE ARE YOUR SHOPS LOCATED?"),
    ("How long does delivery take to France?", "How long does delivery to France take?"),
    ("do you sell gift cards", "Do you sell any gift card?"),
    ("How do I wash a down jacket?", "How do I wash my down jacket?"),
    ("How do I order a new card?", "How do I get a new card?"),
    ("How do I get to change my plan?", "How do I change my plan?"),
    ("How much is delivery to Norway?", "What does delivery to Norway cost?"),
]


@pytest.mark.parametrize(("one", "other", "why"), APART)
def test_what_turns_an_answer_around_is_seen_both_ways(one: str, other: str, why: str) -> None:
    assert difference(one, other) == why
    assert difference(other, one) == why


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_the_same_question_in_other_words_passes(one: str, other: str) -> None:
    assert difference(one, other) is None
    assert difference(one, one) is None
