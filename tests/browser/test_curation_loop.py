"""The whole loop in a browser: silence, a gap, a person's answer, a suggestion, the bank."""

from playwright.async_api import expect

from tests.browser.desk import Desk
from tests.visitor import Visitor
from tests.waiting import PATIENCE_S, until

PATIENCE_MS = 1000 * PATIENCE_S
ASKED = (
    "can you re-proof my old rain jacket",
    "do you re-proof rain jackets",
    "re-proofing a rain jacket, is that possible",
)
REPLY = "Yes, bring any rain jacket to a shop and we re-proof it for €19 within three days."


async def look_until(desk: Desk, view: str, words: str) -> None:
    """Press the button that reads the log until the list shows *words*."""

    async def there() -> bool:
        await desk.open(f"/admin/suggestions?view={view}")
        await desk.page.get_by_role("button", name="Look now").click()
        await expect(desk.page.get_by_text("Read everything")).to_be_visible()
        rows = desk.page.locator("tr", has_text="re-proof")
        return await rows.filter(has_text=words).count() > 0

    await until(there, f"{view} show {words}", within_s=60)


async def test_what_three_customers_asked_in_vain_the_fourth_gets_from_the_bank(
    desk: Desk,
) -> None:
    await desk.bank_ready()
    page = desk.page
    for question in ASKED:
        async with Visitor(desk.app.base) as visitor:
            reply = await visitor.ask(question)
            assert reply["source"]["rung"] != "model"

    await desk.enter("owner", "/admin/suggestions?view=gaps")
    await look_until(desk, "gaps", "Customers: 3")
    row = page.locator("tr", has_text="re-proof")
    await expect(row.locator("td.figure").first).to_have_text("Customers: 3")
    await row.get_by_role("link").click()
    links = page.locator(".asked a")
    await expect(links).to_have_count(3)
    assert {await link.inner_text() for link in await links.all()} == set(ASKED)

    await links.first.click()
    await page.get_by_role("button", name="Take over").click()
    await expect(page.locator("#thread-head")).to_contain_text("bot is silent")
    await page.locator("#words").fill(f"Hello!\n\n{REPLY}")
    await page.locator("#words").press("Control+Enter")
    await expect(page.locator(".message-agent")).to_contain_text("re-proof it for €19")

    await look_until(desk, "suggestions", "re-proof")
    waiting = await page.locator("table.answers-table tbody tr").count()  # ours is one of them
    await expect(page.get_by_label(f"Answers, {waiting} waiting", exact=True)).to_be_visible()
    await page.locator("tr", has_text="re-proof").get_by_role("link").click()
    await expect(page.locator("#text")).to_have_value(REPLY)
    await expect(page.locator("#impact")).to_contain_text("newly answered", timeout=PATIENCE_MS)
    await page.locator("#title").fill("Re-proofing rain jackets")
    await page.locator("#text").fill(f"{REPLY} Please wash it first.")
    await page.get_by_role("button", name="Try it on recent questions").click()
    shift = page.locator("#impact .shifts").first
    await expect(shift).to_contain_text("newly answered", timeout=PATIENCE_MS)
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_role("status").first).to_contain_text("Published")
    await desk.app.house.bank.settled()

    async with Visitor(desk.app.base) as visitor:
        reply = await visitor.ask("do you re-proof rain jackets here")
    assert reply["source"]["rung"] == "answer_bank"
    assert reply["text"] == f"{REPLY} Please wash it first."
