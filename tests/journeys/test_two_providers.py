"""Two providers from the file: the Responses API with two keys, and an alternative elsewhere."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fault_catalogue import fault_server
from tests.fault_scenarios import call, refuse, reply
from tests.fault_server import MODEL, FaultServer
from tests.journeys.shop import Template
from tests.running import RunningApp, running_app
from tests.visitor import Visitor

NEW, OLD, OTHER = "sk-made-up-new-1111", "sk-made-up-old-2222", "sk-made-up-other-3333"
FILE = """
[[providers]]
name = "first"
model = "{model}"
api = "responses"
base_url = "{first}"
api_key_env = "FIRST_KEYS"

[[providers]]
name = "second"
model = "{model}"
base_url = "{second}"
api_key_env = "SECOND_KEY"
"""
TICKET = {
    "priority": "high",
    "category": "billing",
    "subject": "Refund is missing",
    "summary": "The parcel arrived, the refund did not.",
}


@dataclass(frozen=True)
class Pair:
    app: RunningApp
    first: FaultServer
    second: FaultServer


@pytest.fixture
async def pair(demo_url: str, demo_template: Template, tmp_path: Path) -> AsyncIterator[Pair]:
    async with fault_server() as first, fault_server() as second:
        file = tmp_path / "chatbot.toml"
        file.write_text(FILE.format(model=MODEL, first=first.base_url, second=second.base_url))
        environment = {
            "CHATBOT_CONFIG": str(file),
            "FIRST_KEYS": f"{NEW},{OLD}",
            "SECOND_KEY": OTHER,
        }
        async with running_app(demo_url, tmp_path, demo_template.encoders, **environment) as app:
            yield Pair(app, first, second)


async def test_a_revoked_key_is_not_noticed_and_the_tool_loop_goes_on_in_responses(
    pair: Pair,
) -> None:
    pair.first.by_key[NEW] = refuse(401, "invalid_api_key", f"Incorrect API key: {NEW}")
    pair.first.script += [call("open_ticket", TICKET), reply("A colleague will contact you here.")]
    async with Visitor(pair.app.base) as visitor:
        message = await visitor.ask("Where is my refund? I want a person to look at it.")
        assert visitor.all("ticket")
    assert message["text"].startswith("A colleague will contact you here.")
    assert message["source"]["rung"] == "model"
    assert [sent.key for sent in pair.first.received] == [NEW, OLD, OLD]
    asked, *_, told = [item for item in pair.first.received[-1].body["input"] if "call_id" in item]
    assert json.loads(asked["arguments"]) == TICKET
    assert (asked["type"], told["type"]) == ("function_call", "function_call_output")
    assert asked["call_id"] == told["call_id"]
    assert pair.second.received == []


async def test_without_a_key_that_works_the_alternative_answers(pair: Pair) -> None:
    pair.first.default = refuse(429, "insufficient_quota")
    pair.second.default = reply("Returns are ", "free.")
    async with Visitor(pair.app.base) as visitor:
        message = await visitor.ask("Do you sell rope?")
        assert message["text"] == "Returns are free."
        assert message["source"]["rung"] == "alternative"
        assert [sent.key for sent in pair.first.received] == [NEW, OLD]
        assert {sent.key for sent in pair.second.received} == {OTHER}
        message = await visitor.ask("And anything to tie it with?")
    assert message["text"] == "Returns are free."
