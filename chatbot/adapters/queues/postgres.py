"""
Background jobs in PostgreSQL: at least once, retried with growing delays, then held.

Any number of processes may run them on one database: a part that is due is queued once and worked
on by one process. When that dies, another one takes the part over after a missed heartbeat.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import asyncpg

from chatbot.jobs.catalogue import Job, Patience
from chatbot.ports import Clock

_log = logging.getLogger(__name__)

AGAIN_S = 5.0
"""Seconds until a lost database is tried again."""

END_WITHIN_S = 5.0
"""Seconds that a running part has to finish; then it is left, and done again elsewhere."""

_Run = Callable[[asyncpg.Connection, Sequence[Job], Patience, asyncio.Event], Awaitable[None]]


class PostgresQueue:
    """
    Works on jobs until it is closed.

    Args:
        address: A libpq URL; one connection of its own is held, because it listens.
        jobs: Every kind of job; processes of one database have the same.
        patience: What happens to parts that fail.
        after_s: Seconds before it begins: a process that starts has better things to do.
    """

    def __init__(
        self,
        address: str,
        jobs: Sequence[Job],
        clock: Clock,
        *,
        patience: Patience | None = None,
        after_s: float = 0.0,
    ) -> None:
        self._address, self._jobs, self._clock = address, jobs, clock
        self._patience, self._after_s = patience or Patience(), after_s
        self._ending = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._working = False

    def start(self) -> None:
        """Begin; returns at once."""
        self._task = asyncio.create_task(self._work(), name="background jobs")

    async def close(self) -> None:
        """Take nothing more, and let go of what is not finished in a few seconds."""
        self._ending.set()
        if self._task is None:
            return
        if self._working:
            await asyncio.wait({self._task}, timeout=END_WITHIN_S)
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _work(self) -> None:
        await self._clock.sleep(self._after_s)
        run = await asyncio.to_thread(_engine)
        while not self._ending.is_set():
            try:
                await self._session(run)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("background jobs wait for the database: %s", error)
            except Exception:  # what runs beside customers' turns must not end them  # noqa: BLE001
                _log.exception("background jobs failed; they are begun again")
            if not self._ending.is_set():
                await self._clock.sleep(AGAIN_S)

    async def _session(self, run: _Run) -> None:
        connection = await asyncpg.connect(
            self._address,
            timeout=5,
            command_timeout=15,
            server_settings={"application_name": "chatbot jobs"},
        )
        self._working = True
        try:
            await run(connection, self._jobs, self._patience, self._ending)
        finally:
            self._working = False
            connection.terminate()


def _engine() -> _Run:
    # PgQueuer takes a second to import: never on the way to the first request, nor on its loop.
    from chatbot.adapters.queues.engine import run_jobs  # noqa: PLC0415

    return run_jobs
