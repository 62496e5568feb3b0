"""While a model fails, every page of the console says so, legibly and in reach."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import Page

from chatbot.domain.principal import system
from tests.browser.desk import Desk
from tests.browser.test_console_access import OVERFLOWS, SMALL
from tests.running import RunningApp


@pytest_asyncio.fixture(loop_scope="session")
async def desk(app: RunningApp, page: Page) -> AsyncIterator[Desk]:
    async with app.house.store.directory() as directory:
        home = await directory.workspace(slug="demo")
    async with app.house.store.begin(system(home.id)) as db:
        began = db.now - timedelta(minutes=7)
        over = await db.incidents.fell("openai", "small", "no_quota", began)
        assert over is not None
        await db.incidents.end(over.id)
        await db.incidents.fell("openai", "large", "server_error", began)
    yield Desk(app, page)
    async with app.house.store.begin(system(home.id)) as db:
        for incident in await db.incidents.open():
            await db.incidents.end(incident.id)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
async def test_the_banner_and_the_timeline_have_no_fault(
    desk: Desk, width: int, scheme: str
) -> None:
    await desk.page.set_viewport_size({"width": width, "height": 844})
    await desk.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    await desk.enter("owner", "/console/")
    await desk.no_fault("the console in an outage")
    banner = desk.page.get_by_text("openai/large does not answer reliably")
    assert await banner.is_visible()
    assert await desk.page.evaluate(OVERFLOWS) == 0
    await banner.get_by_role("link", name="Incidents").click()
    await desk.no_fault("the timeline")
    assert await desk.page.evaluate(OVERFLOWS) == 0
    assert await desk.page.evaluate(SMALL) == []
    for words in ("Goes on", "Over", "No quota"):
        assert await desk.page.get_by_text(words, exact=True).first.is_visible()
