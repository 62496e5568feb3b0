"""Which rules hold for a question."""

from datetime import date
from typing import Any

import pytest

from chatbot.context.rules import applying
from chatbot.domain.rule import Rule
from tests.asks import rule

TODAY = date(2026, 11, 20)


def holding(
    *rules: Rule, plan: str = "plus", locale: str = "de-AT", texts: tuple[str, ...] = ("Hi",)
) -> list[str]:
    found = applying(rules, plan=plan, locale=locale, texts=texts, today=TODAY)
    return [one.title for one in found]


def test_a_rule_without_conditions_always_holds_and_the_lowest_rank_comes_first() -> None:
    assert holding(rule("Second", rank=2), rule("First", rank=1)) == ["First", "Second"]


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({"plans": ("Plus", "gold")}, True),
        ({"plans": ("gold",)}, False),
        ({"locales": ("de",)}, True),
        ({"locales": ("de-AT",)}, True),
        ({"locales": ("de_AT",)}, True),
        ({"locales": ("de-CH", "en")}, False),
        ({"locales": ("d",)}, False),
        ({"starts": TODAY, "ends": TODAY}, True),
        ({"starts": date(2026, 11, 21)}, False),
        ({"ends": date(2026, 11, 19)}, False),
        ({"plans": ("plus",), "locales": ("en",)}, False),
    ],
)
def test_every_part_that_is_given_must_hold(conditions: dict[str, Any], holds: bool) -> None:  # noqa: FBT001
    assert bool(holding(rule("One", **conditions))) is holds


@pytest.mark.parametrize(
    ("topic", "said", "holds"),
    [
        ("return", "Can I RETURNED goods?", True),
        ("return", "an unreturned item", False),
        ("gift card", "my gift\ncard is lost", True),
        ("vat", "Do you charge VAT?", True),
        ("vat", "a vatican guide", False),
        ("größe", "Welche GRÖSSE passt?", True),
        ("退货", "我想退货可以吗", True),
        ("c++", "I like c++ books", True),
        ("  ", "anything", False),
        ("(", "a ( b", True),
    ],
)
def test_topics_are_looked_for_as_words(topic: str, said: str, holds: bool) -> None:  # noqa: FBT001
    assert bool(holding(rule("One", topics=(topic,)), texts=(said,))) is holds


def test_a_topic_of_an_earlier_message_still_holds() -> None:
    assert holding(rule("One", topics=("tent",)), texts=("And how much?", "I want a tent"))
