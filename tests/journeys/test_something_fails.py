"""A bug in what comes before the ladder: the customer gets an answer all the same."""

import pytest

from tests.running import RunningApp
from tests.visitor import Visitor


class Bug(Exception):
    """Nobody thought of this one."""


def fail(*_: object, **__: object) -> None:
    raise Bug("on purpose")


async def test_a_bank_that_fails_leaves_the_turn_to_the_other_rungs(
    app: RunningApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.answers.bank.Bank.match", fail)
    async with Visitor(app.base) as visitor:
        message = await visitor.ask("What is your return policy?", within_s=8)
    (ticket,) = visitor.all("ticket")
    assert message["source"]["rung"] == "handoff"
    assert f"#{ticket['number']}" in message["text"]


async def test_a_context_that_cannot_be_made_leaves_the_turn_to_a_person(
    app: RunningApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatbot.ladder.asking.assemble", fail)
    async with Visitor(app.base) as visitor:
        message = await visitor.ask("What is your return policy?", within_s=8)
    (ticket,) = visitor.all("ticket")
    assert message["source"]["rung"] == "handoff"
    assert f"#{ticket['number']}" in message["text"]
