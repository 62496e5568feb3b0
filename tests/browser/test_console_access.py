"""Every page of the console in both colours and three widths: legible, reachable, ours alone."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.desk import Desk
from tests.running import RunningApp

PAGES = [
    "/console/",
    "/console/?queue=mine",
    "/console/?queue=resolved",
    "/console/?q=nothing-like-this",
    "/console/tickets",
    "/console/tickets?view=closed",
    "/console/tickets?q=nothing-like-this",
    "/console/tickets/999999",
    "/admin/answers",
    "/admin/answers?state=draft",
    "/admin/answers?state=archived",
    "/admin/answers?q=nothing-like-this",
    "/admin/answers/new",
    "/admin/answers/edit/shop-hours",
    "/admin/answers/history/shop-hours",
    "/admin/answers/import",
    "/admin/answers/quality",
    "/admin/suggestions",
    "/admin/suggestions?view=gaps",
    "/admin/suggestions?view=dismissed",
    "/admin/rules",
    "/admin/rules/new",
    "/admin/rules/edit/gas-danger",
    "/admin/calls",
    "/admin/incidents",
    "/admin/sites",
    "/admin/people",
    "/account",
]

OVERFLOWS = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""
SMALL = """() => [...document.querySelectorAll("button, a.button, select, input, .rail a")]
  .filter(node => node.checkVisibility() && !node.matches(".heard, [type=checkbox]"))
  .map(node => [node.ariaLabel || node.textContent.trim() || node.id, node.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24).map(([name]) => name)"""


@pytest_asyncio.fixture(loop_scope="session")
async def desk(app: RunningApp, page: Page) -> AsyncIterator[Desk]:
    desk = Desk(app, page)
    yield desk
    assert desk.elsewhere == []


@pytest.mark.parametrize("path", PAGES)
async def test_no_page_has_an_accessibility_fault(desk: Desk, path: str) -> None:
    await desk.page.set_viewport_size({"width": 1440, "height": 900})
    await desk.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    await desk.enter("owner", path)
    await desk.no_fault(f"{path} by day")
    await desk.page.emulate_media(color_scheme="dark")
    await desk.no_fault(f"{path} by night")

    assert await desk.page.evaluate(SMALL) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 900, 1100, 1440])
async def test_a_conversation_and_a_ticket_have_none_at_any_width(
    desk: Desk, width: int, scheme: str
) -> None:
    ticket = await desk.ticket("A zip came off its track")
    page = desk.page
    await page.set_viewport_size({"width": width, "height": 844})
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    await desk.enter("owner", f"/console/conversations/{ticket.conversation_id}")
    await desk.no_fault("the conversation")
    assert await page.evaluate(SMALL) == []
    assert await page.evaluate(OVERFLOWS) == 0
    if width < 1280:
        await page.get_by_role("button", name="Customer and receipt").click()
        await desk.no_fault("the drawer")
        await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await desk.no_fault("the help")
    await page.keyboard.press("Escape")

    await desk.open(f"/console/tickets/{ticket.number}")
    await desk.no_fault("the ticket")
    assert await page.evaluate(OVERFLOWS) == 0
    await page.get_by_role("button", name="Reject…").click()
    await desk.no_fault("the rejection")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
async def test_what_is_opened_beside_a_list_has_none_either(
    desk: Desk, width: int, scheme: str
) -> None:
    suggestion = await desk.suggestion("do you wax cotton jackets", "Yes, for €25 in a week.")
    page = desk.page
    await page.set_viewport_size({"width": width, "height": 844})
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    await desk.enter("owner", f"/admin/suggestions/{suggestion}")
    await page.get_by_label("Or the answer is there already").fill("opening hours")
    await expect(page.get_by_label("Answer that gets these phrasings")).to_have_value("shop-hours")
    for path in ("", "/admin/answers/edit/shop-hours", "/admin/rules/edit/gas-danger"):
        if path:
            await desk.open(path)
        await desk.no_fault(path or "the suggestion")
        assert await page.get_by_role("heading", level=1).count() == 1
        assert await page.evaluate(OVERFLOWS) == 0
        assert await page.evaluate(SMALL) == []


async def test_no_page_is_wider_than_a_phone(desk: Desk) -> None:
    await desk.page.set_viewport_size({"width": 390, "height": 844})
    await desk.enter("owner")
    too_wide = []
    for path in PAGES:
        await desk.open(path)
        if await desk.page.evaluate(OVERFLOWS) > 0:
            too_wide.append(path)

    assert too_wide == []
    assert await desk.page.locator(".rail").evaluate("rail => rail.scrollWidth <= rail.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_signing_in_and_errors_have_none_either(desk: Desk, scheme: str) -> None:
    await desk.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await desk.open("/login")
    await desk.no_fault("signing in")
    await desk.page.get_by_label("Email").fill("nobody@example.com")
    await desk.page.get_by_label("Password").fill("guess")
    await desk.page.get_by_role("button", name="Sign in").click()
    await expect(desk.page.get_by_role("alert")).to_be_visible()
    await desk.no_fault("a refused sign-in")
    await desk.enter("agent", "/admin/people")
    await desk.no_fault("a page for others")
    assert await desk.page.get_by_role("heading", level=1).inner_text() == "Not yours to see"


async def test_forced_colours_keep_edges_where_tints_told(desk: Desk) -> None:
    await desk.page.emulate_media(forced_colors="active")
    await desk.enter("owner", "/console/")
    badge = desk.page.locator(".badge").first

    assert await badge.evaluate("node => getComputedStyle(node).borderTopStyle") == "solid"


async def test_reduced_motion_stops_everything_that_moves(desk: Desk) -> None:
    await desk.page.emulate_media(reduced_motion="reduce")
    await desk.enter("owner", "/console/")

    assert await desk.page.evaluate("document.getAnimations().length") == 0
