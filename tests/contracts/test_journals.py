"""What every journal owes the tool loop."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from uuid import uuid4

import pytest

from chatbot.domain.ask import Ask, Completed, JournaledStep, ToolCall, Usage
from chatbot.ports import Journal
from chatbot.store.journal import StoredJournal
from tests.asks import ask
from tests.models import MemoryJournal
from tests.stored import stored

NewAsk = Callable[[], Awaitable[Ask]]
STEP = Completed(
    "Let me see… 👋\n",
    (ToolCall("call_1", "open_ticket", '{"subject": "Lamp \\u00e9"}'),),
    "tool_calls",
    Usage(10, 5, 3, 1),
    "scripted-1",
)


async def _memory_ask() -> Ask:
    return replace(ask(), turn_id=uuid4())


@pytest.fixture(params=["memory", "stored"])
async def made(
    request: pytest.FixtureRequest, database_url: str
) -> AsyncIterator[tuple[Journal, NewAsk]]:
    if request.param == "memory":
        yield MemoryJournal(), _memory_ask
        return
    async with stored(database_url) as home:
        yield StoredJournal(home.store), home.ask


async def test_what_was_recorded_comes_back_as_it_was(made: tuple[Journal, NewAsk]) -> None:
    journal, new_ask = made
    asked = replace(await new_ask(), attempt=2)
    assert await journal.steps(asked) == ()
    other = replace(STEP, text="", usage=None, calls=(*STEP.calls, STEP.calls[0]))
    await journal.record(asked, 0, STEP)
    await journal.record(asked, 1, other)
    assert await journal.steps(asked) == (JournaledStep(0, STEP), JournaledStep(1, other))


async def test_the_first_record_of_a_step_stands(made: tuple[Journal, NewAsk]) -> None:
    journal, new_ask = made
    asked = replace(await new_ask(), attempt=2)
    await journal.record(asked, 0, STEP)
    await journal.record(asked, 0, replace(STEP, text="something else"))
    assert await journal.steps(asked) == (JournaledStep(0, STEP),)


async def test_turns_do_not_see_each_others_steps(made: tuple[Journal, NewAsk]) -> None:
    journal, new_ask = made
    one, other = await new_ask(), await new_ask()
    await journal.record(one, 0, STEP)
    assert await journal.steps(replace(other, attempt=2)) == ()


async def test_the_first_attempt_has_nothing_to_look_up(made: tuple[Journal, NewAsk]) -> None:
    journal, new_ask = made
    asked = await new_ask()
    await journal.record(asked, 0, STEP)
    assert await journal.steps(asked) == ()
