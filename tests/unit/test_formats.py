"""How pages write times, sums and names."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from jinja2 import Environment

from chatbot.domain.customer import CustomerEvent
from chatbot.domain.rule import Conditions
from chatbot.http.formats import FILTERS

NOW = datetime(2026, 11, 20, 13, 8, tzinfo=UTC)
SHOWN = Environment(autoescape=True)
SHOWN.filters.update(FILTERS)


def shown(expression: str, value: Any) -> str:  # noqa: ANN401 filters take anything
    context = {"now": NOW, "zone": ZoneInfo("Europe/Oslo"), "link_hosts": (), "it": value}
    return SHOWN.from_string("{{ it | " + expression + " }}").render(context)


@pytest.mark.parametrize(
    ("past", "words"),
    [
        (timedelta(seconds=20), "now"),
        (timedelta(minutes=16), "16 min"),
        (timedelta(hours=5, minutes=59), "5 h"),
        (timedelta(hours=26), "yesterday"),
        (timedelta(days=8), "12 Nov"),
        (timedelta(days=400), "16 Oct 2025"),
    ],
)
def test_a_moment_is_told_by_how_long_ago_it_was(past: timedelta, words: str) -> None:
    assert shown("ago", NOW - past) == words


@pytest.mark.parametrize(
    ("rest", "words", "tone"),
    [
        (timedelta(minutes=90), "Reply in 1 h 30", ""),
        (timedelta(minutes=4), "Reply in 4 min", "warning"),
        (timedelta(minutes=-1), "Reply 1 min late", "danger"),
        (timedelta(days=-3), "Reply 3 d late", "danger"),
    ],
)
def test_what_is_due_says_how_soon_and_how_bad(rest: timedelta, words: str, tone: str) -> None:
    assert shown("left", NOW + rest) == f"Left(words=&#39;{words}&#39;, tone=&#39;{tone}&#39;)"


def test_times_are_those_of_the_company() -> None:
    assert shown("clock", NOW) == "14:08"
    assert shown("full", NOW) == "20 November 2026, 14:08"
    assert shown("day", NOW) == "Today, 20 November"
    assert shown("day_machine", NOW + timedelta(hours=11)) == "2026-11-21"


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (None, "unknown"),
        (Decimal(0), "$0"),
        (Decimal("0.000209"), "$0.000209"),
        (Decimal("0.0030"), "$0.003"),
        (Decimal("1234.5"), "$1,234.50"),
    ],
)
def test_small_costs_keep_their_digits(amount: Decimal | None, words: str) -> None:
    assert shown("usd", amount) == words


@pytest.mark.parametrize(
    ("kind", "data", "words", "worth"),
    [
        (
            "order",
            {
                "order": "WM-1",
                "items": [{"name": "Tent"}, {"name": "Mat"}],
                "total": 459,
                "currency": "EUR",
                "status": "delivered",
            },
            "Order WM-1 · Tent, Mat · delivered",
            "€459.00",
        ),
        ("visit", {}, "Visit", ""),
        ("payment", {"amount": 5.5, "currency": "nok", "id": 7}, "Payment 7", "5.50 NOK"),
        ("odd", {"items": [1, None, {"x": 2}], "status": ["a"], "total": "9"}, "Odd", ""),
    ],
)
def test_an_event_is_one_line_whatever_a_company_sends(
    kind: str, data: dict[str, object], words: str, worth: str
) -> None:
    event = CustomerEvent(UUID(int=1), UUID(int=2), kind, NOW, data)

    assert shown("told", event) == words
    assert shown("worth", event) == worth


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ada Lovelace", "AL"), ("ada", "A"), ("Ana María de León", "AL"), ("", "?"), ("<b>", "?")],
)
def test_faces_carry_initials(name: str, letters: str) -> None:
    assert shown("initials", name) == letters


def test_attributes_of_any_shape_become_words() -> None:
    found = FILTERS["facts"]({"jacket_size": "M", "vip": True, "tags": ["a", 1], "x": None})

    assert found == [("Jacket size", "M"), ("Vip", "Yes"), ("Tags", "a, 1"), ("X", "–")]


def test_conditions_are_said_in_a_line() -> None:
    assert shown("applies", Conditions()) == "Always"
    assert (
        FILTERS["applies"](Conditions(plans=("trade",), locales=("de",), topics=("rain",)))
        == "trade; German; “rain”"
    )
