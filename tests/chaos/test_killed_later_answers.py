"""kill -9 while a question of an outage is being answered: the answer comes once all the same."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.killing import Gate, Observer, install_demo
from tests.fault_scenarios import broken, refuse, reply
from tests.fault_server import FaultServer
from tests.journeys.outage import HASTY, LATER, QUESTION, is_later
from tests.process import AppProcess, app_process
from tests.visitor import Visitor
from tests.waiting import until

DUE = "UPDATE deferred_questions SET due_at = created_at RETURNING 1"
BEGUN = "SELECT count(*) FROM turns WHERE later_for IS NOT NULL"


@pytest.fixture
async def provider() -> AsyncIterator[FaultServer]:
    async with FaultServer({}, refuse(503)) as server:
        yield server


@pytest.fixture
async def app(
    database_url: str, tmp_path: Path, provider: FaultServer
) -> AsyncIterator[AppProcess]:
    await install_demo(database_url, tmp_path)
    reachable = {"OPENAI_BASE_URL": provider.base_url, "OPENAI_API_KEY": "none"}
    async with app_process(database_url, tmp_path, **reachable, **HASTY) as running:
        yield running


async def _once(app: AppProcess, observer: Observer, visitor: Visitor) -> None:
    """After a restart the later answer comes, and nothing is left to come again."""
    await observer.end_leases()
    await app.start()
    await visitor.connect(resume=0)
    await visitor.until(is_later, 40)
    assert await observer.value("SELECT count(*) FROM entries WHERE text = $1", LATER) == 1
    assert await observer.value("SELECT count(*) FROM notes WHERE text LIKE '%later%'") == 1
    assert await observer.value("SELECT state FROM deferred_questions") == "answered"
    assert await observer.value("SELECT count(*) FROM turns WHERE state <> 'done'") == 0
    assert await observer.value(BEGUN) == 1


async def test_killed_while_the_model_talks(
    app: AppProcess, provider: FaultServer, observer: Observer
) -> None:
    visitor = Visitor(app.base)
    await visitor.connect()
    assert (await visitor.ask(QUESTION))["source"]["rung"] == "handoff"
    provider.default = broken(then="hang")
    provider.script.append(reply("A probe is well."))
    before = len(provider.received)
    await observer.value(DUE)

    def asked() -> bool:
        return any(QUESTION in received.text for received in provider.received[before:])

    await until(asked, "the model is asked again")
    await app.kill()

    provider.default = reply(LATER)
    await _once(app, observer, visitor)


async def test_killed_while_settling(
    app: AppProcess, provider: FaultServer, observer: Observer
) -> None:
    visitor = Visitor(app.base)
    await visitor.connect()
    await visitor.ask(QUESTION)
    gate = Gate(reply(LATER))
    provider.default = gate
    provider.script.append(reply("A probe is well."))
    await observer.value(DUE)
    await observer.until(BEGUN, 1)
    async with observer.holding_conversations():
        gate.opened.set()
        await observer.until(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", 1
        )
        await app.kill()
    assert await observer.value("SELECT count(*) FROM entries WHERE text = $1", LATER) == 0

    await _once(app, observer, visitor)
