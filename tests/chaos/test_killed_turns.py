"""
kill -9 at the moments that matter, and what must hold when another process takes the turn over.

The moments are not guessed by a timer: a lock held on the conversation stops the application just
before a transaction of its own, and a provider that falls silent stops it while a model talks.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.killing import Gate, Observer, install_demo
from tests.fault_scenarios import broken, call, reply
from tests.fault_server import FaultServer
from tests.process import AppProcess, app_process
from tests.visitor import Visitor, is_bot

REPLIES = "SELECT count(*) FROM entries WHERE role = 'bot' AND reply_to IS NOT NULL"
TICKET = {
    "priority": "high",
    "category": "other",
    "subject": "The stove leaks",
    "summary": "The customer's stove leaks gas.",
}


@pytest.fixture
async def provider() -> AsyncIterator[FaultServer]:
    async with FaultServer({}, reply("Nothing was scripted.")) as server:
        yield server


@pytest.fixture
async def app(
    database_url: str, tmp_path: Path, provider: FaultServer
) -> AsyncIterator[AppProcess]:
    await install_demo(database_url, tmp_path)
    async with app_process(
        database_url, tmp_path, OPENAI_BASE_URL=provider.base_url, OPENAI_API_KEY="none"
    ) as running:
        yield running


async def _restart(app: AppProcess, observer: Observer) -> None:
    await observer.end_leases()
    await app.start()


async def test_killed_while_the_model_talks(
    app: AppProcess, provider: FaultServer, observer: Observer
) -> None:
    """The half reply is never final: the next attempt begins anew."""
    provider.script.extend([broken(then="hang"), reply("The whole ", "reply.")])
    visitor = Visitor(app.base)
    await visitor.connect()
    await visitor.send("tell me about tents")
    await visitor.until(lambda frame: frame["type"] == "delta")
    await app.kill()

    await _restart(app, observer)
    await visitor.connect(resume=0)
    final = await visitor.until(is_bot)

    assert final["text"] == "The whole reply."
    assert (
        await observer.value(
            "SELECT count(*) FROM entries WHERE role = 'bot' AND reply_to IS NOT NULL"
        )
        == 1
    )


async def test_killed_between_the_journal_and_the_tool(
    app: AppProcess, provider: FaultServer, observer: Observer
) -> None:
    """The model is not asked again for what it had said: the journaled call runs once."""
    gate = Gate(call("open_ticket", TICKET))
    provider.script.extend([gate, reply("Your ticket is open.")])
    before = await observer.value("SELECT count(*) FROM tickets")
    visitor = Visitor(app.base)
    await visitor.connect()
    await visitor.send("hello, my stove leaks")
    await visitor.until(lambda frame: frame["type"] == "start")
    async with observer.holding_conversations():
        gate.opened.set()
        await observer.until("SELECT count(*) FROM journal", 1)
        await app.kill()
    assert await observer.value("SELECT count(*) FROM tickets") == before

    await _restart(app, observer)
    await visitor.connect(resume=0)
    await visitor.until(is_bot)

    assert await observer.value("SELECT count(*) FROM tickets") == before + 1
    assert len(provider.received) == 2


async def test_killed_between_the_ticket_and_the_reply(
    app: AppProcess, provider: FaultServer, observer: Observer
) -> None:
    """The ticket is there: the same number is named, and no second one is opened."""
    hang = broken(then="hang")
    provider.script.extend([call("open_ticket", TICKET), hang, reply("Your ticket is open.")])
    before = await observer.value("SELECT count(*) FROM tickets")
    visitor = Visitor(app.base)
    await visitor.connect()
    await visitor.send("hello, my stove leaks")
    ticket = await visitor.until(lambda frame: frame["type"] == "ticket")
    await app.kill()

    await _restart(app, observer)
    await visitor.connect(resume=0)
    await visitor.until(is_bot)

    assert await observer.value("SELECT count(*) FROM tickets") == before + 1
    assert {frame["number"] for frame in visitor.all("ticket")} == {ticket["number"]}


async def test_killed_while_settling(
    app: AppProcess, provider: FaultServer, observer: Observer
) -> None:
    """Reply, end of the turn and usage exist all or not at all."""
    gate = Gate(reply("First time."))
    provider.script.extend([gate, reply("Second time.")])
    visitor = Visitor(app.base)
    await visitor.connect()
    await visitor.send("what do you sell")
    await visitor.until(lambda frame: frame["type"] == "start")
    async with observer.holding_conversations():
        gate.opened.set()
        await visitor.until(lambda frame: frame["type"] == "delta" and "time." in frame["text"])
        await app.kill()
    assert await observer.value("SELECT count(*) FROM model_calls") == 0

    await _restart(app, observer)
    await visitor.connect(resume=0)
    final = await visitor.until(is_bot)

    assert final["text"] == "Second time."
    assert await observer.value("SELECT count(*) FROM model_calls") == 1
    assert await observer.value("SELECT count(*) FROM turns WHERE state <> 'done'") == 0
