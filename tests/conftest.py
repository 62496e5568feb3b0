"""
Fixtures for everybody: real servers, a browser, a clock that obeys.

What this machine cannot provide fails the run where `CI` is set and is skipped with its reason
everywhere else.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from chatbot.store import migrate
from tests import servers
from tests.builders import FakeClock

CHROMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CLOSED_WITHIN_S = 20.0
QUIET = ("gpu", "quic", "background-networking", "component-update", "sync", "dev-shm-usage")


def unobtainable(reason: object) -> None:
    (pytest.fail if os.environ.get("CI") else pytest.skip)(str(reason))


@contextmanager
def obtained() -> Iterator[None]:
    try:
        yield
    except servers.MissingServer as error:
        unobtainable(error)


@dataclass(frozen=True)
class Cluster:
    """A server that makes databases, each a copy of one that was migrated once."""

    url: str
    role: str
    template: str

    def url_of(self, database: str) -> str:
        parts = urlsplit(self.url)
        place = parts.netloc.rpartition("@")[2]
        return parts._replace(
            netloc=f"{self.role}:{self.role}@{place}", path=f"/{database}"
        ).geturl()

    @asynccontextmanager
    async def database(self, template: str) -> AsyncIterator[str]:
        """The URL of a database that lives as long as the block, for a role without powers."""
        name = f"t{uuid4().hex}"
        await self.order(
            f"create database {name} template {template} strategy wal_log owner {self.role}"
        )
        try:
            yield self.url_of(name)
        finally:
            await self.order(f"drop database {name} with (force)")

    async def order(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def cluster() -> AsyncIterator[Cluster]:
    with obtained(), postgres_server() as url:
        role = f"r{uuid4().hex}"
        bare = Cluster(url, role, "template0")
        await bare.order(f"create role {role} login password '{role}' nosuperuser nobypassrls")
        async with bare.database("template0") as migrated:
            await migrate.upgrade(migrated)
            yield Cluster(url, role, urlsplit(migrated).path[1:])
        await bare.order(f"drop role {role}")


@contextmanager
def postgres_server() -> Iterator[str]:
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
    else:
        with servers.postgres() as url:
            yield url


@pytest.fixture(scope="session")
def postgres_url(cluster: Cluster) -> str:
    """The superuser's URL of a real PostgreSQL; tests want `database_url`."""
    return cluster.url


@pytest.fixture
async def database_url(cluster: Cluster) -> AsyncIterator[str]:
    """A fresh, migrated database of its own, for a role that owns it and is no superuser."""
    async with cluster.database(cluster.template) as url:
        yield url


@pytest.fixture
async def empty_database_url(cluster: Cluster) -> AsyncIterator[str]:
    """The same without any migration."""
    async with cluster.database("template0") as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis-compatible server that other tests of this process use too."""
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
        return
    with obtained(), servers.RedisServer() as server:
        yield server.url


@pytest.fixture
def redis_server() -> Iterator[servers.RedisServer]:
    """A Redis-compatible server of this test's own, to kill, freeze and start again."""
    with obtained(), servers.RedisServer() as server:
        yield server


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def pytest_itemcollected(item: pytest.Item) -> None:
    """A browser belongs to one event loop, so whoever uses it runs on that."""
    if "browser" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """
    A real Chromium: this machine's own, else Playwright's.

    Tests that use it run on the session's event loop; an async fixture of theirs that keeps
    something running must say `loop_scope="session"` too.
    """
    async with async_playwright() as playwright:
        named = next(
            filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), *CHROMES))), None
        )
        if named is None and not Path(playwright.chromium.executable_path).exists():
            unobtainable(
                "Chromium: install it, set CHROMIUM to its path, or run "
                "`playwright install chromium`."
            )
        async with await playwright.chromium.launch(
            executable_path=named,
            chromium_sandbox=os.geteuid() != 0,
            env={**os.environ, "HOME": str(tmp_path_factory.mktemp("home"))},
            args=["--no-first-run", *(f"--disable-{part}" for part in QUIET)],
        ) as chromium:
            yield chromium


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A tab with no memory of any other test."""
    context = await browser.new_context()
    yield await context.new_page()
    # One that is left while its page is being replaced may never say that it is closed.
    with suppress(TimeoutError):
        await asyncio.wait_for(context.close(), CLOSED_WITHIN_S)
