"""PgQueuer, made to run a catalogue of jobs."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial

import asyncpg
from pgqueuer import AsyncpgDriver, DatabaseRetryEntrypointExecutor, PgQueuer, Queries
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.core import buffers
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.models import Job as Part
from pgqueuer.models import Schedule

from chatbot.jobs.catalogue import CHANNEL, SCHEMA, Job, Patience

_log = logging.getLogger(__name__)
logging.getLogger("pgqueuer").setLevel(logging.CRITICAL)  # it repeats a lost connection every time

NOTED_WITHIN = timedelta(seconds=0.5)
"""PgQueuer looks ten times a second whether a part has ended that is to be written down, and takes
no setting for it: that was a third of what a process costs in which nobody talks."""
buffers.JobStatusLogBuffer = partial(buffers.JobStatusLogBuffer, timeout=NOTED_WITHIN)  # type: ignore[assignment]

LOOK_AGAIN = timedelta(seconds=10)
"""A part whose process died sends no notification; for a retry the engine looks when it is due."""


async def run_jobs(
    connection: asyncpg.Connection,
    jobs: Sequence[Job],
    patience: Patience,
    ending: asyncio.Event,
) -> None:
    """Work until *ending* is set; errors of the database are the caller's."""
    patient = partial(
        DatabaseRetryEntrypointExecutor,
        max_attempts=patience.attempts - 1,
        initial_delay=timedelta(seconds=patience.first_s),
        max_delay=timedelta(seconds=patience.longest_s),
    )
    queries = queries_over(connection)
    engine = PgQueuer(queries.driver, channel=queries.qbe.settings.channel, queries=queries)
    for job in jobs:
        engine.entrypoint(job.name, on_failure="hold", executor_factory=patient)(_worker(job))
        engine.schedule(job.name, job.every)(_scheduler(job, queries))
    working = asyncio.create_task(
        engine.run(
            dequeue_timeout=LOOK_AGAIN,
            batch_size=4,
            heartbeat_timeout=timedelta(seconds=patience.lost_after_s),
        )
    )
    asked = asyncio.create_task(ending.wait())
    try:
        await asyncio.wait({working, asked}, return_when=asyncio.FIRST_COMPLETED)
        engine.shutdown.set()
        await working
    finally:
        asked.cancel()
        working.cancel()


async def held(address: str) -> list[str]:
    """Names of the jobs that kept failing and wait for a person, one for each part."""
    connection = await asyncpg.connect(address, timeout=5, command_timeout=15)
    try:
        return [part.entrypoint for part in await queries_over(connection).list_failed_jobs()]
    finally:
        await connection.close()


def queries_over(connection: asyncpg.Connection) -> Queries:
    """PgQueuer's statements with our names in them, whatever the environment says."""
    names = DBSettings(
        prefix="",
        db_schema=SCHEMA,
        channel=CHANNEL,
        function="fn_pgqueuer_changed",
        statistics_table="pgqueuer_statistics",
        queue_status_type="pgqueuer_status",
        queue_table="pgqueuer",
        queue_table_log="pgqueuer_log",
        trigger="tg_pgqueuer_changed",
        schedules_table="pgqueuer_schedules",
        durability=Durability.durable,
    )
    return Queries(
        AsyncpgDriver(connection),
        qbe=QueryBuilderEnvironment(names),
        qbq=QueryQueueBuilder(names),
        qbs=QuerySchedulerBuilder(names),
    )


def _worker(job: Job) -> Callable[[Part], Awaitable[None]]:
    async def work(part: Part) -> None:
        named = (part.payload or b"").decode()
        try:
            await job.work(named)
        except Exception:
            _log.exception("%s of %s failed in attempt %d", job.name, named, part.attempts + 1)
            raise

    return work


def _scheduler(job: Job, queries: Queries) -> Callable[[Schedule], Awaitable[None]]:
    async def queue_parts(_: Schedule) -> None:
        parts = await job.parts()
        if not parts:
            return
        payload: list[bytes | None] = [part.encode() for part in parts]
        keys: list[str | None] = [f"{job.name}:{part}" for part in parts]
        await queries.enqueue(
            [job.name] * len(parts),
            payload,
            [0] * len(parts),
            dedupe_key=keys,
            on_conflict="skip",
        )

    return queue_parts
