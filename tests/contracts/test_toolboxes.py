"""What every toolbox owes the tool loop: each call once, for the ask's own customer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from uuid import uuid4

import pytest

from chatbot.adapters.buses.memory import MemoryBus
from chatbot.domain.ask import Ask
from chatbot.errors import NotAllowed
from chatbot.ports import Toolbox
from chatbot.tickets.toolbox import SupportToolbox
from tests.asks import ask
from tests.models import MemoryToolbox
from tests.stored import stored

NewAsk = Callable[[], Awaitable[Ask]]
LAMP = {"priority": "low", "category": "other", "subject": "Broken lamp", "summary": "It broke."}
SHOES = {**LAMP, "subject": "Wrong shoes", "summary": "Two left ones."}


async def _memory_ask() -> Ask:
    return replace(ask(), turn_id=uuid4())


@pytest.fixture(params=["memory", "stored"])
async def made(
    request: pytest.FixtureRequest, database_url: str
) -> AsyncIterator[tuple[Toolbox, NewAsk]]:
    if request.param == "memory":
        yield MemoryToolbox(), _memory_ask
        return
    async with stored(database_url) as home:
        yield SupportToolbox(home.store, MemoryBus()), home.ask


async def test_a_ticket_is_opened_and_its_number_told(made: tuple[Toolbox, NewAsk]) -> None:
    toolbox, new_ask = made
    result = await toolbox.run(await new_ask(), 0, "open_ticket", LAMP)
    assert result.ticket is not None
    assert f"#{result.ticket}" in result.text


async def test_running_again_gives_the_first_result_whatever_is_asked_then(
    made: tuple[Toolbox, NewAsk],
) -> None:
    toolbox, new_ask = made
    asked = await new_ask()
    first = await toolbox.run(asked, 0, "open_ticket", LAMP)
    assert await toolbox.run(asked, 0, "open_ticket", LAMP) == first
    assert await toolbox.run(asked, 0, "open_ticket", SHOES) == first


async def test_two_processes_at_once_open_one_ticket(made: tuple[Toolbox, NewAsk]) -> None:
    toolbox, new_ask = made
    asked = await new_ask()
    results = await asyncio.gather(*(toolbox.run(asked, 0, "open_ticket", LAMP) for _ in range(4)))
    assert len({result.ticket for result in results}) == 1


async def test_another_step_may_open_another_ticket(made: tuple[Toolbox, NewAsk]) -> None:
    toolbox, new_ask = made
    asked = await new_ask()
    first = await toolbox.run(asked, 0, "open_ticket", LAMP)
    assert (await toolbox.run(asked, 1, "open_ticket", SHOES)).ticket != first.ticket


async def test_events_are_looked_up_without_an_effect(made: tuple[Toolbox, NewAsk]) -> None:
    toolbox, new_ask = made
    result = await toolbox.run(await new_ask(), 0, "lookup_events", {"kind": "order", "limit": 3})
    assert result.ticket is None
    assert result.text


async def test_a_tool_that_is_not_there_is_refused(made: tuple[Toolbox, NewAsk]) -> None:
    toolbox, new_ask = made
    with pytest.raises(NotAllowed):
        await toolbox.run(await new_ask(), 0, "delete_customer", {})
