"""The widget by keyboard, by ear, on a phone, in other languages and in other colours."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from chatbot.domain.conversation import Source
from chatbot.domain.event import Noticed
from tests.browser.stage import QUESTION, Stage

SAVED = Source("answer_bank", "Saved answer", answers=(("r", "Returning used gear"),))
CHOICES = Source("answer_bank", "Saved answers", choices=(("a", "Boots"), ("b", "Tents")))
SMALL_TARGETS = """nodes => nodes.filter(node => node.checkVisibility())
  .map(node => [node.ariaLabel || node.textContent, node.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24).map(([name]) => name)"""


async def no_violations(page: Page, where: str) -> None:
    found = await Axe().run(page)
    assert found.violations_count == 0, f"{where}: {found.generate_report()}"


@pytest.mark.parametrize("width", [1000, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_state_of_the_widget_has_an_accessibility_fault(
    stage: Stage, scheme: str, width: int
) -> None:
    page = stage.page
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    await page.set_viewport_size({"width": width, "height": 800})
    await stage.visit(careful=False)
    await no_violations(page, "launcher")
    await stage.open()
    await no_violations(page, "home")
    await stage.ask()
    await stage.publish(Noticed("degraded", ""))
    await stage.begin_reply("It is:\n\n1. **one**\n2. two")
    await expect(stage.page.locator("li.theirs.writing strong")).to_be_visible()
    await no_violations(page, "a reply being written")
    await stage.write("60 days, see [returns](https://wrenmoor.example/returns).", source=SAVED)
    await expect(stage.replies.last).to_contain_text("60 days")
    await stage.button("Not helpful").last.click()
    await stage.write("Which?", source=CHOICES)
    await expect(stage.button("Tents")).to_be_visible()
    await no_violations(page, "choices, a comment and the banner")
    await stage.button("Talk to a person").click()
    await expect(stage.page.locator(".ticket")).to_be_visible()
    await no_violations(page, "a ticket")
    await stage.turn_to("human", "Anna Berg")
    await stage.write("Hello, I am Anna.", role="agent")
    await stage.turn_to("resolved")
    await stage.button("4 of 5").click()
    await no_violations(page, "a person and a rating")
    assert await stage.panel.locator("button").evaluate_all(SMALL_TARGETS) == []
    await stage.button("All conversations").click()
    await expect(stage.page.locator("button.past").first).to_be_visible()
    await no_violations(page, "earlier conversations")


async def test_everything_can_be_done_by_keyboard_and_the_focus_is_never_lost(
    stage: Stage,
) -> None:
    await stage.visit()
    await stage.launcher.focus()
    await stage.page.keyboard.press("Enter")
    await expect(stage.composer).to_be_focused()
    await stage.page.keyboard.type("hello")
    await stage.page.keyboard.press("Shift+Enter")
    await stage.page.keyboard.type("and more")
    await stage.page.keyboard.press("Enter")
    await expect(stage.own("and more")).to_be_visible()
    await stage.hears()
    await stage.write("60 days.", source=SAVED)
    await expect(stage.replies.last).to_contain_text("60 days.")
    await expect(stage.composer).to_be_focused()
    await stage.page.keyboard.press("Shift+Tab")
    await expect(stage.button("Not helpful").last).to_be_focused()
    await stage.page.keyboard.press("Escape")
    await expect(stage.composer).to_be_focused()
    await stage.page.keyboard.press("Escape")
    await expect(stage.panel).to_be_hidden()
    await expect(stage.launcher).to_be_focused()


async def test_who_reads_further_up_is_not_moved_but_told(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    await stage.write("\n\n".join(f"Paragraph {n}." for n in range(60)), source=SAVED)
    await expect(stage.log).to_contain_text("Paragraph 59.")
    await stage.log.evaluate("log => log.scrollTo(0, 0)")
    await stage.log.evaluate("log => new Promise(done => requestAnimationFrame(done))")
    await stage.write("Something new.", source=SAVED)
    newer = stage.button("1 new message")
    await expect(newer).to_be_visible()
    assert await stage.log.evaluate("log => log.scrollTop") == 0
    await newer.focus()
    await stage.page.keyboard.press("Enter")
    await expect(newer).to_be_hidden()
    await expect(stage.replies.last).to_be_in_viewport()


async def test_the_log_is_a_named_list_that_does_not_speak_by_itself(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    await expect(stage.log).to_have_attribute("aria-live", "off")
    await expect(stage.log).to_have_accessible_name("Conversation")
    await expect(stage.log.get_by_role("list").first).to_be_visible()
    await expect(stage.own(QUESTION)).to_contain_text("You said:")


@pytest.mark.parametrize(("width", "full"), [(666, True), (667, False)])
async def test_below_667_pixels_the_panel_is_the_screen(
    stage: Stage,
    width: int,
    full: bool,  # noqa: FBT001 a test's parameter
) -> None:
    await stage.page.set_viewport_size({"width": width, "height": 800})
    await stage.visit()
    await stage.open()
    await stage.panel.evaluate("panel => Promise.all(panel.getAnimations().map(a => a.finished))")
    box = await stage.panel.bounding_box()
    assert box
    fills = (box["x"], box["y"], box["width"], box["height"]) == (0, 0, width, 800)
    assert fills is full
    if full:
        await expect(stage.launcher).to_be_hidden()
        await stage.button("Talk to a person").focus()
        await stage.page.keyboard.press("Tab")
        await expect(stage.button("Close chat")).to_be_focused()


@pytest.mark.parametrize(
    ("locale", "invitation", "person"),
    [
        ("de-AT", "Nachricht schreiben", "Mit einem Menschen sprechen"),
        ("es", "Escriba un mensaje", "Hablar con una persona"),
    ],
)
async def test_the_widget_speaks_the_language_of_the_page(
    stage: Stage, locale: str, invitation: str, person: str
) -> None:
    await stage.visit(locale=locale)
    await stage.launcher.click()
    await expect(stage.page.get_by_placeholder(invitation)).to_be_visible()
    await expect(stage.button(person)).to_be_visible()
    await expect(stage.panel).to_have_attribute("lang", locale[:2])


async def test_on_a_page_read_from_the_right_everything_changes_sides(stage: Stage) -> None:
    await stage.visit(dir="rtl")
    await stage.open()
    await stage.ask()
    launcher = await stage.launcher.bounding_box()
    bubble = await stage.own(QUESTION).locator(".bubble").bounding_box()
    panel = await stage.panel.bounding_box()
    assert launcher
    assert bubble
    assert panel
    assert launcher["x"] < 100
    assert bubble["x"] - panel["x"] < 40


async def test_who_wants_no_motion_gets_none(stage: Stage) -> None:
    await stage.page.emulate_media(reduced_motion="reduce")
    await stage.visit()
    await stage.open()
    await stage.ask()
    await stage.begin_reply("One")
    await expect(stage.replies.last).to_contain_text("One")
    assert await stage.panel.evaluate("panel => panel.getAnimations({subtree: true}).length") == 0


async def test_in_forced_colours_bubbles_and_buttons_keep_an_edge(stage: Stage) -> None:
    await stage.page.emulate_media(forced_colors="active")
    await stage.visit()
    await stage.open()
    await stage.ask()
    for part in (stage.own(QUESTION).locator(".bubble"), stage.button("Send"), stage.launcher):
        width = await part.evaluate("node => getComputedStyle(node).borderTopWidth")
        assert width == "1px"
