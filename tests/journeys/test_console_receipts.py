"""With a model: what agents see of each reply's making, and what it all cost."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fault_scenarios import call, refuse, reply
from tests.fault_server import FaultServer
from tests.journeys.desk import signed_in
from tests.journeys.shop import Template, shop
from tests.journeys.shop import signed_in as customer
from tests.running import RunningApp

TICKET = {
    "priority": "high",
    "category": "billing",
    "subject": "Refund for WM-30712 is missing",
    "summary": "The parcel arrived, the refund did not.",
}


@pytest.fixture
async def both(
    demo_url: str, demo_template: Template, tmp_path: Path
) -> AsyncIterator[tuple[RunningApp, FaultServer]]:
    async with shop(demo_url, demo_template, tmp_path) as running:
        yield running


async def test_a_models_reply_shows_its_sources_tokens_and_cost(
    both: tuple[RunningApp, FaultServer],
) -> None:
    app, provider = both
    provider.script.append(reply("You have 45 days. ", "[[returns-window]]"))
    visitor = await customer(app, "wmr-1001")
    await visitor.ask("How long do I have to send something back?")
    async with signed_in(app, "admin") as admin:
        page = await admin.get(f"/console/conversations/{visitor.conversation}")
        log = await admin.get("/admin/calls")
    await visitor.leave()

    context = page.words.partition("Sources")[2]
    assert "cited" in context
    assert "Rung Model" in context
    assert "Prompt support" in context
    assert "Calls 1" in context
    assert "Aoife Brennan" in page.words
    assert "Order WM-30712" in page.words
    assert page.links("/admin/answers/edit/returns-window")
    assert "Whole" in log.words
    assert "Calls 1" in log.words


async def test_a_failed_model_is_named_beside_the_rung_that_stepped_in(
    both: tuple[RunningApp, FaultServer],
) -> None:
    app, provider = both
    provider.script += [refuse(500), refuse(500), refuse(500)]
    visitor = await customer(app, "wmr-1001")
    await visitor.ask("what are your opening hours in Galway")
    async with signed_in(app, "agent") as agent:
        page = await agent.get(f"/console/conversations/{visitor.conversation}")
    await visitor.leave()

    receipt = page.words.partition("Receipt turn of")[2]
    assert "Rung Answer bank" in receipt
    assert "Declined" in receipt
    assert "Model:" in receipt


async def test_a_ticket_from_a_tool_is_on_its_page_with_what_it_rests_on(
    both: tuple[RunningApp, FaultServer],
) -> None:
    app, provider = both
    provider.script += [call("open_ticket", TICKET), reply("A colleague will write to you here.")]
    visitor = await customer(app, "wmr-1001")
    await visitor.ask("Where is my refund?")
    number = visitor.all("ticket")[0]["number"]
    async with signed_in(app, "agent") as agent:
        thread = await agent.get(f"/console/conversations/{visitor.conversation}")
        ticket = await agent.get(f"/console/tickets/{number}")
    await visitor.leave()

    assert "Tools open_ticket" in thread.words.partition("Receipt turn of")[2]
    assert "Refund for WM-30712 is missing" in ticket.words
    assert "Where is my refund?" in ticket.words
    assert "Records" in ticket.words
