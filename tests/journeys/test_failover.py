"""The sixteen faults of the public Failover Bench, seen from a customer's socket."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chatbot.domain.principal import system
from tests.fault_scenarios import USAGE, refuse
from tests.fault_server import Exchange, FaultServer
from tests.journeys.failover import ANSWER, CASES, Case, Witness, whole
from tests.journeys.shop import Template
from tests.running import RunningApp, running_app
from tests.visitor import Frame, Visitor

PRIMARY, ALTERNATIVE = "primary-1", "alternative-1"
QUICK = {"CHATBOT_DEADLINES_FIRST_TOKEN_S": "1", "CHATBOT_DEADLINES_GAP_S": "1.5"}
"""Less patient than by default, so that the silent ones do not hold up the suite."""


@asynccontextmanager
async def shop_with_two(
    demo_url: str, template: Template, data_dir: Path, primary: FaultServer, other: FaultServer
) -> AsyncIterator[RunningApp]:
    """The demo company, with an alternative beside its provider."""
    async with (
        primary,
        other,
        running_app(
            demo_url,
            data_dir,
            template.encoders,
            OPENAI_BASE_URL=primary.base_url,
            CHATBOT_MODEL=PRIMARY,
            CHATBOT_ALTERNATIVE_BASE_URL=other.base_url,
            CHATBOT_ALTERNATIVE_MODEL=ALTERNATIVE,
            **QUICK,
        ) as app,
    ):
        yield app


async def calls(app: RunningApp) -> list[Frame]:
    """The call log, the newest first."""
    async with app.house.store.directory() as directory:
        home = await directory.workspace(slug="demo")
    async with app.house.store.begin(system(home.id)) as db:
        return [dict(row) for row in await db.calls.latest()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_the_customer_is_rescued_and_the_provider_is_spared(
    case: Case, demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    witness = Witness(case.requests, time.monotonic)
    primary, other = FaultServer({}, witness), FaultServer({}, case.alternative)
    async with shop_with_two(demo_url, demo_template, tmp_path, primary, other) as app:
        async with Visitor(app.base) as visitor:
            begun = time.monotonic()
            message = await visitor.ask("Please explain how trust is earned on a mountain.")
            took = time.monotonic() - begun
        booked = [row for row in await calls(app) if row["model"] in {PRIMARY, ALTERNATIVE}]

    assert visitor.shown == message["text"], "nothing else was shown at the end"
    assert took <= case.within_s
    assert case.least <= len(witness.asked) <= case.most
    assert witness.first_gap_s >= case.first_gap_s
    seconds, most = case.in_a_moment
    assert witness.within(seconds) <= most
    if not case.rescued:
        assert "can't help" in message["text"].lower() or "cannot" in message["text"].lower()
        return
    assert message["text"] == ANSWER
    rung = message["source"]["rung"]
    assert rung == ("alternative" if other.received else "model")
    answered = [row for row in booked if row["outcome"] == "ok"]
    assert [row["model"] for row in answered] == [ALTERNATIVE if other.received else PRIMARY]
    assert answered[0]["input_tokens"] == USAGE["prompt_tokens"]
    spent = [row["output_tokens"] for row in booked if row["outcome"] == "server_error"]
    assert not any(spent), "a request that failed at once costs nothing"


async def test_a_primary_that_flaps_is_left_and_taken_up_again(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> None:
    """S15: while it is down the alternative serves; once it is well, it serves within 30 s."""
    down = True

    async def flapping(exchange: Exchange) -> None:
        await (refuse(503) if down else whole())(exchange)

    primary, other = FaultServer({}, flapping), FaultServer({}, whole())
    async with (
        shop_with_two(demo_url, demo_template, tmp_path, primary, other) as app,
        Visitor(app.base) as visitor,
    ):
        for number in range(6):
            message = await visitor.ask(f"Please explain trust, part {number}.")
            assert (message["text"], message["source"]["rung"]) == (ANSWER, "alternative")
        during = sum("Please explain trust" in received.text for received in primary.received)
        down, well = False, time.monotonic()
        number = 100
        while message["source"]["rung"] != "model":
            number += 1
            message = await visitor.ask(f"Please explain trust, part {number}.")
            assert message["text"] == ANSWER
            assert time.monotonic() - well <= 30
    assert during <= 5, "five requests at most go to a provider that is down"
