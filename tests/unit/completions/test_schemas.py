"""Nothing gets past the gate that a tool's schema does not allow."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.completions.schemas import TOOLS, BadCall, checked
from chatbot.domain.ask import ToolCall

TICKET = {
    "priority": "high",
    "category": "billing",
    "subject": "Charged twice",
    "summary": "The customer was charged twice for F-1042.",
}
BAD = [
    ("open_ticket", {**TICKET, "customer_id": "somebody-else"}, "customer_id"),
    ("open_ticket", {**TICKET, "workspace": "other"}, "workspace"),
    ("open_ticket", {**TICKET, "ticket": 7}, "ticket"),
    ("open_ticket", {**TICKET, "priority": "urgent"}, "urgent"),
    ("open_ticket", {**TICKET, "category": ["billing"]}, "category"),
    ("open_ticket", {**TICKET, "subject": None}, "subject"),
    ("open_ticket", {**TICKET, "subject": " \u0000 "}, "blank"),
    ("open_ticket", {**TICKET, "subject": "x" * 121}, "120"),
    ("open_ticket", {**TICKET, "summary": "x" * 100_000}, "longer than 8000"),
    ("open_ticket", {"priority": "high"}, "missing"),
    ("open_ticket", [TICKET], "array"),
    ("open_ticket", '{"priority": "hi', "not valid JSON"),
    ("open_ticket", "", "missing"),
    ("open_ticket", "[" * 7_000, "array"),
    ("open_ticket", '{"subject": "\\ud800"}', "not valid JSON"),
    ("lookup_events", {"kind": "order", "limit": 0}, "limit"),
    ("lookup_events", {"kind": "order", "limit": 21}, "limit"),
    ("lookup_events", {"kind": "order", "limit": "all"}, "limit"),
    ("lookup_events", {"kind": "order", "limit": 5, "customer": "c2"}, "customer"),
    ("lookup_events", {"limit": 5}, "kind"),
    ("delete_customer", {}, "no such tool"),
    ("", {}, "no such tool"),
]


def call(name: str, arguments: object) -> ToolCall:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return ToolCall("call_1", name, text)


def test_good_arguments_pass_as_they_are() -> None:
    assert checked(call("open_ticket", TICKET), TOOLS) == TICKET
    found = checked(call("lookup_events", {"kind": "order", "limit": 5}), TOOLS)
    assert found == {"kind": "order", "limit": 5}


@pytest.mark.parametrize(("name", "arguments", "said"), BAD)
def test_bad_arguments_are_refused_in_one_sentence(
    name: str,
    arguments: object,
    said: str,
) -> None:
    with pytest.raises(BadCall, match=said) as error:
        checked(call(name, arguments), TOOLS)
    assert len(str(error.value)) < 400


def test_a_tool_that_is_not_offered_now_cannot_be_called() -> None:
    with pytest.raises(BadCall, match="you can call: none"):
        checked(call("open_ticket", TICKET), ())


def test_characters_that_nobody_can_read_do_not_reach_an_agent() -> None:
    written = {**TICKET, "subject": "Ref\u0000und\u202e \x1b[31mnow", "summary": "One\nTwo\u200b"}
    arguments = checked(call("open_ticket", written), TOOLS)
    assert arguments["subject"] == "Refund [31mnow"
    assert arguments["summary"] == "One\nTwo"


@given(st.text(max_size=300))
def test_no_text_whatever_breaks_the_gate(arguments: str) -> None:
    with pytest.raises(BadCall):
        checked(call("open_ticket", arguments), TOOLS)


def test_the_schemas_are_strict_and_name_nobody() -> None:
    for tool in TOOLS:
        assert tool.parameters["additionalProperties"] is False
        assert tool.parameters["required"] == list(tool.parameters["properties"])
        assert not {"customer", "customer_id", "workspace", "conversation"} & set(
            tool.parameters["properties"]
        )
