"""A bug in what comes before the ladder: the customer gets an answer all the same."""

import pytest

from tests.running import RunningApp
from tests.visitor import Visitor


class Bug(Exception):
    """Nobody thought of this one."""


def fail(*_: object, **__: object) -> None:
    raise Bug("on purpose")


@pytest.mark.parametrize(
    "broken", ["chatbot.answers.bank.Bank.match", "chatbot.ladder.asking.assemble"]
)
async def test_what_fails_before_the_ladder_leaves_the_turn_to_the_other_rungs(
    app: RunningApp, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setattr(broken, fail)
    async with Visitor(app.base) as visitor:
        message = await visitor.ask("What is your return policy?", within_s=8)
    (ticket,) = visitor.all("ticket")
    assert message["source"]["rung"] == "handoff"
    assert f"#{ticket['number']}" in message["text"]
