"""The application that browsers visit: one for all tests, each with a visitor of its own."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from playwright.async_api import Page

from chatbot.domain.principal import system
from chatbot.errors import Unavailable
from tests.browser.desk import Desk
from tests.browser.shop import open_shop
from tests.browser.stage import QUESTION, Stage
from tests.conftest import Cluster
from tests.running import ENCODERS, RunningApp, free_port, running_app
from tests.waiting import until


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def app(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningApp]:
    """The demo company with no model configured, on the event loop of the browser."""
    data_dir = tmp_path_factory.mktemp("data")
    async with (
        cluster.database(cluster.template) as url,
        running_app(url, data_dir, ENCODERS) as running,
    ):
        await until(lambda: _is_sure(running), "the bank is sure of its answers", within_s=120)
        yield running


async def _is_sure(app: RunningApp) -> bool:
    """Until the encoder is there the bank matches by wording, and doubts more."""
    workspace = await app.office.sites.by_key("demo")
    try:
        match = await app.house.bank.match(
            workspace.id, workspace.bank_version, QUESTION, workspace.settings.risk
        )
    except Unavailable:
        return False
    return match.verdict == "answer"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shop(app: RunningApp) -> AsyncIterator[str]:
    """The origin of a shop whose pages embed the widget; the workspace knows it."""
    async with open_shop(free_port(), app.base) as origin:
        workspace = await app.office.sites.by_key("demo")
        settings = replace(workspace.settings, sites=(*workspace.settings.sites, origin))
        async with app.office.desk.store.begin(system(workspace.id)) as db:
            await db.home.save_settings(workspace.name, settings)
        app.office.sites.forget()
        yield origin


@pytest.fixture
def stage(app: RunningApp, shop: str, page: Page) -> Stage:
    """A visitor before the shop's page, and us behind the scene."""
    return Stage(app, shop, page)


@pytest_asyncio.fixture(loop_scope="session")
async def desk(app: RunningApp, page: Page) -> AsyncIterator[Desk]:
    """Whatever happens: no policy is breached, no script fails, nobody else is asked."""
    await page.set_viewport_size({"width": 1440, "height": 900})
    desk = Desk(app, page)
    yield desk
    assert desk.troubles == []
    assert desk.elsewhere == []
