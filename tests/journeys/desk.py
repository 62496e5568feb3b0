"""Fixtures for the console's journeys: one application for a file, and people signed in to it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from chatbot.demo.loading import FILE
from chatbot.domain.principal import Principal, Role, system
from tests.conftest import Cluster
from tests.journeys.conftest import DemoTemplate
from tests.running import RunningApp, running_app
from tests.staff import Staff

PATIENT = {
    "CHATBOT_LIMITS_SIGN_INS_PER_MINUTE": "1000",
    "CHATBOT_LIMITS_HEARTBEAT_S": "600",  # a visitor of these tests answers no pings
}
__all__ = ["desk", "new_conversation", "signed_in", "workspace_of"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(
    cluster: Cluster, demo_template: DemoTemplate, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningApp]:
    """The demo company, shared by the tests of a file: each makes what it changes."""
    data_dir = tmp_path_factory.mktemp("desk")
    for name in (FILE, "secret_keys"):
        shutil.copy(demo_template.data_dir / name, data_dir / name)
    async with (
        cluster.database(demo_template.database) as url,
        running_app(url, data_dir, demo_template.encoders, **PATIENT) as running,
    ):
        yield running


@asynccontextmanager
async def signed_in(desk: RunningApp, role: Role) -> AsyncIterator[Staff]:
    """Somebody of the demo company with *role*, in a browser of their own."""
    login = next(login for login in desk.installed.logins if login.role == role)
    async with Staff(desk.base) as staff:
        await staff.sign_in(login.email, login.password)
        yield staff


async def workspace_of(desk: RunningApp) -> Principal:
    """The demo company itself, acting without anybody."""
    async with desk.house.store.directory() as directory:
        return system((await directory.workspace(slug=desk.installed.workspace)).id)


async def new_conversation(desk: RunningApp, *words: str, name: str = "Ada") -> UUID:
    """A conversation in which a customer called *name* has said *words*, waiting for a person."""
    by = await workspace_of(desk)
    async with desk.house.store.begin(by) as db:
        customer = await db.customers.put(uuid4().hex, name=name)
        conversation = uuid4()
        await db.conversations.open(conversation, customer.id)
        for text in words:
            await db.conversations.append(conversation, "message", role="customer", text=text)
        await db.conversations.change_state(conversation, "waiting")
    return conversation
