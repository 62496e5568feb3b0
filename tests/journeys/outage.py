"""The demo company in an outage, and what its journeys look at."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from chatbot.domain.principal import Principal, system
from tests.fault_scenarios import refuse, reply
from tests.fault_server import FaultServer
from tests.journeys.shop import Template, shop
from tests.running import RunningApp
from tests.visitor import Frame, Visitor, is_bot
from tests.waiting import until

QUESTION = "Which of my tents did the marmots of Tuolumne eat, and why?"
LATER = "The marmots ate the green one."
PROMISE = "If our assistant is back within"
HASTY = {
    "CHATBOT_DEFERRED_LOOK_EVERY_S": "0.05",
    "CHATBOT_BREAKER_FAILURES": "1",
    "CHATBOT_BREAKER_SUCCESSES": "1",
    "CHATBOT_BREAKER_PROBE_EVERY_S": "0.1",
}
"""A breaker that opens and closes at once; what waits is looked for often."""


@asynccontextmanager
async def outage(
    demo_url: str, template: Template, data_dir: Path, **environment: str
) -> AsyncIterator[tuple[RunningApp, FaultServer, Visitor]]:
    """The demo company, whose provider fails until a test says otherwise, and a customer."""
    environment = HASTY | environment
    async with shop(demo_url, template, data_dir, **environment) as (app, provider):
        provider.default = refuse(503)
        async with Visitor(app.base) as visitor:
            yield app, provider, visitor


@asynccontextmanager
async def well_again(
    demo_url: str, template: Template, data_dir: Path
) -> AsyncIterator[tuple[RunningApp, FaultServer, Visitor]]:
    """The same when it is over: the question of a customer who stayed may be answered now."""
    async with outage(demo_url, template, data_dir) as (app, provider, visitor):
        await visitor.ask(QUESTION)
        await recovered(app, provider)
        await due_now(app)
        yield app, provider, visitor


async def rows(app: RunningApp, statement: str) -> list[asyncpg.Record]:
    """What a statement about the company's own rows gives."""
    connection = await asyncpg.connect(app.house.store.address)
    try:
        home = str((await company(app)).workspace)
        await connection.execute("SELECT set_config('app.workspace_id', $1, false)", home)
        return await connection.fetch(statement)
    finally:
        await connection.close()


async def due_now(app: RunningApp) -> None:
    """Make what waits due at once instead of in a few seconds."""
    await rows(app, "UPDATE deferred_questions SET due_at = created_at")


async def company(app: RunningApp) -> Principal:
    async with app.house.store.directory() as directory:
        return system((await directory.workspace(slug="demo")).id)


async def idle(app: RunningApp) -> None:
    """Wait until no turn runs."""
    await until(lambda: not app.house.runner.busy, "every turn has ended")


async def waiting(app: RunningApp) -> int:
    """How many questions wait for a model."""
    return len(await rows(app, "SELECT 1 FROM deferred_questions WHERE state = 'queued'"))


async def recovered(app: RunningApp, provider: FaultServer) -> None:
    """The provider is well, and the application has found out."""
    provider.default = reply(LATER)

    async def closed() -> bool:
        return not any(breaker.is_open for breaker in app.house.models.breakers)

    await until(closed, "every breaker is closed")


def is_later(frame: Frame) -> bool:
    return is_bot(frame) and frame["text"] == LATER
