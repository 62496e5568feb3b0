"""What holds a process at the moment at which it is killed, and looks at what it left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from chatbot.adapters.clock import SystemClock
from chatbot.demo.loading import load_demo
from chatbot.safety.keys import Keyring, load_secrets
from chatbot.store.engine import open_engine
from chatbot.store.unit import Store
from tests.fault_server import Exchange, Scenario
from tests.waiting import until


async def install_demo(database_url: str, data_dir: Path) -> None:
    """Load the demo company, so that the process under test begins with it."""
    store = Store(open_engine(database_url), SystemClock())
    await load_demo(store, Keyring(load_secrets((), data_dir)), SystemClock(), data_dir)
    await store.close()


class Gate:
    """A scenario that begins when the test opens it, and not before it has all in its hands."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self.opened = asyncio.Event()

    async def __call__(self, exchange: Exchange) -> None:
        await self.opened.wait()
        await self._scenario(exchange)


class Observer:
    """Looks into the database past every policy, and holds it still."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def value(self, query: str, *words: Any) -> Any:  # noqa: ANN401 whatever is asked
        connection = await asyncpg.connect(self._url)
        try:
            return await connection.fetchval(query, *words)
        finally:
            await connection.close()

    async def until(self, query: str, wanted: int) -> None:
        async def so() -> bool:
            return await self.value(query) == wanted

        await until(so, f"{query} is {wanted}")

    @asynccontextmanager
    async def holding_conversations(self) -> AsyncIterator[None]:
        """Nobody else writes to a conversation as long as the block lasts."""
        connection = await asyncpg.connect(self._url)
        try:
            async with connection.transaction():
                await connection.execute("SELECT id FROM conversations FOR UPDATE")
                yield
        finally:
            await connection.close()

    async def end_leases(self) -> None:
        """Let the dead process's leases be over now instead of in ten seconds."""
        await self.value("UPDATE turns SET lease_until = now() - interval '1 s' RETURNING 1")
