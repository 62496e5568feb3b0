"""An owner sets the webhook in a real browser, at any width."""

from uuid import uuid4

from playwright.async_api import Page, expect

from chatbot.domain.principal import system
from chatbot.domain.webhook import Outcome
from tests.browser.desk import Desk
from tests.running import RunningApp

OVERFLOWS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


WIDTHS = (1440, 390)


async def test_the_webhook_is_set_and_its_deliveries_are_seen(app: RunningApp, page: Page) -> None:
    desk = Desk(app, page)
    await page.emulate_media(reduced_motion="reduce")
    await desk.enter("owner", "/admin/sites")
    await page.get_by_label("Address of the webhook").fill("https://shop.example.com/hook")
    await page.get_by_role("button", name="Save address").click()
    await expect(page.locator("#webhook-secret")).to_contain_text("whsec_")
    await _fits(desk, "a new secret")

    await _some_deliveries(app)
    await desk.open("/admin/sites")
    await expect(page.get_by_label("Latest deliveries").get_by_text("Waiting")).to_be_visible()
    await expect(page.get_by_text("Out of paper")).to_be_visible()
    await _fits(desk, "deliveries")

    await page.get_by_role("button", name="Remove…").click()
    await desk.no_fault("the question whether to remove it")
    await page.get_by_role("button", name="Remove webhook").click()
    await expect(page.get_by_text("nothing is sent any more")).to_be_visible()
    await expect(page.get_by_label("Latest deliveries").get_by_text("Not sent")).to_be_visible()
    assert desk.elsewhere == []


async def _fits(desk: Desk, what: str) -> None:
    for width in WIDTHS:
        await desk.page.set_viewport_size({"width": width, "height": 844})
        await desk.no_fault(f"{what} at {width}")
        assert await desk.page.evaluate(OVERFLOWS) == 0


async def _some_deliveries(app: RunningApp) -> None:
    """One that was taken, one that failed for good and one that waits."""
    async with app.house.store.directory() as directory:
        home = (await directory.workspace(slug=app.installed.workspace)).id
    for outcome in (Outcome(204, ""), Outcome(410, "Out of paper"), None):
        async with app.house.store.begin(system(home)) as db:
            await db.webhooks.queue(uuid4(), "question.answered", "{}")
            if outcome is not None:
                (taken,) = await db.webhooks.take(1)
                await db.webhooks.end(taken, outcome, again_at=None)
