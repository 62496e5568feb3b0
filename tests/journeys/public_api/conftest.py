"""One application for all tests of the API, and workspaces of each test's own."""

import shutil
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from chatbot.demo.loading import FILE
from tests.api import Client
from tests.conftest import Cluster
from tests.journeys.conftest import DemoTemplate
from tests.running import RunningApp, running_app
from tests.tenants import Tenant, found_tenant


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_app(
    cluster: Cluster, demo_template: DemoTemplate, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningApp]:
    """Tests that use it run on the session's event loop."""
    folder = tmp_path_factory.mktemp("shared")
    for name in (FILE, "secret_keys"):
        shutil.copy(demo_template.data_dir / name, folder / name)
    async with (
        cluster.database(demo_template.database) as url,
        running_app(url, folder, demo_template.encoders) as running,
    ):
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def tenant(shared_app: RunningApp) -> Tenant:
    """A workspace of this test's own."""
    return await found_tenant(shared_app.house.store, f"t{uuid4().hex[:12]}")


@pytest_asyncio.fixture(loop_scope="session")
async def client(shared_app: RunningApp, tenant: Tenant) -> Client:
    """Calls with the key of `tenant`."""
    return Client(shared_app.base, tenant.api_key)


@pytest_asyncio.fixture(loop_scope="session")
async def stranger(shared_app: RunningApp) -> Client:
    """Calls with the key of another workspace."""
    other = await found_tenant(shared_app.house.store, f"t{uuid4().hex[:12]}")
    return Client(shared_app.base, other.api_key)
