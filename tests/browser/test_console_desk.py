"""Agents and admins at work in a real browser: with the mouse, with the keyboard, live."""

from uuid import uuid4

import pytest
from playwright.async_api import expect

from chatbot.domain.conversation import Source
from chatbot.domain.event import Logged, Retracted, Spoken, Started
from tests.browser.desk import Desk
from tests.visitor import Visitor


async def test_an_agent_signs_in_and_out(desk: Desk) -> None:
    login = next(login for login in desk.app.installed.logins if login.role == "agent")
    await desk.open("/console/")
    await desk.page.get_by_label("Email").fill(login.email)
    await desk.page.get_by_label("Password").fill(login.password)
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.get_by_role("heading", name="Needs a reply")).to_be_visible()
    await desk.page.locator(".rail .me").click()
    await desk.page.get_by_role("button", name="Sign out").click()

    await expect(desk.page.get_by_text("You are signed out.")).to_be_visible()


async def test_a_conversation_is_worked_through_by_keyboard_alone(desk: Desk) -> None:
    conversation = await desk.conversation("my stove is broken", name="Key Board")
    await desk.enter("agent", f"/console/conversations/{conversation}?queue=unassigned")
    keys, thread = desk.page.keyboard, desk.page.locator("[data-messages]")
    await keys.press("r")
    await expect(desk.page.locator("#words")).to_be_focused()
    await keys.type("Good **morning**")
    await keys.press("Control+Enter")
    await expect(thread.locator(".message-agent strong", has_text="morning")).to_be_visible()
    await expect(desk.page.locator("#words")).to_have_value("")
    await expect(desk.page.locator("#thread-head")).to_contain_text("bot is silent")
    await expect(desk.page.locator("#composer-hint")).to_have_text("Key Board reads this at once")
    await keys.press("Escape")
    await keys.press("n")
    await keys.type("she sounded tired")
    await keys.press("Control+Enter")
    await expect(thread.locator(".message-note")).to_contain_text("she sounded tired")
    await keys.press("Escape")
    await keys.press("b")
    await expect(desk.page.locator("#thread-head")).to_contain_text("With the bot")
    await keys.press("e")
    await expect(desk.page.locator("#thread-head")).to_contain_text("Resolved")
    await desk.page.get_by_role("button", name="Undo").click()

    await expect(desk.page.locator("#thread-head")).to_contain_text("bot is silent")


async def test_j_and_k_walk_the_list(desk: Desk) -> None:
    await desk.conversation("first words", name="Walk One")
    await desk.conversation("second words", name="Walk Two")
    await desk.enter("agent", "/console/?queue=unassigned&q=Walk")
    await desk.page.keyboard.press("j")
    await expect(desk.page.locator(".row[aria-current]")).to_contain_text("Walk One")
    await desk.page.keyboard.press("j")
    await expect(desk.page.locator(".row[aria-current]")).to_contain_text("Walk Two")
    await desk.page.keyboard.press("k")

    await expect(desk.page.locator(".row[aria-current]")).to_contain_text("Walk One")


async def test_keys_are_letters_while_somebody_types(desk: Desk) -> None:
    conversation = await desk.conversation("hello", name="Letters Only")
    await desk.enter("agent", f"/console/conversations/{conversation}")
    await desk.page.locator("#words").press_sequentially("enter e and j?")

    await expect(desk.page.locator("#words")).to_have_value("enter e and j?")
    await expect(desk.page.locator("#thread-head")).to_contain_text("Waits for a person")
    await expect(desk.page.locator("#shortcuts")).not_to_be_visible()


async def test_the_bot_is_watched_as_it_speaks_stumbles_and_settles(desk: Desk) -> None:
    conversation = await desk.conversation("what about returns?", name="Watched Bot")
    await desk.enter("agent", f"/console/conversations/{conversation}")
    bus, live = desk.app.house.bus, desk.page.locator(".message-live .message-words")
    await expect(desk.page.locator("[data-offline]")).to_be_hidden()
    reply, question = uuid4(), uuid4()
    await bus.publish(conversation, Started(reply, question, 1))
    await bus.publish(conversation, Spoken(reply, 1, 0, "You have <b>90"))
    await expect(live).to_have_text("You have <b>90")
    await bus.publish(conversation, Retracted(reply, 1, "cut"))
    await expect(live).to_have_count(0)
    await bus.publish(conversation, Started(reply, question, 2))
    await bus.publish(conversation, Spoken(reply, 2, 0, "Sixty "))
    await bus.publish(conversation, Spoken(reply, 2, 6, "days."))
    await expect(live).to_have_text("Sixty days.")
    async with desk.app.house.store.begin(await desk.company()) as db:
        entry = await db.conversations.append(
            conversation,
            "message",
            role="bot",
            text="**Sixty** days.",
            entry_id=reply,
            source=Source("model", "Assistant"),
        )
    await bus.publish(conversation, Logged(entry))

    await expect(live).to_have_count(0)
    await expect(desk.page.locator(".message-bot strong", has_text="Sixty")).to_have_count(1)


async def test_a_customer_and_an_agent_talk_to_each_other(desk: Desk) -> None:
    async with Visitor(desk.app.base) as visitor:
        await visitor.ask("xyzzy plugh, nobody knows")
        await desk.enter("agent", f"/console/conversations/{visitor.conversation}")
        await desk.page.get_by_role("button", name="Take over").click()
        await visitor.until(lambda frame: frame.get("state") == "human")
        await visitor.send("is anybody there?")
        thread = desk.page.locator("[data-messages]")
        await expect(thread).to_contain_text("is anybody there?")
        await desk.page.locator("#words").fill("Yes, me.")
        await desk.page.get_by_role("button", name="Send").click()
        heard = await visitor.until(lambda frame: "text" in frame and frame["role"] == "agent")

    assert heard["text"] == "Yes, me."


async def test_what_could_not_be_sent_stays_with_its_reason(desk: Desk) -> None:
    conversation = await desk.conversation("hello", name="No Network")
    await desk.enter("agent", f"/console/conversations/{conversation}")
    await desk.page.context.set_offline(True)
    await desk.page.locator("#words").fill("A long and careful answer.")
    await desk.page.get_by_role("button", name="Send").click()
    await expect(desk.page.locator("[data-unsent]")).to_contain_text("your words are still here")
    await expect(desk.page.locator("#words")).to_have_value("A long and careful answer.")
    await desk.page.context.set_offline(False)
    await desk.page.get_by_role("button", name="Send").click()
    await expect(desk.page.locator(".message-agent")).to_contain_text("A long and careful answer.")
    desk.troubles = [said for said in desk.troubles if "ERR_INTERNET_DISCONNECTED" not in said]


async def test_a_half_written_reply_survives_a_reload(desk: Desk) -> None:
    conversation = await desk.conversation("hello", name="Half Written")
    await desk.enter("agent", f"/console/conversations/{conversation}")
    await desk.page.locator("#words").press_sequentially("Dear Half")
    await desk.page.reload()

    await expect(desk.page.locator("#words")).to_have_value("Dear Half")


async def test_the_list_refreshes_itself_without_taking_the_focus(desk: Desk) -> None:
    await desk.conversation("early", name="Refresh Early")
    await desk.enter("agent", "/console/?queue=unassigned&q=Refresh")
    row = desk.page.locator(".row", has_text="Refresh Early")
    await row.focus()
    await desk.conversation("late", name="Refresh Late")
    await desk.page.evaluate("document.getElementById('rows').dispatchEvent(new Event('refresh'))")

    await expect(desk.page.locator(".row", has_text="Refresh Late")).to_be_visible()
    await expect(row).to_be_focused()
    await expect(desk.page.locator("#list-count")).to_contain_text("2 of")


async def test_a_ticket_is_accepted_with_a_mended_priority(desk: Desk) -> None:
    ticket = await desk.ticket("Accepted in a browser")
    await desk.enter("agent", f"/console/tickets/{ticket.number}")
    await desk.page.get_by_label("Priority").select_option("High")
    await desk.page.keyboard.press("Escape")
    await desk.page.locator("h2.sheet-title").click()
    await desk.page.keyboard.press("a")

    await expect(desk.page.locator(".sheet-head")).to_contain_text("Edited")
    await expect(desk.page.get_by_label("Priority")).to_have_value("high")


async def test_an_answer_is_written_previewed_and_published(desk: Desk) -> None:
    await desk.bank_ready()
    await desk.enter("admin", "/admin/answers/new")
    page = desk.page
    await page.locator("#title").fill("Snowshoe rental")
    entry = page.get_by_label("More phrasings, one in a line")
    for words in ("can I rent snowshoes", "snowshoe rental price", "do you lend snowshoes"):
        await entry.fill(words)
        await entry.press("Enter")
    await expect(page.locator(".chip")).to_have_count(3)
    await page.get_by_role("button", name="Remove “do you lend snowshoes”").click()
    await expect(page.locator(".chip")).to_have_count(2)
    await page.locator("#text").press_sequentially("Yes, for **€9** a day. <script>")
    await expect(page.locator("#preview strong")).to_have_text("€9")
    await expect(page.locator("#preview")).to_contain_text("<script>")
    await page.get_by_label("What would it match?").press_sequentially("can I rent snowshoes")
    await expect(page.locator("#match")).to_contain_text("Would answer", timeout=20_000)
    await page.get_by_role("button", name="Publish", exact=True).click()
    await expect(page.locator(".said")).to_contain_text("Published")
    await page.get_by_role("link", name="History").click()

    await expect(page.locator(".versions")).to_contain_text("Customers read this")


async def test_pressing_enter_in_a_field_never_publishes(desk: Desk) -> None:
    await desk.enter("admin", "/admin/answers/new")
    await desk.page.locator("#text").fill("Some words.")
    await desk.page.locator("#title").fill("Entered by mistake")
    await desk.page.locator("#title").press("Enter")

    await expect(desk.page.locator(".said")).to_contain_text("Saved as a draft")


async def test_unsaved_changes_are_offered_back(desk: Desk) -> None:
    await desk.enter("admin", "/admin/answers/edit/shop-hours")
    await desk.page.locator("#text").press("Control+End")
    await desk.page.locator("#text").press_sequentially(" And more.")
    await desk.open("/admin/answers")
    await desk.open("/admin/answers/edit/shop-hours")
    assert not (await desk.page.locator("#text").input_value()).endswith("And more.")
    await desk.page.get_by_role("button", name="Bring it back").click()

    assert (await desk.page.locator("#text").input_value()).endswith("And more.")
    await desk.page.evaluate("sessionStorage.clear()")


async def test_a_key_is_revoked_only_after_a_second_thought(desk: Desk) -> None:
    await desk.enter("owner", "/admin/sites")
    await desk.page.get_by_label("Name of a new key").fill("short-lived")
    await desk.page.get_by_role("button", name="Create key").click()
    await expect(desk.page.locator("#new-key")).to_contain_text("cb_")
    row = desk.page.locator(".versions li", has_text="short-lived")
    await row.get_by_role("button", name="Revoke…").click()
    await row.get_by_role("button", name="Cancel").click()
    await expect(row.get_by_role("button", name="Revoke…")).to_be_visible()
    await row.get_by_role("button", name="Revoke…").click()
    await row.get_by_role("button", name="Revoke key").click()

    await expect(row).to_contain_text("Revoked")


async def test_dark_can_be_chosen_against_the_system(desk: Desk) -> None:
    await desk.page.emulate_media(color_scheme="light")
    await desk.enter("agent", "/account")
    await desk.page.get_by_role("button", name="Dark").click()
    await expect(desk.page.get_by_role("button", name="Dark")).to_have_attribute(
        "aria-pressed", "true"
    )
    colour = "getComputedStyle(document.body).backgroundColor"
    assert await desk.page.evaluate(colour) == "rgb(14, 17, 21)"


@pytest.mark.parametrize("width", [390, 900])
async def test_on_a_narrow_screen_one_thing_leads_to_the_next_and_back(
    desk: Desk, width: int
) -> None:
    conversation = await desk.conversation("from a phone", name="Narrow Nell")
    await desk.page.set_viewport_size({"width": width, "height": 844})
    await desk.enter("agent", "/console/")
    await desk.page.get_by_role("button", name="Queues").click()
    await desk.page.get_by_role("link", name="Unassigned").click()
    await desk.page.locator(f"#row-{conversation}").click()
    await expect(desk.page.locator("[data-messages]")).to_contain_text("from a phone")
    await desk.page.get_by_role("button", name="Customer and receipt").click()
    await expect(desk.page.locator("#context")).to_be_visible()
    await desk.page.keyboard.press("Escape")
    await expect(desk.page.locator("#context")).to_be_hidden()
    if width < 768:
        await desk.page.get_by_role("link", name="Back to the list").click()

    await expect(desk.page.locator(f"#row-{conversation}")).to_be_visible()


async def test_hostile_words_do_nothing_in_a_browser(desk: Desk) -> None:
    evil = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    conversation = await desk.conversation(evil, name=evil)
    async with desk.app.house.store.begin(await desk.company()) as db:
        await db.conversations.append(
            conversation,
            "message",
            role="bot",
            text=f"{evil} ![p](https://evil.example/p.png) [x](javascript:alert(1))",
            source=Source("model", evil),
        )
    await desk.enter("agent", f"/console/conversations/{conversation}")
    await expect(desk.page.locator(".message-customer .message-words")).to_have_text(evil)
    await desk.page.keyboard.press("j")

    assert "owned" not in await desk.page.title() or "<img" in await desk.page.title()
    assert await desk.page.locator("main img, main script").count() == 0
