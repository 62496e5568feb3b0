"""The demo company tells one story: the same on the shop's page, in its answers and records."""

import json
import re
from collections import Counter
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from chatbot.demo.content import read_company
from chatbot.demo.rows import Company, DemoEvent
from chatbot.errors import Malformed

SHOP = Path(__file__).parents[2] / "web" / "templates" / "demo" / "shop.html"
TODAY = date(2026, 3, 10)


@pytest.fixture(scope="module")
def company() -> Company:
    return read_company()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the company that a test may spoil."""
    packaged = files("chatbot.demo") / "company"
    for name in (
        "answers.jsonl",
        "company.json",
        "conversations.json",
        "customers.json",
        "rules.json",
    ):
        (tmp_path / name).write_bytes((packaged / name).read_bytes())
    return tmp_path


def orders(company: Company) -> list[DemoEvent]:
    return [e for customer in company.customers for e in customer.events if e.kind == "order"]


def test_there_is_enough_of_everything_to_fill_every_screen(company: Company) -> None:
    states = Counter(answer.state for answer in company.answers)
    assert states["published"] >= 64
    assert states["draft"] >= 4
    assert len(company.rules) == 12
    assert len(company.customers) == 20
    assert 8 <= len(company.conversations) <= 10
    assert Counter(login.role for login in company.profile.logins) == {
        "owner": 1,
        "admin": 1,
        "agent": 2,
    }


def test_the_review_queue_and_every_state_of_a_conversation_are_shown(company: Company) -> None:
    tickets = [talk.ticket for talk in company.conversations if talk.ticket]
    waiting = [t for t in tickets if (t.status, t.review) == ("open", "pending")]
    assert len(tickets) >= 6
    assert len(waiting) >= 3
    assert all(ticket.opened_by == "bot" for ticket in waiting)
    assert {talk.state for talk in company.conversations} == {"bot", "waiting", "human", "resolved"}
    spoken = [message for talk in company.conversations for message in talk.messages]
    assert {message.role for message in spoken} == {"customer", "bot", "agent", "note"}
    assert {m.rung for m in spoken if m.role == "bot"} == {"model", "answer_bank", "handoff"}


def test_rules_differ_in_when_they_apply(company: Company) -> None:
    kinds = {
        tuple(bool(part) for part in (c.plans, c.locales, c.topics, c.starts_in_days is not None))
        for c in (rule.conditions for rule in company.rules)
    }
    assert len(kinds) >= 5
    assert not all(rule.enabled for rule in company.rules)
    assert len({rule.rank for rule in company.rules}) == 12


def test_answers_are_short_enough_to_be_read_in_a_widget(company: Company) -> None:
    assert [a.answer_id for a in company.answers if not 60 <= len(a.answer) <= 460] == []
    assert [a.title for a in company.answers if len(a.title) > 60] == []
    assert [q for a in company.answers for q in a.questions if len(q) > 90] == []


def test_no_text_names_a_vendor_or_was_left_unfinished(company: Company) -> None:
    spoken = [message.text for talk in company.conversations for message in talk.messages]
    texts = [*(a.answer for a in company.answers), *(r.text for r in company.rules), *spoken]
    forbidden = re.compile(r"\b(lorem|todo|tbd|xxx|openai|gpt|chatgpt|redis|llm)\b", re.IGNORECASE)
    assert [text for text in texts if forbidden.search(text)] == []


def test_a_saved_answer_that_was_given_is_worded_as_it_is_saved(company: Company) -> None:
    saved = {answer.answer_id: answer.answer for answer in company.answers}
    given = [
        message
        for talk in company.conversations
        for message in talk.messages
        if message.rung == "answer_bank"
    ]
    assert [message.text for message in given] == [saved[message.answers[0]] for message in given]


def test_an_orders_total_is_its_items_and_delivery_less_the_discount(company: Company) -> None:
    for order in (event.data for event in orders(company)):
        items = sum(item["price"] * item["quantity"] for item in order["items"])
        total = items + order["delivery"] - order.get("discount", 0)
        assert order["total"] == pytest.approx(total), order["order"]


def test_newer_orders_have_higher_numbers(company: Company) -> None:
    oldest_first = sorted(orders(company), key=lambda event: -event.days_ago)
    numbers = [event.data["order"] for event in oldest_first]
    assert numbers == sorted(numbers)


def test_payments_deliveries_and_returns_belong_to_an_order_of_the_same_customer(
    company: Company,
) -> None:
    for customer in company.customers:
        own = {e.data["order"] for e in customer.events if e.kind == "order"}
        named = {e.data["order"] for e in customer.events if "order" in e.data}
        assert named <= own, customer.external_id


def test_a_product_costs_the_same_in_orders_in_answers_and_on_the_shops_page(
    company: Company,
) -> None:
    prices = {
        (item["name"], item["price"])
        for order in orders(company)
        for item in order.data["items"]
        if item["price"]
    }
    catalogue = dict(prices)
    assert len(catalogue) == len(prices)

    choice = next(a.answer for a in company.answers if a.answer_id == "tent-choice")
    told = re.findall(r"\*\*(.+?)\*\*.*€(\d+)", choice)
    page = SHOP.read_text(encoding="utf-8")
    shown = re.findall(r"<h3>([^<]+)</h3>.*?€(\d+)", page, re.DOTALL)
    assert len(told) == 3
    assert len(shown) >= 6
    assert [name for name, price in told + shown if catalogue[name] != float(price)] == []


def test_days_are_counted_from_the_day_of_loading(company: Company) -> None:
    parcel = next(
        e for c in company.customers for e in c.events if e.id == "delivery-WM-30933"
    ).facts(TODAY)
    assert parcel["expected"] == "2026-03-05"
    assert parcel["carrier"] == "Parcelway"
    assert not [name for name in parcel if name.endswith("_in_days")]

    wash = next(rule for rule in company.rules if rule.key == "down-wash-weeks").conditions
    assert (wash.on(TODAY).starts, wash.on(TODAY).ends) == (date(2026, 2, 28), date(2026, 4, 19))


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("answers.jsonl", '"title":', '"titel":', "answers.jsonl, line 1: .*titel"),
        ("answers.jsonl", "return-start", "returns-window", "'returns-window' appears twice"),
        ("answers.jsonl", "track my order", "HOW  can I pay", "'how can i pay' is asked twice"),
        ("answers.jsonl", "wrenmoor.example/jobs", "evil.example/jobs", "evil.example.* elsewhere"),
        ("answers.jsonl", "https://wrenmoor", "http://wrenmoor", "http://.* leads elsewhere"),
        ("rules.json", '"trade"', '"tarde"', "no customer has the plan 'tarde'"),
        ("rules.json", '"ends_in_days": 40', '"ends_in_days": -40', "ends before it starts"),
        ("customers.json", '"wmr-1002"', '"wmr-1001"', "customer 'wmr-1001' appears twice"),
        ("customers.json", '"order-WM-30933"', '"order-WM-30712"', "event .* appears twice"),
        ("customers.json", '"renews_in_days": 12,', '"renews_in_days": 1.5,', "whole days"),
        ("customers.json", '"kind": "repair"', '"kind": "visit"', "customers.json: .*visit"),
        ("conversations.json", '"wmr-1004"', '"wmr-9999"', "no customer 'wmr-9999'"),
        ("conversations.json", '"tent-mould"', '"recall-check"', "no published answer"),
        ("conversations.json", '"by": "Emre Aydın"', '"by": "Nobody"', "'Nobody', who has no"),
        ("conversations.json", '"days_ago": 0.06', '"days_ago": 0.01', "none in the future"),
        ("conversations.json", '"message_index": 3', '"message_index": 4', "is not the bot's"),
        ("conversations.json", ', "rung": "handoff"', "", "needs `rung`"),
        ("company.json", "Europe/Dublin", "Europe/Dulbin", "'Europe/Dulbin' is no time zone"),
    ],
)
def test_a_mistake_is_refused_in_a_sentence_that_names_it(
    folder: Path, name: str, old: str, new: str, said: str
) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(Malformed, match=said) as refused:
        read_company(folder)
    assert name in str(refused.value)


def test_every_row_of_the_answers_can_be_imported_as_it_is() -> None:
    """The file is also the example that people start their own import from."""
    text = (files("chatbot.demo") / "company" / "answers.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    allowed = {"answer_id", "title", "questions", "answer", "state", "tags", "locale"}
    assert all(set(row) == allowed for row in rows)
