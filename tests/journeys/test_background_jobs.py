"""Background jobs are done though processes, databases and the jobs themselves fail."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest

from chatbot.adapters.clock import SystemClock
from chatbot.adapters.queues.engine import queries_over
from chatbot.adapters.queues.postgres import PostgresQueue
from chatbot.jobs.catalogue import Housekeeping, Job, Patience
from chatbot.store.engine import open_engine
from chatbot.store.unit import Store
from tests.builders import FakeClock
from tests.tenants import found_tenant
from tests.waiting import until

EVERY_SECOND = "* * * * * *"
HASTY = Patience(attempts=3, first_s=0.05, longest_s=0.1, lost_after_s=1)


class Work:
    """A job in two parts that counts its attempts, and fails as often as it is told."""

    def __init__(self, failures: int = 0, every: str = EVERY_SECOND) -> None:
        self.done: list[str] = []
        self.attempts: list[str] = []
        self.failures = failures
        self.job = Job("count", every, self._parts, self._work)

    async def _parts(self) -> list[str]:
        return ["one", "two"]

    async def _work(self, part: str) -> None:
        self.attempts.append(part)
        if self.attempts.count(part) <= self.failures:
            raise LookupError(part)
        self.done.append(part)


@asynccontextmanager
async def working(address: str, work: Work, patience: Patience = HASTY) -> AsyncIterator[None]:
    queue = PostgresQueue(address, [work.job], SystemClock(), patience=patience)
    queue.start()
    try:
        yield
    finally:
        await queue.close()


def both(done: list[str]) -> Callable[[], bool]:
    return lambda: {"one", "two"} <= set(done)


async def test_every_part_of_what_is_due_is_done(database_url: str) -> None:
    work = Work()
    async with working(database_url, work):
        await until(both(work.done), "both parts were done")
    assert set(work.done) == {"one", "two"}


async def test_two_processes_do_each_part_once(database_url: str) -> None:
    ours, theirs = Work(), Work()
    async with working(database_url, ours), working(database_url, theirs):
        await until(lambda: len(ours.done + theirs.done) >= 4, "two rounds were done")
    connection = await asyncpg.connect(database_url)
    queued = await connection.fetchval(
        "select count(*) from jobs.pgqueuer_log where status = 'queued'"
    )
    await connection.close()
    assert len(ours.attempts + theirs.attempts) <= queued


async def test_a_part_that_fails_is_tried_again(database_url: str) -> None:
    work = Work(failures=2)
    async with working(database_url, work):
        await until(both(work.done), "both parts were done in the end")
    assert work.attempts.count("one") >= 3


async def test_a_part_that_keeps_failing_is_held_for_a_person(database_url: str) -> None:
    work = Work(failures=1000)
    connection = await asyncpg.connect(database_url)
    queries = queries_over(connection)

    async def held() -> bool:
        return {job.payload for job in await queries.list_failed_jobs()} == {b"one", b"two"}

    async with working(database_url, work):
        await until(held, "both parts were held")
    await connection.close()
    assert work.done == []
    assert work.attempts.count("one") >= HASTY.attempts


async def test_work_goes_on_after_the_database_was_lost(database_url: str) -> None:
    work, clock = Work(), FakeClock()
    queue = PostgresQueue(database_url, [work.job], clock, patience=HASTY)
    connection = await asyncpg.connect(database_url)
    queue.start()
    await until(both(work.done), "both parts were done")
    await connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where application_name = 'chatbot jobs' and datname = current_database()"
    )
    done = len(work.done)

    async def again() -> bool:
        await clock.advance(5)
        return len(work.done) > done

    await until(again, "the work went on")
    await queue.close()
    await connection.close()
    assert len(work.done) > done


@pytest.fixture
async def store(database_url: str, clock: FakeClock) -> AsyncIterator[Store]:
    store = Store(open_engine(database_url), clock)
    yield store
    await store.close()


async def test_housekeeping_forgets_only_what_nobody_can_use(
    store: Store, clock: FakeClock
) -> None:
    shop = await found_tenant(store, "shop")
    async with store.directory() as directory:
        user = await directory.add_user(
            shop.id, email="a@x.example", name="A", role="agent", password_hash=""
        )
        await directory.add_session(user, "old", "csrf")
    async with store.begin(shop.principal) as db:
        await db.requests.remember("old", "h", 200, {"text": ""})
        await db.customers.use_identity("old", clock.now() + timedelta(minutes=5))
    await clock.advance(25 * 3600)
    async with store.directory() as directory:
        await directory.add_session(user, "new", "csrf")
    async with store.begin(shop.principal) as db:
        await db.requests.remember("new", "h", 200, {"text": ""})

    keeping = Housekeeping(store)
    parts = await keeping.parts()
    assert parts == ["everybody", str(shop.id)]
    for part in [*parts, *parts]:
        await keeping.work(part)

    async with store.directory() as directory:
        assert await directory.forget_sessions() == 0
        assert await directory.session("new") is not None
    async with store.begin(shop.principal) as db:
        assert await db.requests.answered("old", "another") is None
        assert await db.requests.answered("new", "h") is not None
        assert await db.customers.forget_identities() == 0
