"""On whose behalf a transaction runs, asked of PostgreSQL itself."""

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chatbot.store.engine import open_engine
from chatbot.store.scope import ScopedConnection, scoped
from chatbot.store.unit import Store
from tests.builders import FakeClock
from tests.tenants import Tenant, found_tenant

WHOSE = sa.select(sa.func.coalesce(sa.func.current_setting("app.workspace_id", sa.true()), ""))


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """One connection, so that whoever comes next has the same one."""
    engine = open_engine(database_url, pool_size=1)
    yield engine
    await engine.dispose()


@pytest.fixture
def one(engine: AsyncEngine) -> Store:
    return Store(engine, FakeClock())


@pytest.fixture
async def tenant(one: Store) -> Tenant:
    return await found_tenant(one, "shop")


async def test_a_transaction_begins_on_somebodys_behalf(one: Store, tenant: Tenant) -> None:
    async with one.begin(tenant.principal) as unit:
        assert await unit.db.scalar(WHOSE) == str(tenant.id)


async def test_beginning_and_saying_for_whom_are_one_round_trip(one: Store, tenant: Tenant) -> None:
    sent: list[str] = []
    async with one.begin(tenant.principal) as unit:
        _driver(unit.db).add_query_logger(lambda record: sent.append(record.query))
        await unit.db.scalar(WHOSE)
    whose = f"set_config('app.workspace_id', '{tenant.id}', true)"
    assert sent == [f"BEGIN; SELECT {whose};", "COMMIT;"]  # the logger leaves prepared ones out


async def test_the_next_on_the_same_connection_is_nobody(
    engine: AsyncEngine, one: Store, tenant: Tenant
) -> None:
    async with one.begin(tenant.principal) as unit:
        await unit.db.scalar(WHOSE)
    assert await _whose(engine) == ""


async def test_neither_after_a_transaction_without_a_statement(
    engine: AsyncEngine, one: Store, tenant: Tenant
) -> None:
    async with one.begin(tenant.principal):
        pass
    assert await _whose(engine) == ""


async def test_nor_after_one_that_was_undone(
    engine: AsyncEngine, one: Store, tenant: Tenant
) -> None:
    async with one.begin(tenant.principal) as unit:
        await unit.db.scalar(WHOSE)
        await unit.db.rollback()
    assert await _whose(engine) == ""


async def test_each_transaction_has_its_own(one: Store, tenant: Tenant) -> None:
    async with one.directory() as directory:
        assert await directory.db.scalar(WHOSE) == ""
    other = await found_tenant(one, "other")
    for somebody in (tenant, other, tenant):
        async with one.begin(somebody.principal) as unit:
            assert await unit.db.scalar(WHOSE) == str(somebody.id)


@pytest.mark.parametrize("value", ["x'; drop table turns; --", "a b", "", "a\n", "a=b"])
async def test_no_other_words_reach_the_statement(engine: AsyncEngine, value: str) -> None:
    async with engine.begin() as db:
        with pytest.raises(ValueError, match="cannot be the scope"), scoped(db, "app.x", value):
            pass
        assert _driver(db).scope is None


async def _whose(engine: AsyncEngine) -> str:
    async with engine.connect() as db:
        return str(await db.scalar(WHOSE))


def _driver(db: AsyncConnection) -> ScopedConnection:
    sync = db.sync_connection
    assert sync is not None
    driver = sync.connection.driver_connection
    assert isinstance(driver, ScopedConnection)
    return driver
